"""Open a national file: what it is by its first bytes, then a stream of rows.

CSV, Excel (.xlsx) and JSON Lines, plain or packed by gzip, bzip2 or xz. Memory does not grow with
the file. A file that is no such thing is a `FileError`; a row that is broken is a `Row` with a
``fault``, so that the rows around it can go on.
"""

import io
import stat
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from entente.alert.problem import Problem, ProblemCode, shown
from entente.errors import FileError
from entente.publish.inflate import FORMATS, Inflated

MAX_LINE = 1024 * 1024
"""Bytes in a line."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is written. Excel files need none of it."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    sheet: str | None = None
    """Name of the Excel sheet; the first one by default."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``cells`` by column name, or the object of a JSON line; empty with a ``fault``."""

    number: int
    """Of its first line in the file, from 1, as an editor or Excel shows it."""
    original: bytes
    """Exactly as it stands in the file; of Excel, a CSV line of its values."""
    cells: Mapping[str, object]
    fault: Problem | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file on disk, and the bytes that it unpacks to."""

    path: Path
    dialect: Dialect
    size: int
    """Bytes on disk."""
    raw: io.BufferedReader
    stream: io.BufferedReader

    def position(self) -> int:
        """Bytes on disk read so far."""
        return self.raw.tell()


@dataclass(slots=True)
class Source(AbstractContextManager["Source"]):
    """An open file. ``header`` is the original line of column names, empty for JSON Lines."""

    form: Literal["csv", "xlsx", "jsonl"]
    columns: tuple[str, ...]
    header: bytes
    file: File
    rows: Iterator[Row]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.file.raw.close()


def fault(reason: str, repair: str, code: ProblemCode = "syntax", value: str = "") -> Problem:
    """A problem of a whole row, in sentences."""
    return Problem("", shown(value), reason, repair, code)


def open_source(path: Path, dialect: Dialect) -> Source:
    """Open ``path`` and read its header. Raises FileError if it cannot be a table."""
    from entente.publish import lines, sheet, table  # they build on this module

    raw = _open(path)
    try:
        size = path.stat().st_size
        stream: io.BufferedReader = raw
        for magic, (name, make) in FORMATS.items():
            if raw.peek(8).startswith(magic):
                stream = io.BufferedReader(Inflated(raw, name, make), 256 * 1024)
        start = stream.peek(64)
        if not start:
            raise FileError(f"{path} is empty.", advice="Export the file again: it has no header.")
        file = File(path, dialect, size, raw, stream)
        if start.startswith(b"PK\x03\x04"):
            if stream is not raw:
                raise FileError(
                    f"{path} is a packed Excel file.", advice="Unpack it: .xlsx is packed already."
                )
            return sheet.open_sheet(file)
        _refuse_foreign(path, start)
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
        if text.startswith((b"{", lines.FIRST_COMMENT)):
            return lines.open_lines(file)
        return table.open_table(file)
    except OSError as error:
        raw.close()
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except BaseException:
        raw.close()
        raise


def _open(path: Path) -> io.BufferedReader:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FileError(f"{path} is a directory.", advice="Name one file, each in turn.")
        if not stat.S_ISREG(mode):
            raise FileError(f"{path} is not a regular file.", advice="Save it to a file first.")
        return io.BufferedReader(io.FileIO(path), 256 * 1024)
    except FileNotFoundError as error:
        raise FileError(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} cannot be opened: {reason}.") from error


def _refuse_foreign(path: Path, start: bytes) -> None:
    foreign = {
        b"\xd0\xcf\x11\xe0": ("an old or password-protected Excel file", "Save it as .xlsx or CSV"),
        b"%PDF": ("a PDF", "Ask for the table itself, as CSV or .xlsx"),
        b"\xff\xfe": ("in UTF-16", "Save it as CSV in UTF-8"),
        b"\xfe\xff": ("in UTF-16", "Save it as CSV in UTF-8"),
        b"7z\xbc\xaf": ("a 7z archive", "Unpack it first"),
        b"[": ("a JSON array", "Write one JSON object per line (JSON Lines)"),
        b"<": ("XML or HTML", "Export it as CSV, .xlsx or JSON Lines"),
    }
    for magic, (what, repair) in foreign.items():
        if start.startswith(magic):
            raise FileError(f"{path} is {what}.", advice=f"{repair}.")


def numbered_lines(stream: io.BufferedReader, first: int = 1) -> Iterator[tuple[int, bytes]]:
    """The lines of a stream with their endings, from number ``first``, none above MAX_LINE."""
    number = first
    try:
        while line := stream.readline(MAX_LINE + 1):
            if len(line) > MAX_LINE:
                raise FileError(
                    f"Line {number} is longer than {MAX_LINE:,} bytes: this is not a table.",
                    advice="Check that this is the right file; the lines before were read.",
                )
            yield number, line
            number += 1
    except OSError as error:
        reason = error.strerror or error
        raise FileError(f"Line {number} cannot be read: {reason}.") from error
