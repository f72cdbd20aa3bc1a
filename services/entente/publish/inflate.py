"""Decompression within bounds: gzip, bzip2 and xz, told by their first bytes.

A file that grows more than `MAX_RATIO` times beyond `FREE` bytes is refused (no table of real
data comes near that), and xz may ask for at most `MAX_MEMORY` of dictionary.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from entente.errors import FileError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 64 * 1024
"""Bytes read and given out at a time."""
MAX_RATIO = 200
"""Bytes out for each byte in."""
FREE = 16 * 1024 * 1024
"""Bytes out before the ratio is looked at."""
MAX_MEMORY = 128 * 1024 * 1024
"""Bytes of dictionary that an xz file may ask for."""


class _Decompressor(Protocol):
    eof: bool
    unused_data: bytes

    def feed(self, data: bytes) -> bytes: ...


class _Zlib:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.eof = False
        self.unused_data = b""

    def feed(self, data: bytes) -> bytes:
        if self.eof:  # its unconsumed tail is then the unused data once more
            return b""
        out = self._inner.decompress(self._inner.unconsumed_tail + data, CHUNK)
        self.eof, self.unused_data = self._inner.eof, self._inner.unused_data
        return out


class _Kept:
    """bzip2 and xz, whose decompressors keep what they did not use yet."""

    def __init__(self, inner: "bz2.BZ2Decompressor | lzma.LZMADecompressor") -> None:
        self._inner = inner
        self.eof = False
        self.unused_data = b""

    def feed(self, data: bytes) -> bytes:
        out = b"" if self._inner.eof else self._inner.decompress(data, CHUNK)
        self.eof = self._inner.eof
        self.unused_data = self._inner.unused_data if self.eof else b""
        return out


FORMATS: dict[bytes, tuple[str, Callable[[], _Decompressor]]] = {
    b"\x1f\x8b": ("gzip", _Zlib),
    b"BZh": ("bzip2", lambda: _Kept(bz2.BZ2Decompressor())),
    b"\xfd7zXZ\x00": ("xz", lambda: _Kept(lzma.LZMADecompressor(memlimit=MAX_MEMORY))),
}
"""First bytes, name, decompressor."""


class Inflated(io.RawIOBase):
    """The decompressed bytes of ``raw``, which may hold several members one after the other.

    Raises FileError when the file is damaged, cut off or grows beyond the bounds.
    """

    def __init__(
        self, raw: io.BufferedReader, name: str, make: Callable[[], _Decompressor]
    ) -> None:
        self._raw, self._name, self._make = raw, name, make
        self._decompressor: _Decompressor | None = make()
        self._taken = 0
        self._given = 0
        self._out = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill ``buffer`` with decompressed bytes; 0 at the end."""
        view = memoryview(buffer).cast("B")
        if not self._out:
            self._out = self._more()
        count = min(len(view), len(self._out))
        view[:count] = self._out[:count]
        self._out = self._out[count:]
        return count

    def _more(self) -> bytes:
        data = b""
        while self._decompressor is not None:
            try:
                out = self._decompressor.feed(data)
            except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as error:
                raise self._damaged(f"is damaged ({error})") from error
            if out:
                self._given += len(out)
                if self._given > FREE + MAX_RATIO * self._taken:
                    raise self._damaged(f"grows more than {MAX_RATIO} times when unpacked")
                return out
            if self._decompressor.eof:
                rest = self._decompressor.unused_data.lstrip(b"\0") or self._read().lstrip(b"\0")
                self._decompressor = self._make() if rest else None
                data = rest
            else:
                data = self._read()
                if not data:
                    raise self._damaged("is cut off")
        return b""

    def _read(self) -> bytes:
        data = self._raw.read(CHUNK)
        self._taken += len(data)
        return data

    def _damaged(self, what: str) -> FileError:
        return FileError(
            f"The {self._name} file {what}.",
            advice="Get the file again from its source, or unpack it yourself and look at it.",
        )
