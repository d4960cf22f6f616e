"""The benchmark that `make bench` runs: the dashboard compared with references, as ratios.

It starts the servers that it compares on 127.0.0.1 and stops them again: an upstream instead of Codat, the dashboard
under gunicorn as in production, the same dashboard over Codat's SDK, Django's admin of the same customers, and nginx
and curl where they are installed. Rounds are interleaved (A B A B); a row is a ratio of medians. The table is printed
and stored in `bench/latest.md`, with the pictures. No test and no exit code depends on a time.
"""
