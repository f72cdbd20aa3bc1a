"""Verifying an export: no network, no store, no service (``schemas/README.md``, section 11).

What an export proves rests on its issuers' signatures and on a root that the reader trusts. Its
maker is not believed in anything that can be checked.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import BinaryIO, NamedTuple

from entente.errors import EntenteError, ProofError, TrustError
from entente.proof.cosignature import proven
from entente.proof.read import read
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.tlog import to_tlog_proof
from entente.proof.verdict import Accepted, Code, Duplicate, Refused, Verdict
from entente.trust import metadata
from entente.trust.archive import SUMS, Damaged, WrongSums, dos_time
from entente.trust.chain import Chain
from entente.trust.findings import SHOWN, Fault, Found, Report
from entente.trust.layout import (
    ChainFile,
    CosignedFile,
    ManifestFile,
    Part,
    RecordFiles,
    SchemaFile,
    parts,
)
from entente.trust.manifest import PLAIN, Manifest, decode_manifest, merged
from entente.trust.register import Register
from entente.wire.envelope import Envelope, decode_envelope
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
    report = Report()
    try:
        _read(file, root, report, (now, at), progress)
    except _Whole as whole:
        report.refused = whole.fault
    return report


_BEFORE_SCHEMA = (Code.WITHDRAWAL_WITH_BODY, Code.REASON_MISSING, Code.HANDLING_WRONG)
"""What step 8 refuses before it looks for the schema."""


class _Whole(Exception):
    """The export as a whole does not hold."""

    def __init__(self, where: str, code: str, why: EntenteError | str) -> None:
        super().__init__(code)
        advice = {} if isinstance(why, str) else {"advice": why.advice}
        self.fault = Fault(where, code, str(why), **advice)


def _read(
    file: BinaryIO,
    root: bytes,
    report: Report,
    times: tuple[int, int | None],
    progress: Callable[[int, int], object],
) -> None:
    """One pass over an export; ``times`` are those of ``verify``. Raises _Whole, FileError."""
    now, at = times
    try:
        first, rest = parts(file)
        claimed = _manifest(first, now)
        report.manifest = claimed
        report.at = claimed.made_at if at is None else at
        register = _register(rest, root, claimed, report)
        reading = _Reading(report, register, claimed)
        for part in rest:
            match part:
                case SchemaFile():
                    reading.schema(part)
                case RecordFiles():
                    reading.record(part)
                    progress(report.records, claimed.records)
                case CosignedFile():
                    reading.cosigned(part)
    except Damaged as error:
        raise _Whole("the file", "zip", error) from error
    except WrongSums as error:
        raise _Whole(SUMS, "sums", error) from error
    reading.close()


def _manifest(part: ManifestFile, now: int) -> Manifest:
    try:
        found = decode_manifest(part.data)
    except ProofError as error:
        raise _Whole("manifest.json", "manifest", error) from error
    if dos_time(found.made_at) != part.time:
        raise _Whole("manifest.json", "manifest", "`made_at` is not the time of the files")
    if found.made_at > now + MAX_AHEAD:
        raise _Whole("manifest.json", "manifest", "`made_at` is in the future: compare clocks")
    return found


def _register(rest: Iterator[Part], root: bytes, claimed: Manifest, report: Report) -> Register:
    """The register, from its chain, which comes first of what follows the manifest."""
    files = list(_chain(rest))
    try:
        for part in files:
            document = metadata.parse(part.data)
            if part.key != f"{document.kind}/{document.version}":
                raise TrustError(f"{part.key}.json holds {document.kind} {document.version}")
        chain = {part.key: part.data for part in files}
        register = Chain(root).follow(chain, report.at).load(report.at)
    except TrustError as error:
        raise _Whole(f"{files[-1].key}.json", "register", error) from error
    newest = len(files) - 1
    if (claimed.network, claimed.root, claimed.register) != (
        register.network, newest, register.version
    ):  # fmt: skip
        raise _Whole(
            "manifest.json", "register", "network, root or register are not those found here"
        )
    report.root, report.register = newest, register.version
    return register


def _chain(rest: Iterator[Part]) -> Iterator[ChainFile]:
    """The files of the chain, up to the register."""
    for part in rest:
        if isinstance(part, ChainFile):
            yield part
            if part.is_register:
                break


class _Good(NamedTuple):
    """A record without a fault."""

    part: RecordFiles
    envelope: Envelope
    lane: Found


class _Reading:
    """The schemas and records of an export, judged by the register in it."""

    def __init__(self, report: Report, register: Register, claimed: Manifest) -> None:
        self._report, self._register, self._claimed = report, register, claimed
        self._schemas: set[bytes] = set()
        self._unused: set[bytes] = set()
        self._lanes: dict[Origin, Found] = {}
        self._last: _Good | None = None
        self._rows = MemoryRows()

    def schema(self, part: SchemaFile) -> None:
        """Take a schema in. Raises _Whole."""
        digest = sha256(part.data).digest()
        if digest in self._schemas:
            raise _Whole(part.name, "schemas", "a schema is here twice")
        self._schemas.add(digest)
        if digest not in _BASE:
            self._unused.add(digest)

    def record(self, part: RecordFiles) -> None:
        """Judge a record. Raises _Whole."""
        if not self._schemas >= _BASE:
            raise _Whole("schemas/", "schemas", "the schemas of Envelope and Statement are missing")
        report = self._report
        report.records += 1
        origin = part.origin._replace(network=self._register.network)
        key = record_key(origin.administration, origin.lane)
        record = Record(origin.topic, 0, report.records, 0, key, part.envelope)
        verdict = read(record, self._rows, self._register, origin.network, report.at)
        lane = self._lane(origin, part.number)
        if isinstance(verdict, Accepted):
            report.marks = report.marks.joined(verdict.statement.handling)
            lane.end = max(lane.end, int(verdict.envelope.checkpoint.split("\n", 2)[1]))
        found = self._judged(part, verdict)
        if isinstance(found, Fault):
            self._wrong(part, lane, found)
        else:
            self._last = _Good(part, found, lane)

    def cosigned(self, file: CosignedFile) -> None:
        """Take in what witnesses say of the last record, if that is without a fault.

        Raises _Whole: the form of this export knows no witnesses.
        """
        if self._claimed.format == PLAIN:
            raise _Whole("the file", "zip", f"witnesses have no word in {PLAIN}")
        if self._last is None:
            return
        part, envelope, lane = self._last
        try:
            found = proven(file.data.decode(), envelope, self._register)
        except (ProofError, UnicodeDecodeError) as error:
            self._wrong(part, lane, Fault(part.where, "cosigned-file", str(error)))
            return
        first = min(found, key=lambda one: (one.time, one.witness))
        lane.word(part.number + 1, first.time, first.witness)

    def close(self) -> None:
        """All is read: compare it with what is claimed. Raises _Whole."""
        for lane in self._lanes.values():
            if lane.next < lane.end:
                lane.gaps.append((lane.next, lane.end))
        self._report.lanes = list(self._lanes.values())
        self._name_absent()
        if not self._report.fault_count:
            self._compare()

    def _wrong(self, part: RecordFiles, lane: Found, fault: Fault) -> None:
        """Count a fault of a record, of which nothing more is looked at."""
        lane.faults += 1
        lane.run = part.number + 1
        self._report.fault_count += 1
        if len(self._report.faults) < SHOWN:
            self._report.faults.append(fault)
        self._last = None

    def _judged(self, part: RecordFiles, verdict: Verdict) -> Envelope | Fault:
        """The record's envelope, if it is without a fault."""
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
        return envelope

    def _has_schema(self, digest: bytes) -> bool:
        self._unused.discard(digest)
        return digest in self._schemas

    def _lane(self, origin: Origin, index: int) -> Found:
        found = self._lanes.get(origin)
        if found is None:
            found = self._lanes[origin] = Found(origin, index, index + 1, index, run=index)
        if found.next < index:
            found.gaps.append((found.next, index))
            found.run = index
        found.next = index + 1
        found.end = max(found.end, index + 1)
        found.records += 1
        return found

    def _name_absent(self) -> None:
        report = self._report
        for id, topic in dict.fromkeys(origin[1:3] for origin in self._lanes):
            party = self._register.party(id)
            for lane in range(party.lanes.get(topic, 0) if party else 0):
                origin = Origin(self._register.network, id, topic, lane)
                if origin not in self._lanes:
                    report.absent.append(origin)
            if party and any(key.ended for key in party.keys) and id not in report.ended:
                report.ended.append(id)

    def _compare(self) -> None:
        """The manifest's claims against what was found."""
        claimed, report = self._claimed, self._report
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
