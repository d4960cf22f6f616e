"""The rows about imports: how long 50,000 rows take to be read and checked, and the memory."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from bench.report import Row
from bench.testbed import Server, Testbed
from bench.upstream import EXPORTED, EXPORTED_CUSTOMERS

# Rows of the peer's dry run: 50,000 would take it minutes.
PEER_ROWS = 5_000
_FORMATS = {"csv": "CSV", "xlsx": "XLSX"}


def rows(testbed: Testbed, upstream: Server, rounds: int) -> list[Row]:
    """Seconds and memory of each format, Codat's pages included."""
    env = testbed.settings(upstream) | {
        "DJANGO_SETTINGS_MODULE": "codatdash.settings",
        "LOG_LEVEL": "WARNING",
        "DATABASE_URL": f"sqlite:///{testbed.folder / 'imports.sqlite3'}",
    }
    testbed.prepare(env)
    results = []
    for suffix, name in _FORMATS.items():
        file = testbed.folder / f"import.{suffix}"
        testbed.run(["-m", "bench.programs.import_once", EXPORTED, str(file), "make"], env)
        found = [_measure(testbed, env, file) for _ in range(rounds)]
        took, peak = median(each[0] for each in found), max(each[1] for each in found)
        what = f"Reading and checking {EXPORTED_CUSTOMERS:,} rows of {name}"
        results += [
            Row(what, took, 15, unit="s", note=_beside(testbed, file, suffix)),
            Row(f"{what}: peak memory", peak, 200, unit="MiB"),
        ]
    return results


def _measure(testbed: Testbed, env: dict[str, str], file: Path) -> tuple[float, float]:
    took, peak = testbed.run(
        ["-m", "bench.programs.import_once", EXPORTED, str(file)], env
    ).split()[-2:]
    return float(took), float(peak)


def _beside(testbed: Testbed, file: Path, suffix: str) -> str:
    """What django-import-export takes for a dry run of the CSV file on rows of its own database."""
    if suffix != "csv":
        return ""
    env = {
        "DJANGO_SETTINGS_MODULE": "bench.admin_site.settings",
        "ADMIN_SITE_SECRET_KEY": "bench",
        "ADMIN_SITE_DATABASE": str(testbed.folder / "import-export.sqlite3"),
    }
    with file.open(encoding="utf-8-sig", newline="") as whole:
        lines = [line for _, line in zip(range(PEER_ROWS + 1), whole, strict=False)]
    part = file.with_name("part.csv")
    part.write_text("".join(lines), encoding="utf-8-sig", newline="")
    took = float(testbed.run(["-m", "bench.admin_site.import_rows", str(part)], env).split()[-1])
    return f"django-import-export, dry run of {PEER_ROWS:,} local rows: {took:.1f} s"
