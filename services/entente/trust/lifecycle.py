"""What happens to a register over the years, each step a function from one register to the next.

Nothing is ever taken away: what was valid when it was signed stays valid, so ended keys, retired
members and past agreements stay in the register. ``successor`` numbers and dates a changed
register and checks that; then the registrars sign its document.
"""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from entente.errors import TrustError, UnknownParty
from entente.trust import metadata
from entente.trust.administration import (
    Administration,
    Believed,
    Ended,
    Hpke,
    Signing,
    Why,
    Witness,
    usual_duties,
    usual_reads,
)
from entente.trust.pki import SECOND
from entente.trust.register import Agreement, Register

DAY = 86_400 * SECOND


class Ending(NamedTuple):
    """Something that ends soon, or has ended."""

    what: str
    at: int


def enrol(register: Register, member: Administration) -> Register:
    """Add a member, with the usual duties and reads of its role unless it names some.

    Raises TrustError if it is listed already or has no signing or HPKE key.
    """
    if member.id in register.administrations:
        raise TrustError(f"{member.id} is enrolled already", advice="Rotate its keys instead.")
    if not member.signing or not member.hpke:
        raise TrustError(f"{member.id} has no keys yet", advice="Enrol it by its request.")
    regions = member.all_regions
    return _with(
        register,
        replace(
            member,
            duties=member.duties or usual_duties(member.role, regions),
            reads=member.reads or usual_reads(member.role, regions),
        ),
    )


def add_duties(register: Register, id: str, duties: Mapping[str, int]) -> Register:
    """Let a member write further topics, or more lanes of one. Lanes are never taken away."""
    member = _active(register, id)
    fewer = [t for t, lanes in duties.items() if lanes < member.duties.get(t, 1)]
    if fewer:
        raise TrustError(f"{id} would lose lanes on {', '.join(fewer)}, and its history with them")
    reads = dict.fromkeys((*member.reads, *duties))
    return _with(register, replace(member, duties={**member.duties, **duties}, reads=tuple(reads)))


def agree(register: Register, agreement: Agreement) -> Register:
    """Add an agreement between two members."""
    for id in agreement.parties:
        register.administration(id)
    return replace(register, agreements=(*register.agreements, agreement))


def add_witness(register: Register, witness: Witness) -> Register:
    """Add who co-signs checkpoints. After one of its name has ended it must have another key."""
    for other in register.cosigners:
        if other.name == witness.name and other.until is None:
            raise TrustError(f"there is a witness named {witness.name!r} already")
        if other.public == witness.public:
            raise TrustError(
                f"the key of {witness.name!r} is or was a witness's already",
                advice="Make a new one: remove its witness.key, then `entente lane witness`.",
            )
    return replace(register, cosigners=(*register.cosigners, witness))


def end_witness(register: Register, name: str, *, at: int, stolen: bool = False) -> Register:
    """End a witness: what it co-signed up to ``at``, by its own time, still counts.

    A witness alone forges no history, since each note has the issuer's line too; but who has its
    key could date what exists too early. So nothing of it counts any more if it was ``stolen``:
    nobody can tell an old note from one that was dated back. It may be said of one that has ended.
    Raises TrustError: there is none of this name.
    """
    last = max((n for n, w in enumerate(register.cosigners) if w.name == name), default=None)
    if last is None or (register.cosigners[last].until is not None and not stolen):
        raise TrustError(f"there is no witness named {name!r} now")
    found = register.cosigners[last]
    until = 0 if stolen else max(at, found.start)
    ended = replace(found, start=max(found.start, 1), until=until)
    kept = register.cosigners
    return replace(register, cosigners=(*kept[:last], ended, *kept[last + 1 :]))


def rotate_signing(register: Register, id: str, new: Signing) -> Register:
    """Add a signing key; those before it hold until it begins and no longer.

    The old key is ended with its last checkpoints (``end_signing``) once those are known.
    """
    member = _active(register, id)
    if any(key.start >= new.start for key in member.signing):
        raise TrustError(f"a key of {id} begins at the new one's `from` or later")
    kept = (_until(key, new.start) for key in member.signing)
    return _with(register, replace(member, signing=(*kept, new)))


def rotate_hpke(register: Register, id: str, new: Hpke) -> Register:
    """Add an HPKE key; nothing new is sealed to those before it once it begins."""
    member = _active(register, id)
    kept = (_sealed_until(key, new.start) for key in member.hpke)
    return _with(register, replace(member, hpke=(*kept, new)))


def rekey(register: Register, asked: Administration) -> Register:
    """Rotate both keys as an endorsed request asks (``enrolment.read`` with this register)."""
    register = rotate_signing(register, asked.id, asked.signing[0])
    return rotate_hpke(register, asked.id, asked.hpke[0])


