"""A pytest plugin, loaded before Django's settings: the environment that the tests run in.

No test reaches Codat: the address is a closed port until the `sandbox` fixture sets another.
"""

import os
import sys

# The suite starts hundreds of processes. Where none may store bytecode, as in many containers, each would
# compile all modules.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

os.environ["SECRET_KEY"] = "for-tests-only"
os.environ["CODAT_API_KEY"] = "sandbox-key"
os.environ["CODAT_BASE_URL"] = "http://127.0.0.1:9"
os.environ["CODAT_WEBHOOK_SECRET"] = "whsec_Zm9yLXRlc3RzLW9ubHktYS1zZWNyZXQ="
# Tests count the calls of what they test, so a worker has no index to fill. Those of the index set it.
os.environ["INDEX_CUSTOMERS"] = "false"
for name in ("CODAT_AUTH_HEADER", "DEBUG", "CACHE_URL", "CODAT_PROXY"):
    os.environ.pop(name, None)
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in the main thread
