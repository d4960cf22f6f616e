"""Values that are written as cells."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from customers.spreadsheets.files.limits import MAX_EXCEL_CELL

Cell = str | int | float | Decimal | bool | date | datetime | time | None


def plain_text(cell: Cell) -> str:
    """A cell as text without any change of its value: numbers in plain notation, dates as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal) and cell.is_finite() and abs(cell.adjusted()) < 310:
        return format(cell, "f")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)


def fits(text: str, limit: int = MAX_EXCEL_CELL) -> bool:
    """Whether a cell holds a text. `limit` is in UTF-16 units, as Excel counts them."""
    return len(text) <= limit // 2 or (
        len(text) <= limit and len(text.encode("utf-16-le", "surrogatepass")) <= 2 * limit
    )
