"""The model: weights as a versioned file, and the frequencies of a numbered epoch.

Nothing in the correlator may depend on how often something was seen *so far*: that would make the
answer depend on the order of arrival. So counts are taken at a cut, the epoch, and hold until the
next one. They are kept as powers of two, so that they seldom change.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import inf, log2
from pathlib import Path

import msgspec
import yaml

from entente.correlate.bursts.burst import BurstWeights
from entente.correlate.named import named
from entente.correlate.weigh.features import STRETCH, number_of
from entente.errors import ConfigError
from entente.seal.names import skeleton


class Worth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it is worth to share a value of one kind."""

    bits: float
    """While at most ``free`` alerts have it."""
    free: int = 12
    slope: float = 4.0
    """Bits less for each doubling beyond."""
    letter: float = 0.0
    """The most that each letter or digit gives, for numbers that may be short."""


class CircumstanceWorth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Circumstances are worth their rarity, within a bound."""

    most: float
    less: float = 0.7


class LinkWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What makes a link."""

    prior: float
    """Added to minus log2 of the alerts of the window."""
    floor: float
    """A link of fewer bits is none."""
    sure: float
    """Below so many bits of the best reason, events close in time count beside it."""
    identifying: float
    """Bits of parties and things from which a link counts as more than circumstances."""
    least_alerts: int
    """The window is never taken to be smaller: with little history nothing is known to be rare."""
    ids: dict[str, Worth]
    circumstances: dict[str, CircumstanceWorth]
    name_most: float
    name_token: float
    """The most that one word of a name gives."""
    name_letter: float
    """The most that each letter of a shared word gives."""
    name_common: float
    """A word of less rarity tells nothing: a trade, a legal form, a usual given name."""
    name_apart: float
    """Bits by which words may tell more than the rarest pair of them does."""
    name_trade: float
    """The most that the same trade in both names gives, and"""
    name_other_trade: float
    """what another trade takes."""
    name_one_trade: float
    """What it takes that only one of them names a trade."""
    name_form: float
    """What it gives that both name the same legal form."""
    name_clash: float
    """What it takes that each name has words which the other has not."""
    name_single: float
    """The most that one shared word alone gives."""
    name_left_share: float
    """Share of an unmatched word's rarity that is taken."""
    name_left_over: float
    """The most that one unmatched word takes."""
    other_address: float
    """Same name, other addresses."""
    rest: float
    """Share that counts of all but the best component of one party."""
    sealed: float
    """Share that tokens count: whose they are, and in which role, cannot be seen."""
    middleman: float
    """The most that a party that serves everybody gives."""
    serves_alerts: int
    serves_least: int
    serves_spread: int
    """A value is of one who serves everybody when so many alerts have it, with more than so many
    sorts of goods, from and to so many countries at least, and so many of these together;"""
    serves_place: int
    """a place, when so many have it and more than half of these are sorts of their own;"""
    serves_most: int
    """and any value that so many have."""
    shared_alerts: int
    """Alerts of which a box, a lorry or a paper is taken for one that strangers fill together."""
    other_name: float
    other_name_hub: float
    """Share that an address keeps when the names differ; the latter in more than four alerts."""
    circumstance_rest: float
    circumstance_most: float
    circumstance_beside: float
    circumstance_beside_sure: float
    """Share of circumstances that counts beside an identifier; the latter beside a sure one."""
    near: list[tuple[int, float]]
    """Bits when events lie within so many days, without an identifier."""
    far: float
    slip: float
    """Containers one slip apart."""
    neighbours: list[tuple[int, float]]
    """Bits for document numbers at most so far apart."""
    neighbour_days: int
    numbered: float
    """Bits by which alerts that belong together seldom have numbers of one crowded series."""
    attach: float
    """Added to log2 of the alerts of a case, minus that of the window: the odds that an alert
    belongs to just this case."""
    same_goods: float
    other_goods: float
    hot: int
    """A key that more alerts have proposes nothing."""
    window: int
    """Days between events beyond which nothing ties."""


class FoldWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What makes a case."""

    least: float
    """Bits that it takes to join anything at all."""
    join: float
    """Times log2 of the product of two groups' sizes: the bits it takes to join them."""
    further: float
    """Share that further links between the two count."""
    loose: float
    """Bits more that it takes to join where only circumstances speak for it."""
    alerts: int
    administrations: int
    crossing: float
    """Bits that tie at most two alerts of other administrations to those of the main one."""
    judged: float
    """Bits of a link that a coordinator's judgement makes."""
    loose_alerts: int
    loose_administrations: int
    """Alerts and administrations that a case of circumstances alone needs."""
    likelihood: float
    """Least probability of a proposal."""


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every number that was set by hand or trained; see ``weights/``."""

    burst: BurstWeights
    link: LinkWeights
    fold: FoldWeights

    @property
    def version(self) -> str:
        """What names these numbers."""
        return named(self)


@cache
def weights(name: str = "1") -> Weights:
    """The released weights of this name. Raises ConfigError when there are none."""
    return load(files("entente.correlate").joinpath("weights").joinpath(f"{name}.yaml"))


def load(source: Traversable | Path) -> Weights:
    """The weights in a file. Raises ConfigError: it is not there, or does not fit."""
    try:
        return msgspec.convert(yaml.load(source.read_text("utf-8"), yaml.CSafeLoader), Weights)
    except OSError as error:
        raise ConfigError(f"There are no weights {source.name}: {error.strerror}.") from None
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ConfigError(f"The weights {source.name} do not fit: {error}.") from error


_EMPTY: Mapping[str, int] = {}


class _Table(dict[str, float]):
    """What values are worth, computed when first asked for."""

    make: Callable[[str], float]

    def __missing__(self, value: str) -> float:
        found = self[value] = self.make(value)
        return found


_USUAL = 4.0
"""Bits of a circumstance that says nothing of a case, however often it comes there."""


class Model:
    """The weights and what one epoch knows: a function from values to bits.

    The tables belong to ``Counts``, which changes them only between epochs; a model is not to be
    used once the next one exists.
    """

    def __init__(
        self,
        given: Weights,
        *,
        epoch: int = 0,
        alerts: int = 0,
        slow: Mapping[str, int] = _EMPTY,
        fast: Mapping[str, int] = _EMPTY,
        middlemen: Set[str] = frozenset(),
        known: "Model | None" = None,
    ) -> None:
        self.weights = given
        self.link = given.link
        self.epoch = epoch
        self.alerts = alerts
        self.size = log2(max(alerts, given.link.least_alerts))
        self.slow, self.fast = slow, fast
        """Floor of log2 of the number of alerts that have a value; what is not in it is new.
        ``slow``: words and circumstances; ``fast``: identifying values."""
        self.middlemen = middlemen
        self.prior = round(given.link.prior - self.size, 2)
        self._known: tuple[_Table, _Table, _Table] = (
            known._known if known else (_Table(), _Table(), _Table())
        )
        bits, around, word = self._known
        bits.make, around.make, word.make = self._bits, self._around, self._word
        # Looked up by every pair that is weighed, so without a call where they are known.
        self.bits = bits.__getitem__
        """What sharing an identifying value is worth."""
        self.around = around.__getitem__
        """What a shared circumstance is worth by its rarity."""
        self.word = word.__getitem__
        """What a word of a name is worth by its rarity."""
        self.names: dict[tuple[str, str], tuple[float, int]] = known.names if known else {}
        """What was found of two names, by their keys: ``score.py`` remembers it here, for it
        follows from words alone."""

    def forget(self, values: Iterable[str]) -> None:
        """Compute what these are worth anew: their frequency has changed with the epoch."""
        bits, around, _ = self._known
        for value in values:
            bits.pop(value, None)
            around.pop(value, None)

    def _bits(self, value: str) -> float:
        worth = self.link.ids[value.partition(":")[0]]
        beyond = self.count(value) / worth.free
        bits = worth.bits - (worth.slope * log2(beyond) if beyond > 1 else 0.0)
        if worth.letter:
            bits = min(bits, worth.letter * (len(value) - value.index(":") - 1))
        if value.startswith("document.1:") and (number := number_of(value[11:])):
            bits = min(bits, self.numbers(number.series, 0))
        if value in self.middlemen:
            bits = min(bits, self.link.middleman)
        return round(max(0.0, bits), 2)

    def numbers(self, series: str, apart: int) -> float:
        """The most that two document numbers of a series tell that lie so far apart: little where
        the series is crowded, as that of all the invoices that begin with 1 is."""
        crowd = self.slow.get(f"near:{series}")
        if crowd is None:
            return inf
        strangers = 1.4 * 2.0**crowd * (2 * apart + 1) / STRETCH
        return max(0.0, round(self.size - log2(strangers) - self.link.numbered, 2))

    def rarity(self, value: str) -> float:
        """What sharing any value is worth, identifying or not."""
        kind = value.partition(":")[0]
        return self.bits(value) if kind in self.link.ids else self.around(value)

    def usual(self, value: str) -> bool:
        """Whether one alert in sixteen has a circumstance, or more: then it marks nobody."""
        return self.size - self.slow.get(value, 1) <= _USUAL

    def _word(self, skeleton: str) -> float:
        rare = self.size - self.slow.get(f"word:{skeleton}", 1)
        known_to_all = f"word:{skeleton}" in self.middlemen
        told = rare if rare >= self.link.name_common and not known_to_all else 0.0
        return min(self.link.name_token, told)

    def words(self, one: str, other: str) -> float:
        """What two words of a name are worth together: they need not be independent."""
        pair = f"words:{one} {other}" if one < other else f"words:{other} {one}"
        return max(0.0, self.size - self.slow.get(pair, 1))

    def joined(self, one: str, other: str) -> float:
        """What two words of a name would be worth if they were written as one, in either order."""
        counts = (self.slow.get(f"word:{skeleton(both)}", 0) for both in (one + other, other + one))
        return self.size - most if (most := max(counts)) else inf

    def trade(self, one: str, other: str) -> float:
        """What the trades in two names say."""
        if not one or not other:
            return self.link.name_one_trade if one or other else 0.0
        if one != other:
            return self.link.name_other_trade
        rare = self.size - self.slow.get(f"trade:{one}", 1)
        return min(self.link.name_trade, max(0.0, rare))

    def _around(self, value: str) -> float:
        worth = self.link.circumstances[value.partition(":")[0]]
        rare = self.size - self.slow.get(value, 1) - worth.less
        if f"place:{value.rpartition(' ')[2]}" in self.middlemen:  # through it go all goods
            rare = 0.0
        return round(max(0.0, min(worth.most, rare)), 2)

    def count(self, value: str) -> float:
        """About how many alerts have a value, as of the epoch."""
        bucket = self.fast.get(value, self.slow.get(value))
        return 2.0 if bucket is None else 1.4 * 2.0**bucket
