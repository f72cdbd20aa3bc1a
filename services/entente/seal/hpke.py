"""Wrapping a secret to one holder of an X25519 key by HPKE (RFC 9180).

Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, empty AAD. The wrapped form is the
encapsulated key (32 bytes) followed by the ciphertext.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from entente.errors import TrustError

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
OVERHEAD = 32 + 16
"""Bytes that wrapping adds."""


def wrap(secret: bytes, public: bytes, info: bytes) -> bytes:
    """Return ``secret`` wrapped to ``public`` (32 bytes) for the purpose ``info``.

    Raises TrustError for a key of small order: what is wrapped to it, anybody can open.
    """
    try:
        return _SUITE.encrypt(secret, X25519PublicKey.from_public_bytes(public), info)
    except ValueError as error:
        raise TrustError("nothing can be wrapped to this HPKE key") from error


def unwrap(wrapped: bytes, private: X25519PrivateKey, info: bytes) -> bytes:
    """Return the secret. Raises TrustError if it was not wrapped to this key for this purpose."""
    try:
        return _SUITE.decrypt(wrapped, private, info)
    except (InvalidTag, ValueError) as error:
        raise TrustError(
            "this was not wrapped to the key at hand, or not for this purpose",
            advice="Check that the old HPKE keys are still in the member's folder.",
        ) from error
