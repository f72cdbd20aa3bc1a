"""Sets of whole numbers as ranges: sorted, apart from one another, both ends included."""

from bisect import bisect_right
from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]
"""The set as pairs of first and last."""
MOST = 1 << 16
"""Ranges kept of a set; of more, the lowest: what a stranger says must not fill a store."""


def union(*sets: Iterable[tuple[int, int]]) -> Ranges:
    """Every number of any set. Pairs may come in any order and overlap; wrong ones are left out."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(pair for one in sets for pair in one):
        if not 0 <= first <= last:
            continue
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return tuple(found[:MOST])


def contains(ranges: Ranges, number: int) -> bool:
    """Whether a number is in the set."""
    at = bisect_right(ranges, (number, 1 << 63)) - 1
    return at >= 0 and ranges[at][0] <= number <= ranges[at][1]
