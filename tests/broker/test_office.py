"""Liaison offices on a real broker: what they receive, what they refuse, what they wait for."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial
from uuid import UUID

import msgspec
import pytest
from structlog.testing import CapturingLogger
from tests.broker.whole import NAME, Whole, eventually, member

from entente import clock
from entente.alert.handling import Handling
from entente.alert.record import Event, Goods, Leg, Route, Seizure, Text
from entente.bus import membership
from entente.bus.membership import announce
from entente.bus.producer import Outgoing, Producer
from entente.bus.provision import provision
from entente.bus.topics import QUARANTINE, REGISTER
from entente.errors import TrustError
from entente.office import service
from entente.office.follow import read_heads, read_new
from entente.office.item import Item
from entente.office.subscriber import Subscriber
from entente.proof.quarantine import QuarantinedRecord, decode_quarantined
from entente.proof.record import Record
from entente.proof.verdict import Code
from entente.publish.publisher import Publisher
from entente.trust import network
from entente.trust.audience import register as register_of
from entente.trust.register import Register
from entente.wire.envelope import decode_envelope, encode_envelope
from entente.wire.names import REGIONS

HANDLING = Handling(tlp="AMBER", purpose="test", source_grade="A", information_grade=1)
REFRESH = 0.3
"""Seconds between two looks at the register, so that no test waits for half a minute."""


def seizure(ref: str, text: str = "shoes") -> Seizure:
    return Seizure(
        national_ref=ref,
        event=Event(date="2026-03-01"),
        route=Route(location=Leg(country="JP")),
        goods=(Goods(description=Text(text=text)),),
    )


async def say(net: Whole, issuer: str, *refs: str, regions: tuple[str, ...] = ()) -> list[UUID]:
    async with Publisher(issuer, net.settings) as publisher:
        return [await publisher.publish(seizure(ref), HANDLING, regions=regions) for ref in refs]


def came(net: Whole, office: str, about: Iterable[UUID]) -> list[Item]:
    """What came to an office, of all that ever did, about these subjects."""
    wanted = set(about)
    return [
        one for one in read_new(net.settings.party(office), {}, 10_000) if one.subject in wanted
    ]


async def received(net: Whole, office: str, about: Iterable[UUID]) -> None:
    wanted = set(about)
    await eventually(lambda: {one.subject for one in came(net, office, wanted)} == wanted)


async def refused(net: Whole, record: Record) -> dict[str, QuarantinedRecord]:
    """What readers have put into quarantine of a record, by reader."""
    found = [decode_quarantined(r.value or b"") for r in await net.records(QUARANTINE)]
    return {one.reader: one for one in found if one.record[:3] == record[:3]}


async def put(net: Whole, topic: str, key: bytes, value: bytes | None) -> Record:
    """Produce bytes as the one user who may do everything; the record as it stands there."""
    async with Producer(net.root) as producer:
        await producer.send([Outgoing(topic, key, value, (("h", b"1"),))])
    return max(
        (r for r in await net.records(topic) if r.key == key), key=lambda r: (r.timestamp, r.offset)
    )


@pytest.fixture(autouse=True)
async def offices(net: Whole) -> AsyncIterator[None]:
    """Two offices at work during each test; they start anew for each."""
    async with (
        net.at_work(service.run, "RILO-AP", refresh=REFRESH),
        net.at_work(service.run, "RILO-ME", refresh=REFRESH),
    ):
        yield


async def test_an_office_receives_its_regions_and_only_these(net: Whole) -> None:
    east = await say(net, "JP", "R-1", "R-2")
    middle = await say(net, "JP", "R-3", regions=("middle-east",))
    (both,) = await say(net, "JP", "R-4", regions=("asia-pacific", "middle-east"))
    west = await say(net, "FR", "R-5")
    every = [*east, *middle, both, *west]
    await received(net, "RILO-AP", [*east, *middle, both])
    await received(net, "RILO-ME", [*middle, both])
    last = await say(net, "JP", "R-6", regions=("middle-east",))
    await received(net, "RILO-AP", last)  # whatever came before is there by now
    await received(net, "RILO-ME", last)
    seen = [one.subject for one in came(net, "RILO-AP", every)]
    assert sorted(seen) == sorted([*east, *middle, both]), "each is one item"
    assert sorted(one.subject for one in came(net, "RILO-ME", every)) == sorted([*middle, both])
    (item,) = came(net, "RILO-AP", [both])
    assert (item.issuer, item.version, item.handling) == ("JP", 1, HANDLING)
    assert isinstance(item.alert, Seizure)
    assert item.alert == msgspec.structs.replace(seizure("R-4"), nominal=None)


async def test_a_correction_and_a_withdrawal_follow_what_they_change(net: Whole) -> None:
    async with Publisher("JP", net.settings) as publisher:
        subject = await publisher.publish(seizure("C-1"), HANDLING)
        await publisher.correct(seizure("C-1", "bags"), HANDLING, version=2, reason="looked again")
        await received(net, "RILO-AP", [subject])
        await publisher.withdraw("C-1", HANDLING, version=3, reason="not ours")
    await eventually(lambda: len(came(net, "RILO-AP", [subject])) == 3)
    items = came(net, "RILO-AP", [subject])
    assert [(one.version, one.change, one.reason) for one in items] == [
        (1, "NEW", None), (2, "CORRECTION", "looked again"), (3, "WITHDRAWAL", "not ours"),
    ]  # fmt: skip
    (head,) = [one for one in read_heads(net.settings.party("RILO-AP")) if one.subject == subject]
    assert (head.version, head.alert) == (3, None)


async def test_what_was_tampered_with_is_kept_whole_and_the_office_goes_on(net: Whole) -> None:
    await say(net, "JP", "T-0", "T-1")
    (*_, genuine) = (r for r in await net.records("alerts.asia-pacific") if r.key == b"JP/0")
    assert genuine.value is not None
    good = decode_envelope(genuine.value)
    statement = bytearray(good.statement)
    statement[-1] ^= 1
    tampered = encode_envelope(msgspec.structs.replace(good, statement=bytes(statement)))
    hostile = {
        tampered: Code.NOT_INCLUDED,
        b"<html>": Code.NOT_SINGLE_OBJECT,
        genuine.value[:-1]: Code.ENVELOPE_MALFORMED,
        genuine.value[:10] + bytes(899_980): Code.ENVELOPE_MALFORMED,
        None: Code.NULL_VALUE,
    }
    records = [await put(net, "alerts.asia-pacific", b"JP/0", value) for value in hostile]
    await received(net, "RILO-AP", await say(net, "JP", "T-2"))
    for record, (value, code) in zip(records, hostile.items(), strict=True):
        kept = (await refused(net, record))["RILO-AP"]
        assert (kept.record.key, kept.record.value) == (b"JP/0", value)
        assert kept.record.headers == (("h", b"1"),)
        assert (kept.code, kept.step, kept.temporary) == (code.value, code.step, False)
    again = await put(net, "alerts.asia-pacific", b"JP/0", genuine.value)
    await received(net, "RILO-AP", await say(net, "JP", "T-3"))
    assert await refused(net, again) == {}, "the same bytes again are no offence"


async def test_an_unknown_administration_waits_for_the_register(net: Whole) -> None:
    before = network.open(net.settings.home, clock.now())
    here = [*before.administrations.values(), member("TH", "administration", "middle-east")]
    register = network.create(net.settings.home, NAME, here, now=clock.now(), secret=None)
    assert register.version == before.version + 1
    provision(net.root, register)
    early = await say(net, "TH", "U-1", "U-2")
    (first,) = [
        r for r in await net.records("alerts.middle-east") if r.key == b"TH/0" and r.value
        and decode_envelope(r.value).index == 0
    ]  # fmt: skip

    async def waits(office: str) -> bool:
        return office in await refused(net, first)

    for office in ("RILO-AP", "RILO-ME"):
        await eventually(partial(waits, office))
        assert came(net, office, early) == []
    kept = (await refused(net, first))["RILO-ME"]
    assert (kept.code, kept.temporary) == (Code.UNKNOWN_ADMINISTRATION.value, True)
    assert await announce(net.root, network.entries(net.settings.home)) == 1
    for office in ("RILO-AP", "RILO-ME"):
        await received(net, office, early)
        await received(net, office, await say(net, "TH", f"U-3-{office}"))
        assert [one.version for one in came(net, office, early)] == [1, 1]


async def test_a_register_rolled_back_or_frozen_is_noticed_and_the_last_one_holds(
    net: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, log = net.settings.home, CapturingLogger()
    monkeypatch.setattr(membership, "_log", log)

    async def renewed(life: int) -> Register:
        register = network.open_expired(home)
        network.publish(home, network.sign(home, register, now=clock.now(), secret=None, life=life))
        await announce(net.root, network.entries(home))
        return network.open_expired(home)

    async def follow(register: Register) -> None:
        folders = [net.settings.party(office) for office in ("RILO-AP", "RILO-ME")]
        await eventually(
            lambda: all(register_of(one).version == register.version for one in folders)
        )

    async def told(words: str) -> None:
        """Both offices say so in their logs."""
        await eventually(lambda: sum(words in str(one.kwargs["reason"]) for one in log.calls) >= 2)

    async def receive(ref: str) -> None:
        said = await say(net, "JP", ref, regions=("middle-east",))
        for office in ("RILO-AP", "RILO-ME"):
            await received(net, office, said)

    await net.caught_up(service.run, "RILO-CIS")
    await follow(before := await renewed(network.YEAR))
    # Who may write the topic shows an older register to who knows a newer one.
    await put(net, REGISTER, b"register/1", network.entries(home)["register/1"])
    await told(f"register {before.version} was here before, now only 1 is shown")
    await receive("F-1")
    await follow(await renewed(network.YEAR))  # a newer one ends it
    # Nobody is shown the next one: it is noticed when the last has expired.
    await renewed(life=2_000_000)
    await eventually(lambda: [one.method_name for one in log.calls].count("error") >= 2)
    with pytest.raises(TrustError, match="expired"):
        await say(net, "JP", "F-2", regions=("middle-east",))
    # Who reads goes on with what it knows, started anew as well; but not who knows nothing yet.
    await net.caught_up(service.run, "RILO-CIS")
    with pytest.raises(TrustError, match="expired"):
        await net.caught_up(service.run, "KZ")
    await follow(await renewed(network.YEAR))
    await receive("F-2")


async def test_a_subscriber_gets_each_version_once_across_restarts(net: Whole) -> None:
    async def take(count: int) -> list[str]:
        """The next items, and the word that they are done with."""
        found: list[str] = []
        async with Subscriber("RILO-CIS", net.settings) as alerts:
            items = aiter(alerts)
            while len(found) < count:
                one = await asyncio.wait_for(anext(items), 60)
                assert isinstance(one.alert, Seizure)
                found.append(f"{one.alert.national_ref}/{one.version}")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(items), 0.3)
        return found

    assert "cis" in REGIONS
    await say(net, "KZ", "S-1", "S-2")
    assert sorted(await take(2)) == ["S-1/1", "S-2/1"]
    await say(net, "KZ", "S-2", "S-3")
    async with Publisher("KZ", net.settings) as publisher:
        await publisher.correct(seizure("S-1", "hats"), HANDLING, version=2, reason="seen again")
    assert await take(2) == ["S-3/1", "S-1/2"]
    await say(net, "KZ", "S-4")
    async with Subscriber("RILO-CIS", net.settings) as alerts:
        async for one in alerts:
            assert isinstance(one.alert, Seizure)
            assert one.alert.national_ref == "S-4"
            break  # not done with it, as in a crash: it comes again
    assert await take(1) == ["S-4/1"]
    assert await take(0) == []
