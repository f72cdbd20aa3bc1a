"""A submission: one version of one subject, ready to be said."""

from dataclasses import dataclass, field
from typing import TypedDict

from entente.alert.handling import Handling
from entente.alert.record import AnyAlert
from entente.publish.mapping import Change


class Towards(TypedDict, total=False):
    """Whom it is said to: fields of a submission, all empty by default."""

    audience_regions: tuple[str, ...]
    audience_administrations: tuple[str, ...]
    regions: tuple[str, ...]
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """What is said, with how it may be used and where it goes. No alert in a withdrawal."""

    row: int
    administration: str
    national_ref: str
    kind: str
    alert: AnyAlert | None
    handling: Handling
    audience_regions: tuple[str, ...] = ()
    audience_administrations: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Empty: the administration's home region."""
    recipients: tuple[str, ...] = ()
    version: int = 1
    change: Change = "NEW"
    reason: str | None = None
    original: bytes = field(default=b"", repr=False, compare=False)
    """The row it came from, should it be refused later."""
