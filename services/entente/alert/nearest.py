"""The word that was probably meant."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process


def nearest_word(text: str, words: Iterable[str]) -> str | None:
    """The one of ``words`` that comes closest to ``text``, but for case; None if none is close."""
    asked = text[:100].lower().replace(" ", "_").replace("-", "_")
    match = process.extractOne(asked, list(words), scorer=fuzz.ratio, score_cutoff=60)
    return match[0] if match else None


def one_of(words: Iterable[str]) -> str:
    """A few words as a sentence lists them."""
    return ", ".join(f"`{word}`" for word in words)
