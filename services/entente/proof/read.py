"""Reading a record of a signed topic: the eight steps of ``schemas/README.md``, section 5.

Bytes are verified before they are parsed; the first step that fails is the verdict. The result is
a value, and nothing is raised for what a stranger sent.
"""

from collections.abc import Iterable, Iterator

from entente.errors import ProofError, WireError
from entente.proof import content, steps
from entente.proof import lane as lanes
from entente.proof.checked import CheckedCheckpoints
from entente.proof.checkpoint import parse
from entente.proof.keyring import Register
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.proof.verdict import Accepted, Code, Duplicate, Quarantined, Verdict, Waiting
from entente.wire.envelope import decode_envelope
from entente.wire.names import GRANTS, Origin, parse_record_key

PENDING = "pending"
"""Table: leaves whose step 8 waits for a schema, by the key of their root."""
WITHDRAWN = "withdrawn"
"""Table: record keys of withdrawn grants, which a tombstone may clear."""

_checked = CheckedCheckpoints()


def read(record: Record, rows: Rows, register: Register, network: str, now: int) -> Verdict:
    """Judge one record, and keep in ``rows`` what judging the next ones needs.

    Call it within the transaction that keeps the result: a verdict and its rows stand or fall
    together. ``now`` is in microseconds since the epoch. After ``Waiting``, read the same record
    again when its cause has changed; after a change of the register, see ``rejudge``.
    """
    origin: Origin | None = None
    index: int | None = None
    try:
        # 1. The value: its size, its marker, a known fingerprint.
        if record.value is None and record.topic == GRANTS:
            return _tombstone(record, rows)
        data, schema = steps.value(record)
        # 2. The envelope decodes within its bounds.
        envelope = steps.envelope(data, schema)
        index = envelope.index
        # 3. The checkpoint parses, and is for this network, topic and key; the index is inside.
        signed = steps.checkpoint(envelope.checkpoint, _checked)
        checkpoint = signed.checkpoint
        origin = checkpoint.origin
        steps.place(record, origin, network)
        steps.inside(index, checkpoint.size)
        # 4. The register knows issuer, topic, lane and key; signatures hold; keys go forward.
        party = steps.enrolled(register, origin)
        proven = steps.signatures(signed, party, register, envelope.checkpoint, _checked)
        lane = lanes.load(rows, origin)
        if not steps.forwards(rows, lane, envelope, proven):
            return Duplicate(origin=origin, index=index)
        # 5. The proof leads from the leaf to the root.
        steps.included(envelope, proven)
        # 6. The statement decodes, is its origin's, and was issued in its key's time.
        statement = steps.statement(envelope, proven, now)
        # 7. The lane goes on. Grants are compacted: their lanes have holes.
        if origin.topic != GRANTS:
            claim = steps.claimed(envelope, proven)
            lane, new = steps.goes_on(rows, lane, claim, proven)
            if not new and not _still_pending(rows, origin, index):
                return Duplicate(origin=origin, index=index)
        # 8. The body decodes with the schema it names and passes the domain's checks.
        body = content.body(statement, record.key or b"")
    except steps.Refusal as refusal:
        if refusal.code.step == 8 and refusal.code.temporary and origin and index is not None:
            rows.put(PENDING, lanes.head_key(origin, index + 1), b"")
        kind = Waiting if refusal.code.temporary else Quarantined
        return kind(
            code=refusal.code,
            message=str(refusal),
            origin=origin,
            index=index,
            retract=refusal.retract,
        )
    if origin.topic == GRANTS and statement.change == "WITHDRAWAL":
        rows.put(WITHDRAWN, record.key or b"", b"")
    return Accepted(
        envelope=envelope, origin=origin, statement=statement, body=body, gaps=lane.gaps()
    )


def rejudge(
    records: Iterable[Record], rows: Rows, register: Register, network: str, now: int
) -> Iterator[tuple[Record, Verdict]]:
    """Judge lanes again from all their records, accepted or not, after the register has changed.

    Call it with every record kept of each lane concerned: those whose keys were ended, renewed or
    added, and those suspended; of grants, with every one under each key concerned. What is known of
    these lanes is forgotten first. The newest
    checkpoint comes first: so the one that the register still believes decides which of two
    histories holds, since each older record must then lead to it.
    """
    by_place = sorted(((_place(record), record) for record in records), key=lambda one: one[0])
    for topic, key in {(record.topic, record.key) for _, record in by_place}:
        if topic == GRANTS:
            rows.delete(WITHDRAWN, key or b"")
            continue
        try:
            lanes.forget(rows, Origin(network, *_lane_of(topic, key)))
        except WireError:
            continue  # its records fail at step 3, and belong to no lane
    for _, record in by_place:
        yield record, read(record, rows, register, network, now)


def _still_pending(rows: Rows, origin: Origin, index: int) -> bool:
    """Whether a leaf read before waits at step 8. It does so no longer: it is judged now."""
    key = lanes.head_key(origin, index + 1)
    if rows.get(PENDING, key) is None:
        return False
    rows.delete(PENDING, key)
    return True


def _tombstone(record: Record, rows: Rows) -> Verdict:
    if rows.get(WITHDRAWN, record.key or b"") is not None:
        return Duplicate()
    return Quarantined(code=Code.TOMBSTONE, message="a tombstone for a grant not withdrawn")


def _lane_of(topic: str, key: bytes | None) -> tuple[str, str, int]:
    administration, lane = parse_record_key(key or b"")
    return administration, topic, lane


def _place(record: Record) -> tuple[int, int, int]:
    """Where a record comes when lanes are judged again: by falling size and index."""
    try:
        envelope = decode_envelope(record.value or b"")
        return -parse(envelope.checkpoint).checkpoint.size, -envelope.index, record.offset
    except (WireError, ProofError):
        return 1, 0, record.offset
