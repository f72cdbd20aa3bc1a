"""How to reach a cluster as somebody: mutual TLS, for aiokafka and for librdkafka.

Kafka clients log a bad certificate and try again for ever. ``Connection.check`` asks once, within a
time limit, and raises one sentence with advice; call it before a client is started.
"""

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import errors as kafka

from entente import clock
from entente.errors import (
    BrokerRefused,
    BrokerUnreachable,
    BusError,
    CertificateError,
    ConfigError,
    EntenteError,
    KeyMissing,
    TopicMissing,
)
from entente.trust import files, pki

ATTEMPTS, PAUSE = 4, 0.7
"""How often a broker is asked that hangs up, and how many seconds lie between."""
_API_VERSIONS = struct.pack(">hhih", 18, 0, 0, -1)
"""Kafka's first request: api key 18, version 0, correlation id 0, no client id."""


class Connection(msgspec.Struct, frozen=True):
    """Where the cluster is and who we are there: the CN of ``certificate`` is our name."""

    bootstrap: str
    """``host:port`` of one or more brokers, separated by commas."""
    ca: Path
    certificate: Path
    key: Path
    secret: bytes | None = None
    """Passphrase of ``key``; None if it has none."""

    def __repr__(self) -> str:
        """Leave the passphrase out."""
        return f"Connection({self.bootstrap!r}, certificate={str(self.certificate)!r})"

    @classmethod
    def of(cls, bootstrap: str, folder: Path, secret: bytes | None = None) -> "Connection":
        """Return the connection of the party whose ``tls.*`` and ``ca.crt`` are in ``folder``."""
        return cls(bootstrap, folder / "ca.crt", folder / "tls.crt", folder / "tls.key", secret)

    def servers(self) -> list[tuple[str, int]]:
        """Return ``bootstrap`` as hosts and ports. Raises ConfigError."""
        found = []
        for server in self.bootstrap.split(","):
            host, _, port = server.strip().rpartition(":")
            if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
                raise ConfigError(
                    f"{server!r} is not a broker's address",
                    advice="Write `kafka.bootstrap` as host:port, several separated by commas.",
                )
            found.append((host.removeprefix("[").removesuffix("]"), int(port)))
        return found

    def context(self) -> ssl.SSLContext:
        """Return the TLS settings: 1.2 or 1.3, only this CA, names checked, our certificate.

        Raises KeyMissing, CertificateError: a file is not there or not what it must be, or a
        certificate is not valid now.
        """
        files.tls_key(self.key, self.secret)
        problem = pki.check_certificate(self.certificate, clock.now(), ca=self.ca)
        if problem is not None:
            raise problem
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(self.ca)
        try:
            # Without a passphrase OpenSSL would ask on the terminal, and wait.
            context.load_cert_chain(self.certificate, self.key, self.secret or b"")
        except ssl.SSLError as error:
            raise KeyMissing(
                f"{self.key} is not the key of {self.certificate}",
                advice="Put the two files of one enrolment there.",
            ) from error
        return context

    def aiokafka(self) -> dict[str, Any]:
        """Return the arguments for aiokafka's clients. Raises as ``context``."""
        return {
            "bootstrap_servers": [f"{host}:{port}" for host, port in self.servers()],
            "security_protocol": "SSL",
            "ssl_context": self.context(),
        }

    def librdkafka(self) -> dict[str, str]:
        """Return the configuration for confluent-kafka and kcat."""
        found = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "ssl",
            "ssl.ca.location": str(self.ca),
            "ssl.certificate.location": str(self.certificate),
            "ssl.key.location": str(self.key),
        }
        if self.secret is not None:
            found["ssl.key.password"] = self.secret.decode()
        return found

    def check(self, timeout: float = 10) -> None:
        """Ask each broker once, until one answers, ``timeout`` seconds each; blocks.

        Raises BrokerUnreachable if none answers, CertificateError if we do not believe its
        certificate or it does not take ours, and what ``context`` raises.
        """
        context = self.context()
        failures: list[EntenteError] = []
        for host, port in self.servers():
            try:
                self._insist(context, host, port, timeout)
            except EntenteError as error:
                failures.append(error)
            else:
                return
        raise next((e for e in failures if isinstance(e, CertificateError)), failures[0])

    def _insist(self, context: ssl.SSLContext, host: str, port: int, timeout: float) -> None:
        """Ask, and again if the broker hangs up without a word: so does one that goes down."""
        for left in reversed(range(ATTEMPTS)):
            try:
                return self._ask(context, host, port, timeout)
            except _HungUp:
                if not left:
                    raise
                time.sleep(PAUSE)

    def _ask(self, context: ssl.SSLContext, host: str, port: int, timeout: float) -> None:
        where = f"{host}:{port}"
        what = f"the broker at {where} does not take the certificate {self.certificate}"
        advice = (
            "Check that broker and certificate belong to one network; the broker's log says why it"
            " refused."
        )
        refused, hung_up = CertificateError(what, advice=advice), _HungUp(what, advice=advice)
        try:
            plain = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise BrokerUnreachable(
                f"no broker answers at {where}: {error.strerror or error}"
            ) from error
        with plain:
            try:
                tls = context.wrap_socket(plain, server_hostname=host)
            except ssl.SSLCertVerificationError as error:
                raise CertificateError(
                    f"the broker at {where} is not who it should be: {error.verify_message}",
                    advice=f"Check the address, and that {self.ca} is this network's.",
                ) from error
            except ssl.SSLError as error:
                raise _tls(error, refused, where) from error
            except OSError as error:
                raise BrokerUnreachable(f"{where} does not answer in TLS: {error}") from error
            with tls:
                # In TLS 1.3 the server judges our certificate after the handshake has ended for us.
                try:
                    tls.sendall(struct.pack(">i", len(_API_VERSIONS)) + _API_VERSIONS)
                    answer = tls.recv(4)
                except ssl.SSLError as error:
                    raise _tls(error, refused, where) from error
                except TimeoutError as error:
                    raise BrokerUnreachable(f"{where} does not answer") from error
                except OSError as error:
                    raise hung_up from error
        if not answer:
            raise hung_up


