"""CSV files as people have them."""

from __future__ import annotations

from tests.spreadsheets.corpus.case import Case, text

_HEAD = ["ID", "Name", "City"]
_TWO = {2: ["1", "Müller & Söhne", "Köln"], 3: ["2", "Café Zoë", "Liège"]}
_COMMAS = "ID,Name,City\r\n1,Müller & Söhne,Köln\r\n2,Café Zoë,Liège\r\n"
_SEMICOLONS = _COMMAS.replace(",", ";")


def _two(content: str, codec: str, **reading: str) -> Case:
    return Case("a.csv", text(content, codec), _HEAD, _TWO, reading=reading)


CASES: dict[str, Case] = {
    # Encodings
    "utf-8": _two(_COMMAS, "utf-8", encoding="utf-8-sig", delimiter=","),
    "utf-8-with-bom": _two(_COMMAS, "utf-8-sig", encoding="utf-8-sig"),
    "utf-16": _two(_COMMAS.replace(",", "\t"), "utf-16", encoding="utf-16", delimiter="\t"),
    "utf-16-big-endian-no-bom": _two(_COMMAS, "utf-16-be", encoding="utf-16-be"),
    "utf-16-little-endian-no-bom": _two(_COMMAS, "utf-16-le", encoding="utf-16-le"),
    "utf-32": _two(_COMMAS, "utf-32", encoding="utf-32"),
    "windows-1252": _two(_SEMICOLONS, "cp1252", encoding="cp1252", delimiter=";"),
    "windows-1252-pounds": Case(
        "a.csv",
        text("Name,Credit\r\nSmith’s Café,£500\r\n", "cp1252"),
        ["Name", "Credit"],
        {2: ["Smith’s Café", "£500"]},
        reading={"encoding": "cp1252"},
    ),
    "mac-roman": _two(_COMMAS, "mac-roman", encoding="mac-roman"),
    "windows-1250": Case(
        "a.csv",
        text("Nazwa;Miasto\nŻółta Łódka;Łódź\nŚwiatło;Gdańsk\n", "cp1250"),
        ["Nazwa", "Miasto"],
        {2: ["Żółta Łódka", "Łódź"], 3: ["Światło", "Gdańsk"]},
        reading={"encoding": "cp1250"},
    ),
    "windows-1251": Case(
        "a.csv",
        text("Имя;Город\nИван Петров;Москва\nОльга;Санкт-Петербург\n", "cp1251"),
        ["Имя", "Город"],
        {2: ["Иван Петров", "Москва"], 3: ["Ольга", "Санкт-Петербург"]},
        reading={"encoding": "cp1251"},
    ),
    "shift-jis": Case(
        "a.csv",
        text("名前,市\n株式会社山田,東京都\n田中商店,大阪\n", "cp932"),
        ["名前", "市"],
        {2: ["株式会社山田", "東京都"], 3: ["田中商店", "大阪"]},
        reading={"encoding": "cp932"},
    ),
    # The byte that is no UTF-8 stands far behind the beginning.
    "windows-1252-late": Case(
        "a.csv",
        lambda: b"ID,Name\n" + b"1,plain\n" * 20_000 + "2,Zoë\n".encode("cp1252"),
        ["ID", "Name"],
        {**{row: ["1", "plain"] for row in range(2, 20_002)}, 20_002: ["2", "Zoë"]},
        reading={"encoding": "cp1252"},
    ),
    "wrong-encoding-chosen": Case(
        "a.csv",
        text("ID,Name\n1,a\n2,Zoë\n", "cp1252"),
        chosen={"encoding": "utf-8-sig"},
        refused="The file is not a text in UTF-8. Choose another encoding.",
        line=3,
    ),
    # Delimiters
    "semicolons-with-decimal-commas": Case(
        "a.csv",
        text("Name;Credit;Address\nA;1,50;High Street, 1\nB;2,75;Low Street, 2\n"),
        ["Name", "Credit", "Address"],
        {2: ["A", "1,50", "High Street, 1"], 3: ["B", "2,75", "Low Street, 2"]},
        reading={"delimiter": ";"},
    ),
    "bars": Case(
        "a.txt",
        text("ID|Name\n1|a, b\n"),
        ["ID", "Name"],
        {2: ["1", "a, b"]},
        {},
        {"delimiter": "|"},
    ),
    "excel-names-the-delimiter": Case(
        "a.csv",
        text("sep=;\r\nID;Name\r\n1;a,b,c\r\n", "utf-8-sig"),
        ["ID", "Name"],
        {2: ["1", "a,b,c"]},
        reading={"delimiter": ";", "header_row": 1},
    ),
    "one-column": Case(
        "a.csv",
        text("Name\nSmith, Ltd\nJones\nBrown\n"),
        ["Name"],
        {2: ["Smith, Ltd"], 3: ["Jones"], 4: ["Brown"]},
    ),
    "one-customer": Case(
        "a.csv", text("Email;Phone\na@b.c;1\n"), ["Email", "Phone"], {2: ["a@b.c", "1"]}
    ),
    "cells-that-were-pasted": Case(
        "",
        text('Name\tNote\n5" pipe\t"Big" Joe\nB\tno end"\n'),
        ["Name", "Note"],
        {2: ['5" pipe', '"Big" Joe'], 3: ["B", 'no end"']},
        reading={"delimiter": "\t", "quote": ""},
    ),
    "cells-that-were-pasted-with-lines": Case(
        "",
        text('Name\tNote\nA\t"two\nlines and ""quotes"""\nB\tx\n'),
        ["Name", "Note"],
        {2: ["A", 'two\nlines and "quotes"'], 3: ["B", "x"]},
        reading={"delimiter": "\t", "quote": '"'},
    ),
    "wrong-delimiter-corrected": Case(
        "a.csv",
        text("a;b,c;d\n1;2,3;4\n"),
        ["a;b", "c;d"],
        {2: ["1;2", "3;4"]},
        chosen={"delimiter": ","},
    ),
    # Lines and quotation marks
    "carriage-returns": Case(
        "a.csv", text("ID,Name\r1,a\r2,b\r"), ["ID", "Name"], {2: ["1", "a"], 3: ["2", "b"]}
    ),
    "no-last-line-end": Case("a.csv", text("ID,Name\n1,a"), ["ID", "Name"], {2: ["1", "a"]}),
    "quotes": Case(
        "a.csv",
        text('ID,Name,Note\n1,"a ""b"", c","line 1\r\nline 2"\n\n3,"",5" pipe\n'),
        ["ID", "Name", "Note"],
        {2: ["1", 'a "b", c', "line 1\r\nline 2"], 4: ["3", "", '5" pipe']},
    ),
    "quote-never-closed": Case(
        "a.csv",
        text('ID,Name\n1,a\n2,"b\n3,c\n4,d\n'),
        refused="Line 3: a quotation mark opens a text, and no other one closes it.",
        line=3,
    ),
    "quote-never-closed-in-a-long-file": Case(
        "a.csv",
        text('ID,Name\n1,"a\n' + "2,b\n" * 40_000),
        refused="Line 2: a quotation mark opens a text, and no other one closes it.",
        line=2,
    ),
    "text-after-a-quote": Case(
        "a.csv",
        text('ID,Name\n1,a\n2,"b" c\n'),
        refused="Line 3: there is more text after a closing quotation mark.",
        line=3,
    ),
    "text-after-a-quote-corrected": Case(
        "a.csv",
        text('ID,Name\n1,a\n2,"b" c\n'),
        ["ID", "Name"],
        {2: ["1", "a"], 3: ["2", '"b" c']},
        chosen={"quote": ""},
    ),
    # Rows and columns
    "header-in-row-3": Case(
        "a.csv",
        text("Customers of Bluebell\n\nID,Name,City\n1,a,b\n"),
        ["ID", "Name", "City"],
        {4: ["1", "a", "b"]},
        reading={"header_row": 3, "delimiter": ","},
    ),
    "header-with-a-gap": Case(
        "a.csv",
        text("ID,Name,,City,Zip\n1,a,b,c,d\n"),
        ["ID", "Name", "", "City", "Zip"],
        {2: ["1", "a", "b", "c", "d"]},
    ),
    "header-corrected": Case(
        "a.csv",
        text("ID,Name,City\n1,a,b\nKey,Title,Town\n2,c,d\n"),
        ["Key", "Title", "Town"],
        {4: ["2", "c", "d"]},
        chosen={"header_row": 3},
    ),
    "empty-columns-and-rows": Case(
        "a.csv",
        text("ID,,Name,,,\n\n,,,,,\n1,,a,,,\n  , ,,,,\n2,,b,,,\n,,,,,\n\n"),
        ["ID", "", "Name"],
        {4: ["1", "", "a"], 6: ["2", "", "b"]},
    ),
    "ragged-rows": Case(
        "a.csv",
        text("ID,Name,City\n1\n2,b\n3,c,d,e\n"),
        ["ID", "Name", "City"],
        {2: ["1"], 3: ["2", "b"], 4: ["3", "c", "d", "e"]},
    ),
    # Cells
    "blanks-stay": Case("a.csv", text("ID,Name\n1, a  b \n"), ["ID", "Name"], {2: ["1", " a  b "]}),
    "what-excel-saved": Case(
        "a.csv",
        text(
            'ID,Phone,Tax,Ratio\n1,4.4E+11,#N/A,0.5\n2,4.47E+11x,#N/Ab,1E5\n3,"4,47E+11",#REF!,E\n'
        ),
        ["ID", "Phone", "Tax", "Ratio"],
        {
            2: ["1", "4.4E+11", "#N/A", "0.5"],
            3: ["2", "4.47E+11x", "#N/Ab", "1E5"],
            4: ["3", "4,47E+11", "#REF!", "E"],
        },
        {2: {1: "exponent", 2: "error"}, 3: {3: "exponent"}, 4: {1: "exponent", 2: "error"}},
    ),
    "apostrophes": Case(
        "a.csv",
        text(
            "ID,Name\n1,'t Hooft BV\n2,'=cmd|' /C calc'!A0\n3,'+44 20\n4,''007\n5,'s-Hertogenbosch\n6,'\n"
        ),
        ["ID", "Name"],
        {
            2: ["1", "'t Hooft BV"],
            3: ["2", "=cmd|' /C calc'!A0"],
            4: ["3", "+44 20"],
            5: ["4", "'007"],
            6: ["5", "'s-Hertogenbosch"],
            7: ["6", "'"],
        },
    ),
    "formulas-are-texts": Case(
        "a.csv",
        text("ID,Name\n1,=cmd|' /C calc'!A0\n2,@SUM(A1)\n"),
        ["ID", "Name"],
        {2: ["1", "=cmd|' /C calc'!A0"], 3: ["2", "@SUM(A1)"]},
    ),
    "invisible-characters-stay": Case(
        "a.csv",
        text("ID,Name\n1,a\u200bb\u00a0c\x07\n"),
        ["ID", "Name"],
        {2: ["1", "a\u200bb\u00a0c\x07"]},
    ),
    "csv-that-is-called-xlsx": Case(
        "a.xlsx", text("ID,Name\n1,a\n"), ["ID", "Name"], {2: ["1", "a"]}, reading={"format": "csv"}
    ),
}
