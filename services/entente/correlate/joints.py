"""Alerts that alone hold a case together: if one of them is wrong, two cases became one."""

from collections.abc import Iterable, Sequence

from entente.correlate.evidence import Link
from entente.correlate.innocence import groups

_MOST = 60
"""In larger cases none is looked for: it would take long, and a joint there says little."""


def joints(members: Sequence[str], links: Iterable[Link]) -> list[tuple[str, int]]:
    """Each alert without which two alerts or more lose their tie to the rest, and how many.

    Those that most depend on come first. An end of a chain depends on its neighbour, but a single
    alert at the edge is no half of a case, so it is not told.
    """
    if len(members) > _MOST:
        return []
    every = list(links)
    found = []
    for subject in members:
        rest = [s for s in members if s != subject]
        parts = groups(rest, every)
        lost = len(rest) - max(map(len, parts), default=0)
        if lost >= 2:
            found.append((subject, lost))
    return sorted(found, key=lambda x: (-x[1], x[0]))
