"""Make a cluster what the table of topics and the register say; run it again when they change.

Nothing is deleted but rights: no topic, no partition, no record. A setting that an operator has
made on a topic stays, and is told.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

# confluent_kafka.admin has these names too, but its types do not say that it exports them.
from confluent_kafka.admin._acl import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
)
from confluent_kafka.admin._config import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
)
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.cimpl import NewPartitions, NewTopic

from entente.bus import admin
from entente.bus.connection import Connection
from entente.bus.rights import Acl, acls, ours
from entente.bus.topics import TOPICS, Topic
from entente.errors import BusError
from entente.trust.register import Register

_USER = "User:"


class Changes(NamedTuple):
    """What a run has changed: names of topics, and rights."""

    created: tuple[str, ...]
    extended: tuple[str, ...]
    """Topics that got more partitions."""
    configured: tuple[str, ...]
    granted: frozenset[Acl]
    revoked: frozenset[Acl]
    differing: tuple[str, ...]
    """Settings that are not as in the table and were left so, as ``topic: name is value``."""


def provision(
    connection: Connection, register: Register, *, topics: tuple[Topic, ...] = TOPICS
) -> Changes:
    """Create topics, partitions and settings that are missing; give and take rights.

    Compacted topics keep their number of partitions, since a key must stay in its own. Returns once
    the broker shows all of it. Raises TrustError (before anything is changed, if the register gives
    a right that nobody may have), BrokerRefused, BrokerUnreachable, BusError, CertificateError.
    """
    due = acls(register)
    client = admin.client(connection)
    created = _create(client, topics)
    extended = _extend(client, topics)
    configured, differing = _configure(client, topics)
    granted, revoked = _rights(client, due, [topic.name for topic in topics])
    return Changes(created, extended, configured, granted, revoked, differing)


def _partitions(client: AdminClient) -> dict[str, int]:
    try:
        known = client.list_topics(timeout=admin.TIMEOUT).topics
    except KafkaException as error:
        raise admin.translated(error, "listing the topics") from error
    return {name: len(topic.partitions) for name, topic in known.items()}


def _create(client: AdminClient, topics: Iterable[Topic]) -> tuple[str, ...]:
    there = _partitions(client)
    # Minus one: as many replicas as the cluster's own default says.
    missing = [
        NewTopic(topic.name, topic.partitions, -1, config=topic.config)
        for topic in topics
        if topic.name not in there
    ]
    if not missing:
        return ()
    for name, future in client.create_topics(missing).items():
        try:
            admin.result(future, f"creating the topic {name}")
        except BusError as error:
            cause = error.__cause__
            exists = KafkaError.TOPIC_ALREADY_EXISTS
            if not isinstance(cause, KafkaException) or cause.args[0].code() != exists:
                raise
    names = tuple(topic.topic for topic in missing)
    _until(lambda: set(names) <= _partitions(client).keys(), "showing the new topics")
    return names


def _extend(client: AdminClient, topics: Iterable[Topic]) -> tuple[str, ...]:
    there = _partitions(client)
    few = {
        topic.name: topic.partitions
        for topic in topics
        if topic.cleanup == "delete" and there[topic.name] < topic.partitions
    }
    if few:
        wanted = [NewPartitions(name, count) for name, count in few.items()]
        for name, future in client.create_partitions(wanted).items():
            admin.result(future, f"adding partitions to {name}")
    return tuple(few)


def _configure(
    client: AdminClient, topics: Iterable[Topic]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    wanted = {topic.name: topic.config for topic in topics}
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in wanted]
    changes, differing = [], []
    for resource, future in client.describe_configs(asked).items():
        found = admin.result(future, f"reading the settings of {resource.name}")
        missing = []
        for name, value in wanted[resource.name].items():
            entry = found.get(name)
            if entry is not None and entry.value == value:
                continue
            if entry is not None and entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value:
                differing.append(f"{resource.name}: {name} is {entry.value}, not {value}")
            else:
                operation = AlterConfigOpType.SET
                missing.append(ConfigEntry(name, value, incremental_operation=operation))
        if missing:
            changes.append(
                ConfigResource(ResourceType.TOPIC, resource.name, incremental_configs=missing)
            )
    if changes:
        for resource, future in client.incremental_alter_configs(changes).items():
            admin.result(future, f"setting {resource.name}")
    return tuple(resource.name for resource in changes), tuple(differing)


def _rights(
    client: AdminClient, due: frozenset[Acl], topics: list[str]
) -> tuple[frozenset[Acl], frozenset[Acl]]:
    def given() -> dict[Acl, AclBinding]:
        return {acl: binding for acl, binding in _given(client) if ours(acl, topics)}

    there = given()
    revoked, granted = there.keys() - due, due - there.keys()
    if revoked:
        filters = [_filter(there[acl]) for acl in revoked]
        for future in client.delete_acls(filters).values():
            admin.result(future, "taking a right")
    if granted:
        for future in client.create_acls([_binding(acl) for acl in granted]).values():
            admin.result(future, "giving a right")
    if revoked or granted:
        _until(lambda: given().keys() == due, "showing the new rights")
    return frozenset(granted), frozenset(revoked)


_OPERATIONS = {"read": AclOperation.READ, "write": AclOperation.WRITE}
_KINDS = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}
_PATTERNS = {False: ResourcePatternType.LITERAL, True: ResourcePatternType.PREFIXED}


def _binding(acl: Acl) -> AclBinding:
    return AclBinding(
        _KINDS[acl.kind],
        acl.name,
        _PATTERNS[acl.prefixed],
        f"{_USER}{acl.principal}",
        acl.host,
        _OPERATIONS[acl.operation],
        AclPermissionType.ALLOW,
    )


def _given(client: AdminClient) -> list[tuple[Acl, AclBinding]]:
    """Return the rights on topics and groups that the cluster gives, of all applications."""
    every: Any = None  # so says the documentation; the type stub does not know it
    everything = AclBindingFilter(
        ResourceType.ANY,
        every,
        ResourcePatternType.ANY,
        every,
        every,
        AclOperation.ANY,
        AclPermissionType.ALLOW,
    )
    names = {kind: name for name, kind in _KINDS.items()}
    found = []
    for binding in admin.result(client.describe_acls(everything), "reading the rights"):
        kind = names.get(binding.restype)
        if kind is not None:
            acl = Acl(
                binding.principal.removeprefix(_USER),
                binding.operation.name.lower(),
                kind,
                binding.name,
                binding.resource_pattern_type == ResourcePatternType.PREFIXED,
                binding.host,
            )
            found.append((acl, binding))
    return found


def _filter(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype, binding.name, binding.resource_pattern_type, binding.principal,
        binding.host, binding.operation, binding.permission_type,
    )  # fmt: skip


def _until(shown: Callable[[], bool], what: str) -> None:
    """Wait: a broker learns what its controller has decided a moment later."""
    end = time.monotonic() + admin.TIMEOUT
    while not shown():
        if time.monotonic() > end:
            raise BusError(f"{what}: not done after {admin.TIMEOUT:.0f} s")
        time.sleep(0.05)
