"""An office at work on a real broker, and a member of its region whose certificate was stolen."""

import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import psutil
import pytest
from confluent_kafka import KafkaException
from confluent_kafka import Producer as Librdkafka
from tests.attack import batch
from tests.broker.whole import Whole, eventually, member, whole

from entente.alert.handling import Handling
from entente.alert.record import Event, Goods, Leg, Route, Seizure
from entente.bus.connection import Connection
from entente.bus.offsets import ends
from entente.bus.producer import Outgoing, Producer
from entente.bus.replay import replay
from entente.bus.topics import QUARANTINE
from entente.office import follow
from entente.proof.quarantine import decode_quarantined
from entente.proof.record import Record
from entente.publish.publisher import Publisher

TOPIC, HONEST, THIEF, OFFICE = "alerts.north-africa", "EG", "DZ", "RILO-NA"
HANDLING = Handling(tlp="GREEN", purpose="test", source_grade="A", information_grade=1)
GROWTH = 160 << 20
"""Bytes an office may grow by while it refuses: buffers and caches, not a copy of what came."""
CHUNK = 5_000


class Desk(NamedTuple):
    """The office's process, and the network around it."""

    net: Whole
    process: subprocess.Popen[bytes]

    @property
    def thief(self) -> Connection:
        """Connect as the member whose certificate was stolen."""
        bootstrap = self.net.settings.kafka.bootstrap
        return Connection.of(bootstrap, self.net.settings.party(THIEF))

    async def say(self, *references: str) -> None:
        """An honest member says something."""
        async with Publisher(HONEST, self.net.settings) as publisher:
            for reference in references:
                await publisher.publish(seizure(reference), HANDLING)

    async def caught_up(self, seconds: float = 90) -> None:
        """Wait until the office has folded all that is on its topic."""

        def done() -> bool:
            assert self.process.poll() is None, self.net.printed("office")
            at = follow.positions(self.net.settings.party(OFFICE))
            goal = ends(self.net.root, [TOPIC])
            return all(at.get(partition, 0) >= end for partition, end in goal.items())

        await eventually(done, seconds)

    def inbox(self) -> set[str]:
        """The references in the office's inbox."""
        found = set()
        for one in follow.read_heads(self.net.settings.party(OFFICE)):
            assert isinstance(one.alert, Seizure)
            found.add(one.alert.national_ref)
        return found

    async def quarantined(self, first: int) -> list[Record]:
        """What is in quarantine, from this record on, as it was when it was refused.

        Each once: what the office had sent when it was interrupted, it has sent again.
        """
        kept = [decode_quarantined(r.value or b"") for r in await self.net.records(QUARANTINE)]
        assert {one.reader for one in kept} <= {OFFICE}
        found = {(r.topic, r.partition, r.offset): r for r in (one.record for one in kept[first:])}
        return list(found.values())

    def quarantine_end(self) -> int:
        """How many records are in quarantine."""
        return sum(ends(self.net.root, [QUARANTINE]).values())


