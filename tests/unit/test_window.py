"""Alerts leave when the stream's clock has passed them: at the same points in any order, for good,
and nothing is left of them but their version."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.record import AnyAlert
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.loop import run
from entente.correlate.weigh.model import weights
from entente.exercise.stream import line, stream
from entente.exercise.world import Spec, World

DAY = 86_400_000_000
WINDOW = weights().link.window


class Line(msgspec.Struct):
    subject: str
    issuer: str
    version: int
    change: str
    issued_at: int
    alert: AnyAlert | None = None


def world(seed: int) -> list[Head]:
    made = World(Spec(seed=seed, alerts=200, days=120, share=0.25))
    decoder = msgspec.json.Decoder(Line)
    return [
        Head(**{f: getattr(x, f) for f in x.__struct_fields__})
        for x in (decoder.decode(line(message)) for message in stream(made))
    ]


@pytest.fixture(scope="module")
def arrivals() -> list[Head]:
    return world(5)


def later(head: Head, days: int) -> Head:
    """The same, said and happened so many days later, of another subject."""
    text = msgspec.json.encode(head.alert) if head.alert else b"null"
    alert = msgspec.json.decode(text, type=AnyAlert | None)
    event = getattr(alert, "event", None)
    if event is not None:
        day = int(event.date[:4]) + days // 365
        alert = msgspec.structs.replace(
            alert, event=msgspec.structs.replace(event, date=f"{day}{event.date[4:]}")
        )
    return msgspec.structs.replace(
        head, subject=f"{head.subject}+{days}", issued_at=head.issued_at + days * DAY, alert=alert
    )


def outcome(engine: Engine) -> object:
    engine.begin(whole=True)
    return [(c.pattern, c.members, c.links, c.bits) for c in engine.cases()]


def fed(heads: list[Head], every: int) -> Engine:
    engine = Engine(weights())
    for index, head in enumerate(heads, 1):
        engine.apply(head)
        if index % 11 == 0:
            engine.settle()
        if index % every == 0:
            engine.begin()
    return engine


@settings(max_examples=3, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_what_is_held_is_a_function_of_the_set(arrivals: list[Head], rng: random.Random) -> None:
    old = [later(head, 0) for head in arrivals]
    new = [later(head, 1095) for head in arrivals]
    shuffled = old + new
    rng.shuffle(shuffled)
    engine = fed(shuffled, every=rng.choice([30, 90]))
    alone = fed(new, every=1000)
    assert outcome(engine) == outcome(alone)
    assert engine.alerts == alone.alerts
    assert engine.past == alone.past + len({head.subject for head in old})
    assert engine.basis.inputs == alone.basis.inputs


def test_nothing_is_left_of_what_has_gone(arrivals: list[Head]) -> None:
    engine = fed(arrivals, every=50)
    engine.begin()
    said = engine.settle()
    assert said or engine.alerts
    told = next(h for h in arrivals if h.alert is not None and h.version == 1)
    for issuer in ("AA", "BB"):
        engine.apply(msgspec.structs.replace(later(told, 1095), issuer=issuer, subject=issuer))
    engine.begin()
    gone = engine.settle()
    assert {proposal.status for _, proposal in gone} == {"withdrawn"}
    for _, proposal in gone:
        assert proposal.changes
        assert proposal.history
        assert "Nothing was taken back" in proposal.changes.sentence
    assert engine.cases() == []
    assert engine.alerts == 2
    network = engine._network  # memory is flat only if these hold the two and nothing else
    assert network.features.keys() == {"AA", "BB"}
    assert not network.links.keys() - {"AA", "BB"}
    assert len(network._index) < 60
    assert len(network._others._at) < 30
    assert {e.subject for r in engine._watch._book._alone.values() for e in r} <= {"AA", "BB"}
    assert {s for r in engine._watch._book._shared.values() for s in r.events} <= {"AA", "BB"}
    engine.begin()
    assert not engine._teller._known
    assert not engine._teller._last


def test_what_comes_too_late_is_kept_and_counted_and_not_compared(arrivals: list[Head]) -> None:
    new = [later(head, 1095) for head in arrivals]
    engine = fed(new, every=50)
    before, few = outcome(engine), engine.past
    for head in arrivals:
        engine.apply(head)
    assert outcome(engine) == before
    assert engine.past == few + len({head.subject for head in arrivals})
    assert engine.late > 100
    late = arrivals[0]
    assert engine.holds(late.subject)
    assert not engine.apply(late), "it is known"


def test_one_clock_that_is_years_ahead_ends_nobodys_window(arrivals: list[Head]) -> None:
    ahead = later(next(h for h in arrivals if h.alert is not None), 9125)
    wrong = msgspec.structs.replace(ahead, issuer="ZZ")
    engine, other = fed([*arrivals, wrong], every=50), fed(arrivals, every=50)
    for one in (engine, other):
        one.begin()
    assert engine.past == other.past


def test_a_correction_brings_an_alert_back(arrivals: list[Head]) -> None:
    new = [later(head, 1095) for head in arrivals]
    engine = fed(new, every=50)
    target = next(h for h in arrivals if h.alert is not None and h.version == 1)
    few = engine.past
    engine.apply(target)
    assert engine.past == few + 1
    mended = later(target, 1095)
    assert engine.apply(msgspec.structs.replace(mended, subject=target.subject, version=9))
    assert engine.past == few


def test_a_replay_over_years_says_the_same(arrivals: list[Head]) -> None:
    heads = [later(head, days) for days in (0, 365, 730) for head in arrivals]

    def told() -> list[bytes]:
        return [msgspec.json.encode(one) for one in run(heads, weights())]

    assert told() == told()
