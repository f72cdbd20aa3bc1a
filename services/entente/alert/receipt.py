"""The receipt: what an office says of the alerts that reached it.

One receipt names many statements: on ``receipts.<region>`` those of ``alerts.<region>``, by their
place in their issuers' lanes. What it names is new since the last one; who wants to know all takes
the union of all receipts of a reader, in any order.
"""

from entente.alert.record import Part


class Range(Part, frozen=True, kw_only=True):
    """Places in a lane, both ends included."""

    first: int
    last: int


class LaneReceipt(Part, frozen=True, kw_only=True):
    """What of one lane reached the reader, by the index of its statements."""

    issuer: str
    lane: int
    delivered: tuple[Range, ...] = ()
    """Verified, and in the reader's inbox."""
    read: tuple[Range, ...] = ()
    """Handed out to a person or a system of the reader."""
    withdrawn: tuple[Range, ...] = ()
    """Withdrawals that the reader has followed: what they withdraw holds no longer there."""


class Receipt(Part, frozen=True, kw_only=True):
    """What has reached a reader since its last receipt."""

    lanes: tuple[LaneReceipt, ...]
    witnessed: tuple[str, ...] = ()
    """Checkpoints that the reader co-signs (C2SP tlog-cosignature), with their issuer's line."""
