"""What the secretariat does, one function for each errand. Its private keys stay in its folder.

A root needs several officers, each on a machine of their own: it is drafted here, copies go out to
be signed, come back, are joined, and go out to everybody once enough have signed. A register is
signed here, by the registrar.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from entente.errors import InputError, TrustError
from entente.proof.key import VerifyKey
from entente.trust import enrolment, files, lifecycle, metadata, network, pki
from entente.trust.administration import Administration, Believed
from entente.trust.register import Register


class Enrolled(NamedTuple):
    """What became of a request."""

    what: str
    """``enrolled``, ``new keys`` or ``new certificate``."""
    member: Administration
    certificate: bytes


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A line of what an office has seen of a lane (``entente lane status --json``)."""

    lane: str
    size: int
    root: bytes | None = None


def begin(
    home: Path, name: str, officers: Sequence[VerifyKey], threshold: int,
    *, now: int, secret: bytes | None,
) -> Path:  # fmt: skip
    """Begin a network whose officers hold their own keys; the draft of its root, to be signed.

    Registrar's key and certificate authority are made here, if they are not there yet.
    Raises TrustError: there is a network here already.
    """
    if network.newest(home, "root") is not None:
        raise TrustError(f"there is a network at {home} already")
    registrar = network.prepare_office(home, name, now=now, secret=secret)
    return _draft(home, metadata.root_document(
        name, 1, now + network.ROOT_LIFE,
        officers=officers, threshold=threshold, registrars=[registrar.public],
    ))  # fmt: skip


def next_root(
    home: Path, officers: Sequence[VerifyKey], threshold: int | None,
    *, now: int, secret: bytes | None,
) -> Path:  # fmt: skip
    """Draft the next root: other officers or another threshold, or the same for longer.

    The officers of before must sign it as well as its own; those whose keys are here do at once.
    """
    current = metadata.parse(_root(home), metadata.ROOT_LIMIT)
    before, least = metadata.officers(current)
    registrars, registrar_least = metadata.registrars(current)
    draft = metadata.root_document(
        metadata.network(current), current.version + 1, now + network.ROOT_LIFE,
        officers=officers or before, threshold=threshold or least,
        registrars=registrars, registrar_threshold=registrar_least,
    )  # fmt: skip
    for path in sorted((home / network.SECRETARIAT).glob("officer-*.key")):
        key = files.signing_key(path, secret)
        if key.public in {*before, *officers}:
            draft = metadata.sign(draft, key)
    return _draft(home, draft)


def collect(
    home: Path, copies: Iterable[bytes], *, now: int, secret: bytes | None
) -> tuple[Path, int]:
    """Join signed copies of a draft, and publish it once enough have signed.

    After the first root comes the first register, with nobody in it. Returns the draft's file and
    how many signatures are still missing. Raises TrustError.
    """
    joined = metadata.merge(*copies)
    document = metadata.parse(joined)
    draft = _drafts(home) / f"{document.kind}.{document.version}.json"
    if draft.exists():
        joined = metadata.merge(files.read(draft, metadata.REGISTER_LIMIT), joined)
    missing = metadata.signatures_missing(network.newest(home, "root") or joined, joined)
    files.write(draft, joined)
    if not missing:
        network.publish(home, joined)
        open_register(home, now=now, secret=secret)
    return draft, missing


def open_register(home: Path, *, now: int, secret: bytes | None) -> None:
    """Publish the first register, and certify broker and secretariat; nothing if that was done."""
    if network.newest(home, "register") is None:
        root = metadata.parse(_root(home))
        empty = Register(network=metadata.network(root), made=now, root=root.version)
        change(home, empty, now=now, secret=secret)
    network.certify_own(home, pki.LOCAL_HOSTS, now=now, secret=secret)


def change(home: Path, changed: Register, *, now: int, secret: bytes | None) -> Register:
    """Sign the next register and publish it here. ``announce`` takes it to the topic."""
    network.publish(home, network.sign(home, changed, now=now, secret=secret))
    return network.open(home, now)


def enrol(
    home: Path, request: bytes, *, now: int, secret: bytes | None, unendorsed: bool = False
) -> Enrolled:
    """Take a request in: a new member, new keys of one, or only a new certificate.

    New keys must be endorsed by one that the register knows, unless people have made sure that the
    request is the member's (``unendorsed``): so it comes back after its keys were stolen. They
    hold from the time asked for, but not from before ``now``: what the old key has signed since
    would no longer be valid.
    """
    register = network.open(home, now)
    asked = enrolment.read(request, register.network, None if unendorsed else register)
    known = register.administrations.get(asked.id)
    (new,) = asked.administration.signing
    if known is None:
        what, changed = "enrolled", lifecycle.enrol(register, asked.administration)
    elif any(key.public == new.public and key.ended is None for key in known.signing):
        what, changed = "new certificate", register
    else:
        what, changed = "new keys", lifecycle.rekey(register, _not_before(asked, now))
    if changed is not register:
        register = change(home, changed, now=now, secret=secret)
    certificate = network.certify(home, request, now=now, secret=secret)
    return Enrolled(what, register.administration(asked.id), certificate)


def renew(home: Path, *, now: int, secret: bytes | None) -> Register:
    """Make the register good for another year, and our own certificates and the broker's anew."""
    register = change(home, network.open_expired(home), now=now, secret=secret)
    network.certify_own(home, pki.LOCAL_HOSTS, now=now, secret=secret, always=True)
    return register


def believed(register: Register, id: str, seen: Iterable[bytes]) -> dict[str, Believed]:
    """What offices have seen of a member's lanes: the largest checkpoint of each.

    ``seen`` are files of ``entente lane status --json``. Raises InputError: a line is not one of
    these, or two offices saw different roots of one size.
    """
    found: dict[str, Believed] = {}
    for data in seen:
        for number, line in enumerate(filter(None, data.splitlines()), 1):
            try:
                one = msgspec.json.decode(line, type=Seen)
                checkpoint = Believed(one.size, one.root) if one.root is not None else None
            except (msgspec.MsgspecError, ValueError) as error:
                raise InputError(
                    f"Line {number} of what was seen is wrong: {error}.",
                    advice="Give the file that `entente lane status --json` wrote.",
                ) from error
            if checkpoint is None or one.lane.split("/")[:2] != [register.network, id]:
                continue
            known = found.get(one.lane)
            if known is not None and known.size == one.size and known.root != one.root:
                raise InputError(
                    f"Two offices saw different roots of {one.lane} at size {one.size}: a fork.",
                    advice="Give only the file that is to be believed.",
                )
            if known is None or known.size < one.size:
                found[one.lane] = checkpoint
    return found


def _not_before(asked: enrolment.Request, now: int) -> Administration:
    """Who asks, with keys that begin at ``now`` at the earliest."""
    (signing,), (hpke,) = asked.administration.signing, asked.administration.hpke
    return replace(
        asked.administration,
        signing=(replace(signing, start=max(signing.start, now)),),
        hpke=(replace(hpke, start=max(hpke.start, now)),),
    )


def _draft(home: Path, data: bytes) -> Path:
    document = metadata.parse(data)
    path = _drafts(home) / f"{document.kind}.{document.version}.json"
    files.write(path, data)
    return path


def _drafts(home: Path) -> Path:
    return home / network.SECRETARIAT / "drafts"


def _root(home: Path) -> bytes:
    found = network.newest(home, "root")
    if found is None:
        raise TrustError(f"there is no network at {home}", advice="Found one first.")
    return found
