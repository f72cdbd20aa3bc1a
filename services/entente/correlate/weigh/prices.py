"""What goods cost, so that a rule can ask whether these are far too cheap or too dear (P18).

Values are compared only with values of the same heading, unit, currency and basis. What is unusual
lies beyond Tukey's fences of the logarithms: one and a half times the middle half's breadth beyond
it, where one price in a hundred or fewer is if prices scatter as they mostly do. A share of the
prices themselves would not do: those of a network can be more than a hundredth of what is known. As
all counts here, they are taken at a cut, the epoch, and hold until the next one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import log2

from entente.alert.record import Consignment
from entente.correlate.head import Head

Bounds = tuple[float, float]
"""Price of one unit below which, and above which, it is unusual."""
LEAST = 40
"""Prices that must be known before any is called unusual."""
_STEP = 4
"""Steps to an octave: bounds are good to a fifth."""
_BREADTH = 1.5
_NARROW = _STEP
"""The middle half is taken to be an octave broad at least."""


def dearness(alert: Consignment, ordinary: Mapping[str, Bounds]) -> Iterator[str]:
    """``low`` or ``high`` for each price of an alert that is out of bounds."""
    for key, price in _prices(alert):
        if bounds := ordinary.get(key):
            if price < bounds[0]:
                yield "low"
            elif price > bounds[1]:
                yield "high"


class Prices:
    """The prices of all heads, kept up to date change by change."""

    def __init__(self) -> None:
        self._steps: dict[str, Counter[int]] = {}
        self._changed: set[str] = set()
        self.ordinary: dict[str, Bounds] = {}

    def change(self, old: Head | None, new: Head | None) -> None:
        """Put the prices of a new head in the place of those of the old one."""
        for head, count in ((old, -1), (new, 1)):
            if head is not None and isinstance(head.alert, Consignment):
                for key, price in _prices(head.alert):
                    self._steps.setdefault(key, Counter())[_step(price)] += count
                    self._changed.add(key)

    def cut(self) -> None:
        """Begin an epoch: what is ordinary is what it is now."""
        for key in self._changed:
            steps = self._steps[key]
            total = steps.total()
            if total < LEAST:
                self.ordinary.pop(key, None)
            else:
                self.ordinary[key] = _bounds(steps)
        self._changed.clear()


def _bounds(steps: Counter[int]) -> Bounds:
    ordered = sorted(steps.elements())
    low, high = ordered[len(ordered) // 4], ordered[3 * len(ordered) // 4]
    beyond = _BREADTH * max(high - low, _NARROW)
    return 2.0 ** ((low - beyond) / _STEP), 2.0 ** ((high + beyond) / _STEP)


def _step(price: float) -> int:
    return round(log2(price) * _STEP)


def _prices(alert: Consignment) -> Iterator[tuple[str, float]]:
    for line in alert.goods:
        sort = (line.hs or "")[:4] or line.category
        if not (sort and line.unit and line.quantity and line.quantity > 0):
            continue
        for value in line.values:
            if value.amount > 0:
                key = f"{sort} {line.unit} {value.currency} {value.basis}"
                yield key, float(value.amount / line.quantity)