class _HungUp(CertificateError):
    """It closed the connection as one does that refuses our certificate, but gave no reason."""


def _tls(error: ssl.SSLError, refused: CertificateError, where: str) -> EntenteError:
    """Tell the alerts about our certificate from what is no TLS at all."""
    reason = error.reason or ""
    if "ALERT" in reason and any(word in reason for word in ("CERT", "CA", "ACCESS", "DECRYPT")):
        return refused
    return BrokerUnreachable(
        f"{where} does not speak our TLS: {reason or error}",
        advice="Check that this is the broker's TLS port.",
    )


_REFUSED = (
    kafka.TopicAuthorizationFailedError,
    kafka.GroupAuthorizationFailedError,
    kafka.ClusterAuthorizationFailedError,
    kafka.TransactionalIdAuthorizationFailed,
)
_UNREACHABLE = (
    kafka.KafkaConnectionError,
    kafka.NodeNotReadyError,
    kafka.StaleMetadata,
    kafka.KafkaTimeoutError,
    kafka.RequestTimedOutError,
    kafka.CoordinatorNotAvailableError,
    kafka.NotEnoughReplicasError,
    kafka.NotEnoughReplicasAfterAppendError,
)


def translated(error: Exception, what: str) -> EntenteError | None:
    """Return aiokafka's ``error`` in our tree, None if it has no place there.

    ``what`` is what was being done, such as ``reading alerts.cis``.
    """
    if isinstance(error, _REFUSED):
        return BrokerRefused(f"{what}: the broker does not allow it ({type(error).__name__})")
    if isinstance(error, kafka.UnknownTopicOrPartitionError):
        return TopicMissing(f"{what}: there is no such topic")
    if isinstance(error, _UNREACHABLE):
        return BrokerUnreachable(f"{what}: no broker answers ({error})")
    if isinstance(error, kafka.KafkaError):
        return BusError(f"{what}: {error}")
    return None


@contextlib.contextmanager
def errors(what: str) -> Iterator[None]:
    """Raise aiokafka's errors as ours: BrokerRefused, TopicMissing, BrokerUnreachable, BusError."""
    try:
        yield
    except kafka.KafkaError as error:
        raise translated(error, what) or error from error
