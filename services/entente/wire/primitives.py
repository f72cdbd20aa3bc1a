"""What reading Avro binary is made of where a byte or two do not do: numbers, lengths, texts.

Each takes the bytes and an offset, gives a value and the offset behind it, and raises ``WireError``
where a bound is passed or ``IndexError`` where the bytes end.
"""

import struct
from collections.abc import Sequence
from typing import Any

from entente.errors import WireError

MAX_ITEMS = 10_000
"""Items of one array or map, over all its blocks."""
MAX_STRING = 65_536
"""Bytes in a string."""


def _second(data: bytes, at: int) -> tuple[int, int]:
    """Whether the second of two branches stands here, in a longer form than it needs."""
    branch, at = _long(data, at)
    if branch not in (0, 1):
        raise _no_branch(branch)
    return branch, at


def _block(data: bytes, at: int) -> tuple[int, int]:
    """The number of items in the block that starts here; 0 ends an array or map."""
    size, at = _long(data, at)
    if size < 0:  # the form with the block's size in bytes, which we do not need
        size = -size
        _, at = _length(data, at)
    return size, at


def _varint(data: bytes, at: int, most: int) -> tuple[int, int]:
    value = shift = 0
    for byte in data[at : at + most]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at + shift // 7
    if at + most > len(data):
        raise IndexError
    raise WireError(f"a number takes more than {most} bytes")


def _long(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at, 10)
    if not -(2**63) <= value < 2**63:
        raise WireError("a number does not fit 64 bits")
    return value, at


def _int(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at, 5)
    if not -(2**31) <= value < 2**31:
        raise WireError("a number does not fit 32 bits")
    return value, at


def _length(data: bytes, at: int) -> tuple[int, int]:
    low = data[at]
    if low & 0x81 == 0x80 and (high := data[at + 1]) < 0x80:  # two bytes: the commonest here
        return high << 6 | (low & 0x7F) >> 1, at + 2
    size, at = _long(data, at)
    if size < 0:
        raise WireError("a length is negative")
    return size, at


def _text(data: bytes, at: int) -> tuple[int, int]:
    size, at = _length(data, at)
    if size > MAX_STRING:
        raise WireError(f"a string has {size} bytes; {MAX_STRING} is the bound")
    return size, at


def _symbol(symbols: Sequence[str], data: bytes, at: int) -> tuple[str, int]:
    index, at = _int(data, at)
    if not 0 <= index < len(symbols):
        raise WireError(f"an enum has no symbol {index}")
    return symbols[index], at


def _boolean(data: bytes, at: int) -> tuple[bool, int]:
    if data[at] > 1:
        raise WireError("a boolean is neither 0 nor 1")
    return data[at] == 1, at + 1


def _packed(layout: struct.Struct, data: bytes, at: int) -> tuple[Any, int]:
    end = at + layout.size
    if end > len(data):
        raise IndexError
    return layout.unpack_from(data, at)[0], end


def _too_many() -> WireError:
    return WireError(f"an array has more than {MAX_ITEMS} items")


def _no_branch(index: int) -> WireError:
    return WireError(f"a union has no branch {index}")


HELPERS: dict[str, Any] = {
    "block": _block, "long": _long, "int_": _int, "length": _length, "text": _text,
    "symbol": _symbol, "boolean": _boolean, "packed": _packed, "no_branch": _no_branch,
    "too_many": _too_many, "second": _second,
    "FLOAT": struct.Struct("<f"), "DOUBLE": struct.Struct("<d"),
}  # fmt: skip
"""What the source calls."""
