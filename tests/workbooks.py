"""Spreadsheets for tests: as a program would write them, and as nobody should."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

import xlsxwriter

Rows = Iterable[Sequence[object]]

BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">{properties}'
    '<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def workbook(sheets: Mapping[str, Rows], hidden: Sequence[str] = (), **options: object) -> bytes:
    """An .xlsx file as xlsxwriter makes it: dates as Excel keeps them, "=..." as a formula, (formula, value) with its result."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"strings_to_formulas": False, **options})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, tuple):
                    sheet.write_formula(at, column, cell[0], None, cell[1])
                elif isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(at, column, cell)
                elif isinstance(cell, dt.date):
                    sheet.write_datetime(at, column, cell, day)
                elif cell is not None:
                    sheet.write(at, column, cell)
    book.close()
    return content.getvalue()


def raw_workbook(rows: str, *, name: str = "Sheet1", properties: str = "", behind: str = "", **parts: str) -> bytes:
    """An .xlsx file from the XML of its rows; parts: "styles" and "sharedStrings", and any other file of the package."""
    related = ["worksheet", *parts]
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{KIND}{kind}" Target="{kind}.xml"/>'
        for at, kind in enumerate(related, start=1)
    )
    files = {
        "_rels/.rels": RELATIONS.format(f'<Relationship Id="r" Type="{KIND}officeDocument" Target="xl/workbook.xml"/>'),
        "xl/workbook.xml": BOOK.format(name=escape(name), properties=properties),
        "xl/_rels/workbook.xml.rels": RELATIONS.format(links),
        "xl/worksheet.xml": f"<worksheet><sheetData>{rows}</sheetData>{behind}</worksheet>",
        **{f"xl/{kind}.xml": text for kind, text in parts.items()},
    }
    return zipped(files)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def row_of(number: int, *cells: object, **given: str) -> str:
    """The XML of one row; texts inline, a pair of (attributes and content) as they are."""
    made = []
    for at, cell in enumerate(cells):
        place = f'r="{chr(65 + at)}{number}"'
        if isinstance(cell, tuple):
            made.append(f"<c {place} {cell[0]}>{cell[1]}</c>")
        elif isinstance(cell, str):
            made.append(f'<c {place} t="inlineStr"><is><t>{escape(cell)}</t></is></c>')
        elif cell is not None:
            made.append(f"<c {place}><v>{cell}</v></c>")
    extra = "".join(f' {key}="{value}"' for key, value in given.items())
    return f'<row r="{number}"{extra}>{"".join(made)}</row>'
