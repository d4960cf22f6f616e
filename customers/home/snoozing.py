"""Until when a problem is snoozed: the choices of the menu, and a day that a person names.

All are in the reader's time zone.
"""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from customers import localisation

# A working day begins.
MORNING = time(9)
HOUR, TOMORROW, MONDAY = "hour", "tomorrow", "monday"
CHOICES = (
    (HOUR, "For an hour"),
    (TOMORROW, "Until tomorrow, 9:00"),
    (MONDAY, "Until Monday, 9:00"),
)
MAX_DAYS = 366


def until(choice: str, now: datetime | None = None) -> datetime | None:
    """The end of a choice, or 9:00 of a day as `2026-12-31`; None for anything else, for today and what is past."""
    now = now or timezone.now()
    if choice == HOUR:
        return now + timedelta(hours=1)
    today = localisation.local(now, localisation.current().zone).date()
    if choice == TOMORROW:
        return _morning(today + timedelta(days=1))
    if choice == MONDAY:
        return _morning(today + timedelta(days=7 - today.weekday()))
    try:
        day = date.fromisoformat(choice)
    except ValueError:
        return None
    is_near = timedelta(0) < day - today <= timedelta(days=MAX_DAYS)
    return _morning(day) if is_near else None


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, tzinfo=localisation.current().zone)
