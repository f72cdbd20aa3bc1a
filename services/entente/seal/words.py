"""Words that normalisation drops or exchanges: the tables of ``schemas/normalise.1.json``.

They are part of what the token kinds with version 1 mean, so they are never changed; other words
are another version.
"""

from functools import cache

import msgspec

from entente.wire.schemas import FOLDER


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tables, all in small ASCII letters but for ``native_forms``."""

    version: int
    legal_forms: frozenset[str]
    particles: frozenset[str]
    trades: frozenset[str]
    native_forms: tuple[str, ...]
    """Legal forms and trades in scripts without spaces, taken out before transliteration."""
    placeholders: frozenset[str]
    """Words that stand for a name nobody knows."""
    street_words: frozenset[str]
    street_endings: tuple[str, ...]
    """Endings of street names written in one word, the first that fits is cut off."""
    room_words: frozenset[str]
    lookalikes: dict[str, str]
    """Cyrillic and Greek capitals, each with the Latin one that looks the same."""
    readings: dict[str, str]
    """Other readings of Chinese characters, each with its pinyin."""


@cache
def words() -> Words:
    """Return the tables."""
    return msgspec.json.decode((FOLDER / "normalise.1.json").read_bytes(), type=Words)
