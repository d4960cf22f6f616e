"""gunicorn's settings: many threads, because most of them wait for Codat.

Measured by `make bench` (bench/latest.md: two cores, one worker of 64 threads, parts of 448 KiB): 1.3 to 1.5 times
nginx's `proxy_pass` over plain HTTP and 1.1 to 1.3 times over TLS, 1.2 MiB more memory for 1 GiB than for 1 KiB, and
fifty downloads at 100 KiB/s leave the list page within 1.12 of its idle median. Sync workers, or as few threads as
eight, serve no page meanwhile. Parts of 256 KiB were a fifth slower, of 1 MiB no faster, and a slow download may take
no more than 1 MiB of memory in all.

`PORT`, `WEB_WORKERS` and `WEB_THREADS` come from the environment; the pool of connections to
Codat is as large as the threads (`CODAT_POOL_SIZE`).
"""

import gc
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from django.conf import settings

from codatdash import environment as env
from codatdash.startup import check_settings, operator_errors

# A wrong setting stops the start here with one sentence, instead of a traceback in each worker.
check_settings()
with operator_errors():
    bind = f"{env.text('HOST', '127.0.0.1')}:{env.whole('PORT', 8000, minimum=1, maximum=65535)}"
    workers = env.whole("WEB_WORKERS", 1, minimum=1, maximum=64)
    threads = env.whole("WEB_THREADS", 64, minimum=1, maximum=1000)
worker_class = "codatdash.worker.LimitedThreadWorker"
keepalive = 75
timeout = 60
graceful_timeout = 30
# No peer, not even one on this machine, may set another root path (SCRIPT_NAME).
forwarder_headers = ""
# Collect garbage less often than after every 700 objects, which a page of 100 customers exceeds several times: 3 to 4%
# of its time. Nothing that is imported is garbage, so it also shortens the start.
gc.set_threshold(10_000, 10, 10)
# An ID has at most a few hundred bytes; a query has at most 2,048 characters.
limit_request_line = 8190


def post_worker_init(worker: object) -> None:
    """Import the views, so that no visitor waits for them, and exclude what lives as long as the process from garbage
    collection: a tenth of a list page's time.
    """
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
