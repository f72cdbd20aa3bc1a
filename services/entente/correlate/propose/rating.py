"""What is seen in a case besides its links: patterns, who is silent, and how likely it is."""

from collections.abc import Iterable, Mapping

from entente.correlate.bursts.bursting import PATTERN as BURST
from entente.correlate.bursts.siblings import silent
from entente.correlate.evidence import Case
from entente.correlate.head import Head
from entente.correlate.propose.calibration import Calibration
from entente.correlate.rules.rule import Rule, judge
from entente.correlate.weigh.facts import Fact, facts
from entente.correlate.weigh.features import Features
from entente.correlate.weigh.model import Model
from entente.correlate.weigh.prices import Prices


class Rating:
    """Judges cases by the rules, the calibration and what an epoch knows."""

    def __init__(
        self, rules: tuple[Rule, ...], calibration: Calibration, heads: Mapping[str, Head]
    ) -> None:
        self._rules = rules
        self._calibration = calibration
        self._heads = heads
        self._prices = Prices()
        self._facts: dict[str, Fact] = {}
        """Of alerts that were in a case in this epoch."""

    def change(self, subject: str, old: Head | None, new: Head | None) -> None:
        """Put a new head in the place of the old one."""
        self._prices.change(old, new)
        self._facts.pop(subject, None)

    def begin(self) -> None:
        """Begin an epoch."""
        self._prices.cut()
        self._facts.clear()

    def seen(
        self, case: Case, able: frozenset[str], features: Mapping[str, Features], model: Model
    ) -> Case:
        """A case with who is silent on its route and, but for bursts, what rules see in it.

        ``able``: the countries that report at all.
        """
        quiet = silent([self._heads[s] for s in case.members], able)
        if case.pattern == BURST:
            return case._replace(silent=quiet)
        known = [self._fact(s, features, model) for s in case.members]
        return case._replace(patterns=judge(self._rules, known), silent=quiet)

    def probability(self, case: Case) -> float:
        """How likely a case is, as it is seen."""
        return self._calibration.probability(case)

    def likely(self, cases: Iterable[Case], least: float) -> list[Case]:
        """Those that are likely enough for a proposal."""
        return [case for case in cases if self.probability(case) >= least]

    def _fact(self, subject: str, features: Mapping[str, Features], model: Model) -> Fact:
        """What rules see of an alert, made once in an epoch."""
        known = self._facts.get(subject)
        if known is None:
            known = self._facts[subject] = facts(
                self._heads[subject],
                features[subject],
                self._prices.ordinary,
                model.middlemen,
                model.usual,
            )
        return known
