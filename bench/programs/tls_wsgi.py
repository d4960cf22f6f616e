"""The dashboard that trusts the certificate of the benchmark's upstream."""

import os

from codatdash.wsgi import application
from customers.codat.client import default_client

__all__ = ["application"]

# There is no setting for this: Codat's certificate is signed by a public authority.
default_client().transport.verify = os.environ["BENCH_CERTIFICATE"]
