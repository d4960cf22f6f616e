"""The audit: who did what, who read what, from where and when; append-only, in two chains of hashes.

`record` adds an entry. `chains` numbers and hashes them, verifies them and deletes old ones; `signals` has sign-ins.
The pages are in `customers/auditing/`.
"""
