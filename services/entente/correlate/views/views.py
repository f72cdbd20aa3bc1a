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

import msgspec
import structlog

from entente.alert.proposal import Proposal
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.intake.audiences import Signature, common, limited, signatures
from entente.correlate.intake.held import Held
from entente.correlate.intake.rulings import Ruled
from entente.correlate.views.view import Past, Told, Turn, View
from entente.correlate.weigh.features import Features, features
from entente.trust.administration import Administration

LIMIT = 8
"""Views besides the base. What is for further audiences only is not correlated, with a warning."""
_log = structlog.get_logger(__name__)


class Views:
    """All views over one stream of alerts, at most ``limit`` besides the base. ``make`` gives an
    engine for a salt.

    ``apply`` each version of an alert, ``decide``, ``grow`` until nothing is left to do, then
    ``settle`` what is ``due``.
    """

    def __init__(self, make: Callable[[str], Engine], limit: int = LIMIT) -> None:
        self._make = make
        self._limit = limit
        self._held = Held()
        self._views: dict[Signature, View] = {(): View((), make(""))}
        self._grown: object = None
        self._decided: Collection[Ruled] = ()
        self._told: tuple[Administration, ...] = ()

    def restore(self, said: Iterable[Told], past: Iterable[Past] = ()) -> None:
        """Take up where another run left off, by the last version of each proposal it said."""
        before = {one.view: one for one in past}
        for one in said:
            self._open(one.view).said[one.proposal.case] = (one.version, one.proposal)
        for signature in sorted({*self._views, *before}, key=_order):
            self._open(signature).restore(before.get(signature))

    def holds(self, subject: str, version: int) -> bool:
        """Whether this is the highest version of an alert for any audience."""
        return self._held.holds(subject, version)

    def apply(self, head: Head, members: Mapping[str, Administration]) -> None:
        """Take one version of an alert. ``members``: of the network, by id."""
        audience = limited(head, members)
        if not self._held.take(head, audience):
            return
        known: tuple[Head, Features | None] | None = None
        for view in self._views.values():
            if audience is not None and audience not in view.signature:
                continue
            view.give((head.statement,))
            _, top = self._held.top(view.signature, head.subject)
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
        state = (len(self._held.audiences), readers)
        if self._grown != state:
            self._grown = state
            self._open_due(readers)
        done = 0
        for view in self._views.values():
            while view.backlog and done < portion:
                done += 1
                _, top = self._held.top(view.signature, view.backlog.pop())
                view.news += top is not None and view.engine.apply(top)
        return done

    @property
    def news(self) -> int:
        """The most versions of alerts that any view has been given since it settled."""
        return max(view.news for view in self._views.values())

    @property
    def owing(self) -> bool:
        """Whether an epoch has put off what one without news will do."""
        return any(view.engine.owing for view in self._views.values())

    def review(self) -> None:
        """Make due what is owing."""
        for view in self._views.values():
            view.review()

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
        self,
        readers: tuple[Administration, ...],
        due: Iterable[Signature],
        register: int | None = None,
    ) -> Iterator[Turn]:
        """What readers have to hear from these views, by this version of the register."""
        for signature in due:
            audience = common(signature, readers)
            if audience is not None:
                view = self._views[signature]
                mine = partial(shows, self._held, signature)
                yield view.tell(mine, audience, register)
                if len(signature) < 2:
                    self._held.forget(signature[0] if signature else None, view.ended)

    def _open(self, signature: Signature) -> View:
        if signature not in self._views:
            view = self._views[signature] = View(signature, self._make(salt(signature)))
            view.backlog = sorted(self._held.subjects(signature), reverse=True)
            view.give(self._held.statements(signature))
            view.obey(self._decided, self._told)
        return self._views[signature]

    def _open_due(self, readers: tuple[Administration, ...]) -> None:
        held = self._held.audiences
        for signature in signatures(held, readers):
            if signature in self._views:
                continue
            if len(self._views) > self._limit:
                _log.warning(
                    "too many audiences: alerts for some of them are not correlated together",
                    audiences=len(held), views=self._limit, first=salt(signature),
                    advice="Limit alerts to regions, or to the same members each time.",
                )  # fmt: skip
                return
            self._open(signature)
            _log.info("a view for a limited audience", audience=salt(signature))


def shows(held: Held, signature: Signature, proposal: Proposal) -> bool:
    """Whether it is the view of ``signature`` that has to say it: no smaller one can."""
    if proposal.status != "open":
        return False
    inside = {held.top(signature, alert.subject)[0] for alert in proposal.alerts}
    return inside.issuperset(signature)


def salt(signature: Signature) -> str:
    """What keeps the ids of one view apart from those of others; none for the base."""
    return msgspec.json.encode(signature).decode() if signature else ""


def _order(signature: Signature) -> tuple[int, str]:
    return len(signature), salt(signature)
