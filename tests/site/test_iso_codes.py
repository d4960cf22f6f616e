"""One generated list of ISO codes, offered by the form, the list of customers and the sandbox."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import requests

from customers.forms import Form
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.forms import node, obj, render

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "scripts/iso_codes.py"
MODULES = ("customers/codat/iso_codes.py", "sandbox/data/iso_codes.py")


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, text=True, timeout=60
    )


def codes(html: str, start: str) -> list[str]:
    datalist = re.search(start + "(.*?)</datalist>", html, re.DOTALL)
    assert datalist
    return re.findall(r'<option(?: value="|>)(\w+)', datalist[1])


def test_the_modules_are_the_output_of_the_script() -> None:
    check = run(ROOT / SCRIPT, "--check")
    assert check.returncode == 0, check.stderr


def test_the_check_names_a_module_that_was_edited(tmp_path: Path) -> None:
    for name in (SCRIPT, *MODULES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    edited = tmp_path / MODULES[1]
    edited.write_text(edited.read_text().replace("EUR Euro", "EUR Ecu"))
    check = run(tmp_path / SCRIPT, "--check")
    assert check.returncode == 1
    assert MODULES[1] in check.stderr
    assert MODULES[0] not in check.stderr
    assert run(tmp_path / SCRIPT).returncode == 0
    assert edited.read_text() == (ROOT / MODULES[1]).read_text()


def test_form_list_and_sandbox_offer_the_same_currencies(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    path = f"/companies/{sandbox.company('zoho')}/connections/{sandbox.connection('zoho')}"
    model = requests.get(
        f"{sandbox.url}{path}/options/customers",
        headers={"Authorization": sandbox.auth_header},
        timeout=10,
    ).json()
    offered = [option["value"] for option in model["properties"]["defaultCurrency"]["options"]]
    note = {"warnings": [{"details": "Must be a three letter ISO code"}]}
    form = render(Form(obj(money=node(validation=note)), {}))
    suggested = viewer_client.get(links.currencies())
    assert {"EUR", "JPY", "XOF"} <= set(offered)
    assert not {"XAU", "XXX", "CHE"} & set(offered)
    assert codes(form, '<datalist id="codes-currency">') == offered
    assert re.findall(r"<option>(\w+)", suggested.content.decode()) == offered
    assert suggested["Cache-Control"] == "private, max-age=86400"
