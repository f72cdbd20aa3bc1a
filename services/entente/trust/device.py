"""A key that a device keeps and never shows (PKCS#11): an HSM, a card, a token.

Where a private key's file would be, stands a line that says which key of which device it is, as a
PKCS#11 URI (RFC 7512):

    pkcs11:token=JP;object=signing?module-path=/usr/lib/softhsm/libsofthsm2.so

``pin-source=file:/path`` names a file with the PIN; else it is the passphrase of private keys.
For signing the device must know Ed25519 (mechanism EDDSA, PKCS#11 3.0); for sealed names see
``trust.exchange``. Needs ``python-pkcs11``.
"""

import threading
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from entente.errors import KeyMissing, ProofError, TrustError
from entente.proof.key import VerifyKey

SCHEME = "pkcs11:"
LIMIT = 4_096
"""Bytes of a URI."""
_PATH, _QUERY = frozenset(("token", "object")), frozenset(("module-path", "pin-source"))
EDWARDS25519 = b"\x13\x0cedwards25519"
"""The curve's name as a DER PrintableString (PKCS#11 3.0, section 2.3.10)."""


class Place(NamedTuple):
    """Which key of which device."""

    module: str
    """The device's own library, which is loaded into this process: whom to trust like ourselves."""
    token: str
    object: str
    pin_source: str | None = None

    @classmethod
    def parse(cls, uri: str) -> "Place":
        """Read a URI. Raises KeyMissing: it does not name module, token and object."""
        path, _, query = uri.removeprefix(SCHEME).partition("?")
        found: dict[str, str] = {}
        for text, separator, known in ((path, ";", _PATH), (query, "&", _QUERY)):
            for part in filter(None, text.split(separator)):
                name, _, value = part.partition("=")
                if name not in known or name in found:
                    raise KeyMissing(
                        f"The PKCS#11 URI has a part {name[:40]!r} that is not read here.",
                        advice=f"It may have {', '.join(sorted(_PATH | _QUERY))}, each once.",
                    )
                found[name] = unquote(value)
        missing = sorted({"token", "object", "module-path"} - found.keys())
        if not uri.startswith(SCHEME) or missing:
            raise KeyMissing(
                f"The PKCS#11 URI does not say its {', '.join(missing) or 'scheme'}.",
                advice="E.g. pkcs11:token=JP;object=signing?module-path=/usr/lib/…/module.so",
            )
        return cls(found["module-path"], found["token"], found["object"], found.get("pin-source"))


class DeviceKey:
    """An Ed25519 key in a device: a ``proof.key.Signer``."""

    def __init__(self, place: Place, key: Any, public: VerifyKey) -> None:
        self._place = place
        self._key = key
        self._lock = threading.Lock()
        self.public = public

    def sign(self, message: bytes) -> bytes:
        """The device's signature, checked: what is wrong must not be said. Raises TrustError."""
        import pkcs11

        try:
            with self._lock:
                signature = bytes(self._key.sign(message, mechanism=pkcs11.Mechanism.EDDSA))
        except pkcs11.PKCS11Error as error:
            raise trouble(self._place, error) from error
        if not self.public.verify(signature, message):
            raise TrustError(f"The device {self._place.token} gave a signature that is not good.")
        return signature

    def __repr__(self) -> str:
        return f"DeviceKey({self._place.token}, {self._place.object})"


def key(uri: str, secret: bytes | None) -> DeviceKey:
    """The key that a URI names. Raises KeyMissing, TrustError: what the device says."""
    place = Place.parse(uri)
    private, raw = pair(place, secret)
    try:
        return DeviceKey(place, private, VerifyKey(raw))
    except ProofError as error:
        raise KeyMissing(f"{place.object} in {place.token} is no Ed25519 key: {error}.") from error


def pair(place: Place, secret: bytes | None) -> tuple[Any, bytes]:
    """The private key as the device knows it, and the public one. Errors as ``key``."""
    session = _session(place, _pin(place, secret))
    import pkcs11

    try:
        private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=place.object)
        public = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=place.object)
        point = bytes(public[pkcs11.Attribute.EC_POINT])
    except pkcs11.PKCS11Error as error:
        raise trouble(place, error) from error
    # A DER OCTET STRING by the standard; some devices give the bare point.
    return private, point[2:] if len(point) == 34 and point[:2] == b"\x04\x20" else point


def generate(uri: str, secret: bytes | None, curve: bytes = EDWARDS25519) -> None:
    """Make the key that a URI names in the device, on a curve, unless it is there.

    Raises KeyMissing, TrustError: what the device says.
    """
    place = Place.parse(uri)
    session = _session(place, _pin(place, secret))
    import pkcs11

    try:
        label = {pkcs11.Attribute.LABEL: place.object}
        if any(True for _ in session.get_objects(label)):
            return
        # Who is logged in is so in every session of this process.
        with session.token.open(rw=True) as writing:
            domain = writing.create_domain_parameters(
                pkcs11.KeyType.EC_EDWARDS,
                {pkcs11.Attribute.EC_PARAMS: curve},
                local=True,
            )
            uses = pkcs11.MechanismFlag
            domain.generate_keypair(
                mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                capabilities=uses.SIGN | uses.VERIFY if curve == EDWARDS25519 else uses.DERIVE,
                label=place.object,
                store=True,
            )
    except pkcs11.PKCS11Error as error:
        raise trouble(place, error) from error


def _pin(place: Place, secret: bytes | None) -> str:
    pin = secret
    if place.pin_source is not None:
        path = Path(place.pin_source.removeprefix("file:"))
        try:
            pin = path.read_bytes()[:LIMIT].splitlines()[0]
        except (OSError, IndexError) as error:
            raise KeyMissing(f"There is no PIN to be read from {path}.") from error
    if not pin:
        raise KeyMissing(
            f"There is no PIN for the device {place.token}.",
            advice="Set ENTENTE_PASSPHRASE to it, or name a file as pin-source in the URI.",
        )
    return pin.decode("utf-8", "replace")


@cache
def _session(place: Place, pin: str) -> Any:
    """A session in which the user is logged in: once for a device and process."""
    try:
        import pkcs11
    except ImportError as error:
        raise KeyMissing(
            "Keys in devices need the package python-pkcs11, which is not installed.",
            advice="Install it where Entente is: pip install python-pkcs11",
        ) from error
    missing = KeyMissing(
        f"The PKCS#11 module {place.module} cannot be loaded.",
        advice="Install the device's software, or correct module-path.",
    )
    if not Path(place.module).is_file():
        raise missing
    try:
        token = pkcs11.lib(place.module).get_token(token_label=place.token)
        try:
            return token.open(user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:  # for another key of this device
            return token.open()
    except pkcs11.PKCS11Error as error:
        raise trouble(place, error) from error
    except RuntimeError as error:
        raise missing from error


def trouble(place: Place, error: Exception) -> TrustError:
    """What a device says, as a sentence."""
    name = type(error).__name__
    said = {
        "NoSuchToken": "is not there",
        "TokenNotPresent": "is not there",
        "DeviceRemoved": "is not there",
        "NoSuchKey": f"has no key {place.object!r}",
        "MultipleObjectsReturned": f"has several keys {place.object!r}",
        "MultipleTokensReturned": "is there several times",
        "PinIncorrect": "does not open with this PIN",
        "PinLocked": "is locked: too many wrong PINs",
        "MechanismInvalid": "does not know this kind of key",
    }.get(name, f"has failed ({name})")
    return KeyMissing(
        f"The device {place.token!r} {said}.",
        advice="Check the device and the URI in the key's file; a wrong PIN given too often locks"
        " the device.",
    )
