"""The manifest of an export: what it says of itself (``schemas/README.md``, section 11)."""

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Literal, get_args

import msgspec

from entente.alert.handling import Handling, HandlingCode, Tlp
from entente.errors import InputError, ProofError
from entente.trust.archive import dos_time
from entente.wire.names import ADMINISTRATION, GRANTS, NETWORK, Origin

Format = Literal["entente-export/1", "entente-export/2"]
FORMAT: Format = "entente-export/2"
PLAIN: Format = "entente-export/1"
"""The form of before, in which no witness has a word."""
MAX_GAPS = 1_000
"""Gaps of one lane in an export: what a reader follows (section 5, step 7)."""
_MAX = 2**63 - 1

Why = Literal["not-held", "refused", "withheld", "not-selected"]
"""Why an index is not in an export: its maker never had it; it had it and refused it; it may not
leave; it was not asked for."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the manifest's parts: immutable, unknown fields refused."""


class Gap(_Part, frozen=True):
    """Indexes of a lane that are not in the export: from ``start``, before ``end``."""

    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    why: Why


class Lane(_Part, frozen=True):
    """What of a lane is in the export: everything from ``start``, before ``end``, but the gaps."""

    origin: str
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    gaps: tuple[Gap, ...]


class Marks(_Part, frozen=True):
    """How what is inside may be used: the narrowest TLP, every handling code, every condition."""

    tlp: Tlp = "CLEAR"
    codes: tuple[HandlingCode, ...] = ()
    conditions: tuple[str, ...] = ()

    def joined(self, handling: Handling) -> "Marks":
        """These marks and those of one more statement."""
        if (
            _NARROW[handling.tlp] <= _NARROW[self.tlp]
            and set(handling.codes) <= set(self.codes)
            and (handling.conditions is None or handling.conditions in self.conditions)
        ):
            return self
        more = {handling.conditions} if handling.conditions is not None else set()
        return Marks(
            max(self.tlp, handling.tlp, key=_NARROW.__getitem__),
            tuple(sorted({*self.codes, *handling.codes})),
            tuple(sorted({*self.conditions, *more})),
        )


class Manifest(_Part, frozen=True, kw_only=True):
    """What an export says of itself. Nobody signs it: all but words is compared with the rest."""

    format: Format = FORMAT
    network: str
    made_at: int
    """Microseconds since the epoch."""
    made_by: str
    asked: str
    root: int
    register: int
    records: int
    lanes: tuple[Lane, ...]
    marks: Marks

    def encode(self) -> bytes:
        """The file. Raises InputError: a value is not what it may be."""
        _check(self)
        return _canonical(msgspec.to_builtins(self))


def decode_manifest(data: bytes) -> Manifest:
    """Read the file. Raises ProofError: it is not in its one form."""
    try:
        found = msgspec.json.decode(data, type=Manifest)
        _check(found)
        canonical = _canonical(msgspec.to_builtins(found))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError) as error:
        raise ProofError(f"the manifest is not what it must be: {error}") from error
    if canonical != data:
        raise ProofError("the manifest is not in its canonical form, or a field is missing")
    return found


def merged(gaps: Iterable[Gap]) -> list[tuple[int, int]]:
    """The ranges that gaps make, whatever their reasons: neighbours as one."""
    ranges: list[tuple[int, int]] = []
    for gap in gaps:
        start = ranges.pop()[0] if ranges and ranges[-1][1] == gap.start else gap.start
        ranges.append((start, gap.end))
    return ranges


_NARROW: dict[str, int] = {tlp: place for place, tlp in enumerate(get_args(Tlp))}


def _canonical(plain: Any) -> bytes:
    """RFC 8785, for what a manifest holds: ASCII names, whole numbers."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _check(manifest: Manifest) -> None:
    if not NETWORK.fullmatch(manifest.network) or not ADMINISTRATION.fullmatch(manifest.made_by):
        raise ProofError("the manifest's network or maker is no name of its kind")
    dos_time(manifest.made_at)
    numbers = (manifest.root, manifest.register, manifest.records)
    if not all(0 <= number <= _MAX for number in numbers):
        raise ProofError("a number of the manifest is not from 0 to 2^63 - 1")
    places = []
    for lane in manifest.lanes:
        origin = Origin.parse(lane.origin)
        if origin.network != manifest.network or origin.topic == GRANTS:
            raise ProofError(f"{lane.origin} is no lane of an export of {manifest.network}")
        places.append(origin)
        if not 0 <= lane.start < lane.end <= _MAX or len(lane.gaps) > MAX_GAPS:
            raise ProofError(f"{lane.origin}: its range is empty, or its gaps are above {MAX_GAPS}")
        at = lane.start
        for gap in lane.gaps:
            if not at <= gap.start < gap.end <= lane.end:
                raise ProofError(f"{lane.origin}: its gaps are not in order within its range")
            at = gap.end
    if any(one >= other for one, other in pairwise(places)):
        raise ProofError("the manifest's lanes are not in order")
