"""The members of a network as a table (CSV), from which ``network.create`` makes it.

    id,role,country,name,home,regions,office
    JP,administration,JP,Japan,asia-pacific,,RILO-AP

``role`` is administration, liaison_office, correlator or coordinator; ``regions`` are further ones,
separated by spaces. Columns that are not named here are for people and are not read.
"""

import csv
import io
from pathlib import Path

import msgspec

from entente.errors import InputError
from entente.trust import files
from entente.trust.administration import Administration, Role, usual_duties, usual_reads

_LIMIT = 1 << 20
_WANTED = ("id", "role", "country", "name", "home", "regions")


def load(path: Path) -> tuple[Administration, ...]:
    """The members in the file, each with the usual duties and reads of its role.

    Raises FileError; InputError: a column is missing, or a row is not a member.
    """
    text = files.read(path, _LIMIT).decode("utf-8-sig", "replace")
    table = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in _WANTED if name not in (table.fieldnames or ())]
    if missing:
        raise InputError(
            f"{path} has no column {missing[0]!r}.", advice=f"It needs {', '.join(_WANTED)}."
        )
    found = []
    for row in table:
        try:
            found.append(_member(row))
        except (ValueError, msgspec.ValidationError) as error:
            raise InputError(f"{path}, line {table.line_num}: {error}.") from error
    return tuple(found)


def _member(row: dict[str, str]) -> Administration:
    role = msgspec.convert(row["role"], Role)
    home = row["home"] or None
    further = tuple((row["regions"] or "").split())
    regions = (*((home,) if home else ()), *further)
    return Administration(
        id=row["id"],
        name=row["name"],
        role=role,
        country=row["country"] or None,
        home=home,
        regions=further,
        duties=usual_duties(role, regions),
        reads=usual_reads(role, regions),
    )
