"""TUF 1.0 metadata as files: root and register, made, signed on separate machines, verified.

``root.json`` is TUF root metadata; its ``targets`` role names the registrars, who sign
``register.json`` (TUF targets metadata). The roles ``timestamp`` and ``snapshot`` have no keys: the
register's own expiry stands against a freeze, and its chain of hashes against a mix of versions.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# Both libraries are typed and document these imports, but do not re-export by mypy's strict rule.
from securesystemslib.signer import (  # type: ignore[attr-defined]
    Signature,
    SSlibKey,
)
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]
    Metadata,
    Role,
    Root,
    Targets,
)
from tuf.api.serialization import DeserializationError, SerializationError

from entente.errors import ProofError, TrustError
from entente.proof.key import Signer, VerifyKey
from entente.trust.pki import SECOND, moment

ROOT_LIMIT = 1 << 18
"""Bytes of a root file; more is refused unread."""
REGISTER_LIMIT = 8 << 20
"""Bytes of a register file; more is refused unread."""
REGISTRARS = "targets"
"""TUF's name of the role that signs the register."""

_OTHERS = "Somebody may be showing you other files than others see: ask the network's secretariat."


class Document(NamedTuple):
    """A file, parsed and not yet verified: what is signed, its canonical bytes, the signatures."""

    signed: Root | Targets
    payload: bytes
    signatures: dict[str, Signature]

    @property
    def digest(self) -> bytes:
        """SHA-256 of the signed part; signatures do not count."""
        return hashlib.sha256(self.payload).digest()

    @property
    def kind(self) -> str:
        """``root`` or ``register``: as its keys on the topic begin."""
        return "root" if isinstance(self.signed, Root) else "register"

    @property
    def version(self) -> int:
        """The version that it claims."""
        return int(self.signed.version)

    @property
    def expires(self) -> int:
        """When it expires, in microseconds since the epoch."""
        return int(self.signed.expires.timestamp()) * SECOND

    @property
    def content(self) -> dict[str, Any]:
        """What it says beyond TUF's own fields."""
        return dict(self.signed.unrecognized_fields)


class Verified(NamedTuple):
    """A register file whose signatures hold up from a trusted root."""

    network: str
    root: int
    """Version of the newest root."""
    register: Document


def parse(data: bytes, limit: int = REGISTER_LIMIT) -> Document:
    """Read a metadata file; nothing is verified. Raises TrustError."""
    if len(data) > limit:
        raise TrustError(f"a metadata file of {len(data)} bytes; at most {limit} are read")
    try:
        parsed: Metadata[Any] = Metadata.from_bytes(data)
        payload = parsed.signed_bytes
    except (DeserializationError, SerializationError) as error:
        raise TrustError("these bytes are not TUF metadata") from error
    if not isinstance(parsed.signed, Root | Targets):
        raise TrustError("this is neither a root nor a register file")
    return Document(parsed.signed, payload, parsed.signatures)


def root_document(
    network: str,
    version: int,
    expires: int,
    *,
    officers: Sequence[VerifyKey],
    threshold: int,
    registrars: Sequence[VerifyKey],
    registrar_threshold: int = 1,
) -> bytes:
    """Return unsigned root metadata: ``threshold`` of the ``officers`` speak for the network.

    Raises TrustError if a threshold cannot be met or a key is given twice.
    """
    root = Root(version=version, expires=moment(expires), unrecognized_fields={"network": network})
    for role, keys, least in (
        (Root.type, officers, threshold),
        (REGISTRARS, registrars, registrar_threshold),
    ):
        if not 1 <= least <= len(set(keys)) or len(set(keys)) < len(keys):
            raise TrustError(f"{least} of {len(set(keys))} different keys cannot sign as {role}")
        for key in keys:
            public = Ed25519PublicKey.from_public_bytes(key.raw)
            root.add_key(SSlibKey.from_crypto(public), role)
        root.roles[role] = Role(root.roles[role].keyids, least)
    return Metadata(root).to_bytes()


def register_document(version: int, expires: int, content: dict[str, Any]) -> bytes:
    """Return unsigned register metadata around ``content``."""
    signed = Targets(version=version, expires=moment(expires), unrecognized_fields=content)
    return Metadata(signed).to_bytes()


def sign(data: bytes, key: Signer) -> bytes:
    """Return the file with one more signature. Raises TrustError if it is no metadata."""
    document = parse(data)
    keyid = SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(key.public.raw)).keyid
    document.signatures[keyid] = Signature(keyid, key.sign(document.payload).hex())
    return Metadata[Any](document.signed, document.signatures).to_bytes()


