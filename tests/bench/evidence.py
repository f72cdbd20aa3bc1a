"""What evidence costs: export and verify of many alerts, against reading the same bytes alone."""

import gc
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.measure import Row, per_second
from entente.office.evidence import export
from entente.office.selection import Asked
from entente.trust.archive import ArchiveReader
from entente.trust.evidence import verify
from entente.trust.register import Register
from entente.wire.body import decode_body
from entente.wire.envelope import decode_envelope
from entente.wire.statement import decode_statement
from exporting import NETWORK, NOW, OFFICE, Lanes, Trust, network, receive, seizure

BATCH = 256


def evidence(count: int = 100_000) -> list[Row]:
    """Once each: a run takes minutes, and drifts less than that."""
    folder = Path(tempfile.mkdtemp(prefix="entente-bench-"))
    try:
        trust = Trust()
        register = network(trust, "JP")
        lanes = Lanes()
        for start in range(0, count, BATCH):
            some = range(start, min(start + BATCH, count))
            lanes.say("JP", *(lanes.statement("JP", seizure(f"{NETWORK}-{n}")) for n in some))
            receive(folder, register, lanes.records[start:])
        lanes.records.clear()
        out = folder / "evidence.zip"
        times = {
            "export": _timed(lambda: _export(folder, register, trust, out)),
            "read and decode alone": _timed(lambda: _plain(out)),
            "verify": _timed(lambda: _verified(out, trust.root, count)),
        }
    finally:
        shutil.rmtree(folder)
    base = times["read and decode alone"]
    return [
        Row(f"evidence of {count:,} alerts", label, per_second(count / spent), base / spent)
        for label, spent in sorted(times.items(), key=lambda one: one[0] != "read and decode alone")
    ]


def _timed(job: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    job()
    return time.process_time() - start


def _export(folder: Path, register: Register, trust: Trust, out: Path) -> None:
    office = register.administration(OFFICE)
    with out.open("wb") as file:
        export(folder, office, register, trust.entries, Asked(), file=file, made_at=NOW)


def _plain(out: Path) -> None:
    with out.open("rb") as file:
        for name, content in ArchiveReader(file, lambda name: 1 << 30):
            if name.endswith(".envelope"):
                decode_body(decode_statement(decode_envelope(content).statement))


def _verified(out: Path, root: bytes, count: int) -> None:
    with out.open("rb") as file:
        report = verify(file, root, now=NOW)
    assert report.holds
    assert report.records == count
