"""The correlator on a real broker: a planted burst is proposed, grows, and is taken back."""

from collections.abc import Iterator
from datetime import date, timedelta

from tests.broker.whole import Whole, eventually

from entente import clock
from entente.alert.handling import Handling
from entente.alert.proposal import Proposal
from entente.alert.record import Event, Goods, Leg, Route, Seizure, Text
from entente.bus.membership import announce
from entente.coordinate import received
from entente.correlate.bursts.bursting import PATTERN
from entente.correlate.views import service as correlator
from entente.publish.publisher import Publisher
from entente.publish.submission import Submission
from entente.trust import lifecycle, network

HANDLING = Handling(tlp="GREEN", purpose="test", source_grade="A", information_grade=1)
START = date(2025, 1, 6)
BURST = START + timedelta(weeks=50)
HOMES = ("proposals.south-america", "proposals.central-america")


def seizure(issuer: str, ref: str, day: date, goods: str, *, to: str) -> Submission:
    alert = Seizure(
        national_ref=f"{issuer}-{ref}",
        event=Event(date=day.isoformat()),
        route=Route(
            departure=Leg(country="NL"), destination=Leg(country=to), location=Leg(country=issuer)
        ),
        goods=(Goods(group="drugs", description=Text(text=goods)),),
    )
    return Submission(1, issuer, alert.national_ref, "seizure", alert, HANDLING)


def history(issuer: str) -> Iterator[Submission]:
    """One seizure a week for a year, nothing that others see as well."""
    for week in range(50):
        day = START + timedelta(weeks=week, days=week % 5)
        yield seizure(issuer, f"H-{week}", day, f"cannabis {issuer}", to=issuer)


def burst(
    issuer: str, first: int, count: int, goods: str = "ketamine", to: str = "US"
) -> Iterator[Submission]:
    for n in range(first, first + count):
        yield seizure(issuer, f"B-{goods}-{n}", BURST + timedelta(days=2 * n), goods, to=to)


async def publish(net: Whole, issuer: str, *submissions: Submission) -> None:
    async with Publisher(issuer, net.settings) as publisher:
        done = await publisher.publish_all(submissions)
    assert (done.accepted, done.refused) == (len(submissions), [])


async def proposed(net: Whole, goods: str = "ketamine") -> list[Proposal]:
    """All versions of a burst that the correlator proposes; all homes heard each of them."""
    found: dict[str, dict[int, Proposal]] = {home: {} for home in HOMES}
    cases = set()
    for (topic, subject, version), accepted in (await net.proposed()).items():
        assert isinstance(accepted.body, Proposal)
        assert accepted.origin.administration == "CORRELATOR"
        if accepted.body.pattern == PATTERN and goods in accepted.body.refuted_by:
            assert str(subject) == accepted.body.case
            cases.add(subject)
            found[topic][version] = accepted.body
    first, second = found.values()
    if first != second:
        return []  # the other topic is about to hear it
    assert len(cases) <= 1, "there is one burst, so one proposal"
    assert sorted(first) == list(range(1, len(first) + 1))
    return [first[version] for version in sorted(first)]


async def test_a_burst_is_proposed_grows_and_is_taken_back(net: Whole) -> None:
    async def shows(alerts: int) -> bool:
        said = await proposed(net)
        return bool(said) and len(said[-1].alerts) == alerts

    async with net.at_work(correlator.run, "CORRELATOR"):
        for issuer in ("BR", "GT"):
            await publish(net, issuer, *history(issuer), *burst(issuer, 0, 4))
        await eventually(lambda: shows(8))
        before = await proposed(net)
        await publish(net, "BR", *burst("BR", 4, 2))
        await eventually(lambda: shows(10))

    said = await proposed(net)
    assert said[: len(before)] == before
    assert len(said) > len(before), "what was said stays, what is new comes as a new version"
    last = said[-1]
    assert (last.administrations, last.status) == (("BR", "GT"), "open")
    assert {one.subject for one in before[-1].alerts} < {one.subject for one in last.alerts}
    assert last.changes is not None
    assert last.changes.added
    assert all(one.sentence for one in last.evidence)

    await net.caught_up(correlator.run, "CORRELATOR")
    assert await proposed(net) == said, "it starts again and has nothing to add"

    async with Publisher("GT", net.settings) as publisher:
        for n in range(4):
            await publisher.withdraw(
                f"GT-B-ketamine-{n}", HANDLING, version=2, reason="it was flour"
            )
    await net.caught_up(correlator.run, "CORRELATOR")
    more = await proposed(net)
    assert more[: len(said)] == said
    assert len(more) > len(said)
    assert (more[-1].status, more[-1].alerts) == ("withdrawn", ())

    for coordinator in ("COORD-1", "COORD-2"):
        await net.caught_up(received.run, coordinator)
    (read,) = received.read(net.settings.party("COORD-1"))
    assert (read.version, read.issuer, read.proposal) == (len(more), "CORRELATOR", more[-1])
    assert read.topic == "proposals.south-america"
    ended = received.last_open(net.settings.party("COORD-1"), read)
    assert ended is not None, "what it said while it was open can still be read"
    assert (ended.version, ended.proposal) == (len(more) - 1, more[-2])
    assert ended.proposal.status == "open"
    assert received.read(net.settings.party("COORD-2")) == [], "nothing concerns its region"


async def test_what_a_stolen_key_has_said_supports_nothing(net: Whole) -> None:
    for issuer in ("BR", "GT"):
        async with Publisher(issuer, net.settings) as publisher:
            await publisher.publish_all(history(issuer))
            await publisher.publish_all(burst(issuer, 0, 4, "heroin", "CA"))
    await net.caught_up(correlator.run, "CORRELATOR")
    said = await proposed(net, "heroin")
    assert (said[-1].status, len(said[-1].alerts)) == ("open", 8)

    home, now = net.settings.home, clock.now()
    register = network.open(home, now)
    (key,) = register.administration("GT").signing
    register = lifecycle.end_signing(
        register, "GT", key.public, why="compromised", at=now, believed={}
    )
    network.publish(home, network.sign(home, register, now=now, secret=None))
    assert await announce(net.root, network.entries(home)) == 1

    await net.caught_up(correlator.run, "CORRELATOR")
    more = await proposed(net, "heroin")
    assert more[: len(said)] == said
    assert (more[-1].status, more[-1].alerts) == ("withdrawn", ())
    await net.caught_up(correlator.run, "CORRELATOR")
    assert await proposed(net, "heroin") == more
