"""What of an inbox one reader is shown: statements said to it, as if no others had been made."""

from collections.abc import Callable, Iterator
from itertools import groupby

from entente.bus import inbox
from entente.bus.arrivals import View
from entente.bus.reception import held
from entente.bus.spoken import Spoken
from entente.trust.administration import Administration
from entente.trust.audience import admits

Admit = Callable[[Spoken], bool]
"""Whether something accepted is said to the reader."""


def said_to(me: Administration) -> Admit:
    """What is said to a member, by its audience."""

    def admit(one: Spoken) -> bool:
        return admits(one.statement.audience, one.statement.issuer, me)

    return admit


def heads(view: View, admit: Admit) -> Iterator[Spoken]:
    """The version that holds of each subject, for this reader; withdrawals of what it was told."""
    for _, rows in groupby(view.scan(inbox.VERSION), key=lambda row: inbox.spoken(row[0])):
        found = next(told(view, [key for key, _ in rows], admit), None)
        if found is not None:
            yield found


def shown(view: View, spoken: Spoken, admit: Admit) -> bool:
    """Whether its reader is shown something: it is said to it, and so is what it withdraws."""
    if not admit(spoken):
        return False
    statement = spoken.statement
    version = inbox.version_key(statement.subject.bytes, statement.issuer, statement.version)
    one = inbox.holding(view, version)
    if one is None or not one.withdraws:
        return True
    same = [key for key, _ in view.scan(inbox.VERSION, inbox.spoken(version))]
    return any(True for _ in told(view, same, admit))


def told(view: View, versions: list[bytes], admit: Admit) -> Iterator[Spoken]:
    """The versions of one subject that its reader was told, highest first.

    None if they are withdrawals only: then it was never told of the subject.
    """
    withdrawals: list[Spoken] = []
    spoken = False
    for version in reversed(versions):
        one = inbox.holding(view, version)
        if one is None:
            continue
        found = Spoken(held(view, one.place))
        if not admit(found):
            continue
        if one.withdraws and not spoken:
            withdrawals.append(found)
            continue
        spoken = True
        yield from withdrawals
        withdrawals.clear()
        yield found
