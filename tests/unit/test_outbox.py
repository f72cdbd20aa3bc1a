"""The outbox: one leaf per index, nothing lost, nothing said twice, whatever crashes where."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entente.errors import AlertError, StoreError, StoreFull, WireError
from entente.proof.checkpoint import parse
from entente.proof.key import SigningKey
from entente.proof.merkle import append, head, leaf_hash
from entente.store.database import Database
from entente.store.outbox import Count, Outbox
from entente.store.submission import MAX_STATEMENT, Submission
from entente.wire.envelope import decode_envelope
from entente.wire.names import Origin

KEY = SigningKey(bytes(range(32)))
LANE = Origin("test.entente.example", "JP", "alerts.asia-pacific", 0)
OTHER = LANE._replace(topic="alerts.cis")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with Database(path) as database:
        yield database


def submission(
    subject: int, content: bytes = b"as it was", origin: Origin = LANE, version: int = 1
) -> Submission:
    statement = b"%d/%d says %s at %d" % (subject, version, content, random.getrandbits(32))
    headers = (("ce_id", b"%d" % subject),)
    return Submission(
        origin, UUID(int=subject), version, "NEW", content, statement, b"JP/0", headers
    )


def submit(database: Database, *submissions: Submission) -> list[bool]:
    with database.transaction() as tx:
        return [tx.submit(s) for s in submissions]


def statements(database: Database, origin: Origin = LANE) -> list[bytes]:
    """Verify the whole lane as it would be sent, and return its statements in order."""
    outbox = Outbox(database, KEY)
    outbox.send_again(origin, 0)
    found: list[bytes] = []
    compact = b""
    while records := outbox.unsent(origin):
        for record in records:
            envelope = decode_envelope(record.value)
            assert envelope.index == record.index == len(found)
            compact = append(compact, len(found), leaf_hash(envelope.statement))
            found.append(envelope.statement)
            checkpoint = parse(envelope.checkpoint).checkpoint
            if checkpoint.size == len(found):
                assert checkpoint.root == head(compact)
        outbox.acknowledge(origin, len(found))
    return found


def test_a_submission_is_accepted_sealed_and_sent(database: Database) -> None:
    outbox = Outbox(database, KEY)
    said = [submission(n) for n in range(3)]
    assert submit(database, *said) == [True] * 3
    assert outbox.lanes() == [LANE]
    assert outbox.count(LANE) == Count(3, 0, 0)
    assert outbox.unsent(LANE) == []
    assert outbox.seal(LANE) == 3
    assert outbox.seal(LANE) == 0
    first, *_ = records = outbox.unsent(LANE)
    assert (first.key, first.headers) == (b"JP/0", (("ce_id", b"0"),))
    assert [decode_envelope(r.value).statement for r in records] == [s.statement for s in said]
    outbox.acknowledge(LANE, 2)
    assert outbox.count(LANE) == Count(3, 3, 2)
    assert outbox.unsent(LANE) == records[2:]
    outbox.acknowledge(LANE, 1)  # late news changes nothing
    outbox.acknowledge(LANE, 99)  # nor does the future
    assert outbox.count(LANE) == Count(3, 3, 3)
    outbox.send_again(LANE, 1)
    assert outbox.unsent(LANE) == records[1:]


def test_what_waits_for_a_key_that_has_ended_is_forgotten_and_new_again(database: Database) -> None:
    outbox = Outbox(database, KEY)
    submit(database, submission(0), submission(1))
    outbox.seal(LANE)
    submit(database, submission(2), submission(3, origin=OTHER))
    assert outbox.forget_waiting() == 2
    assert outbox.count(LANE) == Count(2, 2, 0)
    assert submit(database, submission(1), submission(2)) == [False, True]
    outbox.seal(LANE)
    assert len(statements(database)) == 3


def test_an_unknown_lane_is_empty(database: Database) -> None:
    outbox = Outbox(database, KEY)
    assert (outbox.lanes(), outbox.seal(LANE), outbox.unsent(LANE)) == ([], 0, [])
    assert outbox.count(LANE) == Count(0, 0, 0)


def test_lanes_go_on_apart(database: Database) -> None:
    outbox = Outbox(database, KEY)
    submit(database, submission(1), submission(1, origin=OTHER), submission(2, origin=OTHER))
    assert (outbox.seal(LANE), outbox.seal(OTHER)) == (1, 2)
    submit(database, submission(3))
    outbox.seal(LANE)
    assert len(statements(database, LANE)) == len(statements(database, OTHER)) == 2


def test_the_same_thing_twice_is_one(database: Database) -> None:
    first = submission(1)
    assert submit(database, first, submission(1)) == [True, False]
    assert submit(database, submission(1)) == [False]
    Outbox(database, KEY).seal(LANE)
    assert submit(database, submission(1), submission(1, version=2)) == [False, True]
    Outbox(database, KEY).seal(LANE)
    assert statements(database)[0] == first.statement
    assert len(statements(database)) == 2
    with database.transaction() as tx:
        assert tx.content(*first.name) == first.content
        assert tx.content(bytes(16), 1, "NEW", LANE.topic) is None


def test_the_same_version_with_other_content_is_refused(database: Database) -> None:
    with pytest.raises(AlertError, match="said another thing") as caught:
        submit(database, submission(1), submission(1, b"otherwise"))
    assert "next version" in caught.value.advice
    submit(database, submission(1))
    with pytest.raises(AlertError):
        submit(database, submission(2), submission(1, b"otherwise"))
    Outbox(database, KEY).seal(LANE)
    assert len(statements(database)) == 1  # nothing of the refused transactions


def test_two_drafts_that_say_the_same_keep_it_once(database: Database) -> None:
    def both(first: Submission, second: Submission) -> None:
        with database.transaction() as outer:
            outer.submit(first)
            submit(database, second)

    both(submission(1), submission(1))
    assert Outbox(database, KEY).seal(LANE) == 1
    with pytest.raises(AlertError):
        both(submission(3), submission(3, b"otherwise"))


def test_what_no_record_can_carry_is_refused_before_it_blocks_its_lane(database: Database) -> None:
    largest = submission(1)._replace(statement=bytes(MAX_STATEMENT))
    with pytest.raises(WireError, match="more than"):
        submit(database, largest._replace(statement=bytes(MAX_STATEMENT + 1)))
    long = Origin("n" * 60 + ".example", "A" * 16, "alerts.eastern-central-europe", 2**31 - 1)
    submit(database, largest._replace(origin=long))
    assert Outbox(database, KEY).seal(long) == 1


def test_batches_are_bounded(database: Database) -> None:
    outbox = Outbox(database, KEY)
    submit(database, *(submission(n) for n in range(1500)))
    assert [outbox.seal(LANE) for _ in range(3)] == [1024, 476, 0]
    submit(database, *(submission(n)._replace(statement=bytes(800_000)) for n in range(2000, 2015)))
    assert outbox.seal(LANE) == 11
    outbox.acknowledge(LANE, 1500)
    assert len(outbox.unsent(LANE)) == 11


def test_a_rebuilt_projection_says_nothing_new(database: Database) -> None:
    for _ in range(2):
        with database.transaction() as tx:
            for n in range(3):
                tx.rows("p").put("t", b"%d" % n, b"v")
                tx.rows("p").submit(submission(n))
            tx.advance("p", "alerts.cis", 0, 3)
        database.clear("p")
    Outbox(database, KEY).seal(LANE)
    assert len(statements(database)) == 3


STEPS = st.lists(
    st.one_of(
        st.lists(st.integers(0, 8), max_size=4).map(lambda ns: ("submit", ns)),
        st.sampled_from([("seal", []), ("send", [])]),
    ),
    max_size=12,
)


@given(steps=STEPS, crash=st.integers(1, 2000))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_crash_at_any_instruction_forks_loses_and_repeats_nothing(
    steps: list[tuple[str, list[int]]], crash: int, tmp_path: Path
) -> None:
    """SQLite dies at its n-th instruction; the step is then done again, as after a restart."""
    path = tmp_path / f"{uuid4()}.db"
    topic: list[bytes] = []
    left = crash

    def die() -> bool:
        nonlocal left
        left -= 1
        return left == 0

    def opened() -> Database:
        database = Database(path)
        database.file._connection.set_progress_handler(die, 1)
        return database

    def take(step: tuple[str, list[int]]) -> None:
        outbox = Outbox(database, KEY)
        if step[0] == "submit":
            submit(database, *(submission(n) for n in step[1]))
        elif step[0] == "seal":
            outbox.seal(LANE)
        elif step[0] == "send":
            records = outbox.unsent(LANE)
            topic.extend(r.value for r in records)
            if records:
                outbox.acknowledge(LANE, records[-1].index + 1)

    database = opened()
    accepted: set[int] = set()
    try:
        for step in [*steps, ("submit", [7, 8]), ("seal", []), ("send", [])]:
            try:
                take(step)
            except StoreError:
                database.close()
                database = opened()
                take(step)
            accepted.update(step[1])
        left = 0  # no more deaths
        leaves: dict[int, bytes] = {}
        for value in topic:
            envelope = decode_envelope(value)
            assert leaves.setdefault(envelope.index, envelope.statement) == envelope.statement
        assert sorted(leaves) == list(range(len(accepted)))
        assert {int(s.split(b"/")[0]) for s in leaves.values()} == accepted
        assert statements(database) == [leaves[n] for n in sorted(leaves)]
    finally:
        database.close()


def test_a_full_store_refuses_but_keeps_what_it_accepted(database: Database) -> None:
    outbox = Outbox(database, KEY)
    submit(database, *(submission(n) for n in range(50)))
    pages = database.file.one("PRAGMA page_count")[0]
    database.file.run(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull):
        submit(database, submission(99)._replace(statement=bytes(100_000)))
    with pytest.raises(StoreFull):
        outbox.seal(LANE)
    assert outbox.count(LANE) == Count(50, 0, 0)
    database.file.run("PRAGMA max_page_count = 1000000")
    assert outbox.seal(LANE) == 50
    assert len(statements(database)) == 50


WRITER = """
import pathlib, random, sys, uuid
from entente.proof.key import SigningKey
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.store.submission import Submission
from entente.wire.names import Origin

