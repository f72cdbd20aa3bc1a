"""From an accepted record to what the engine works on: a head, or what a coordinator decided."""

from collections.abc import Mapping
from hashlib import sha256
from typing import get_args

from entente.alert.decision import Decision
from entente.alert.listing import Listing
from entente.alert.record import AnyAlert
from entente.correlate.head import Head, Token
from entente.correlate.rulings import Ruled
from entente.proof.record import Record
from entente.trust.administration import Administration
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


def ruled(record: Record, members: Mapping[str, Administration]) -> Ruled | None:
    """What a coordinator has decided or listed, in an accepted record of a decision topic.

    ``members``: of the network. None: it was withdrawn, or who says it is no coordinator. What a
    retired one said stays said.
    """
    leaf = decode_envelope(record.value or b"").statement
    statement = decode_statement(leaf)
    issuer = members.get(statement.issuer)
    if statement.change == "WITHDRAWAL" or issuer is None or issuer.role != "coordinator":
        return None
    body = decode_body(statement)
    if not isinstance(body, Decision | Listing):
        return None
    return Ruled(statement.issuer, body, statement.audience, sha256(leaf).hexdigest())
