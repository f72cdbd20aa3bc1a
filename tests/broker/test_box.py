"""The broker in a box through its life: every way to start, stop, and be killed."""

import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka.admin import NewTopic
from tests.broker.conftest import Home

from entente.bus import admin, box, jars
from entente.bus.box import Box
from entente.bus.configuration import MAIN
from entente.errors import BrokerFailed, CertificateError, KeyMissing, StoreError, StoreFull
from entente.trust import files
from entente.trust.network import BROKER

SECRET = b"a passphrase: with $igns, and = too"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose name no shell and no properties file would like, with a closed private key."""
    home = Home.create(tmp_path_factory.mktemp("a b") / "l'été, 100 % \\ $HOME")
    key = home.path / "broker" / "tls.key"
    files.write_key(key, files.tls_key(key), SECRET)
    return home


@pytest.fixture(scope="module")
def one(home: Home) -> Iterator[Box]:
    """The broker of this module; its tests share it, in any order, and leave it as they like."""
    box = Box(home.path / "broker", secret=SECRET)
    yield box
    box.down(timeout=1)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Box]:
    """A box that was never started."""
    box = Box(Home.create(tmp_path).path / "broker")
    yield box
    box.down(timeout=0)


def only(box: Box) -> psutil.Process:
    (process,) = box._processes()
    return process


async def stored(box: Box, topic: str) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(
        topic, **box.connection().aiokafka(), auto_offset_reset="earliest"
    )  # fmt: skip
    try:
        await consumer.start()
        found = await consumer.getmany(timeout_ms=5000)
    finally:
        await consumer.stop()
    return [record.value for records in found.values() for record in records]


def test_two_at_a_time_start_one_broker_that_outlives_them(one: Box) -> None:
    one.down()
    program = (
        "import sys; from pathlib import Path; from entente.bus.box import Box;"
        "print(Box(Path(sys.argv[1]), secret=sys.argv[2].encode()).up().pid)"
    )
    command = [sys.executable, "-c", program, str(one.folder), SECRET.decode()]
    environment = {**os.environ, "PYTHONPATH": str(Path(box.__file__).parents[2])}
    starters = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(2)
    ]
    pids = {starter.communicate()[0] for starter in starters}
    assert one.status().state == "up"
    assert pids == {b"%d\n" % only(one).pid}


def test_the_passphrase_is_written_nowhere(one: Box) -> None:
    one.up()
    for path in one.folder.rglob("*"):
        if path.is_file():
            assert SECRET not in path.read_bytes(), path
    assert SECRET.decode() not in " ".join(only(one).cmdline())
    assert (one.folder / "keystore.pem").stat().st_mode & 0o777 == 0o600


async def test_killed_in_the_middle_of_writing_it_starts_with_all_that_it_acknowledged(
    one: Box,
) -> None:
    before = one.up().bootstrap
    client = admin.client(one.connection())
    name = f"killed-{time.monotonic_ns()}"
    admin.result(client.create_topics([NewTopic(name, 1, 1)])[name], "creating")
    producer = AIOKafkaProducer(**one.connection().aiokafka(), acks="all", enable_idempotence=True)
    try:
        await producer.start()
        for number in range(100):
            await producer.send_and_wait(name, b"%d" % number)
        pending = await producer.send(name, b"perhaps")
        only(one).send_signal(signal.SIGKILL)
    finally:
        producer._message_accumulator.fail_all(ConnectionError("killed"))
        await producer.stop()
    with contextlib.suppress(Exception):  # it may have arrived or not
        await pending
    assert one.status().state == "down"
    again = one.up()
    assert (again.state, again.bootstrap) == ("up", before), "its clients find it where it was"
    found = await stored(one, name)
    assert found[:100] == [b"%d" % number for number in range(100)]
    assert found[100:] in ([], [b"perhaps"])


def test_up_twice_down_twice(one: Box) -> None:
    first = one.up()
    assert (first.state, first.problem) == ("up", None)
    assert one.up() == first == one.status()
    assert first.pid == only(one).pid
    assert first.log.read_text()
    with pytest.raises(BrokerFailed, match="runs already"):
        one.up(1)
    assert one.down() is True
    assert (one.folder / "data" / ".kafka_cleanshutdown").exists()
    assert one.down() is False
    assert one.status() == box.Status("down", None, first.bootstrap, first.log)


def address(one: Box) -> tuple[str, int]:
    """Where the box listened last; it is down now."""
    if one.status().bootstrap is None:
        one.up()
    one.down()
    return one.connection().servers()[0]


def test_its_port_is_taken_while_it_is_down(one: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box.ports, "GIVEN_BACK", 0.1)
    host, port = address(one)
    with socket.create_server((host, port)):
        with pytest.raises(BrokerFailed, match=f"port {port} is in use"):
            one.up(port)
        moved = one.up()
        assert (moved.state, moved.bootstrap) == ("up", one.connection().bootstrap)
        assert moved.bootstrap != f"{host}:{port}"


def test_its_port_is_taken_at_the_last_moment(one: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka finds the port taken that was free when we looked: it moves to another one."""
    monkeypatch.setattr(box.ports, "GIVEN_BACK", 0.1)
    host, port = address(one)
    looks = iter([True])
    free = box.ports.free
    monkeypatch.setattr(box.ports, "free", lambda p: next(looks, False) or free(p))
    with socket.create_server((host, port)):
        moved = one.up()
    assert moved.state == "up"
    assert moved.bootstrap != f"{host}:{port}"


