"""Workbooks from their parts, so that they can have what no library writes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"

# Styles 1 to 8 of `styled`: a date, a date with time, a time, an elapsed time, five zeros, a custom date, a text with
# letters of dates in quotation marks, a share.
_FORMATS = (14, 22, 21, 46, 164, 165, 166, 9)
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="3"><numFmt numFmtId="164" formatCode="00000"/>'
    '<numFmt numFmtId="165" formatCode="[$-409]d\\-mmm\\-yyyy;@"/>'
    '<numFmt numFmtId="166" formatCode="0.00&quot; days&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    + "".join(f'<xf numFmtId="{number}"/>' for number in _FORMATS)
    + "</cellXfs></styleSheet>"
)


def zipped(parts: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of parts by their names."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def sheet(rows: str, before: str = "", after: str = "", space: str = MAIN) -> str:
    """A sheet from the XML of its rows."""
    return f'<worksheet xmlns="{space}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def rows(*cells: str, first: int = 1) -> str:
    """Rows from the XML of their cells."""
    return "".join(f'<row r="{first + at}">{row}</row>' for at, row in enumerate(cells))


def line(*texts: str) -> str:
    """Cells that have their texts in them, without references."""
    return "".join(f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>' for text in texts)


def xlsx_parts(
    sheets: Mapping[str, str | bytes],
    shared: str | None = None,
    properties: str = "",
    view: str = "",
    hidden: tuple[str, ...] = (),
    space: str = MAIN,
    main: str = "xl/workbook.xml",
) -> dict[str, bytes | str]:
    """The parts of a workbook: sheets by name, the XML of shared texts, attributes of the workbook and its view."""
    listed, related = [], []
    parts: dict[str, bytes | str] = {"[Content_Types].xml": "<Types/>"}
    for number, (name, content) in enumerate(sheets.items(), start=1):
        state = ' state="hidden"' if name in hidden else ""
        listed.append(f'<sheet name={quoteattr(name)} sheetId="{number}"{state} r:id="r{number}"/>')
        related.append(("worksheet", f"r{number}", f"worksheets/sheet{number}.xml"))
        parts[f"xl/worksheets/sheet{number}.xml"] = content
    related += [("styles", "s", "/xl/styles.xml"), ("sharedStrings", "t", "sharedStrings.xml")]
    parts["xl/styles.xml"] = STYLES
    if shared is not None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{space}">{shared}</sst>'
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{space}" xmlns:r="{_OFFICE}"><workbookPr {properties}/>'
        f"<bookViews><workbookView {view}/></bookViews><sheets>{''.join(listed)}</sheets></workbook>"
    )
    parts["xl/_rels/workbook.xml.rels"] = relations(related)
    parts["_rels/.rels"] = relations([("officeDocument", "r1", main)])
    return parts


def relations(related: list[tuple[str, str, str]]) -> str:
    """A part of relations: type, ID, target."""
    return f'<Relationships xmlns="{_RELATIONS}">' + "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for kind, name, target in related
    ) + "</Relationships>"  # fmt: skip


def xlsx(*cells: str, shared: str | None = None, properties: str = "", after: str = "") -> bytes:
    """A workbook with one sheet, from the XML of the cells of its rows."""
    return zipped(xlsx_parts({"Sheet1": sheet(rows(*cells), after=after)}, shared, properties))


def ods(tables: str, styles: str = "") -> bytes:
    """An OpenDocument workbook from the XML of its tables."""
    spaces = " ".join(
        f'xmlns:{prefix}="{_ODF}{name}:1.0"'
        for prefix, name in (
            ("office", "office"),
            ("table", "table"),
            ("text", "text"),
            ("draw", "drawing"),
        )
    )
    content = (
        f'<office:document-content {spaces} xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:'
        f'xmlns:calcext:1.0"><office:automatic-styles>{styles}</office:automatic-styles><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped(
        {"mimetype": ODS_TYPE, "content.xml": content, "META-INF/manifest.xml": "<manifest/>"}
    )


def table(name: str, *cells: str) -> str:
    """A sheet of an OpenDocument workbook from the XML of the cells of its rows."""
    lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    return f'<table:table table:name="{name}"><table:table-column/>{lines}</table:table>'


def text_cell(*texts: str) -> str:
    """Cells of an OpenDocument workbook with their texts."""
    return "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'
        for text in texts
    )
