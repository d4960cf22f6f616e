"""Write the corpus into a folder."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.spreadsheets.corpus import CASES


def main(folder: Path) -> None:
    """One file for each case."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, case in CASES.items():
        (folder / f"{name}{Path(case.file_name).suffix}").write_bytes(case.content())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
