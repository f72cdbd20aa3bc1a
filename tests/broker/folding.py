"""Folds that the broker tests share, and a process of its own that runs one.

Neither fold is idempotent: a record folded twice, or not at all, shows in the rows.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from entente.bus.connection import Connection
from entente.bus.producer import Outgoing
from entente.bus.projection import Projection
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.store.database import Database


def count(rows: Rows, record: Record) -> Iterable[Outgoing]:
    """How often each value came, and how many records in all."""
    assert record.value is not None
    for table, key in (("values", record.value), ("all", b"")):
        rows.put(table, key, b"%d" % (int(rows.get(table, key) or b"0") + 1))
    return ()


def pass_on(topic: str) -> Callable[[Rows, Record], Iterable[Outgoing]]:
    """``count``, and each record goes to ``topic`` with its place as its id."""

    def fold(rows: Rows, record: Record) -> Iterable[Outgoing]:
        yield from count(rows, record)
        place = b"%d/%d" % (record.partition, record.offset)
        yield Outgoing(topic, place, record.value)

    return fold


async def eventually(condition: Callable[[], object]) -> None:
    """Return when the condition holds; fail when it does not within 60 seconds."""
    for _ in range(6000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("this should have come to pass by now")


async def main(store: str, group: str, topic: str, output: str, *connection: str) -> None:
    """Run a projection until killed."""
    bootstrap, *files = connection
    with Database(Path(store)) as database:
        async with Projection(
            "p",
            [topic],
            pass_on(output) if output else count,
            database,
            Connection(bootstrap, *map(Path, files)),
            group=group,
            progress=lambda done, behind: print(done, behind, flush=True),
        ) as projection:
            await projection.until_caught_up()
            print("caught up", flush=True)
            await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
