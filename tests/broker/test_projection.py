"""The one projection on a real broker: rows are what the log says, through kills and moves."""

import asyncio
import math
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from tests.broker.conftest import Cluster
from tests.broker.folding import count, eventually, pass_on

from entente.bus.producer import Outgoing, Producer
from entente.bus.projection import Projection
from entente.errors import BrokerRefused, BusError, EntenteError, StoreError, TopicMissing
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.store.database import Database
from entente.store.reader import Reader

Unique = Callable[[str], str]
Fold = Callable[[Rows, Record], Iterable[Outgoing]]


class Place:
    """A store and how to run a projection on it."""

    def __init__(self, cluster: Cluster, path: Path, group: str) -> None:
        self.cluster = cluster
        self.path = path
        self.group = group
        self.database = Database(path)

    def projection(self, *topics: str, fold: Fold = count) -> Projection[Rows]:
        return Projection("p", topics, fold, self.database, self.cluster.root, group=self.group)

    async def caught_up(self, *topics: str, fold: Fold = count) -> None:
        async with self.projection(*topics, fold=fold) as projection:
            await projection.until_caught_up()

    def rows(self, table: str = "values") -> dict[bytes, int]:
        return rows(self.path, table)

    def values(self) -> list[int]:
        """The values folded, each as often as it was."""
        return sorted(int(v) for v, n in self.rows().items() for _ in range(n))


def rows(path: Path, table: str = "values") -> dict[bytes, int]:
    with Reader(path) as reader, reader.view("p") as view:
        return {key: int(value) for key, value in view.scan(table)}


@pytest.fixture
def place(cluster: Cluster, tmp_path: Path, unique: Unique) -> Iterator[Place]:
    place = Place(cluster, tmp_path / "store.db", unique("group"))
    yield place
    place.database.close()


async def send(cluster: Cluster, topic: str, values: Iterable[int]) -> None:
    async with Producer(cluster.root) as producer:
        await producer.send(Outgoing(topic, b"%d" % v, b"%d" % v) for v in values)


def committed(cluster: Cluster, group: str) -> dict[tuple[str, int], int]:
    asked = cluster.admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
    found = asked[group].result(10).topic_partitions
    return {(tp.topic, tp.partition): tp.offset for tp in found}


async def test_every_record_is_folded_once_and_in_order(
    cluster: Cluster, place: Place, unique: Unique
) -> None:
    topic = cluster.topic(unique("topic"), 3)
    await send(cluster, topic, range(1200))
    await place.caught_up(topic)
    assert place.values() == list(range(1200))
    positions = place.database.positions("p")
    assert sum(positions.values()) == 1200
    assert committed(cluster, place.group) == positions
    await send(cluster, topic, range(1200, 1300))
    await place.caught_up(topic)
    assert place.values() == list(range(1300))


async def test_until_caught_up_covers_what_was_there_at_the_call(
    cluster: Cluster, place: Place, topic: str
) -> None:
    async with place.projection(topic) as projection:
        await projection.until_caught_up()
        for n in range(5):
            await send(cluster, topic, [n])
            await projection.until_caught_up()
            assert place.values() == list(range(n + 1))
        assert projection.lag == {(topic, 0): 0}


async def test_the_record_comes_as_it_was_sent(cluster: Cluster, place: Place, topic: str) -> None:
    seen: list[Record] = []

    def fold(_: Rows, record: Record) -> Iterable[Outgoing]:
        seen.append(record)
        return ()

    headers = (("ce_id", b"\x00\xff"), ("ce_id", b"twice"))
    async with Producer(cluster.root) as producer:
        await producer.send(
            [Outgoing(topic, None, bytes(900_000), headers), Outgoing(topic, b"k", None)]
        )
    await place.caught_up(topic, fold=fold)
    first, second = seen
    assert first[:3] == (topic, 0, 0)
    assert first[4:] == (None, bytes(900_000), headers)
    assert second[4:] == (b"k", None, ())
    assert abs(first.timestamp / 1000 - time.time()) < 600


