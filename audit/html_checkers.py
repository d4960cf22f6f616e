"""html-validate and vnu (the Nu HTML checker), each run once over a folder of saved pages."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from audit import tools
from audit.reaching import Page
from audit.stack import Request, Stack

# By the name of a page: a line for each finding.
Findings = dict[str, list[str]]

TIMEOUT = 300
# HTMX's own attributes, which HTML does not know.
_HTMX = r"Attribute “hx-[a-z-]+” not allowed on element “[a-z]+” at this point\."
_FRAGMENT = """<!doctype html>
<html lang="en"><head><title>Fragment</title></head><body>
{}
</body></html>
"""


def slug(name: str) -> str:
    """A page's name in a file's name."""
    return re.sub(r"\W+", "-", name.lower())


def file_name(name: str) -> str:
    """The file of a page by its name."""
    return f"{slug(name)}.html"


def save(stack: Stack, page: Page, request: Request, folder: Path) -> list[str]:
    """Store the HTML that is served for a page; what is wrong with the response."""
    headers = {"HX-Request": "true"} if page.fragment else {}
    with stack.fault(page.fault):
        response = stack.visitor(page.person).send(request, **headers)
    html = _FRAGMENT.format(response.text) if page.fragment else response.text
    (folder / file_name(page.name)).write_text(html, encoding="utf-8")
    if response.status_code == page.status:
        return []
    return [f"The status is {response.status_code} instead of {page.status}."]


def html_validate(folder: Path) -> Findings:
    """What html-validate finds, by the files' names."""
    program = tools.MODULES / "html-validate" / "bin" / "html-validate.mjs"
    config = tools.HERE / "htmlvalidate.config.mjs"
    options = ["--config", str(config), "--formatter", "json"]
    files = _run(["node", str(program), *options, str(folder)])
    return {
        Path(file["filePath"]).name: [
            f"html-validate, line {each['line']}: {each['message']} ({each['ruleId']})"
            for each in file["messages"]
        ]
        for file in files
    }


def vnu(folder: Path) -> Findings:
    """What the Nu HTML checker finds, errors and warnings, by the files' names."""
    options = ["--format", "json", "--stdout", "--exit-zero-always", "--skip-non-html"]
    command = ["java", "-Xss4m", "-jar", str(tools.VNU), *options, "--filterpattern", _HTMX]
    findings: Findings = defaultdict(list)
    for each in _run([*command, str(folder)])["messages"]:
        extract = " ".join(each.get("extract", "").split())[:120]
        line = f"vnu, line {each.get('lastLine', 0)}: {each['message']} {extract}"
        findings[each["url"].rpartition("/")[2]].append(line)
    return findings


CHECKERS = {"html-validate": html_validate, "vnu": vnu}


def _run(command: list[str]) -> Any:
    """The JSON that a checker prints. Into a file: html-validate ends before it has filled a pipe."""
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, stdout=output, stderr=subprocess.PIPE, timeout=TIMEOUT, check=False
        )
        output.seek(0)
        printed = output.read()
    try:
        return msgspec.json.decode(printed)
    except msgspec.DecodeError:
        raise RuntimeError((done.stderr or printed).decode()[-2000:]) from None
