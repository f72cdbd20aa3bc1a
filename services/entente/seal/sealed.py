"""The sealed part of a statement: who. AES-256-GCM under a random content key (NIST SP 800-38D).

The copies of one alert on several topics share their id, and so one sealed part and one key.
Another version has another id, and is sealed under another key: a recipient of the first does not
read the second unless granted.
"""

import secrets
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entente.alert.record import Nominal
from entente.errors import ProofError, WireError
from entente.wire.avro import decode, encode
from entente.wire.schemas import by_sha256, latest
from entente.wire.statement import Sealed

NAME = "entente.alert.Nominal"
KEY = 32
NONCE = 12
TAG = 16


def new_content_key() -> bytes:
    """Return a random content key, for one statement id and no other."""
    return secrets.token_bytes(KEY)


def seal(nominal: Nominal, *, id: UUID, issuer: str, key: bytes) -> Sealed:
    """Seal the nominal part of the statement ``id`` of ``issuer`` under ``key``.

    Raises WireError if it does not fit the released schema.
    """
    schema = latest("nominal")
    plain = encode(schema, msgspec.to_builtins(nominal))
    nonce = secrets.token_bytes(NONCE)
    ciphertext = AESGCM(key).encrypt(nonce, plain, _associated(id, issuer))
    return Sealed(schema=schema.sha256, nonce=nonce, ciphertext=ciphertext)


def unseal(sealed: Sealed, *, id: UUID, issuer: str, key: bytes) -> Nominal:
    """Return the nominal part.

    Raises ProofError if the key is not this statement's or a byte was changed; WireError if what
    the issuer sealed is no nominal part, or its schema is not known here.
    """
    try:
        plain = _decrypt(key, sealed.nonce, sealed.ciphertext, _associated(id, issuer))
    except (InvalidTag, ValueError) as error:
        raise ProofError(
            f"the sealed part of {id} does not open with this key",
            advice="Ask its issuer for a grant; it may be for another version.",
        ) from error
    schema = by_sha256(sealed.schema)
    if schema is None or schema.fullname != NAME:
        raise WireError(
            f"the sealed part of {id} is in a schema that is not known here",
            advice="Update this software; the bytes are kept.",
        )
    try:
        return msgspec.convert(decode(schema, plain), Nominal)
    except msgspec.ValidationError as error:
        raise WireError(f"what is sealed in {id} is no nominal part: {error}") from error


def _decrypt(key: bytes, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
    return AESGCM(key).decrypt(nonce, ciphertext, associated)


def _associated(id: UUID, issuer: str) -> bytes:
    return id.bytes + issuer.encode()
