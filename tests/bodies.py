"""A statement that says an alert, for tests of what its body holds."""

from typing import Any
from uuid import UUID

from entente.alert.handling import Handling
from entente.wire.body import encode_body
from entente.wire.statement import Statement


def said(alert: Any) -> Statement:
    """Raises WireError: the alert does not fit its schema."""
    schema, body = encode_body(alert)
    return Statement(
        id=UUID(int=1), subject=UUID(int=2), version=1, change="NEW", type=schema.fullname,
        schema=schema.sha256, network="n", issuer="JP", topic="alerts.asia-pacific", issued_at=1,
        handling=Handling(tlp="GREEN", purpose="test", source_grade="A", information_grade=1),
        body=body,
    )  # fmt: skip
