"""Files that are no tables, damaged, too large, or made to harm."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable

from customers.spreadsheets.files.limits import MAX_FILE_BYTES, MIB
from tests.spreadsheets.corpus.building import (
    MAIN,
    line,
    ods,
    rows,
    sheet,
    table,
    text_cell,
    xlsx,
    xlsx_parts,
    zipped,
)
from tests.spreadsheets.corpus.case import Case, text

_DAMAGED = "The workbook is damaged."
_STRANGE = "The workbook is built in a way that no spreadsheet program does."
_PASSWORD = "is protected by a password"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def _refused(
    content: Callable[[], bytes], sentence: str, file_name: str = "a.xlsx", line: int | None = None
) -> Case:
    return Case(file_name, content, refused=sentence, line=line)


def _with_sheet(part: str | bytes) -> bytes:
    """A workbook with a sheet as it is given."""
    return zipped({**xlsx_parts({"Sheet1": ""}), "xl/worksheets/sheet1.xml": part})


def _with_shared(part: str) -> bytes:
    return xlsx(line("ID", "Name"), '<c t="s"><v>0</v></c>', shared=part)


def _bomb() -> bytes:
    """A sheet that unpacks to 600 MiB and says so."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
    packed = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"<row/>" * 100_000) + packer.flush(zlib.Z_FULL_FLUSH)
    return _with_raw(packed + block * 1049 + packer.flush(), len(start) + 600_000 * 1049)


def _lying_bomb() -> bytes:
    """The same, and its directory says that it is small."""
    content = bytearray(_bomb())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.rindex(signature)
        content[at + offset : at + offset + 4] = (100_000).to_bytes(4, "little")
    return bytes(content)


