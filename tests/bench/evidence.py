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
from entente.proof import cosignature
from entente.proof.record import Record
from entente.trust import lifecycle
from entente.trust.administration import Witness
from entente.trust.archive import ArchiveReader
from entente.trust.evidence import verify
from entente.trust.register import Register
from entente.wire.body import decode_body
from entente.wire.envelope import decode_envelope
from entente.wire.statement import decode_statement
from exporting import (
    NETWORK,
    NOW,
    OFFICE,
    SECOND,
    Lanes,
    Trust,
    hear,
    key,
    network,
    receipt,
    receive,
    seizure,
)

BATCH, NOTED = 256, 64
"""Records under one checkpoint, and checkpoints under one word of a witness."""
BY = "witness.example"


def evidence(count: int = 100_000) -> list[Row]:
    """Once each: a run takes minutes, and drifts less than that."""
    folder = Path(tempfile.mkdtemp(prefix="entente-bench-"))
    try:
        trust = Trust()
        register = lifecycle.add_witness(network(trust, "JP"), Witness(name=BY, public=_key()))
        register = trust.sign(register)
        lanes, notes = Lanes(), []
        for start in range(0, count, BATCH):
            some = range(start, min(start + BATCH, count))
            lanes.say("JP", *(lanes.statement("JP", seizure(f"{NETWORK}-{n}")) for n in some))
            receive(folder, register, lanes.records[start:])
            if start // BATCH % NOTED == NOTED - 1:
                notes.append(_noted(lanes.records[-1]))
        notes.append(_noted(lanes.records[-1]))
        lanes.records.clear()
        out = folder / "evidence.zip"
        times = {
            "export": _timed(lambda: _export(folder, register, trust, out)),
            "read and decode alone": _timed(lambda: _plain(out)),
            "verify": _timed(lambda: _verified(out, trust.root, count)),
        }
        for some in range(0, len(notes), 100):
            hear(folder, register, receipt(register, *notes[some : some + 100]))
        times |= {
            "export with a witness's words": _timed(lambda: _export(folder, register, trust, out)),
            "verify with them": _timed(lambda: _verified(out, trust.root, count, words=True)),
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


def _verified(out: Path, root: bytes, count: int, *, words: bool = False) -> None:
    with out.open("rb") as file:
        report = verify(file, root, now=NOW)
    assert report.holds
    assert report.records == count
    assert report.lanes[0].unwitnessed == (0 if words else count)


def _key() -> bytes:
    return key("witness").public.raw


def _noted(record: Record) -> str:
    """What a witness says of a record's checkpoint."""
    checkpoint = decode_envelope(record.value or b"").checkpoint
    return cosignature.cosign(checkpoint, BY, key("witness"), NOW - SECOND)
