"""Rows of a national file, and the open file that they come from."""

import io
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from entente.alert.problem import Problem, ProblemCode, shown
from entente.errors import FileError

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
