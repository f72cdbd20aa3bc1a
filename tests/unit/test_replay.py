"""What the correlator said can be computed again: from the log and its epochs, byte for byte."""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_views import (
    AP,
    HENGDA,
    OPEN,
    REGISTER,
    Alert,
    Happening,
    Judged,
    alerts,
    fresh,
    head,
    judged,
    ruled,
    turns,
)

from entente.alert.epoch import Epoch
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.intake.audiences import readers
from entente.correlate.intake.rulings import Ruled
from entente.correlate.replay.replay import Log, joined, replay, signature_of
from entente.correlate.views import saying
from entente.correlate.views.view import Past, Told, Turn
from entente.correlate.weigh.model import weights
from entente.errors import StoreError
from entente.trust.administration import Administration
from entente.trust.mandate import speaks_for
from entente.wire.body import decode_body
from entente.wire.statement import decode_statement

MEMBERS = REGISTER.administrations
MOVED = msgspec.structs.replace(
    REGISTER,
    administrations=MEMBERS
    | {
        "COORD-AP": msgspec.structs.replace(MEMBERS["COORD-AP"], duties={}),
        "NZ": msgspec.structs.replace(MEMBERS["NZ"], regions=("western-europe",)),
        "BR": msgspec.structs.replace(MEMBERS["BR"], home="western-europe"),
    },
)
REGISTERS = {1: REGISTER, 2: MOVED}
"""Two versions: who is in which region, who hears what and who may decide differ."""


def members(version: int | None) -> Mapping[str, Administration]:
    return REGISTERS[version or 1].administrations


class Run(NamedTuple):
    """All that a correlator was given and said, by its log."""

    turns: list[Turn]
    log: Log


def make(salt: str) -> Engine:
    return Engine(weights(), salt=salt)


def run(history: Sequence[Happening | int], rng: random.Random) -> Run:
    """None: it is killed, and starts again from what it had kept, in another order. A number: so it
    does by that version of the register."""
    world, found = fresh(), list[Turn]()
    heads, decided = list[Head](), list[Ruled]()
    register = 1

    def mandated() -> list[Ruled]:
        """As ``receiving.ruled`` has it by the register of now."""
        known = members(register)
        every = (one._replace(speaks_for=speaks_for(one.coordinator, known)) for one in decided)
        return [one for one in every if one.speaks_for]

    def settled() -> list[Turn]:
        return turns(world, REGISTERS[register], register)

    for version, one in enumerate([*history, True], 1):
        if isinstance(one, Alert):
            heads.append(head(one, version))
            world.apply(heads[-1], members(register))
        elif isinstance(one, Judged):
            decided.append(ruled(one)._replace(statement=f"{version:064x}"))
            world.decide(mandated(), readers(REGISTERS[register]))
        elif one is True:
            found += settled()
        else:
            register = one or register
            world = fresh()
            world.restore(*kept(found))
            for again in rng.sample(heads, len(heads)):
                world.apply(again, members(register))
            world.decide(mandated(), readers(REGISTERS[register]))
    log = Log(
        {one.statement: one for one in heads if one.statement},
        {one.statement: one for one in decided},
        {(told.proposal.case, told.version): told.proposal for t in found for told in t.told},
    )
    return Run(found, log)


def kept(found: Sequence[Turn]) -> tuple[list[Told], list[Past]]:
    """What the correlator's rows keep of what it said, in the order of cases."""
    last = {told.proposal.case: told for turn in found for told in turn.told}
    past = {}
    for turn in found:
        before = past.get(turn.epoch.view)
        given = (before.given if before else frozenset()) | set(turn.epoch.alerts)
        number, view = turn.epoch.number, signature_of(turn.epoch)
        past[turn.epoch.view] = Past(view, number, given - set(turn.epoch.gone))
    return [last[case] for case in sorted(last)], list(past.values())


def through_the_wire(turn: Turn) -> list[Epoch]:
    """The parts of an epoch as they are said."""
    found = []
    for submission in saying.epochs(turn, REGISTER, "CORRELATOR", 1):
        body = decode_body(decode_statement(submission.statement))
        assert isinstance(body, Epoch)
        found.append(body)
    return found


ANOTHER, SAME = 2, 1
happenings = st.lists(
    alerts | judged | st.sampled_from((True, True, None, ANOTHER, SAME)), min_size=1, max_size=10
)


@settings(max_examples=60, deadline=None)
@given(happenings, happenings, st.randoms(use_true_random=False))
def test_every_version_of_every_proposal_can_be_computed_again(
    before: list[Happening | int], after: list[Happening | int], rng: random.Random
) -> None:
    done = run([*before, *OPEN, *after], rng)
    said: dict[object, list[Epoch]] = {}
    for turn in done.turns:
        parts = said.setdefault(turn.epoch.view, [])
        parts += through_the_wire(turn)
        epochs = joined(rng.sample(parts, len(parts)))
        assert epochs[-1] == turn.epoch
        again = replay(epochs, turn.audience, done.log, members, make)
        assert again.told == turn.told


def test_a_long_epoch_is_said_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saying, "_PART", 2)
    (turn,) = run([*OPEN[:-1]], random.Random(1)).turns
    parts = through_the_wire(turn)
    assert [(one.part, one.parts, len(one.alerts)) for one in parts] == [(1, 2, 2), (2, 2, 1)]
    assert joined(reversed(parts)) == [turn.epoch]
    with pytest.raises(StoreError, match="Epoch 1"):
        joined(parts[1:])


def test_what_is_missing_is_named() -> None:
    done = run([*OPEN, Alert("NZ", 0, HENGDA, AP), True], random.Random(1))
    first, limited = done.turns[0], done.turns[-1]
    assert limited.epoch.view
    without = {d: h for d, h in done.log.heads.items() if h.issuer != "NZ"}
    log = done.log._replace(heads=without)
    assert replay([first.epoch], first.audience, log, members, make).told == first.told
    with pytest.raises(StoreError, match="an alert is missing"):
        replay([limited.epoch], limited.audience, log, members, make)
    later = msgspec.structs.replace(first.epoch, number=3, anew=False)
    with pytest.raises(StoreError, match="Epoch 2"):
        joined([first.epoch, later])
