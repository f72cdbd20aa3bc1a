"""A network on disk: made, joined and read. Files go back and forth; private keys stay at home.

    <home>/network/       root.json register.json ca.crt     public, newest versions
                          root/<n>.json register/<n>.json    every version
    <home>/secretariat/   officer-<i>.key registrar.key ca.key tls.key tls.crt
    <home>/parties/<ID>/  signing.key hpke.key tls.key tls.crt ca.crt root.json register.json
    <home>/broker/        tls.key tls.crt ca.crt

A ``secret`` is the passphrase of private key files; None leaves them unencrypted and must be said.
"""

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from entente.errors import FileError, TrustError
from entente.proof.key import Signer
from entente.trust import enrolment, files, lifecycle, metadata, party, pki
from entente.trust.administration import Administration
from entente.trust.chain import Chain
from entente.trust.register import Register
from entente.wire.names import NETWORK

YEAR = 365 * lifecycle.DAY
ROOT_LIFE, REGISTER_LIFE, CERTIFICATE_LIFE = 5 * YEAR, YEAR, YEAR
SLACK = lifecycle.DAY
"""Certificates and keys of a new network begin this much earlier, for clocks that are behind."""
SECRETARIAT, BROKER = "secretariat", "broker"
"""Common names of those who are no members; in lower case, as no member's id can be."""


def create(
    home: Path,
    name: str,
    administrations: Iterable[Administration],
    *,
    now: int,
    secret: bytes | None,
    officers: int = 3,
    threshold: int = 2,
    hosts: tuple[str, ...] = pki.LOCAL_HOSTS,
) -> Register:
    """Make a network with all its keys on this machine, as for a demonstration or an exercise.

    Run again it goes on where it was: what is there is kept, who is missing is enrolled, a
    certificate that is missing or ends within 30 days is issued anew. Raises TrustError if ``home``
    holds another network, or as ``open`` does.
    """
    if not NETWORK.fullmatch(name):
        raise TrustError(f"{name!r} is not a network's name", advice="E.g. demo.entente.example.")
    if newest(home, "root") is None:
        found(home, name, now=now, secret=secret, officers=officers, threshold=threshold)
    published = newest(home, "register")
    for cut_short in filter(None, (newest(home, "root"), published)):
        publish(home, cut_short)
    known = Register.content(metadata.parse(published)) if published else None
    if known is not None and known.network != name:
        raise TrustError(f"{home} holds the network {known.network!r}, not {name!r}")
    register = known or Register(network=name, made=now, root=1)
    changed = register
    requests: dict[str, bytes] = {}
    for member in administrations:
        folder = home / "parties" / member.id
        if member.id not in register.administrations or lacks_certificate(folder, now):
            requests[member.id] = party.prepare(
                folder, name, member, now=now - SLACK, secret=secret
            )
        if member.id not in register.administrations:
            asked = enrolment.read(requests[member.id], name).administration
            changed = lifecycle.enrol(
                changed, replace(asked, duties=member.duties, reads=member.reads)
            )
    if known is None or changed is not register:
        publish(home, sign(home, changed, now=now, secret=secret))
    for id, request in requests.items():
        party.install(
            home / "parties" / id, certify(home, request, now=now, secret=secret), home / "network"
        )
    certify_own(home, hosts, now=now, secret=secret)
    return open(home, now)


def found(
    home: Path,
    name: str,
    *,
    now: int,
    secret: bytes | None,
    officers: int = 3,
    threshold: int = 2,
) -> bytes:
    """Make root, registrar and authority keys in the secretariat, and version 1 of the root.

    For officers on machines of their own see ``secretariat.begin``.
    """
    office = home / SECRETARIAT
    keys = [party.signing_or_new(office / f"officer-{i + 1}.key", secret) for i in range(officers)]
    registrar = prepare_office(home, name, now=now, secret=secret)
    root = metadata.root_document(
        name,
        1,
        now + ROOT_LIFE,
        officers=[key.public for key in keys],
        threshold=threshold,
        registrars=[registrar.public],
    )
    for key in keys[:threshold]:
        root = metadata.sign(root, key)
    publish(home, root)
    return root


def prepare_office(home: Path, name: str, *, now: int, secret: bytes | None) -> Signer:
    """Make the registrar's key and the certificate authority that are missing; return the key."""
    if not (home / "network" / "ca.crt").exists():
        ca = pki.authority(name, start=now - SLACK, until=now + 2 * ROOT_LIFE)
        files.write_key(home / SECRETARIAT / "ca.key", ca.key, secret)
        files.write(home / "network" / "ca.crt", ca.certificate)
    return party.signing_or_new(home / SECRETARIAT / "registrar.key", secret)


def sign(
    home: Path, changed: Register, *, now: int, secret: bytes | None, life: int = REGISTER_LIFE
) -> bytes:
    """In the secretariat: number, date and sign a changed register. Nothing is published yet."""
    root = newest(home, "root")
    if root is None:
        raise FileError(f"there is no network at {home}")
    new = lifecycle.successor(
        changed,
        newest(home, "register"),
        root=metadata.parse(root).version,
        now=now,
        until=now + life,
    )
    key = files.signing_key(home / "secretariat" / "registrar.key", secret)
    return metadata.sign(new.document(), key)


def certify(home: Path, request: bytes, *, now: int, secret: bytes | None) -> bytes:
    """In the secretariat: return the certificate (PEM) for a member's request.

    Raises TrustError if the register does not list who asks with the key that signed the request.
    """
    register = open(home, now)
    asked = enrolment.read(request, register.network)
    member = register.administration(asked.id)
    good = {key.public for key in member.signing if key.ended is None}
    if member.retired is not None or asked.administration.signing[0].public not in good:
        raise TrustError(f"the register knows no good key of {asked.id} that made this request")
    return pki.issue(
        _authority(home, secret),
        asked.csr.encode(),
        asked.id,
        start=now - SLACK,
        until=now + CERTIFICATE_LIFE,
    )


