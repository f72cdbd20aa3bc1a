"""Ed25519 keys (RFC 8032): 32 bytes each, private and public."""

from typing import Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from entente.errors import ProofError

_PRIME = 2**255 - 19
_ORDER_EIGHT = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER = {0, 1, _PRIME - 1, _ORDER_EIGHT, _PRIME - _ORDER_EIGHT}
"""The y coordinates of the eight points whose order divides 8; who holds none can sign for them."""


class VerifyKey:
    """An Ed25519 public key. Equal keys are equal values."""

    __slots__ = ("_key", "raw")

    def __init__(self, raw: bytes) -> None:
        """Take the 32 bytes of RFC 8032, section 5.1.2.

        Raises:
            ProofError: not 32 bytes, not a canonical encoding, or a point of small order.
        """
        if len(raw) != 32:
            raise ProofError(f"an Ed25519 public key has 32 bytes, not {len(raw)}")
        y = int.from_bytes(raw, "little") & ~(1 << 255)
        if y >= _PRIME:
            raise ProofError("an Ed25519 public key is not in its canonical form")
        if y in _SMALL_ORDER:
            raise ProofError("an Ed25519 public key is of small order: anyone could sign with it")
        self.raw = raw
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether ``signature`` (64 bytes) is this key's over ``message``."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyKey) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"VerifyKey({self.raw.hex()})"


class Signer(Protocol):
    """What signs: a private key in a file, or one that a device keeps and never shows."""

    @property
    def public(self) -> VerifyKey:
        """The public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature over a message."""
        ...


class SigningKey:
    """An Ed25519 private key. It is never shown: not by ``repr``, not in an error."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        """Take the 32-byte private key of RFC 8032, section 5.1.5.

        Raises:
            ProofError: not 32 bytes.
        """
        if len(seed) != 32:
            raise ProofError(f"an Ed25519 private key has 32 bytes, not {len(seed)}")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = VerifyKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """A new key, from the system's randomness."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def seed(self) -> bytes:
        """The 32 bytes to store, and to keep secret."""
        return self._key.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over a message."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.raw.hex()})"
