"""Groups of alerts kept up to date: what links fold into, and what is attached to each case.

All of it follows from links, features and model. A group is made anew when a link in its component
changes; an attachment is looked at again when the alert changes, or a case that it could hang on.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from typing import NamedTuple

from entente.correlate.attach import Profile, attachment, profile
from entente.correlate.evidence import Case, Link
from entente.correlate.features import Features
from entente.correlate.model import FoldWeights, Model
from entente.correlate.networking import extended, network_case

UNIT = 2
"""Alerts that are attached at once: one, or two that hang together and are no case."""
Enemies = Mapping[str, Set[str]]
"""Whom an alert must not be in one case with."""


class Group(NamedTuple):
    """Alerts that hold together by links, and the case that they make, if they make one."""

    members: tuple[str, ...]
    links: tuple[Link, ...]
    case: Case | None


class Hung(NamedTuple):
    """Alerts attached to a group, and the link that they hang by."""

    link: Link
    to: str
    unit: tuple[str, ...]

    @property
    def rank(self) -> tuple[float, str, str, str]:
        """The strongest first, ties by ids."""
        return -self.link.bits, self.to, self.link.a, self.link.b


class Groups:
    """Groups by their first member, and what hangs on them."""

    def __init__(self, weights: FoldWeights) -> None:
        self._weights = weights
        self._groups: dict[str, Group] = {}
        self._of: dict[str, str] = {}
        self._profiles: dict[str, Profile] = {}
        """Of each group that makes a case."""
        self._hung: dict[str, Hung] = {}
        self._on: dict[str, set[str]] = {}
        self._anew: set[str] = set()
        self._touched: set[str] = set()

    def refold(
        self,
        component: Collection[str],
        folded: Iterable[tuple[tuple[str, ...], tuple[Link, ...]]],
        features: Mapping[str, Features],
    ) -> set[str]:
        """Put new groups in the place of those of a component.

        Returns the alerts that hang on them.
        """
        self._touched.update(component)
        loose: set[str] = set()
        for gid in {self._of[s] for s in component if s in self._of}:
            loose |= self._on.get(gid, set())
            for s in self._groups.pop(gid).members:
                del self._of[s]
            self._profiles.pop(gid, None)
            self._anew.add(gid)
        for members, links in folded:
            gid = members[0]
            case = network_case(members, links, features, self._weights)
            self._groups[gid] = Group(members, links, case)
            self._of.update(dict.fromkeys(members, gid))
            self._anew.add(gid)
            if case:
                self._profiles[gid] = profile(members, features)
        return loose

    def fellows(self, subjects: Iterable[str]) -> set[str]:
        """All alerts of every case that links make of any of these."""
        gids = {self._of[s] for s in subjects if s in self._of}
        return {s for gid in gids & self._profiles.keys() for s in self._groups[gid].members}

    def hang(
        self,
        subjects: Iterable[str],
        near: Callable[[str], Iterable[str]],
        features: Mapping[str, Features],
        model: Model,
        enemies: Enemies,
    ) -> None:
        """Attach each of these alerts where it belongs now, or nowhere.

        ``near`` tells whom an alert meets under a key.
        """
        units = set()
        for s in subjects:
            unit = self._unit(s) if s in features else ()
            if not unit or (s in self._hung and self._hung[s].unit != unit):
                self._take_down(s)
            if unit:
                units.add(unit)
        for unit in units:
            best = self._home(unit, near, features, model, enemies)
            old = self._hung.get(unit[0])
            if best == old:
                if old and not self._touched.isdisjoint(unit):
                    self._anew.add(old.to)
                continue
            self._take_down(unit[0])
            if best:
                self._hung.update(dict.fromkeys(unit, best))
                self._on.setdefault(best.to, set()).update(unit)
                self._anew.add(best.to)

    def _unit(self, subject: str) -> tuple[str, ...]:
        gid = self._of.get(subject)
        if gid is None:
            return (subject,)
        group = self._groups[gid]
        return () if group.case or len(group.members) > UNIT else group.members

    def _take_down(self, subject: str) -> None:
        old = self._hung.get(subject)
        if old:
            for s in old.unit:
                self._hung.pop(s, None)
            self._on[old.to].difference_update(old.unit)
            self._anew.add(old.to)
            self._touched.update(old.unit)

    def _home(
        self,
        unit: tuple[str, ...],
        near: Callable[[str], Iterable[str]],
        features: Mapping[str, Features],
        model: Model,
        enemies: Enemies,
    ) -> Hung | None:
        best: Hung | None = None
        for s in unit:
            for gid in {self._of.get(t, "") for t in near(s)} & self._profiles.keys():
                members = self._groups[gid].members
                if any(not enemies[x].isdisjoint(members) for x in unit if x in enemies):
                    continue
                link = attachment(features[s], self._profiles[gid], model)
                if link:
                    found = Hung(link, gid, unit)
                    if best is None or found.rank < best.rank:
                        best = found
        return best

    def _case(self, gid: str, features: Mapping[str, Features], enemies: Enemies) -> Case | None:
        """The case of a group with all that hangs on it and may be in one case with the rest."""
        group = self._groups.get(gid)
        if group is None or group.case is None:
            return None
        members, links = set(group.members), list(group.links)
        hanging = {self._hung[s] for s in self._on.get(gid, ())}
        for hung in sorted(hanging, key=lambda h: h.rank):
            if all(members.isdisjoint(enemies.get(s, ())) for s in hung.unit):
                members.update(hung.unit)
                links.append(hung.link)
                own = self._of.get(hung.unit[0])
                links += self._groups[own].links if own else ()
        return extended(group.case, members, links, features) if hanging else group.case

    def all_cases(self, features: Mapping[str, Features], enemies: Enemies) -> list[Case]:
        """Every case there is."""
        found = (self._case(gid, features, enemies) for gid in self._profiles)
        return sorted((c for c in found if c), key=lambda c: c.members)

    def news(
        self, features: Mapping[str, Features], enemies: Enemies
    ) -> tuple[frozenset[str], list[Case]]:
        """What has changed since the last call: alerts, and all cases that any of them is in."""
        found = [c for gid in sorted(self._anew) if (c := self._case(gid, features, enemies))]
        touched = self._touched.union(*(c.members for c in found))
        self._anew, self._touched = set(), set()
        return frozenset(touched), found
