"""An archive in the one form of ``schemas/README.md``, section 11: a strict, stored zip file.

Reading goes once through the file, keeps one entry in memory, and refuses whatever another zip
program might read otherwise: entries that overlap, that the central directory hides or renames,
links, compression. The form is a function of names, contents and one time, so it is written and
checked by the same few lines. Standard zip programs open it.
"""

import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from struct import Struct
from typing import BinaryIO

from entente.errors import FileError, InputError, ProofError

SUMS = "SHA256SUMS"
"""The last entry: the SHA-256 of each one before."""
LIMIT = 1 << 31
"""An archive is below so many bytes: then no entry needs zip64."""
NAME_LIMIT = 200
"""Bytes in a name."""
_LOCAL = Struct("<4s5H3I2H")
_CENTRAL = Struct("<4s6H3I5H2I")
_END64 = Struct("<4sQ2H2I4Q")
_LOCATOR = Struct("<4sIQI")
_END = Struct("<4s4H2IH")
_NEEDED, _MADE_BY, _ATTRIBUTES = 10, 3 << 8 | 30, 0o100644 << 16
_MANY = 0xFFFF
_CHUNK = 1 << 20


class Damaged(ProofError):
    """The file is not an archive in the one form."""

    advice = "Ask for the file again; if it was sealed or signed as a whole, report the change."


class WrongSums(ProofError):
    """The archive's sums are not those of its files."""

    advice = "A file was changed after the export was made: ask for the export again."


