"""Networks: alerts that meet under a key, weighed in pairs and folded into cases.

State is the features of each head, an index of keys and the links; never a union of what was once
joined, which could not be undone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from functools import cache
from itertools import combinations, pairwise

from entente.correlate.cases.fold import fold
from entente.correlate.cases.groups import Around, Groups, News
from entente.correlate.evidence import Case, Evidence, Link
from entente.correlate.weigh.counts import Counts, Cut, Spread
from entente.correlate.weigh.features import Features
from entente.correlate.weigh.index import Holders, Index
from entente.correlate.weigh.keys import link_keys
from entente.correlate.weigh.model import Model, Weights
from entente.correlate.weigh.score import score


class Network:
    """Every alert's features and links, kept up to date change by change.

    At one model the links are a function of the set of features: an alert is weighed against all
    that share a key with it, unless more alerts than the limit share that key.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.model = Model(weights)
        self.counts = Counts()
        self.features: dict[str, Features] = {}
        self._index = Index(weights.link.hot)
        self._others = Holders()
        """Of values that are no keys."""
        self.links: dict[str, dict[str, Link]] = {}
        self._again: set[str] = set()
        """Alerts to be weighed against all whom they meet; and single pairs."""
        self._serving: set[str] = set()
        """Alerts to be weighed against all with whom they share more than circumstances: a value
        of theirs is now of who serves everybody, or is not any more."""
        self._pairs: set[tuple[str, str]] = set()
        self._loose: set[str] = set()
        """Alerts that may hang elsewhere now; and whose values count for more or less in that,
        and whether they meet under the value."""
        self._moved: list[tuple[set[str], bool]] = []
        self._groups = Groups(weights.fold)
        self._dirty: set[str] = set()
        self.apart: frozenset[tuple[str, str]] = frozenset()
        self.together: frozenset[tuple[str, str]] = frozenset()
        self._friends: dict[str, set[str]] = {}
        self._enemies: dict[str, set[str]] = {}

    def judge(
        self,
        *,
        apart: frozenset[tuple[str, str]] = frozenset(),
        together: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        """Fold from now on by these pairs of subjects, each sorted, in the place of those before.

        ``apart``: not the same actor. ``together``: the same; what is apart is stronger. A pair of
        which an alert is not held, or not any more, waits until it is.
        """
        for pair in (apart ^ self.apart) | (together ^ self.together):
            self._dirty.update(pair)
            self._groups.judged(pair)
        self.apart, self.together = apart, together
        self._friends, self._enemies = _both_ways(together), _both_ways(apart)

    def change(self, subject: str, new: Features | None) -> None:
        """Put ``new`` in the place of what was held of a subject."""
        old = self.features.pop(subject, None)
        self._dirty |= {subject, *self._friends.get(subject, ())}
        if old:
            self.counts.change(old, -1)
            keys = link_keys(old)
            self._others.drop(subject, _others(old, keys))
            for posting in self._index.drop(subject, keys):
                self._loose |= posting.subjects
                self._pairs.update(combinations(sorted(posting.subjects), 2))
            self._unlink(subject)
            self._again.discard(subject)
            self._serving.discard(subject)
        if new:
            self.features[subject] = new
            self.counts.change(new, 1)
            keys = link_keys(new)
            self._others.add(subject, _others(new, keys))
            for posting in self._index.add(subject, keys):
                self._loose |= posting.subjects
                self._pairs.update(self._linked(posting.subjects))
            self._again.add(subject)

    def _linked(self, subjects: Set[str]) -> Iterator[tuple[str, str]]:
        """Those pairs of some alerts that have a link."""
        for one in subjects:
            for other in self.links.get(one, _NONE).keys() & subjects:
                if one < other:
                    yield one, other

    def _unlink(self, subject: str) -> None:
        for other in self.links.pop(subject, ()):
            links = self.links[other]
            del links[subject]
            if not links:
                del self.links[other]
            self._dirty.add(other)
        self._dirty.add(subject)

    def serve(self, values: frozenset[str]) -> frozenset[str]:
        """Take these values, from the next epoch on, for those of who serves everybody, in the
        place of those before; returns those that have changed."""
        return self.counts.serve(values)

    def begin(self, *, whole: bool = False) -> Cut:
        """Start an epoch: cut the frequencies, and weigh again what they change."""
        cut = self.counts.cut(self._weights, self.model, self._spread, whole=whole)
        self.model = cut.model
        self._index.serve(cut.served, cut.model.middlemen)
        if cut.whole:
            self._again = set(self.features)
            self._serving.clear()
            return cut
        for value in cut.served:
            self._serving.update(self._holders(value))
        for value in cut.moved:
            self._reweigh(value, pairs=value not in cut.worthless)
        return cut

    def _reweigh(self, value: str, *, pairs: bool) -> None:
        """Weigh again the ``pairs`` that share a value, and what it may attach to cases."""
        holders = {s for s in self._holders(value) if value in self.features[s].ids}
        if len(holders) < 2:
            return
        meet = self._index.opens(value)
        if pairs and meet:
            self._pairs.update(combinations(sorted(holders), 2))
        elif pairs:
            for one in holders:
                met = self._index.meet(one) & holders
                self._pairs.update((one, other) for other in met if one < other)
        if value not in self.model.middlemen:
            self._moved.append((holders, meet))

    def _holders(self, value: str) -> Collection[str]:
        return self._index.of(value) or self._others.of(value)

    def _spread(self, value: str) -> Spread:
        """How far a value is spread over the alerts that it is a key of."""
        members = [self.features[m] for m in self._index.of(value)]
        return Spread(
            len({m.sort for m in members if m.sort}),
            len({m.source for m in members if m.source}),
            len({m.target for m in members if m.target}),
            _occasions(members),
        )

    def match(self) -> None:
        """Weigh again every alert and pair whose keys, neighbours or frequencies have changed."""
        done: dict[str, dict[str, Link]] = {}
        for subject in sorted(self._again | self._serving):
            old = self.links.get(subject, _NONE)
            found = done[subject] = self._weigh(subject, old, done)
            if found != old:
                self._relink(subject, old, found)
        known = self.features
        for one, other in self._pairs:
            if one in known and other in known and not (one in done or other in done):
                meet = self._index.meets(one, other)
                link = score(known[one], known[other], self.model) if meet else None
                if link != self.links.get(one, _NONE).get(other):
                    self._link(one, other, link)
        self._loose |= self._again
        self._loose |= self._serving
        self._again, self._pairs, self._serving = set(), set(), set()

    def _weigh(
        self, subject: str, old: Mapping[str, Link], done: dict[str, dict[str, Link]]
    ) -> dict[str, Link]:
        """Every link of an alert, which had the ``old`` ones. ``done``: who was weighed in this
        round already."""
        mine = self.features[subject]
        met = self._index.meet(subject)
        met.discard(subject)
        kept = met - self._again if subject not in self._again else ()
        found = {}
        for other in met:
            known = done.get(other)
            if known is not None:
                link = known.get(subject)
            elif (
                other in kept
                and _strangers(mine, self.features[other])
                and (min(subject, other), max(subject, other)) not in self._pairs
            ):
                link = old.get(other)
            else:
                link = score(mine, self.features[other], self.model)
            if link:
                found[other] = link
        return found

    def _link(self, one: str, other: str, link: Link | None) -> None:
        """Put a link, or none, in the place of what was between two alerts."""
        for a, b in ((one, other), (other, one)):
            if link:
                self.links.setdefault(a, {})[b] = link
            else:
                del self.links[a][b]
                if not self.links[a]:
                    del self.links[a]
        self._dirty.update((one, other))

    def _relink(self, subject: str, old: Mapping[str, Link], found: dict[str, Link]) -> None:
        for other in old.keys() - found.keys():
            del self.links[other][subject]
            if not self.links[other]:
                del self.links[other]
            self._dirty.add(other)
        for other, link in found.items():
            if old.get(other) != link:
                self.links.setdefault(other, {})[subject] = link
                self._dirty.add(other)
        if found:
            self.links[subject] = found
        else:
            self.links.pop(subject, None)
        self._dirty.add(subject)

    def settle(self) -> News:
        """What has changed since the last call."""
        self._update()
        return self._groups.news(self.features, self._enemies)

    def all_cases(self) -> list[Case]:
        """Every case there is."""
        self._update()
        return self._groups.all_cases(self.features, self._enemies)

    def _update(self) -> None:
        """Fold what has changed, then look where alerts without a case belong."""
        self.match()
        groups, done, changed = self._groups, set[str](), self._loose
        for subject in self._dirty:
            if subject not in done:
                component = self._component(subject)
                done |= component
                changed |= groups.refold(component, self._fold(component), self.features)
        around = Around(self.features, self.model, cache(self._index.near))
        groups.hang(changed, self._moved, around, self._enemies)
        self._dirty, self._loose, self._moved = set(), set(), []

    def _component(self, start: str) -> frozenset[str]:
        seen, waiting = {start}, [start]
        while waiting:
            at = waiting.pop()
            for other in (*self.links.get(at, ()), *self._held_friends(at)):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return frozenset(seen)

    def _held_friends(self, subject: str) -> Iterator[str]:
        if subject in self.features:
            yield from (s for s in self._friends.get(subject, ()) if s in self.features)

    def _fold(self, component: Collection[str]) -> list[tuple[tuple[str, ...], tuple[Link, ...]]]:
        """The groups among alerts that neither a link nor a judgement leads out of."""
        links = []
        together = set()
        for s in component:
            links += [link for other, link in self.links.get(s, {}).items() if s < other]
            together |= {(s, other) for other in self._held_friends(s) if s < other}
        links += [self._judged(*p) for p in together if p[1] not in self.links.get(p[0], {})]
        if not links:
            return []
        return fold(links, self._weights.fold, self.apart, frozenset(together))

    def _judged(self, a: str, b: str) -> Link:
        """A link that nothing but a judgement speaks for."""
        bits = self._weights.fold.judged
        return Link(a, b, bits, (Evidence("judged", bits),))


def _occasions(members: Iterable[Features]) -> int:
    """How often alerts were made: those of one administration within two days count once, for
    that is how long it takes to empty a container."""
    ordered = sorted((m.issuer, m.day) for m in members)
    return len(ordered[:1]) + sum(
        one[0] != other[0] or other[1] - one[1] > 2 for one, other in pairwise(ordered)
    )


_NONE: Mapping[str, Link] = {}


def _strangers(one: Features, other: Features) -> bool:
    """Whether two alerts share no value and no word of a name: who serves everybody makes no
    difference to what they do share."""
    return one.owner.keys().isdisjoint(other.owner) and one.skeletons.isdisjoint(other.skeletons)


def _others(of: Features, keys: frozenset[str]) -> set[str]:
    """The values of an alert that are no keys."""
    return set(of.ids).union(*(actor.values for actor in of.actors)) - keys


def _both_ways(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for a, b in pairs:
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found
