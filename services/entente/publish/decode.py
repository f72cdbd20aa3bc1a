"""Bytes of a line to text, and the sentence when the encoding is wrong."""

import codecs
from functools import cache

from entente.alert.problem import Problem
from entente.publish.row import fault


@cache
def single_byte(encoding: str) -> bool:
    """Whether every character takes one byte, as in latin-1 or cp1252."""
    make = codecs.getincrementaldecoder(encoding)
    return all(make("replace").decode(bytes([byte])) for byte in range(128, 256))


@cache
def usable(encoding: str) -> bool:
    """Whether lines can be told apart before decoding: ASCII is ASCII, as in UTF-8 or cp1252."""
    try:
        info = codecs.lookup(encoding)
        ascii_ = "".join(map(chr, range(32, 127))) + "\r\n\t"
        same = ascii_.encode(encoding) == ascii_.encode("ascii")
    except (LookupError, UnicodeError, TypeError):
        return False
    return same and bool(getattr(info, "_is_text_encoding", True)) and info.name != "utf-7"


def decode(line: bytes, encoding: str) -> str | Problem:
    """The text of a line, or what is wrong with it."""
    if b"\0" in line:
        return fault(
            "The row contains NUL bytes.",
            "Export it again as text; NUL bytes come from a damaged or a binary file.",
        )
    try:
        text = line.decode(encoding)
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        guess = line.decode("cp1252", "replace")[max(0, at - 12) : at + 12].strip()
        return fault(
            f"Byte {at + 1} of the row is not {encoding}.",
            f"Set file.encoding in the mapping; read as cp1252 it says {guess!r}.",
        )
    if not text.isascii() and single_byte(encoding):
        try:
            meant = line.decode("utf-8")
        except UnicodeError:
            return text
        word = next(word for word in meant.split() if not word.isascii())[:40]
        return fault(
            f"The row is UTF-8, not {encoding}.",
            f"Set file.encoding to utf-8 in the mapping; the row then says {word!r}.",
        )
    return text
