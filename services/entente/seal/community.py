"""Community keys on their way: made by one administration, wrapped to each, and signed.

A hand-over is a file for one administration. It may travel as it likes: HPKE keeps the key to its
recipient, and the maker's signature keeps others from slipping in a key that they know. Only
administrations are given one: never the correlator, and no office that makes no alerts.

Signed are the words ``entente community key 1``, a zero byte, and the wrapped key: no signed note
has a zero byte in it, so neither passes for the other.
"""

import datetime as dt
import re

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from entente.errors import ProofError, TrustError, WireError
from entente.proof.key import Signer, VerifyKey
from entente.seal import tokens
from entente.seal.tokens import CommunityKey, new_community_key
from entente.trust.register import Register

LIFE = 400
"""Days that a key is in use. One begins each quarter, so two alerts 310 days apart still meet."""
_DAY = 86_400_000_000
_QUARTER = re.compile(r"([0-9]{4})Q([1-4])")
_SIGNED = b"entente community key 1\x00"


class HandOver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: JSON, bytes in Base64."""

    epoch: str
    maker: str
    recipient: str
    wrapped: bytes
    public: bytes
    """The maker's signing key, as the register lists it."""
    signature: bytes


def epoch_key(epoch: str) -> CommunityKey:
    """Make the key of a quarter such as ``2026Q4``, in use for 400 days from its first one.

    Raises TrustError: that is no quarter.
    """
    found = _QUARTER.fullmatch(epoch)
    if found is None:
        raise TrustError(
            f"{epoch!r} is not the name of an epoch.", advice="Give a quarter such as 2026Q4."
        )
    first = dt.datetime(int(found[1]), 3 * int(found[2]) - 2, 1, tzinfo=dt.UTC)
    start = int(first.timestamp()) * 1_000_000
    return new_community_key(epoch, start=start, until=start + LIFE * _DAY - 1)


def hand_over(
    key: CommunityKey, *, maker: str, recipient: str, signer: Signer, register: Register, now: int
) -> bytes:
    """Return the file that gives ``recipient`` the key. Raises TrustError: it may not have it."""
    _administration(register, recipient)
    wrapped = tokens.wrap(
        key, recipient=recipient, recipient_key=register.hpke_key(recipient, now).public
    )
    made = HandOver(
        epoch=key.epoch,
        maker=maker,
        recipient=recipient,
        wrapped=wrapped,
        public=signer.public.raw,
        signature=signer.sign(_SIGNED + wrapped),
    )
    return msgspec.json.encode(made)


def receive(
    data: bytes, *, recipient: str, keys: tuple[X25519PrivateKey, ...], register: Register
) -> CommunityKey:
    """Return the key in a hand-over to us.

    Raises WireError: it is no hand-over. TrustError: it is another's, its maker is no
    administration of this network, its signature does not hold, or no key of ours opens it.
    """
    found = _decoded(data, recipient)
    _administration(register, recipient)
    _administration(register, found.maker)
    listed = register.signing_key(found.maker, found.public)
    if listed is None or (listed.ended is not None and listed.ended.why == "compromised"):
        raise TrustError(f"The register does not vouch for who signed this as {found.maker}.")
    if not VerifyKey(found.public).verify(found.signature, _SIGNED + found.wrapped):
        raise TrustError(f"This community key was not signed by {found.maker}.")
    return opened(data, recipient=recipient, keys=keys)


def opened(data: bytes, *, recipient: str, keys: tuple[X25519PrivateKey, ...]) -> CommunityKey:
    """Return the key in a hand-over that was received before, and kept since.

    Its maker is not judged again: that a key of the maker's was stolen later does not change the
    community key, and all would lose what they have in common. Raises WireError, TrustError.
    """
    found = _decoded(data, recipient)
    key = tokens.unwrap(found.wrapped, recipient=recipient, keys=keys)
    if key.epoch != found.epoch:
        raise TrustError(f"The key inside is of {key.epoch}, not of {found.epoch[:80]!r}.")
    return key


def _decoded(data: bytes, recipient: str) -> HandOver:
    try:
        found = msgspec.json.decode(data, type=HandOver)
        VerifyKey(found.public)
    except (msgspec.DecodeError, ProofError) as error:
        raise WireError(f"this file is no community key: {error}") from error
    if found.recipient != recipient:
        raise TrustError(f"This community key is for {found.recipient[:80]!r}, not {recipient}.")
    return found


def _administration(register: Register, id: str) -> None:
    role = register.administration(id).role
    if role != "administration":
        raise TrustError(
            f"{id} is a {role.replace('_', ' ')}: only administrations hold community keys.",
            advice="Who holds one can try names that it guesses; the correlator must not.",
        )
