"""What is true of a world: its networks, what each version of each alert shows of them, traps."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from entente.exercise.disorder import Message
from entente.exercise.plant import Planted, everything, planted
from entente.exercise.stream import planted_messages
from entente.exercise.world import World

Ties = dict[str, str]
"""Value behind all spellings, to how it is written in that version."""


class Member(msgspec.Struct):
    """An alert of a network: by version, the values that tie it to the others. A withdrawal has
    none and says so by null."""

    issuer: str
    versions: dict[int, Ties | None]


class Network(msgspec.Struct):
    """A planted network. An alert belongs to one network at most."""

    id: str
    patterns: list[str]
    story: str
    silent: list[str]
    alerts: dict[str, Member]


class Decoy(msgspec.Struct):
    """What looks like a network and is none."""

    id: str
    kind: str
    story: str
    alerts: list[str]


class Bridge(msgspec.Struct):
    """A report whose wrong data points to another network."""

    alert: str
    networks: tuple[str, str]
    corrected: bool


class Truth(msgspec.Struct):
    """The truth of one world."""

    seed: int
    style: str
    networks: list[Network]
    decoys: list[Decoy]
    bridges: list[Bridge]
    traps: dict[str, list[str]]
    """By kind (forwarder, courier, marketplace, locker): values that tie nothing together."""


def truth(world: World) -> Truth:
    """The truth of a world, without making its stream."""
    shared = trap_values(world)
    result = Truth(world.spec.seed, world.spec.style, [], [], [], shared)
    ignored = {value for values in shared.values() for value in values}
    for entry in everything(world):
        what = planted(world, entry)
        told = planted_messages(world, what)
        if what.decoy:
            plan = what.plan
            subjects = sorted({m.subject for group in told for m in group})
            result.decoys.append(Decoy(what.id, plan.patterns[0], plan.story, subjects))
            continue
        result.networks.append(_network(what, told, ignored))
        for at, other in what.bridges:
            subject = told[at][0].subject
            result.bridges.append(Bridge(subject, (what.id, other), at in what.corrected))
    result.networks.sort(key=lambda network: network.id)
    return result


def _network(what: Planted, told: list[list[Message]], ignored: set[str]) -> Network:
    flat = [message for group in told for message in group]
    holders: Counter[str] = Counter()
    by_subject: dict[str, set[str]] = {}
    for message in flat:
        by_subject.setdefault(message.subject, set()).update(message.seen or ())
    for values in by_subject.values():
        holders.update(sorted(values))
    ties = {value for value, count in holders.items() if count > 1 and value not in ignored}
    members: dict[str, Member] = {}
    for message in flat:
        member = members.setdefault(message.subject, Member(message.issuer, {}))
        seen = message.seen
        member.versions[message.version] = (
            None if seen is None else {k: v for k, v in seen.items() if k in ties}
        )
    plan = what.plan
    return Network(what.id, list(plan.patterns), plan.story, list(plan.silent), members)


def trap_values(world: World) -> dict[str, list[str]]:
    """Names, telephones, mailboxes and addresses of middlemen and lockers."""
    values: dict[str, list[str]] = {}
    lockers = [a for code in sorted(world.lockers) for a in world.lockers[code].items]
    for actor in (*world.forwarders, *world.couriers, *world.marketplaces, *lockers):
        here = values.setdefault(actor.trap, [])
        here.append(f"address:{actor.place.key}")
        if actor.trap != "locker":
            here.append(f"name:{actor.name.key}")
            here.extend(f"phone:{phone}" for phone in actor.phones)
            here.extend(f"email:{mail}" for mail in actor.emails)
    return values


def visible(network: Network, heads: Mapping[str, int]) -> frozenset[str]:
    """The alerts that can be known to belong together from these heads (subject to version).

    The largest set of alerts that hang together by ties in their current versions; ties between
    equally large sets go to the one with the smallest subject. Alerts not in ``heads`` are not in
    hand.
    """
    groups = components(
        (subject, ties)
        for subject, member in network.alerts.items()
        if subject in heads and (ties := member.versions.get(heads[subject]))
    )
    return max(groups, key=lambda g: (len(g), [-ord(c) for c in min(g)]), default=frozenset())


def components(items: Iterable[tuple[str, Iterable[str]]]) -> list[frozenset[str]]:
    """Subjects joined by equal values, transitively."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    first: dict[str, str] = {}
    for subject, values in items:
        parent.setdefault(subject, subject)
        for value in values:
            other = first.setdefault(value, subject)
            parent[root(subject)] = root(other)
    groups: dict[str, set[str]] = {}
    for subject in parent:
        groups.setdefault(root(subject), set()).add(subject)
    return [frozenset(group) for group in groups.values()]
