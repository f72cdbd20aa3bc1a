"""A member of a network, as the register lists it: who it is, what it may write and read, its keys.

Times are microseconds since the epoch. Keys are raw 32 bytes, standard Base64 in JSON.
"""

from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from entente.errors import ProofError
from entente.proof.key import VerifyKey
from entente.wire.names import ADMINISTRATION, REGIONS, TOPICS, Origin

Role = Literal["administration", "liaison_office", "correlator", "coordinator"]
Why = Literal["retired", "compromised"]

MAX_LANES = 1 << 16
"""Lanes of one issuer on one topic; far above need, so that a slip does not fill a broker."""
_FAMILIES = ("alerts", "proposals", "decisions", "receipts")


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the register's parts: immutable, unknown fields refused."""


class Believed(Part, frozen=True):
    """The last checkpoint still believed of a key that has ended."""

    size: int
    root: bytes

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.root) != 32:
            raise ValueError("a checkpoint has a size of 0 or more and a root of 32 bytes")


def _check_ed25519(public: bytes) -> None:
    try:
        VerifyKey(public)
    except ProofError as error:
        raise ValueError(str(error)) from error


class Ended(Part, frozen=True):
    """Why a signing key ended, and by origin line what is still believed of it.

    A lane that ``believed`` does not name is not believed at all.
    """

    why: Why
    at: int
    believed: dict[str, Believed] = {}


class Signing(Part, frozen=True):
    """An Ed25519 key and the time in which statements may be signed with it, ends included."""

    public: bytes
    start: int = msgspec.field(name="from")
    until: int | None = None
    ended: Ended | None = None

    def __post_init__(self) -> None:
        _check_ed25519(self.public)
        if self.until is not None and self.until < self.start:
            raise ValueError("a key's `until` is before its `from`")


class Hpke(Part, frozen=True):
    """An X25519 key to which content keys are wrapped from ``start`` to ``until``."""

    public: bytes
    start: int = msgspec.field(name="from")
    until: int | None = None

    def __post_init__(self) -> None:
        # The exchange fails for points of small order, whatever the private key (RFC 7748, 6.1).
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(
            X25519PublicKey.from_public_bytes(self.public)
        )


class Witness(Part, frozen=True, kw_only=True):
    """Who co-signs checkpoints (C2SP tlog-cosignature): its key name in signed notes, its key."""

    name: str
    administration: str | None = None
    public: bytes
    start: int = msgspec.field(name="from", default=0)
    """What it co-signs from then on counts, and up to ``until``, both included."""
    until: int | None = None

    def __post_init__(self) -> None:
        _check_ed25519(self.public)


class Contact(Part, frozen=True):
    """Where to reach the people of a member."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Administration(Part, frozen=True, kw_only=True):
    """A member of the network. ``duties``: topics it may write, with its number of lanes on each.

    ``reads``: topics it may read. ``country`` is absent for who speaks for none.
    """

    id: str
    name: str
    role: Role = "administration"
    country: str | None = None
    home: str | None = None
    regions: tuple[str, ...] = ()
    """Further regions; ``home`` is not repeated."""
    duties: dict[str, int] = {}
    reads: tuple[str, ...] = ()
    signing: tuple[Signing, ...] = ()
    hpke: tuple[Hpke, ...] = ()
    contact: Contact = Contact()
    retired: int | None = None
    """When it left the network. What it said before stays, so its duties and keys stay too."""

    def __post_init__(self) -> None:
        if not ADMINISTRATION.fullmatch(self.id):
            raise ValueError(f"{self.id!r} is not an administration id")
        for region in self.all_regions:
            if region not in REGIONS:
                raise ValueError(f"{self.id}: {region!r} is not a region")
        for topic, lanes in self.duties.items():
            if topic not in TOPICS:
                raise ValueError(f"{self.id}: {topic!r} is not a topic of statements")
            if not 1 <= lanes <= MAX_LANES:
                raise ValueError(f"{self.id}: {lanes} lanes on {topic}; 1 to {MAX_LANES} may be")
        starts = [key.start for key in self.signing]
        if len({key.public for key in self.signing}) < len(starts) or len(set(starts)) < len(
            starts
        ):
            raise ValueError(f"{self.id}: two signing keys are equal or begin at the same time")

    @property
    def all_regions(self) -> tuple[str, ...]:
        """Home region first, then the further ones."""
        return (*((self.home,) if self.home else ()), *self.regions)

    def origins(self, network: str) -> list[Origin]:
        """Every lane that it may write, by topic and number."""
        return [
            Origin(network, self.id, topic, number)
            for topic, lanes in sorted(self.duties.items())
            for number in range(lanes)
        ]


def usual_duties(role: Role, regions: tuple[str, ...]) -> dict[str, int]:
    """Return what a member of this role usually writes, one lane on each topic."""
    families = {
        "administration": ("alerts", "receipts"),
        "liaison_office": ("alerts", "receipts"),
        "correlator": ("proposals",),
        "coordinator": ("decisions",),
    }[role]
    where = REGIONS if role == "correlator" else regions
    topics = [f"{family}.{region}" for family in families for region in where]
    if role in ("administration", "liaison_office"):
        topics.append("grants")
    return dict.fromkeys(topics, 1)


def usual_reads(role: Role, regions: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a member of this role usually reads.

    The correlator reads all alerts and the decisions on them, but no grants: what is sealed stays
    sealed to it. The others read all statements of their regions.
    """
    if role == "correlator":
        return tuple(f"{f}.{r}" for f in ("alerts", "decisions", "proposals") for r in REGIONS)
    topics = tuple(f"{family}.{region}" for family in _FAMILIES for region in regions)
    return topics if role == "coordinator" else (*topics, "grants")
