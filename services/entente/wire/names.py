"""Names and ids of the wire format: network, administration, region, topic, lane, origin.

Every id is deterministic (UUIDv5, RFC 9562 section 5.5), so that saying a thing twice is harmless.
Defined in ``schemas/README.md``, section 1.
"""

import re
from functools import lru_cache
from hashlib import sha1
from typing import NamedTuple, Self
from uuid import NAMESPACE_DNS, UUID

import msgspec

from entente.errors import WireError

REGIONS = (
    "asia-pacific", "western-europe", "eastern-central-europe", "cis", "middle-east",
    "north-africa", "west-africa", "central-africa", "east-southern-africa", "caribbean",
    "south-america", "central-america",
)  # fmt: skip
"""The regions of the WCO's liaison offices, and of our topics."""
GRANTS = "grants"
"""The compacted topic of grants; its lanes have holes and its keys name the grant."""
TOPICS = frozenset(
    f"{kind}.{region}" for kind in ("alerts", "proposals", "decisions", "receipts")
    for region in REGIONS
) | {GRANTS}  # fmt: skip
"""Every topic that carries signed statements."""
ADMINISTRATION = re.compile(r"[A-Z0-9][A-Z0-9-]{1,15}")
"""An administration's id, e.g. ``JP``, ``AE-DU``, ``RILO-AP``. Match it with ``fullmatch``."""
NETWORK = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){0,15}")
"""A network's DNS-like name, e.g. ``demo.entente.example``. Match it with ``fullmatch``."""
_VERSION_5 = 5 << 76 | 0b10 << 62
_NAMED = (1 << 128) - 1 ^ (0xF << 76 | 0b11 << 62)
"""Version and variant of RFC 9562, sections 4.1 and 4.2; and all the other bits."""
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LANE = re.compile(r"0|[1-9][0-9]{0,9}")
LANE_LIMIT = 2**31
"""Lanes are numbered below this."""


class Origin(NamedTuple):
    """One lane of one issuer on one topic: the origin line of its checkpoints."""

    network: str
    administration: str
    topic: str
    lane: int

    def __str__(self) -> str:
        return f"{self.network}/{self.administration}/{self.topic}/{self.lane}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read an origin line; ``str()`` of the result is the same line.

        Raises:
            WireError: it has not exactly four parts, or one of them is not a name of its kind.
        """
        parts = line.split("/")
        if len(parts) != 4:
            raise WireError(f"an origin has four parts, not {len(parts)}")
        network, administration, topic, lane = parts
        if not NETWORK.fullmatch(network):
            raise WireError(f"{network[:80]!r} is not a network's name")
        if topic not in TOPICS:
            raise WireError(f"{topic[:80]!r} is not a topic of signed statements")
        return cls(network, _administration(administration), topic, _lane(lane))


@lru_cache(maxsize=1_024)
def record_key(administration: str, lane: int) -> bytes:
    """The Kafka key of a lane's records: it keeps a lane in one partition, in order."""
    return f"{administration}/{lane}".encode()


def parse_record_key(key: bytes) -> tuple[str, int]:
    """The administration and lane that a record's key names.

    Raises:
        WireError: the key has another form.
    """
    parts = _text(key).split("/")
    if len(parts) != 2:
        raise WireError("a record's key is <administration>/<lane>")
    return _administration(parts[0]), _lane(parts[1])


def grant_key(issuer: str, granted: UUID, recipient: str) -> bytes:
    """The Kafka key of a grant on the compacted topic: one per granted statement and recipient."""
    return f"{issuer}/{granted}/{recipient}".encode()


def parse_grant_key(key: bytes) -> tuple[str, UUID, str]:
    """The issuer, granted statement and recipient that a grant's key names.

    Raises:
        WireError: the key has another form.
    """
    parts = _text(key).split("/")
    if len(parts) != 3:
        raise WireError("a grant's key is <issuer>/<statement id>/<recipient>")
    try:
        granted = UUID(parts[1])
    except ValueError as error:
        raise WireError("a grant's key names no statement id") from error
    if str(granted) != parts[1]:
        raise WireError("a grant's key has a statement id in another form than RFC 9562's")
    return _administration(parts[0]), granted, _administration(parts[2])


def grant_ref(granted: UUID, recipient: str) -> str:
    """The national reference of a grant: its subject is one per granted statement and recipient."""
    return f"grant/{granted}/{recipient}"


def subject_id(network: str, administration: str, national_ref: str) -> UUID:
    """The id of the thing that an issuer speaks of; all versions share it."""
    return _uuid5(_network_space(network), f"{administration}/{national_ref}")


def is_uuid(text: str) -> bool:
    """Whether people mean an id by a text, and not what an issuer calls its alert."""
    return _UUID.fullmatch(text.lower()) is not None


def is_subject(id: UUID, network: str, administration: str, national_ref: str) -> bool:
    """Whether an id is ``subject_id`` of these."""
    name = f"{administration}/{national_ref}"
    return id.int == _number5(_network_space(network), name)


def is_statement(id: UUID, subject: UUID, version: int, change: str) -> bool:
    """Whether an id is ``statement_id`` of these."""
    return id.int == _number5(subject.bytes, f"{version}/{change}")


def statement_id(subject: UUID, version: int, change: str) -> UUID:
    """The id of one version of a subject, e.g. of ``1/NEW``."""
    return _uuid5(subject.bytes, f"{version}/{change}")


def uuid_of(raw: bytes) -> UUID:
    """``UUID(bytes=raw)`` of 16 bytes, at a fifth of its cost: four are made of each record."""
    return _decode_uuid(b"\xc4\x10" + raw)  # as MessagePack writes 16 bytes


_decode_uuid = msgspec.msgpack.Decoder(UUID).decode


@lru_cache(maxsize=64)
def _network_space(network: str) -> bytes:
    return _uuid5(NAMESPACE_DNS.bytes, network).bytes


def _uuid5(space: bytes, name: str) -> UUID:
    return uuid_of(_number5(space, name).to_bytes(16, "big"))


def _number5(space: bytes, name: str) -> int:
    digest = sha1(space + name.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:16], "big") & _NAMED | _VERSION_5


def _administration(text: str) -> str:
    if not ADMINISTRATION.fullmatch(text):
        raise WireError(f"{text[:80]!r} is not an administration's id")
    return text


def _lane(text: str) -> int:
    if not _LANE.fullmatch(text) or int(text) >= LANE_LIMIT:
        raise WireError(f"{text[:80]!r} is not a lane: a decimal number below 2^31")
    return int(text)


def _text(key: bytes) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise WireError("a record's key is not UTF-8") from error
