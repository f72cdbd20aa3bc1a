"""At one epoch the result is a function of the set of heads: in any order, with doubles, versions
that overtake each other, corrections and their reversal, withdrawals."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.record import AnyAlert
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.intake.packed import Packed
from entente.correlate.loop import run
from entente.correlate.weigh.model import weights
from entente.exercise.stream import line, stream
from entente.exercise.world import Spec, World


class Line(msgspec.Struct):
    subject: str
    issuer: str
    version: int
    change: str
    issued_at: int
    alert: AnyAlert | None = None


@pytest.fixture(scope="module")
def arrivals() -> list[Head]:
    """A small world's stream: late, doubled, corrected, withdrawn."""
    world = World(Spec(seed=5, alerts=200, days=120, share=0.25))
    decoder = msgspec.json.Decoder(Line)
    lines = [decoder.decode(line(message)) for message in stream(world)]
    return [
        Head(
            subject=x.subject,
            issuer=x.issuer,
            version=x.version,
            change=x.change,  # type: ignore[arg-type]
            issued_at=x.issued_at,
            alert=x.alert,
        )
        for x in lines
    ]


def outcome(engine: Engine) -> object:
    engine.begin(whole=True)
    return [(c.pattern, c.members, c.links, c.bits) for c in engine.cases()]


def after(heads: list[Head], every: int = 40) -> object:
    engine = Engine(weights())
    for index, head in enumerate(heads, 1):
        engine.apply(head)
        if index % 7 == 0:
            engine.settle()
        if index % every == 0:
            engine.begin()
    return outcome(engine)


def batch(heads: list[Head]) -> object:
    engine = Engine(weights())
    for head in heads:
        engine.apply(head)
    return outcome(engine)


def test_there_is_something_to_find(arrivals: list[Head]) -> None:
    assert len(batch(arrivals)) > 2  # type: ignore[arg-type]


@settings(max_examples=3, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_permutation_doubles_overtaking(arrivals: list[Head], rng: random.Random) -> None:
    shuffled = arrivals + rng.sample(arrivals, 30)
    rng.shuffle(shuffled)
    assert after(shuffled, every=rng.choice([17, 60, 1000])) == batch(arrivals)


@settings(max_examples=2, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_correction_and_its_reversal(arrivals: list[Head], rng: random.Random) -> None:
    top = max(h.version for h in arrivals)
    last: dict[str, Head] = {}
    for head in arrivals:
        if head.subject not in last or head.version > last[head.subject].version:
            last[head.subject] = head
    chosen = rng.sample(sorted(last), 20)
    other = rng.sample(sorted(last), 20)
    wrong = [
        msgspec.structs.replace(last[a], version=top + 1, change="CORRECTION", alert=last[b].alert)
        for a, b in zip(chosen, other, strict=True)
    ]
    mended = [msgspec.structs.replace(last[a], version=top + 2) for a in chosen]
    assert after([*arrivals, *wrong, *mended]) == batch(arrivals)


@settings(max_examples=2, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_withdrawn_is_as_if_never_said(arrivals: list[Head], rng: random.Random) -> None:
    gone = set(rng.sample(sorted({h.subject for h in arrivals}), 30))
    top = max(h.version for h in arrivals)
    withdrawn = [
        Head(subject=s, issuer="XX", version=top + 1, change="WITHDRAWAL", issued_at=0)
        for s in sorted(gone)
    ]
    mixed = arrivals + withdrawn
    rng.shuffle(mixed)
    assert after(mixed) == batch([h for h in arrivals if h.subject not in gone])


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_what_is_not_weighed_again_would_not_change(arrivals: list[Head], seed: int) -> None:
    rng = random.Random(seed)
    mixed = rng.sample(arrivals * 2, 2 * len(arrivals))
    top = max(h.version for h in arrivals)
    twice = [msgspec.structs.replace(h, version=h.version + top) for h in rng.sample(mixed, 60)]
    engine = Engine(weights())
    for index, head in enumerate([*mixed, *twice], 1):
        engine.apply(head)
        if index % 3 == 0:
            engine.settle()
        if index % 20 == 0:
            engine.begin()
    network = engine._network
    network.settle()
    links = {subject: dict(found) for subject, found in network.links.items()}
    offers = {subject: dict(found) for subject, found in network._groups._offers.items() if found}
    assert links
    network._again = set(network.features)
    network.settle()
    assert network.links == links
    assert {s: found for s, found in network._groups._offers.items() if found} == offers


def test_a_head_comes_out_of_its_bytes_as_it_went_in(arrivals: list[Head]) -> None:
    packed, last = Packed(), {}
    for head in arrivals:
        packed[head.subject] = last[head.subject] = head
    packed._recent.clear()
    assert dict(packed) == last
    assert len(packed) == len(last)
    packed.pop(arrivals[0].subject)
    assert arrivals[0].subject not in packed
    with pytest.raises(KeyError):
        packed[arrivals[0].subject]


def test_a_replay_gives_the_same_ids_versions_and_bytes(arrivals: list[Head]) -> None:
    def told() -> list[bytes]:
        return [
            msgspec.json.encode((index, version, proposal))
            for index, version, proposal in run(arrivals, weights())
        ]

    assert told() == told()


def test_versions_rise_by_one_and_only_when_something_changed(arrivals: list[Head]) -> None:
    seen: dict[str, int] = {}
    for _, version, proposal in run(arrivals, weights()):
        assert version == seen.get(proposal.case, 0) + 1
        assert (version == 1) == (proposal.changes is None)
        seen[proposal.case] = version


def test_no_proposal_shows_a_withdrawn_alert(arrivals: list[Head]) -> None:
    heads: dict[str, Head] = {}
    standing = {}
    told = list(run(arrivals, weights()))
    for head in arrivals:
        if head.subject not in heads or head.version > heads[head.subject].version:
            heads[head.subject] = head
    for _, _, proposal in told:
        standing[proposal.case] = proposal
    shown = {a.subject for p in standing.values() for a in p.alerts}
    assert not [s for s in shown if heads[s].change == "WITHDRAWAL"]