def publish(home: Path, signed: bytes) -> None:
    """Put a signed root or register among the public files, under its version and as the newest.

    Raises TrustError if it lacks signatures, or another file of this version is out already.
    """
    document = metadata.parse(signed)
    what = f"{document.kind} {document.version}"
    root = newest(home, "root")
    path = home / "network" / document.kind / f"{document.version}.json"
    if path.exists():
        if metadata.parse(files.read(path, metadata.REGISTER_LIMIT)).digest != document.digest:
            raise TrustError(f"another {what} is published already", advice="Make the next one.")
    elif metadata.signatures_missing(root or signed, signed):
        raise TrustError(f"{what} has too few signatures", advice="Let more officers sign.")
    files.write(path, signed)
    files.write(home / "network" / f"{document.kind}.json", signed)


def newest(home: Path, kind: str) -> bytes | None:
    """Return the newest ``root`` or ``register`` file as it is: not verified, perhaps expired."""
    paths = (home / "network" / kind).glob("*.json")
    last = max(paths, key=lambda path: int(path.stem), default=None)
    return None if last is None else files.read(last, metadata.REGISTER_LIMIT)


def entries(home: Path) -> dict[str, bytes]:
    """Return all versions as keys and values of the ``register`` topic, in order."""
    found = {}
    for kind, limit in (("root", metadata.ROOT_LIMIT), ("register", metadata.REGISTER_LIMIT)):
        paths = sorted((home / "network" / kind).glob("*.json"), key=lambda path: int(path.stem))
        found.update({f"{kind}/{path.stem}": files.read(path, limit) for path in paths})
    return found


def open(home: Path, now: int, member: str | None = None) -> Register:
    """Return the register of the network at ``home``, verified at ``now``.

    For a ``member`` it is verified from the root which that member trusts, and what it has seen is
    kept, so that an older register is noticed the next time. Raises TrustError, FileError.
    """
    public = entries(home)
    if "root/1" not in public:
        raise FileError(f"there is no network at {home}", advice="Make one with `entente demo`.")
    if member is not None:
        return party.follow(home / "parties" / member, public, now)
    return Chain(public["root/1"]).follow(public, now).load(now)


def open_expired(home: Path) -> Register:
    """Return the newest register at ``home`` as it is, to be renewed: perhaps expired."""
    register = newest(home, "register")
    if register is None:
        raise FileError(f"there is no register at {home}", advice="Enrol somebody first.")
    return Register.content(metadata.parse(register))


def endings(
    home: Path, now: int, ahead: int = 30 * lifecycle.DAY, member: str | None = None
) -> tuple[lifecycle.Ending, ...]:
    """Return what ends within ``ahead`` of ``now``, soonest first: register, root, certificates.

    For a ``member`` only what concerns it. Nothing is verified, so that it also answers when
    something has ended already.
    """
    found: list[lifecycle.Ending] = []
    root, register = newest(home, "root"), newest(home, "register")
    own_register = home / "parties" / (member or "") / "register.json"
    if member is not None and own_register.exists():
        # What came over the topic may be newer than the public files on this machine.
        candidates = [files.read(own_register, metadata.REGISTER_LIMIT), register]
        register = max(filter(None, candidates), key=lambda data: metadata.parse(data).version)
        root = files.read(own_register.with_name("root.json"), metadata.ROOT_LIMIT)
    if register is not None:
        content = Register.content(metadata.parse(register))
        found += lifecycle.endings(content, now, ahead, member)
    if root is not None:
        found.append(lifecycle.Ending("root", metadata.parse(root).expires))
    own = home.glob("**/tls.crt") if member is None else (home / "parties" / member / "tls.crt",)
    for path in filter(Path.exists, (home / "network" / "ca.crt", *own)):
        found.append(lifecycle.Ending(f"certificate {path.relative_to(home)}", pki.ends(path)))
    soon = (ending for ending in found if ending.at <= now + ahead)
    return tuple(sorted(soon, key=lambda ending: (ending.at, ending.what)))


def lacks_certificate(folder: Path, now: int) -> bool:
    """Tell whether the certificate in ``folder`` is missing, or ends within 30 days."""
    path = folder / "tls.crt"
    soon = now + 30 * lifecycle.DAY
    return not path.exists() or pki.check_certificate(path, soon) is not None


def certify_own(
    home: Path, hosts: tuple[str, ...], *, now: int, secret: bytes | None, always: bool = False
) -> None:
    """Issue the broker's and the secretariat's certificates that are missing or end soon."""
    for folder, common, answers in (
        (home / BROKER, BROKER, hosts),
        (home / SECRETARIAT, SECRETARIAT, ()),
    ):
        if always or lacks_certificate(folder, now):
            _own_certificate(home, folder, common, answers, now=now, secret=secret)


def _own_certificate(
    home: Path, folder: Path, common: str, hosts: tuple[str, ...], *, now: int, secret: bytes | None
) -> None:
    csr = pki.request(party.tls_or_new(folder / "tls.key", secret), common)
    certificate = pki.issue(
        _authority(home, secret),
        csr,
        common,
        start=now - SLACK,
        until=now + CERTIFICATE_LIFE,
        hosts=hosts,
    )
    files.write(folder / "ca.crt", files.read(home / "network" / "ca.crt"))
    files.write(folder / "tls.crt", certificate)


def _authority(home: Path, secret: bytes | None) -> pki.Authority:
    certificate = files.read(home / "network" / "ca.crt")
    return pki.Authority(certificate, files.tls_key(home / "secretariat" / "ca.key", secret))
