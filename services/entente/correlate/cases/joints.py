"""Alerts that alone hold a case together: if one of them is wrong, two cases became one.

Articulation points of the graph of links, by Hopcroft and Tarjan (1973), with the sizes of what
hangs on them.
"""

from collections.abc import Iterable, Iterator, Sequence

from entente.correlate.evidence import Link


def joints(members: Sequence[str], links: Iterable[Link]) -> list[tuple[str, int]]:
    """Each alert without which two alerts or more lose their tie to the rest, and how many.

    Those that most depend on come first. A single alert at the edge of a case is no half of it, so
    its neighbour is not told.
    """
    near: dict[str, list[str]] = {subject: [] for subject in members}
    for link in links:
        if link.a in near and link.b in near:
            near[link.a].append(link.b)
            near[link.b].append(link.a)
    found: list[tuple[str, int]] = []
    seen: set[str] = set()
    for root in sorted(near):
        if root not in seen:
            found += _search(root, near, seen)
    return sorted(found, key=lambda x: (-x[1], x[0]))


def _search(root: str, near: dict[str, list[str]], seen: set[str]) -> Iterator[tuple[str, int]]:
    """The joints among all that hangs together with ``root``."""
    order: dict[str, int] = {root: 0}
    low: dict[str, int] = {root: 0}
    size: dict[str, int] = {root: 1}
    parts: dict[str, list[int]] = {root: []}
    path = [(root, iter(near[root]))]
    while path:
        at, ahead = path[-1]
        for other in ahead:
            if other in order:
                low[at] = min(low[at], order[other])
            else:
                low[other] = order[other] = len(order)
                size[other], parts[other] = 1, []
                path.append((other, iter(near[other])))
                break
        else:
            path.pop()
            if path:
                parent = path[-1][0]
                low[parent] = min(low[parent], low[at])
                size[parent] += size[at]
                if low[at] >= order[parent]:  # nothing below leads past the parent
                    parts[parent].append(size[at])
    seen.update(order)
    for subject, cut in parts.items():
        rest = len(order) - 1 - sum(cut)
        lost = len(order) - 1 - max([rest, *cut])
        if lost >= 2:
            yield subject, lost
