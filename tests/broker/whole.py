"""A whole network on a broker of its own: members, topics and rights, and its real commands."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from entente import clock, config
from entente.alert.proposal import Proposal
from entente.bus.box import Box
from entente.bus.connection import Connection
from entente.bus.membership import announce
from entente.bus.offsets import ends
from entente.bus.provision import provision
from entente.config import Settings
from entente.proof.read import read
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted, Duplicate, Verdict
from entente.trust import network
from entente.trust.administration import Administration, Role, usual_duties, usual_reads
from entente.trust.register import Register
from entente.wire.names import REGIONS

NAME = "test.entente.example"
ALERTS = tuple(f"alerts.{region}" for region in REGIONS)
PROPOSALS = tuple(f"proposals.{region}" for region in REGIONS)


def member(id: str, role: Role, *regions: str) -> Administration:
    """A member with what its role usually writes and reads in these regions; the first is home."""
    return Administration(
        id=id, role=role, name=id, country=id[:2] if role == "administration" else None,
        home=regions[0] if regions else None, regions=regions[1:],
        duties=usual_duties(role, regions), reads=usual_reads(role, regions),
    )  # fmt: skip


async def eventually(
    holds: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = 60
) -> None:
    """Return once it holds."""
    limit = time.monotonic() + seconds
    while not (found if isinstance(found := holds(), bool) else await found):
        assert time.monotonic() < limit, "it never came to be"
        await asyncio.sleep(0.05)


Service = Callable[..., Coroutine[Any, Any, None]]
"""``run`` of office, correlator or coordinator."""


class Whole(NamedTuple):
    """The network with its home, and its running broker."""

    settings: Settings
    register: Register
    box: Box

    @property
    def root(self) -> Connection:
        """The broker's own connection, which may do everything."""
        return self.box.connection()

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``entente`` with these arguments, as a process of its own; it prints to a file."""
        file = self.settings.home / "entente.toml"
        with (self.settings.home / f"{arguments[0]}.out").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "entente", "--config", str(file), *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def printed(self, command: str) -> str:
        """The end of what a command has printed, for a failing test."""
        return (self.settings.home / f"{command}.out").read_text("utf-8", "replace")[-3_000:]

    async def records(self, *topics: str) -> list[Record]:
        """All that is on these topics, in the order of each partition."""
        goal = ends(self.root, topics)
        if not goal:
            return []
        client = AIOKafkaConsumer(**self.root.aiokafka(), enable_auto_commit=False)
        found = []
        await client.start()
        try:
            partitions = [TopicPartition(*at) for at in goal]
            client.assign(partitions)
            await client.seek_to_beginning(*partitions)
            while [p for p in partitions if await client.position(p) < goal[p.topic, p.partition]]:
                for batch in (await client.getmany(timeout_ms=200)).values():
                    found += [
                        Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value,
                               tuple(r.headers)) for r in batch
                    ]  # fmt: skip
        finally:
            await client.stop()
        return found

    async def judged(self, *topics: str) -> list[tuple[Record, Verdict]]:
        """The same with a reader's verdicts."""
        rows, now = MemoryRows(), clock.now()
        return [
            (record, read(record, rows, self.register, NAME, now))
            for record in await self.records(*topics)
        ]

    async def said(self, *topics: str) -> dict[tuple[str, UUID, int], Accepted]:
        """What these topics say: one leaf for each version of a subject, and nothing to complain.

        Bytes that were sent twice must be the same bytes.
        """
        found: dict[tuple[str, UUID, int], Accepted] = {}
        sent: dict[tuple[str, bytes | None, int], bytes | None] = {}
        for record, verdict in await self.judged(*topics):
            assert isinstance(verdict, Accepted | Duplicate), (record, verdict)
            assert verdict.index is not None
            at = (record.topic, record.key, verdict.index)
            if isinstance(verdict, Duplicate):
                assert sent[at] == record.value, f"two records for one index: {at}"
                continue
            sent[at] = record.value
            name = (record.topic, verdict.statement.subject, verdict.statement.version)
            assert name not in found, f"{name} has two leaves: {at} and {found[name].index}"
            found[name] = verdict
        return found

    async def proposed(self) -> dict[tuple[str, UUID, int], Accepted]:
        """All that is said on the topics of proposals, but for epochs."""
        said = await self.said(*PROPOSALS)
        return {at: one for at, one in said.items() if isinstance(one.body, Proposal)}

    @contextlib.asynccontextmanager
    async def at_work(
        self, service: Service, member: str, **options: Any
    ) -> AsyncIterator[asyncio.Task[None]]:
        """Run a service in this process during the block; raise what ended it."""
        working = asyncio.create_task(service(self.settings, member, **options))
        try:
            yield working
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working

    async def caught_up(self, service: Service, member: str) -> None:
        """Run a service in this process until it has done all there was to do at the start."""
        done = asyncio.Event()
        async with self.at_work(service, member, caught_up=done) as working:
            await eventually(lambda: done.is_set() or working.done())


@contextlib.contextmanager
def whole(home: Path, members: Iterable[Administration]) -> Iterator[Whole]:
    """Make a network in ``home`` and start its broker, which ends with the block."""
    home.mkdir(parents=True, exist_ok=True)
    register = network.create(
        home, NAME, members, now=clock.now(), secret=None, officers=1, threshold=1
    )
    box = Box(home / network.BROKER)
    try:
        bootstrap = box.up().bootstrap
        file = home / "entente.toml"
        file.write_text(f'network = "{NAME}"\n[kafka]\nbootstrap = "{bootstrap}"\n', "utf-8")
        provision(box.connection(), register)
        asyncio.run(announce(box.connection(), network.entries(home)))
        yield Whole(config.load(file, {}), register, box)
    finally:
        box.down(timeout=1)
