"""From an accepted record to the head that the engine works on."""

from hashlib import sha256
from typing import get_args

from entente.alert.record import AnyAlert
from entente.correlate.head import Head, Token
from entente.proof.record import Record
from entente.wire.body import decode_body
from entente.wire.envelope import decode_envelope
from entente.wire.statement import Audience, decode_statement

_ALERTS = get_args(AnyAlert)


def head(record: Record) -> Head:
    """The alert version in an accepted record of an alert topic. Raises WireError: it is none."""
    leaf = decode_envelope(record.value or b"").statement
    statement = decode_statement(leaf)
    body = None if statement.change == "WITHDRAWAL" else decode_body(statement)
    limited = statement.audience != Audience()
    return Head(
        subject=str(statement.subject),
        issuer=statement.issuer,
        version=statement.version,
        change=statement.change,
        issued_at=statement.issued_at,
        alert=body if isinstance(body, _ALERTS) else None,
        statement=sha256(leaf).hexdigest(),
        handling=statement.handling,
        regions=statement.audience.regions if limited else None,
        administrations=statement.audience.administrations if limited else None,
        tokens=tuple(
            Token(kind=t.kind, epoch=t.epoch, token=t.token.hex()) for t in statement.link_tokens
        ),
    )
