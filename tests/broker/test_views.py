"""An alert for some, through a real broker: it reaches these, and changes nothing for others."""

from tests.broker.whole import Whole

from entente.alert.handling import Handling
from entente.alert.proposal import Proposal
from entente.alert.record import Container, Event, Goods, Leg, Right, Route, Seizure, Transport
from entente.coordinate import received
from entente.coordinate.received import ReceivedProposal
from entente.correlate.views import service as correlator
from entente.publish.publisher import Publisher
from entente.wire.statement import Audience

HANDLING = Handling(tlp="GREEN", purpose="test", source_grade="A", information_grade=1)


def seizure(issuer: str, n: int) -> Seizure:
    return Seizure(
        national_ref=f"{issuer}-{n}",
        event=Event(date=f"2026-03-{n + 1:02}"),
        route=Route(departure=Leg(country="CN", place="CNCAN"), location=Leg(country=issuer)),
        transport=Transport(containers=(Container(number="CSQU3054383", seals=("SL90317",)),)),
        goods=(Goods(group="ipr", category="3a", rights=(Right(brand="Nebia"),)),),
    )


async def heard(net: Whole, reader: str) -> list[ReceivedProposal]:
    """What a reader is shown."""
    await net.caught_up(received.run, reader)
    return received.read(net.settings.party(reader))


async def test_an_alert_for_some_changes_nothing_for_others(net: Whole) -> None:
    for issuer in ("BR", "GT"):
        async with Publisher(issuer, net.settings) as publisher:
            for n in range(2):
                await publisher.publish(seizure(issuer, n), HANDLING)
    await net.caught_up(correlator.run, "CORRELATOR")
    before = await heard(net, "COORD-1")
    (base,) = before
    assert (base.version, len(base.proposal.alerts)) == (1, 4)

    async with Publisher("BR", net.settings) as publisher:
        await publisher.publish(seizure("BR", 9), HANDLING, audience_regions=("cis",))
    await net.caught_up(correlator.run, "CORRELATOR")
    (limited,) = await heard(net, "RILO-CIS")
    assert (limited.version, len(limited.proposal.alerts)) == (1, 5)
    assert limited.proposal.releasability.regions == ("cis",)
    shown = {one.proposal.case: len(one.proposal.alerts) for one in await heard(net, "BR")}
    assert shown == {base.proposal.case: 4, limited.proposal.case: 5}, "who said it sees both"

    async with Publisher("BR", net.settings) as publisher:
        await publisher.withdraw(
            "BR-9", HANDLING, version=2, reason="it was flour", audience_regions=("cis",)
        )
    await net.caught_up(correlator.run, "CORRELATOR")
    (gone,) = await heard(net, "RILO-CIS")
    assert (gone.version, gone.proposal.status, gone.proposal.alerts) == (2, "withdrawn", ())
    assert await heard(net, "COORD-1") == before, "it reads the topic, but is not told"

    audiences = {}
    for (topic, _, version), accepted in (await net.proposed()).items():
        assert isinstance(accepted.body, Proposal)
        audiences[topic, version, accepted.body.case] = accepted.statement.audience
    case, other = base.proposal.case, limited.proposal.case
    to = Audience(regions=("cis",), administrations=("BR",))
    assert audiences == {
        ("proposals.south-america", 1, case): Audience(),
        ("proposals.central-america", 1, case): Audience(),
        **{(f"proposals.{at}", n, other): to for at in ("cis", "south-america") for n in (1, 2)},
    }
