"""Verifying an export: no network, no store, no service (``schemas/README.md``, section 11).

What an export proves rests on its issuers' signatures and on a root that the reader trusts. Its
maker is not believed in anything that can be checked.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import BinaryIO

from entente.errors import EntenteError, ProofError, TrustError
from entente.proof import cosignature
from entente.proof.cosignature import Cosigneds, proven
from entente.proof.read import read
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.tlog import to_tlog_proof
from entente.proof.verdict import Accepted, Code, Duplicate, Refused, Verdict
from entente.trust import metadata
from entente.trust.archive import SUMS, Damaged, WrongSums, dos_time
from entente.trust.chain import Chain
from entente.trust.findings import SHOWN, Fault, Found, Report, Witnessed
from entente.trust.layout import (
    ChainFile,
    CosignedFile,
    ManifestFile,
    RecordFiles,
    SchemaFile,
    parts,
)
from entente.trust.manifest import Manifest, decode_manifest, merged
from entente.trust.register import Register
from entente.wire.envelope import decode_envelope
from entente.wire.names import Origin, record_key
from entente.wire.schemas import latest
from entente.wire.statement import decode_statement

MAX_AHEAD = 5 * 60 * 1_000_000
"""How far the clock of an export's maker may be ahead of ours, in microseconds."""
_BASE = frozenset(latest(name).sha256 for name in ("envelope", "statement"))


