"""Generates static/icons.svg, one file with the icons that pages show.

    .venv/bin/python scripts/icons.py            # writes it
    .venv/bin/python scripts/icons.py --check    # fails if it is out of date

Source: Heroicons, outline. A page names an icon (`<use href="icons.svg#plus">`), so a browser loads the shapes once and
not with every page. Add a name here before a template uses it.
"""

import argparse
import re
import sys
from pathlib import Path

from heroicons.jinja import heroicon_outline

FILE = Path(__file__).resolve().parent.parent / "static" / "icons.svg"
NAMES = (
    "arrow-down-tray",
    "arrow-path",
    "arrow-right-start-on-rectangle",
    "arrow-up-tray",
    "arrow-uturn-left",
    "bars-3",
    "bell",
    "bolt-slash",
    "building-office-2",
    "chart-bar",
    "check-circle",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up-down",
    "clock",
    "cog-6-tooth",
    "command-line",
    "cpu-chip",
    "document-duplicate",
    "document-text",
    "ellipsis-horizontal",
    "exclamation-triangle",
    "funnel",
    "home",
    "key",
    "link-slash",
    "magnifying-glass",
    "no-symbol",
    "pencil",
    "pencil-square",
    "plus",
    "question-mark-circle",
    "signal-slash",
    "square-3-stack-3d",
    "users",
    "view-columns",
    "x-circle",
    "x-mark",
)
# The product's own sign, on a ground of the frame.
SIGN = (
    '<symbol id="sign" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="currentColor"/>'
    '<path d="M4 5h8M4 8h8M4 11h5" stroke="var(--frame)" stroke-width="1.6" stroke-linecap="round"/></symbol>'
)
_PATH = re.compile(r' d="([^"]+)"')


def sprite() -> str:
    """The file. A shape inherits colour and width of its lines from the element that uses it."""
    symbols = [
        f'<symbol id="{name}" viewBox="0 0 24 24" stroke-linecap="round" stroke-linejoin="round">'
        + "".join(f'<path d="{path}"/>' for path in _PATH.findall(heroicon_outline(name)))
        + "</symbol>"
        for name in NAMES
    ]
    head = '<svg xmlns="http://www.w3.org/2000/svg">'
    return "\n".join((head, *symbols, SIGN, "</svg>", ""))


def main() -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description="Generates static/icons.svg.")
    parser.add_argument("--check", action="store_true", help="fail if it is out of date")
    if not parser.parse_args().check:
        FILE.write_text(sprite())
    elif not FILE.exists() or FILE.read_text() != sprite():
        print(f"{FILE.name} is out of date: run scripts/icons.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
