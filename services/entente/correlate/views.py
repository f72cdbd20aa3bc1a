"""One engine for each set of alerts that some readers may see: what they hear follows from these.

Most alerts are for everybody. All of those, and nothing else, make the *base*, and everybody hears
what follows from it. An alert for some makes a *view* for them: an engine of its own, which knows
what is for everybody and what is for these; and if somebody is in two such audiences, a view for
who is in both. A view says only cases that hold an alert of each of its audiences, to those who are
in all of them: smaller views have said the others. So a reader hears the base and the views it is
in, and each of these is a function of alerts that it may see. Counts, bits, epochs and ids are of
that view alone.

The price is one more engine, with the alerts for everybody in it once more, for each view: memory
and time grow with their number, which is bounded by ``LIMIT``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import NamedTuple

import msgspec
import structlog

from entente.alert.proposal import Proposal
from entente.correlate.audiences import Signature, common, hears, limited, signatures
from entente.correlate.describe import with_changes, withdraw
from entente.correlate.engine import Engine
from entente.correlate.features import Features, features
from entente.correlate.head import Head, supersedes
from entente.correlate.rulings import Ruled, Rulings, rulings
from entente.trust.administration import Administration
from entente.wire.statement import Audience

LIMIT = 8
"""Views besides the base. What is for further audiences only is not correlated, with a warning."""
_log = structlog.get_logger(__name__)


class Told(NamedTuple):
    """A version of a proposal, to be said to whom its releasability names."""

    view: Signature
    version: int
    proposal: Proposal


class Kept:
    """The alerts of one audience: of each subject its highest version."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        self.founded: set[str] = set()
        """Subjects with a withdrawal that withdraws something which this audience was told."""

    def take(self, head: Head) -> bool:
        """Keep a version; False if that changes nothing."""
        old = self.heads.get(head.subject)
        newer = supersedes(head, old)
        low, high = (old, head) if newer else (head, old)
        founds = (
            low is not None
            and low.change != "WITHDRAWAL"
            and high is not None
            and high.change == "WITHDRAWAL"
            and head.subject not in self.founded
        )
        if founds:
            self.founded.add(head.subject)
        if newer:
            self.heads[head.subject] = head
        return newer or founds


class View:
    """An engine, the alerts that it has to be given yet, and what it has said."""

    def __init__(self, signature: Signature, engine: Engine) -> None:
        self.signature = signature
        self.engine = engine
        self.said: dict[str, tuple[int, Proposal]] = {}
        self.news = 0
        """Versions of alerts since it settled, and changes of what coordinators want."""
        self.backlog: list[str] = []
        """Subjects that it has to be given first: it was opened after they came."""
        self._rulings = Rulings()

    def obey(self, decided: Iterable[Ruled], readers: Collection[Administration]) -> None:
        """Obey the decisions that all who hear this view are told of."""
        found = rulings(
            one for one in decided if hears(one.audience, one.coordinator, self.signature, readers)
        )
        if found != self._rulings:
            self._rulings = found
            self.engine.decide(found)
            self.news += 1

    def tell(self, shows: Callable[[Proposal], bool], audience: Audience) -> Iterator[Told]:
        """Begin an epoch, and say what there is to say."""
        self.engine.begin()
        self.news = 0
        found = [proposal for _, proposal in self.engine.settle()]
        shown = [shows(proposal) for proposal in found]
        known = self.said.keys() | {p.case for p, yes in zip(found, shown, strict=True) if yes}
        for proposal, yes in zip(found, shown, strict=True):
            version, last = self.said.get(proposal.case, (0, None))
            if yes:
                now = with_changes(msgspec.structs.replace(proposal, changes=None), last)
            elif last is not None and last.status == "open":
                heir = proposal.heir if proposal.heir in known else None
                now = withdraw(last, heir, proposal.basis)
            else:
                continue
            now = _for(now, audience) if self.signature else now
            self.said[now.case] = (version + 1, now)
            yield Told(self.signature, version + 1, now)


