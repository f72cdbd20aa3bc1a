"""What is planted where: networks and decoys of a world, and the tricks that all actors know."""

from dataclasses import dataclass, replace
from random import Random

from entente.exercise import decoys, networks
from entente.exercise.chance import below, between
from entente.exercise.draft import Draft
from entente.exercise.site import Plan, Site
from entente.exercise.world import World


@dataclass(frozen=True)
class Planted:
    """A plan with its id and what was done to it."""

    id: str
    plan: Plan
    start: int
    decoy: bool
    errors: dict[int, Draft]
    """By position in the plan: the draft as a careless clerk first reported it."""
    corrected: frozenset[int]
    """Which of these errors are put right later."""
    bridges: tuple[tuple[int, str], ...] = ()
    """Position, and the id of the network that the wrong data points to."""


def starts(world: World) -> list[tuple[int, str, int]]:
    """First day, kind and number of everything planted, in order of days."""
    rng = world.spec.rng("starts")
    days = world.spec.days
    result = []
    for number in range(world.spec.networks):
        result.append((between(rng, 0, days - 45 - 1), "network", number))
    for kind, (rate, _) in enumerate(decoys.GENERATORS):
        for number in range(round(rate * world.spec.alerts)):
            result.append((between(rng, 0, days - 20 - 1), f"decoy{kind}", number))
    return sorted(result)


def _bare(world: World, number: int, start: int) -> Plan:
    """A network before anybody erred."""
    rng = world.spec.rng("network", number)
    names = world.style.patterns
    order = list(names)
    world.spec.rng("patterns", number // len(names)).shuffle(order)
    plan = networks.GENERATORS[order[number % len(names)]](Site(world, rng, start))
    _sleep(plan, rng, world)
    return plan


def _sleep(plan: Plan, rng: Random, world: World) -> None:
    """Some networks lie low and come back months later, by the same telephone."""
    if plan.patterns[0] in ("P03", "P04", "P17", "P19") or rng.random() > 0.35:
        return
    for draft in plan.drafts[-1 - (len(plan.drafts) > 5) :]:
        draft.day = min(world.spec.days - 1, draft.day + between(rng, 60, 240))


def planted_network(world: World, number: int, start: int, neighbour: tuple[int, int]) -> Planted:
    """A network; in one of eight a clerk has copied a neighbour's data into one report."""
    plan = _bare(world, number, start)
    rng = world.spec.rng("errors", number)
    errors: dict[int, Draft] = {}
    corrected: frozenset[int] = frozenset()
    bridges: tuple[tuple[int, str], ...] = ()
    if neighbour[0] != number and rng.random() < 0.125:
        source = networks.principal(_bare(world, *neighbour))
        at = below(rng, len(plan.drafts))
        true = plan.drafts[at]
        if source and true.consignor:
            wrong = copy(true)
            wrong.consignor = true.consignor._replace(phones=source.phones[:1], place=source.place)
            errors[at], bridges = wrong, ((at, network_id(neighbour[0])),)
            corrected = frozenset({at} if rng.random() < 0.5 else ())
    return Planted(network_id(number), plan, start, False, errors, corrected, bridges)


def planted_decoy(world: World, kind: str, number: int, start: int) -> Planted:
    """A decoy."""
    rng = world.spec.rng(kind, number)
    plan = decoys.GENERATORS[int(kind.removeprefix("decoy"))][1](Site(world, rng, start))
    return Planted(f"{kind}-{number}", plan, start, True, {}, frozenset())


def network_id(number: int) -> str:
    """``N001`` and so on."""
    return f"N{number + 1:03d}"


def copy(draft: Draft) -> Draft:
    """The draft again, to be changed: its parts are never changed in place."""
    return replace(draft)


def everything(world: World) -> list[tuple[int, str, int, tuple[int, int]]]:
    """All starts with each network's neighbour in time: (start, kind, number, (number, start))."""
    order = starts(world)
    before: tuple[int, int] | None = None
    result = []
    for start, kind, number in order:
        here = (number, start)
        if kind == "network":
            result.append((start, kind, number, before or here))
            before = here
        else:
            result.append((start, kind, number, here))
    return result


def planted(world: World, entry: tuple[int, str, int, tuple[int, int]]) -> Planted:
    """What one entry of ``everything`` plants."""
    start, kind, number, neighbour = entry
    if kind == "network":
        return planted_network(world, number, start, neighbour)
    return planted_decoy(world, kind, number, start)
