"""A world by seed: administrations, brands, middlemen and everything that strangers share.

A world is a value: the same ``Spec`` gives the same world in any process on any platform. Only
``random.Random`` seeded by text is used, and no function whose last digit depends on the platform.
"""

from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import TypeVar

from entente.errors import UsageError
from entente.exercise import actors, numbers
from entente.exercise.actors import Actor
from entente.exercise.chance import below, between, one
from entente.exercise.cultures import word
from entente.exercise.draft import Brand
from entente.exercise.goods import BRANDED
from entente.exercise.places import COUNTRIES, HUBS, SOURCES, City
from entente.exercise.spelling import Hand
from entente.exercise.style import STYLES, Style

T = TypeVar("T")
DAY = 86_400_000_000
"""Microseconds."""
START = 1_735_689_600_000_000
"""2025-01-01T00:00:00Z, the first day of every world, in microseconds since the epoch."""
NETWORK_SIZE = 6.9
"""Alerts of a network on average; it turns the share of network alerts into a number of them."""


@dataclass(frozen=True)
class Spec:
    """What to simulate. The number of alerts is met within a few per cent."""

    seed: int
    alerts: int = 7_600
    style: str = "mixed"
    days: int = 365
    share: float = 0.04
    """Share of alerts that belong to networks."""

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise UsageError(f"no style {self.style!r}", advice=f"Styles are {', '.join(STYLES)}.")
        if self.alerts < 100 or self.days < 120 or not 0 <= self.share <= 0.5:
            raise UsageError(
                "a world needs at least 100 alerts and 120 days, and a share of 0 to 0.5"
            )

    @property
    def networks(self) -> int:
        """How many networks are planted."""
        return max(1, round(self.alerts * self.share / NETWORK_SIZE)) if self.share else 0

    def rng(self, *path: object) -> Random:
        """The random numbers of one part of this world, independent of all others."""
        return Random("/".join(map(str, (self.seed, self.style, self.alerts, self.days, *path))))  # noqa: S311  # a simulation, no secrets


class Pool(Sequence[T]):
    """Things with a heavy tail: the k-th of them is drawn with weight 1 / (k + offset)."""

    def __init__(self, items: Iterable[T], offset: float = 2.0) -> None:
        self.items = tuple(items)
        self.cumulative = list(accumulate(1 / (k + offset) for k in range(len(self.items))))

    def pick(self, rng: Random) -> T:
        """One of them, the first ones most often."""
        return self.items[bisect(self.cumulative, rng.random() * self.cumulative[-1])]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # typed by Sequence
        return self.items[index]


@dataclass(frozen=True)
class Issuer:
    """An administration: its habits, how much it tells, and how late."""

    code: str
    weight: float
    hand: Hand
    gives: dict[str, float]
    """Probability to tell a field that it knows."""
    hs_digits: int
    lag: str
    fills: float
    """Probability to write a placeholder where it tells nothing."""


ISSUERS = tuple(c for c in COUNTRIES if c not in {"CN", "TW", "KH", "BD"})
FIELDS = {
    "parties": 1.0, "consignor": 0.93, "consignee": 0.93, "phone": 0.62, "email": 0.42,
    "address": 0.72, "shop": 0.9, "payment": 0.75, "tax_id": 0.5, "forwarder": 0.75,
    "document": 0.85, "container": 0.95, "seal": 0.5, "vessel": 0.7, "origin": 0.93,
    "departure": 0.88, "transit": 0.8, "brand": 0.95, "declared": 0.5, "value": 0.6,
    "concealment": 0.7, "lot": 0.92, "remarks": 0.12, "notify": 0.6,
}  # fmt: skip
"""How often an administration tells a field that it knows, before its own habits."""
PLACEHOLDERS = (
    "N/A",
    "UNKNOWN",
    "TEST",
    "NOT GIVEN",
    "-",
    "SAME AS CONSIGNEE",
    "XXX",
    "na",
    "To order",
)
PLACEHOLDER_PHONES = (
    "0000000000",
    "0000",
    "123456789",
    "+00 000 000 000",
    "1111111111",
    "999999999",
)
PLACEHOLDER_MAILS = ("noemail@noemail.com", "none@none.com", "test@test.com", "na@na.com")


