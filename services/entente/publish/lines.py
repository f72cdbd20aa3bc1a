"""JSON Lines: an object per line. Lines that start with ``#`` are comments, as of rejects."""

import io
from collections.abc import Iterator

import msgspec

from entente.alert.problem import Problem
from entente.publish.decode import decode
from entente.publish.row import File, Row, Source, fault, numbered_lines

COMMENT = b"#"
FIRST_COMMENT = b"# row "
"""How a file of rejected lines starts."""
BOM = b"\xef\xbb\xbf"


def open_lines(file: File) -> Source:
    """A source whose rows' cells are the objects."""
    return Source("jsonl", (), b"", file, _rows(file.stream))


def _rows(stream: io.BufferedReader) -> Iterator[Row]:
    for number, raw in numbered_lines(stream):
        line = raw.removeprefix(BOM) if number == 1 else raw
        if line.strip() and not line.lstrip().startswith(COMMENT):
            yield row(number, line)


def row(number: int, line: bytes) -> Row:
    """The row that a line is."""
    cells = _object(line)
    return Row(number, line, {}, cells) if isinstance(cells, Problem) else Row(number, line, cells)


def _object(line: bytes) -> dict[str, object] | Problem:
    text = decode(line, "utf-8")
    if isinstance(text, Problem):
        return text
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return fault(f"The line is not JSON ({error}).", "Write one JSON object on this line.")
    if not isinstance(value, dict):
        return fault("The line is not a JSON object.", "Write one JSON object on this line.")
    return value
