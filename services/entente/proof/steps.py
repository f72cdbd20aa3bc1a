"""The steps of reading, a function each: it gives what the next needs or raises ``Refusal``."""

from entente.alert.problem import shown
from entente.errors import ProofError, WireError
from entente.proof import lane as lanes
from entente.proof.checked import Checked, CheckedCheckpoints, bad_witness, issuer_key
from entente.proof.checkpoint import Signed, parse
from entente.proof.keyring import Party, Register
from entente.proof.lane import Claim, Lane, Signer
from entente.proof.merkle import (
    HASH,
    MAX_PROOF,
    Tree,
    append,
    head,
    leaf_hash,
    left_siblings,
)
from entente.proof.note import MAX_NOTE, verify
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.proof.verdict import Code
from entente.wire.avro import schema_of
from entente.wire.envelope import MAX_RECORD, Envelope, read_envelope
from entente.wire.names import (
    GRANTS,
    Origin,
    is_statement,
    parse_grant_key,
    record_key,
)
from entente.wire.schemas import Schema
from entente.wire.statement import Statement, read_statement

MAX_AHEAD = 5 * 60 * 1_000_000
"""How far an issuer's clock may be ahead of ours, in microseconds."""


class Refusal(Exception):
    """A step failed. It never leaves this room: ``read`` turns it into a verdict."""

    def __init__(self, code: Code, message: str, retract: int | None = None) -> None:
        super().__init__(shown(message, 1_000))  # it may quote what a stranger wrote
        self.code = code
        self.retract = retract


def value(record: Record) -> tuple[bytes, Schema]:
    """Step 1: the value's size, marker and fingerprint. Gives it with the schema it names."""
    data = record.value
    if data is None:
        raise Refusal(Code.NULL_VALUE, "the record has no value")
    if len(data) > MAX_RECORD:
        raise Refusal(Code.TOO_LARGE, f"the value has {len(data)} bytes, above {MAX_RECORD}")
    try:
        schema = schema_of(data)
    except WireError as error:
        raise Refusal(Code.NOT_SINGLE_OBJECT, str(error)) from error
    if schema is None or schema.name != "envelope":
        raise Refusal(Code.UNKNOWN_ENVELOPE, f"no Envelope has the fingerprint {data[2:10].hex()}")
    return data, schema


def envelope(data: bytes, schema: Schema) -> Envelope:
    """Step 2: the envelope within its bounds."""
    try:
        found = read_envelope(schema, data)
    except WireError as error:
        raise Refusal(Code.ENVELOPE_MALFORMED, str(error)) from error
    if len(found.proof) % HASH or len(found.proof) > HASH * MAX_PROOF:
        raise Refusal(Code.PROOF_LENGTH, f"a proof of {len(found.proof)} bytes is not hashes")
    if _longer(found.checkpoint, MAX_NOTE):
        raise Refusal(Code.CHECKPOINT_LENGTH, f"the checkpoint has more than {MAX_NOTE} bytes")
    return found


def _longer(text: str, most: int) -> bool:
    """Whether a text has more bytes."""
    return len(text) > most or (not text.isascii() and len(text.encode()) > most)


def checkpoint(text: str, known: CheckedCheckpoints) -> Signed:
    """Step 3, the checkpoint's form."""
    found = known.get(text)
    if found is not None:
        return found.signed
    try:
        return parse(text)
    except ProofError as error:
        raise Refusal(Code.CHECKPOINT_MALFORMED, str(error)) from error


