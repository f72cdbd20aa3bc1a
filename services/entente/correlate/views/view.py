"""One engine for those who may see the same: what it was given, what it obeys, what it said."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

import msgspec

from entente.alert.epoch import Epoch, Limit, Saying
from entente.alert.proposal import Proposal
from entente.correlate.engine import Engine
from entente.correlate.intake.audiences import Signature, hears
from entente.correlate.intake.rulings import Ruled, Rulings, rulings
from entente.correlate.propose.changes import with_changes, withdraw
from entente.trust.administration import Administration
from entente.wire.statement import Audience


class Told(NamedTuple):
    """A version of a proposal, to be said to whom its releasability names."""

    view: Signature
    version: int
    proposal: Proposal


class Turn(NamedTuple):
    """What an epoch took in, for whom, and the proposals that followed."""

    audience: Audience
    epoch: Epoch
    told: tuple[Told, ...]


class Past(NamedTuple):
    """What a view had come to in an earlier run: its last epoch, and all that it was given."""

    view: Signature
    number: int
    given: frozenset[str]


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
        self.ended: list[str] = []
        """Subjects of which its last epoch has let go for good."""
        self._anew = True
        self._known: frozenset[str] = frozenset()
        self._given: set[str] = set()
        self._rulings, self._obeyed = Rulings(), Rulings()
        self._decided: list[Ruled] = []
        self._unknown: frozenset[str] = frozenset()
        """Alerts that decisions name and that nothing was told of: on whose they are, mandates
        depend."""

    def restore(self, past: Past | None) -> None:
        """Take up where another run left off; ``said`` has what that said."""
        self._known = past.given if past else frozenset()
        self.engine.restore(self.said.values(), past.number if past else 0)
        self.news = len(self.said)  # what is not found again has to be withdrawn

    def review(self) -> None:
        """Let the next epoch do what those before have put off."""
        self.news += self.engine.owing

    def give(self, statements: Iterable[str | None]) -> None:
        """Note which statements it rests on, for its next epoch."""
        self._given.update(s for s in statements if s is not None)

    def obey(self, decided: Iterable[Ruled], readers: Collection[Administration]) -> None:
        """Obey those decisions that all who hear this view are told of."""
        self.judge(
            one for one in decided if hears(one.audience, one.coordinator, self.signature, readers)
        )

    def judge(self, decided: Iterable[Ruled]) -> None:
        """Obey these decisions from the next epoch on, in the place of those before."""
        self._decided = list(decided)
        self._rule()
        self.news += self._rulings != self._obeyed

    def _rule(self) -> None:
        issuer = self.engine.issuer
        self._rulings = rulings(self._decided, issuer)
        named = {subject for one in self._decided for subject in one.named()}
        self._unknown = frozenset(subject for subject in named if issuer(subject) is None)

    def tell(
        self,
        shows: Callable[[Proposal], bool],
        audience: Audience,
        register: int | None = None,
    ) -> Turn:
        """Begin an epoch, and say what there is to say. ``register``: the version it goes by."""
        if any(self.engine.issuer(subject) is not None for subject in self._unknown):
            self._rule()
        if self._rulings != self._obeyed:
            self._obeyed = self._rulings
            self.engine.decide(self._rulings)
        gone = self.engine.begin()
        self.ended = gone.alerts
        for case in gone.cases:
            self.said.pop(case, None)
        self.news = 0
        told = tuple(self._tell(shows, audience))
        epoch = Epoch(
            view=tuple(
                Limit(regions=one.regions, administrations=one.administrations)
                for one in self.signature
            ),
            number=self.engine.basis.epoch,
            register=register,
            anew=self._anew,
            alerts=tuple(sorted(self._given - self._known)),
            gone=tuple(sorted(self._known - self._given)),
            decisions=tuple(sorted(one.statement for one in self._decided if one.statement)),
            said=tuple(Saying(case=one.proposal.case, version=one.version) for one in told),
        )
        self._anew, self._known, self._given = False, frozenset(), set()
        return Turn(audience, epoch, told)

    def _tell(self, shows: Callable[[Proposal], bool], audience: Audience) -> Iterator[Told]:
        found = [proposal for _, proposal in self.engine.settle()]
        shown = [shows(proposal) for proposal in found]
        known = self.said.keys() | {p.case for p, yes in zip(found, shown, strict=True) if yes}
        for proposal, yes in zip(found, shown, strict=True):
            version, last = self.said.get(proposal.case, (0, None))
            if yes:
                now = with_changes(
                    msgspec.structs.replace(proposal, changes=None), last, self.engine.fate
                )
            elif last is not None and last.status == "open":
                heir = proposal.heir if proposal.heir in known else None
                now = withdraw(last, heir, proposal.basis, self.engine.fate)
            else:
                continue
            now = _for(now, audience) if self.signature else now
            self.said[now.case] = (version + 1, now)
            yield Told(self.signature, version + 1, now)


def _for(proposal: Proposal, audience: Audience) -> Proposal:
    return msgspec.structs.replace(
        proposal,
        releasability=msgspec.structs.replace(
            proposal.releasability,
            regions=audience.regions,
            administrations=audience.administrations,
        ),
    )
