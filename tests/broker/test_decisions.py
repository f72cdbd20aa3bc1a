"""A coordinator decides, through a real broker: it is obeyed, heard of, and can be taken back."""

import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from importlib.resources import files as files_of
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.broker.test_views import HANDLING, seizure
from tests.broker.whole import Whole, eventually, member, whole

from entente import clock
from entente.alert.decision import Ruling
from entente.alert.record import Container, Goods, Text, Transport
from entente.bus.arrivals import heads
from entente.bus.connection import Connection
from entente.bus.producer import Outgoing, Producer
from entente.coordinate import deciding, heard, received, standing
from entente.coordinate.decider import OUTBOX, Decided, Decider
from entente.coordinate.heard import HeardDecision
from entente.coordinate.received import ReceivedProposal
from entente.correlate.replay import replaying
from entente.correlate.replay.recover import recover
from entente.correlate.views import service as correlator
from entente.correlate.views.proposer import DECISIONS, INBOX
from entente.errors import StoreError, TrustError, UsageError
from entente.proof.key import SigningKey
from entente.publish.publisher import Publisher
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.store.reader import Reader
from entente.trust import files
from entente.wire.names import REGIONS
from entente.wire.statement import Audience

TOPIC, ELSEWHERE = "decisions.south-america", "decisions.middle-east"
HOMES = {"BR": ("south-america",), "GT": ("central-america", "south-america")}
"""Where they publish: one says the same on two topics."""
READERS = ("COORD-1", "BR", "GT", "AUDIT")
Cases = dict[str, ReceivedProposal]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A network in which an office of another region may write decisions as well."""
    office = member("RILO-ME", "liaison_office", "middle-east")
    members = [
        member("BR", "administration", "south-america"),
        member("GT", "administration", "central-america", "south-america"),
        member("CORRELATOR", "correlator"),
        member("COORD-1", "coordinator", "south-america"),
        msgspec.structs.replace(office, duties=office.duties | {ELSEWHERE: 1}),
        member("AUDIT", "liaison_office", *REGIONS),
    ]
    with whole(tmp_path_factory.mktemp("decisions"), members) as found:
        yield found


@contextlib.asynccontextmanager
async def at_work(net: Whole) -> AsyncIterator[None]:
    """A correlator, a coordinator who reads proposals, and all who hear of decisions."""
    async with contextlib.AsyncExitStack() as stack:
        for service, who in (
            (correlator.run, "CORRELATOR"),
            (received.run, "COORD-1"),
            *((heard.run, reader) for reader in READERS),
        ):
            await stack.enter_async_context(net.at_work(service, who))
        yield


async def publish(net: Whole, *numbers: int, container: str = "CSQU3054383") -> None:
    for issuer, homes in HOMES.items():
        async with Publisher(issuer, net.settings) as publisher:
            for n in numbers:
                alert = msgspec.structs.replace(
                    seizure(issuer, n),
                    transport=Transport(containers=(Container(number=container),)),
                )
                await publisher.publish(alert, HANDLING, regions=homes)


async def concluded(net: Whole, alerts: int, decisions: int) -> None:
    """Wait until the correlator has said what follows from so many alerts and decisions."""
    folder = net.settings.party("CORRELATOR")

    def come() -> bool:
        names = INBOX, DECISIONS
        with Reader(correlator.store(folder)) as reader, reader.views(*names) as views:
            return [len(list(heads(view))) for view in views] == [alerts, decisions]

    await eventually(lambda: correlator.store(folder).exists() and come())
    await eventually(lambda: correlator.behind(folder) == 0)
    await eventually(lambda: correlator.settled(folder))  # what it puts off, it has said as well


def cases(net: Whole) -> Cases:
    """What the coordinator is shown now."""
    with contextlib.suppress(Exception):  # nothing has come yet
        return {one.proposal.case: one for one in received.read(net.settings.party("COORD-1"))}
    return {}


async def becomes(net: Whole, *sizes: int) -> Cases:
    """Wait until the open proposals have so many alerts; all that is shown then."""
    await eventually(
        lambda: (
            sorted(n for c in cases(net).values() if (n := len(c.proposal.alerts))) == sorted(sizes)
        )
    )
    return cases(net)


def known(net: Whole, reader: str, by: str = "COORD-1") -> list[HeardDecision]:
    found = heard.read(net.settings.party(reader))
    return [one for one in found if one.coordinator == by]


def hears(net: Whole, reader: str) -> bool:
    return bool(known(net, reader))


async def decide(
    net: Whole, on: ReceivedProposal, ruling: Ruling, other: ReceivedProposal | None = None
) -> Decided:
    """Split takes every other alert away."""
    half = [alert.subject for alert in on.proposal.alerts][::2] if ruling == "split" else ()
    code = "weak" if ruling == "decline" else None
    said = deciding.decision(
        on, ruling, alerts=half, other=other, code=code, reason="seen for myself"
    )
    async with await Decider.open(net.settings, "COORD-1") as decider:
        return await decider.decide(said, on, other)


def run(net: Whole, *arguments: str) -> str:
    """What a command prints."""
    process = net.command(*arguments)
    assert process.wait(60) == 0, net.printed(arguments[0])
    return net.printed(arguments[0])


async def take_back(net: Whole, ruling: Ruling) -> None:
    def found() -> list[HeardDecision]:
        return [one for one in known(net, "COORD-1") if one.decision.ruling == ruling]

    await eventually(lambda: len(found()) == 1)
    async with await Decider.open(net.settings, "COORD-1") as decider:
        await decider.withdraw(found()[0], "seen again")


async def as_another(
    net: Whole, by: str, key: SigningKey, on: ReceivedProposal, folder: Path, topic: str = TOPIC
) -> None:
    """Say a split as ``by``, signed with ``key``, as no honest program would."""
    half = [alert.subject for alert in on.proposal.alerts][::2]
    said = deciding.decision(on, "split", alerts=half)
    (made,) = deciding.submissions(
        deciding.subject(net.register.network, by, said), 1, "NEW", said, topics=(topic,),
        limits=Audience(), handling=on.handling, reason=None,
        me=net.register.administration(by), network=net.register.network, now=clock.now(),
    )  # fmt: skip
    with Database(folder / f"{by}.db") as database:
        with database.transaction() as tx:
            tx.submit(made)
        outbox = Outbox(database, key)
        outbox.seal(made.origin)
        (record,) = outbox.unsent(made.origin)
    async with Producer(Connection.of(net.settings.kafka.bootstrap, net.settings.party(by))) as it:
        await it.send([Outgoing(topic, record.key, record.value, record.headers)])


async def test_what_a_coordinator_decides_is_obeyed_and_heard(net: Whole, tmp_path: Path) -> None:
    async with at_work(net):
        await publish(net, 0, 1, 2)
        await concluded(net, 6, 0)
        ((case, first),) = (await becomes(net, 6)).items()
        said = len(await net.proposed())

        # Declined: quiet, until it is taken back.
        done = await decide(net, first, "decline")
        assert (done.version, done.topics, done.unreached) == (1, (TOPIC,), ())
        assert await decide(net, first, "decline") == done, "it stands already"
        await concluded(net, 6, 1)
        await publish(net, 3)
        await concluded(net, 8, 1)
        assert len(await net.proposed()) == said, "no version more"
        for contributor in ("BR", "GT"):
            await eventually(partial(hears, net, contributor))
            (one,) = known(net, contributor)
            assert (one.decision.reason, one.decision.code) == ("seen for myself", "weak")
            assert one.decision.proposal.statement == first.statement
            status = standing.status(standing.about(case, [one]))
            assert status.startswith(f"version {first.version} declined (weak) by COORD-1 on ")
        await take_back(net, "decline")
        found = await becomes(net, 8)
        assert (found.keys(), found[case].version) == ({case}, first.version + 1)
        await eventually(lambda: known(net, "BR") == [])

        # Nobody else: who may decide nothing or elsewhere, and who has not the coordinator's key.
        with pytest.raises(TrustError, match="BR speaks for nobody"):
            await Decider.open(net.settings, "BR")
        own = files.signing_key(net.settings.party("RILO-ME") / "signing.key", None)
        await as_another(net, "COORD-1", SigningKey.generate(), first, tmp_path)
        await as_another(net, "RILO-ME", own, first, tmp_path, ELSEWHERE)
        await concluded(net, 8, 2)
        assert cases(net) == found
        await eventually(lambda: bool(known(net, "AUDIT", "RILO-ME")))
        (kept,) = known(net, "AUDIT", "RILO-ME")
        assert kept.unheeded == "not obeyed: RILO-ME does not speak for BR, GT"

        # Split, and the new one accepted: it keeps its id when the split is taken back.
        await decide(net, found[case], "split")
        found = await becomes(net, 4, 4)
        (new,) = found.keys() - {case}
        run(net, "decide", new[:8], "accept", "--as", "COORD-1", "--reason", "in May")
        await eventually(lambda: all(len(known(net, who)) == 2 for who in ("BR", "COORD-1")))
        listed = run(net, "decisions", "--as", "BR", "--offline")
        assert f"case {new[:8]} accepted: in May" in listed
        assert "our BR-" in listed
        shown = run(net, "proposals", "--as", "COORD-1", "--offline")
        assert "accepted by COORD-1 on 20" in shown
        await take_back(net, "split")
        found = await becomes(net, 8)
        assert (found[case].proposal.status, found[case].proposal.heir) == ("withdrawn", new)
        with pytest.raises(UsageError, match="is withdrawn"):
            await decide(net, found[case], "accept")

        # Another container, and a merge of the two.
        await publish(net, 11, 12, container="MSKU9070323")
        found = await becomes(net, 4, 8)
        (other,) = found.keys() - {case, new}
        await decide(net, found[new], "merge", found[other])
        found = await becomes(net, 12)
        assert len(found[new].proposal.alerts) == 12
        assert found[other].proposal.heir == new
        await take_back(net, "merge")
        await becomes(net, 4, 8)
    before = (await net.proposed()).keys()
    await net.caught_up(correlator.run, "CORRELATOR")
    assert (await net.proposed()).keys() == before, "it starts again and has nothing to add"


async def list_and_take_back(net: Whole) -> None:
    """What a coordinator lists ties nobody; without the entry it does again."""
    for issuer in HOMES:
        async with Publisher(issuer, net.settings) as publisher:
            for n in (16, 17):
                alert = msgspec.structs.replace(
                    seizure(issuer, n),
                    transport=None,
                    remarks=Text(text="Parcel desk +86 10 8056 51990, room 4"),
                    goods=(Goods(group="drugs", description=Text(text=f"pills {n}")),),
                )
                await publisher.publish(alert, HANDLING)
    phone = "+86 10 8056 51990"

    def tied() -> list[str]:
        return [c.proposal.status for c in cases(net).values() if "805651990" in str(c)]

    await eventually(lambda: tied() == ["open"])
    how = ("--by", "phone", "--as", "COORD-1", "--reason", "a desk that sends for all")
    run(net, "lists", "add", "forwarder", phone, *how)
    await eventually(lambda: tied() in ([], ["withdrawn"]))
    await eventually(lambda: bool(heard.listings(net.settings.party("BR"))))
    (entry,) = heard.listings(net.settings.party("BR"))
    assert (entry.coordinator, entry.listing.reason) == ("COORD-1", "a desk that sends for all")
    assert phone in run(net, "lists", "show", "--as", "BR", "--offline")
    async with await Decider.open(net.settings, "COORD-1") as decider:
        await decider.withdraw(entry, "it is one actor after all")
    await eventually(lambda: tied() == ["open"])


async def test_what_was_said_is_computed_again_and_other_weights_are_tried(
    net: Whole, tmp_path: Path
) -> None:
    async with at_work(net):
        await list_and_take_back(net)
        await publish(net, 21, 22, 23, container="TGHU7759932")
        await eventually(lambda: any(len(c.proposal.alerts) == 6 for c in cases(net).values()))
        (first,) = (c for c in cases(net).values() if len(c.proposal.alerts) == 6)
        case = first.proposal.case

        def shown() -> int:
            return len(cases(net)[case].proposal.alerts)

        await decide(net, first, "split")
        await eventually(lambda: shown() == 3)
        await take_back(net, "split")
        await eventually(lambda: shown() == 6)
    async with at_work(net):  # the correlator has begun anew
        await publish(net, 24, container="TGHU7759932")
        await publish(net, 26, 27, container="APHU6392841")
        await eventually(lambda: shown() == 8 and len(fresh(net)) == 1)
        (mine,) = fresh(net)
        await decide(net, mine, "accept")
        await eventually(lambda: any(d.decision.alerts == ours(mine) for d in known(net, "BR")))
    said = await net.proposed()
    await net.caught_up(replaying.run, "AUDIT")
    for topic, subject, version in said:
        again = replaying.again(net.settings.party("AUDIT"), str(subject), version)
        assert again.again == again.said, (topic, subject, version)
    printed = run(net, "proposals", "replay", case[:8], "--as", "AUDIT")
    assert "the same" in printed.splitlines()[-1]
    await net.caught_up(replaying.run, "COORD-1")
    with pytest.raises(StoreError, match="epoch in which version"):
        replaying.again(net.settings.party("COORD-1"), case)
    found = tried(net, tmp_path)
    assert found["candidate"]["open"] == 0
    (lost,) = (one for one in found["lost"] if tuple(sorted(one["alerts"])) == ours(mine))
    assert lost["verdict"] == "right"
    assert found["today"]["load"].keys() == {"COORD-1"}


def fresh(net: Whole) -> list[ReceivedProposal]:
    """Those about the last days of the month, as no others are."""
    return [
        one for one in cases(net).values() if len(one.proposal.alerts) == 4 and min(days(one)) > 26
    ]


def ours(one: ReceivedProposal) -> tuple[str, ...]:
    return tuple(sorted(alert.subject for alert in one.proposal.alerts))


def days(one: ReceivedProposal) -> list[int]:
    return sorted(int((alert.event_date or "-0")[-2:]) for alert in one.proposal.alerts)


def tried(net: Whole, folder: Path) -> dict[str, Any]:
    """What weights that find nothing likely enough would have said."""
    released = files_of("entente.correlate").joinpath("weights/1.yaml").read_text("utf-8")
    other = folder / "other.yaml"
    other.write_text(re.sub(r"likelihood: .*", "likelihood: 1.01", released))
    options = ("--weights", f"{other}", "--as", "CORRELATOR", "--json")
    found: dict[str, Any] = json.loads(run(net, "correlate", "what-if", *options).splitlines()[-1])
    return found


async def test_a_lost_store_is_made_again(net: Whole) -> None:
    async with at_work(net):
        await publish(net, 5, 6, container="HLXU8219050")
        await eventually(lambda: any(days(c) == [6, 6, 7, 7] for c in cases(net).values()))
        await eventually(lambda: correlator.behind(net.settings.party("CORRELATOR")) == 0)
    (before,) = (c for c in cases(net).values() if days(c) == [6, 6, 7, 7])
    said = await net.proposed()
    folder = net.settings.party("CORRELATOR")
    for file in folder.glob("correlator.sqlite*"):
        file.unlink()
    printed = run(net, "lane", "recover", "--as", "CORRELATOR")
    assert "statements are known again" in printed
    await net.caught_up(correlator.run, "CORRELATOR")
    assert (await net.proposed()).keys() == said.keys(), "it has nothing to add"
    async with at_work(net):
        await publish(net, 7, container="HLXU8219050")
        await eventually(lambda: days(cases(net)[before.proposal.case]) == [6, 6, 7, 7, 8, 8])
    after = cases(net)[before.proposal.case]
    assert after.version > before.version
    await net.caught_up(replaying.run, "AUDIT")
    again = replaying.again(net.settings.party("AUDIT"), after.proposal.case)
    assert (again.version, again.again) == (after.version, again.said)
    with pytest.raises(StoreError, match="of its own"):
        await recover(net.settings, "CORRELATOR")

    # A coordinator who has lost its outbox goes on too.
    for file in net.settings.party("COORD-1").glob(f"{OUTBOX}*"):
        file.unlink()
    with pytest.raises(StoreError, match="has never written it"):
        await decide(net, after, "accept")
    run(net, "lane", "recover", "--as", "COORD-1")
    assert (await decide(net, after, "accept")).version == 1
