"""A member's own folder: its private keys, its certificate, and what it trusts.

Keys are made here and never leave. New keys wait as ``*.next.key`` until the register lists them;
those they replace go to ``old/``: what was sealed to an old HPKE key is still opened with it.
"""

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from entente.errors import KeyMissing, TrustError
from entente.proof.key import Signer, SigningKey
from entente.trust import device as devices
from entente.trust import enrolment, exchange, files, metadata, pki
from entente.trust.administration import Administration
from entente.trust.chain import Chain
from entente.trust.register import Register


def prepare(
    folder: Path,
    network: str,
    member: Administration,
    *,
    now: int,
    secret: bytes | None,
    device: str | None = None,
    hpke_device: str | None = None,
) -> bytes:
    """On a member's machine: make the keys that are missing in ``folder``, return the request.

    The request goes to the secretariat; the keys stay. Keys already there are used again, and
    endorse the request. With a ``device``, a PKCS#11 URI, the signing key is made there, with
    ``hpke_device`` the HPKE key. Raises KeyMissing: a new key would have no passphrase, though
    those beside it have one.
    """
    signing = signing_or_new(folder / "signing.key", secret, device)
    return enrolment.make(
        network,
        member,
        signing=signing,
        hpke=_hpke_or_new(folder / "hpke.key", secret, hpke_device),
        tls=tls_or_new(folder / "tls.key", secret),
        start=now,
        current=signing,
    )


def rekey(
    folder: Path,
    network: str,
    member: Administration,
    *,
    start: int,
    secret: bytes | None,
    device: str | None = None,
    hpke_device: str | None = None,
) -> bytes:
    """On a member's machine: make the next signing and HPKE keys, return the request for them.

    They hold from ``start``: far enough ahead that every reader has the register by then. The
    current key endorses the request; ``adopt`` brings the new ones into use. Devices and
    errors as in ``prepare``.
    """
    return enrolment.make(
        network,
        member,
        signing=signing_or_new(folder / "signing.next.key", secret, device),
        hpke=_hpke_or_new(folder / "hpke.next.key", secret, hpke_device),
        tls=tls_or_new(folder / "tls.key", secret),
        start=start,
        current=files.signing_key(folder / "signing.key", secret),
    )


def may_adopt(folder: Path, register: Register, id: str, now: int, *, secret: bytes | None) -> bool:
    """Whether ``adopt`` would put another signing key into use."""
    path = folder / "signing.next.key"
    if not path.exists():
        return False
    public = files.signing_key(path, secret).public.raw
    keys = register.administration(id).signing
    return any(key.public == public and key.start <= now for key in keys)


def adopt(folder: Path, register: Register, id: str, now: int, *, secret: bytes | None) -> bool:
    """Put the next keys into use if the register lists them and their time has come.

    Returns whether anything changed; to be called again after a crash. The lane writer must have
    stopped: with the old key it signs nothing more.
    """
    member = register.administration(id)
    changed = False
    hpke = folder / "hpke.next.key"
    if may_adopt(folder, register, id, now, secret=secret):
        old = files.signing_key(folder / "signing.key", secret).public.raw
        _replace(folder, "signing", old)
        changed = True
    if hpke.exists():
        public = files.hpke_key(hpke, secret).public_key().public_bytes_raw()
        if any(key.public == public and key.start <= now for key in member.hpke):
            current = files.hpke_key(folder / "hpke.key", secret)
            _replace(folder, "hpke", current.public_key().public_bytes_raw())
            changed = True
    return changed


def check_signing(register: Register, id: str, public: bytes, now: int) -> None:
    """Raise TrustError if ``id`` may not sign with this key now: readers would refuse all of it."""
    key = register.signing_key(id, public)
    problem = None
    if key is None:
        problem = f"The register does not list the signing key of {id} that is in use here."
    elif key.ended is not None:
        problem = f"The signing key of {id} that is in use here has ended: it was {key.ended.why}."
    elif key.until is not None and key.until < now:
        problem = f"The signing key of {id} that is in use here has been replaced."
    elif now < key.start:
        problem = f"The signing key of {id} that is in use here is not valid yet."
    if problem is not None:
        raise TrustError(
            problem,
            advice=f"Take the new keys into use with `entente party adopt --as {id}`; if there are"
            " none, make them with `entente party rekey` and send the request.",
        )


