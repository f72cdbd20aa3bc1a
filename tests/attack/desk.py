"""A reader's desk without a broker: reception and inbox, rows in memory, and what went out."""

from typing import get_args

from tests.unit.test_read import TABLE, register

from entente.alert.record import AnyAlert
from entente.bus import inbox
from entente.bus.inbox import Inbox
from entente.bus.producer import MAX_QUARANTINED
from entente.bus.reception import HELD, WAITING, Reception, held, place
from entente.bus.topics import QUARANTINE
from entente.proof.keyring import Keyring
from entente.proof.quarantine import QuarantinedRecord, decode_quarantined
from entente.proof.record import Record
from entente.proof.rows import MemoryRows

NETWORK, NOW = TABLE["network"], TABLE["now"]


class Desk:
    """Takes records as an office does, in memory. ``register`` and ``now`` may be changed."""

    def __init__(self, register_name: str = "today", now: int = NOW) -> None:
        self.register: Keyring = register(register_name)
        self.now = now
        self.rows = MemoryRows()
        self.reception = Reception("RILO-AP", NETWORK, lambda: self.register, lambda: self.now)
        self.inbox = Inbox(self.reception, lambda: self.now, get_args(AnyAlert))
        self.quarantined: list[QuarantinedRecord] = []

    def take(self, record: Record) -> str:
        """Take a record in; ``accepted``, ``duplicate``, or step and code.

        What is refused has gone to quarantine once, whole, in a record that the topic takes.
        """
        outgoing = self.inbox.fold(self.rows, record)
        if not outgoing:
            known = self.rows.get(HELD, place(record.topic, record.partition, record.offset))
            return "duplicate" if known is None else "accepted"
        (one,) = outgoing
        assert one.topic == QUARANTINE
        assert one.value is not None
        assert len(one.value) <= MAX_QUARANTINED
        found = decode_quarantined(one.value)
        assert (found.record.key, found.record.value) == (record.key, record.value)
        self.quarantined.append(found)
        return f"{found.step} {found.code}"

    def judge_again(self, *, changed: bool = True) -> None:
        self.inbox.judge_again(self.rows, changed=changed)

    def waiting(self) -> int:
        return sum(1 for _ in self.rows.scan(WAITING))

    def standing(self) -> set[bytes | None]:
        """The values of the records that stand in the inbox."""
        return {
            held(self.rows, inbox.holds(inbox.said(value)).place).value
            for _, value in self.rows.scan(inbox.VERSION)
        }

    @property
    def view(self) -> "Shown":
        """What a reader of the inbox sees."""
        return Shown(self.rows)

    def taken_back(self) -> int:
        return sum(
            1 for _, value in self.rows.scan(inbox.ARRIVAL) if inbox.arrival(value).taken_back
        )


class Shown:
    """The rows of one partition as a view of an inbox."""

    partitions = (0,)

    def __init__(self, rows: MemoryRows) -> None:
        self.get, self.scan = rows.get, rows.scan
