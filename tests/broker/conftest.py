"""One real broker for the whole session, TLS and ACLs on, and parties to talk to it."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from tests.broker.whole import Whole, member, whole

from entente.bus import admin
from entente.bus.box import Box
from entente.bus.connection import Connection
from entente.trust import files, pki
from entente.trust.network import BROKER

DAY = 86_400_000_000


class Home(NamedTuple):
    """A home directory with an authority: makes certificates as the secretariat does."""

    path: Path
    authority: pki.Authority

    @classmethod
    def create(cls, path: Path) -> "Home":
        now = time.time_ns() // 1000
        home = cls(path, pki.authority("test.entente.example", start=now - DAY, until=now + DAY))
        files.write(path / "network" / "ca.crt", home.authority.certificate)
        home.certify(path / "broker", BROKER, hosts=pki.LOCAL_HOSTS)
        return home

    def certify(
        self,
        folder: Path,
        name: str,
        *,
        hosts: tuple[str, ...] = (),
        start: int = -1,
        until: int = 1,
    ) -> Path:
        """Write ``tls.key``, ``tls.crt`` and ``ca.crt`` into ``folder``; times in days from now."""
        now = time.time_ns() // 1000
        key = pki.new_key()
        certificate = pki.issue(
            self.authority, pki.request(key, name), name,
            start=now + start * DAY, until=now + until * DAY, hosts=hosts,
        )  # fmt: skip
        files.write_key(folder / "tls.key", key, None)
        files.write(folder / "tls.crt", certificate)
        files.write(folder / "ca.crt", self.authority.certificate)
        return folder


class Cluster(NamedTuple):
    """The running broker and what tests need of it."""

    home: Home
    box: Box
    bootstrap: str
    root: Connection
    """The broker's own connection, which may do everything."""
    admin: AdminClient

    def party(self, name: str) -> Connection:
        """Return the connection of ``name``, with a certificate of its own; no ACLs yet."""
        folder = self.home.path / "parties" / name
        if not (folder / "tls.crt").exists():
            self.home.certify(folder, name)
        return Connection.of(self.bootstrap, folder)

    def topic(self, name: str, partitions: int = 1, **config: str) -> str:
        """Create the topic ``name``; underscores of ``config`` stand for dots."""
        settings = {key.replace("_", "."): value for key, value in config.items()}
        wanted = NewTopic(name, partitions, 1, config=settings)
        admin.result(self.admin.create_topics([wanted])[name], f"creating {name}")
        return name


def pytest_addoption(parser: pytest.Parser) -> None:
    """What ``make chaos`` gives to ``test_chaos.py``."""
    parser.addoption("--kills", type=int, default=5, help="how many processes chaos kills")
    parser.addoption("--seed", type=int, default=None, help="repeat a run of chaos")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A Kafka for the tests of one file; killed for sure at their end."""
    home = Home.create(tmp_path_factory.mktemp("home"))
    box = Box(home.path / "broker")
    try:
        box.up()
        root = box.connection()
        yield Cluster(home, box, root.bootstrap, root, admin.client(root))
    finally:
        box.down(timeout=1)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A whole network on a broker of its own, for the tests of one file."""
    members = [
        member("JP", "administration", "asia-pacific", "middle-east"),
        member("NZ", "administration", "asia-pacific"),
        member("FR", "administration", "western-europe"),
        member("KZ", "administration", "cis"),
        member("BR", "administration", "south-america"),
        member("GT", "administration", "central-america"),
        member("RILO-AP", "liaison_office", "asia-pacific", "middle-east"),
        member("RILO-ME", "liaison_office", "middle-east"),
        member("RILO-CIS", "liaison_office", "cis"),
        member("CORRELATOR", "correlator"),
        member("COORD-1", "coordinator", "south-america"),
        member("COORD-2", "coordinator", "caribbean"),
    ]
    with whole(tmp_path_factory.mktemp("net"), members) as found:
        yield found


_numbers = itertools.count(1)


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Return a name that no other test of the session uses: ``unique("orders")``."""
    return lambda prefix: f"{prefix}-{next(_numbers)}"


@pytest.fixture
def topic(cluster: Cluster, unique: Callable[[str], str]) -> str:
    """A fresh topic with one partition."""
    return cluster.topic(unique("topic"))
