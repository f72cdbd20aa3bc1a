"""What a reader refused or keeps waiting, from the rows that it holds."""

from collections.abc import Iterator
from typing import NamedTuple

from entente.bus.arrivals import View
from entente.bus.reception import HELD, WAITING, held, refusal
from entente.proof.record import Record
from entente.proof.verdict import Code

CODES = {code.value: code for code in Code}


class Refusal(NamedTuple):
    """A record as it came, why it was not accepted, and whether it may be yet."""

    record: Record
    code: Code
    waiting: bool


def refused(view: View) -> Iterator[Refusal]:
    """All that was not accepted, by topic and offset."""
    waiting = {key for key, _ in view.scan(WAITING)}
    for key, data in view.scan(HELD):
        code = refusal(data)
        if code is not None:
            yield Refusal(held(view, key), CODES[code], key in waiting)
