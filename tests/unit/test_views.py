"""What a reader hears follows from what it may see: two worlds, one reader, the same bytes.

Alerts go through the correlator's whole core: views, engines, statements. The law holds as long as
every view that is due is open, so there is room for all of them here.
"""

import random
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.decision import Decision, ProposalReference, Ruling
from entente.alert.handling import Handling
from entente.alert.proposal import Proposal, Releasability
from entente.alert.record import Event, Goods, Leg, Nominal, Party, Route, Seizure, Text
from entente.correlate.engine import Engine
from entente.correlate.head import Change, Head
from entente.correlate.intake.audiences import common, limited, readers, signatures
from entente.correlate.intake.rulings import Ruled
from entente.correlate.views import saying
from entente.correlate.views.saying import Said
from entente.correlate.views.view import Told, Turn
from entente.correlate.views.views import Views
from entente.correlate.weigh.model import weights
from entente.store.submission import Submission
from entente.trust.administration import (
    Administration,
    Role,
    usual_duties,
    usual_reads,
)
from entente.trust.audience import admits
from entente.trust.mandate import speaks_for
from entente.trust.register import Register
from entente.wire.body import decode_body
from entente.wire.statement import Audience, decode_statement

NETWORK = "two.worlds.example"
HENGDA = "Hengda Leather"
SPACE = UUID(int=7)
HANDLING = Handling(tlp="GREEN", purpose="test", source_grade="A", information_grade=1)


def member(id: str, role: Role, *regions: str) -> Administration:
    return Administration(
        id=id, role=role, name=id, home=regions[0] if regions else None, regions=regions[1:],
        duties=usual_duties(role, regions), reads=usual_reads(role, regions),
    )  # fmt: skip


MEMBERS = (
    member("JP", "administration", "asia-pacific"),
    member("NZ", "administration", "asia-pacific"),
    member("FR", "administration", "western-europe"),
    member("BR", "administration", "south-america"),
    member("RILO-AP", "liaison_office", "asia-pacific"),
    member("COORD-AP", "coordinator", "asia-pacific"),
    member("COORD-EU", "coordinator", "western-europe", "asia-pacific"),
    member("CORRELATOR", "correlator"),
)
REGISTER = Register(network=NETWORK, made=0, root=1, administrations={m.id: m for m in MEMBERS})
READERS = readers(REGISTER)
WHO = {
    name: Nominal(parties=(Party(role="consignor", name=name, phones=(phone,), tax_ids=(tax,)),))
    for name, phone, tax in (
        (HENGDA, "+84805651990", "CN812976210"),
        ("Ostrava Tools", "+420224910283", "CZ26185610"),
    )
}
ALL = Audience()
AP = Audience(regions=("asia-pacific",))
EU_JP = Audience(regions=("western-europe",), administrations=("JP",))
NZ = Audience(administrations=("NZ",))
NONE = Audience(administrations=("NOBODY",))
AUDIENCES = (ALL, ALL, ALL, AP, EU_JP, NZ, NONE)


class Alert(NamedTuple):
    """A version of an alert, as told; with ``who`` None its withdrawal."""

    issuer: str
    ref: int
    who: str | None
    audience: Audience = ALL


def head(alert: Alert, version: int = 1) -> Head:
    """``version``: its place in the history, so that it is the same in both worlds."""
    change: Change = "NEW" if alert.who else "WITHDRAWAL"
    to_all = alert.audience == ALL
    return Head(
        subject=subject(alert.issuer, alert.ref),
        statement=sha256(f"{alert}/{version}".encode()).hexdigest(),
        issuer=alert.issuer, version=version, change=change, issued_at=0, handling=HANDLING,
        regions=None if to_all else alert.audience.regions,
        administrations=None if to_all else alert.audience.administrations,
        alert=None if alert.who is None else Seizure(
            national_ref=f"{alert.issuer}-{alert.ref}",
            event=Event(date=f"2026-03-{alert.ref + 1:02}"),
            route=Route(departure=Leg(country="VN"), destination=Leg(country=alert.issuer)),
            goods=(Goods(group="drugs", description=Text(text="ketamine")),),
            nominal=WHO[alert.who],
        ),
    )  # fmt: skip


class Judged(NamedTuple):
    """What a coordinator says of two groups of alerts, by issuer and number."""

    coordinator: str
    ruling: Ruling
    alerts: tuple[tuple[str, int], ...]
    others: tuple[tuple[str, int], ...]
    audience: Audience = ALL


