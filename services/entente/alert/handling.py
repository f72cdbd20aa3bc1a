"""Handling marks: who may see an alert (TLP 2.0) and what may be done with it (H0 to H3)."""

from typing import Literal

import msgspec

Tlp = Literal["CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "RED"]
"""FIRST Traffic Light Protocol 2.0, from widest to narrowest."""
HandlingCode = Literal["H0", "H1", "H2", "H3"]
"""Europol handling codes: H0 prevent and combat crime, H1 not in court without permission, H2 not
passed on without permission, H3 other restrictions, in ``conditions``."""
SourceGrade = Literal["A", "B", "C", "X"]


class Handling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may see a statement, what may be done with it, and how far it is to be believed."""

    tlp: Tlp
    codes: tuple[HandlingCode, ...] = ("H0",)
    conditions: str | None = None
    """Required with H3."""
    purpose: str
    legal_basis: str | None = None
    source_grade: SourceGrade
    information_grade: int
    """1 (not in doubt) to 4 (not corroborated)."""
    expires_at: int | None = None
    """Microseconds since the epoch."""