def place(record: Record, origin: Origin, network: str) -> None:
    """Step 3, the checkpoint's place: our network, the record's topic and key."""
    if origin.network != network:
        raise Refusal(Code.WRONG_NETWORK, f"it is of network {origin.network}, not {network}")
    if origin.topic != record.topic:
        raise Refusal(Code.WRONG_TOPIC, f"it is for {origin.topic}, not {record.topic}")
    key = record.key or b""
    if origin.topic != GRANTS:
        if key != record_key(origin.administration, origin.lane):
            raise Refusal(Code.WRONG_KEY, f"the key {key[:80]!r} is not of {origin}")
        return
    try:
        issuer = parse_grant_key(key)[0]
    except WireError as error:
        raise Refusal(Code.WRONG_KEY, str(error)) from error
    if issuer != origin.administration:
        raise Refusal(Code.WRONG_KEY, f"the key is of {issuer}, the grant of {origin}")


def inside(index: int, size: int) -> None:
    """Step 3, the index."""
    if not 0 <= index < size:
        raise Refusal(Code.INDEX_OUTSIDE, f"index {index} is not below the size {size}")


def enrolled(register: Register, origin: Origin) -> Party:
    """Step 4, the issuer: enrolled, with this topic and lane."""
    party = register.party(origin.administration)
    if party is None:
        raise Refusal(
            Code.UNKNOWN_ADMINISTRATION, f"the register does not know {origin.administration}"
        )
    lanes_here = party.lanes.get(origin.topic)
    if lanes_here is None:
        raise Refusal(Code.NOT_ITS_DUTY, f"{party.id} has no duty on {origin.topic}")
    if origin.lane >= lanes_here:
        raise Refusal(Code.UNKNOWN_LANE, f"{party.id} has {lanes_here} lanes there: no {origin}")
    return party


def signatures(
    signed: Signed, party: Party, register: Register, text: str, known: CheckedCheckpoints
) -> Checked:
    """Step 4, the signatures: the issuer's and those of known witnesses, once per checkpoint."""
    found = known.get(text)
    if found and found.party is party and found.witnesses is register.witnesses:
        return found
    origin = signed.checkpoint.origin
    key = issuer_key(signed, party)
    if key is None:
        raise Refusal(
            Code.UNKNOWN_KEY, f"{party.id} has no key with id {signed.issuer.key_id.hex()}"
        )
    if not verify(signed.note, signed.issuer, key.public):
        raise Refusal(Code.BAD_SIGNATURE, f"the signature named {origin} does not hold")
    witness = bad_witness(signed, register.witnesses)
    if witness is not None:
        raise Refusal(Code.BAD_WITNESS, f"the signature of the witness {witness} does not hold")
    size, root = signed.checkpoint.size, signed.checkpoint.root
    checked = Checked(signed, party, register.witnesses, key, Tree(size, root))
    known.put(text, checked)
    return checked


def claimed(found: Envelope, proven: Checked) -> Claim:
    """What the envelope asserts, of which step 5 has just been passed."""
    left, after = proven.tree.around()
    _, size, root = proven.checkpoint
    return Claim(found.index, left, after, size, root)


def included(found: Envelope, proven: Checked) -> bytes:
    """Step 5: the proof leads to the root. Gives the leaf's hash."""
    leaf = leaf_hash(found.statement)
    if not proven.tree.includes(leaf, found.index, found.proof):
        raise Refusal(Code.NOT_INCLUDED, f"the proof of index {found.index} leads elsewhere")
    return leaf


def statement(found: Envelope, proven: Checked, now: int) -> Statement:
    """Step 6: the statement, by its origin, in its key's time."""
    try:
        schema = schema_of(found.statement)
    except WireError as error:
        raise Refusal(Code.STATEMENT_NOT_SINGLE_OBJECT, str(error)) from error
    if schema is None or schema.name != "statement":
        crc = found.statement[2:10].hex()
        raise Refusal(Code.UNKNOWN_STATEMENT, f"no Statement has the fingerprint {crc}")
    try:
        said = read_statement(schema, found.statement)
    except WireError as error:
        raise Refusal(Code.STATEMENT_MALFORMED, str(error)) from error
    origin = proven.checkpoint.origin
    if (said.network, said.issuer, said.topic) != origin[:3]:
        raise Refusal(
            Code.NOT_ITS_ORIGIN,
            f"it says {said.network}/{said.issuer}/{said.topic}, but was proven in {origin}",
        )
    if said.version < 1:
        raise Refusal(Code.WRONG_VERSION, f"versions start with 1, not {said.version}")
    if not is_statement(said.id, said.subject, said.version, said.change):
        raise Refusal(Code.WRONG_ID, f"{said.id} is not the id of {said.version}/{said.change}")
    _in_time(said.issued_at, proven, now)
    return said


