"""The tables of this room: tab-separated, the first line saying what the columns are."""

from pathlib import Path

HERE = Path(__file__).parent / "tables"


def rows(file: str) -> list[list[str]]:
    """The rows of a table."""
    _, *lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines]
