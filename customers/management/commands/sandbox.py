"""`manage.py sandbox`: runs the sandbox alone."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sandbox import Sandbox


class Command(BaseCommand):
    """Runs the sandbox on 127.0.0.1 until SIGINT or SIGTERM."""

    help = "Run the sandbox, a stand-in for the Codat API, on 127.0.0.1 (secrets: CODAT_API_KEY, CODAT_WEBHOOK_SECRET)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options. Times are in seconds."""
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--customers", type=int, default=5000, help="of the largest company")
        parser.add_argument("--latency", type=float, default=0.0, help="added to every response")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--push-delay", type=float, default=3.0, help="until a write ends")
        parser.add_argument(
            "--sync-delay", type=float, default=4.0, help="how long a refresh takes"
        )
        parser.add_argument(
            "--now",
            default="",
            help="the moment that dates are relative to, such as 2026-01-31T12:00:00Z; the present by default",
        )
        parser.add_argument("--dashboard-url", default="", help="where the page Try it leads")
        parser.add_argument("--webhook-url", default=None, help="where signed events are posted")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until a signal."""
        done = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: done.set())
        try:
            sandbox = _sandbox(options)
        except ValueError as error:
            raise CommandError(str(error)) from None
        with sandbox:
            self.stdout.write(f"Sandbox for the Codat API: {sandbox.url}")
            self.stdout.flush()
            done.wait()


def _sandbox(options: dict[str, Any]) -> Sandbox:
    """The sandbox that the options describe. Raises ValueError where one is wrong."""
    return Sandbox(
        port=options["port"],
        seed=options["seed"],
        customers=options["customers"],
        latency=options["latency"],
        push_delay=options["push_delay"],
        sync_delay=options["sync_delay"],
        webhook_url=options["webhook_url"],
        api_key=os.environ.get("CODAT_API_KEY") or "sandbox-key",
        webhook_secret=os.environ.get("CODAT_WEBHOOK_SECRET") or None,
        dashboard_url=options["dashboard_url"],
        reference=options["now"],
        past_writes=True,
    )