def _in_time(issued_at: int, proven: Checked, now: int) -> None:
    key = proven.key
    if not key.valid_from <= issued_at <= key.valid_until:
        raise Refusal(Code.OUTSIDE_KEY_TIME, f"issued at {issued_at}, when its key did not hold")
    if issued_at > now + MAX_AHEAD:
        raise Refusal(Code.IN_THE_FUTURE, f"issued {(issued_at - now) // 1_000_000} s from now")
    if key.ended is None:
        return
    _, size, root = proven.checkpoint
    believed = key.believed.get(str(proven.checkpoint.origin))
    if believed is None:
        raise Refusal(Code.NOT_BELIEVED, f"the key was {key.ended}; nothing of it is believed here")
    if size > believed.size or (size == believed.size and root != believed.root):
        raise Refusal(
            Code.NOT_BELIEVED,
            f"the key was {key.ended}; it is believed up to size {believed.size}, not this {size}",
        )


def forwards(rows: Rows, lane: Lane, found: Envelope, proven: Checked) -> bool:
    """Step 4, the order of keys. False: out of order, but this very leaf was read before."""
    if not lane.backwards(proven.key.valid_from, proven.checkpoint.size):
        return True
    origin, size, _ = proven.checkpoint
    leaf, left = leaf_hash(found.statement), left_siblings(found.index, size, found.proof)
    if lane.has_read(found.index) and lanes.root_at(rows, origin, found.index + 1) == head(
        append(left, found.index, leaf)
    ):
        return False
    raise Refusal(Code.KEY_ORDER, f"a newer key has signed in this lane before size {size}")


def goes_on(rows: Rows, lane: Lane, claim: Claim, proven: Checked) -> tuple[Lane, bool]:
    """Step 7: the lane goes on. Gives it, and whether this leaf is new to it."""
    origin, key = proven.checkpoint.origin, proven.key
    believed = key.believed.get(str(origin)) if key.ended else None
    if believed is not None:
        lane = lanes.believe(rows, origin, lane, believed.size, believed.root)
    signer = Signer(key.public.raw, key.valid_from, claim.size)
    if lane.is_next(claim, signer):
        lane = lanes.step(rows, origin, lane, claim)
        lanes.save(rows, origin, lane)
        return lane, True
    shared = lanes.contradiction(rows, origin, lane, claim)
    if shared is not None and believed is not None:
        raise Refusal(
            Code.NOT_BELIEVED,
            f"index {claim.index} does not lead to the checkpoint believed, of {believed.size}",
            retract=shared,
        )
    if shared is not None:
        forked = shared if lane.forked is None else min(shared, lane.forked)
        lanes.save(rows, origin, lane.suspended(forked))
        raise Refusal(
            Code.FORK, f"index {claim.index} contradicts what was read of {origin}", retract=forked
        )
    new = not lane.has_read(claim.index)
    if new and len(lane.runs) > lanes.MAX_GAPS and lane.stands_alone(claim.index):
        raise Refusal(Code.TOO_MANY_GAPS, f"{origin} has {lanes.MAX_GAPS} gaps already")
    grown = lanes.see(rows, origin, lane, claim, signer)
    if new:
        grown = lanes.advance(rows, origin, grown, claim)
    if grown is not lane:
        lanes.save(rows, origin, grown)
    if lane.forked is not None and claim.index >= lane.forked:
        raise Refusal(Code.SUSPENDED, f"{origin} is suspended from index {lane.forked} on")
    return grown, new
