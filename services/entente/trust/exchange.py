"""An HPKE key that a device keeps and never shows: it opens what is sealed, one secret at a time.

RFC 9180 needs of a private key no more than the exchange of X25519, which the device does
(CKM_ECDH1_DERIVE); what follows is done here, by ``cryptography``. Tried with SoftHSM 2.6.1, which
keeps X25519 among its Edwards keys. PKCS#11 3.0 has a type of its own for them, Montgomery, which
``python-pkcs11`` cannot make: in a device that asks for it, make the key with its maker's tool.
"""

import threading
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from entente.errors import KeyMissing, TrustError
from entente.trust import device
from entente.trust.device import Place

X25519 = b"\x06\x03\x2b\x65\x6e"
"""The curve as a DER OBJECT IDENTIFIER (RFC 8410): 1.3.101.110."""


class DeviceExchange(X25519PrivateKey):
    """An X25519 key in a device."""

    def __init__(self, place: Place, key: Any, public: X25519PublicKey) -> None:
        self._place = place
        self._key = key
        self._public = public
        self._lock = threading.Lock()

    def exchange(self, peer_public_key: X25519PublicKey) -> bytes:
        """The secret that both share, by the device. Raises TrustError."""
        import pkcs11

        hidden = {pkcs11.Attribute.SENSITIVE: False, pkcs11.Attribute.EXTRACTABLE: True}
        try:
            with self._lock:
                found = self._key.derive_key(
                    pkcs11.KeyType.GENERIC_SECRET, 256,
                    mechanism=pkcs11.Mechanism.ECDH1_DERIVE,
                    mechanism_param=(pkcs11.KDF.NULL, None, peer_public_key.public_bytes_raw()),
                    template=hidden,
                )  # fmt: skip
                shared = bytes(found[pkcs11.Attribute.VALUE])
        except pkcs11.PKCS11Error as error:
            raise device.trouble(self._place, error) from error
        if not any(shared):  # RFC 9180, 7.1.4: a point of small order
            raise TrustError("What was sealed names a key of small order.")
        return shared

    def public_key(self) -> X25519PublicKey:
        """The public key."""
        return self._public

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """Nobody has them."""
        raise TrustError(f"The device {self._place.token} does not show its keys.")

    def private_bytes_raw(self) -> NoReturn:
        """Nobody has them."""
        self.private_bytes()

    def __copy__(self) -> "DeviceExchange":
        return self

    def __deepcopy__(self, memo: object) -> "DeviceExchange":
        return self


def key(uri: str, secret: bytes | None) -> DeviceExchange:
    """The key that a URI names. Raises KeyMissing, TrustError: what the device says."""
    place = Place.parse(uri)
    private, raw = device.pair(place, secret)
    if not hasattr(private, "derive_key") or len(raw) != 32:
        raise KeyMissing(f"{place.object} in {place.token} is no X25519 key that may derive.")
    return DeviceExchange(place, private, X25519PublicKey.from_public_bytes(raw))


def generate(uri: str, secret: bytes | None) -> None:
    """Make the key that a URI names in the device, unless it is there. Errors as ``key``."""
    device.generate(uri, secret, X25519)
