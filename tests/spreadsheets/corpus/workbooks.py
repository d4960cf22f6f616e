"""XLSX and ODS workbooks as spreadsheet programs save them."""

from __future__ import annotations

from tests.spreadsheets.corpus.building import (
    MAIN,
    STRICT,
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
from tests.spreadsheets.corpus.case import Case

_HEAD = ["ID", "Name", "Value"]
_SHARED = (
    "<si><t>ID</t></si><si><t>Name</t></si><si><r><rPr><b/></rPr><t>Va</t></r><r><t>lue</t></r></si>"
    '<si><t xml:space="preserve"> 東京 </t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>'
    "<si><t>_x000D_a_x005F_x0041_</t></si><si/>"
)


def _values(*cells: str, properties: str = "") -> bytes:
    """A workbook with one column of values."""
    head = line(*_HEAD)
    return xlsx(
        head,
        *(f"{line(str(at), 'n')}{cell}" for at, cell in enumerate(cells)),
        properties=properties,
    )


def _becomes(content: bytes, *values: tuple[str, str]) -> Case:
    """The values of the last column with their remarks."""
    return Case(
        "a.xlsx",
        lambda: content,
        _HEAD,
        {row: [str(row - 2), "n", text] if text else [str(row - 2), "n"] for row, (text, _) in enumerate(values, 2)},
        {row: {2: remark} for row, (_, remark) in enumerate(values, 2) if remark},
    )  # fmt: skip


def _ods_row(cell: str) -> str:
    return text_cell("1", "n") + cell


def _ods_cell(kind: str, value: str, shown: str = "shown", more: str = "") -> str:
    return f'<table:table-cell office:value-type="{kind}" {value} {more}><text:p>{shown}</text:p></table:table-cell>'


_PREFIXED = (
    f'<?xml version="1.0" encoding="UTF-16"?><x:worksheet xmlns:x="{MAIN}"><!-- none --><x:sheetData>'
    '<x:row><x:c t="str"><x:v><![CDATA[ID <&]]></x:v></x:c><x:c t="str"><x:v>Name</x:v></x:c></x:row>'
    "<x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>"
)

CASES: dict[str, Case] = {
    "xlsx-numbers": _becomes(
        _values(
            "<c><v>42</v></c>",
            "<c><v>42.0</v></c>",
            "<c><v>4.4E+11</v></c>",
            "<c><v>447911123456</v></c>",
            "<c><v>1.1000000000000001</v></c>",
            "<c><v>-0.5</v></c>",
            "<c><v>1E-7</v></c>",
            "<c><v>12345678901234567890</v></c>",
            "<c><v>20000000000</v></c>",
            '<c s="5"><v>1234</v></c>',
            '<c s="7"><v>3.50</v></c>',
            '<c s="8"><v>0.5</v></c>',
            '<c t="n"><v>-0</v></c>',
            '<c s="99"><v> 7 </v></c>',
            '<c s="5"/>',
            "<c><v/></c>",
        ),
        ("42", "number"),
        ("42", "number"),
        ("440000000000", "exponent"),
        ("447911123456", "exponent"),
        ("1.1", "number"),
        ("-0.5", "number"),
        ("0.0000001", "number"),
        ("12345678901234567890", "exponent"),
        ("20000000000", "number"),
        ("01234", "number"),
        ("3.5", "number"),
        ("0.5", "number"),
        ("0", "number"),
        ("7", "number"),
        ("", ""),
        ("", ""),
    ),
    "xlsx-dates": _becomes(
        _values(
            '<c s="1"><v>46112</v></c>',
            '<c s="2"><v>46112.395833333336</v></c>',
            '<c s="3"><v>0.39583333333333331</v></c>',
            '<c s="4"><v>1.5</v></c>',
            '<c s="6"><v>46112</v></c>',
            '<c s="1"><v>1</v></c>',
            '<c s="1"><v>59</v></c>',
            '<c s="1"><v>60</v></c>',
            '<c s="1"><v>61</v></c>',
            '<c s="1"><v>-1</v></c>',
            '<c s="1"><v>1E10</v></c>',
            '<c t="d"><v>2026-03-31T00:00:00</v></c>',
            '<c t="d"><v>2026-03-31T09:30:00.5Z</v></c>',
            '<c s="2"><v>46112.999999999</v></c>',
        ),
        ("2026-03-31", "date"),
        ("2026-03-31T09:30:00", "date"),
        ("09:30:00", "date"),
        ("36:00:00", "date"),
        ("2026-03-31", "date"),
        ("1900-01-01", "date"),
        ("1900-02-28", "date"),
        ("60", "number"),  # the 29 February 1900, which there was not
        ("1900-03-01", "date"),
        ("-1", "number"),
        ("10000000000", "number"),
        ("2026-03-31", "date"),
        ("2026-03-31T09:30:00.500", "date"),
        ("2026-04-01", "date"),
    ),
    "xlsx-dates-1904": _becomes(
        _values(
            '<c s="1"><v>44650</v></c>',
            '<c s="1"><v>0</v></c>',
            '<c s="1"><v>60</v></c>',
            properties='date1904="1"',
        ),
        ("2026-03-31", "date"),
        ("1904-01-01", "date"),
        ("1904-03-01", "date"),
    ),
    "xlsx-other-cells": _becomes(
        _values(
            '<c t="b"><v>1</v></c>',
            '<c t="b"><v>0</v></c>',
            '<c t="e"><v>#N/A</v></c>',
            "<c><f>A1+1</f><v>43</v></c>",
            '<c t="str"><f>"a"&amp;"b"</f><v>ab</v></c>',
            "<c><f>A1</f></c>",
            '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>',
            '<c s="1"><f>TODAY()</f><v>46112</v></c>',
            '<c t="str"><v>_x0041_</v></c>',
            line("=1+1"),
            line("'+44 1"),
            line("'t Hooft"),
            line("_xD83D__xDE00_ _xD83D_ _x0000_"),
            '<c t="inlineStr"><is><r><t>a</t></r><r><t xml:space="preserve"> b</t></r><phoneticPr/></is></c>',
            '<c t="inlineStr"><is><t>line 1\nline 2\t</t></is></c>',
        ),
        ("true", "boolean"),
        ("false", "boolean"),
        ("#N/A", "error"),
        ("43", "formula"),
        ("ab", "formula"),
        ("", "formula"),
        ("#DIV/0!", "error"),
        ("2026-03-31", "formula"),
        ("A", ""),
        ("=1+1", ""),
        ("+44 1", ""),
        ("'t Hooft", ""),
        ("😀 \ufffd \ufffd", ""),
        ("a b", ""),
        ("line 1\nline 2\t", ""),
    ),
    "xlsx-shared-texts": Case(
        "a.xlsx",
        lambda: xlsx(
            '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="D1" t="s"><v>2</v></c>',
            '<c r="A2"><v>1</v></c><c r="B2" t="s"><v>3</v></c><c r="D2" t="s"><v>4</v></c>',
            '<c r="A3"><v>2</v></c><c r="B3" t="s"><v>5</v></c>',
            shared=_SHARED,
        ),
        ["ID", "Name", "", "Value"],
        {2: ["1", " 東京 ", "", "\ra_x0041_"], 3: ["2"]},
        {2: {0: "number"}, 3: {0: "number"}},
    ),
    "xlsx-merged-cells": Case(
        "a.xlsx",
        lambda: xlsx(
            line("Customers") + '<c r="B1"/><c r="C1"/>',
            line("ID", "Name", "City"),
            '<c r="A3" t="inlineStr"><is><t>1</t></is></c><c r="B3" t="inlineStr"><is><t>both</t></is></c><c r="C3"/>',
            '<c r="A4" t="inlineStr"><is><t>2</t></is></c><c r="B4"/><c r="C4"/>',
            after='<mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="B3:C4"/></mergeCells>',
        ),
        ["ID", "Name", "City"],
        {3: ["1", "both"], 4: ["2"]},
        reading={"header_row": 2},
    ),
    "xlsx-gaps": Case(
        "a.xlsx",
        lambda: zipped(
            xlsx_parts(
                {
                    "Sheet1": sheet(
                        f'<row r="2">{line("Report")}</row><row r="5"><c r="B5" t="inlineStr"><is><t>ID</t></is></c>'
                        '<c r="D5" t="inlineStr"><is><t>Name</t></is></c><c r="E5" s="1"/></row>'
                        '<row r="6"/><row r="1000"><c r="B1000"><v>1</v></c><c r="D1000" t="inlineStr"><is><t>a</t>'
                        '</is></c></row><row r="1048576"><c r="A1048576" s="1"/></row>'
                    )
                }
            )
        ),
        ["", "ID", "", "Name"],
        {1000: ["", "1", "", "a"]},
        {1000: {1: "number"}},
        {"header_row": 5},
    ),
    "xlsx-several-sheets": Case(
        "a.xlsx",
        lambda: zipped(
            xlsx_parts(
                {
                    "About": sheet(rows(line("Company", "Bluebell"), line("Rows", "2"))),
                    "Hidden": sheet(
                        rows(line("a", "b", "c", "d", "e"), line("1", "2", "3", "4", "5"))
                    ),
                    "Kunden & Co": sheet(rows(line("ID", "Name", "City"), line("1", "a", "b"))),
                },
                hidden=("Hidden",),
            )
        ),
        ["ID", "Name", "City"],
        {2: ["1", "a", "b"]},
        reading={"sheet": "Kunden & Co", "sheets": ("About", "Hidden", "Kunden & Co")},
    ),
    "xlsx-sheet-that-was-open": Case(
        "a.xlsx",
        lambda: zipped(
            xlsx_parts(
                {
                    "Wide": sheet(
                        rows(line("a", "b", "c", "d", "e"), line("1", "2", "3", "4", "5"))
                    ),
                    "Open": sheet(rows(line("ID", "Name", "City"), line("1", "a", "b"))),
                },
                view='activeTab="1"',
            )
        ),
        ["ID", "Name", "City"],
        {2: ["1", "a", "b"]},
        reading={"sheet": "Open"},
    ),
    "xlsx-strict": Case(
        "a.xlsx",
        lambda: zipped(
            xlsx_parts(
                {"Sheet1": sheet(rows(line("ID", "Name"), line("1", "a")), space=STRICT)},
                space=STRICT,
            )
        ),
        ["ID", "Name"],
        {2: ["1", "a"]},
    ),
    "xlsx-prefixes": Case(
        "a.xlsx",
        lambda: zipped(
            xlsx_parts(
                {
                    "Sheet1": _PREFIXED.encode("utf-16"),
                }
            )
        ),
        ["ID <&", "Name"],
        {2: ["1"]},
        {2: {0: "number"}},
    ),
    "xlsm-without-its-macros": Case(
        "a.xlsm",
        lambda: zipped(
            {
                **xlsx_parts({"Sheet1": sheet(rows(line("ID", "Name"), line("1", "a")))}),
                "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 macros",
                "xl/embeddings/inner.zip": zipped({"a.txt": "a"}),
                "xl/externalLinks/externalLink1.xml": "<externalLink/>",
            }
        ),
        ["ID", "Name"],
        {2: ["1", "a"]},
    ),
    "ods-cells": Case(
        "a.ods",
        lambda: ods(
            table(
                "Tabelle1",
                text_cell("ID", "Name", "Value"),
                _ods_row(_ods_cell("float", 'office:value="42.0"')),
                _ods_row(_ods_cell("float", 'office:value="4.4E+11"', "4.4E+11")),
                _ods_row(_ods_cell("percentage", 'office:value="0.5"', "50 %")),
                _ods_row(_ods_cell("date", 'office:date-value="2026-03-31"', "31.03.26")),
                _ods_row(_ods_cell("date", 'office:date-value="2026-03-31T09:30:00"')),
                _ods_row(_ods_cell("time", 'office:time-value="PT09H30M00S"')),
                _ods_row(_ods_cell("boolean", 'office:boolean-value="true"', "WAHR")),
                _ods_row(
                    _ods_cell("float", 'office:value="43"', "43", 'table:formula="of:=[.A1]+1"')
                ),
                _ods_row(
                    _ods_cell(
                        "string", 'calcext:value-type="error"', "#N/A", 'table:formula="of:=NA()"'
                    )
                ),
                _ods_row(
                    '<table:table-cell office:value-type="string"><office:annotation><text:p>comment</text:p>'
                    '</office:annotation><text:p>a<text:s text:c="2"/>b<text:tab/>c<text:span>d</text:span>'
                    "  \n e</text:p>"
                    "<text:p>line<text:line-break/>2</text:p><draw:frame><text:p>picture</text:p></draw:frame>"
                    "</table:table-cell>"
                ),
            )
        ),
        _HEAD,
        {
            2: ["1", "n", "42"],
            3: ["1", "n", "440000000000"],
            4: ["1", "n", "0.5"],
            5: ["1", "n", "2026-03-31"],
            6: ["1", "n", "2026-03-31T09:30:00"],
            7: ["1", "n", "09:30:00"],
            8: ["1", "n", "true"],
            9: ["1", "n", "43"],
            10: ["1", "n", "#N/A"],
            11: ["1", "n", "a  b\tcd e\nline\n2"],
        },
        {
            2: {2: "number"},
            3: {2: "exponent"},
            4: {2: "number"},
            5: {2: "date"},
            6: {2: "date"},
            7: {2: "date"},
            8: {2: "boolean"},
            9: {2: "formula"},
            10: {2: "error"},
        },
        {"format": "ods", "sheet": "Tabelle1"},
    ),
    "ods-repeated": Case(
        "a.ods",
        lambda: ods(
            table("About", text_cell("Company", "Bluebell"))
            + '<table:table table:name="Customers"><table:table-header-rows><table:table-row>'
            + text_cell("ID", "Name", "City", "Zip")
            + "</table:table-row></table:table-header-rows>"
            '<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/>'
            "</table:table-row><table:table-row-group>"
            f'<table:table-row table:number-rows-repeated="2">{text_cell("1")}'
            '<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>x</text:p>'
            f"</table:table-cell><table:covered-table-cell><text:p>no</text:p></table:covered-table-cell>{text_cell('y')}"
            '<table:table-cell table:number-columns-repeated="16379"/></table:table-row></table:table-row-group>'
            '<table:table-row table:number-rows-repeated="1048569"><table:table-cell/></table:table-row></table:table>'
            + table("Behind", text_cell("a", "b"), text_cell("c", "d"))
        ),
        ["ID", "Name", "City", "Zip"],
        {5: ["1", "x", "x", "", "y"], 6: ["1", "x", "x", "", "y"]},
        reading={"sheet": "Customers", "sheets": ("About", "Customers", "Behind"), "header_row": 1},
    ),
}
