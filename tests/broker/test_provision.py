"""Topics and rights on a real broker: what is due works, what is not is refused."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType
from confluent_kafka.admin import ResourcePatternType as Pattern
from confluent_kafka.admin import ResourceType as Kind
from tests.broker.conftest import Cluster

from entente.bus import admin
from entente.bus.connection import Connection, errors
from entente.bus.provision import provision
from entente.bus.rights import group_prefix
from entente.bus.topics import TOPICS, Topic
from entente.errors import BrokerRefused
from entente.trust.administration import Administration, Role, usual_duties, usual_reads
from entente.trust.register import Register


def member(id: str, role: Role, *regions: str, retired: int | None = None) -> Administration:
    return Administration(
        id=id, name=id, role=role, home=regions[0] if regions else None, regions=regions[1:],
        duties=usual_duties(role, regions), reads=usual_reads(role, regions), retired=retired,
    )  # fmt: skip


def register(*members: Administration) -> Register:
    return Register(
        network="test.entente.example", made=0, root=1, administrations={m.id: m for m in members}
    )


JP = member("JP", "administration", "asia-pacific")
FR = member("FR", "administration", "western-europe")
RILO = member("RILO-WE", "liaison_office", "western-europe")
CORRELATOR = member("CORRELATOR", "correlator")
NETWORK = register(JP, FR, RILO, CORRELATOR)


@pytest.fixture(scope="module")
def provisioned(cluster: Cluster) -> Cluster:
    provision(cluster.root, NETWORK)
    return cluster


@asynccontextmanager
async def running(client: AIOKafkaProducer | AIOKafkaConsumer) -> AsyncIterator[None]:
    """Its own context leaves a client open that does not start."""
    try:
        await client.start()
        yield
    finally:
        await client.stop()


async def write(connection: Connection, topic: str, value: bytes = b"x") -> None:
    client = AIOKafkaProducer(**connection.aiokafka(), enable_idempotence=True)
    with errors(f"writing {topic}"):
        async with running(client):
            await client.send_and_wait(topic, value, key=b"key")


async def read(connection: Connection, topic: str, group: str) -> bytes | None:
    client = AIOKafkaConsumer(
        topic, **connection.aiokafka(), group_id=group, auto_offset_reset="earliest",
        enable_auto_commit=False,
    )  # fmt: skip
    with errors(f"reading {topic}"):
        async with running(client):
            record = await client.getone()
            await client.commit()
            return record.value


def test_a_second_run_changes_nothing(provisioned: Cluster) -> None:
    changes = provision(provisioned.root, NETWORK)
    assert not any(changes)
    there = provisioned.admin.list_topics(timeout=10).topics
    assert {t.name: t.partitions for t in TOPICS} == {
        t.name: len(there[t.name].partitions) for t in TOPICS
    }


async def test_what_is_due_works(provisioned: Cluster) -> None:
    office = provisioned.party("RILO-WE")
    await write(provisioned.party("FR"), "alerts.western-europe", b"alert")
    assert (
        await read(office, "alerts.western-europe", f"{group_prefix('RILO-WE')}inbox") == b"alert"
    )
    await write(office, "receipts.western-europe")
    await write(office, "quarantine", bytes(900_000))
    correlator = provisioned.party("CORRELATOR")
    await write(correlator, "proposals.cis")
    await write(correlator, "correlator.cases")


async def test_only_quarantine_takes_more_than_a_mebibyte(provisioned: Cluster) -> None:
    client = AIOKafkaProducer(**provisioned.party("FR").aiokafka(), max_request_size=4 << 20)
    async with running(client):
        await client.send_and_wait("quarantine", bytes(2_000_000))
        for topic, size in (("quarantine", 2_200_000), ("alerts.western-europe", 1_100_000)):
            with pytest.raises(MessageSizeTooLargeError):
                await client.send_and_wait(topic, bytes(size))


@pytest.mark.parametrize(
    ("who", "topic"),
    [
        ("FR", "alerts.asia-pacific"),
        ("FR", "proposals.western-europe"),
        ("FR", "correlator.cases"),
        ("FR", "register"),
        ("RILO-WE", "decisions.western-europe"),
        ("CORRELATOR", "alerts.cis"),
        ("NOBODY", "alerts.cis"),
        ("NOBODY", "quarantine"),
    ],
)
async def test_writing_another_topic_is_refused(provisioned: Cluster, who: str, topic: str) -> None:
    with pytest.raises(BrokerRefused, match=topic) as refused:
        await write(provisioned.party(who), topic)
    assert "secretariat" in refused.value.advice


@pytest.mark.parametrize(
    ("who", "topic", "group"),
    [
        ("RILO-WE", "alerts.asia-pacific", "RILO-WE.inbox"),
        ("RILO-WE", "alerts.western-europe", "FR.inbox"),
        ("RILO-WE", "quarantine", "RILO-WE.inbox"),
        ("CORRELATOR", "grants", "CORRELATOR.read"),
        ("NOBODY", "register", "NOBODY.inbox"),
    ],
)
async def test_reading_what_is_not_ours_is_refused(
    provisioned: Cluster, who: str, topic: str, group: str
) -> None:
    with pytest.raises(BrokerRefused, match=topic):
        await read(provisioned.party(who), topic, group)


def test_a_member_cannot_give_itself_rights(provisioned: Cluster) -> None:
    with pytest.raises(BrokerRefused):
        provision(provisioned.party("FR"), NETWORK)


async def test_who_leaves_loses_its_rights_and_who_joins_gets_them(provisioned: Cluster) -> None:
    joined = member("ZA", "administration", "east-southern-africa")
    try:
        changes = provision(provisioned.root, register(*NETWORK.administrations.values(), joined))
        assert {acl.principal for acl in changes.granted} == {"ZA"}
        assert not changes.revoked
        await write(provisioned.party("ZA"), "alerts.east-southern-africa")
    finally:
        changes = provision(provisioned.root, NETWORK)
    assert {acl.principal for acl in changes.revoked} == {"ZA"}
    with pytest.raises(BrokerRefused):
        await write(provisioned.party("ZA"), "alerts.east-southern-africa")


def test_a_right_given_by_hand_on_our_topic_goes_and_one_elsewhere_stays(
    provisioned: Cluster,
) -> None:
    def by_hand(topic: str) -> AclBinding:
        return AclBinding(
            Kind.TOPIC, topic, Pattern.LITERAL, "User:erp", "*", AclOperation.ALL,
            AclPermissionType.ALLOW,
        )  # fmt: skip

    for future in provisioned.admin.create_acls(
        [by_hand("alerts.cis"), by_hand("invoices")]
    ).values():
        admin.result(future, "giving rights by hand")
    changes = provision(provisioned.root, NETWORK)
    assert {(acl.principal, acl.name) for acl in changes.revoked} == {("erp", "alerts.cis")}


def test_missing_partitions_and_settings_are_added_and_settings_by_hand_stay(
    provisioned: Cluster, unique: Callable[[str], str]
) -> None:
    name = provisioned.topic(unique("alerts"), retention_ms="1000")
    compacted = provisioned.topic(unique("state"), cleanup_policy="compact")
    table = (Topic(name, 3, "delete", 1), Topic(compacted, 3, "compact", None))
    changes = provision(provisioned.root, NETWORK, topics=(*TOPICS, *table))
    assert changes.extended == (name,)
    assert set(changes.configured) == {name, compacted}
    assert changes.differing == (f"{name}: retention.ms is 1000, not 86400000",)
    again = provision(provisioned.root, NETWORK, topics=(*TOPICS, *table))
    assert not any(again._replace(differing=()))
