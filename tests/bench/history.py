"""What one alert costs a publisher and an office whose history is tenfold, and how memory grows."""

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

from bench.alerts import leaves, said_by
from bench.measure import Row
from bench.reading import KEY, NETWORK, NOW, ORIGIN, RING
from bench.town import ISSUERS, NAME, members
from entente.alert.record import AnyAlert
from entente.bus.inbox import Inbox
from entente.bus.reception import Reception
from entente.proof.record import Record
from entente.proof.writer import Writer
from entente.publish import say
from entente.publish.say import Voice
from entente.publish.submission import Submission
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.trust import network
from entente.wire.envelope import encode_envelope
from entente.wire.names import record_key

BLOCK = 1_024
SHORT, LONG = 4, 40
"""Blocks: some 4,000 alerts and 40,000."""
FLAT = 0.8
"""What still counts as the same speed."""


def history() -> list[Row]:
    """An outbox and an inbox on disk, as they grow; processor time of the same work then."""
    found = []
    with tempfile.TemporaryDirectory(prefix="entente-bench-") as folder:
        for name, grow in (("publish", _outbox), ("receive into an inbox", _inbox)):
            with Database(Path(folder) / f"{name}.db") as database:
                spent, size = _grown(grow(database))
            short, long = (sum(spent[end // 2 : end]) / (end // 2) for end in (SHORT, LONG))
            label = f"{SHORT * BLOCK:,} alerts before, then {LONG * BLOCK:,}"
            figure = f"{short / BLOCK * 1e6:.0f}, then {long / BLOCK * 1e6:.0f} \u00b5s each"
            ratio = short / long
            found.append(
                Row(
                    f"{name}, by history",
                    label,
                    figure,
                    ratio,
                    ratio,
                    ratio,
                    f"{FLAT}",
                    ratio >= FLAT,
                )
            )
            more = (size[LONG - 1] - size[LONG // 2 - 1]) / 2**20
            found.append(
                Row(f"{name}, by history", f"memory, over the last {LONG // 2 * BLOCK:,}",
                    f"{more:+.0f} MiB of {size[LONG - 1] / 2**20:.0f}")
            )  # fmt: skip
    return found


def _grown(blocks: Iterator[Callable[[], object]]) -> tuple[list[float], list[int]]:
    spent, size = [], []
    for job in blocks:
        gc.collect()
        start = time.process_time()
        job()
        spent.append(time.process_time() - start)
        size.append(_resident())
    return spent, size


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _outbox(database: Database) -> Iterator[Callable[[], object]]:
    register = network.create(
        database.path.parent / "network", NAME, members(), now=NOW, secret=None
    )
    voice = Voice(register=register, administration=ISSUERS[0])
    outbox = Outbox(database, KEY)

    def say_all(submissions: list[Submission]) -> None:
        with database.transaction() as tx:
            for one in submissions:
                for stored in say.statements(one, voice, NOW).statements:
                    assert tx.submit(stored)
        for origin in outbox.waiting():
            while outbox.seal(origin):
                outbox.acknowledge(origin, outbox.unsent(origin)[-1].index + 1)

    for edition in range(LONG):
        said = said_by(ISSUERS[0], BLOCK, edition)
        yield lambda said=said: say_all(said)


def _inbox(database: Database) -> Iterator[Callable[[], object]]:
    reception = Reception("RILO-AP", NETWORK, lambda: RING, lambda: NOW)
    inbox = Inbox(reception, lambda: NOW, get_args(AnyAlert))
    writer = Writer(ORIGIN)
    place = record_key(ORIGIN.administration, ORIGIN.lane)

    def take(some: list[Record]) -> None:
        for start in range(0, len(some), 500):
            with database.transaction() as tx:
                rows = tx.rows("inbox", 0)
                for one in some[start : start + 500]:
                    assert not inbox.fold(rows, one)

    for edition in range(LONG):
        offset = writer.size
        said = leaves(ORIGIN, said_by("JP", BLOCK, edition), NOW)
        writer, envelopes = writer.append(said, KEY)
        some = [
            Record(ORIGIN.topic, 0, offset + n, 0, place, encode_envelope(one))
            for n, one in enumerate(envelopes)
        ]
        yield lambda some=some: take(some)
