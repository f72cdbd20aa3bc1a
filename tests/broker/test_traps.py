"""Traps that Kafka and its clients set, each once sprung here against the real broker."""

import asyncio
import signal
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from aiokafka import TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)
from tests.broker.conftest import Cluster
from tests.broker.folding import count, eventually, pass_on
from tests.broker.test_projection import Place, Unique, committed, place, rows, send

from entente.bus.dispatch import Dispatch
from entente.bus.producer import Outgoing, Producer
from entente.bus.projection import Projection
from entente.errors import BrokerRefused, BrokerUnreachable, TopicMissing, WireError
from entente.proof.key import SigningKey
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.store.database import Database
from entente.store.outbox import Count, Outbox
from entente.store.submission import Submission
from entente.wire.envelope import decode_envelope
from entente.wire.names import Origin

__all__ = ["place"]


def kill(cluster: Cluster) -> None:
    """Kill the broker as a power cut would."""
    pid = cluster.box.status().pid
    assert pid is not None
    process = psutil.Process(pid)
    process.send_signal(signal.SIGKILL)
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        pass


async def read(cluster: Cluster, tmp_path: Path, topic: str, name: str) -> list[Record]:
    """All records of a topic."""
    found: list[Record] = []

    def fold(_: Rows, record: Record) -> Iterable[Outgoing]:
        found.append(record)
        return ()

    with Database(tmp_path / f"{name}.db") as database:
        async with Projection("all", [topic], fold, database, cluster.root, group=name) as all_:
            await all_.until_caught_up()
    return found


async def test_nothing_is_committed_after_a_failed_send(
    cluster: Cluster, place: Place, topic: str, unique: Unique
) -> None:
    """A plain aiokafka consumer would commit the offset although its output was refused."""
    output = cluster.topic(unique("output"))
    await send(cluster, topic, range(10))

    def fold(rows: Rows, record: Record) -> Iterable[Outgoing]:
        yield from count(rows, record)
        yield Outgoing(output, b"k", bytes(900_001))

    with pytest.raises(WireError, match="900,001 bytes"):
        await place.caught_up(topic, fold=fold)
    assert place.database.positions("p") == {}
    assert place.values() == []
    assert committed(cluster, place.group).get((topic, 0), -1) in (-1, -1001)
    await place.caught_up(topic)
    assert place.values() == list(range(10))


async def test_a_cancelled_shutdown_commits_no_unfinished_record(
    cluster: Cluster, place: Place, topic: str, unique: Unique
) -> None:
    """Cancelled while the outgoing record of a folded batch waits for its topic."""
    await send(cluster, topic, range(10))
    output = unique("output")
    begun = asyncio.Event()

    def fold(rows: Rows, record: Record) -> Iterable[Outgoing]:
        begun.set()
        yield from pass_on(output)(rows, record)

    async with place.projection(topic, fold=fold):
        await begun.wait()
    assert place.values() == []
    assert committed(cluster, place.group).get((topic, 0), -1) in (-1, -1001)
    cluster.topic(output)
    await place.caught_up(topic, fold=pass_on(output))
    assert place.values() == list(range(10))


async def test_a_failed_record_is_not_skipped_by_the_next_commit(
    cluster: Cluster, place: Place, unique: Unique
) -> None:
    """Good records of another partition after the bad one do not carry the group past it."""
    topic = cluster.topic(unique("topic"), 2)
    await send(cluster, topic, range(200))
    bad = True

    def fold(rows: Rows, record: Record) -> Iterable[Outgoing]:
        if bad and record.value == b"20":
            raise ValueError
        return count(rows, record)

    for more in range(3):
        with pytest.raises(Exception, match="its fold raised ValueError"):
            await place.caught_up(topic, fold=fold)
        await send(cluster, topic, [1000 + more])
    for partition, offset in committed(cluster, place.group).items():
        assert offset <= max(0, place.database.positions("p").get(partition, 0))
    assert 20 not in place.values()
    bad = False
    await place.caught_up(topic, fold=fold)
    assert place.values() == [*range(200), 1000, 1001, 1002]


