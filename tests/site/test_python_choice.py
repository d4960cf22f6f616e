"""scripts/python.sh: the Python that the environment is made with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "python.sh"
# Programs by version, each with whether it can make an environment.
INSTALLED = {"9.3": False, "9.2": True, "9.1": True}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["9.3", "9.2", "9.1"], "/usr/bin/python9.2\n"),
        (["9.1", "9.2"], "/usr/bin/python9.1\n"),
        (["9.4", "9.1"], "/usr/bin/python9.1\n"),
        (["9.3"], ""),
        (["9.4"], ""),
        ([], ""),
    ],
)
def test_the_first_python_that_can_make_an_environment_is_chosen(
    tmp_path: Path, asked: list[str], expected: str
) -> None:
    for version, works in INSTALLED.items():
        program = tmp_path / f"python{version}"
        program.write_text(
            f"#!/bin/sh\necho /usr/bin/python{version}\n" if works else "#!/bin/sh\nexit 1\n"
        )
        program.chmod(0o755)
    run = subprocess.run(
        [SCRIPT, *asked],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == expected
    assert run.returncode == (0 if expected else 1)
