"""Networks: alerts that meet under a key, weighed in pairs and folded into cases.

State is the features of each head, an index of keys and the links; never a union of what was once
joined, which could not be undone.
"""

from collections.abc import Collection, Iterable, Iterator

from entente.correlate.counts import Counts, Spread
from entente.correlate.evidence import Case, Evidence, Link
from entente.correlate.features import Features
from entente.correlate.fold import fold
from entente.correlate.groups import Groups
from entente.correlate.keys import FEWEST, breadth, link_keys, weak
from entente.correlate.model import Model, Weights
from entente.correlate.score import score


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
        self._keys: dict[str, frozenset[str]] = {}
        self._index: dict[str, str | set[str]] = {}
        self.links: dict[str, dict[str, Link]] = {}
        self._again: set[str] = set()
        self._loose: set[str] = set()
        self._near: dict[str, set[str]] = {}
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
            for key in self._keys.pop(subject):
                self._leave(key, subject)
            self._unlink(subject)
            self._again.discard(subject)
        if new:
            self.features[subject] = new
            self.counts.change(new, 1)
            keys = self._keys[subject] = link_keys(new)
            for key in keys:
                self._enter(key, subject)
            self._again.add(subject)

    def _enter(self, key: str, subject: str) -> None:
        held = self._index.get(key)
        if held is None:
            self._index[key] = subject
        elif isinstance(held, str):
            self._index[key] = {held, subject}
        else:
            held.add(subject)
            if len(held) == breadth(key, self.model.link.hot) + 1:
                self._again |= held

    def _leave(self, key: str, subject: str) -> None:
        held = self._index[key]
        if isinstance(held, str):
            del self._index[key]
            return
        held.discard(subject)
        if len(held) == breadth(key, self.model.link.hot):
            self._again |= held
        if len(held) == 1:
            self._index[key] = held.pop()

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

    def begin(self, *, whole: bool = False) -> None:
        """Start an epoch: cut the frequencies, and weigh again what they change."""
        self.model, changed, moved = self.counts.cut(
            self._weights, self.model, self._spread, whole=whole
        )
        if changed is None:
            self._again = set(self.features)
            return
        for value in changed:
            self._again.update(self._holders(value))
        for value in moved:
            self._loose.update(self._holders(value))

    def _holders(self, key: str) -> Collection[str]:
        held = self._index.get(key, ())
        return (held,) if isinstance(held, str) else held

    def _spread(self, value: str) -> Spread:
        """How far a value is spread over the alerts that it is a key of."""
        members = [self.features[m] for m in self._holders(value)]
        return Spread(
            len({m.sort for m in members if m.sort}),
            len({m.source for m in members if m.source}),
            len({m.target for m in members if m.target}),
        )

    def match(self) -> None:
        """Weigh again every alert whose keys, neighbours or frequencies have changed."""
        done: dict[str, dict[str, Link]] = {}
        self._loose |= self._again
        for subject in sorted(self._again):
            found = done[subject] = self._weigh(subject, done)
            old = self.links.get(subject, {})
            if found != old:
                self._relink(subject, old, found)
        self._again.clear()

    def _weigh(self, subject: str, done: dict[str, dict[str, Link]]) -> dict[str, Link]:
        """Every link of an alert. ``done``: who was weighed in this round already."""
        mine = self.features[subject]
        met, once = self._meet(subject)
        self._near[subject] = met | once
        met.discard(subject)
        found = {}
        for other in met:
            known = done.get(other)
            if known is None:
                link = score(mine, self.features[other], self.model)
            else:
                link = known.get(subject)
            if link:
                found[other] = link
        return found

    def _meet(self, subject: str) -> tuple[set[str], set[str]]:
        """Whom an alert meets under a key, and whom only under one that is weak."""
        hot, middlemen, index = self.model.link.hot, self.model.middlemen, self._index
        met: set[str] = set()
        once: set[str] = set()
        for key in self._keys[subject]:
            held = index[key]
            if isinstance(held, str):  # most keys are of one alert alone
                continue
            if len(held) > FEWEST and len(held) > breadth(key, hot):
                continue
            if key in middlemen:  # what serves everybody proposes nobody
                continue
            if weak(key):
                met |= once & held
                once |= held
            else:
                met |= held
        return met, once

    def _around(self, subject: str) -> set[str]:
        """Whom an alert meets under any key."""
        known = self._near.get(subject)
        if known is None:
            met, once = self._meet(subject)
            known = self._near[subject] = met | once
        return known

    def _relink(self, subject: str, old: dict[str, Link], found: dict[str, Link]) -> None:
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

    def settle(self) -> tuple[frozenset[str], list[Case]]:
        """What has changed since the last call: alerts, and all cases that any of them is in."""
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
        groups.hang(changed, self._around, self.features, self.model, self._enemies)
        self._dirty, self._loose, self._near = set(), set(), {}

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


def _both_ways(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for a, b in pairs:
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found