async def test_a_rebuilt_projection_equals_the_first(
    cluster: Cluster, place: Place, unique: Unique
) -> None:
    topic = cluster.topic(unique("topic"), 2)
    await send(cluster, topic, [*range(300), *range(100)])
    await place.caught_up(topic)
    before = place.rows(), place.rows("all"), place.database.positions("p")
    projection = place.projection(topic)
    projection.rebuild()
    assert place.rows() == {}
    async with projection:
        await projection.until_caught_up()
        with pytest.raises(StoreError, match="running"):
            projection.rebuild()
    assert (place.rows(), place.rows("all"), place.database.positions("p")) == before


async def test_rows_are_read_while_they_are_written(
    cluster: Cluster, place: Place, topic: str
) -> None:
    """Another connection always sees rows and offsets that agree."""
    await send(cluster, topic, range(5000))
    seen = set()
    async with place.projection(topic) as projection:
        done = asyncio.create_task(projection.until_caught_up())
        with Reader(place.path) as reader:
            while not done.done():
                with reader.view("p") as view:
                    total = sum(int(n) for _, n in view.scan("all"))
                    assert total == view.positions.get((topic, 0), 0)
                    seen.add(total)
                await asyncio.sleep(0)
        await done
    assert len(seen) > 3


async def test_progress_counts_up_and_what_is_behind_down(
    cluster: Cluster, place: Place, topic: str
) -> None:
    await send(cluster, topic, range(2000))
    told: list[tuple[int, int]] = []
    async with Projection(
        "p", [topic], count, place.database, cluster.root, group=place.group,
        progress=lambda done, behind: told.append((done, behind)),
    ) as projection:  # fmt: skip
        await projection.until_caught_up()
    assert told == sorted(told)
    assert told[-1] == (2000, 0)
    assert all(done + behind == 2000 for done, behind in told)


async def test_a_record_that_cannot_be_folded_stops_it_and_is_not_skipped(
    cluster: Cluster, place: Place, topic: str
) -> None:
    await send(cluster, topic, range(10))

    def fold(rows: Rows, record: Record) -> Iterable[Outgoing]:
        if record.value == b"7":
            raise ZeroDivisionError
        return count(rows, record)

    for _ in range(2):
        with pytest.raises(EntenteError, match=f"{topic}/0 offset 7: .*ZeroDivisionError") as error:
            await place.caught_up(topic, fold=fold)
        assert "mend the fold" in error.value.advice
        assert place.database.positions("p").get((topic, 0), 0) <= 7
    await place.caught_up(topic)
    assert place.values() == list(range(10))


async def test_two_topics_of_one_partition_share_their_rows(
    cluster: Cluster, place: Place, unique: Unique
) -> None:
    a, b = cluster.topic(unique("a"), 3), cluster.topic(unique("b"), 3)
    for topic in (a, b):
        await send(cluster, topic, range(60))
    await place.caught_up(a, b)
    assert set(place.rows().values()) == {2}


async def test_what_retention_took_is_reported_and_the_rest_folded(
    cluster: Cluster, place: Place, topic: str
) -> None:
    await send(cluster, topic, range(10))
    await place.caught_up(topic)
    await send(cluster, topic, range(10, 30))
    cluster.admin.delete_records([TopicPartition(topic, 0, 25)])[TopicPartition(topic, 0)].result(
        10
    )
    async with place.projection(topic) as projection:
        await projection.until_caught_up()
        assert projection.missed == {(topic, 0): 15}
    assert place.values() == [*range(10), *range(25, 30)]
    place.database.clear("p")
    async with place.projection(topic) as projection:
        await projection.until_caught_up()
        assert projection.missed == {}  # to begin where the topic begins is nothing to report
    assert place.values() == [*range(25, 30)]


