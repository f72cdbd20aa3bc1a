"""The stream of a world in order of arrival, in the format of ``entente correlate run``."""

from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random

import msgspec

from entente.exercise.background import consignment, season
from entente.exercise.disorder import Message, messages
from entente.exercise.plant import Planted, everything, planted
from entente.exercise.world import DAY, START, World

_ENCODER = msgspec.json.Encoder()


def planted_messages(world: World, what: Planted) -> list[list[Message]]:
    """The messages about each consignment of something planted, in the order of its plan."""
    rng = world.spec.rng("told", what.id)
    real = not what.decoy
    return [
        messages(
            world,
            draft,
            rng,
            planted=real,
            twice=real,
            wrong=what.errors.get(at),
            mended=at in what.corrected,
        )
        for at, draft in enumerate(what.plan.drafts)
    ]


def _background(world: World, day: int, count: int, rng: Random) -> Iterator[Message]:
    for _ in range(count):
        draft = consignment(world, rng, day, world.issuer(rng))
        yield from messages(world, draft, rng)


def stream(world: World) -> Iterator[Message]:
    """Every message of the world in order of arrival, in memory that does not grow with its size.

    A day's background is a function of world and day alone, a planted thing of its number; the
    heap holds what was sent and has not arrived.
    """
    entries = everything(world)
    first = {entry: planted(world, entry) for entry in entries[:200]}
    planned = sum(len(what.plan.drafts) for what in first.values())
    plants = planned * len(entries) / max(1, len(first))  # of a large world an estimate
    background = max(0.0, world.spec.alerts - plants)
    weight = sum(season(day) for day in range(world.spec.days))
    heap: list[tuple[int, str, int, int, Message]] = []
    tick, due, at = 0, 0.0, 0
    for day in range(world.spec.days):
        arriving: list[Message] = []
        while at < len(entries) and entries[at][0] <= day:
            what = first.pop(entries[at], None) or planted(world, entries[at])
            for told in planted_messages(world, what):
                arriving.extend(told)
            at += 1
        due += background * season(day) / weight
        arriving.extend(_background(world, day, int(due), world.spec.rng("day", day)))
        due -= int(due)
        for message in arriving:
            heappush(heap, (message.received_at, message.subject, message.version, tick, message))
            tick += 1
        while heap and heap[0][0] < START + (day + 1) * DAY:
            yield heappop(heap)[-1]
    while heap:
        yield heappop(heap)[-1]


def line(message: Message) -> bytes:
    """One line of JSON, without the line's end."""
    return _ENCODER.encode(
        {
            "subject": message.subject,
            "issuer": message.issuer,
            "version": message.version,
            "change": message.change,
            "issued_at": message.issued_at,
            "received_at": message.received_at,
            "alert": message.alert,
        }
    )
