"""How often values occur: counted as heads change, cut into an epoch's frequencies when asked.

Identifying values are cut often, for only what crosses a limit matters; words and circumstances,
whose every doubling matters to every pair, only when the history has trebled.
"""

from collections.abc import Callable, Iterator, Set
from itertools import chain, combinations
from typing import NamedTuple

from entente.correlate.weigh.features import Features, stretch
from entente.correlate.weigh.model import LinkWeights, Model, Weights

_SERVED_BY = frozenset((
    "phone.1", "email.1", "mail-domain.1", "mailbox.1", "name-skeleton.1", "tax-id.1", "payment.1",
    "lei.1", "shop.1", "seller.1", "url.1", "address.1", "street.1", "door.1", "lane.1",
))  # fmt: skip


class Spread(NamedTuple):
    """With how many sorts of goods a value occurs, from and to how many countries, and on how many
    occasions: alerts of one administration within two days of each other are one."""

    sorts: int
    sources: int
    targets: int
    occasions: int


class Cut(NamedTuple):
    """The model of the next epoch, and what it changes."""

    model: Model
    whole: bool
    """Whether every value may be worth something else than before; otherwise only these:"""
    served: Set[str]
    """values that are now of who serves everybody, and were not, or the other way round;"""
    moved: Set[str]
    """other identifying values that are more or less frequent than they were;"""
    worthless: Set[str]
    """of these, those that made no bits before and make none now: too many have them."""


_PLACES = frozenset(("address.1", "street.1", "door.1", "lane.1"))
_LOADS = frozenset(("container.1", "document.1", "seal-number.1", "plate.1"))
_SERVED = 3
"""Of a value that fewer name as that of one who serves everybody, it is not believed for that."""


class Counts:
    """Alerts by value; and of these, how many name its holder as one who serves everybody."""

    def __init__(self) -> None:
        self.alerts = 0
        self._all: dict[str, int] = {}
        self._service: dict[str, int] = {}
        self._touched: set[str] = set()
        self._slow: dict[str, int] = {}
        self._fast: dict[str, int] = {}
        self._middlemen: set[str] = set()
        self._listed: frozenset[str] = frozenset()
        self._size = 0

    def change(self, of: Features, by: int) -> None:
        """Count an alert's features in (1) or out (-1)."""
        self.alerts += by
        every = self._all
        named = set(of.owner).union(*[a.values for a in of.actors])
        for value in chain(named, of.circumstances, _others(of)):
            count = every.get(value, 0) + by
            if count:
                every[value] = count
            else:
                del every[value]
        self._touched |= named
        for actor in of.actors:
            if actor.service:
                for value in actor.values:
                    self._service[value] = self._service.get(value, 0) + by

    def serve(self, values: frozenset[str]) -> frozenset[str]:
        """Take these for values of who serves everybody, whatever is counted; what changes."""
        changed = values ^ self._listed
        self._listed = values
        self._touched |= changed
        return changed

    @property
    def due(self) -> bool:
        """Whether the history has trebled, so that words and circumstances must be cut anew."""
        return self.alerts >= self._size * 3

    def cut(
        self, weights: Weights, before: Model, spread: Callable[[str], Spread], *, whole: bool
    ) -> Cut:
        """The next epoch's model, and what it changes.

        ``spread`` tells how far a value is spread.
        """
        whole = whole or self.due
        if whole:
            self._size = self.alerts
            self._slow = {
                v: n.bit_length() - 1
                for v, n in self._all.items()
                if n > 1 and _kind(v) not in weights.link.ids
            }
            self._slow |= self._crowds()
        served, moved, nothing = set(), set(), set()
        for value in self._touched:
            if self._alone(value):
                continue
            bucket = max(0, self._all.get(value, 0).bit_length() - 1)
            if bucket != self._fast.get(value, 0):
                moved.add(value)
                if _kind(value) in weights.link.ids and not before.bits(value):
                    nothing.add(value)
                if bucket:
                    self._fast[value] = bucket
                else:
                    del self._fast[value]
            serves = value in self._listed or self._serves(value, weights.link, spread)
            if serves != (value in self._middlemen):
                served.add(value)
        self._middlemen ^= served
        self._touched.clear()
        before.forget(served | moved)
        after = Model(
            weights,
            epoch=before.epoch + 1,
            alerts=self._size,
            slow=self._slow,
            fast=self._fast,
            middlemen=self._middlemen,
            known=None if whole else before,
        )
        moved -= served
        return Cut(after, whole, served, moved, {v for v in nothing & moved if not after.bits(v)})

    def _alone(self, value: str) -> bool:
        """Whether at most one alert has a value, as most, and nothing was known of it before."""
        return (
            self._all.get(value, 0) < 2
            and value not in self._fast
            and self._service.get(value, 0) < _SERVED
            and value not in self._middlemen
            and value not in self._listed
        )

    def _crowds(self) -> dict[str, int]:
        """How crowded each series of document numbers is: log2 of the alerts in one stretch of it,
        of those stretches that have any."""
        met: dict[str, list[int]] = {}
        for value, count in self._all.items():
            if value.startswith("near:"):
                met.setdefault(value.rpartition(" ")[0], []).append(count)
        means = ((series, sum(counts) // len(counts)) for series, counts in met.items())
        return {series: mean.bit_length() - 1 for series, mean in means if mean > 1}

    def _serves(self, value: str, weights: LinkWeights, spread: Callable[[str], Spread]) -> bool:
        """Whether a value is of someone, or of a place, that serves everybody: it is said to, in no
        small part of its alerts; or it occurs with all sorts of goods, from and to everywhere."""
        kind = _kind(value)
        count, served = self._all.get(value, 0), self._service.get(value, 0)
        if kind not in _SERVED_BY:
            many = kind in _LOADS and count >= weights.shared_alerts
            return many and _for_strangers(count, spread(value))
        often = served >= 6 or served * 700 >= self.alerts
        if served >= _SERVED and served * 8 >= count and often:
            return True
        if kind == "name-skeleton.1" or count < weights.serves_alerts:
            return False
        if count >= weights.serves_most:
            return True
        found = spread(value)
        if kind in _PLACES and count >= weights.serves_place and found.sorts > count / 2:
            return True
        ways = found[:3]
        return (
            min(ways) >= weights.serves_least
            and found.sorts > weights.serves_least
            and sum(ways) >= weights.serves_spread
        )


def _for_strangers(count: int, found: Spread) -> bool:
    """Whether a box, a lorry or a paper is one that strangers fill together: whoever opened it
    found several consignments, of several sorts of goods. A network uses it again."""
    return found.sorts * 2 > count and count * 2 > found.occasions * 3


def _others(of: Features) -> Iterator[str]:
    """What is counted besides values: stretches of numbers, words, trades."""
    yield from {stretch(number) for number in of.numbers}
    words: set[str] = set()
    trades: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for actor in of.actors:
        if actor.name:
            words.update(actor.name.skeletons, actor.name.joined)
            pairs.update(combinations(sorted(set(actor.name.skeletons)), 2))
            if actor.name.trade:
                trades.add(actor.name.trade)
    for trade in trades:
        yield f"trade:{trade}"
    for skeleton in words:
        yield f"word:{skeleton}"
    for one, other in pairs:
        yield f"words:{one} {other}"


def _kind(value: str) -> str:
    return value.partition(":")[0]
