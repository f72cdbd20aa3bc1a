"""Value tables: what a national word means. Inline in the mapping, or a CSV file beside it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from entente.errors import MappingError
from entente.publish.document import Node, read_text, suggest


@dataclass(frozen=True, slots=True)
class Table:
    """National word to value; an empty value says: known, and means nothing in the record."""

    name: str
    exact: Mapping[str, str]
    folded: Mapping[str, str]
    """By case-folded word, where that leaves no doubt."""

    def get(self, word: str) -> str | None:
        """The value, or None if the word is not listed."""
        found = self.exact.get(word)
        return self.folded.get(fold(word)) if found is None else found


def fold(word: str) -> str:
    """Without case and with single spaces."""
    return " ".join(word.split()).casefold()


def make_table(name: str, pairs: Mapping[str, str]) -> Table:
    """A table that also finds words written in another case, unless two of them then clash."""
    folded: dict[str, str | None] = {}
    for word, value in pairs.items():
        key = fold(word)
        folded[key] = value if folded.get(key, value) == value else None
    return Table(name, dict(pairs), {k: v for k, v in folded.items() if v is not None})


def read_tables(node: Node, folder: Path) -> dict[str, Table]:
    """All tables of a mapping by the name that rules use: ``name`` or ``name.column``."""
    tables: dict[str, Table] = {}
    for name, content in node.mapping("tables").items():
        if isinstance(content.value, str):
            tables |= _file(name, content, folder)
        else:
            tables[name] = inline(name, content)
    return tables


def inline(name: str, node: Node) -> Table:
    """A table written in the mapping itself."""
    return make_table(
        name, {word: value.text(word) for word, value in node.mapping(f"table {name}").items()}
    )


def _file(name: str, node: Node, folder: Path) -> dict[str, Table]:
    path = (folder / node.text("table")).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise node.error(f"table {name} must lie in the folder of the mapping.")
    lines = [line for line in read_text(path).splitlines() if not line.startswith("#")]
    try:
        header, *rows = [row for row in csv.reader(lines, strict=True) if row]
    except (csv.Error, ValueError) as error:
        raise node.error(f"{path.name} is not a CSV table with a header ({error}).") from error
    columns: dict[str, dict[str, str]] = {column.strip(): {} for column in header[1:]}
    for row in rows:
        if len(row) != len(header):
            raise node.error(f"in {path.name}, {row[0]!r} has {len(row)} cells of {len(header)}.")
        for column, value in zip(columns, row[1:], strict=True):
            if row[0] in columns[column]:
                raise node.error(f"{path.name} lists {row[0]!r} twice.")
            columns[column][row[0]] = value.strip()
    tables = {f"{name}.{column}": make_table(name, pairs) for column, pairs in columns.items()}
    if len(columns) == 1:
        tables[name] = next(iter(tables.values()))
    return tables


def find_table(node: Node, tables: Mapping[str, Table]) -> Table:
    """The table that a rule names or contains. Raises MappingError."""
    if isinstance(node.value, dict):
        return inline("of this rule", node)
    name = node.text("table")
    try:
        return tables[name]
    except KeyError:
        error: MappingError = node.error(
            f"there is no table {name!r}.", advice=suggest(name, list(tables))
        )
        raise error from None
