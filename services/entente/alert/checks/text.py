"""Checks of texts. Every check takes a value of the right type and returns a problem or None.

The good case is the common one and must be quick: every reader of a topic runs these.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from entente.alert.problem import Problem, fault, shown

Check = Callable[[Any], Problem | None]

MAX_LINE = 4_096
"""Characters in a field of one line."""
MAX_IDENTIFIER = 256
"""Characters in a number or reference."""
MAX_TEXT = 65_536
"""Bytes of UTF-8 in a free text: the wire's bound for a string."""

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_NEVER = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff{_BIDI}]"
)
_NOT_IN_LINE = re.compile(f"[\t\n]|{_NEVER.pattern}")


def _characters(value: str, never: re.Pattern[str]) -> Problem | None:
    found = never.search(value)
    if not found:
        return None
    at, what = found.start(), f"U+{ord(found[0]):04X}"
    if found[0] in "\t\n\r":
        return fault(
            "character",
            value,
            f"It has a line break or tab at character {at + 1}.",
            "Write it on one line." if never is _NOT_IN_LINE else "Use plain line breaks (U+000A).",
        )
    kind = "a half of a character" if "\ud800" <= found[0] <= "\udfff" else "an invisible character"
    return fault(
        "character",
        value,
        f"It has {kind} ({what}) at character {at + 1}.",
        "Remove it: what is read must be what is stored.",
    )


def line(value: str, limit: int = MAX_LINE) -> Problem | None:
    """A text of one line, not blank, without stray spaces and invisible characters."""
    if not value.isprintable() and (problem := _characters(value, _NOT_IN_LINE)):
        return problem
    if not 0 < len(value) <= limit:
        if value:
            return fault(
                "length",
                value,
                f"It has {len(value):,} characters; {limit:,} are the most.",
                "Shorten it, or put the rest into `remarks`.",
            )
        return fault("missing", value, "It is empty.", "Leave the field out when it is not given.")
    if (bare := value.strip()) != value:
        repair = f"Write `{shown(bare)}`." if bare else "Leave the field out when it is not given."
        return fault("character", value, "It begins or ends with a space.", repair)
    return None


def identifier(value: str) -> Problem | None:
    """A number or reference of at most 256 characters."""
    return line(value, MAX_IDENTIFIER)


def reference(value: str) -> Problem | None:
    """The issuer's own reference: the subject's id is made from it, so it has one spelling only."""
    if problem := identifier(value):
        return problem
    if not value.isascii() and not unicodedata.is_normalized("NFC", value):
        one = unicodedata.normalize("NFC", value)
        return fault("character", value, "Its accents are not composed (NFC).", f"Write `{one}`.")
    return None


def free_text(value: str) -> Problem | None:
    """A text that may have several lines and 64 KiB."""
    if not value or value.isspace():
        return fault("missing", value, "It is empty.", "Leave the field out when it is not given.")
    if not value.isprintable() and (problem := _characters(value, _NEVER)):
        return problem
    if len(value) * 4 > MAX_TEXT and len(value.encode()) > MAX_TEXT:
        return fault(
            "length",
            value,
            f"It has {len(value.encode()):,} bytes; {MAX_TEXT:,} are the most.",
            "Shorten it, or name it as an attachment.",
        )
    return None


def shaped(pattern: str, what: str, example: str) -> Check:
    """A check of a line's form by a regular expression."""
    shape = re.compile(pattern)

    def check(value: str) -> Problem | None:
        if len(value) <= MAX_LINE and value.isprintable() and shape.fullmatch(value):
            return None
        return line(value) or fault(
            "malformed", value, f"`{shown(value)}` is not {what}.", f"Write it like `{example}`."
        )

    return check


pointer = shaped("(/[a-z0-9_]+)+", "a JSON Pointer to a field", "/route/departure")
sha256 = shaped("[0-9a-f]{64}", "a SHA-256 in 64 small hexadecimal digits", "e3b0c442…b855")
media_type = shaped(
    r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,100}", "a media type in small letters", "image/jpeg"
)
phone = shaped(r"\+?[0-9 ()./-]{4,40}(;ext=[0-9]+)?", "a phone number", "+81 3 1234 5678")
email = shaped(r"[^@\s]{1,100}@[^@\s]{1,200}", "an e-mail address", "sales@example.com")
url = shaped(r"https?://\S+", "a web address", "https://shop.example.com/seller")