def end_signing(
    register: Register,
    id: str,
    public: bytes,
    *,
    why: Why,
    at: int,
    believed: Mapping[str, Believed],
) -> Register:
    """End a signing key at ``at``: per origin line, only what leads to ``believed`` still holds.

    For a compromised key give the checkpoints that somebody honest saw before the theft; a lane
    left out is not believed at all. A key once ended may be judged more strictly later, never less.
    Raises TrustError, UnknownParty.
    """
    member = register.administration(id)
    found = register.signing_key(id, public)
    if found is None:
        raise TrustError(f"{id} has no such signing key")
    for origin in believed:
        parts = origin.split("/")
        if len(parts) != 4 or parts[:2] != [register.network, id]:
            raise TrustError(f"{origin!r} is not a lane of {id} in {register.network}")
    if found.ended is not None:
        for origin, checkpoint in believed.items():
            before = found.ended.believed.get(origin)
            if before is None or before.size < checkpoint.size:
                raise TrustError(f"more of {origin} would be believed than when the key was ended")
    ended = replace(_until(found, at), ended=Ended(why, at, dict(believed)))
    return _with(register, replace(member, signing=_swap(member.signing, ended)))


def retire(register: Register, id: str, *, at: int, believed: Mapping[str, Believed]) -> Register:
    """Let a member leave: all its keys end at ``at``, its history stays.

    If it is a witness it ends as one, and what it co-signed until then counts.
    """
    for key in _active(register, id).signing:
        if key.ended is None:
            register = end_signing(
                register, id, key.public, why="retired", at=at, believed=believed
            )
    for one in register.cosigners:
        if one.administration == id and one.until is None:
            register = end_witness(register, one.name, at=at)
    member = register.administration(id)
    hpke = tuple(_sealed_until(key, at) for key in member.hpke)
    return _with(register, replace(member, retired=at, hpke=hpke))


def successor(
    changed: Register, previous: bytes | None, *, root: int, now: int, until: int
) -> Register:
    """Return ``changed`` as the version after the register in the file ``previous``.

    To renew before expiry, hand in the register unchanged. Raises TrustError if something of the
    version before is gone, or ``until`` is not after ``now``.
    """
    if until <= now:
        raise TrustError("a register must end later than it begins")
    if previous is None:
        return replace(changed, version=1, made=now, expires=until, root=root, previous=None)
    document = metadata.parse(previous)
    nothing_lost(Register.content(document), changed)
    return replace(
        changed,
        version=document.version + 1,
        made=now,
        expires=until,
        root=root,
        previous=document.digest.hex(),
    )


def nothing_lost(old: Register, new: Register) -> None:
    """Raise TrustError if ``new`` lacks a member, key, lane or witness of ``old``."""
    if not {(w.name, w.public) for w in old.cosigners} <= {
        (w.name, w.public) for w in new.cosigners
    }:
        raise TrustError(
            "the new register lacks a witness: what it co-signed would count no longer",
            advice="End witnesses; take nothing away.",
        )
    for id, member in old.administrations.items():
        now = new.administrations.get(id)
        keys = {key.public: key.start for key in now.signing} if now else {}
        if (
            now is None
            or any(keys.get(key.public) != key.start for key in member.signing)
            or not {k.public for k in member.hpke} <= {k.public for k in now.hpke}
            or any(now.duties.get(topic, 0) < lanes for topic, lanes in member.duties.items())
        ):
            raise TrustError(
                f"the new register lacks something of {id}: its history would no longer verify",
                advice="End keys and retire members; take nothing away.",
            )


def endings(
    register: Register, now: int, ahead: int = 30 * DAY, only: str | None = None
) -> tuple[Ending, ...]:
    """Return what ends within ``ahead`` of ``now``, soonest first: renew it in good time.

    Of all members, or of ``only`` one.
    """
    found = [Ending(f"register {register.version}", register.expires)]
    for member in register.administrations.values():
        if member.retired is not None or only not in (None, member.id):
            continue
        latest = max(member.signing, key=lambda key: key.start, default=None)
        hpke = max(member.hpke, key=lambda key: key.start, default=None)
        if latest is not None and latest.until is not None:
            found.append(Ending(f"signing key of {member.id}", latest.until))
        if hpke is not None and hpke.until is not None:
            found.append(Ending(f"HPKE key of {member.id}", hpke.until))
    found += [
        Ending(f"agreement of {' and '.join(a.parties)}: {a.purpose}", a.until)
        for a in register.agreements
        if a.until is not None and a.until >= now and (only is None or only in a.parties)
    ]
    return tuple(sorted((e for e in found if e.at <= now + ahead), key=lambda e: (e.at, e.what)))


def _active(register: Register, id: str) -> Administration:
    member = register.administration(id)
    if member.retired is not None:
        raise UnknownParty(f"{id} has left the network")
    return member


def _until(key: Signing, at: int) -> Signing:
    if key.until is not None and key.until <= at:
        return key
    return replace(key, until=max(at, key.start))


def _sealed_until(key: Hpke, at: int) -> Hpke:
    if key.until is not None and key.until <= at:
        return key
    return replace(key, until=max(at, key.start))


def _swap(keys: tuple[Signing, ...], new: Signing) -> tuple[Signing, ...]:
    return tuple(new if key.public == new.public else key for key in keys)


def _with(register: Register, member: Administration) -> Register:
    return replace(register, administrations={**register.administrations, member.id: member})