class Views:
    """All views over one stream of alerts, at most ``limit`` besides the base. ``make`` gives an
    engine for a salt.

    ``apply`` each version of an alert, ``decide``, ``grow`` until nothing is left to do, then
    ``settle`` what is ``due``.
    """

    def __init__(self, make: Callable[[str], Engine], limit: int = LIMIT) -> None:
        self._make = make
        self._limit = limit
        self._kept: dict[Audience | None, Kept] = {None: Kept()}
        self._views: dict[Signature, View] = {(): View((), make(""))}
        self._grown: object = None
        self._decided: Collection[Ruled] = ()
        self._told: tuple[Administration, ...] = ()

    def restore(self, said: Iterable[Told]) -> None:
        """Take up where another run left off, by the last version of each proposal it said."""
        for one in said:
            self._open(one.view).said[one.proposal.case] = (one.version, one.proposal)
        for view in self._views.values():
            view.engine.restore(view.said.values())
            view.news = len(view.said)  # what is not found again has to be withdrawn

    def holds(self, subject: str, version: int) -> bool:
        """Whether this is the highest version of an alert for any audience."""
        heads = (kept.heads.get(subject) for kept in self._kept.values())
        return any(head is not None and head.version == version for head in heads)

    def apply(self, head: Head, members: Mapping[str, Administration]) -> None:
        """Take one version of an alert. ``members``: of the network, by id."""
        audience = limited(head, members)
        if not self._kept.setdefault(audience, Kept()).take(head):
            return
        known: tuple[Head, Features | None] | None = None
        for view in self._views.values():
            if audience is not None and audience not in view.signature:
                continue
            _, top = self._top(view.signature, head.subject)
            if top is not None:
                if known is None or known[0] is not top:
                    known = top, features(top)
                view.news += view.engine.apply(*known)

    def decide(self, decided: Collection[Ruled], readers: tuple[Administration, ...]) -> None:
        """Obey these decisions in the place of those before, each where all who hear know of it."""
        self._decided, self._told = decided, readers
        for view in self._views.values():
            view.obey(decided, readers)

    def grow(self, readers: tuple[Administration, ...], portion: int) -> int:
        """Open the views that have become due, and give them at most ``portion`` of the alerts that
        came before; how many. 0: none was waiting."""
        state = (len(self._kept), readers)
        if self._grown != state:
            self._grown = state
            self._open_due(readers)
        done = 0
        for view in self._views.values():
            while view.backlog and done < portion:
                done += 1
                _, top = self._top(view.signature, view.backlog.pop())
                view.news += top is not None and view.engine.apply(top)
        return done

    @property
    def news(self) -> int:
        """The most versions of alerts that any view has been given since it settled."""
        return max(view.news for view in self._views.values())

    def due(self, readers: tuple[Administration, ...], least: int = 1) -> list[Signature]:
        """The views that have at least so much news, in the order in which they settle.

        When a view settles depends on what it was given and on nothing else.
        """
        return [
            signature
            for signature in sorted(self._views, key=_order)
            if self._views[signature].news >= least
            and not self._views[signature].backlog
            and common(signature, readers) is not None
        ]

    def settle(
        self, readers: tuple[Administration, ...], due: Iterable[Signature]
    ) -> Iterator[Told]:
        """What readers have to hear from these views."""
        for signature in due:
            audience = common(signature, readers)
            if audience is not None:
                shows = partial(self._shows, signature)
                yield from self._views[signature].tell(shows, audience)

    def _open(self, signature: Signature) -> View:
        if signature not in self._views:
            view = self._views[signature] = View(signature, self._make(_salt(signature)))
            kept = [self._kept[one].heads for one in (None, *signature) if one in self._kept]
            view.backlog = sorted(set(chain.from_iterable(kept)), reverse=True)
            view.obey(self._decided, self._told)
        return self._views[signature]

    def _open_due(self, readers: tuple[Administration, ...]) -> None:
        held = [one for one in self._kept if one is not None]
        for signature in signatures(held, readers):
            if signature in self._views:
                continue
            if len(self._views) > self._limit:
                _log.warning(
                    "too many audiences: alerts for some of them are not correlated together",
                    audiences=len(held), views=self._limit, first=_salt(signature),
                    advice="Limit alerts to regions, or to the same members each time.",
                )  # fmt: skip
                return
            self._open(signature)
            _log.info("a view for a limited audience", audience=_salt(signature))

    def _top(self, signature: Signature, subject: str) -> tuple[Audience | None, Head | None]:
        """The version of an alert that holds in a view, and the audience that it was said to.

        As everywhere, a withdrawal counts for who was told of what it withdraws.
        """
        top, by = None, None
        told = False
        for audience in (None, *signature):
            kept = self._kept.get(audience)
            head = kept.heads.get(subject) if kept else None
            if kept is None or head is None:
                continue
            told = told or head.change != "WITHDRAWAL" or subject in kept.founded
            if supersedes(head, top):
                top, by = head, audience
        return (by, top) if told else (None, None)

    def _shows(self, signature: Signature, proposal: Proposal) -> bool:
        """Whether it is this view that has to say it: no smaller one can."""
        if proposal.status != "open":
            return False
        inside = {self._top(signature, alert.subject)[0] for alert in proposal.alerts}
        return inside.issuperset(signature)


def _for(proposal: Proposal, audience: Audience) -> Proposal:
    return msgspec.structs.replace(
        proposal,
        releasability=msgspec.structs.replace(
            proposal.releasability,
            regions=audience.regions,
            administrations=audience.administrations,
        ),
    )


def _salt(signature: Signature) -> str:
    return msgspec.json.encode(signature).decode() if signature else ""


def _order(signature: Signature) -> tuple[int, str]:
    return len(signature), _salt(signature)
