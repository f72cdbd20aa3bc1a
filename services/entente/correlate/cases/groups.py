"""Groups of alerts kept up to date: what links fold into, and what is attached to each case.

All of it follows from links, features and model. A group is made anew when a link in its component
changes; an attachment is looked at again when the alert changes, or a case that it could hang on.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from typing import NamedTuple

from entente.correlate.cases.attach import Profile, attachment, profile
from entente.correlate.cases.networking import extended, network_case
from entente.correlate.evidence import Case, Link
from entente.correlate.weigh.features import Features
from entente.correlate.weigh.model import FoldWeights, Model

UNIT = 2
"""Alerts that are attached at once: one, or two that hang together and are no case."""
Enemies = Mapping[str, Set[str]]
"""Whom an alert must not be in one case with."""


class Around(NamedTuple):
    """What attachment goes by."""

    features: Mapping[str, Features]
    model: Model
    near: Callable[[str], Set[str]]
    """Who shares a party, a thing or a word of a name with an alert: only on their cases can it
    hang."""


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


class News(NamedTuple):
    """What has changed."""

    touched: frozenset[str]
    """Alerts that are not where they were, or not what they were; all cases with any of these are
    among"""
    cases: dict[str, Case | None]
    """the cases by the group that makes them; None: it makes none any more."""

    @property
    def found(self) -> list[Case]:
        """The cases among these."""
        return [case for case in self.cases.values() if case]


class Groups:
    """Groups by their first member, and what hangs on them."""

    def __init__(self, weights: FoldWeights) -> None:
        self._weights = weights
        self._groups: dict[str, Group] = {}
        self._of: dict[str, str] = {}
        self._profiles: dict[str, Profile] = {}
        """Of each group that makes a case."""
        self._offers: dict[str, dict[str, Link]] = {}
        """Per lone alert, the link with each case that it could hang on."""
        self._offered: dict[str, set[str]] = {}
        """Per case, the alerts that have an offer of it."""
        self._hung: dict[str, Hung] = {}
        self._on: dict[str, set[str]] = {}
        self._open: set[str] = set()
        """Cases that have changed since alerts were last hung."""
        self._undecided: set[str] = set()
        self._anew: set[str] = set()
        self._touched: set[str] = set()

    def refold(
        self,
        component: Collection[str],
        folded: Iterable[tuple[tuple[str, ...], tuple[Link, ...]]],
        features: Mapping[str, Features],
    ) -> set[str]:
        """Put new groups in the place of those of a component.

        Returns the alerts whose group is not what it was.
        """
        before = {
            gid: self._groups[gid] for gid in {self._of[s] for s in component & self._of.keys()}
        }
        after = {}
        changed = set(component)
        for members, links in folded:
            old = before.get(members[0])
            if old and old.members == members and old.links == links and self._knows(old, features):
                del before[members[0]]
                changed.difference_update(members)
            else:
                after[members[0]] = members, links
        for gid, group in before.items():
            self._close(gid)
            for s in group.members:
                del self._of[s]
            del self._groups[gid]
        for gid, (members, links) in after.items():
            case = network_case(members, links, features, self._weights)
            self._groups[gid] = Group(members, links, case)
            self._of.update(dict.fromkeys(members, gid))
            self._anew.add(gid)
            if case:
                self._profiles[gid] = profile(members, features)
                self._open.add(gid)
        self._touched |= changed
        return changed

    def _knows(self, group: Group, features: Mapping[str, Features]) -> bool:
        """Whether the profile of a case is of the features that its alerts have now."""
        known = self._profiles.get(group.members[0])
        return known is None or all(features[f.subject] is f for f in known.members)

    def _close(self, gid: str) -> None:
        """Take back all that a case has offered."""
        self._anew.add(gid)
        self._undecided |= self._on.get(gid, set())
        for s in self._offered.pop(gid, ()):
            del self._offers[s][gid]
            self._undecided.add(s)
        self._profiles.pop(gid, None)
        self._open.discard(gid)

    def judged(self, subjects: Iterable[str]) -> None:
        """Decide anew where these hang: who may be in one case with them has changed."""
        for s in subjects:
            self._undecided.add(s)
            if s in self._hung:
                self._anew.add(self._hung[s].to)
                self._touched.update(self._hung[s].unit)

    def hang(
        self,
        changed: Collection[str],
        moved: Iterable[tuple[set[str], bool]],
        around: Around,
        enemies: Enemies,
    ) -> None:
        """Attach alerts where they belong now, or nowhere.

        ``changed``: those that are not what they were, or whose group or neighbours are not. Any
        other is only weighed against cases that have changed, or that hold a value whose frequency
        has ``moved``: who has it, and whether these meet under it.
        """
        for s in changed:
            for gid in self._offers.pop(s, ()):
                self._offered[gid].discard(s)
            if s in around.features and self._unit(s):
                for gid in self._cases(around.near(s)):
                    self._offer(s, gid, around)
        for gid in self._open:
            nearby = set[str]().union(*map(around.near, self._groups[gid].members))
            for s in nearby.difference(changed):
                if self._unit(s):
                    self._offer(s, gid, around)
        for holders, meet in moved:
            cases = self._cases(holders) - self._open  # those have been looked at
            for s in holders.difference(changed) if cases else ():
                if self._unit(s):
                    for gid in cases if meet else cases & self._cases(around.near(s)):
                        self._offer(s, gid, around)
        self._undecided.update(changed)
        self._decide(around.features, enemies)
        self._open, self._undecided = set(), set()

    def _cases(self, subjects: Iterable[str]) -> set[str]:
        """The groups that make a case and hold any of these."""
        return {self._of.get(s, "") for s in subjects} & self._profiles.keys()

    def _offer(self, s: str, gid: str, around: Around) -> None:
        if link := attachment(around.features[s], self._profiles[gid], around.model):
            self._offers.setdefault(s, {})[gid] = link
            self._offered.setdefault(gid, set()).add(s)
            self._undecided.add(s)
        elif gid in self._offers.get(s, ()):
            del self._offers[s][gid]
            self._offered[gid].discard(s)
            self._undecided.add(s)

    def _decide(self, features: Mapping[str, Features], enemies: Enemies) -> None:
        units = set()
        for s in self._undecided:
            unit = self._unit(s) if s in features else ()
            if not unit or (s in self._hung and self._hung[s].unit != unit):
                self._take_down(s)
            if unit:
                units.add(unit)
        for unit in units:
            best = self._home(unit, enemies)
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

    def _home(self, unit: tuple[str, ...], enemies: Enemies) -> Hung | None:
        """The best of the offers that these alerts may take."""
        best: Hung | None = None
        for s in unit:
            for gid, link in self._offers.get(s, {}).items():
                members = self._groups[gid].members
                if any(not enemies[x].isdisjoint(members) for x in unit if x in enemies):
                    continue
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

    def news(self, features: Mapping[str, Features], enemies: Enemies) -> News:
        """What has changed since the last call."""
        cases = {gid: self._case(gid, features, enemies) for gid in sorted(self._anew)}
        touched = self._touched.union(*(c.members for c in cases.values() if c))
        self._anew, self._touched = set(), set()
        return News(frozenset(touched), cases)