def seizure(reference: str) -> Seizure:
    return Seizure(
        national_ref=reference,
        event=Event(date="2026-03-01"),
        route=Route(location=Leg(country="EG")),
        goods=(Goods(group="ipr"),),
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    members = [
        member(HONEST, "administration", "north-africa"),
        member(THIEF, "administration", "north-africa"),
        member(OFFICE, "liaison_office", "north-africa"),
    ]
    with whole(tmp_path_factory.mktemp("attacked"), members) as net:
        process = net.command("office", "--as", OFFICE)
        try:
            yield Desk(net, process)
        finally:
            process.kill()
            process.wait()


def mutant(chance: random.Random, true: list[Record]) -> Outgoing:
    """A true record, changed a little: bytes, lengths, pieces of two, another key."""
    one = chance.choice(true)
    assert one.key is not None
    assert one.value is not None
    key, value = one.key, bytearray(one.value)
    at = chance.randrange(len(value))
    kind = chance.randrange(8)
    if kind < 3:
        value[at] ^= 1 << chance.randrange(8)
    elif kind == 3:
        value[at : at + chance.randrange(9)] = chance.randbytes(chance.randrange(1, 9))
    elif kind == 4:
        del value[at:]
    elif kind == 5:
        value += chance.randbytes(chance.randrange(1, 40))
    elif kind == 6:
        other = chance.choice(true).value or b""
        value = bytearray(value[:at] + other[chance.randrange(len(other)) :])
    else:
        key = chance.choice([b"DZ/0", b"EG/1", b"EG", b"", b"\xff/0", chance.randbytes(4)])
    if key == one.key and bytes(value) in {record.value for record in true}:
        value += b"\0"
    return Outgoing(TOPIC, key, bytes(value))


@pytest.mark.timeout(3_600)
async def test_mutants_are_all_refused_and_kept_and_the_office_neither_stops_nor_grows(
    desk: Desk, request: pytest.FixtureRequest
) -> None:
    count = int(request.config.getoption("--mutations", default=5_000))
    await desk.say(*(f"TRUE-{n}" for n in range(25)))
    await desk.caught_up()
    true = [r for r in await desk.net.records(TOPIC) if r.key == b"EG/0"]
    chance, sent = random.Random(5), Counter[tuple[bytes | None, bytes | None]]()
    begun, before = desk.quarantine_end(), 0
    process = psutil.Process(desk.process.pid)
    async with Producer(desk.thief) as producer:
        for start in range(0, count, CHUNK):
            mutants = [mutant(chance, true) for _ in range(min(CHUNK, count - start))]
            sent.update((one.key, one.value) for one in mutants)
            for part in range(0, len(mutants), 500):  # an honest voice in the middle of it
                await producer.send(mutants[part : part + 500])
                if part == 1_000:
                    await desk.say(f"HEARD-{start}")
                if not before and part == 1_000:
                    await desk.caught_up()
                    before = process.memory_info().rss
            await desk.caught_up(60 + count / 100)
    assert process.memory_info().rss - before < GROWTH
    heard = {f"HEARD-{start}" for start in range(0, count, CHUNK)}
    assert desk.inbox() == {f"TRUE-{n}" for n in range(25)} | heard
    kept = Counter((r.key, r.value) for r in await desk.quarantined(begun))
    assert kept.total() == count
    assert kept == sent


async def test_batches_that_stop_a_client_do_not_stop_the_office(desk: Desk) -> None:
    """Compressed by codecs that it lacks, a bomb of 50 MB, and header names that are no text."""
    begun, process = desk.quarantine_end(), psutil.Process(desk.process.pid)
    await desk.say("BEFORE")
    await desk.caught_up()
    before = process.memory_info().rss
    for codec in ("lz4", "zstd", "snappy", "gzip"):
        said(desk, b"x" * 1_000, codec)
    said(desk, bytes(50_000_000), "gzip")
    for partition in range(3):
        bad = batch.with_header(b"\xff\xfe\xc3\x28", b"a good value")
        assert await batch.put(desk.thief, TOPIC, partition, bad) == 0
    await desk.say("AFTER")
    await desk.caught_up()
    assert {"BEFORE", "AFTER"} <= desk.inbox()
    assert process.memory_info().rss - before < GROWTH
    kept = await desk.quarantined(begun)
    assert len(kept) == 8
    assert sum(b"a good value" in (one.value or b"") for one in kept) == 3
    assert max(len(one.value or b"") for one in kept) > 40_000, "the bomb, still packed"
    again = [record.value async for record in replay(desk.net.root, TOPIC)]
    assert {one.value for one in kept} <= set(again), "who only looks is not stopped either"


async def test_the_largest_that_the_broker_takes_is_quarantined_whole(desk: Desk) -> None:
    begun = desk.quarantine_end()
    large = random.Random(1).randbytes(1_048_000)
    said(desk, large, "none")
    headers = tuple((f"name-{n}", b"v" * 5_000) for n in range(100))
    said(desk, large[:500_000], "none", headers)
    await desk.caught_up()
    kept = await desk.quarantined(begun)
    assert [one.value for one in kept] == [large, large[:500_000]]
    assert kept[1].headers == headers


async def test_a_tombstone_and_a_key_that_is_none_are_kept_too(desk: Desk) -> None:
    begun = desk.quarantine_end()
    async with Producer(desk.thief) as producer:
        await producer.send([Outgoing(TOPIC, b"EG/0", None), Outgoing(TOPIC, None, b"")])
    await desk.caught_up()
    kept = await desk.quarantined(begun)
    assert {(one.key, one.value) for one in kept} == {(b"EG/0", None), (None, b"")}


def test_nobody_can_hold_readers_back_with_an_open_transaction(desk: Desk) -> None:
    """Readers see committed records only: one open transaction would hold back a partition."""
    thief = Librdkafka({**desk.thief.librdkafka(), "transactional.id": "hold"})
    with pytest.raises(KafkaException, match="TRANSACTIONAL_ID_AUTHORIZATION_FAILED"):
        thief.init_transactions(15)


def said(desk: Desk, value: bytes, codec: str, headers: tuple[tuple[str, bytes], ...] = ()) -> None:
    """The thief sends one record by another client than ours, and the broker stores it."""
    errors: list[object] = []
    client = Librdkafka(
        {
            **desk.thief.librdkafka(),
            "compression.type": codec,
            "message.max.bytes": 100_000_000,
            "batch.size": 100_000_000,
        }
    )
    client.produce(
        TOPIC, value, b"EG/0", headers=list(headers), on_delivery=lambda e, _: errors.append(e)
    )
    assert client.flush(120) == 0
    assert errors == [None]
