"""What a batch will cost before it is started: calls of the day's quota, and time. Makes no call."""

import math
from dataclasses import dataclass

from django.conf import settings

from customers.codat.companies import accounting_connection
from customers.formatting import counted, thousands
from customers.models import Batch
from customers.service import CustomerService

# Calls of a change from its sending to its confirmation, and those of a batch beside them.
_CALLS_A_CHANGE, _CALLS_BESIDE = 1.2, 8


@dataclass(frozen=True, slots=True)
class Estimate:
    """What `changes` need: `remaining` calls are left today, None where that is not known; `days` that it takes."""

    changes: int
    calls: int
    seconds: float
    remaining: int | None = None
    days: int = 1

    @property
    def sentence(self) -> str:
        """`412 changes, about 500 of the 18,400 calls left today, about 1 minute to send`, without a full stop."""
        calls = f"about {thousands(_rounded(self.calls))}"
        if self.remaining is None:
            calls += " calls to Codat"
        else:
            calls += f" of the {counted(self.remaining, 'call')} left today"
        return f"{counted(self.changes, 'change')}, {calls}, {duration(self.seconds)} to send"

    @property
    def note(self) -> str:
        """What is said where the calls that are left today are not enough; "" where they do."""
        if self.days == 1:
            return ""
        return f"The calls that are left today are not enough: it takes about {self.days} days."


def estimate(changes: int, service: CustomerService) -> Estimate:
    """What so many changes need."""
    calls = math.ceil(changes * _CALLS_A_CHANGE) + _CALLS_BESIDE
    pace = settings.CODAT_WORKER_PACE
    quota = service.quota()
    if quota is None:
        return Estimate(changes, calls, changes / pace)
    # A part of each day's calls is reserved for people.
    reserve = int(quota.limit * settings.CODAT_QUOTA_RESERVE)
    missing = calls - max(quota.remaining - reserve, 0)
    a_day = max(quota.limit - reserve, 1)
    days = 1 + math.ceil(missing / a_day) if missing > 0 else 1
    return Estimate(changes, calls, changes / pace, quota.remaining, days)


def calls_used(batch: Batch, service: CustomerService) -> str:
    """`590 calls to Codat so far. 18,400 are left today.`; "" before the first call."""
    if not batch.calls:
        return ""
    quota = service.quota()
    left = f" {thousands(quota.remaining)} are left today." if quota else ""
    return f"{counted(batch.calls, 'call')} to Codat so far.{left}"


def slow_software(batch: Batch, service: CustomerService) -> str:
    """What is said of desktop software, which answers only while its connector is online; "" for all other."""
    company = service.snapshots.cached_company(company_id=batch.company_id)
    connection = accounting_connection(company.data, batch.connection_id) if company else None
    key = connection.get("integrationKey") if connection else None
    if not isinstance(key, str) or not key:
        return ""
    integration = service.snapshots.cached_integration(integration_key=key)
    if integration is None or integration.data.get("isOfflineConnector") is not True:
        return ""
    platform = batch.platform_name or "The accounting software"
    return f"{platform} receives changes only while its connector is online."


def duration(seconds: float) -> str:
    """`less than a minute`, `about 8 minutes`, `about 3 hours`."""
    if seconds < 45:
        return "less than a minute"
    if seconds < 90 * 60:
        return f"about {counted(max(round(seconds / 60), 1), 'minute')}"
    return f"about {counted(round(seconds / 3600), 'hour')}"


def _rounded(number: int) -> int:
    """To two digits: an estimate is not exact."""
    digits = len(str(number))
    return round(number, min(2 - digits, 0))