def ruled(one: Judged) -> Ruled:
    alerts, others = (tuple(subject(*of) for of in side) for side in one[2:4])
    proposal = ProposalReference(case=base(), version=1, statement="0" * 64)
    decision = Decision(
        proposal=proposal, ruling=one.ruling, alerts=alerts, others=others,
        administrations=tuple(issuer for issuer, _ in one.alerts),
    )  # fmt: skip
    mandate = speaks_for(one.coordinator, REGISTER.administrations)
    return Ruled(one.coordinator, decision, one.audience, speaks_for=mandate)


def subject(issuer: str, ref: int) -> str:
    return str(uuid5(SPACE, f"{issuer}-{ref}"))


def fresh(limit: int = 1000) -> Views:
    return Views(lambda salt: Engine(weights(), salt=salt), limit)


def turns(world: Views, register: Register = REGISTER, version: int = 1) -> list[Turn]:
    among = readers(register)
    while world.grow(among, 2):
        pass
    return list(world.settle(among, world.due(among), version))


def settle(world: Views) -> list[Told]:
    return [told for turn in turns(world) for told in turn.told]


Happening = Alert | Judged | bool | None


class Spoken(NamedTuple):
    """A statement on the bus."""

    audience: Audience
    topic: str
    data: bytes


def statements(told: Iterable[Told], known: dict[str, tuple[str, ...]]) -> list[Spoken]:
    found = []
    for view, version, proposal in told:
        topics = saying.topics(proposal, REGISTER, known.get(proposal.case, ()))
        known[proposal.case] = topics
        said = Said(version, proposal, topics, view)
        for submission in saying.submissions(said, REGISTER, "CORRELATOR", 1_000_000):
            found.append(spoken(submission))
    return found


def spoken(submission: Submission) -> Spoken:
    statement = decode_statement(submission.statement)
    return Spoken(statement.audience, statement.topic, submission.statement)


def run(history: Sequence[Happening]) -> list[Spoken]:
    """All that is said. True: all views may settle; None: nothing came there, in this world."""
    world, topics, found = fresh(), dict[str, tuple[str, ...]](), list[Spoken]()
    decided: list[Ruled] = []
    for version, one in enumerate([*history, True], 1):
        if isinstance(one, Alert):
            world.apply(head(one, version), REGISTER.administrations)
        elif isinstance(one, Judged):
            decided.append(ruled(one))
            world.decide(decided, READERS)
        elif one is True:
            for turn in turns(world):
                found += map(spoken, saying.epochs(turn, REGISTER, "CORRELATOR", 1_000_000))
                found += statements(turn.told, topics)
    return found


def to(reader: Administration, said: Iterable[Spoken]) -> list[bytes]:
    """What this reader is told, by audience and by what it may read."""
    return [
        one.data
        for one in said
        if admits(one.audience, "CORRELATOR", reader) and one.topic in reader.reads
    ]


def may_see(reader: Administration, one: Alert | Judged) -> bool:
    return admits(one.audience, one[0], reader)


alerts = st.builds(
    Alert,
    st.sampled_from(("JP", "NZ", "FR", "BR")),
    st.integers(0, 2),
    st.sampled_from((*[HENGDA] * 6, "Ostrava Tools", None)),
    st.sampled_from(AUDIENCES),
)
sides = st.lists(
    st.tuples(st.sampled_from(("JP", "NZ", "FR")), st.integers(0, 1)),
    min_size=1, max_size=2, unique=True,
).map(tuple)  # fmt: skip
judged = st.builds(
    Judged,
    st.sampled_from(("COORD-AP", "COORD-EU")),
    st.sampled_from(("accept", "decline", "split", "merge", "apart", "together")),
    sides,
    sides,
    st.sampled_from((ALL, ALL, AP, EU_JP)),
)
happenings = st.lists(alerts | judged | st.just(value=True), min_size=1, max_size=7)


OPEN: list[Happening] = [
    Alert("JP", 0, HENGDA),
    Alert("FR", 0, HENGDA),
    Alert("FR", 1, HENGDA),
    True,
]


@cache
def base() -> str:
    """The case that OPEN makes."""
    (told,) = settle_with(OPEN)
    return told.proposal.case


