"""CSV: a header, then rows, each with the exact bytes it was read from."""

import csv
import re
from collections import deque
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from entente.alert.problem import Problem
from entente.errors import FileError
from entente.publish.decode import decode
from entente.publish.row import MAX_LINE, Dialect, File, Row, Source, fault, numbered_lines

BOM = b"\xef\xbb\xbf"
MAX_RECORD_LINES = 100
"""Lines that one quoted row may run over; more means a quote that was never closed."""
OWN = "#"
"""Columns whose names start so are ours (of a rejects file) and are not read."""
OWN_ROW = re.compile(rb'"?#[0-9]+"?[^0-9A-Za-z]')
"""How each row of a rejects file starts, so that an open quote cannot swallow the next one."""

_Numbered = Iterator[tuple[int, bytes]]


def open_table(file: File) -> Source:
    """Read the header. Raises FileError if it cannot be one."""
    path, dialect = file.path, file.dialect
    lines = numbered_lines(file.stream)
    for _, header in lines:
        if header.strip(b" \r\n\t" + BOM):
            break
    else:
        raise FileError(f"{path} holds no line.", advice="Export the file again.")
    text = decode(header.removeprefix(BOM), dialect.encoding)
    if isinstance(text, Problem):
        raise FileError(f"In {path}, the header: {text.reason}", advice=text.repair)
    try:
        columns = tuple(name.strip() for name in _parse(text, dialect))
    except csv.Error as error:
        raise FileError(
            f"The header of {path} is not CSV ({error}).", advice="Is this the right file?"
        ) from error
    check_columns(path, columns, dialect)
    own = 0
    while own < len(columns) and columns[own].startswith(OWN):
        own += 1
    exact = _without(header.removeprefix(BOM), own, dialect)
    return Source("csv", columns, exact, file, _rows(lines, columns, own, dialect))


def check_columns(path: Path, columns: tuple[str, ...], dialect: Dialect) -> None:
    """Raise FileError for column names that cannot be told apart, or one column only."""
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise FileError(
            f"{path} has the column {twice[0]!r} more than once.", advice="Rename one of them."
        )
    if len(columns) == 1:
        other = [sign for sign in (";", ",", "\t", "|") if sign in columns[0]]
        if other:
            raise FileError(
                f"{path} has one column only, {columns[0][:60]!r}: its delimiter is not "
                f"{dialect.delimiter!r}.",
                advice=f"Set file.delimiter to {other[0]!r} in the mapping.",
            )


def check_wanted(path: Path, columns: tuple[str, ...], wanted: frozenset[str]) -> None:
    """Raise FileError if the file lacks a column that the mapping names."""
    missing = sorted(wanted - set(columns))
    if not missing:
        return
    near = get_close_matches(missing[0], columns, 1, 0.6)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    shown = ", ".join(repr(name[:40]) for name in columns[:30])
    raise FileError(
        f"{path} has no column {missing[0]!r}, which the mapping names"
        + (f" (nor {', '.join(map(repr, missing[1:6]))})." if missing[1:] else "."),
        advice=f"{hint}The file has: {shown}. Mend the mapping, or take the mapping of this file.",
    )


def _parse(text: str, dialect: Dialect) -> list[str]:
    return next(csv.reader([text], delimiter=dialect.delimiter, quotechar=dialect.quote), [])


def _rows(
    numbered: _Numbered, columns: tuple[str, ...], own: int, dialect: Dialect
) -> Iterator[Row]:
    """One row per record. A quote never closed spoils its own line only: the next is read anew."""
    again: deque[tuple[int, bytes]] = deque()
    quote = dialect.quote.encode(dialect.encoding)
    keep = [i for i, name in enumerate(columns) if name and not name.startswith(OWN)]
    names = [columns[i] for i in keep]
    plain = len(keep) == len(columns)
    while True:
        number, line = again.popleft() if again else next(numbered, (0, b""))
        if not line:
            return
        if not line.strip(b" \r\n"):
            continue
        original, cells = line, _cells(line, dialect)
        if quote in line and _open_quote(line, dialect):
            taken = [(number, line)]
            while (
                _open_quote(original, dialect)
                and len(taken) < MAX_RECORD_LINES
                and len(original) < MAX_LINE
            ):
                more = again.popleft() if again else next(numbered, (0, b""))
                if not more[1]:
                    break
                if own and OWN_ROW.match(more[1]):
                    again.appendleft(more)
                    break
                taken.append(more)
                original += more[1]
            cells = _cells(original, dialect)
            whole = isinstance(cells, list) and len(cells) == len(columns)
            if _open_quote(original, dialect) or (len(taken) > 1 and not whole):
                # Several lines that do not make a row: more likely a stray quote than a long row.
                original = line
                again.extendleft(reversed(taken[1:]))
                cells = fault(
                    "A quote is opened and not closed where a row could end.",
                    f"Close or remove the {dialect.quote} in this row.",
                )
        exact = _without(original, own, dialect) if own else original
        if isinstance(cells, Problem):
            yield Row(number, exact, {}, cells)
        elif len(cells) != len(columns):
            reason = f"The row has {len(cells)} cells, the header has {len(columns)}."
            repair = f"Look for a missing or an unquoted {dialect.delimiter!r} in this row."
            yield Row(number, exact, {}, fault(reason, repair))
        elif plain:
            yield Row(number, exact, dict(zip(names, cells, strict=True)))
        else:
            yield Row(number, exact, {columns[i]: cells[i] for i in keep})


def _cells(line: bytes, dialect: Dialect) -> list[str] | Problem:
    text = decode(line, dialect.encoding)
    if isinstance(text, Problem):
        return text
    try:
        return _parse(text, dialect)
    except csv.Error as error:
        return fault(f"The row is not CSV ({error}).", "Mend the quotes of this row.")


def _open_quote(record: bytes, dialect: Dialect) -> bool:
    """Whether the record ends inside quotes, so that it goes on in the next line."""
    text = record.decode(dialect.encoding, "replace")
    reader = csv.reader([text, "\n"], delimiter=dialect.delimiter, quotechar=dialect.quote)
    try:
        next(reader, None)
    except csv.Error:
        return False
    return reader.line_num > 1


def _without(line: bytes, own: int, dialect: Dialect) -> bytes:
    """The line without its first ``own`` cells, which are ours, as we wrote them."""
    delimiter, quote = dialect.delimiter.encode(), dialect.quote.encode()
    at = 0
    for _ in range(own):
        if line.startswith(quote, at):
            at += 1
            while (end := line.find(quote, at)) >= 0:
                at = end + 1
                if not line.startswith(quote, at):
                    break
                at += 1
        found = line.find(delimiter, at)
        if found < 0:
            return line
        at = found + 1
    return line[at:]
