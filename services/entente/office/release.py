"""What may leave an office as an export, and what must stand on it.

TLP says who may see a statement, ``expires_at`` for how long: what they do not let out is left out,
and the export says where. The handling codes say what may be done with what is in it: they are
stamped on every page. Whom a statement is said to is ``trust.audience``'s.
"""

from entente.alert.handling import Handling
from entente.trust.manifest import Marks

_TLP = {
    "CLEAR": "may be made public",
    "GREEN": "for the community of customs administrations, not for the public",
    "AMBER": "for the receiving organisation and those partners who need to know",
    "AMBER_STRICT": "for the receiving organisation only",
    "RED": "for the persons it was given to only",
}
_CODES = {
    "H1": "H1: NOT TO BE USED IN COURT WITHOUT THE ISSUER'S PERMISSION",
    "H2": "H2: NOT TO BE PASSED ON WITHOUT THE ISSUER'S PERMISSION",
}


def withheld(handling: Handling, at: int) -> str | None:
    """Why a statement may not leave an office in an export made at ``at``; None if it may."""
    if handling.tlp == "RED":
        return "TLP:RED is for the persons it was given to: it leaves in no export"
    if handling.expires_at is not None and handling.expires_at <= at:
        return "its issuer let it be used until a time that has passed"
    return None


def stamps(marks: Marks) -> list[str]:
    """The lines that stand on every page, the weightiest first."""
    lines = [f"TLP:{marks.tlp.replace('_', '+')}: {_TLP[marks.tlp]}"]
    lines += [_CODES[code] for code in marks.codes if code in _CODES]
    lines += [f"H3: {condition}" for condition in marks.conditions]
    return lines
