"""What the generators of networks and decoys share: a place in time, administrations, actors."""

from dataclasses import dataclass, field
from random import Random

from entente.exercise import actors
from entente.exercise.actors import Actor
from entente.exercise.background import consignment
from entente.exercise.chance import between, one
from entente.exercise.cultures import word
from entente.exercise.draft import Brand, Draft
from entente.exercise.goods import BRANDED, Product
from entente.exercise.places import COUNTRIES, City
from entente.exercise.world import World

_IN_PARTS = ("shoes", "watches", "phones", "perfume", "clothes", "bags", "medicine")
"""Lines of goods whose labels, packages or parts travel apart."""


@dataclass(frozen=True)
class Plan:
    """Planted consignments and what is true of them."""

    drafts: tuple[Draft, ...]
    patterns: tuple[str, ...]
    """Patterns of ``domain.md`` section 5; for a decoy, its kind."""
    story: str
    silent: tuple[str, ...] = ()
    """Administrations on the route that saw nothing or said nothing."""


@dataclass
class Site:
    """Where and when something is planted, with its own random numbers."""

    world: World
    rng: Random
    start: int
    """First possible day."""
    last: int = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.world.spec.days - 1

    def city(self) -> City:
        """A place that goods come from."""
        return self.world.sources.pick(self.rng)

    def codes(self, count: int, *, but: str = "") -> list[str]:
        """Different administrations, not that of ``but``; the keen ones see more."""
        chosen: list[str] = []
        while len(chosen) < min(count, len(self.world.issuers) - 1):
            keen = self.rng.random() < 0.35
            issuer = self.world.issuer(self.rng) if keen else one(self.rng, self.world.issuers)
            if issuer.code not in chosen and issuer.code != but:
                chosen.append(issuer.code)
        return chosen

    def heard(self, codes: list[str], days: list[int]) -> list[tuple[str, int]]:
        """Who stops something on which day: by chance, but two administrations at least."""
        return [(codes[k] if k < 2 else one(self.rng, codes), day) for k, day in enumerate(days)]

    def size(self, low: int, high: int) -> int:
        """How many alerts: middling networks are commonest."""
        return (between(self.rng, low, high) + between(self.rng, low, high) + 1) // 2

    def actor(self, city: City, *, person: bool = False, shop: bool = False) -> Actor:
        """Somebody who knows the rules: two telephones, two mailboxes."""
        platform = one(self.rng, self.world.platforms) if shop else None
        base = actors.coin(self.rng, city, person=person, platform=platform)
        return base._replace(
            phones=(*base.phones, actors.phone(self.rng, city.country)),
            emails=(*base.emails, actors.email(self.rng, base.name)),
        )

    def front(self, actor: Actor) -> Actor:
        """The same people under the name of another firm: they keep telephone or address."""
        rng = self.rng
        culture = COUNTRIES[actor.place.city.country].culture
        called = actors.name(rng, culture, person=actor.name.person)
        other = actor._replace(name=called, emails=(actors.email(rng, called),), tax_id=None)
        roll = rng.random()
        if roll < 0.4:
            return other._replace(place=actors.place(rng, actor.place.city))
        if roll < 0.6:
            return other._replace(
                phones=(*actor.phones[:1], actors.phone(rng, actor.place.city.country))
            )
        return other

    def some_front(self, actor: Actor, chance: float) -> Actor:
        """The actor, or at times a front of it."""
        return self.front(actor) if self.rng.random() < chance else actor

    def brand(self) -> Brand:
        """A brand of the world, seldom one of the great ones."""
        return one(self.rng, self.world.brands.items[len(self.world.brands) // 4 :])

    def new_brand(self, origin: City) -> Brand:
        """A brand that nobody else forges."""
        first = one(self.rng, [p for p in BRANDED if p.line in _IN_PARTS])
        label = word("en", self.rng, 3)[0]
        line = tuple(p for p in BRANDED if p.line == first.line)
        return Brand(label, f"{label} SA", line, (origin,))

    def days(self, count: int, span: int) -> list[int]:
        """Days of events within a span from the start, in order."""
        span = min(span, self.last - self.start)
        return sorted(self.start + between(self.rng, 0, max(0, span)) for _ in range(count))

    def stop(
        self,
        code: str,
        day: int,
        *,
        brand: Brand | None = None,
        product: Product | None = None,
        origin: City | None = None,
        mode: str | None = None,
    ) -> Draft:
        """An ordinary consignment stopped by ``code``, with what is asked for in its place."""
        world, rng = self.world, self.rng
        draft = consignment(world, rng, min(day, self.last), world.by_code[code], mode)
        draft.craft = world.style.craft
        if origin:
            if draft.departure == draft.origin:
                draft.departure = origin
            draft.origin = origin
            if draft.consignor and not draft.consignor.trap:
                draft.consignor = world.company(rng, origin)
        if brand:
            draft.brand = brand
            draft.product = one(rng, brand.products)
        if product:
            draft.product = product
            if product.group in ("drugs", "wildlife", "cash"):
                draft.brand = None
        return draft
