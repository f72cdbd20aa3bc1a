"""The head of an alert: its highest version. Everything the correlator says is made from heads."""

from typing import Literal

import msgspec

from entente.alert.handling import Handling
from entente.alert.record import AnyAlert

Change = Literal["NEW", "CORRECTION", "WITHDRAWAL"]


class Token(msgspec.Struct, frozen=True, order=True):
    """A link token of a sealed value: equal tokens mean equal values, and that is all they say."""

    kind: str
    epoch: str
    token: str
    """Lower-case hexadecimal."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an alert, as the correlator sees it. A withdrawal has no ``alert``."""

    subject: str
    issuer: str
    version: int
    change: Change = "NEW"
    issued_at: int
    """Microseconds since the epoch, by the issuer's clock."""
    alert: AnyAlert | None = None
    statement: str | None = None
    """SHA-256 of the statement's bytes, lower-case hexadecimal, where there is one."""
    handling: Handling | None = None
    regions: tuple[str, ...] | None = None
    administrations: tuple[str, ...] | None = None
    """Audience of the statement; ``None``: not limited."""
    tokens: tuple[Token, ...] = ()


_json = msgspec.json.Encoder(order="sorted")


def supersedes(new: Head, old: Head | None) -> bool:
    """Whether ``new`` takes the place of ``old``: a total order, so arrival does not matter.

    The higher version holds. Two statements of one version are their issuer's fault; of these a
    withdrawal holds, then the smaller digest, then the smaller bytes.
    """
    if old is None:
        return True
    if new.version != old.version:
        return new.version > old.version
    return _rank(new) < _rank(old)


def _rank(head: Head) -> tuple[bool, str, bytes]:
    return head.change != "WITHDRAWAL", head.statement or "", _json.encode(head)


def is_bare(head: Head) -> bool:
    """Whether nothing but its version is left of a head."""
    return head.alert is None and head.change != "WITHDRAWAL"


def bare(head: Head) -> Head:
    """What has to be kept of a head that is compared no more: which version it is."""
    return msgspec.structs.replace(
        head, alert=None, handling=None, regions=None, administrations=None, tokens=()
    )
