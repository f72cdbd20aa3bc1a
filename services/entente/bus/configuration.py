"""Kafka's configuration for one machine: KRaft, combined mode, mutual TLS on every port.

Paths are relative: the broker's working directory is its folder. So a folder may have any name.
"""

import msgspec

from entente.trust import files, network

HOST = "127.0.0.1"
"""The broker in a box serves this machine only."""
MAIN = "kafka.Kafka"
STORAGE_TOOL = "kafka.tools.StorageTool"


class Ports(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker listens: for its clients, and for its own controller."""

    clients: int
    controller: int


def server(ports: Ports, *, encrypted: bool) -> str:
    """Return the text of ``server.properties``; ``encrypted`` is what the private key is."""
    clients = f"CLIENTS://{HOST}:{ports.clients}"
    controller = f"CONTROLLER://{HOST}:{ports.controller}"
    settings: dict[str, str | int] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{HOST}:{ports.controller}",
        "controller.quorum.election.timeout.ms": 200,
        "listeners": f"{clients},{controller}",
        "advertised.listeners": clients,
        "listener.security.protocol.map": "CLIENTS:SSL,CONTROLLER:SSL",
        "inter.broker.listener.name": "CLIENTS",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": "data",
        # Who may do what: nobody may do anything that no ACL allows.
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": "keystore.pem",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": "truststore.pem",
        "ssl.client.auth": "required",
        "ssl.enabled.protocols": "TLSv1.3,TLSv1.2",
        "ssl.protocol": "TLSv1.3",
        # Our authority writes a CN and nothing else; any other subject has no name and is refused.
        "ssl.principal.mapping.rules": "RULE:^CN=([A-Za-z0-9.-]+)$/$1/",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{network.BROKER}",
        "auto.create.topics.enable": "false",
        # One node, a small heap.
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "offsets.retention.minutes": 366 * 24 * 60,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        # One that was killed is let in again when its old session has ended; this is its own judge.
        "broker.session.timeout.ms": 4_000,
        "broker.heartbeat.interval.ms": 1_000,
        "group.initial.rebalance.delay.ms": 0,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
        "log.cleaner.dedupe.buffer.size": 16 << 20,
        "log.segment.bytes": 128 << 20,
        "log.index.size.max.bytes": 2 << 20,
        "queued.max.request.bytes": 64 << 20,
        "socket.request.max.bytes": 32 << 20,
        # 900,000 bytes of value, key, headers and frame; more only on `quarantine`.
        "message.max.bytes": 1_048_588,
    }
    if encrypted:
        # The passphrase comes from the environment and is written nowhere.
        provider = "org.apache.kafka.common.config.provider.EnvVarConfigProvider"
        settings["config.providers"] = "env"
        settings["config.providers.env.class"] = provider
        settings["ssl.key.password"] = f"${{env:{files.VARIABLE}}}"
    return "".join(f"{name}={value}\n" for name, value in settings.items())
