"""Who comes in: passwords, the provider, second factors, passkeys and sessions. django-allauth does the protocols.

It is used through its documented hooks: adapters, forms, views named in `urls.py`, signals.
"""