def merge(*files: bytes) -> bytes:
    """Return one file with the signatures of all: copies signed on separate machines.

    Raises TrustError if they do not say the same.
    """
    first, *others = (parse(data) for data in files)
    for other in others:
        if other.payload != first.payload:
            raise TrustError("these files do not say the same: their signatures cannot be joined")
        first.signatures.update(other.signatures)
    return Metadata[Any](first.signed, first.signatures).to_bytes()


def verified(root: bytes, register: bytes, now: int, roots: Iterable[bytes] = ()) -> Verified:
    """Verify a register up from a trusted root, which must meet its own threshold.

    ``roots`` are the later versions in order, each signed by the one before and by itself; one in
    between may have expired, the last one and the register may not. Raises TrustError.
    """
    trusted = newest_root(root, roots)
    _check_expiry(trusted, "root", now)
    document = parse(register)
    if not isinstance(document.signed, Targets):
        raise TrustError("this is not a register file")
    _verify(trusted.signed, REGISTRARS, document)
    _check_expiry(document, "register", now)
    return Verified(network(trusted), trusted.version, document)


def newest_root(root: bytes, later: Iterable[bytes] = ()) -> Document:
    """Follow a trusted root through later versions. Raises TrustError."""
    document = _root(root)
    _verify(document.signed, Root.type, document)
    for data in later:
        new = _root(data)
        if new.version != document.version + 1:
            raise TrustError(
                f"root {new.version} cannot follow root {document.version}", advice=_OTHERS
            )
        if network(new) != network(document):
            raise TrustError(f"root {new.version} is of another network: {network(new)!r}")
        _verify(document.signed, Root.type, new)
        _verify(new.signed, Root.type, new)
        document = new
    return document


def signatures_missing(root: bytes, data: bytes) -> int:
    """Return how many more signatures a file needs after ``root``: the next root, or a register.

    A root needs those of the officers before it and of its own.
    """
    document = parse(data)
    judges = [_root(root).signed]
    role = REGISTRARS
    if isinstance(document.signed, Root):
        role = Root.type
        judges.append(document.signed)
    return max(
        int(judge.get_verification_result(role, document.payload, document.signatures).missing)
        for judge in judges
    )


def officers(root: Document) -> tuple[tuple[VerifyKey, ...], int]:
    """Return who speaks for the network after a root, and how many of them must."""
    return _role(root, Root.type)


def registrars(root: Document) -> tuple[tuple[VerifyKey, ...], int]:
    """Return who signs the register after a root, and how many of them must."""
    return _role(root, REGISTRARS)


def _role(root: Document, name: str) -> tuple[tuple[VerifyKey, ...], int]:
    if not isinstance(root.signed, Root):
        raise TrustError("this is not a root file")
    role = root.signed.roles[name]
    public = (root.signed.keys[keyid].keyval.get("public", "") for keyid in role.keyids)
    try:
        found = tuple(VerifyKey(bytes.fromhex(raw)) for raw in public)
    except (ValueError, ProofError) as error:
        raise TrustError(f"root {root.version} names a key that is not Ed25519") from error
    return found, int(role.threshold)


def network(root: Document) -> str:
    """Return the name of the network that a root stands for."""
    return str(root.content.get("network", ""))


def _check_expiry(document: Document, what: str, now: int) -> None:
    if document.expires <= now:
        raise TrustError(
            f"{what} {document.version} expired on {moment(document.expires):%Y-%m-%d %H:%M} UTC",
            advice=f"Fetch the newest {what}; if there is none, somebody may be holding it back: "
            "ask the network's secretariat.",
        )


def _root(data: bytes) -> Document:
    document = parse(data, ROOT_LIMIT)
    root = document.signed
    if not isinstance(root, Root):
        raise TrustError("this is not a root file")
    for role in (Root.type, REGISTRARS):
        known = [root.keys[keyid] for keyid in root.roles[role].keyids if keyid in root.keys]
        if len({key.keyval.get("public") for key in known}) < len(known):
            raise TrustError(f"root {root.version} names a key twice, so that it counts twice")
    return document


def _verify(root: Root | Targets, role: str, document: Document) -> None:
    try:
        root.verify_delegate(role, document.payload, document.signatures)
    except (RepositoryError, ValueError) as error:
        raise TrustError(
            f"{document.kind} {document.version} is not signed as root {root.version} demands: "
            f"{error}",
            advice=_OTHERS,
        ) from error