def test_one_that_hangs_is_ended_by_force(one: Box) -> None:
    one.up()
    only(one).suspend()
    assert one.down(timeout=0.3) is True
    assert one.status().state == "down"


def test_one_that_is_killed_while_we_find_it_running_is_started(one: Box) -> None:
    dying = only(one) if one.up().pid else None
    assert dying is not None
    dying.suspend()
    killing = threading.Timer(1, dying.kill)
    killing.start()
    assert one.up().state == "up"
    killing.join()
    assert only(one).pid != dying.pid


def test_the_folder_may_be_a_link_to_another_disk(home: Home, tmp_path: Path) -> None:
    other = tmp_path / "large"
    other.mkdir()
    (tmp_path / "broker").symlink_to(other)
    box = Box(tmp_path / "broker")
    assert box.folder == other
    assert box.ca == tmp_path.resolve() / "network" / "ca.crt"


def test_a_process_that_only_looks_like_it_is_left_alone(fresh: Box) -> None:
    """There is no pid file to be stale; what counts is what a process was started with."""
    words = [MAIN, str(fresh.folder.with_name("another") / "server.properties")]
    other = subprocess.Popen([sys.executable, "-c", "input()", *words], stdin=subprocess.PIPE)
    try:
        assert fresh.status().state == "down"
        assert fresh.down() is False
        assert other.poll() is None
    finally:
        other.communicate(b"\n")


def test_it_does_not_come_up(fresh: Box) -> None:
    (fresh.folder / "data").mkdir()
    (fresh.folder / "data" / "meta.properties").write_text("version=1\nnode.id=7\n")
    with pytest.raises(BrokerFailed, match="it ended while it started") as caught:
        fresh.up()
    assert "meta.properties" in str(caught.value)
    assert "server.log" in caught.value.advice
    assert fresh.status().state == "down"


def test_a_time_that_is_too_short(fresh: Box) -> None:
    with pytest.raises(BrokerFailed, match="not ready"):
        fresh.up(timeout=0.1)
    assert fresh.status().state in ("starting", "up")
    assert fresh.up().state == "up"


def test_never_started(fresh: Box) -> None:
    status = fresh.status()
    assert (status.state, status.bootstrap) == ("down", None)
    assert fresh.down() is False
    with pytest.raises(BrokerFailed, match="never"):
        fresh.connection()


def test_ports_that_cannot_be_read_are_found_anew(fresh: Box) -> None:
    file = fresh.folder / "ports.json"
    for damaged in ("", "{", "[]", '{"clients": "x"}'):
        file.write_text(damaged)
        assert box.ports.recall(file) is None
    chosen = box.ports.choose(file, None)
    outgoing = Path("/proc/sys/net/ipv4/ip_local_port_range")
    low = int(outgoing.read_text().split()[0]) if outgoing.exists() else 32_768
    if low >= 32_768:  # as usual: no client that looks for the broker may take its place meanwhile
        assert max(chosen.clients, chosen.controller) < low
    assert json.loads(file.read_text()) == {
        "clients": chosen.clients, "controller": chosen.controller,
    }  # fmt: skip
    assert box.ports.choose(file, None) == chosen


