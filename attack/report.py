"""What wapiti has found, from its report, without what is as it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Findings that are intended: a part of their text, and the reason.
INTENDED = {
    "HttpOnly flag is not set in the cookie : __Host-csrftoken": "scripts renew the token of an open form with it;"
    " every page has it in its forms anyway",
}
# Of what wapiti calls anomalies: a time-out says how busy this machine is.
_ANOMALY = "Internal Server Error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `reason` says why it is intended; "" where it is not."""

    category: str
    module: str
    request: str
    parameter: str
    info: str
    reason: str = ""

    def __str__(self) -> str:
        where = f"{self.request} ({self.parameter})" if self.parameter else self.request
        line = f"{self.category} [{self.module}] {where}: {self.info}"
        return f"{line} Intended: {self.reason}." if self.reason else line


def findings(report: Mapping[str, Any]) -> list[Finding]:
    """The weaknesses and the failures of the dashboard in a report of wapiti's, each once."""
    named = [*report["vulnerabilities"].items(), (_ANOMALY, report["anomalies"].get(_ANOMALY, []))]
    found = [_finding(category, entry) for category, entries in named for entry in entries]
    failed = [
        Finding(_ANOMALY, "crawl", each, "", "it failed") for each in statuses(report).get(500, [])
    ]
    return list(dict.fromkeys(found + failed))


def statuses(report: Mapping[str, Any]) -> dict[int, list[str]]:
    """The requests of the crawl by the status of their response; those that were not made in time are left out."""
    found: dict[int, list[str]] = {}
    for page in (each["request"] for each in report["infos"]["crawled_pages"]):
        if page["status_code"]:
            found.setdefault(page["status_code"], []).append(f"{page['method']} {page['url']}")
    return found


def _finding(category: str, entry: Mapping[str, Any]) -> Finding:
    info = " ".join(str(entry["info"]).split())
    reasons = (reason for part, reason in INTENDED.items() if part in info)
    return Finding(
        category=category,
        module=str(entry["module"]),
        request=f"{entry['method']} {entry['path']}",
        parameter=str(entry["parameter"] or ""),
        info=info,
        reason=next(reasons, ""),
    )