def verify(
    file: BinaryIO,
    root: bytes,
    *,
    now: int,
    at: int | None = None,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Report:
    """Check the export in ``file`` from the trusted ``root``, and say what it proves.

    ``now`` is the reader's clock; ``at`` a time of judging other than the one that the export
    gives; both in microseconds. ``progress`` is told the records read, and all. Raises FileError;
    what is wrong with the export itself is in the report.
    """
    reading = _Reading(root, now, at)
    try:
        reading.run(file, progress)
    except _Whole as whole:
        reading.report.refused = whole.fault
    return reading.report


_BEFORE_SCHEMA = (Code.WITHDRAWAL_WITH_BODY, Code.REASON_MISSING, Code.HANDLING_WRONG)
"""What step 8 refuses before it looks for the schema."""


class _Whole(Exception):
    """The export as a whole does not hold."""

    def __init__(self, where: str, code: str, why: EntenteError | str) -> None:
        super().__init__(code)
        advice = {} if isinstance(why, str) else {"advice": why.advice}
        self.fault = Fault(where, code, str(why), **advice)


class _Reading:
    """One pass over an export."""

    def __init__(self, root: bytes, now: int, at: int | None) -> None:
        self.report = Report()
        self._root, self._now, self._at = root, now, at
        self._chain: dict[str, bytes] = {}
        self._register: Register | None = None
        self._schemas: set[bytes] = set()
        self._unused: set[bytes] = set()
        self._lanes: dict[Origin, Found] = {}
        self._last: tuple[RecordFiles, Found] | None = None
        self._noted: tuple[str, Cosigneds] | None = None
        self._rows = MemoryRows()

    def run(self, file: BinaryIO, progress: Callable[[int, int], object]) -> None:
        """Read it all. Raises _Whole, FileError."""
        try:
            for part in parts(file):
                match part:
                    case ManifestFile():
                        self._manifest(part)
                    case ChainFile():
                        self._chained(part)
                    case SchemaFile():
                        self._schema(part)
                    case RecordFiles():
                        self._record(part)
                        progress(self.report.records, self._claimed.records)
                    case CosignedFile():
                        self._cosigned(part)
        except Damaged as error:
            raise _Whole("the file", "zip", error) from error
        except WrongSums as error:
            raise _Whole(SUMS, "sums", error) from error
        for lane in self._lanes.values():
            if lane.next < lane.end:
                lane.gaps.append((lane.next, lane.end))
        self.report.lanes = list(self._lanes.values())
        self._name_absent()
        if not self.report.fault_count:
            self._compare()

    @property
    def _claimed(self) -> Manifest:
        assert self.report.manifest is not None  # noqa: S101  the layout puts it first
        return self.report.manifest

    def _manifest(self, part: ManifestFile) -> None:
        try:
            found = decode_manifest(part.data)
        except ProofError as error:
            raise _Whole("manifest.json", "manifest", error) from error
        if dos_time(found.made_at) != part.time:
            raise _Whole("manifest.json", "manifest", "`made_at` is not the time of the files")
        if found.made_at > self._now + MAX_AHEAD:
            raise _Whole("manifest.json", "manifest", "`made_at` is in the future: compare clocks")
        self.report.manifest = found
        self.report.at = found.made_at if self._at is None else self._at

    def _chained(self, part: ChainFile) -> None:
        self._chain[part.key] = part.data
        if not part.is_register:
            return
        try:
            for key, data in self._chain.items():
                document = metadata.parse(data)
                if key != f"{document.kind}/{document.version}":
                    raise TrustError(f"{key}.json holds {document.kind} {document.version}")
            chain = Chain(self._root).follow(self._chain, self.report.at)
            register = chain.load(self.report.at)
        except TrustError as error:
            raise _Whole(f"{part.key}.json", "register", error) from error
        claimed = self._claimed
        newest = len(self._chain) - 1
        if (claimed.network, claimed.root, claimed.register) != (
            register.network, newest, register.version
        ):  # fmt: skip
            raise _Whole(
                "manifest.json", "register", "network, root or register are not those found here"
            )
        self._register = register
        self.report.root, self.report.register = newest, register.version

    def _schema(self, part: SchemaFile) -> None:
        digest = sha256(part.data).digest()
        if digest in self._schemas:
            raise _Whole(part.name, "schemas", "a schema is here twice")
        self._schemas.add(digest)
        if digest not in _BASE:
            self._unused.add(digest)

    def _record(self, part: RecordFiles) -> None:
        assert self._register is not None  # noqa: S101  the layout puts it before
        if not self._schemas >= _BASE:
            raise _Whole("schemas/", "schemas", "the schemas of Envelope and Statement are missing")
        report = self.report
        report.records += 1
        origin = part.origin._replace(network=self._register.network)
        key = record_key(origin.administration, origin.lane)
        record = Record(origin.topic, 0, report.records, 0, key, part.envelope)
        verdict = read(record, self._rows, self._register, origin.network, report.at)
        lane = self._lane(origin, part.number)
        if isinstance(verdict, Accepted):
            report.marks = report.marks.joined(verdict.statement.handling)
            lane.end = max(lane.end, int(verdict.envelope.checkpoint.split("\n", 2)[1]))
        fault = self._fault(part, verdict)
        self._last = part, lane
        if fault is not None:
            self._wrong(fault)

    def _wrong(self, fault: Fault) -> None:
        """Count a fault of the last record, of which nothing more is looked at."""
        assert self._last is not None  # noqa: S101  the layout puts a record before
        self._last[1].faults += 1
        self.report.fault_count += 1
        if len(self.report.faults) < SHOWN:
            self.report.faults.append(fault)
        self._last = None

    def _cosigned(self, file: CosignedFile) -> None:
        if self._last is None:
            return
        part, lane = self._last
        try:
            found = proven(file.data.decode(), decode_envelope(part.envelope), self._note)
        except (ProofError, UnicodeDecodeError) as error:
            self._wrong(Fault(part.where, "cosigned-file", str(error)))
            return
        first, at = min(found, key=lambda one: (one.time, one.witness)), part.number
        last = lane.witnessed[-1] if lane.witnessed else None
        if last and (last.end, last.at, last.witness) == (at, first.time, first.witness):
            last.end = at + 1
        else:
            lane.witnessed.append(Witnessed(at, at + 1, first.time, first.witness))

    def _note(self, text: str) -> Cosigneds:
        """What witnesses say in a note; neighbours have the same one. Raises ProofError."""
        assert self._register is not None  # noqa: S101  the layout puts it before
        if self._noted is None or self._noted[0] != text:
            self._noted = text, cosignature.read(text, self._register)
        return self._noted[1]

    def _fault(self, part: RecordFiles, verdict: Verdict) -> Fault | None:
        if isinstance(verdict, Accepted):
            envelope, statement = verdict.envelope, verdict.statement
        elif isinstance(verdict, Refused) and verdict.step < 8:
            return Fault(part.where, verdict.code, verdict.message, verdict.advice)
        else:
            envelope = decode_envelope(part.envelope)
            statement = decode_statement(envelope.statement)
        if not isinstance(verdict, Duplicate):
            missing = statement.change != "WITHDRAWAL" and not self._has_schema(statement.schema)
            if missing and not (isinstance(verdict, Refused) and verdict.code in _BEFORE_SCHEMA):
                return Fault(part.where, Code.UNKNOWN_SCHEMA, "its schema is not in the export")
        if isinstance(verdict, Refused):
            return Fault(part.where, verdict.code, verdict.message, verdict.advice)
        for wrong, code, message in (
            (envelope.index != part.number, "wrong-place", f"it is number {envelope.index}"),
            (envelope.statement != part.statement, "statement-file", "it is not the envelope's"),
            (to_tlog_proof(envelope).encode() != part.proof, "proof-file", "it is another"),
        ):
            if wrong:
                return Fault(part.where, code, message)
        return None

    def _has_schema(self, digest: bytes) -> bool:
        self._unused.discard(digest)
        return digest in self._schemas

    def _lane(self, origin: Origin, index: int) -> Found:
        found = self._lanes.get(origin)
        if found is None:
            found = self._lanes[origin] = Found(origin, index, index + 1, index)
        if found.next < index:
            found.gaps.append((found.next, index))
        found.next = index + 1
        found.end = max(found.end, index + 1)
        found.records += 1
        return found

    def _name_absent(self) -> None:
        assert self._register is not None  # noqa: S101  the layout puts it before
        for id, topic in dict.fromkeys(origin[1:3] for origin in self._lanes):
            party = self._register.party(id)
            for lane in range(party.lanes.get(topic, 0) if party else 0):
                origin = Origin(self._register.network, id, topic, lane)
                if origin not in self._lanes:
                    self.report.absent.append(origin)
            if party and any(key.ended for key in party.keys) and id not in self.report.ended:
                self.report.ended.append(id)

    def _compare(self) -> None:
        """The manifest's claims against what was found."""
        claimed, report = self._claimed, self.report
        if self._unused:
            raise _Whole("schemas/", "schemas", "a schema is here that no statement uses")
        if claimed.records != report.records:
            raise _Whole("manifest.json", "claims", f"it is said to hold {claimed.records} records")
        found = [(str(lane.origin), lane.start, lane.end, lane.gaps) for lane in report.lanes]
        if [(one.origin, one.start, one.end, merged(one.gaps)) for one in claimed.lanes] != found:
            raise _Whole(
                "manifest.json", "claims", "lanes, ranges or gaps are not those found here"
            )
        if claimed.marks != report.marks:
            raise _Whole("manifest.json", "claims", "the handling marks are not those found here")
