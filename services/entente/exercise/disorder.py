"""How alerts reach us: late, doubled, corrected, withdrawn, and overtaking one another."""

from dataclasses import dataclass, replace
from random import Random

from entente.alert.record import AnyAlert
from entente.exercise import numbers
from entente.exercise.actors import Actor
from entente.exercise.chance import below, one
from entente.exercise.draft import Draft, Seen
from entente.exercise.plant import copy
from entente.exercise.report import report
from entente.exercise.world import DAY, START, Issuer, World
from entente.wire.names import subject_id

NETWORK = "exercise.entente.example"
"""The network that the ids of simulated subjects belong to."""
_HOUR = DAY // 24
CORRECTED, WITHDRAWN, DOUBLED, TWICE = 0.04, 0.012, 0.015, 0.006
"""Share of alerts corrected, withdrawn, received twice, reported under two references."""
REVERSED, OVERTAKES = 0.08, 0.2
"""Share of corrections that are taken back; that arrive before what they correct."""


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
    twice: bool = True,
    wrong: Draft | None = None,
    mended: bool = False,
) -> list[Message]:
    """All messages about one consignment.

    ``wrong`` is the draft as first misreported, ``mended`` whether that is put right later;
    ``twice`` lets two systems of one administration report it. Of what is ``planted``, the
    messages say what they show.
    """
    if wrong is not None:
        said = [wrong, draft] if mended else [wrong]
    else:
        said = [draft]
        if rng.random() < CORRECTED:
            said = [_mistaken(world, draft, rng), draft]
            if rng.random() < REVERSED:
                said.append(said[0])
    result = _told(world, said, rng, planted)
    if twice and rng.random() < TWICE:
        result += _told(world, [draft], rng, planted)
    return result


def _told(world: World, said: list[Draft], rng: Random, planted: bool) -> list[Message]:
    issuer, day = world.by_code[said[0].issuer], said[0].day
    ref = f"{2025 + day // 365}-{rng.getrandbits(44):011X}"
    subject = str(subject_id(NETWORK, issuer.code, ref))
    issued = START + (day + _lag(issuer, day, rng)) * DAY + below(rng, DAY)
    habit = rng.getrandbits(60) if len(said) > 1 else 0
    result: list[Message] = []

    def send(change: str, alert: AnyAlert | None, seen: Seen | None) -> None:
        arrival = issued + _travel(rng)
        version = len(result) + 1
        result.append(Message(subject, issuer.code, version, change, issued, arrival, alert, seen))

    for version, draft in enumerate(said):
        seen: Seen | None = {} if planted else None
        source = Random(habit) if habit else rng  # noqa: S311  # a correction changes one thing only
        send("CORRECTION" if version else "NEW", report(world, draft, ref, source, seen), seen)
        issued += _HOUR + below(rng, 12 * DAY)
    if rng.random() < WITHDRAWN:
        send("WITHDRAWAL", None, None)
    if len(result) > 1 and rng.random() < OVERTAKES:
        late = result[-1].received_at + _HOUR + below(rng, 2 * DAY)
        result[0] = replace(result[0], received_at=late)
    if rng.random() < DOUBLED:
        again = one(rng, result)
        late = again.received_at + 1 + below(rng, 3 * DAY)
        result.append(replace(again, received_at=late))
    return result


def _lag(issuer: Issuer, day: int, rng: Random) -> int:
    if issuer.lag == "prompt":
        return one(rng, (0, 0, 0, 1, 1, 2, 4))
    if issuer.lag == "usual":
        return one(rng, (0, 1, 1, 2, 3, 4, 6, 9, 14))
    if issuer.lag == "slow":
        return 3 + below(rng, 12) + below(rng, 12) + (rng.random() < 0.2) * below(rng, 40)
    return 30 - day % 30 + below(rng, 4)  # a backlog, sent at the end of the month


def _travel(rng: Random) -> int:
    """Microseconds from issue to receipt: seconds, and at times a link that was down for days."""
    if rng.random() < 0.03:
        return below(rng, 7 * DAY)
    return 200_000 + below(rng, 60_000_000)


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
