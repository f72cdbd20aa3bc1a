"""The files of an export, by name, and the order in which they stand (section 11 of the format)."""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from entente.errors import WireError
from entente.trust import metadata
from entente.trust.archive import LIMIT, SUMS, ArchiveReader, Damaged
from entente.wire.envelope import MAX_RECORD
from entente.wire.names import GRANTS, Origin

MANIFEST, COVER_HTML, COVER_TEXT = "manifest.json", "cover.html", "cover.txt"
SUFFIXES = ("envelope", "statement", "tlog-proof")
"""The three files of a record, in their order."""
COSIGNED = "cosigned"
"""The fourth, which may be missing: what witnesses say of it."""
_FILES = (*SUFFIXES, COSIGNED)
_MIB = 1 << 20
_FORMS = tuple(
    (re.compile(pattern), limit)
    for pattern, limit in (
        (r"manifest\.json", 16 * _MIB),
        (r"cover\.html", 64 * _MIB),
        (r"cover\.txt", 64 * _MIB),
        (r"root/([1-9][0-9]{0,8})\.json", metadata.ROOT_LIMIT),
        (r"register/([1-9][0-9]{0,8})\.json", metadata.REGISTER_LIMIT),
        (r"schemas/([a-z]+\.[1-9][0-9]{0,8})\.avsc", _MIB),
        (r"lanes/([^/]+/[^/]+/[^/]+)/(0|[1-9][0-9]{0,18})\.([a-z-]+)", _MIB),
        (SUMS, LIMIT),
    )
)
_MANIFEST, _HTML, _TEXT, _ROOT, _REGISTER, _SCHEMA, _RECORD, _SUMS = range(len(_FORMS))
_LIKELY = sorted(range(len(_FORMS)), key=lambda kind: kind != _RECORD)
"""Most files are of records."""


class ManifestFile(NamedTuple):
    """The first file, and the time of all entries."""

    data: bytes
    time: tuple[int, int]


class ChainFile(NamedTuple):
    """A version of root or register, under its key on the ``register`` topic."""

    key: str
    data: bytes
    is_register: bool


class SchemaFile(NamedTuple):
    """A schema."""

    name: str
    data: bytes


class RecordFiles(NamedTuple):
    """A record: where its name puts it, and its three files. The origin lacks its network."""

    origin: Origin
    number: int
    """Index in its lane."""
    envelope: bytes
    statement: bytes
    proof: bytes

    @property
    def where(self) -> str:
        """The common part of the names."""
        return record_name(self.origin, self.number)


class CosignedFile(NamedTuple):
    """What witnesses say of the record before it."""

    data: bytes


Part = ChainFile | SchemaFile | RecordFiles | CosignedFile
"""What follows the manifest."""


def record_name(origin: Origin, index: int) -> str:
    """The common part of the names of a record's files."""
    return f"lanes/{origin.administration}/{origin.topic}/{origin.lane}/{index}"


def parts(file: BinaryIO) -> tuple[ManifestFile, Iterator[Part]]:
    """What an export holds, part by part, each when its last file was read; covers are left out.

    The versions of the root come first, then the register. Raises Damaged, WrongSums, FileError as
    ``ArchiveReader``.
    """
    order = _Order()
    archive = ArchiveReader(file, order)
    files = iter(archive)
    _, data = next(files)
    return ManifestFile(data, archive.at), _parts(files, order)


def _parts(files: Iterator[tuple[str, bytes]], order: "_Order") -> Iterator[Part]:
    three: list[bytes] = []
    for name, data in files:
        place = order.place
        if place.kind in (_ROOT, _REGISTER):
            yield ChainFile(name.removesuffix(".json"), data, place.kind == _REGISTER)
        elif place.kind == _SCHEMA:
            yield SchemaFile(name, data)
        elif place.kind == _RECORD and place.file == len(SUFFIXES):
            yield CosignedFile(data)
        elif place.kind == _RECORD:
            three.append(data)
            if len(three) == len(SUFFIXES):
                origin = Origin("", place.administration, place.topic, place.lane)
                yield RecordFiles(origin, place.number, *three)
                three = []


class _Place(NamedTuple):
    """Where a file stands; files ascend. ``number`` is a version or an index."""

    kind: int
    name: str = ""
    administration: str = ""
    topic: str = ""
    lane: int = 0
    number: int = 0
    file: int = 0


class _Order:
    """Holds names to their order, and tells how large each file may be."""

    def __init__(self) -> None:
        self.place = _Place(-1)

    def __call__(self, name: str) -> int:
        before, (place, limit) = self.place, _place(name)
        if place.kind == _ROOT:
            wanted = before.number + 1 if before.kind == _ROOT else 1
            good = before.kind in (_TEXT, _ROOT) and place.number == wanted
        elif place.kind <= _REGISTER:
            good = before.kind == place.kind - 1
        elif place.file or (before.kind == _RECORD and before.file + 1 < len(SUFFIXES)):
            good = place == before._replace(file=before.file + 1)
        else:
            first = before.kind < _RECORD and place.kind == _SUMS
            good = before.kind >= _REGISTER and before < place and not first
        if not good:
            raise Damaged(f"{name} stands where it may not, or something before it is missing")
        self.place = place
        return limit


def _place(name: str) -> tuple[_Place, int]:
    for kind in _LIKELY:
        pattern, limit = _FORMS[kind]
        match = pattern.fullmatch(name)
        if match is None:
            continue
        if kind in (_ROOT, _REGISTER):
            return _Place(kind, number=int(match[1])), limit
        if kind == _SCHEMA:
            return _Place(kind, name=name), limit
        if kind != _RECORD:
            return _Place(kind), limit
        try:
            origin = Origin.parse(f"x/{match[1]}")
        except WireError as error:
            raise Damaged(f"{name!r} names no lane: {error}") from error
        number = int(match[2])
        if origin.topic == GRANTS or match[3] not in _FILES or number >= 1 << 63:
            break
        file = _FILES.index(match[3])
        return _Place(kind, "", *origin[1:], number, file), limit if file else MAX_RECORD
    raise Damaged(f"{name!r} is no file of an export")