def test_the_port_of_one_that_was_killed_comes_free_a_moment_later(tmp_path: Path) -> None:
    """It dies unseen: the process table shows it no more, and it still listens."""
    file = tmp_path / "ports.json"
    chosen = box.ports.choose(file, None)
    with socket.create_server(("127.0.0.1", chosen.clients)) as dying:
        end = threading.Timer(0.5, dying.close)
        end.start()
        assert box.ports.choose(file, None) == chosen
        end.join()


def test_certificates_that_will_not_do(fresh: Box, tmp_path: Path) -> None:
    home = Home.create(tmp_path / "another")
    with pytest.raises(CertificateError, match="issued by"):
        Box(fresh.folder, home.path / "network" / "ca.crt").up()
    home.certify(home.path / "broker", BROKER, start=-3, until=-1)
    with pytest.raises(CertificateError, match="expired"):
        Box(home.path / "broker").up()
    home.certify(home.path / "broker", "JP")
    with pytest.raises(CertificateError, match="'JP'"):
        Box(home.path / "broker").up()
    (fresh.folder / "tls.crt").unlink()
    with pytest.raises(CertificateError, match=r"tls\.crt"):
        fresh.up()


def test_a_closed_key_needs_its_passphrase(home: Home) -> None:
    with pytest.raises(KeyMissing, match="encrypted"):
        Box(home.path / "broker").connection().context()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        Box(tmp_path / "file" / "broker").up()


def test_a_disk_almost_full(fresh: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "SPACE", 1 << 62)
    with pytest.raises(StoreFull, match="MiB"):
        fresh.up()
    assert not (fresh.folder / "data").exists()
    assert "MiB are free for" in (fresh.status().problem or "")


def test_a_jar_that_is_not_the_locked_one_is_refused(fresh: Box, tmp_path: Path) -> None:
    cache = tmp_path / "jars"
    cache.mkdir()
    for jar in jars.jars():
        (cache / jar.name).hardlink_to(jar)
    changed = cache / "kafka-server-4.3.1.jar"
    content = bytearray(changed.read_bytes())
    changed.unlink()
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    with pytest.raises(BrokerFailed, match=r"kafka-server-4\.3\.1\.jar.*SHA-256"):
        Box(fresh.folder, cache=cache).up()
    assert fresh.status().state == "down"


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_jar_that_cannot_be_had(tmp_path: Path) -> None:
    lock = tmp_path / "jgo.lock.toml"
    lock.write_text(
        '[[dependencies]]\ngroupId = "org.apache.kafka"\nartifactId = "kafka-no-such-thing"\n'
        'version = "4.3.1"\nsha256 = "00"\n'
    )
    with pytest.raises(BrokerFailed, match="kafka-no-such-thing") as caught:
        jars.jars(lock, tmp_path / "cache")
    assert "what has arrived is kept" in caught.value.advice
    assert not list((tmp_path / "cache").iterdir())
    del caught
    gc.collect()  # jgo leaves the answer "not found" open: let it go here, not in another test


def test_an_interrupted_download_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small jars of the real lock file; one comes from the network, the others are there."""
    whole = jars.LOCK.read_text().split("[[dependencies]]")
    small = [part for part in whole if "jspecify" in part or "argparse4j" in part]
    lock = tmp_path / "jgo.lock.toml"
    lock.write_text("".join(f"[[dependencies]]{part}" for part in small))
    cache = tmp_path / "cache"
    first, second = jars.jars(lock, cache)
    inode = first.stat().st_ino
    second.unlink()
    assert jars.jars(lock, cache) == [first, second]
    assert first.stat().st_ino == inode
    monkeypatch.setattr(jars, "MavenContext", None)  # nothing more is asked of the network
    assert jars.jars(lock, cache) == [first, second]
    assert {path.name for path in cache.iterdir()} == {first.name, second.name}
