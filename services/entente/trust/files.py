"""Files of a trust store: written whole or not at all; private keys readable by their owner only.

Private keys are PKCS #8 PEM (RFC 5958), encrypted with a passphrase unless the caller says
``None``, which stands for an unencrypted file and is meant for demonstrations. Of a key in a device
the file only says where it is (``trust.device``).
"""

import contextlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from entente.errors import ConfigError, FileError, KeyMissing, disk
from entente.proof.key import Signer, SigningKey
from entente.trust import device, exchange

PrivateKey = SigningKey | X25519PrivateKey | EllipticCurvePrivateKey
"""Signing, HPKE and TLS keys, in this order."""

_ENCRYPTED = b"BEGIN ENCRYPTED PRIVATE KEY"
VARIABLE = "ENTENTE_PASSPHRASE"
"""The environment variable that holds the passphrase of private keys."""


def write(path: Path, data: bytes, *, private: bool = False) -> None:
    """Put ``data`` at ``path``: a reader sees the old file or the new one, never a part.

    A private file has mode 0600 from its first byte. Raises StoreFull, StoreError.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    mode = 0o600 if private else 0o644
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise disk(error, f"cannot write {path}") from error


def read(path: Path, limit: int = 1 << 20) -> bytes:
    """Return the bytes of ``path``, at most ``limit`` of them. Raises FileError."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > limit:
        raise FileError(
            f"{path} has more than {limit} bytes", advice="It is not what it should be."
        )
    return data


def pem(key: PrivateKey, secret: bytes | None) -> bytes:
    """Return the PKCS #8 PEM of ``key``; a ``secret`` of None leaves it unencrypted."""
    protection: KeySerializationEncryption = NoEncryption()
    if secret is not None:
        if not secret:
            raise ConfigError("the passphrase is empty", advice=f"Set {VARIABLE}.")
        protection = BestAvailableEncryption(secret)
    plain = Ed25519PrivateKey.from_private_bytes(key.seed) if isinstance(key, SigningKey) else key
    return plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


def write_key(path: Path, key: PrivateKey, secret: bytes | None) -> None:
    """Write a private key, mode 0600."""
    write(path, pem(key, secret), private=True)


def _load(path: Path, secret: bytes | None) -> object:
    try:
        data = read(path, 1 << 16)
    except FileError as error:
        raise KeyMissing(f"there is no private key at {path}") from error
    encrypted = _ENCRYPTED in data
    try:
        return load_pem_private_key(data, secret if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted:
            what = (
                f"{path} does not open with this passphrase" if secret else f"{path} is encrypted"
            )
            raise KeyMissing(what, advice=f"Set {VARIABLE} to the passphrase.") from error
        raise KeyMissing(f"{path} is not a PKCS #8 private key") from error


def _wrong(path: Path, kind: str) -> KeyMissing:
    return KeyMissing(f"{path} is not {kind}", advice="The files may have been exchanged.")


def encrypted(path: Path) -> bool:
    """Whether the private key at ``path`` is encrypted."""
    return _ENCRYPTED in read(path, 1 << 16)


def _pointer(path: Path) -> str | None:
    """Where in a device the key is that belongs at ``path``; None if it is in the file."""
    with contextlib.suppress(FileError):
        if (data := read(path, device.LIMIT)).startswith(device.SCHEME.encode()):
            return data.decode("utf-8", "replace").strip()
    return None


def signing_key(path: Path, secret: bytes | None = None) -> Signer:
    """Read an Ed25519 key, or find it in its device. Raises KeyMissing."""
    if (uri := _pointer(path)) is not None:
        return device.key(uri, secret)
    key = _load(path, secret)
    if not isinstance(key, Ed25519PrivateKey):
        raise _wrong(path, "an Ed25519 key")
    return SigningKey(key.private_bytes_raw())


def hpke_key(path: Path, secret: bytes | None = None) -> X25519PrivateKey:
    """Read an X25519 key, or find it in its device. Raises KeyMissing."""
    if (uri := _pointer(path)) is not None:
        return exchange.key(uri, secret)
    key = _load(path, secret)
    if not isinstance(key, X25519PrivateKey):
        raise _wrong(path, "an X25519 key")
    return key


def tls_key(path: Path, secret: bytes | None = None) -> EllipticCurvePrivateKey:
    """Read a P-256 key. Raises KeyMissing."""
    key = _load(path, secret)
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise _wrong(path, "a P-256 key")
    return key
