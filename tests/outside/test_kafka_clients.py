"""Other people's Kafka clients read our topics, and are refused without the right certificate.

What they receive is what ``Publisher`` published: Apache Avro's own library decodes it, and Go's
sumdb/note and transparency-dev/merkle accept it, if Go is there.
"""

import asyncio
import json
import os
import shutil
import subprocess
import time
import uuid
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import avro.io
import avro.schema
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from tests.broker.whole import NAME, Whole, member, whole

from entente.alert.handling import Handling
from entente.alert.record import Event, Goods, Leg, Route, Seizure, Text
from entente.bus.connection import Connection
from entente.proof import note
from entente.publish.publisher import Publisher
from entente.trust import network
from entente.wire.schemas import Schema, by_sha256, latest

TOPIC = "alerts.asia-pacific"
HANDLING = Handling(tlp="AMBER", purpose="test", source_grade="A", information_grade=1)
COUNT = 5
SECONDS = 20.0


class Setting(NamedTuple):
    net: Whole
    strangers: Path
    """The home of another network: another authority, the same names."""

    def party(self, name: str) -> dict[str, str]:
        """How librdkafka reaches the broker as a member."""
        folder = self.net.settings.party(name)
        return Connection.of(self.net.settings.kafka.bootstrap, folder).librdkafka()

    def stranger(self, name: str) -> dict[str, str]:
        """The same, with a certificate by another authority; it trusts our broker."""
        folder = self.strangers / "parties" / name
        return {
            **self.party(name),
            "ssl.certificate.location": str(folder / "tls.crt"),
            "ssl.key.location": str(folder / "tls.key"),
        }


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    members = [
        member("JP", "administration", "asia-pacific"),
        member("FR", "administration", "western-europe"),
        member("RILO-AP", "liaison_office", "asia-pacific"),
    ]
    strangers = tmp_path_factory.mktemp("strangers")
    now = time.time_ns() // 1000
    network.create(strangers, NAME, members, now=now, secret=None, officers=1, threshold=1)
    with whole(tmp_path_factory.mktemp("net"), members) as net:
        asyncio.run(publish(net))
        yield Setting(net, strangers)


async def publish(net: Whole) -> None:
    async with Publisher("JP", net.settings) as publisher:
        for n in range(COUNT):
            await publisher.publish(seizure(n), HANDLING)


def seizure(n: int) -> Seizure:
    return Seizure(
        national_ref=f"JP-{n}",
        event=Event(date="2026-03-01", detection=("x_ray",)),
        route=Route(departure=Leg(country="CN"), location=Leg(country="JP")),
        goods=(Goods(group="ipr", description=Text(text="shoes")),),
    )


def consume(settings: dict[str, str], topic: str = TOPIC) -> list[Message]:
    """All that a confluent-kafka Consumer finds on a topic. Raises KafkaException: it may not."""
    failed: list[KafkaError] = []
    client = Consumer({
        **settings, "group.id": f"RILO-AP.outside-{uuid.uuid4()}", "enable.auto.commit": False,
        "error_cb": failed.append, "log_level": 0,
    })  # fmt: skip
    try:
        known = None
        limit = time.monotonic() + SECONDS
        while known is None:
            try:
                known = client.list_topics(topic, timeout=0.5).topics[topic]
            except KafkaException:
                client.poll(0)  # brings the errors of the connection
                if failed or time.monotonic() > limit:
                    raise
        if known.error is not None:
            raise KafkaException(known.error)
        everything = [TopicPartition(topic, number, 0) for number in known.partitions]
        ends = {at.partition: client.get_watermark_offsets(at, timeout=SECONDS)[1]
                for at in everything}  # fmt: skip
        client.assign(everything)
        found: list[Message] = []
        while len(found) < sum(ends.values()) and time.monotonic() < limit:
            message = client.poll(0.5)
            if message is None:
                continue
            if message.error() is not None:
                raise KafkaException(message.error())
            found.append(message)
        return found
    finally:
        client.close()


