"""Link tokens: equal sealed values meet without being read (wire format, section 4).

A token is an HMAC of a normalised value under the community key of an epoch. Administrations hold
these keys, the correlator never does: it sees that two tokens are equal, and nothing else. Who
holds a key can try values that it can guess, so tokens blind values towards the correlator and
towards the public, not towards other administrations.
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from entente.errors import TrustError
from entente.seal import hpke
from entente.seal.normalise import Value
from entente.wire.statement import LinkToken

SIZE = 16
_EPOCH = re.compile(r"[0-9A-Za-z-]{1,32}")
_INFO = b"entente community key 1\x00"


class CommunityKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key of an epoch, in use from ``start`` to ``until``, ends included (microseconds).

    Epochs overlap: two alerts share an epoch, and can meet, if both fall into its time. To link
    across a window of 400 days, let each key live that long and begin one every quarter.
    """

    epoch: str
    key: bytes
    start: int
    until: int

    def __post_init__(self) -> None:
        if not _EPOCH.fullmatch(self.epoch) or len(self.key) != 32 or self.until < self.start:
            raise ValueError("a community key has a plain name, 32 bytes and a time in order")

    def __repr__(self) -> str:
        return f"CommunityKey({self.epoch})"


def new_community_key(epoch: str, *, start: int, until: int) -> CommunityKey:
    """Make a random key. Raises ValueError if the name or the times are not in order."""
    return CommunityKey(epoch=epoch, key=secrets.token_bytes(32), start=start, until=until)


def token(key: CommunityKey, value: Value) -> LinkToken:
    """Return the token of one value in one epoch."""
    message = value.kind.encode() + b"\x00" + value.text.encode()
    digest = hmac.digest(key.key, message, sha256)
    return LinkToken(kind=value.kind, epoch=key.epoch, token=digest[:SIZE])


def tokens(
    keys: Iterable[CommunityKey], values: Iterable[Value], now: int
) -> tuple[LinkToken, ...]:
    """Return the tokens of all values under every key in use at ``now``, sorted, each once.

    Sorted, so that their order says nothing of the order of the fields. Raises TrustError if no
    key is in use: alerts would silently stop to meet.
    """
    in_use = [key for key in keys if key.start <= now <= key.until]
    if not in_use:
        raise TrustError(
            "no community key is in use now: link tokens cannot be made",
            advice="Ask the network's secretariat for the key of this epoch.",
        )
    made = {token(key, value) for key in in_use for value in values}
    return tuple(sorted(made, key=lambda made: (made.kind, made.epoch, made.token)))


def wrap(key: CommunityKey, *, recipient: str, recipient_key: bytes) -> bytes:
    """Return a community key wrapped for one administration, as a file to hand over."""
    return hpke.wrap(msgspec.json.encode(key), recipient_key, _INFO + recipient.encode())


def unwrap(wrapped: bytes, *, recipient: str, keys: tuple[X25519PrivateKey, ...]) -> CommunityKey:
    """Return the community key in such a file. Raises TrustError."""
    problem = TrustError("there is no HPKE key to open this community key with")
    for private in keys:
        try:
            plain = hpke.unwrap(wrapped, private, _INFO + recipient.encode())
            return msgspec.json.decode(plain, type=CommunityKey)
        except TrustError as error:
            problem = error
        except msgspec.DecodeError as error:
            raise TrustError("what was wrapped is not a community key") from error
    raise problem