def _with_raw(packed: bytes, size: int) -> bytes:
    """A workbook whose sheet is packed already."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in xlsx_parts({"Sheet1": ""}).items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, part)
        start = target.tell()
        info = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
        info.compress_type, info.CRC = zipfile.ZIP_DEFLATED, 0
        info.compress_size, info.file_size, info.header_offset = len(packed), size, start
        target.write(info.FileHeader(zip64=False) + packed)
        archive.filelist.append(info)
        archive.start_dir = target.tell()
        archive._didModify = True  # type: ignore[attr-defined]
    return target.getvalue()


def _many_parts() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(5_001):
            archive.writestr(str(number), b"")
    return target.getvalue()


def _encrypted_part() -> bytes:
    content = bytearray(xlsx(line("ID", "Name"), line("1", "a")))
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        content[at + 8] |= 1
    return bytes(content)


_WIDE = line(*(f"Heading {number}" for number in range(10_000)))

CASES: dict[str, Case] = {
    # Not a table
    "empty": Case("a.csv", lambda: b"", refused="The file is empty."),
    "blank": Case("a.csv", text(" \n\n\t\n"), refused="The file is empty: it has no text."),
    "bom-only": Case(
        "a.csv", lambda: b"\xef\xbb\xbf", refused="The file is empty: it has no text."
    ),
    "too-large": _refused(
        lambda: b"a" * (MAX_FILE_BYTES + 1), "The file has 20.0 MB. At most 20 MB", "a.csv"
    ),
    "heading-only": Case(
        "a.csv", text("ID,Name\n\n"), refused="The table has no rows below its heading."
    ),
    "heading-only-xlsx": _refused(
        lambda: xlsx(line("ID", "Name")), "The table has no rows below its heading."
    ),
    "no-cells": _refused(xlsx, "The workbook is empty."),
    "pdf": _refused(lambda: b"%PDF-1.7\n\x00", "The file is a PDF document, not a table.", "a.pdf"),
    "picture": _refused(lambda: b"\x89PNG\r\n\x1a\n\x00", "The file is a picture", "a.csv"),
    "web-page": _refused(
        lambda: b"\xef\xbb\xbf<html><table><tr><td>ID</td></tr>", "The file is a web page", "a.xls"
    ),
    "xml": _refused(
        lambda: b'<?xml version="1.0"?><Workbook/>', "The file is XML, not a table.", "a.xls"
    ),
    "json": _refused(lambda: b'[{"id": 1}]', "The file is JSON, not a table.", "a.json"),
    "nul-bytes": _refused(lambda: b"ID,Name\n1,a\0b\n", "The file is not a table", "a.csv"),
    "binary": _refused(lambda: bytes(range(1, 256)) + b"\0", "The file is not a table", "a.csv"),
    "utf-16-read-as-one-byte": Case(
        "a.csv",
        text("ID,Name\n1,a\n", "utf-16-le"),
        chosen={"encoding": "cp1252"},
        refused="The file is not a table",
        line=1,
    ),
    "archive": _refused(
        lambda: zipped({"customers.csv": "ID\n1\n"}),
        "an archive with “customers.csv”. Unpack it",
        "a.zip",
    ),
    "nested-archives": _refused(
        lambda: zipped({"a.zip": zipped({"b.zip": "x"}), "c": ""}),
        "an archive with 2 files",
        "a.zip",
    ),
    "old-excel": _refused(
        lambda: _OLE, "This is an old Excel file (.xls). Save it as .xlsx", "a.xls"
    ),
    "binary-workbook": _refused(
        lambda: zipped({**xlsx_parts({}, main="xl/workbook.bin"), "xl/workbook.bin": b"\0"}),
        "a binary workbook (.xlsb)",
        "a.xlsb",
    ),
    "word-document": _refused(
        lambda: zipped(
            {"[Content_Types].xml": "<Types/>", "_rels/.rels": xlsx_parts({})["_rels/.rels"]}
        ),
        _DAMAGED,
        "a.docx",
    ),
    # Protected
    "encrypted-xlsx": _refused(lambda: _OLE + "EncryptedPackage".encode("utf-16-le"), _PASSWORD),
    "encrypted-ods": _refused(
        lambda: zipped(
            {"content.xml": b"\x01\x02", "META-INF/manifest.xml": "<manifest:encryption-data/>"}
        ),
        _PASSWORD,
        "a.ods",
    ),
    "encrypted-zip": _refused(_encrypted_part, _PASSWORD),
    # Damaged
    "cut-archive": _refused(lambda: xlsx(line("ID", "Name"), line("1", "a"))[:-30], _DAMAGED),
    "cut-xml": _refused(
        lambda: _with_sheet(sheet(rows(line("ID", "Name"), line("1", "a")))[:-20]), _DAMAGED
    ),
    "no-such-text": _refused(
        lambda: xlsx(line("ID", "Name"), '<c t="s"><v>5</v></c>', shared="<si><t>a</t></si>"),
        _DAMAGED,
        line=2,
    ),
    "no-number": _refused(lambda: xlsx(line("ID", "Name"), "<c><v>abc</v></c>"), _DAMAGED, line=2),
    "endless-number": _refused(
        lambda: xlsx(line("ID", "Name"), "<c><v>1E999999999</v></c>"), _DAMAGED, line=2
    ),
    "infinite-number": _refused(
        lambda: xlsx(line("ID", "Name"), "<c><v>Infinity</v></c>"), _DAMAGED, line=2
    ),
    "unknown-type": _refused(
        lambda: xlsx(line("ID", "Name"), '<c t="z"><v>1</v></c>'), _DAMAGED, line=2
    ),
    "no-such-column": _refused(
        lambda: xlsx(line("ID", "Name"), '<c r="ZZZZ2"><v>1</v></c>'), _DAMAGED, line=2
    ),
    "rows-out-of-order": _refused(
        lambda: _with_sheet(
            sheet(f'<row r="2">{line("a", "b")}</row><row r="1">{line("a")}</row>')
        ),
        _DAMAGED,
        line=2,
    ),
    "row-beyond-the-sheet": _refused(
        lambda: _with_sheet(
            sheet(f'<row r="1">{line("a", "b")}</row><row r="99999999999">{line("a")}</row>')
        ),
        _DAMAGED,
        line=1,
    ),
    "unknown-encoding": _refused(
        lambda: _with_sheet('<?xml version="1.0" encoding="utf-7"?><worksheet/>'), _DAMAGED
    ),
    "ods-no-number": _refused(
        lambda: ods(
            table(
                "T",
                text_cell("ID", "Name"),
                '<table:table-cell office:value-type="float" office:value="x"/>',
            )
        ),
        _DAMAGED,
        "a.ods",
        2,
    ),
    "ods-strange-repetition": _refused(
        lambda: ods(
            table(
                "T",
                text_cell("ID", "Name"),
                '<table:table-cell table:number-columns-repeated="99999999999"/>',
            )
        ),
        _DAMAGED,
        "a.ods",
        2,
    ),
    # Too much
    "wide-csv": Case(
        "a.csv",
        text(",".join(f"h{number}" for number in range(10_000)) + "\n1\n"),
        refused="Row 1 has 10,000 columns. At most 200 can be read",
        line=1,
    ),
    "million-columns-csv": Case(
        "a.csv",
        text("ID,Name\n1,a\n" + "a," * 1_000_000 + "\n"),
        refused="Line 3 has 1,000,001 columns.",
        line=3,
    ),
    "columns-over-several-lines": Case(
        "a.csv",
        text("ID,Name\n1,a\n" + 'x,"\n",' * 20_000 + "\n"),
        refused="Line 3: a quotation mark opens a text, and no other one closes it.",
        line=3,
    ),
    "wide-xlsx": _refused(
        lambda: xlsx(_WIDE, line("1")), "Row 1 has 10,000 columns. At most 200 can be read", line=1
    ),
    "wide-row-xlsx": _refused(
        lambda: xlsx(line("ID", "Name"), '<c r="A2"><v>1</v></c><c r="XFD2"><v>1</v></c>'),
        "Row 2 has 16,384 columns.",
        line=2,
    ),
    "wide-ods": _refused(
        lambda: ods(
            table(
                "T",
                text_cell("ID", "Name")
                + text_cell("x").replace(
                    "<table:table-cell", '<table:table-cell table:number-columns-repeated="9998"'
                ),
            )
        ),
        "Row 1 has 10,000 columns.",
        "a.ods",
        1,
    ),
    "long-csv": Case(
        "a.csv",
        text("ID,Name\n" + "1,a\n" * 50_001),
        refused="The table has more than 50,000 rows.",
        line=50_002,
    ),
    "long-ods": _refused(
        lambda: ods(
            '<table:table table:name="T"><table:table-row>'
            + text_cell("ID", "Name")
            + "</table:table-row>"
            + (
                '<table:table-row table:number-rows-repeated="100000">'
                + text_cell("1")
                + "</table:table-row>"
            )
            * 10
            + "</table:table>"
        ),
        "The table has more than 50,000 rows.",
        "a.ods",
        50_002,
    ),
    "long-cell-xlsx": _refused(
        lambda: xlsx(line("ID", "Name"), line("1", "a" * 131_073)),
        "Row 2: a cell has more than 131,072",
        line=2,
    ),
    "long-shared-text": _refused(
        lambda: _with_shared("<si><t>" + "a" * 200_000 + "</t></si>"),
        "Row 2: a cell has more than 131,072",
        line=2,
    ),
    "long-cell-ods": _refused(
        lambda: ods(table("T", text_cell("ID", "Name"), text_cell("1", "a" * 131_073))),
        "Row 2: a cell has more than",
        "a.ods",
        2,
    ),
    "many-blanks-ods": _refused(
        lambda: ods(
            table(
                "T",
                text_cell("ID", "Name"),
                '<table:table-cell office:value-type="string"><text:p>'
                + '<text:s text:c="999999999"/>' * 2
                + "</text:p></table:table-cell>",
            )
        ),
        "Row 2: a cell has more than",
        "a.ods",
        2,
    ),
    "many-sheets": _refused(
        lambda: zipped(xlsx_parts({f"S{number}": sheet(rows(line("a"))) for number in range(201)})),
        "The workbook has 201 sheets.",
    ),
    "many-parts": _refused(_many_parts, "The workbook consists of too many files."),
    # Made to harm
    "entity-bomb": _refused(
        lambda: _with_sheet(
            '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
        ),
        "The workbook contains a document type",
    ),
    "entity-bomb-utf-16": _refused(
        lambda: _with_sheet(
            '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">]><worksheet>&a;</worksheet>'.encode("utf-16")
        ),
        "The workbook contains a document type",
    ),
    "external-entity-ods": _refused(
        lambda: zipped(
            {"content.xml": '<!DOCTYPE w SYSTEM "file:///etc/passwd"><office/>', "mimetype": "x"}
        ),
        "The workbook contains a document type",
        "a.ods",
    ),
    "document-type-in-styles": _refused(
        lambda: zipped(
            {
                **xlsx_parts({"S": sheet(rows(line("a", "b"), line("1")))}),
                "xl/styles.xml": "<!DOCTYPE a><a/>",
            }
        ),
        "The workbook contains a document type",
    ),
    "deep-in-a-row": _refused(lambda: _with_sheet(sheet("<row>" + "<c>" * 1_000_000)), _STRANGE),
    "deep-elements": _refused(lambda: _with_sheet("<a>" * 1_000_000), _STRANGE),
    "deep-containers": _refused(
        lambda: _with_sheet(f'<worksheet xmlns="{MAIN}">' * 20_000), _STRANGE
    ),
    "deep-styles": _refused(
        lambda: zipped(
            {
                **xlsx_parts({"S": sheet(rows(line("a", "b"), line("1")))}),
                "xl/styles.xml": "<a>" * 100_000,
            }
        ),
        _STRANGE,
    ),
    "endless-row": _refused(lambda: _with_sheet(sheet("<row>" + "<c/>" * 2_000_000)), _STRANGE),
    "endless-tag": _refused(lambda: _with_sheet(sheet('<row a="' + "x" * 6 * MIB)), _STRANGE),
    "endless-beginning": _refused(lambda: _with_sheet(" " * 6 * MIB), _STRANGE),
    "bomb": Case(
        "a.xlsx", _bomb, refused="The workbook is too large when it is unpacked: more than 512 MB."
    ),
    "lying-bomb": Case("a.xlsx", _lying_bomb, refused=_DAMAGED),
    "repetitive": _refused(
        lambda: _with_sheet(sheet("<row/>" * 10_000_000)), "The workbook unpacks to"
    ),
    "lzma": _refused(lambda: zipped(xlsx_parts({"S": sheet("")}), zipfile.ZIP_LZMA), _DAMAGED),
}
