"""gunicorn's settings: many threads, because a thread that waits for Codat costs nothing else.

Measured by `make bench` (bench/latest.md: two cores, one worker of 64 threads, pieces of 448 KiB): 1.3 to 1.5 times
nginx's `proxy_pass` over plain HTTP and 1.1 to 1.3 times over TLS, 1.2 MiB more memory for 1 GiB than for 1 KiB, and
fifty downloads at 100 KiB/s leave the list page within 1.12 of its idle median. Sync workers, or as few threads as
eight, stand still under those. Pieces of 256 KiB were a fifth slower, of 1 MiB no faster, and a slow download may cost
no more than 1 MiB in all.

`PORT`, `WEB_WORKERS` and `WEB_THREADS` come from the environment; the pool of connections to
Codat is as large as the threads (`CODAT_POOL_SIZE`).
"""

import gc
import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "1"))
threads = int(os.environ.get("WEB_THREADS", "64"))
keepalive = 75
timeout = 60
graceful_timeout = 30
# An id is at most a few hundred bytes; the query language ends at 2,048 characters.
limit_request_line = 8190


def post_worker_init(worker: object) -> None:
    """Keep the collector away from what lives as long as the process: a tenth of a list page's time.

    And let it come less often than after every 700 objects, which a page of 100 customers has several times over:
    3 to 4% of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