def hpke_keys(folder: Path, *, secret: bytes | None) -> tuple[X25519PrivateKey, ...]:
    """Return the private keys that open what is sealed to this member, the current one first."""
    older = sorted((folder / "old").glob("hpke-*.key"))
    return tuple(files.hpke_key(path, secret) for path in (folder / "hpke.key", *older))


def install(folder: Path, certificate: bytes, network: Path) -> None:
    """On a member's machine: put certificate and trust beside the keys.

    ``network`` is the folder of public files; its root becomes what this member trusts, unless it
    trusts one already.
    """
    files.write(folder / "ca.crt", files.read(network / "ca.crt"))
    if not (folder / "root.json").exists():
        files.write(folder / "root.json", files.read(network / "root.json", metadata.ROOT_LIMIT))
    files.write(folder / "tls.crt", certificate)


def follow(
    folder: Path, entries: Mapping[str, bytes], now: int, *, reading: bool = False
) -> Register:
    """Return the register after ``entries``, as this member trusts it, and keep what it trusts.

    Raises TrustError; what was kept before is then left as it is. Of who has verified one before, a
    newer one that has expired is kept too, since it may end keys. Then it raises all the same,
    unless it is for ``reading``.
    """
    last = folder / "register.json"
    before = Chain(
        files.read(folder / "root.json", metadata.ROOT_LIMIT),
        files.read(last, metadata.REGISTER_LIMIT) if last.exists() else None,
    )
    first = before.register is None
    after = before.follow(entries, now if first else 0)
    # Root first: a register never stands beside an older root than its own.
    if after.root != before.root:
        files.write(folder / "root.json", after.root)
    if after.register is not None and after.register != before.register:
        files.write(last, after.register)
    return after.load(0 if reading and not first else now)


def history(folder: Path, entries: Mapping[str, bytes]) -> dict[int, bytes]:
    """Every version of the register up to the one that this member trusts, by its number.

    Raises TrustError as ``Chain.before``; FileError: it trusts none yet.
    """
    newest = files.read(folder / "register.json", metadata.REGISTER_LIMIT)
    root = files.read(folder / "root.json", metadata.ROOT_LIMIT)
    return {metadata.parse(newest).version: newest, **dict(Chain(root, newest).before(entries))}


def signing_or_new(path: Path, secret: bytes | None, device: str | None = None) -> Signer:
    """Return the signing key at ``path``, made now if there is none: in a ``device`` if one is
    named, to which the file then points.
    """
    if not path.exists() and device is not None:
        devices.generate(device, secret)
        devices.key(device, secret)  # before the file points there: it can be used
        files.write(path, f"{device}\n".encode(), private=True)
    elif not path.exists():
        _write(path, SigningKey.generate(), secret)
    return files.signing_key(path, secret)


def tls_or_new(path: Path, secret: bytes | None) -> EllipticCurvePrivateKey:
    """Return the TLS key at ``path``, made now if there is none."""
    if not path.exists():
        _write(path, pki.new_key(), secret)
    return files.tls_key(path, secret)


def _hpke_or_new(path: Path, secret: bytes | None, device: str | None = None) -> X25519PrivateKey:
    if not path.exists() and device is not None:
        exchange.generate(device, secret)
        exchange.key(device, secret)
        files.write(path, f"{device}\n".encode(), private=True)
    elif not path.exists():
        _write(path, X25519PrivateKey.generate(), secret)
    return files.hpke_key(path, secret)


def _write(path: Path, key: files.PrivateKey, secret: bytes | None) -> None:
    """Write a new key, not less protected than those beside it."""
    if secret is None and any(map(files.encrypted, path.parent.glob("*.key"))):
        raise KeyMissing(
            f"There is no passphrase for the new key {path.name}, and the keys beside it have one.",
            advice=f"Set {files.VARIABLE} to it.",
        )
    files.write_key(path, key, secret)


def _replace(folder: Path, kind: str, old_public: bytes) -> None:
    # A copy first: at no moment is the old key gone or the current one missing.
    old = files.read(folder / f"{kind}.key")
    files.write(folder / "old" / f"{kind}-{old_public.hex()[:16]}.key", old, private=True)
    (folder / f"{kind}.next.key").replace(folder / f"{kind}.key")
