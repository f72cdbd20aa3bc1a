"""Excel workbooks (.xlsx), as values only.

A workbook is a zip archive: what it says it unpacks to is bounded before it is opened, and the
zip reader gives no more than that. A formula is refused, because what it shows depends on who
computes it; text that looks like a formula is text.
"""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast

from entente.alert.problem import Problem
from entente.errors import FileError
from entente.publish.row import Dialect, File, Row, Source, fault
from entente.publish.table import OWN, check_columns

if TYPE_CHECKING:
    from openpyxl.cell.read_only import ReadOnlyCell

MAX_UNPACKED = 512 * 1024 * 1024
"""Bytes of all parts of a workbook together."""
MAX_STRINGS = 64 * 1024 * 1024
"""Bytes of the shared strings, the one part held in memory."""
MAX_RATIO = 200
MAX_PARTS = 5_000
MAX_COLUMNS = 1_000
MAX_ROWS = 1_048_576
"""Of Excel itself."""


def open_sheet(file: File) -> Source:
    """Check the archive, open the sheet and read its header. Raises FileError."""
    import openpyxl  # takes a tenth of a second: for who has a workbook only

    path, dialect = file.path, file.dialect
    _check_archive(file)
    try:
        book = openpyxl.load_workbook(
            file.stream, read_only=True, data_only=False, keep_links=False
        )
    except Exception as error:  # openpyxl lets a damaged file raise almost anything
        raise _damaged(path, error) from error
    names = [sheet.title for sheet in book.worksheets]
    if dialect.sheet is not None and dialect.sheet not in names:
        raise FileError(
            f"{path} has no sheet {dialect.sheet!r}.",
            advice=f"Set file.sheet in the mapping to one of: {', '.join(names[:20])}.",
        )
    if not names:
        raise FileError(f"{path} has no sheet of cells.")
    sheet = book[dialect.sheet] if dialect.sheet is not None else book.worksheets[0]
    rows = _cells(path, cast("Iterator[tuple[ReadOnlyCell, ...]]", sheet.iter_rows()))
    columns: tuple[str, ...] = ()
    for _, header in rows:
        columns = tuple(str(_text(cell) or "").strip() for cell in header)
        if any(columns):
            break
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not columns:
        raise FileError(f"{path} is empty: its sheet has no header.")
    if len(columns) > MAX_COLUMNS:
        raise FileError(f"{path} has more than {MAX_COLUMNS:,} columns.")
    check_columns(path, columns, dialect)
    kept = [name for name in columns if not name.startswith(OWN)]

    return Source("xlsx", columns, _line(kept, dialect), file, _rows(rows, columns, dialect))


def _check_archive(file: File) -> None:
    path = file.path
    try:
        with zipfile.ZipFile(file.stream) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise _damaged(path, error) from error
    file.stream.seek(0)
    total = sum(part.file_size for part in parts)
    strings = sum(p.file_size for p in parts if p.filename.endswith("sharedStrings.xml"))
    allowed = min(MAX_UNPACKED, max(MAX_RATIO * file.size, 1024 * 1024))
    if len(parts) > MAX_PARTS or total > allowed or strings > MAX_STRINGS:
        raise FileError(
            f"{path} unpacks to {total:,} bytes in {len(parts):,} parts: too much for a table.",
            advice="Save the sheet as CSV and publish that.",
        )


def _damaged(path: Path, error: BaseException) -> FileError:
    return FileError(
        f"{path} is not an Excel workbook, or a damaged one ({str(error)[:200]}).",
        advice="Open it in Excel and save it again as .xlsx, or save it as CSV.",
    )


def _cells(
    path: Path, rows: "Iterator[tuple[ReadOnlyCell, ...]]"
) -> "Iterator[tuple[int, tuple[ReadOnlyCell, ...]]]":
    """Rows with their number in the sheet; what openpyxl raises becomes a FileError."""
    number = 0
    while True:
        number += 1
        if number > MAX_ROWS:
            raise FileError(f"{path} has rows beyond the {MAX_ROWS:,} that a sheet can have.")
        try:
            cells = next(rows, None)
        except Exception as error:  # as above
            raise _damaged(path, error) from error
        if cells is None:
            return
        yield number, cells


def _rows(
    rows: "Iterator[tuple[int, tuple[ReadOnlyCell, ...]]]",
    columns: tuple[str, ...],
    dialect: Dialect,
) -> Iterator[Row]:
    own = {i for i, name in enumerate(columns) if name.startswith(OWN)}
    keep = [i for i, name in enumerate(columns) if name and i not in own]
    for number, cells in rows:
        texts = [_text(cell) for cell in cells]
        if not any(texts):
            continue
        values = [
            text if isinstance(text, str) else str(cell.value)
            for text, cell in zip(texts, cells, strict=True)
        ]
        values += [""] * (len(columns) - len(values))
        while len(values) > len(columns) and not values[-1]:
            values.pop()
        original = _line([v for i, v in enumerate(values) if i not in own], dialect)
        wrong = next((text for text in texts if isinstance(text, Problem)), None)
        if wrong is None and len(values) > len(columns):
            wrong = fault(
                "The row has cells beyond the last column of the header.",
                "Give the column a name, or clear the cells.",
            )
        if wrong is not None:
            yield Row(number, original, {}, wrong)
        else:
            yield Row(number, original, {columns[i]: values[i] for i in keep})


def _text(cell: "ReadOnlyCell") -> str | Problem:
    """A cell's value as text: dates in ISO 8601, numbers without an exponent."""
    value = cell.value
    kind = getattr(cell, "data_type", "n")
    if value is None:
        return ""
    if kind in ("f", "e"):
        what = "a formula" if kind == "f" else f"an error ({str(value)[:20]})"
        return fault(
            f"Cell {cell.coordinate} is {what}.",
            "Replace it by its value (copy, then paste special: values).",
            value=str(value),
        )
    match value:
        case bool():
            text = "true" if value else "false"
        case float():
            text = format(Decimal(repr(value)), "f")
        case dt.datetime():
            text = value.isoformat(timespec="seconds").removesuffix("T00:00:00")
        case _:
            text = str(value)
    return text


def _line(values: list[str], dialect: Dialect) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=dialect.delimiter, quotechar=dialect.quote).writerow(values)
    return out.getvalue().encode(dialect.encoding, "backslashreplace")
