"""The epoch: what the correlator was given, for some readers, before it began to think.

What a proposal says follows from the alerts, the decisions, and the moments at which the correlator
took stock of them; only the last are not on the log by themselves. With its epochs a proposal can
be computed again from the log, byte for byte, by whoever may see all that it was computed from.

The issuer is the correlator. An epoch is said to the same readers as the proposals that follow from
it, and never corrected.
"""

from entente.alert.record import Part


class Limit(Part, frozen=True, kw_only=True):
    """An audience of alerts, their issuers included."""

    regions: tuple[str, ...] = ()
    administrations: tuple[str, ...] = ()


class Saying(Part, frozen=True, kw_only=True):
    """A version of a proposal."""

    case: str
    """UUID."""
    version: int


class Epoch(Part, frozen=True, kw_only=True):
    """What was taken in before proposals were computed, and what these were."""

    view: tuple[Limit, ...] = ()
    """For whom: alerts for everybody, and for each of these audiences, sorted."""
    number: int
    """Rises by one with each epoch of a view; as in the ``basis`` of proposals."""
    part: int = 1
    parts: int = 1
    """A long list is said in several statements: together they are the epoch."""
    register: int | None = None
    """Version of the register by which it was reckoned: who is in an audience, who hears what
    follows, and about whose alerts a coordinator may decide."""
    anew: bool = False
    """The engine began anew, with the last versions of its proposals and all that this and earlier
    epochs name, less what is gone."""
    alerts: tuple[str, ...] = ()
    """SHA-256 of the statements that it was given since the epoch before, sorted; lower-case
    hexadecimal."""
    gone: tuple[str, ...] = ()
    """The same of what it was not given again when it began anew: taken back, or another copy of
    the same version has its place."""
    decisions: tuple[str, ...] = ()
    """The same of all decisions that it obeys."""
    said: tuple[Saying, ...] = ()
    """What was said."""
