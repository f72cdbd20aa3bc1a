"""The store: rows as a model says, all or nothing, one writer, every error a sentence."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entente.errors import StoreBusy, StoreError, StoreFull
from entente.proof.rows import MemoryRows, Rows
from entente.store.database import Database
from entente.store.reader import Reader
from entente.store.rows import after

KEYS = st.binary(max_size=3)
TABLES = st.sampled_from(["a", "b"])
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), TABLES, KEYS, st.binary(max_size=4)),
        st.tuples(st.just("delete"), TABLES, KEYS),
        st.tuples(st.just("get"), TABLES, KEYS),
        st.tuples(st.just("scan"), TABLES, st.binary(max_size=2)),
        st.tuples(st.just("commit")),
        st.tuples(st.just("abort")),
    ),
    max_size=40,
)


class Stop(Exception):
    pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with Database(path) as database:
        yield database


def ask(rows: Rows, call: tuple) -> object:  # type: ignore[type-arg]  # name and arguments
    answer = getattr(rows, call[0])(*call[1:])
    return list(answer) if call[0] == "scan" else answer


def rows_of(path: Path, projection: str = "p", table: str = "t") -> dict[bytes, bytes]:
    with Reader(path) as reader, reader.view(projection) as view:
        return dict(view.scan(table))


@given(calls=CALLS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_draft_behaves_as_rows_in_memory_do(
    calls: list[tuple[object, ...]], database: Database
) -> None:
    database.clear("p")
    kept = MemoryRows()
    transactions: list[list[tuple[object, ...]]] = [[]]
    for call in calls:
        transactions[-1].append(call)
        if call[0] in ("commit", "abort"):
            transactions.append([])
    for transaction in transactions:
        seen = MemoryRows()
        for table in ("a", "b"):
            for key, value in kept.scan(table):
                seen.put(table, key, value)
        try:
            with database.transaction() as tx:
                rows = tx.rows("p", 3)
                for call in transaction:
                    if call[0] == "abort":
                        raise Stop
                    if call[0] != "commit":
                        assert ask(rows, call) == ask(seen, call)
        except Stop:
            continue
        kept = seen
    with database.transaction() as tx:
        for table in ("a", "b"):
            assert list(tx.rows("p", 3).scan(table)) == list(kept.scan(table))


def test_a_scan_shows_what_was_there_at_the_call(database: Database) -> None:
    with database.transaction() as tx:
        for i in range(300):
            tx.rows("p").put("t", b"k%03d" % i, b"old")
    with database.transaction() as tx:
        rows = tx.rows("p")
        found = []
        for key, value in rows.scan("t", b"k"):
            found.append((key, value))
            rows.put("t", b"k%03d" % (len(found) + 10), b"new")
            rows.delete("t", b"k299")
        assert found == [(b"k%03d" % i, b"old") for i in range(300)]
        assert b"k299" not in dict(rows.scan("t"))


@given(prefix=st.binary(max_size=4), key=st.binary(max_size=5))
def test_after_bounds_exactly_the_keys_of_a_prefix(prefix: bytes, key: bytes) -> None:
    high = after(prefix)
    assert key.startswith(prefix) == (key >= prefix and (high is None or key < high))


def test_partitions_projections_and_tables_are_apart(database: Database, path: Path) -> None:
    with database.transaction() as tx:
        tx.rows("p", 0).put("t", b"k", b"p0")
        tx.rows("p", 1).put("t", b"k", b"p1")
        tx.rows("q", 0).put("t", b"k", b"q0")
        tx.rows("p", 0).put("u", b"k", b"u")
    with database.transaction() as tx:
        assert tx.rows("p", 1).get("t", b"k") == b"p1"
        assert tx.rows("p", 2).get("t", b"k") is None
    database.clear("q")
    with Reader(path) as reader:
        with reader.view("p") as view:
            assert list(view.scan("t")) == [(b"k", b"p0"), (b"k", b"p1")]
            assert view.get("t", b"k") == b"p0"
        with reader.view("q") as view:
            assert view.partitions == ()


def test_rows_and_offsets_are_kept_together_or_not_at_all(database: Database, path: Path) -> None:
    def step(*, fails: bool) -> None:
        with database.transaction() as tx:
            tx.rows("p", 1).put("t", b"k", b"v")
            tx.advance("p", "alerts.cis", 1, 5)
            if fails:
                raise Stop

    with pytest.raises(Stop):
        step(fails=True)
    assert database.positions("p") == {}
    step(fails=False)
    assert database.positions("p") == {("alerts.cis", 1): 5}
    with Reader(path) as reader, reader.view("p") as view:
        assert view.positions == {("alerts.cis", 1): 5}


async def test_a_cancelled_transaction_keeps_nothing(database: Database) -> None:
    async def fold() -> None:
        with database.transaction() as tx:
            tx.rows("p").put("t", b"k", b"v")
            await asyncio.sleep(60)

    task = asyncio.create_task(fold())
    await asyncio.sleep(0)
    # Another writer of the same file is not held up by the draft.
    with database.transaction() as tx:
        tx.rows("q").put("t", b"k", b"v")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert rows_of(database.path) == {}
    assert rows_of(database.path, "q") == {b"k": b"v"}


def test_lost_partitions_are_not_shown_and_go_on_when_they_return(database: Database) -> None:
    for partition in (0, 1):
        with database.transaction() as tx:
            tx.rows("p", partition).put("t", b"%d" % partition, b"v")
            tx.advance("p", "alerts.cis", partition, 7)
    database.own("p", [1, 2])
    with Reader(database.path) as reader, reader.view("p") as view:
        assert view.partitions == (1, 2)
        assert dict(view.scan("t")) == {b"1": b"v"}
        assert view.positions == {("alerts.cis", 1): 7}
    database.own("p", [0])
    assert rows_of(database.path) == {b"0": b"v"}
    assert database.positions("p")["alerts.cis", 0] == 7


def test_a_view_is_one_moment(database: Database) -> None:
    def step(n: int) -> None:
        with database.transaction() as tx:
            tx.rows("p").put("t", b"k", b"%d" % n)
            tx.advance("p", "alerts.cis", 0, n)

    step(1)
    with Reader(database.path) as reader:
        with reader.view("p") as view:
            assert view.get("t", b"k") == b"1"
            step(2)
            assert (view.get("t", b"k"), view.positions["alerts.cis", 0]) == (b"1", 1)
        with reader.view("p") as view:
            assert (view.get("t", b"k"), view.positions["alerts.cis", 0]) == (b"2", 2)


def test_clear_leaves_nothing_of_a_projection(database: Database) -> None:
    with database.transaction() as tx:
        tx.rows("p").put("t", b"k", b"v")
        tx.advance("p", "alerts.cis", 0, 7)
    database.clear("p")
    assert database.positions("p") == {}
    assert rows_of(database.path) == {}


def test_the_name_of_a_file_lasts_as_long_as_it_does(tmp_path: Path) -> None:
    with Database(tmp_path / "a") as a, Database(tmp_path / "b") as b:
        first = a.instance
        assert first != b.instance
    with Database(tmp_path / "a") as a:
        assert a.instance == first


def test_one_process_writes_a_file(database: Database) -> None:
    with pytest.raises(StoreBusy, match=f"Process {os.getpid()} holds"):
        Database(database.path)
    database.close()
    Database(database.path).close()


def test_a_killed_writer_leaves_its_commits_and_no_lock(path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from entente.store.database import Database\n"
        "database = Database(pathlib.Path(sys.argv[1]))\n"
        "for n in range(10**9):\n"
        "    with database.transaction() as tx:\n"
        "        rows = tx.rows('p')\n"
        "        rows.put('t', b'a', b'%d' % n); rows.put('t', b'b', b'%d' % n)\n"
        "        tx.advance('p', 'alerts.cis', 0, n)\n"
        "    if n == 50: print('going', flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, env=environment()
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(StoreBusy, match=f"Process {child.pid} holds"):
            Database(path)
        child.send_signal(signal.SIGKILL)
    with Database(path) as database:
        n = database.positions("p")["alerts.cis", 0]
        assert n >= 50
        assert rows_of(path) == {b"a": b"%d" % n, b"b": b"%d" % n}


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "services")}


def test_a_full_store_says_so_and_goes_on_when_there_is_space(database: Database) -> None:
    with database.transaction() as tx:
        tx.rows("p").put("t", b"before", b"v")

    def step() -> None:
        with database.transaction() as tx:
            tx.rows("p").put("t", b"big", bytes(1 << 20))
            tx.advance("p", "alerts.cis", 0, 7)

    database.file.run("PRAGMA max_page_count = 60")
    with pytest.raises(StoreFull, match="no space left"):
        step()
    assert database.positions("p") == {}
    database.file.run("PRAGMA max_page_count = 100000")
    step()
    assert rows_of(database.path).keys() == {b"before", b"big"}


def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    """On a file system of 1 MiB, mounted where only this process sees it."""
    program = (
        "import sys, pathlib\n"
        "from entente.errors import StoreFull\n"
        "from entente.store.database import Database\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "def fill():\n"
        "    with Database(folder / 'store.db') as database:\n"
        "        for n in range(10**6):\n"
        "            with database.transaction() as tx:\n"
        "                tx.rows('p').put('t', b'%d' % n, bytes(10_000))\n"
        "                tx.advance('p', 'alerts.cis', 0, n)\n"
        "try: fill()\n"
        "except StoreFull as error: print(error)\n"
        "(folder / 'ballast').unlink()\n"
        "with Database(folder / 'store.db') as database:\n"
        "    n = database.positions('p')['alerts.cis', 0]\n"
        "    rows = sum(1 for _ in database.file.each('SELECT key FROM row'))\n"
        "    print(rows == n + 1 > 5)\n"
    )
    mount = (
        'mount -t tmpfs -o size=1500k none "$1" || exit 99;'
        ' head -c 500000 /dev/zero > "$1/ballast"; exec "$2" -c "$3" "$1"'
    )
    done = subprocess.run(
        [
            "sh",
            "-c",
            'unshare -rm true || exit 99; exec unshare -rm sh -c "$@"',
            "sh",
            mount,
            "sh",
            str(tmp_path),
            sys.executable,
            program,
        ],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    if done.returncode == 99:
        pytest.skip("this machine lets us mount no file system")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"There is no space left for {tmp_path}/store.db.", "True"]


@pytest.mark.parametrize("place", [0, 4096 + 100])
def test_a_damaged_file_says_to_delete_it(path: Path, place: int) -> None:
    with Database(path) as database:
        with database.transaction() as tx:
            for n in range(500):
                tx.rows("p").put("t", b"%d" % n, bytes(100))
    data = bytearray(path.read_bytes())
    data[place : place + 30000] = os.urandom(min(30000, len(data) - place))
    path.write_bytes(data)

    def use() -> None:
        with Database(path) as database:
            rows_of(path)
            database.clear("p")

    with pytest.raises(StoreError, match="is damaged") as caught:
        use()
    assert "Delete it" in caught.value.advice
    path.unlink()
    Database(path).close()


def test_a_reader_waits_for_the_tables_of_a_file_that_is_being_made(path: Path) -> None:
    path.touch()
    making = threading.Timer(0.1, lambda: Database(path).close())
    making.start()
    with Reader(path) as reader:
        assert reader.instance
    making.join()


def test_another_program_s_file_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a store of Entente"):
        Database(path)
    assert path.read_bytes() == before


def test_a_file_of_another_version_is_refused(path: Path) -> None:
    with Database(path) as database:
        database.file.run("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="version 99"):
        Database(path)


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    for wrong in (tmp_path / "none" / "store.db", tmp_path):
        with pytest.raises(StoreError):
            Database(wrong)
    with pytest.raises(StoreError, match="Cannot open"):
        Reader(tmp_path / "none.db")


def test_only_the_owner_may_read_the_files(database: Database) -> None:
    with database.transaction() as tx:
        tx.rows("p").put("t", b"k", b"v")
    for file in database.path.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