def refused(setting: Setting, settings: dict[str, str]) -> None:
    """No connection comes about with these, while the right ones are served.

    By TLS 1.3 a client hears of it only after its own part of the handshake, and may find nothing
    but a closed connection; so the error's code does not tell a refusal from a broker that is away.
    """
    with pytest.raises(KafkaException):
        consume(settings)
    assert len(consume(setting.party("RILO-AP"))) == COUNT


def test_a_reader_with_rights_reads_it(setting: Setting) -> None:
    found = consume(setting.party("RILO-AP"))
    assert len(found) == COUNT
    for message in found:
        assert message.key() == b"JP/0"
        headers = dict(message.headers() or [])
        assert headers["content-type"] == b"application/avro"
        assert headers["ce_type"] == b"entente.alert.Seizure"


def test_a_certificate_of_another_authority_is_refused(setting: Setting) -> None:
    refused(setting, setting.stranger("RILO-AP"))


def test_who_does_not_trust_our_authority_does_not_connect(setting: Setting) -> None:
    trusting = {"ssl.ca.location": str(setting.strangers / "network" / "ca.crt")}
    refused(setting, setting.party("RILO-AP") | trusting)


def test_no_certificate_is_refused(setting: Setting) -> None:
    bare = {k: v for k, v in setting.party("RILO-AP").items()
            if k not in ("ssl.certificate.location", "ssl.key.location")}  # fmt: skip
    refused(setting, bare)


def test_a_party_without_rights_is_refused(setting: Setting) -> None:
    with pytest.raises(KafkaException) as caught:
        consume(setting.party("FR"))
    error: KafkaError = caught.value.args[0]
    assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def decoded(schema: Schema, data: bytes) -> Any:
    """Read by Apache Avro alone, every byte used."""
    stream = BytesIO(data)
    parsed = avro.schema.parse(schema.text.decode())
    value = avro.io.DatumReader(parsed).read(avro.io.BinaryDecoder(stream))
    assert stream.tell() == len(data)
    return value


def unwrapped(name: str, data: bytes) -> Any:
    """A single object of a schema: the marker and the fingerprint, then the body."""
    schema = latest(name)
    assert data[:10] == b"\xc3\x01" + schema.fingerprint
    return decoded(schema, data[10:])


def test_apache_avro_decodes_envelope_statement_and_body(setting: Setting) -> None:
    refs = set()
    for message in consume(setting.party("RILO-AP")):
        envelope = unwrapped("envelope", message.value() or b"")
        statement = unwrapped("statement", envelope["statement"])
        assert (statement["network"], statement["issuer"]) == (NAME, "JP")
        assert (statement["topic"], statement["handling"]["tlp"]) == (TOPIC, "AMBER")
        schema = by_sha256(statement["schema"])
        assert schema is not None
        body = decoded(schema, statement["body"])
        assert body["goods"][0]["description"]["text"] == "shoes"
        refs.add(body["national_ref"])
    assert refs == {f"JP-{n}" for n in range(COUNT)}


def test_go_accepts_what_was_published(setting: Setting, tmp_path: Path) -> None:
    go = shutil.which("go")
    if go is None and not os.environ.get("CI"):
        pytest.skip("go is not installed")
    assert go is not None, "CI needs go"
    program = tmp_path / "outside"
    subprocess.run(
        [go, "build", "-o", str(program), "."], cwd=Path(__file__).parent / "go", timeout=200,
        env=os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}, check=True,
    )  # fmt: skip
    party = setting.net.register.party("JP")
    assert party is not None
    (key,) = party.keys
    origin = f"{NAME}/JP/{TOPIC}/0"
    vkey = b64encode(bytes([note.ED25519]) + key.public.raw).decode()
    claims = []
    for message in consume(setting.party("RILO-AP")):
        envelope = unwrapped("envelope", message.value() or b"")
        for part in ("statement", "proof"):
            envelope[part] = b64encode(envelope[part]).decode()
        name = f"{origin}+{note.key_id(origin, key.public).hex()}+{vkey}"
        claims += [envelope | {"key": name}, envelope | {"key": name, "index": COUNT + 1}]
    done = subprocess.run(
        [program], input=json.dumps(claims), capture_output=True, text=True, check=True
    )
    results: list[str] = json.loads(done.stdout)
    assert set(results[::2]) == {""}
    assert all(results[1::2])
