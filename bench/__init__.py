"""What `make bench` runs: the dashboard beside its peers, as ratios.

Starts everything it compares on 127.0.0.1 and stops it again: an upstream in Codat's place, the dashboard under
gunicorn as in production, the same dashboard over Codat's SDK, Django's admin of the same customers, and nginx and
curl where they are installed. Rounds are interleaved (A B A B), a row is a ratio of medians. The table goes to the
terminal and to `bench/latest.md`, the pictures beside it. Timings decide no test and no exit code.
"""
