"""The dashboard that trusts the certificate of the upstream under `make bench`."""

import os

from codatdash.wsgi import application
from customers.codat.client import default_client

__all__ = ["application"]

# There is no setting for it: Codat's certificate is signed by one of the authorities everybody knows.
default_client().transport.verify = os.environ["BENCH_CERTIFICATE"]
