"""How alerts reach us: late, doubled, corrected, withdrawn, and overtaking one another."""

from dataclasses import dataclass
from random import Random

from entente.alert.record import AnyAlert
from entente.exercise import numbers
from entente.exercise.actors import Actor
from entente.exercise.draft import Draft, Seen
from entente.exercise.plant import copy
from entente.exercise.report import report
from entente.exercise.world import DAY, START, Issuer, World
from entente.wire.names import subject_id

NETWORK = "exercise.entente.example"
"""The network that the ids of simulated subjects belong to."""
_HOUR = DAY // 24
CORRECTED, WITHDRAWN, DOUBLED, TWICE, OVERTAKES = 0.04, 0.012, 0.015, 0.006, 0.2
"""Share of alerts corrected, withdrawn, received twice, reported under two references; share of
corrections that arrive before what they correct."""


@dataclass(frozen=True)
class Message:
    """One line of the stream, and what it shows of a planted consignment."""

    subject: str
    issuer: str
    version: int
    change: str
    issued_at: int
    received_at: int
    alert: AnyAlert | None
    seen: Seen | None = None


def messages(
    world: World,
    draft: Draft,
    rng: Random,
    *,
    planted: bool = False,
    wrong: Draft | None = None,
    mended: bool = False,
) -> list[Message]:
    """All messages about one consignment. ``wrong`` is the draft as first misreported, ``mended``
    whether that is put right."""  # fmt: skip
    result = _told(world, draft, rng, planted, wrong, mended)
    if rng.random() < TWICE:  # two systems of one administration report the same seizure
        result += _told(world, draft, rng, planted, None, False)
    return result


def _told(
    world: World, draft: Draft, rng: Random, planted: bool, wrong: Draft | None, mended: bool
) -> list[Message]:
    issuer = world.by_code[draft.issuer]
    ref = f"{2025 + draft.day // 365}-{rng.getrandbits(44):011X}"
    subject = str(subject_id(NETWORK, issuer.code, ref))
    issued = START + (draft.day + _lag(issuer, draft.day, rng)) * DAY + rng.randrange(DAY)
    roll = rng.random()
    versions = [wrong or draft]
    if wrong and mended:
        versions.append(draft)
    elif roll < CORRECTED and not wrong:
        versions = [_mistaken(world, draft, rng), draft]
        if rng.random() < 0.08:
            versions.append(versions[0])
    habit = rng.getrandbits(60) if len(versions) > 1 else 0
    result: list[Message] = []
    for version, said in enumerate(versions, 1):
        seen: Seen | None = {} if planted else None
        source = Random(habit) if habit else rng  # noqa: S311  # a correction changes one thing, not all
        alert = report(world, said, ref, source, seen)
        change = "NEW" if version == 1 else "CORRECTION"
        result.append(Message(subject, issuer.code, version, change, issued, issued + _travel(rng), alert, seen))  # fmt: skip
        issued += _HOUR + rng.randrange(12 * DAY)
    if CORRECTED < roll < CORRECTED + WITHDRAWN:
        result.append(Message(subject, issuer.code, len(result) + 1, "WITHDRAWAL", issued, issued + _travel(rng), None))  # fmt: skip
    if len(result) > 1 and rng.random() < OVERTAKES:
        late = result[-1].received_at + _HOUR + rng.randrange(2 * DAY)
        first = result[0]
        result[0] = Message(subject, issuer.code, 1, "NEW", first.issued_at, late, first.alert, first.seen)  # fmt: skip
    if rng.random() < DOUBLED:
        one = rng.choice(result)
        again = one.received_at + 1 + rng.randrange(3 * DAY)
        result.append(Message(subject, one.issuer, one.version, one.change, one.issued_at, again, one.alert, one.seen))  # fmt: skip
    return result


def _lag(issuer: Issuer, day: int, rng: Random) -> int:
    if issuer.lag == "prompt":
        return rng.choice((0, 0, 0, 1, 1, 2, 4))
    if issuer.lag == "usual":
        return rng.choice((0, 1, 1, 2, 3, 4, 6, 9, 14))
    if issuer.lag == "slow":
        return 3 + rng.randrange(12) + rng.randrange(12) + (rng.random() < 0.2) * rng.randrange(40)
    return 30 - day % 30 + rng.randrange(4)  # a backlog, sent at the end of the month


def _travel(rng: Random) -> int:
    """Microseconds from issue to receipt: seconds, and at times a link that was down for days."""
    if rng.random() < 0.03:
        return rng.randrange(7 * DAY)
    return 200_000 + rng.randrange(60_000_000)


def _mistaken(world: World, draft: Draft, rng: Random) -> Draft:
    """The draft with the mistake of its first report."""
    wrong = copy(draft)
    roll = rng.random()
    if roll < 0.25:
        wrong.quantity = draft.quantity * 10
    elif roll < 0.45:
        wrong.consignor = _misdialled(draft.consignor, rng)
    elif roll < 0.6:
        wrong.consignee = _misdialled(draft.consignee, rng)
    elif roll < 0.75 and draft.containers:
        wrong.containers = [numbers.slip(draft.containers[0], rng), *draft.containers[1:]]
    elif roll < 0.85:
        wrong.consignor = None
    elif draft.brand:
        wrong.brand = world.brands.pick(rng)
    return wrong


def _misdialled(actor: Actor | None, rng: Random) -> Actor | None:
    if actor is None or not actor.phones:
        return actor
    digits = actor.phones[0]
    return actor._replace(phones=(digits[:5] + numbers.slip(digits[5:], rng), *actor.phones[1:]))
