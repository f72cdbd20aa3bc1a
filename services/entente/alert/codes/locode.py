"""UN/LOCODE, edition 2023-1, from the files that the package ``pyunlocode`` carries.

Only its data are used: its own code opens a database at import and looks up by exact name. The
files are Latin-1 and lost letters on the way, so names are taken from the column without
diacritics. Source: UNECE, UN/LOCODE 2023-1.
"""

import csv
import re
from collections import defaultdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from rapidfuzz import fuzz, process

from entente.alert.codes.table import fold

_CODE = re.compile(rb'^"?[^",\r\n]*"?,"([A-Z]{2})","([A-Z0-9]{3})",', re.MULTILINE)


@cache
def codes() -> frozenset[str]:
    """Every code of the list, five characters without a space (a tenth of a second, once)."""
    return frozenset(
        (country + place).decode() for data in _files() for country, place in _CODE.findall(data)
    )


def name(code: str) -> str | None:
    """The place's name in ASCII, or None if the code is not in the list."""
    return _names(code[:2]).get(code)


def find(country: str, text: str) -> str | None:
    """The code of the place called ``text``, but for case and accents, in ``country``.

    Where several places share the name, the one with most functions (port, rail, road, airport,
    ...) is meant; where that does not decide, None.
    """
    return _index(country).get(fold(text)) if text else None


def nearest(country: str, text: str) -> str | None:
    """The code whose name in ``country`` comes closest to ``text``, if any comes close."""
    found = find(country, text)
    if found is not None or len(text) < 3:
        return found
    index = _index(country)
    match = process.extractOne(fold(text[:100]), index.keys(), scorer=fuzz.ratio, score_cutoff=80)
    return index[match[0]] if match else None


def describe(code: str) -> str:
    """How a sentence shows a place: `CNCAN` (Guangzhou)."""
    return f"`{code}` ({name(code)})"


@cache
def _names(country: str) -> dict[str, str]:
    """The names of one country by code."""
    rows = csv.reader(_lines(country))
    return {country + row[2]: row[4] for row in rows if row[0] != "=" and row[2]}


@cache
def _index(country: str) -> dict[str, str]:
    """The codes of one country by folded name."""
    best: dict[str, tuple[int, str]] = {}
    same: list[str] = []
    for change, _, place, _, ascii_name, _, functions, *_ in csv.reader(_lines(country)):
        if change == "=":
            same.append(ascii_name)
        elif place:
            code = country + place
            rank = sum(character.isdigit() for character in functions)
            for spelling in {ascii_name, *re.split("[()]", ascii_name)}:
                known = best.get(fold(spelling), (-1, ""))
                if rank >= known[0] and fold(spelling):
                    best[fold(spelling)] = (rank, "" if rank == known[0] else code)
    index = {spelling: code for spelling, (_, code) in best.items() if code}
    for line_of_two in same:  # "Vienna = Wien"
        other, _, own = line_of_two.partition(" = ")
        if fold(own) in index:
            index.setdefault(fold(other), index[fold(own)])
    return index


def _lines(country: str) -> list[str]:
    """The lines of one country."""
    found = _by_country().get(country.encode("ascii", "replace"), ()) if len(country) == 2 else ()
    return [line.decode("cp1252", "replace") for line in found]


@cache
def _by_country() -> dict[bytes, list[bytes]]:
    lines: dict[bytes, list[bytes]] = defaultdict(list)
    for data in _files():
        for line in data.splitlines():
            at = line.find(b',"') + 2  # after what has changed in this edition: +, =, X or nothing
            lines[line[at : at + 2]].append(line)
    return lines


def _files() -> list[bytes]:
    spec = find_spec("pyunlocode")  # finds it without running it
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    return [path.read_bytes() for path in sorted(folder.glob("csv/*UNLOCODE CodeListPart*.csv"))]
