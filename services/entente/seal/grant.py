"""Grants: the content key of a sealed part, wrapped for one recipient (wire format, section 7).

A grant is a statement of its own on the compacted topic ``grants``. It can be withdrawn, and the
wrapped key then disappears from the topic (``bus.topics`` says how soon). What a recipient has
opened cannot be unread, nor can copies be called back that somebody made of topic or store.
"""

from hashlib import sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from entente.errors import ProofError, TrustError
from entente.seal import hpke
from entente.seal.sealed import KEY

TYPE = "entente.grant.Grant"
PrivateKeys = tuple[X25519PrivateKey, ...]
"""The HPKE keys of a member, the current one first, then those it replaced."""
_INFO = b"entente grant 1\x00"
_COMMITMENT = b"entente content key 1\x00"


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a grant; the fields of ``schemas/grant.1.avsc``."""

    statement: bytes
    """Id of the granted statement, 16 bytes."""
    recipient: str
    recipient_key: bytes
    """The recipient's public key, 32 bytes: which of its private keys opens this."""
    wrapped: bytes
    commitment: bytes
    """32 bytes that all grants of a statement share."""

    def fields(self) -> dict[str, Any]:
        """Return the grant as plain values for ``wire.avro.encode``."""
        return msgspec.structs.asdict(self)


def grant(key: bytes, *, statement: UUID, recipient: str, recipient_key: bytes) -> Grant:
    """Wrap the content key of ``statement`` to the HPKE key of ``recipient``.

    Raises TrustError for a public key of small order.
    """
    return Grant(
        statement=statement.bytes,
        recipient=recipient,
        recipient_key=recipient_key,
        wrapped=hpke.wrap(key, recipient_key, _info(statement.bytes, recipient)),
        commitment=commit(key),
    )


def open_grant(granted: Grant, keys: PrivateKeys) -> bytes:
    """Return the content key, with whichever of the recipient's private keys fits.

    Raises TrustError if none does, ProofError if what was wrapped is not the key committed to.
    """
    for private in keys:
        if private.public_key().public_bytes_raw() == granted.recipient_key:
            info = _info(granted.statement, granted.recipient)
            key = hpke.unwrap(granted.wrapped, private, info)
            break
    else:
        raise TrustError(
            f"no HPKE key at hand is the one that this was granted to {granted.recipient} with",
            advice="Old HPKE keys are kept in the member's folder, under old/.",
        )
    if len(key) != KEY or not compare_digest(commit(key), granted.commitment):
        raise ProofError("the grant does not hold the content key that it commits to")
    return key


def commit(key: bytes) -> bytes:
    """Return the commitment to a content key: AES-GCM alone binds no ciphertext to one key."""
    return sha256(_COMMITMENT + key).digest()


def national_ref(statement: UUID, recipient: str) -> str:
    """Return the reference from which a grant's subject is made: one per statement and recipient.

    So a grant given again, or withdrawn, is a version of the same subject.
    """
    return f"grant/{statement}/{recipient}"


def read_grant(fields: dict[str, Any]) -> Grant:
    """Return the grant in a decoded body. Raises ProofError if it is none."""
    try:
        found = msgspec.convert(fields, Grant, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise ProofError(f"this body is not a grant: {error}") from error
    if (len(found.statement), len(found.recipient_key), len(found.commitment)) != (16, 32, 32):
        raise ProofError("this body is not a grant: a field has the wrong length")
    return found


def _info(statement: bytes, recipient: str) -> bytes:
    return _INFO + statement + recipient.encode()
