"""Names of firms and persons, made comparable across scripts, word orders and spellings."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

from anyascii import anyascii

from entente.seal.words import words

MAX_TOKENS = 8
"""Words of a name that count; what follows is left out."""
LEAST = 4
"""Letters that a skeleton must have to identify anybody."""

Words = Sequence[str]
"""What ``name_words`` returns: the kinds of names are made of it, in one pass over the text."""
_SYLLABIC = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "YI ")
_ABBREVIATION = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?\b|\b(?:[a-z]\.){2,}")
_ARTICLE = re.compile(r"(?<!\w)\u0627\u0644(?=\w{2})")
"""The Arabic article, joined to its noun."""
_VARIANTS = (("sch", "sh"), ("ph", "f"), ("kh", "h"), ("ck", "k"), ("ou", "u"))
_SOUNDS = str.maketrans({"q": "k", "w": "v", "z": "s"})
_HARD = re.compile(r"c(?!h)")
_VOWELS = str.maketrans("", "", "aeiouy")
_TWICE = re.compile(r"(.)\1+")
_APOSTROPHES = str.maketrans("", "", "'`\u2019")
_WORD = re.compile(r"[a-z0-9]+")


def ascii_words(text: str) -> list[str]:
    """Return the words of ``text`` in small ASCII letters and digits, in order.

    NFKC, then AnyAscii code point by code point, each ideograph or syllable a word of its own;
    abbreviations lose their dots (S.A.R.L. is sarl); apostrophes vanish; all else parts words.
    """
    plain = text if text.isascii() else _spelled(text)
    plain = plain.lower().translate(_APOSTROPHES)
    if "." in plain:
        plain = _ABBREVIATION.sub(lambda found: found[0].replace(".", "") + " ", plain)
    return _WORD.findall(plain)


def _spelled(text: str) -> str:
    return "".join(map(_letter, unicodedata.normalize("NFKC", text)))


@lru_cache(maxsize=1 << 14)
def _letter(character: str) -> str:
    latin = anyascii(character)
    return f" {latin} " if _is_syllabic(character) else latin


@lru_cache(maxsize=1 << 14)
def _is_syllabic(character: str) -> bool:
    return not character.isascii() and unicodedata.name(character, "").startswith(_SYLLABIC)


def name_words(text: str, city: str | None = None) -> Words:
    """Return what tells a name from others: its words without legal forms, particles, trades, city.

    Single letters go too. Where only trades and the city are left, they stay if there are two;
    nothing is left of placeholders such as "unknown".
    """
    table = words()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        for form in table.native_forms:
            text = text.replace(form, " ")
        text = _ARTICLE.sub("", text)
    # Particles of European and Arabic names are syllables of Chinese ones.
    syllabic = not text.isascii() and any(map(_is_syllabic, text))
    forms, particles = table.legal_forms, () if syllabic else table.particles
    kept = [w for w in ascii_words(text) if len(w) > 1 and w not in forms and w not in particles]
    if table.placeholders.issuperset(kept):
        return []
    trades, place = table.trades, _place(city) if city else ()
    telling = [word for word in kept if word not in trades and word not in place]
    return (telling or (kept if len(kept) > 1 else []))[:MAX_TOKENS]


@lru_cache(maxsize=1 << 12)
def _place(city: str) -> frozenset[str]:
    return frozenset(ascii_words(city))


@lru_cache(maxsize=1 << 16)
def skeleton(word: str) -> str:
    """Return the consonants of an ASCII word: sounds alike merged, vowels but a first one dropped.

    A first vowel becomes ``a``; ``y`` is a vowel but as first letter. Words with digits stay as
    they are, and so does what would shrink to one letter.
    """
    if not word.isalpha():  # digits in it, or empty
        return word
    sounds = word
    for written, heard in _VARIANTS:
        sounds = sounds.replace(written, heard)
    sounds = _HARD.sub("k", sounds).translate(_SOUNDS)
    first = "a" if sounds[0] in "aeiou" else sounds[0]
    bones = _TWICE.sub(r"\1", first + sounds[1:].translate(_VOWELS))
    return bones if len(bones) > 1 else word


def name_1(name: Words) -> str | None:
    """Return the distinct words of a name, sorted; None if nothing tells it from others."""
    found = sorted(set(name))
    return " ".join(found) if sum(map(len, found)) >= LEAST else None


def name_skeleton_1(name: Words) -> str | None:
    """Return the distinct skeletons of a name, sorted: misspelt vowels and word order vanish."""
    found = sorted(set(map(skeleton, name)))
    return " ".join(found) if sum(map(len, found)) >= LEAST else None


def name_run_1(name: Words) -> str | None:
    """Return the skeleton of a name written in one word, Chinese readings as pinyin.

    So that characters, ``Wing Fat``, ``Yong Fa`` and ``Yongfa`` are one. Word order counts.
    """
    readings = words().readings
    run = skeleton("".join(readings.get(word, word) for word in name))
    return run if len(run) >= LEAST else None


def name_word_1(name: Words) -> tuple[str, ...]:
    """Return the distinct skeletons of 3 letters or more, sorted: one rare word may be enough."""
    return tuple(sorted({bones for bones in map(skeleton, name) if len(bones) >= 3}))


def name_pair_1(name: Words) -> tuple[str, ...]:
    """Return each pair of distinct skeletons, sorted: with a word more or less names still meet.

    At most 28, of the first eight words.
    """
    found = sorted(set(map(skeleton, name)))
    pairs = combinations((bones for bones in found if len(bones) > 1), 2)
    return tuple(f"{one} {other}" for one, other in pairs if len(one) + len(other) >= LEAST + 1)