@settings(max_examples=60, deadline=None)
@given(happenings, happenings, st.sampled_from(READERS))
def test_what_a_reader_may_not_see_changes_nothing_that_it_hears(
    before: list[Happening], after: list[Happening], reader: Administration
) -> None:
    history = [*before, *OPEN, *after]
    without = [
        one if not isinstance(one, Alert | Judged) or may_see(reader, one) else None
        for one in history
    ]
    assert to(reader, run(history)) == to(reader, run(without))


@settings(max_examples=40, deadline=None)
@given(st.lists(alerts, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_what_a_view_holds_does_not_depend_on_the_order(
    history: list[Alert], rng: random.Random
) -> None:
    numbered = [head(one, version) for version, one in enumerate(history, 1)]

    def held(heads: list[Head], stop: int) -> dict[tuple[str, str], int | None]:
        engines: dict[str, Engine] = {}

        def make(salt: str) -> Engine:
            return engines.setdefault(salt, Engine(weights(), salt=salt))

        world = Views(make, limit=1000)
        for number, one in enumerate(heads):
            world.apply(one, REGISTER.administrations)
            if number >= stop:  # views that are open already are given each version as it comes
                world.grow(READERS, 1_000_000)
        world.grow(READERS, 1_000_000)
        subjects = {one.subject for one in heads}
        return {(at, s): engine.holds(s) for at, engine in engines.items() for s in subjects}

    shuffled = rng.sample(numbered, len(numbered))
    assert held(shuffled, rng.randrange(len(history))) == held(numbered, len(history))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(alerts, max_size=6),
    st.lists(judged, min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_alerts_and_decisions_in_any_order_give_every_view_the_same_cases(
    history: list[Alert], decided: list[Judged], rng: random.Random
) -> None:
    opening = [one for one in OPEN if isinstance(one, Alert)]
    numbered = [head(one, version) for version, one in enumerate([*opening, *history], 1)]
    said = [ruled(one) for one in decided]

    def cases(happened: list[Head | Ruled]) -> dict[str, list[tuple[str, ...]]]:
        engines: dict[str, Engine] = {}

        def make(salt: str) -> Engine:
            return engines.setdefault(salt, Engine(weights(), salt=salt))

        world, known = Views(make, limit=1000), list[Ruled]()
        for one in happened:
            if isinstance(one, Head):
                world.apply(one, REGISTER.administrations)
            else:
                known.append(one)
                world.decide(known, READERS)
            if rng.random() < 0.3:
                turns(world)
        turns(world)
        for engine in engines.values():
            engine.begin(whole=True)
        return {at: sorted(c.members for c in one.cases()) for at, one in engines.items()}

    everything = [*numbered, *said]
    assert cases(rng.sample(everything, len(everything))) == cases(everything)


def proposals(said: Iterable[Spoken], reader: str) -> list[dict[str, Any]]:
    found = []
    for data in to(REGISTER.administrations[reader], said):
        statement = decode_statement(data)
        body = decode_body(statement)
        if not isinstance(body, Proposal):
            continue
        found.append(
            {
                "version": statement.version, "change": statement.change, "status": body.status,
                "alerts": len(body.alerts), "case": body.case, "topic": statement.topic,
                "audience": statement.audience, "changes": body.changes,
            }
        )  # fmt: skip
    return found


def test_an_alert_for_some_adds_a_proposal_for_these_and_takes_none_from_others() -> None:
    said = run([*OPEN, Alert("NZ", 0, HENGDA, AP), True])
    for outside in ("FR", "BR"):
        assert to(REGISTER.administrations[outside], said) == to(
            REGISTER.administrations[outside], run(OPEN)
        )
    (base, more) = proposals(said, "COORD-AP")
    assert (base["alerts"], base["audience"]) == (3, ALL)
    assert (more["alerts"], more["audience"]) == (4, AP)
    assert base["case"] != more["case"]
    assert (more["version"], more["change"], more["changes"]) == (1, "NEW", None)
    assert more["topic"] == "proposals.asia-pacific"
    assert [one["case"] for one in proposals(said, "JP")] == [base["case"], more["case"]]


def test_it_is_taken_back_from_these_when_it_is_withdrawn() -> None:
    said = run([*OPEN, Alert("NZ", 0, HENGDA, AP), True, Alert("NZ", 0, None, AP), True])
    _, more, last = proposals(said, "COORD-AP")
    assert (last["case"], last["version"], last["status"]) == (more["case"], 2, "withdrawn")
    assert last["alerts"] == 0
    again = run(
        [*OPEN, Alert("NZ", 0, HENGDA, AP), True, Alert("NZ", 0, None, AP), True,
         Alert("NZ", 0, HENGDA, AP), True]
    )  # fmt: skip
    once_more = proposals(again, "COORD-AP")[-1]
    assert (once_more["case"], once_more["version"]) == (more["case"], 3)
    assert (once_more["status"], once_more["alerts"]) == ("open", 4)


def test_an_alert_for_two_audiences_meets_another_where_somebody_is_in_both() -> None:
    said = run([Alert("NZ", 0, HENGDA, AP), *(Alert("FR", n, HENGDA, EU_JP) for n in (0, 1))])
    (one,) = proposals(said, "JP")
    assert one["alerts"] == 3
    assert one["audience"] == Audience(administrations=("COORD-EU", "JP"))
    assert one == proposals(said, "COORD-EU")[-1] | {"topic": one["topic"]}
    for outside in ("NZ", "FR", "COORD-AP", "BR"):
        assert proposals(said, outside) == []


def test_what_nobody_may_see_is_not_said_at_all() -> None:
    said = run([Alert("NZ", 0, HENGDA, NZ), Alert("FR", 0, HENGDA, Audience(regions=("cis",)))])
    assert [proposals(said, reader.id) for reader in READERS if proposals(said, reader.id)] == []
    nobody = Releasability(tlp="AMBER", regions=(), administrations=())
    assert saying.audience(nobody) is None
    told = next(iter(settle_with(OPEN)))
    proposal = msgspec.structs.replace(told.proposal, releasability=nobody)
    assert saying.topics(proposal, REGISTER, ()) == ()
    said = Said(1, proposal, ("proposals.asia-pacific",))
    assert saying.submissions(said, REGISTER, "CORRELATOR", 1) == []


def test_a_decision_counts_where_all_who_hear_the_case_are_told_of_it() -> None:
    """The base is for everybody, so only what is said to everybody is obeyed there."""
    three = [*OPEN, Alert("NZ", 0, HENGDA, AP), Alert("NZ", 1, HENGDA, AP), True]
    sides = (("FR", 0), ("FR", 1), ("NZ", 1)), (("JP", 0), ("NZ", 0))
    said = run([*three, Judged("COORD-AP", "split", *sides, audience=AP), True])
    assert [one["alerts"] for one in proposals(said, "FR")] == [3]
    assert [one["alerts"] for one in proposals(said, "JP")] == [3, 5, 3]
    said = run([*three, Judged("COORD-AP", "split", *sides), True])
    assert proposals(said, "FR")[-1]["status"] == "withdrawn", "two of its three are left"


def settle_with(history: Iterable[Happening], world: Views | None = None) -> list[Told]:
    world = world or fresh()
    for version, one in enumerate(history, 1):
        if isinstance(one, Alert):
            world.apply(head(one, version), REGISTER.administrations)
    return settle(world)


def test_it_starts_again_in_every_view_and_has_nothing_to_add() -> None:
    history = [*OPEN, Alert("NZ", 0, HENGDA, AP), Alert("BR", 0, HENGDA, NZ)]
    said = settle_with(history)
    assert {told.view for told in said} > {(), (AP,)}
    again = fresh()
    again.restore(said)
    assert settle_with(history, again) == []
    gone = fresh()
    gone.restore(said)
    last = settle_with(OPEN, gone)
    assert {(told.view, told.version, told.proposal.status) for told in last} == {
        (told.view, 2, "withdrawn") for told in said if told.view
    }


def test_a_view_settles_by_its_own_news() -> None:
    world = fresh()
    for told in (settle_with(OPEN, world), []):
        assert [one.view for one in told] in ([()], [])
    before = world.news
    world.apply(head(Alert("NZ", 0, HENGDA, AP), 9), REGISTER.administrations)
    assert (before, world.news) == (0, 0), "the base has nothing to settle, and no view is open"
    assert {one.view for one in settle(world)} == {(AP,)}


def test_a_version_that_is_taken_back_is_known_whoever_it_was_for() -> None:
    world = fresh()
    settle_with([Alert("NZ", 0, HENGDA, AP)], world)
    subject = head(Alert("NZ", 0, HENGDA)).subject
    assert world.holds(subject, 1)
    assert not world.holds(subject, 2)


def test_there_are_not_more_views_than_can_be_afforded() -> None:
    history = [*OPEN, Alert("NZ", 0, HENGDA, AP), Alert("BR", 0, HENGDA, NZ)]
    said = settle_with(history, fresh(limit=1))
    assert {told.view for told in said} == {(), (Audience(administrations=("BR", "NZ")),)}


def test_whom_an_alert_is_for() -> None:
    def of(alert: Alert) -> Audience | None:
        return limited(head(alert), REGISTER.administrations)

    assert of(Alert("JP", 0, HENGDA)) is None
    assert of(Alert("JP", 0, HENGDA, AP)) == of(Alert("NZ", 0, HENGDA, AP)) == AP
    both = Audience(administrations=("JP", "NZ"))
    assert of(Alert("JP", 0, HENGDA, NZ)) == both
    assert of(Alert("NZ", 0, HENGDA, Audience(administrations=("JP", "NZ")))) == both
    assert of(Alert("BR", 0, HENGDA, AP)) == Audience(
        regions=("asia-pacific",), administrations=("BR",)
    )


audiences = st.builds(
    Audience,
    regions=st.lists(st.sampled_from(("asia-pacific", "western-europe", "cis")), unique=True)
    .map(sorted).map(tuple),
    administrations=st.lists(st.sampled_from([m.id for m in MEMBERS] + ["XX"]), unique=True)
    .map(sorted).map(tuple),
).filter(lambda one: one != ALL)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(audiences, max_size=4))
def test_what_audiences_have_in_common(held: list[Audience]) -> None:
    """Exactly those who are in each; never everybody when it should be nobody."""
    signature = tuple(held)
    found = common(signature, READERS)
    inside = {r.id for r in READERS if all(admits(a, "", r) for a in held)}
    if found is None:
        assert not inside
    else:
        assert {r.id for r in READERS if admits(found, "", r)} == inside
        assert bool(held) == (found != ALL)


@settings(max_examples=40, deadline=None)
@given(st.sets(audiences, max_size=5))
def test_views_are_the_sets_that_somebody_may_see(held: set[Audience]) -> None:
    found = list(signatures(held, READERS))
    assert len(set(found)) == len(found)
    assert [len(one) for one in found] == sorted(len(one) for one in found)
    wanted = set()
    for reader in READERS:
        sees = [a for a in held if admits(a, "", reader)]
        for bits in range(1, 1 << len(sees)):
            wanted.add(frozenset(a for n, a in enumerate(sees) if bits >> n & 1))
    assert {frozenset(one) for one in found} == wanted


def in_year(one: Head, year: int) -> Head:
    """The same of another subject, in another year."""
    assert isinstance(one.alert, Seizure)
    event = Event(date=f"{year}{one.alert.event.date[4:]}")
    return msgspec.structs.replace(
        one,
        subject=str(uuid5(SPACE, f"{one.subject} {year}")),
        statement=sha256(f"{one.statement} {year}".encode()).hexdigest(),
        alert=msgspec.structs.replace(one.alert, event=event),
    )


def test_a_view_opened_late_is_as_if_nothing_had_been_forgotten() -> None:
    old = [head(Alert(issuer, ref, HENGDA)) for issuer in ("JP", "FR", "BR") for ref in range(3)]
    new = [in_year(one, 2030) for one in old]
    limited_ = [in_year(head(Alert("NZ", ref, HENGDA, AP)), 2030) for ref in range(2)]
    world, whole = fresh(), fresh()
    for some in (old, new, []):
        for one in some:
            world.apply(one, REGISTER.administrations)
            whole.apply(one, REGISTER.administrations)
        assert any(told.proposal.status == "open" for told in settle(world)) == bool(some)
        world._views[()].news += 1
    held, told = world._held._kept[None].heads, world._views[()].said
    assert {s for s, one in held.items() if one.alert is None} == {one.subject for one in old}
    assert {proposal.status for _, proposal in told.values()} == {"open"}
    for one in limited_:
        world.apply(one, REGISTER.administrations)
        whole.apply(one, REGISTER.administrations)
    (late,) = (turn for turn in turns(world) if turn.epoch.view)
    (alone,) = (turn for turn in turns(whole) if turn.epoch.view)
    assert late.told
    assert late == alone
