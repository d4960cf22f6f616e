"""`manage.py sandbox` runs alone and ends on a signal."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command

from tests.support.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


def test_the_command_serves_until_a_signal() -> None:
    environment = os.environ | {"CODAT_API_KEY": "another-key", "SECRET_KEY": "for-a-test"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", "--port", "0", "--customers", "7"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        state = requests.get(f"{url}/_sandbox/", timeout=10).json()
        assert state["settings"]["customers"] == 7
        key = base64.b64encode(b"another-key").decode()
        answer = requests.get(
            f"{url}/companies/{state['companies']['big']}/data/customers",
            params={"page": 1},
            headers={"Authorization": f"Basic {key}"},
            timeout=10,
        )
        assert answer.json()["totalResults"] == 7
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("moment", ["yesterday", "2026-02-30T00:00:00Z"])
def test_a_wrong_moment_is_one_sentence(moment: str) -> None:
    with pytest.raises(CommandError, match="is no moment such as"):
        call_command("sandbox", "--port", "0", "--now", moment)