def dos_time(at: int) -> tuple[int, int]:
    """Time and date of zip entries, in UTC, for a time in microseconds. Raises InputError."""
    try:
        moment = datetime.fromtimestamp(at // 1_000_000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError("a zip file has times from 1980 to 2107") from error
    if not 1980 <= moment.year <= 2107:
        raise InputError("a zip file has times from 1980 to 2107")
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (moment.year - 1980) << 9 | moment.month << 5 | moment.day


class _Index:
    """What follows the entries: sums, central directory and end, built while they go by."""

    def __init__(self, take: Callable[[bytes], object]) -> None:
        self._take = take
        self.count = self.size = self.offset = 0

    def add(self, name: bytes, crc: int, size: int, at: tuple[int, int]) -> None:
        fixed = (_NEEDED, 0, 0, *at, crc, size, size, len(name), 0)
        entry = _CENTRAL.pack(
            b"PK\1\2", _MADE_BY, *fixed, 0, 0, 0, _ATTRIBUTES, self.offset
        ) + name  # fmt: skip
        self._take(entry)
        self.count += 1
        self.size += len(entry)
        self.offset += _LOCAL.size + len(name) + size

    def end(self) -> bytes:
        count, tail = self.count, b""
        if count > _MANY:
            tail = _END64.pack(
                b"PK\6\6", _END64.size - 12, 45, 45, 0, 0, count, count, self.size, self.offset
            ) + _LOCATOR.pack(b"PK\6\7", 0, self.offset + self.size, 1)  # fmt: skip
            count = _MANY
        return tail + _END.pack(b"PK\5\6", 0, 0, count, count, self.size, self.offset, 0)


class ArchiveWriter:
    """Writes an archive: ``add`` in the order of the form, then ``close``. ``at`` is its time."""

    def __init__(self, file: BinaryIO, at: int) -> None:
        self._file = file
        self._at = dos_time(at)
        self._sums = bytearray()
        self._central = bytearray()
        self._index = _Index(self._central.extend)

    def add(self, name: str, data: bytes) -> None:
        """Append an entry. Raises InputError: the archive would grow beyond 2 GiB."""
        self._sums += f"{sha256(data).hexdigest()}  {name}\n".encode()
        self._put(name.encode("ascii"), data)

    def close(self) -> None:
        """Append sums and central directory. The file stays open."""
        self._put(SUMS.encode(), bytes(self._sums))
        self._file.write(self._central)
        self._file.write(self._index.end())

    def _put(self, name: bytes, data: bytes) -> None:
        if self._index.offset + self._index.size + len(self._sums) + len(data) + 1024 >= LIMIT:
            raise InputError(
                "the export would have more than 2 GiB",
                advice="Make several: by issuer, lane or subject.",
            )
        crc = zlib.crc32(data)
        self._file.write(
            _LOCAL.pack(
                b"PK\3\4", _NEEDED, 0, 0, *self._at, crc, len(data), len(data), len(name), 0
            )
        )
        self._file.write(name)
        self._file.write(data)
        self._index.add(name, crc, len(data), self._at)


class ArchiveReader:
    """Reads an archive once, from its first byte to its last."""

    def __init__(self, file: BinaryIO, limit: Callable[[str], int]) -> None:
        """``limit`` says how many bytes the entry of a name may have. It is asked for each in turn,
        the sums too, before anything of it is read, and raises Damaged for one out of place.
        """
        self._file = file
        self._limit = limit
        self._sums, self._sums_size = sha256(), 0
        self._central = sha256()
        self._index = _Index(self._central.update)
        self.at: tuple[int, int] = (0, 0)
        """Time and date of the entries, known with the first one."""

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Each entry but the sums, in order, while nothing is wrong.

        Raises:
            Damaged: another form, or cut off, or more bytes than the limit allows.
            WrongSums: all is in form, but the sums are not those of the entries.
            FileError: the file cannot be read.
        """
        while True:
            name, size, crc = self._header()
            allowed = self._limit(name)
            if size > allowed:
                raise Damaged(f"{name} has {size} bytes; {allowed} are the most it may have")
            if name == SUMS:
                break
            data = self._read(size)
            if zlib.crc32(data) != crc:
                raise Damaged(f"{name} has another CRC-32 than its header says")
            line = f"{sha256(data).hexdigest()}  {name}\n".encode()
            self._sums.update(line)
            self._sums_size += len(line)
            yield name, data
        good = self._skip_sums(size, crc)
        if self._digest(self._index.size) != self._central.digest():
            raise Damaged("the central directory is not that of the files before it")
        end = self._index.end()
        if self._read(len(end)) != end or self._take(1):
            raise Damaged("the file does not end as an archive of these files ends")
        if not good:
            raise WrongSums(f"{SUMS} does not give the SHA-256 of the files that are here")

    def _header(self) -> tuple[str, int, int]:
        header = _LOCAL.unpack(self._read(_LOCAL.size))
        mark, needed, flags, method, time, date, crc, packed, size, length, extra = header
        if mark != b"PK\3\4":
            raise Damaged("it is no zip file, or something other than a file stands in its middle")
        if (needed, flags, method, extra) != (_NEEDED, 0, 0, 0) or packed != size:
            raise Damaged("an entry is not plainly stored: exports are never compressed")
        if not self._index.count:
            self.at = time, date
        if (time, date) != self.at:
            raise Damaged("its entries are not all of one time")
        if length > NAME_LIMIT:
            raise Damaged(f"a name has {length} bytes; {NAME_LIMIT} are the most")
        raw = self._read(length)
        if not raw.isascii():
            raise Damaged("a name is not ASCII")
        self._index.add(raw, crc, size, self.at)
        if self._index.offset >= LIMIT:
            raise Damaged("it has more than 2 GiB")
        return raw.decode(), size, crc

    def _skip_sums(self, size: int, crc: int) -> bool:
        """Read the sums without keeping them: they are as long as the entries are many."""
        found, left, checked = sha256(), size, 0
        while left:
            part = self._read(min(left, _CHUNK))
            found.update(part)
            checked = zlib.crc32(part, checked)
            left -= len(part)
        if checked != crc:
            raise Damaged(f"{SUMS} has another CRC-32 than its header says")
        return size == self._sums_size and found.digest() == self._sums.digest()

    def _digest(self, size: int) -> bytes:
        found = sha256()
        while size:
            part = self._read(min(size, _CHUNK))
            found.update(part)
            size -= len(part)
        return found.digest()

    def _read(self, size: int) -> bytes:
        data = self._take(size)
        if len(data) != size:
            raise Damaged("the file is cut off")
        return data

    def _take(self, size: int) -> bytes:
        """Read piecewise, so that a size that lies takes no more memory than the file has."""
        try:
            if size <= _CHUNK:
                return self._file.read(size)
            parts = []
            while size and (part := self._file.read(min(size, _CHUNK))):
                parts.append(part)
                size -= len(part)
            return b"".join(parts)
        except OSError as error:
            raise FileError(f"cannot read the file: {error.strerror}") from error
