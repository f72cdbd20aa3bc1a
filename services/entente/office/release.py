"""What may leave an office as an export, and what must stand on it.

TLP says who may see a statement, its audience to whom it was said, ``expires_at`` for how long:
what they do not let out is left out, and the export says where. The handling codes say what may be
done with what is in it: they are stamped on every page.
"""

from entente.alert.handling import Handling
from entente.trust.administration import Administration
from entente.trust.manifest import Marks
from entente.wire.statement import Audience

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


def withheld(handling: Handling, audience: Audience, office: Administration, at: int) -> str | None:
    """Why a statement may not leave ``office`` in an export made at ``at``; None if it may."""
    if handling.tlp == "RED":
        return "TLP:RED is for the persons it was given to: it leaves in no export"
    if audience.administrations or audience.regions:
        here = {*audience.regions} & {*office.all_regions}
        if office.id not in audience.administrations and not here:
            return f"it is said to others than {office.id}"
    if handling.expires_at is not None and handling.expires_at <= at:
        return "its issuer let it be used until a time that has passed"
    return None


def stamps(marks: Marks) -> list[str]:
    """The lines that stand on every page, the weightiest first."""
    lines = [f"TLP:{marks.tlp.replace('_', '+')}: {_TLP[marks.tlp]}"]
    lines += [_CODES[code] for code in marks.codes if code in _CODES]
    lines += [f"H3: {condition}" for condition in marks.conditions]
    return lines