class Members:
    """Members of one group, each with a store of its own."""

    def __init__(self, cluster: Cluster, folder: Path, group: str, topic: str, n: int) -> None:
        self.stack = ExitStack()
        self.paths = [folder / f"{i}.db" for i in range(n)]
        self.databases = [self.stack.enter_context(Database(path)) for path in self.paths]
        self.members = [
            Projection("p", [topic], count, d, cluster.root, group=group) for d in self.databases
        ]

    def shown(self, *members: int) -> list[int]:
        """The values that the rows of these members show, each as often as it was folded."""
        found: list[int] = []
        for i in members:
            for value, n in rows(self.paths[i]).items():
                found += [int(value)] * n
        return sorted(found)

    def settled(self) -> bool:
        return all(member._consumer.settled for member in self.members)

    def all(self) -> list[set[int]]:
        return [self.partitions(i) for i in range(len(self.members))]

    def partitions(self, i: int) -> set[int]:
        return {number for _, number in self.members[i]._consumer.assigned or ()}


async def test_a_member_without_partitions_waits_in_peace(
    cluster: Cluster, tmp_path: Path, unique: Unique
) -> None:
    topic = cluster.topic(unique("topic"), 1)
    await send(cluster, topic, range(100))
    pair = Members(cluster, tmp_path, unique("group"), topic, 2)
    with pair.stack:
        # Who comes first in the order of names gets the one partition; so the other begins alone.
        sooner, later = sorted((0, 1), key=lambda i: pair.databases[i].instance)
        async with pair.members[later]:
            await pair.members[later].until_caught_up()
            assert pair.shown(later) == list(range(100))
            async with pair.members[sooner]:
                await eventually(lambda: pair.settled() and pair.partitions(sooner) == {0})
                await asyncio.gather(*(m.until_caught_up() for m in pair.members))
                assert pair.members[later].lag == {}
                await eventually(lambda: pair.shown(later) == [])  # what it had is put aside
                assert pair.shown(sooner) == list(range(100))


