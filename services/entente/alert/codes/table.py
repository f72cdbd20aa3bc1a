"""A code list: codes with their names, looked up by code, by name, or by what comes close."""

import csv
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import msgspec
from anyascii import anyascii
from rapidfuzz import fuzz, process

HERE = Path(__file__).parent


class Code(msgspec.Struct, frozen=True):
    """One line of a list. ``others`` are further names that people write."""

    code: str
    name: str
    others: tuple[str, ...] = ()


def fold(text: str) -> str:
    """The letters and digits of ``text`` in lower-case ASCII: what two spellings have in common."""
    return "".join(filter(str.isalnum, anyascii(text).lower()))


class Table:
    """A code list with its source. Immutable; the index of names is made when first asked."""

    def __init__(self, title: str, source: str, lines: Iterable[Code]) -> None:
        self.title = title
        self.source = source
        self.lines = {line.code: line for line in lines}
        self.codes = frozenset(self.lines)

    @classmethod
    def read(cls, title: str, file: str) -> "Table":
        """The table in ``file`` of this folder: code, name, other names separated by ``;``."""
        source, rows = read_rows(file)
        return cls(title, source, (_line(row) for row in rows))

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def __len__(self) -> int:
        return len(self.codes)

    def name(self, code: str) -> str:
        """The name of ``code``. Raises KeyError if it is not in the list."""
        return self.lines[code].name

    def describe(self, code: str) -> str:
        """How a sentence shows a code: `ES` (Spain)."""
        return f"`{code}` ({self.name(code)})"

    @cached_property
    def _names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for code, line in self.lines.items():
            for name in (line.name, *line.others):
                names.setdefault(fold(name), code)
        return names | {fold(code): code for code in self.lines}

    def find(self, text: str) -> str | None:
        """The code whose code or name is ``text``, but for case, accents and punctuation."""
        return self._names.get(fold(text)) if text else None

    def nearest(self, text: str) -> str | None:
        """The code whose code or name comes closest to ``text``; None if nothing comes close."""
        found = self.find(text)
        folded = fold(text[:100])  # hostile text must not cost time
        if found is not None or len(folded) < 4:  # three letters come close to too much
            return found
        match = process.extractOne(folded, self._names.keys(), scorer=fuzz.ratio, score_cutoff=75)
        return self._names[match[0]] if match else None


def read_rows(file: str) -> tuple[str, list[list[str]]]:
    """The source line and the rows of a tab-separated file of this folder."""
    source, *lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    return source.removeprefix("# Source: "), list(csv.reader(lines, delimiter="\t", quoting=3))


def _line(row: list[str]) -> Code:
    code, name, *others = row
    return Code(code, name, tuple(others[0].split(";")) if others else ())