lane = Origin.parse(sys.argv[3])
topic = open(sys.argv[2], "ab", buffering=0)
with Database(pathlib.Path(sys.argv[1])) as database:
    outbox = Outbox(database, SigningKey(bytes(range(32))))
    for n in range(outbox.count(lane).accepted, 10**9):
        with database.transaction() as tx:
            for subject in (n, random.randrange(n + 1)):
                said = b"%d/%d" % (subject, random.getrandbits(32))
                tx.submit(Submission(lane, uuid.UUID(int=subject), 1, "NEW", b"", said, b""))
        print(n, flush=True)
        if n % 3 == 0:
            outbox.seal(lane)
        records = outbox.unsent(lane)
        for record in records:
            topic.write(len(record.value).to_bytes(4, "big") + record.value)
        if records:
            outbox.acknowledge(lane, records[-1].index + 1)
"""


def test_a_publisher_killed_at_random_forks_and_loses_nothing(path: Path) -> None:
    """Killed for real; a file that is only appended to stands for the topic."""
    topic = path.with_name("topic")
    accepted: set[int] = set()
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(topic), str(LANE)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "services")},
        )
        with child:
            assert child.stdout is not None
            for _ in range(random.randrange(5, 60)):
                accepted.add(int(child.stdout.readline()))
            child.send_signal(signal.SIGKILL)
            accepted.update(int(line) for line in child.stdout.read().splitlines())
    leaves: dict[int, bytes] = {}
    data = topic.read_bytes()
    while data:
        size = int.from_bytes(data[:4], "big")
        envelope = decode_envelope(data[4 : 4 + size])
        data = data[4 + size :]
        assert leaves.setdefault(envelope.index, envelope.statement) == envelope.statement
    with Database(path) as database:
        Outbox(database, KEY).seal(LANE)
        said = statements(database)
    subjects = [int(statement.split(b"/")[0]) for statement in said]
    assert accepted <= set(subjects)
    assert len(subjects) == len(set(subjects))
    assert {index: said[index] for index in leaves} == leaves


def subjects(database: Database) -> list[int]:
    return [int(s.split(b"/")[0]) for s in statements(database)]


def test_what_is_urgent_goes_before_all_that_waits_with_what_was_said_of_it(
    database: Database,
) -> None:
    outbox = Outbox(database, KEY)
    for n in range(3):
        submit(database, submission(n))
    with database.transaction(urgent=True) as tx:
        tx.submit(submission(7))
    with database.transaction(urgent=True) as tx:
        tx.submit(submission(1, version=2))  # its first version has not been said
    submit(database, submission(8))
    assert outbox.waits([UUID(int=7).bytes])
    assert not outbox.waits([UUID(int=9).bytes])
    while outbox.seal(LANE):
        pass
    assert outbox.waits([UUID(int=7).bytes])
    found = statements(database)
    assert [one.split(b" ")[0] for one in found] == [
        b"7/1", b"1/1", b"1/2", b"0/1", b"2/1", b"8/1"
    ]  # fmt: skip
    outbox.send_again(LANE, 1)
    assert not outbox.waits([UUID(int=7).bytes])
    assert outbox.waits([UUID(int=7).bytes, UUID(int=1).bytes])


def test_what_comes_after_only_urgent_ones_is_not_urgent_itself(database: Database) -> None:
    with database.transaction(urgent=True) as tx:
        tx.submit(submission(1))
    submit(database, submission(2))
    with database.transaction(urgent=True) as tx:
        tx.submit(submission(3))
    outbox = Outbox(database, KEY)
    while outbox.seal(LANE):
        pass
    assert subjects(database) == [1, 3, 2]
