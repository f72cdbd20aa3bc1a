"""What can be wrong with a connection, each as a sentence and advice, and within seconds."""

import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from msgspec.structs import replace
from tests.broker.conftest import Cluster, Home

from entente.bus import admin
from entente.bus.connection import Connection, errors
from entente.errors import (
    BrokerUnreachable,
    CertificateError,
    ConfigError,
    EntenteError,
    KeyMissing,
)
from entente.trust import files

API_VERSIONS = bytes.fromhex("0000000a0012000000000000ffff")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Another network's home, with a JP of its own."""
    home = Home.create(tmp_path_factory.mktemp("foreign"))
    home.certify(home.path / "parties" / "JP", "JP")
    return home


def fails(connection: Connection, kind: type[EntenteError], *words: str) -> None:
    """Both ways to the broker say the same, in one line and with advice."""
    for ask in (connection.check, lambda: admin.client(connection)):
        with pytest.raises(kind) as caught:
            ask()
        said = str(caught.value)
        assert "\n" not in said
        assert all(word in said for word in words), said
        assert caught.value.advice


def test_a_good_connection(cluster: Cluster) -> None:
    cluster.party("JP").check()
    replace(cluster.party("JP"), bootstrap=f"localhost:1,{cluster.bootstrap}").check(timeout=5)


def test_tls_1_2_is_spoken_too_and_nothing_older(cluster: Cluster) -> None:
    context = cluster.party("JP").context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    host, port = cluster.party("JP").servers()[0]
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection((host, port), 10) as plain:
        with context.wrap_socket(plain, server_hostname=host) as tls:
            assert tls.version() == "TLSv1.2"


def test_a_key_with_a_passphrase(cluster: Cluster, tmp_path: Path) -> None:
    party = cluster.party("JP")
    files.write_key(tmp_path / "tls.key", files.tls_key(party.key), b"open sesame")
    closed = replace(party, key=tmp_path / "tls.key", secret=b"open sesame")
    closed.check()
    client = admin.client(closed)
    assert client.list_topics(timeout=10).brokers
    assert "sesame" not in repr(closed)
    fails(replace(closed, secret=b"wrong"), KeyMissing, "passphrase")
    fails(replace(closed, secret=None), KeyMissing, "encrypted")


def test_no_broker(cluster: Cluster) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # bound, not listening: refused, and nobody else gets it
        where = f"127.0.0.1:{probe.getsockname()[1]}"
        fails(replace(cluster.party("JP"), bootstrap=where), BrokerUnreachable, where)


def test_no_such_host(cluster: Cluster) -> None:
    where = "no-such-host.invalid:9093"
    fails(replace(cluster.party("JP"), bootstrap=where), BrokerUnreachable, where)


@pytest.mark.parametrize("bootstrap", ["", "localhost", "localhost:", "localhost:x", ":9", "a:0"])
def test_an_address_that_is_none(cluster: Cluster, bootstrap: str) -> None:
    fails(replace(cluster.party("JP"), bootstrap=bootstrap), ConfigError)


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """Return a listener's address; it reads a little, answers these bytes and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        said: list[bytes] = []

        def serve() -> None:
            for _ in range(2):
                client, _address = server.accept()
                with client:
                    client.recv(10)
                    client.sendall(said[0])

        thread = threading.Thread(target=serve)

        def start(answer: bytes) -> str:
            said.append(answer)
            thread.start()
            return f"127.0.0.1:{server.getsockname()[1]}"

        yield start
        thread.join(10)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(100)])
def test_a_port_of_something_else(
    cluster: Cluster, answering: Callable[[bytes], str], answer: bytes
) -> None:
    fails(replace(cluster.party("JP"), bootstrap=answering(answer)), BrokerUnreachable, "TLS")


def test_a_silent_port_does_not_hold_us(cluster: Cluster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(BrokerUnreachable, match="TLS"):
            replace(cluster.party("JP"), bootstrap=where).check(timeout=0.3)


def test_a_broker_of_another_network(cluster: Cluster, foreign: Home) -> None:
    party = Connection.of(cluster.bootstrap, foreign.path / "parties" / "JP")
    fails(party, CertificateError, "not who it should be")


def test_a_certificate_of_another_network(cluster: Cluster, foreign: Home, tmp_path: Path) -> None:
    party = shutil.copytree(foreign.path / "parties" / "JP", tmp_path / "JP")
    shutil.copy(cluster.root.ca, party / "ca.crt")
    fails(Connection.of(cluster.bootstrap, party), CertificateError, "issued by")


def test_the_broker_refuses_what_we_cannot_see_ourselves(
    cluster: Cluster, foreign: Home, tmp_path: Path
) -> None:
    """We trust both authorities, the broker only its own: it says so after the handshake."""
    party = shutil.copytree(foreign.path / "parties" / "JP", tmp_path / "JP")
    both = files.read(party / "ca.crt") + files.read(cluster.root.ca)
    files.write(party / "ca.crt", both)
    fails(Connection.of(cluster.bootstrap, party), CertificateError, "does not take")


@pytest.mark.parametrize(("start", "until", "word"), [(-3, -1, "expired"), (1, 2, "only from")])
def test_a_certificate_out_of_its_time(
    cluster: Cluster, tmp_path: Path, start: int, until: int, word: str
) -> None:
    folder = cluster.home.certify(tmp_path, "JP", start=start, until=until)
    fails(Connection.of(cluster.bootstrap, folder), CertificateError, word, "UTC")


def ask(cluster: Cluster, context: ssl.SSLContext) -> bytes:
    """Speak TLS without any check of ours; in TLS 1.3 a refusal comes after the handshake."""
    host, port = cluster.root.servers()[0]
    with socket.create_connection((host, port), 10) as plain:
        with context.wrap_socket(plain, server_hostname=host) as tls:
            tls.sendall(API_VERSIONS)
            return tls.recv(1)


def test_the_broker_itself_refuses_no_certificate_and_an_expired_one(
    cluster: Cluster, tmp_path: Path
) -> None:
    context = ssl.create_default_context(cafile=str(cluster.root.ca))
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
        ask(cluster, context)
    folder = cluster.home.certify(tmp_path, "JP", start=-3, until=-1)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    with pytest.raises(ssl.SSLError, match="CERTIFICATE"):
        ask(cluster, context)
    context.load_cert_chain(cluster.party("JP").certificate, cluster.party("JP").key)
    assert ask(cluster, context)


def test_the_key_of_another(cluster: Cluster) -> None:
    fails(replace(cluster.party("JP"), key=cluster.party("FR").key), KeyMissing, "not the key of")


def test_files_that_are_not_there(cluster: Cluster, tmp_path: Path) -> None:
    party = cluster.party("JP")
    nowhere = tmp_path / "nowhere"
    fails(replace(party, key=nowhere), KeyMissing, str(nowhere))
    fails(replace(party, certificate=nowhere), CertificateError, str(nowhere))
    fails(replace(party, ca=nowhere), CertificateError, str(nowhere))
    fails(replace(party, certificate=party.key), CertificateError, "not a certificate")


async def test_errors_of_aiokafka_are_ours(cluster: Cluster) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        gone = replace(cluster.root, bootstrap=f"127.0.0.1:{probe.getsockname()[1]}")
        client = AIOKafkaProducer(**gone.aiokafka())
        try:
            with pytest.raises(BrokerUnreachable, match="starting"), errors("starting"):
                await client.start()
        finally:
            await client.stop()
