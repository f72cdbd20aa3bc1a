"""Who may see a thing made of many: the intersection of what its parts allow."""

from collections.abc import Sequence

from entente.alert.handling import Tlp
from entente.alert.proposal import Releasability
from entente.correlate.head import Head

_TLP: tuple[Tlp, ...] = ("CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "RED")


def intersection(parts: Sequence[Head]) -> Releasability:
    """Narrowest TLP, all codes and conditions, common regions and administrations, weakest grade.

    A part that came without handling marks counts as TLP:RED: what is not said is not allowed.
    """
    marks = [h.handling for h in parts]
    given = [m for m in marks if m is not None]
    tlp: Tlp = max((m.tlp for m in given), key=_TLP.index, default="RED")
    return Releasability(
        tlp=tlp if len(given) == len(marks) else "RED",
        codes=tuple(sorted({c for m in given for c in m.codes})),
        conditions=tuple(sorted({m.conditions for m in given if m.conditions})),
        regions=_common([h.regions for h in parts]),
        administrations=_common([h.administrations for h in parts]),
        source_grade=max((m.source_grade for m in given), default=None),
        information_grade=max((m.information_grade for m in given), default=None),
    )


def _common(sets: Sequence[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    limits = [set(s) for s in sets if s is not None]
    return tuple(sorted(set.intersection(*limits))) if limits else None
