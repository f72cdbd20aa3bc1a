"""The publisher on a real broker: what it accepts arrives once, verified by a reader's steps."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer
from tests.broker.conftest import Cluster

from entente import clock
from entente.alert.handling import Handling
from entente.alert.record import Event, Goods, Leg, Nominal, Person, Route, Seizure, Text
from entente.bus.provision import provision
from entente.config import Kafka, Settings
from entente.errors import AlertError, BrokerUnreachable, KeyMissing, TrustError, UsageError
from entente.proof.read import read
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted
from entente.publish.publisher import Publisher
from entente.publish.submission import Submission
from entente.seal.grant import open_grant, read_grant
from entente.seal.sealed import unseal
from entente.trust import network, party
from entente.trust.administration import Administration, usual_duties, usual_reads
from entente.trust.register import Agreement, Register

HANDLING = Handling(tlp="AMBER", purpose="test", source_grade="A", information_grade=1)


def member(id: str, *regions: str) -> Administration:
    return Administration(
        id=id, name=id, country=id, home=regions[0], regions=regions[1:],
        duties=usual_duties("administration", regions),
        reads=usual_reads("administration", regions),
    )  # fmt: skip


class World(NamedTuple):
    cluster: Cluster
    settings: Settings
    register: Register

    def publisher(self, id: str = "MX", bootstrap: str | None = None) -> Publisher:
        settings = self.settings
        if bootstrap is not None:
            settings = msgspec.structs.replace(settings, kafka=Kafka(bootstrap=bootstrap))
        publisher = Publisher(id, settings)
        publisher.voice = msgspec.structs.replace(publisher.voice, register=self.register)
        return publisher

    async def said(self, topic: str, issuer: str = "MX") -> list[Accepted]:
        """All that an issuer said on a topic, through the eight steps."""
        rows, found = MemoryRows(), []
        async for record in self._records(topic):
            if record.key is not None and record.key.startswith(issuer.encode() + b"/"):
                verdict = read(record, rows, self.register, self.register.network, clock.now())
                assert isinstance(verdict, Accepted), verdict
                found.append(verdict)
        return found

    async def _records(self, topic: str) -> AsyncIterator[Record]:
        client = AIOKafkaConsumer(
            topic, **self.cluster.root.aiokafka(), auto_offset_reset="earliest"
        )
        await client.start()
        try:
            partitions = client.assignment()
            assert partitions
            ends = await client.end_offsets(partitions)
            await client.seek_to_beginning(*partitions)
            while [p for p, end in ends.items() if await client.position(p) < end]:
                for batch in (await client.getmany(timeout_ms=500)).values():
                    for r in batch:
                        headers = tuple((k, bytes(v)) for k, v in r.headers)
                        yield Record(
                            r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, headers
                        )
        finally:
            await client.stop()


@pytest.fixture(scope="module")
def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> World:
    home = tmp_path_factory.mktemp("network")
    now = clock.now()
    members = [member("MX", "caribbean", "central-america"), member("GT", "central-america")]
    register = network.create(
        home, "test.entente.example", members, now=now, secret=None, officers=1, threshold=1
    )
    agreement = Agreement(parties=("MX", "GT"), purpose="test", nominal=True, start=now)
    register = msgspec.structs.replace(register, agreements=(agreement,))
    provision(cluster.root, register)
    for one in members:  # the broker of the session has an authority of its own
        cluster.home.certify(home / "parties" / one.id, one.id)
    settings = Settings(
        network=register.network, home=home, kafka=Kafka(bootstrap=cluster.bootstrap)
    )
    return World(cluster, settings, register)


def reference(verdict: Accepted) -> str:
    assert isinstance(verdict.body, Seizure)
    return verdict.body.national_ref


def seizure(ref: str, text: str = "shoes", nominal: Nominal | None = None) -> Seizure:
    return Seizure(
        national_ref=ref,
        event=Event(date="2026-03-01"),
        route=Route(location=Leg(country="MX")),
        goods=(Goods(description=Text(text=text)),),
        nominal=nominal,
    )


def many(start: int, count: int, text: str = "shoes") -> Iterable[Submission]:
    for n in range(start, start + count):
        alert = seizure(f"N-{n}", text)
        yield Submission(n, "MX", alert.national_ref, "seizure", alert, HANDLING)


async def test_a_file_arrives_once_however_often_it_is_published(world: World) -> None:
    progress: list[int] = []
    async with world.publisher() as publisher:
        done = await publisher.publish_all(
            many(0, 2_500), lambda so_far: progress.append(so_far.accepted)
        )
        assert (done.accepted, done.known, done.refused) == (2_500, 0, [])
    assert progress == [1_024, 2_048, 2_500]
    async with world.publisher() as publisher:
        again = await publisher.publish_all(many(0, 2_501))
    assert (again.accepted, again.known, again.refused) == (1, 2_500, [])
    said = await world.said("alerts.caribbean")
    assert [v.index for v in said] == list(range(2_501))
    assert {reference(v) for v in said} == {f"N-{n}" for n in range(2_501)}
    assert all(v.statement.handling == HANDLING for v in said)


async def test_another_content_of_the_same_version_is_refused_alone(world: World) -> None:
    async with world.publisher() as publisher:
        await publisher.publish_all(many(5_000, 2))
        before = len(await world.said("alerts.caribbean"))
        done = await publisher.publish_all([*many(5_001, 1, "hats"), *many(5_002, 1)])
        assert (done.accepted, done.known) == (1, 0)
        ((submission, error),) = done.refused
        assert submission.row == 5_001
        assert isinstance(error, AlertError)
        assert "CORRECTION" in error.advice
        other = Submission(1, "GT", "X", "seizure", seizure("X"), HANDLING)
        done = await publisher.publish_all([other])
        assert isinstance(done.refused[0][1], UsageError)
    assert len(await world.said("alerts.caribbean")) == before + 1


async def test_without_a_broker_all_is_kept_and_sent_later(world: World) -> None:
    before = len(await world.said("alerts.caribbean"))
    async with world.publisher(bootstrap="localhost:1") as publisher:
        with pytest.raises(BrokerUnreachable):
            await publisher.publish_all(many(9_000, 1_500))
        with pytest.raises(BrokerUnreachable):
            await publisher.publish(seizure("OFFLINE"), HANDLING)
    async with world.publisher() as publisher:
        await publisher.flush()
        await publisher.flush()
    said = await world.said("alerts.caribbean")
    assert len(said) == before + 1_501
    assert reference(said[-1]) == "OFFLINE"


async def test_correct_and_withdraw(world: World) -> None:
    async with world.publisher("GT") as publisher:
        subject = await publisher.publish(seizure("C-1"), HANDLING)
        await publisher.correct(seizure("C-1", "bags"), HANDLING, version=2, reason="looked again")
        await publisher.withdraw("C-1", HANDLING, version=3, reason="not ours")
        with pytest.raises(AlertError, match="needs a version"):
            await publisher.withdraw("C-1", HANDLING, version=1, reason="x")
        with pytest.raises(AlertError):
            await publisher.publish(seizure("C-2", ""), HANDLING)
    said = [
        v.statement
        for v in await world.said("alerts.central-america", "GT")
        if v.statement.subject == subject
    ]
    assert [(s.version, s.change) for s in said] == [
        (1, "NEW"), (2, "CORRECTION"), (3, "WITHDRAWAL"),
    ]  # fmt: skip
    assert said[2].body == b""


async def test_copies_for_regions_differ_in_topic_alone(world: World) -> None:
    both = ("caribbean", "central-america")
    async with world.publisher() as publisher:
        subject = await publisher.publish(seizure("R-1"), HANDLING, regions=both)
        with pytest.raises(TrustError, match=r"may not write alerts\.cis"):
            await publisher.publish(seizure("R-2"), HANDLING, regions=("cis",))
    copies = [
        v.statement
        for region in both
        for v in await world.said(f"alerts.{region}")
        if v.statement.subject == subject
    ]
    assert len(copies) == 2
    first, second = (msgspec.structs.replace(copy, topic="") for copy in copies)
    assert first == second


async def test_names_travel_sealed_and_open_for_the_recipient(world: World) -> None:
    who = Nominal(persons=(Person(name="Jane Roe"),))
    async with world.publisher() as publisher:
        with pytest.raises(TrustError, match="only sent sealed"):
            await publisher.publish(seizure("S-0", nominal=who), HANDLING)
        with pytest.raises(TrustError, match="No agreement"):
            await publisher.publish(seizure("S-0", nominal=who), HANDLING, recipients=("FR",))
        subject = await publisher.publish(seizure("S-1", nominal=who), HANDLING, recipients=("GT",))
    (alert,) = (v for v in await world.said("alerts.caribbean") if v.statement.subject == subject)
    assert b"Jane" not in msgspec.msgpack.encode(alert.statement.body)
    assert alert.statement.sealed is not None
    (granted,) = await world.said("grants")
    assert isinstance(granted.body, dict)
    keys = party.hpke_keys(world.settings.party("GT"), secret=None)
    key = open_grant(read_grant(granted.body), keys)
    opened = unseal(alert.statement.sealed, id=alert.statement.id, issuer="MX", key=key)
    assert opened == who


def test_who_is_not_enrolled_is_told(world: World) -> None:
    with pytest.raises(KeyMissing, match="no keys of ZZ"):
        Publisher("ZZ", world.settings)


async def test_a_live_alert_goes_before_a_file_that_waits(world: World) -> None:
    async with world.publisher(bootstrap="localhost:1") as publisher:
        with pytest.raises(BrokerUnreachable):  # a broker that was away for a while
            await publisher.publish_all(many(20_000, 5_000))
    async with world.publisher() as publisher:
        flush = asyncio.create_task(publisher.flush())
        await asyncio.sleep(0)
        await publisher.publish(seizure("LIVE"), HANDLING)
        said = [reference(one) for one in await world.said("alerts.caribbean")]
        assert "LIVE" in said
        await flush
    said = [reference(one) for one in await world.said("alerts.caribbean")]
    at = said.index("LIVE")
    assert sum(one.startswith("N-2") for one in said[at:]) >= 1_024
    assert len([one for one in said if one.startswith("N-2")]) >= 5_000


async def test_what_is_published_at_the_same_time_all_arrives(world: World) -> None:
    refs = [f"TOGETHER-{n}" for n in range(20)]
    async with world.publisher() as publisher:
        file = asyncio.create_task(publisher.publish_all(many(30_000, 1_500)))
        await asyncio.gather(*(publisher.publish(seizure(ref), HANDLING) for ref in refs))
        said = {reference(one) for one in await world.said("alerts.caribbean")}
        assert said >= set(refs)
        assert (await file).accepted == 1_500
