"""Step 8 of reading: what is said, once it is known who said it."""

from functools import lru_cache

from entente.alert.handling import Handling
from entente.alert.problem import Problem
from entente.alert.record import Alert, AnyAlert
from entente.alert.validate import validate, validate_handling
from entente.errors import WireError
from entente.proof.steps import Refusal
from entente.proof.verdict import Body, Code
from entente.wire.body import decode_body
from entente.wire.names import GRANTS, grant_ref, is_subject, parse_grant_key, subject_id
from entente.wire.schemas import by_sha256
from entente.wire.sound import decode_sound_body
from entente.wire.statement import Statement


def body(said: Statement, key: bytes) -> Body | None:
    """Step 8: the body, and what the Statement's schema demands in words."""
    _words(said)
    if said.topic == GRANTS:
        _grant_subject(said, key)
    if said.change == "WITHDRAWAL":
        return None
    schema = by_sha256(said.schema)
    if schema is None:
        raise Refusal(Code.UNKNOWN_SCHEMA, f"no schema with SHA-256 {said.schema.hex()} is known")
    if schema.fullname != said.type:
        raise Refusal(Code.WRONG_TYPE, f"the schema is of {schema.fullname}, not {said.type}")
    sound = decode_sound_body(said)  # nearly all are; the others are looked at closely
    try:
        found = sound or decode_body(said)
    except WireError as error:
        raise Refusal(Code.BODY_MALFORMED, str(error)) from error
    if isinstance(found, Alert):
        if not is_subject(said.subject, said.network, said.issuer, found.national_ref):
            raise Refusal(
                Code.WRONG_SUBJECT, f"{said.subject} is not the subject of {found.national_ref!r}"
            )
        if sound is None:
            _checks(found)
    if said.topic == GRANTS:
        _grant(found, key)
    return found


def _words(said: Statement) -> None:
    if said.change == "WITHDRAWAL" and said.body:
        raise Refusal(Code.WITHDRAWAL_WITH_BODY, f"a withdrawal has {len(said.body)} bytes of body")
    if said.change != "NEW" and not said.reason:
        raise Refusal(Code.REASON_MISSING, f"a {said.change.lower()} says no reason")
    for problem in _wrong_handling(said.handling):
        raise Refusal(Code.HANDLING_WRONG, f"handling{problem.pointer}: {problem.reason}")


@lru_cache(maxsize=64)
def _wrong_handling(handling: Handling) -> tuple[Problem, ...]:
    """As ``validate_handling``, of marks that were decoded: an issuer has few different ones."""
    return validate_handling(handling)


def _checks(alert: AnyAlert) -> None:
    """The domain's checks. A code that only our edition of a list lacks may be in a newer one."""
    problems = sorted(validate(alert), key=lambda problem: problem.code == "not_listed")
    for problem in problems:
        code = Code.NOT_LISTED if problem.code == "not_listed" else Code.BODY_WRONG
        raise Refusal(code, f"{problem.pointer or 'alert'}: {problem.reason}")


def _grant_subject(said: Statement, key: bytes) -> None:
    issuer, granted, recipient = parse_grant_key(key)
    if said.subject != subject_id(said.network, issuer, grant_ref(granted, recipient)):
        raise Refusal(Code.WRONG_GRANT_KEY, f"{said.subject} is not the grant that its key names")


def _grant(found: Body, key: bytes) -> None:
    _, granted, recipient = parse_grant_key(key)
    if not isinstance(found, dict) or found.get("recipient") != recipient:
        raise Refusal(Code.WRONG_GRANT_KEY, f"the grant is not for {recipient}, as its key says")
    if found.get("statement") != granted.bytes:
        raise Refusal(Code.WRONG_GRANT_KEY, f"the grant is not of {granted}, as its key says")