async def test_two_members_share_and_take_over_in_the_middle(
    cluster: Cluster, tmp_path: Path, unique: Unique, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition that moves is folded anew by its new owner and shown by no other."""
    monkeypatch.setattr("entente.bus.consumer.SESSION_MS", 6_000)  # the least a broker takes
    topic = cluster.topic(unique("topic"), 4)
    pair = Members(cluster, tmp_path, unique("group"), topic, 2)
    with pair.stack:
        async with pair.members[0]:
            sending = asyncio.create_task(send_slowly(cluster, topic, 3000))
            await pair.members[0].until_caught_up()
            async with pair.members[1]:  # the second comes in the middle of it
                await asyncio.gather(*(m.until_caught_up() for m in pair.members))
                await eventually(lambda: pair.settled() and all(pair.all()))
                await sending
                await asyncio.gather(*(m.until_caught_up() for m in pair.members))
                halves = pair.partitions(0), pair.partitions(1)
                assert sorted(map(len, halves)) == [2, 2]
                assert halves[0] | halves[1] == {0, 1, 2, 3}
                assert pair.shown(0, 1) == list(range(3000))
            # It goes; after its session has ended the first has all again, its old rows included.
            await eventually(lambda: len(pair.partitions(0)) == 4)
            await pair.members[0].until_caught_up()
            await eventually(lambda: pair.shown(0) == list(range(3000)))


async def test_nobody_has_caught_up_while_partitions_are_shared_out_anew(
    cluster: Cluster, place: Place, topic: str
) -> None:
    """What was read of partitions that were ours says nothing of those that will be."""
    await send(cluster, topic, range(10))
    async with place.projection(topic) as projection:
        await projection.until_caught_up()
        assert projection.lag
        ours = projection._consumer.assigned
        assert ours
        projection._consumer.on_partitions_revoked(())  # as aiokafka tells it
        assert projection.lag == {}
        waiting = asyncio.create_task(projection.until_caught_up())
        await asyncio.sleep(0.5)
        assert not waiting.done()
        projection._consumer.on_partitions_assigned([TopicPartition(*one) for one in ours])
        await waiting
        projection._consumer.on_partitions_assigned(())  # settled at once, with nothing to read
        assert projection.lag == {}
        projection._consumer.on_partitions_assigned([TopicPartition(*one) for one in ours])
        await projection.until_caught_up()
        assert place.values() == list(range(10))


async def send_slowly(cluster: Cluster, topic: str, n: int) -> None:
    async with Producer(cluster.root) as producer:
        for start in range(0, n, 100):
            await producer.send(
                Outgoing(topic, b"%d" % v, b"%d" % v) for v in range(start, start + 100)
            )
            await asyncio.sleep(0.02)


async def test_a_broker_killed_in_the_middle_loses_nothing_and_doubles_no_row(
    cluster: Cluster, place: Place, unique: Unique, tmp_path: Path
) -> None:
    """kill -9 while a projection reads, folds and sends, an outbox drains and a producer waits.

    All three find the broker again.
    """
    topic, output = cluster.topic(unique("topic"), 2), cluster.topic(unique("output"))
    lane = Origin("test.entente.example", "JP", "alerts.cis", 0)
    cluster.topic(lane.topic)
    begun, told = asyncio.Event(), asyncio.Event()

    def fold(rows: Rows, record: Record) -> Iterable[Outgoing]:
        begun.set()
        return pass_on(output)(rows, record)

    with Database(tmp_path / "outbox.db") as database:
        outbox = Outbox(database, SigningKey(bytes(32)))
        submit(database, lane, range(2500))
        async with (
            Producer(cluster.root, timeout=3) as producer,
            Dispatch(outbox, cluster.root, progress=lambda *_: told.set()) as dispatch,
            place.projection(topic, fold=fold) as projection,
            asyncio.TaskGroup() as group,
        ):
            dispatch._producer = Producer(cluster.root, timeout=2)  # gives up while it is away
            await producer.send(Outgoing(topic, b"%d" % n, b"%d" % n) for n in range(4000))
            running = group.create_task(dispatch.run())
            await asyncio.gather(begun.wait(), told.wait())

            kill(cluster)
            submit(database, lane, range(2500, 2600))
            for _ in range(2):  # once on an open connection, once without any
                with pytest.raises(BrokerUnreachable):
                    await producer.send([Outgoing(topic, b"lost", b"4000")])
            await asyncio.to_thread(cluster.box.up)

            await producer.send(Outgoing(topic, b"%d" % n, b"%d" % n) for n in range(4000, 4100))
            await projection.until_caught_up()
            await eventually(lambda: outbox.count(lane).sent == 2600)
            running.cancel()

    assert set(place.rows()) == {b"%d" % n for n in range(4100)}
    assert [n for v, n in place.rows().items() if v != b"4000"] == [1] * 4099
    sent = {record.value for record in await read(cluster, tmp_path, output, unique("all"))}
    assert sent == {b"%d" % n for n in range(4100)}

    indexes = 0
    for record in await read(cluster, tmp_path, lane.topic, unique("all")):
        index = decode_envelope(record.value or b"").index
        assert index <= indexes  # repeated perhaps, skipped never
        indexes = max(indexes, index + 1)
    assert indexes == 2600


def allow(cluster: Cluster, name: str, topic: str) -> None:
    acl = AclBinding(
        ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, f"User:{name}", "*",
        AclOperation.WRITE, AclPermissionType.ALLOW,
    )  # fmt: skip
    cluster.admin.create_acls([acl])[acl].result(10)


def submit(database: Database, lane: Origin, subjects: Iterable[int]) -> None:
    with database.transaction() as tx:
        for n in subjects:
            tx.submit(Submission(lane, UUID(int=n), 1, "NEW", b"", b"statement %d" % n, b"JP/0"))


async def test_draining_without_a_right_or_a_topic_is_a_sentence_and_loses_nothing(
    cluster: Cluster, tmp_path: Path, unique: Unique
) -> None:
    denied = Origin("test.entente.example", "JP", "alerts.caribbean", 0)
    cluster.topic(denied.topic)
    missing = denied._replace(topic="alerts.north-africa")
    with Database(tmp_path / "outbox.db") as database:
        outbox = Outbox(database, SigningKey(bytes(32)))
        submit(database, denied, range(3))
        name = unique("STRANGER")
        async with Dispatch(outbox, cluster.party(name)) as dispatch:
            with pytest.raises(BrokerRefused, match=r"write to no topic|does not show us"):
                await dispatch.drain()
            allow(cluster, name, cluster.topic(unique("other")))
            with pytest.raises(BrokerRefused, match=r"alerts\.caribbean"):
                await dispatch.drain()
        submit(database, missing, range(3, 6))
        async with Dispatch(outbox, cluster.root) as dispatch:
            with pytest.raises(TopicMissing, match=r"alerts\.north-africa"):
                await dispatch.drain()
            assert outbox.count(denied) == Count(3, 3, 3)  # one lane's trouble is not another's
            cluster.topic(missing.topic)
            await dispatch.drain()
            assert outbox.count(missing) == Count(3, 3, 3)


async def test_a_cancelled_send_leaves_nothing_open(cluster: Cluster, topic: str) -> None:
    async with Producer(cluster.root) as producer:
        await producer.send([Outgoing(topic, b"k", b"1")])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await producer.send(Outgoing(topic, b"k", bytes(500)) for _ in range(20_000))
        await producer.send([Outgoing(topic, b"k", b"2")])
    assert asyncio.all_tasks() == {asyncio.current_task()}
