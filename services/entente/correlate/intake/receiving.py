"""From an accepted record to what the engine works on: a head, or what a coordinator decided."""

from collections.abc import Mapping
from typing import get_args

from entente.alert.decision import Decision
from entente.alert.listing import Listing
from entente.alert.record import AnyAlert
from entente.bus.spoken import Spoken
from entente.correlate.head import Head, Token
from entente.correlate.intake.rulings import Ruled
from entente.proof.record import Record
from entente.trust.administration import Administration
from entente.trust.mandate import lists, seals, speaks_for
from entente.wire.statement import Audience, Statement

_ALERTS = get_args(AnyAlert)


def head(record: Record) -> Head:
    """The alert version in an accepted record of an alert topic. Raises WireError: it is none."""
    spoken = Spoken(record)
    statement, body = spoken.statement, spoken.body
    limited = statement.audience != Audience()
    return Head(
        subject=str(statement.subject),
        issuer=statement.issuer,
        version=statement.version,
        change=statement.change,
        issued_at=statement.issued_at,
        alert=body if isinstance(body, _ALERTS) else None,
        statement=spoken.digest,
        handling=statement.handling,
        regions=statement.audience.regions if limited else None,
        administrations=statement.audience.administrations if limited else None,
        tokens=_tokens(statement),
    )


def ruled(record: Record, members: Mapping[str, Administration]) -> Ruled | None:
    """What was decided or listed, in an accepted record of a decision topic, and for whom.

    ``members``: of the network. None: it was withdrawn, or who says it speaks for nobody. What a
    retired one said stays said.
    """
    one = decided(record)
    if one is None:
        return None
    mandate = speaks_for(one.coordinator, members)
    may = seals if one.tokens else lists
    if not mandate or (isinstance(one.decision, Listing) and not may(one.coordinator, members)):
        return None
    return one._replace(speaks_for=mandate)


def decided(record: Record) -> Ruled | None:
    """The same, whoever says it; None: it was withdrawn."""
    spoken = Spoken(record)
    statement, body = spoken.statement, spoken.body
    if not isinstance(body, Decision | Listing):
        return None
    tokens = _tokens(statement)
    return Ruled(statement.issuer, body, statement.audience, spoken.digest, tokens=tokens)


def _tokens(statement: Statement) -> tuple[Token, ...]:
    return tuple(
        Token(kind=t.kind, epoch=t.epoch, token=t.token.hex()) for t in statement.link_tokens
    )
