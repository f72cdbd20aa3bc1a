"""Syllables and readings by culture: how one name comes to be written in several ways.

A *word* is a tuple of its spellings, one per scheme of its culture; the last scheme is the native
script where there is one. Words are coined from these tables anew for each seed, so that a list of
names learnt on one world is worth nothing on another. The Chinese readings follow pinyin,
Wade-Giles without diacritics and the Hong Kong government's usage.
"""

from random import Random

from entente.exercise.chance import one
from entente.exercise.table import rows

Word = tuple[str, ...]
"""The spellings of one word, by scheme."""

SCHEMES = {"zh": 4, "ar": 3, "ru": 3, "vi": 2, "tr": 2, "in": 2, "es": 2, "af": 1, "en": 1}
"""How many spellings a word of a culture has."""
NATIVE_SCRIPT = frozenset({"zh", "ar", "ru"})
"""Cultures whose last scheme is another script than the Latin."""

_PATTERNS_AR = ("0á1i2", "0a1í2", "0a12", "mu0a1i2", "0u1ú2", "0a1á2", "0á1í2", "a01a2", "0i1á2")
"""Forms of Arabic words: digits stand for the letters of the root, accents for long vowels."""


def _words(table: str, part: str) -> tuple[Word, ...]:
    return tuple(tuple(row) for kind, *row in rows(table) if kind == part)


FAMILY_ZH, GIVEN_ZH = _words("chinese.tsv", "family"), _words("chinese.tsv", "given")
LETTERS_AR, PERSONS_AR = _words("arabic.tsv", "letter"), _words("arabic.tsv", "given")
_VOWELS_AR = {row[0]: row[1:] for row in _words("arabic.tsv", "vowel")}
_ARTICLE = _words("arabic.tsv", "article")[0]
_MEEM = next(native for english, _, native in LETTERS_AR if english == "m")
_LATIN_RU = {letter: (english, german) for letter, english, german in rows("cyrillic.tsv")}
_PARTS = {(culture, part): text.split(" ") for culture, part, text in rows("syllables.tsv")}
_VOWELS_RU = "".join(_PARTS["ru", "vowel"])
_PLAIN = str.maketrans({
    form(mark): form(letter)
    for mark, letter in rows("marks.tsv") for form in (str.lower, str.upper)
    if len(form(mark)) == 1
})  # fmt: skip


def plain(text: str) -> str:
    """The text without the diacritics of Vietnamese, Turkish and Spanish."""
    return text.translate(_PLAIN)


def _chinese(characters: list[Word]) -> Word:
    """Pinyin joined, Wade-Giles hyphenated, Cantonese apart, characters."""
    pinyin, wade, canton, native = zip(*characters, strict=True)
    return (
        "".join(pinyin).capitalize(),
        "-".join(wade).capitalize(),
        " ".join(part.capitalize() for part in canton),
        "".join(native),
    )


def _sign(sign: str) -> Word | int:
    """A sign of a pattern: the place of a root letter, or the spellings of a vowel."""
    if sign.isdigit():
        return int(sign)
    if sign == "m":
        return "m", "m", _MEEM
    return _VOWELS_AR.get(sign) or (sign, {"u": "ou"}.get(sign, sign), "")  # short: not written


_FORMS_AR = tuple(tuple(map(_sign, pattern)) for pattern in _PATTERNS_AR)


def _arabic(rng: Random) -> Word:
    root = (one(rng, LETTERS_AR), one(rng, LETTERS_AR), one(rng, LETTERS_AR))
    signs = [root[s] if isinstance(s, int) else s for s in one(rng, _FORMS_AR)]
    english, french, native = map("".join, zip(*signs, strict=True))
    return english.capitalize(), french.capitalize(), native


def _russian(native: str) -> Word:
    english, german = zip(*(_LATIN_RU[c] for c in native.lower()), strict=True)
    return "".join(english).capitalize(), "".join(german).capitalize(), native.capitalize()


def _indian(text: str) -> Word:
    other = text.replace("aa", "a").replace("v", "w").replace("sh", "s").replace("ee", "i")
    return text.capitalize(), other.capitalize()


def _two(text: str) -> Word:
    return plain(text), text


def word(culture: str, rng: Random, syllables: int = 0) -> Word:
    """Coin a word of ``culture`` in all its spellings, of two or three syllables by default."""
    count = syllables or (2 if rng.random() < 0.55 else 3)
    if culture == "zh":
        return _chinese([one(rng, GIVEN_ZH) for _ in range(count)])
    if culture == "ar":
        return _arabic(rng)
    parts = [one(rng, _PARTS[culture, "syllable"]) for _ in range(count)]
    if culture == "vi":
        return _two(" ".join(parts))
    text = "".join(parts)
    if culture == "ru":
        return _russian(text)
    if culture == "in":
        return _indian(text)
    return _two(text.capitalize()) if SCHEMES[culture] == 2 else (text.capitalize(),)


def family(culture: str, rng: Random) -> Word:
    """A family name: a common one in China, Viet Nam and the Arab world, otherwise coined."""
    if culture == "zh":
        return _chinese([one(rng, FAMILY_ZH)])
    if culture == "vi":
        return _two(one(rng, _PARTS["vi", "family"]))
    if culture == "ar":
        return tuple(map(str.__add__, _ARTICLE, _arabic(rng)))
    if culture == "ru":
        stem = "".join(one(rng, _PARTS["ru", "syllable"]) for _ in range(2)).rstrip(_VOWELS_RU)
        return _russian(stem + one(rng, _PARTS["ru", "ending"]))
    return word(culture, rng)


def given(culture: str, rng: Random) -> Word:
    """A given name, mostly a common one: many strangers share it."""
    if culture == "zh":
        return _chinese([one(rng, GIVEN_ZH) for _ in range(1 + (rng.random() < 0.7))])
    if culture == "vi":
        return _two(" ".join(one(rng, _PARTS["vi", "syllable"]) for _ in range(2)))
    if culture == "ar":
        return one(rng, PERSONS_AR)
    text = one(rng, _PARTS[culture, "given"])
    if culture == "ru":
        return _russian(text)
    return _two(text) if SCHEMES[culture] == 2 else (text,) * SCHEMES[culture]