async def test_a_topic_made_anew_stops_it(cluster: Cluster, place: Place, topic: str) -> None:
    await send(cluster, topic, range(10))
    await place.caught_up(topic)
    cluster.admin.delete_topics([topic])[topic].result(10)
    await eventually(lambda: topic not in cluster.admin.list_topics(timeout=10).topics)
    cluster.topic(topic)
    await send(cluster, topic, range(3))
    with pytest.raises(BusError, match="ends at 3, but p has read it up to 10") as error:
        await place.caught_up(topic)
    assert "folded anew" in error.value.advice
    assert place.values() == list(range(10))
    place.projection(topic).rebuild()
    await place.caught_up(topic)
    assert place.values() == list(range(3))


async def test_a_missing_topic_and_a_missing_right_are_sentences(
    cluster: Cluster, place: Place, topic: str, unique: Unique
) -> None:
    with pytest.raises(TopicMissing, match="there is no topic none-such"):
        await place.caught_up("none-such")
    stranger = cluster.party(unique("STRANGER"))
    with pytest.raises(BrokerRefused):
        async with Projection(
            "p", [topic], count, place.database, stranger, group=place.group
        ) as projection:
            await projection.until_caught_up()


async def test_rows_are_exact_under_kill_9_at_random_moments(
    cluster: Cluster, tmp_path: Path, unique: Unique
) -> None:
    """What it sends on may come twice, never not at all; what it keeps is there once."""
    topic, output = cluster.topic(unique("topic"), 2), cluster.topic(unique("output"))
    store, group = tmp_path / "store.db", unique("group")
    await send(cluster, topic, range(6000))
    arguments = [
        str(store), group, topic, output, cluster.root.bootstrap,
        str(cluster.root.ca), str(cluster.root.certificate), str(cluster.root.key),
    ]  # fmt: skip
    folding = Path(__file__).with_name("folding.py")
    environment = {**os.environ, "PYTHONPATH": str(folding.parents[2] / "services")}

    def run(lines: float) -> None:
        """Kill it some time after so many lines of output, or when it has caught up."""
        with subprocess.Popen(
            [sys.executable, str(folding), *arguments],
            stdout=subprocess.PIPE, text=True, env=environment,
        ) as child:  # fmt: skip
            assert child.stdout is not None
            said = 0
            while said < lines and child.stdout.readline() not in ("caught up\n", ""):
                said += 1
            time.sleep(random.uniform(0, 0.05))
            child.kill()

    for lines in (0, 1, 2, 1, 2, 1):
        await asyncio.to_thread(run, lines)
        if store.exists() and lines:
            with Reader(store) as reader, reader.view("p") as view:
                assert sum(int(n) for _, n in view.scan("all")) == sum(view.positions.values())
    await asyncio.to_thread(run, math.inf)
    assert rows(store) == {b"%d" % n: 1 for n in range(6000)}
    with Database(tmp_path / "second.db") as database:
        async with Projection(
            "p", [output], count, database, cluster.root, group=unique("group")
        ) as projection:
            await projection.until_caught_up()
    assert rows(tmp_path / "second.db").keys() == {b"%d" % n for n in range(6000)}


async def test_outgoing_records_are_sent_before_rows_are_kept(
    cluster: Cluster,
    place: Place,
    topic: str,
    unique: Unique,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The output topic is missing: nothing is kept until it is there."""
    monkeypatch.setattr("entente.bus.consumer.SESSION_MS", 6_000)  # the least a broker takes
    output = unique("output")
    await send(cluster, topic, range(10))
    async with place.projection(topic, fold=pass_on(output)) as projection:
        await asyncio.sleep(6)
        assert place.database.positions("p") == {}
        cluster.topic(output)
        await projection.until_caught_up()
    assert place.values() == list(range(10))
    # A process that comes back with other topics is not given its old partitions for new ones.
    await place.caught_up(topic, output)
    assert Counter(place.values()) == Counter([*range(10), *range(10)])
