"""The fold of records that are judged: whatever else it keeps, it takes verdicts in."""

from abc import ABC, abstractmethod

from entente.bus.producer import Outgoing
from entente.bus.reception import Reception
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.proof.verdict import Verdict


class Judging(ABC):
    """A fold for a ``Projection``, of topics of signed statements."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def fold(self, rows: Rows, record: Record) -> list[Outgoing]:
        """Take one record in; returns what goes to quarantine."""
        verdict, outgoing = self._reception.take(rows, record)
        self._apply(rows, record, verdict)
        return outgoing

    def judge_again(self, rows: Rows, *, changed: bool) -> None:
        """Judge again, as ``Reception.judge_again`` says, and take the new verdicts in.

        ``changed``: the register, or this program, may be another one since the last time.
        """
        for record, verdict in self._reception.judge_again(rows, changed=changed):
            self._replace(rows, record, verdict)

    @abstractmethod
    def _apply(self, rows: Rows, record: Record, verdict: Verdict) -> None:
        """Take a verdict in. One that repeats an earlier one changes nothing."""

    def _replace(self, rows: Rows, record: Record, verdict: Verdict) -> None:
        """Take a verdict in that replaces the earlier one on its record."""
        self._apply(rows, record, verdict)
