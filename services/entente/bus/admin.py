"""Administration of a cluster: with ``provision`` the only module that imports confluent-kafka.

aiokafka has no calls for ACLs and configurations. Calls block; each ends within its time limit.
"""

from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from entente.bus.connection import Connection
from entente.errors import BrokerRefused, BrokerUnreachable, BusError, TopicMissing

TIMEOUT = 20.0
"""Seconds that one administrative call may take."""

_REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
_UNREACHABLE = {
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._SSL,
    KafkaError.REQUEST_TIMED_OUT,
}


def client(connection: Connection, patience: float = 10) -> AdminClient:
    """Return an AdminClient; librdkafka's own log lines stay off, errors come as exceptions.

    Raises what ``Connection.check`` raises, after ``patience`` seconds at most for each broker, so
    that a bad certificate is told and not waited for.
    """
    connection.check(patience)
    settings: dict[str, Any] = {**connection.librdkafka(), "log_level": 0, "error_cb": _quiet}
    return AdminClient(settings)


def result(future: "Future[Any]", what: str, *, timeout: float = TIMEOUT) -> Any:
    """Return the result of an administrative call.

    Raises BrokerRefused, TopicMissing, BrokerUnreachable, BusError; ``what`` was being done.
    """
    try:
        return future.result(timeout)
    except KafkaException as error:
        raise translated(error, what) from error
    except TimeoutError as error:
        raise BrokerUnreachable(f"{what}: no answer within {timeout:.0f} s") from error


def translated(error: KafkaException, what: str) -> BusError:
    """Return librdkafka's ``error`` in our tree."""
    cause: KafkaError = error.args[0]
    message = f"{what}: {cause.str()}"
    if cause.code() in _REFUSED:
        return BrokerRefused(message)
    if cause.code() in _UNREACHABLE:
        return BrokerUnreachable(message)
    if cause.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return TopicMissing(message)
    return BusError(message)


def _quiet(_: KafkaError) -> None:
    """Connection errors reach us as the result of the call that they concern."""