class World:
    """Everything that exists before the first consignment moves."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.style: Style = STYLES[spec.style]
        rng = spec.rng("world")
        self.issuers = self._issuers(rng)
        self.by_code = {issuer.code: issuer for issuer in self.issuers}
        self._zeal = list(accumulate(issuer.weight for issuer in self.issuers))
        self.sources = Pool(_shuffled(rng, [c for s in SOURCES for c in COUNTRIES[s].cities]), 4.0)
        self.hubs = Pool(_shuffled(rng, [c for h in HUBS for c in COUNTRIES[h].cities]), 2.0)
        self.brands = Pool((self.brand(rng) for _ in range(20 + spec.alerts // 60)), 4.0)
        self.platforms = tuple(
            word("en", rng, 2)[0] + one(rng, ("", "mart", "zon", "bay")) for _ in range(5)
        )
        few = 6 + spec.alerts // 170
        self.forwarders = Pool((self._middleman(rng, "forwarder") for _ in range(few)), 3.0)
        self.couriers = Pool((self._middleman(rng, "courier") for _ in range(5)), 1.0)
        self.marketplaces = Pool(
            (self._middleman(rng, "marketplace") for _ in range(2 + spec.alerts // 2500)), 1.0
        )
        self.carriers = Pool((word("en", rng, 2)[0] + " Line" for _ in range(12)), 2.0)
        self.vessels = Pool((self._vessel(rng) for _ in range(30 + spec.alerts // 200)), 4.0)
        self.lockers = {
            i.code: Pool((self._locker(rng, i.code) for _ in range(2 + spec.alerts // 2000)), 1.0)
            for i in self.issuers
        }
        self.owners = tuple(
            "".join(one(rng, "ABCDEFGHKLMNPRSTW") for _ in range(3)) + "U" for _ in range(9)
        )
        self.hiding = Pool((self._hiding(rng) for _ in range(60)), 3.0)

    def issuer(self, rng: Random) -> Issuer:
        """An administration, the keen ones more often."""
        return self.issuers[bisect(self._zeal, rng.random() * self._zeal[-1])]

    def _issuers(self, rng: Random) -> tuple[Issuer, ...]:
        codes = _shuffled(rng, ISSUERS)[: 16 + min(24, self.spec.alerts // 300)]
        skew = self.style.skew
        rest = sum(1 / (k + 1.5) for k in range(len(codes) - 1))
        issuers = []
        for k, code in enumerate(codes):
            weight = skew if k == 0 else (1 - skew) / (k + 0.5) / rest
            zeal = one(rng, (0.7, 0.9, 1.0, 1.0, 1.1)) if k else 1.0
            factor = zeal * self.style.complete
            gives = {name: min(0.99, p * factor) for name, p in FIELDS.items()}
            nominal = k < 2 or rng.random() < self.style.nominal
            gives["parties"] = 1.0 if nominal and self.style.nominal else 0.0
            culture = COUNTRIES[code].culture
            hand = Hand(
                capitals=rng.random() < 0.5,
                native=culture if rng.random() < 0.6 else "",
                chinese=2 if code in ("HK", "MY", "SG") else 1 if code == "TW" else 0,
                french=code in ("FR", "BE", "MA", "DZ", "TN", "SN", "CI", "CM"),
                phone=below(rng, 6),
                layout=below(rng, 3),
                family_first=rng.random() < 0.3,
            )
            lag = one(rng, ("prompt", "prompt", "usual", "usual", "usual", "slow", "backlog"))
            digits = one(rng, (6, 6, 6, 4, 4, 2))
            fills = one(rng, (0.0, 0.02, 0.05, 0.15, 0.3))
            issuers.append(Issuer(code, weight, hand, gives, digits, lag, fills))
        return tuple(issuers)

    def brand(self, rng: Random) -> Brand:
        """A brand coined anew, forged in two or three places."""
        first = one(rng, BRANDED)
        line = [p for p in BRANDED if p.line == first.line]
        label = word(one(rng, ("en", "es", "tr", "af")), rng, one(rng, (2, 2, 3)))[0]
        holder = f"{label} {one(rng, ('S.p.A.', 'SA', 'Inc.', 'AG', 'Group', 'KK'))}"
        origins = tuple(self.sources.pick(rng) for _ in range(between(rng, 2, 3)))
        return Brand(label, holder, (first, *line[:2]), origins)

    def _middleman(self, rng: Random, trap: str) -> Actor:
        city = self.hubs.pick(rng) if rng.random() < 0.5 else self.sources.pick(rng)
        actor = actors.coin(rng, city)
        trade = {"courier": "Express", "marketplace": "Fulfilment"}.get(trap, "")
        trade = trade or one(rng, ("Logistics", "Freight", "Cargo", "Shipping", "Forwarding"))
        return actor._replace(name=actor.name._replace(trade=trade), trap=trap)

    def _locker(self, rng: Random, country: str) -> Actor:
        return actors.coin(rng, one(rng, COUNTRIES[country].cities))._replace(trap="locker")

    def _vessel(self, rng: Random) -> tuple[str, str]:
        title = f"{word('en', rng, 2)[0]} {one(rng, ('Star', 'Express', 'Bridge', 'Glory'))}"
        return title.upper(), numbers.imo(between(rng, 900_000, 989999))

    def _hiding(self, rng: Random) -> str:
        inside = one(rng, ("lining", "double bottom", "tyres", "rolls", "sacks", "toy boxes"))
        return f"{inside} of {one(rng, ('furniture', 'machinery', 'scrap', 'textiles', 'tiles'))}"

    def company(self, rng: Random, city: City, *, shop: bool = False) -> Actor:
        """A firm that nobody has seen before."""
        platform = one(rng, self.platforms) if shop else None
        return actors.coin(rng, city, platform=platform)

    def person(self, rng: Random, city: City) -> Actor:
        """A private person."""
        return actors.coin(rng, city, person=True)


def _shuffled(rng: Random, items: Iterable[T]) -> list[T]:
    copy = list(items)
    rng.shuffle(copy)
    return copy
