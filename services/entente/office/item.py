"""What an office reads: an alert as its issuer said it, whose it is and how it may be used."""

from typing import Any
from uuid import UUID

import msgspec

from entente.alert.handling import Handling
from entente.alert.record import AnyAlert, Nominal
from entente.proof.record import Record
from entente.wire.body import decode_body
from entente.wire.envelope import decode_envelope
from entente.wire.statement import Audience, Change, Statement, decode_statement


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a subject. ``alert`` is None in a withdrawal."""

    subject: UUID
    issuer: str
    version: int
    change: Change
    topic: str
    issued_at: int
    """Microseconds since the epoch, by the issuer's clock."""
    received_at: int
    """Microseconds since the epoch, by our clock."""
    reason: str | None
    handling: Handling
    audience: Audience
    sealed: bool
    """Whether it has a nominal part that only its recipients can open."""
    alert: AnyAlert | None
    reference: str | None = None
    """What its issuer calls it; of a withdrawal where it is known here."""
    about: str | None = None
    """Of feedback: what the other alert is called, where it is known here."""
    nominal: Nominal | None = None
    """What is sealed, where it was asked for and opened with a grant."""
    closed: str | None = None
    """Why it stays closed, where it was asked for and did not open."""
    witnessed_at: int | None = None
    """When, at the latest, it existed: the earliest word of a witness, by the witness's clock."""

    def opened(self, found: Nominal | str | None) -> "Item":
        """With what ``Opener.open`` has found."""
        if isinstance(found, Nominal):
            return msgspec.structs.replace(self, nominal=found, closed=None)
        return msgspec.structs.replace(self, nominal=None, closed=found)

    def to_json(self) -> dict[str, Any]:
        """The item in plain types, the alert in its JSON form."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def item(record: Record, received_at: int) -> Item:
    """Read an accepted record again. Raises WireError: it was never accepted."""
    return said(decode_statement(decode_envelope(record.value or b"").statement), received_at)


def said(statement: Statement, received_at: int) -> Item:
    """What an accepted statement says. Raises WireError: it was never accepted."""
    body = None if statement.change == "WITHDRAWAL" else decode_body(statement)
    return Item(
        reference=getattr(body, "national_ref", None),
        subject=statement.subject,
        issuer=statement.issuer,
        version=statement.version,
        change=statement.change,
        topic=statement.topic,
        issued_at=statement.issued_at,
        received_at=received_at,
        reason=statement.reason,
        handling=statement.handling,
        audience=statement.audience,
        sealed=statement.sealed is not None,
        alert=body,  # type: ignore[arg-type]  # topics named alerts.* carry alerts: the inbox sees to it
    )
