"""`python -m attack [--crawl SECONDS] [--attack SECONDS] [--modules NAME,...]`: wapiti against a dashboard of its own.

The dashboard runs as in production, over TLS, with a sandbox in Codat's place and a database in a temporary folder.
Nothing but this machine is called.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from attack.listeners import endpoint, tls_in_front_of
from attack.report import findings, statuses
from audit.stack import EDITOR, Stack, running
from bench.testbed import PASSWORD, ROOT, free_port

WAPITI = ROOT / ".venv-attack" / "bin" / "wapiti"
MODULES = (
    "cookieflags", "crlf", "csp", "csrf", "exec", "file", "http_headers", "permanentxss", "redirect", "sql", "ssrf",
    "xss",
)  # fmt: skip
# As behind a proxy that terminates TLS. Mail is asked for, and goes nowhere.
SETTINGS = {
    "BEHIND_TLS_PROXY": "true",
    "SECURE_COOKIES": "true",
    "ADMIN_SITE": "true",
}
# They would end the session of the attack, or are files of others.
EXCLUDED = (
    "/accounts/logout/*",
    "/accounts/sessions/*",
    "/people/1/*",
    "/admin/logout/*",
    "/static/*",
)
# Pages that few links lead to. C stands for the company's address.
STARTS = (
    "/", "/companies/", "/activity/", "/audit/", "/batches/", "/imports/", "/exports/", "/writes/", "/quality/",
    "/people/", "/people/invite/", "/people/2/", "/access/", "/settings/", "/settings/notifications/",
    "/settings/channels/", "/notifications/", "/shortcuts/", "/approvals/", "/approvals/rules/", "/workers/",
    "/search/?q=a", "/search/suggestions/?q=a", "/search/live/?q=a", "/views/new/?next=/companies/", "/invitations/a/",
    "/accounts/login/?next=/", "/accounts/password/", "/accounts/password/reset/", "/accounts/security/",
    "/accounts/confirm/?next=/", "C/customers/?q=a&sort=name&connection=", "C/customers/new/", "C/customers/1/",
    "C/customers/1/edit/", "C/customers/1/field/?path=phone", "C/customers/1/attachments/", "C/customers/1/timeline/",
    "C/customers/1/held/", "C/customers/compare/?ids=1", "C/customers/export/?format=csv", "C/batches/",
    "C/batches/new/?ids=1", "C/imports/new/", "C/writes/", "C/writes/codat/", "C/notes/", "C/duplicates/",
)  # fmt: skip


def command(stack: Stack, url: str, report: Path, called: str, options: Any) -> list[str]:
    """How wapiti is called: signed in, within the dashboard, and for a bounded time."""
    company = f"/companies/{stack.company('qbo')}"
    starts = [f"{url}{path.replace('C/', f'{company}/', 1)}" for path in STARTS]
    return [
        str(WAPITI), "--url", f"{url}/", "--scope", "folder", "--module", options.modules, "--level", "1",
        *(part for start in starts for part in ("--start", start)),
        *(part for path in EXCLUDED for part in ("--exclude", f"{url}{path}")),
        "--form-user", EDITOR, "--form-password", PASSWORD, "--form-url", f"{url}/accounts/login/",
        "--header", "X-Forwarded-Proto: https", "--endpoint", called, "--verify-ssl", "0",
        "--max-scan-time", str(options.crawl), "--max-attack-time", str(options.attack), "--depth", "5",
        "--max-links-per-page", "40", "--max-files-per-dir", "20", "--max-parameters", "120", "--tasks", "8",
        "--timeout", "20", "--flush-session", "--no-bugreport", "--verbose", "1",
        "--format", "json", "--output", str(report), "--detailed-report", "1",
        "--store-session", str(report.parent / "session"), "--store-config", str(report.parent / "config"),
    ]  # fmt: skip


def attacked(options: Any) -> dict[str, Any]:
    """Start everything, attack, and return wapiti's report. Raises RuntimeError where there is none."""
    mail = {"EMAIL_URL": f"smtp://127.0.0.1:{free_port()}"}
    with (
        tempfile.TemporaryDirectory(prefix="codatdash-attack-") as folder,
        running("codatdash.wsgi", **SETTINGS, **mail) as stack,
        tls_in_front_of(int(stack.url.rpartition(":")[2])) as port,
        endpoint() as called,
    ):
        report, log = Path(folder) / "report.json", Path(folder) / "log"
        line = command(stack, f"https://127.0.0.1:{port}", report, called, options)
        longest = options.crawl + (options.attack + 60) * len(options.modules.split(",")) + 120
        with log.open("w") as output:
            subprocess.run(
                line, stdout=output, stderr=output, cwd=folder, timeout=longest, check=False
            )
        if not report.is_file():
            raise RuntimeError(log.read_text()[-3000:])
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found


def main() -> int:
    """Attack and print what was found; 1 where any of it is not intended, 2 where nothing was attacked."""
    parser = argparse.ArgumentParser(prog="make attack", description=__doc__)
    parser.add_argument("--crawl", type=int, default=240, help="seconds for the crawl")
    parser.add_argument("--attack", type=int, default=120, help="seconds for each module")
    parser.add_argument("--modules", default=",".join(MODULES), help="some of: %(default)s")
    options = parser.parse_args()
    report = attacked(options)
    crawled = statuses(report)
    # wapiti's own opinion is of no use: it looks for words like "try again", which are in every page.
    if not any(request.endswith("/people/") for request in crawled.get(200, [])):
        print("Nothing was attacked: wapiti could not sign in.", *crawled.items(), sep="\n")
        return 2
    answers = ", ".join(f"{len(crawled[status])} with {status}" for status in sorted(crawled))
    print(f"{report['infos']['version']}, signed in. Pages and forms that answered: {answers}.")
    found = findings(report)
    print(*(f"- {each}" for each in found), sep="\n")
    bad = [each for each in found if not each.reason]
    print(f"{len(bad)} findings, and {len(found) - len(bad)} that are intended.")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
