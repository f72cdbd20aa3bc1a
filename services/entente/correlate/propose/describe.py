"""From a case to a proposal: everything a coordinator needs to decide, and nothing computed twice.

A pure function of the case, the heads of its alerts and the version before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from entente.alert import proposal as p
from entente.alert.codes.lists import country_name
from entente.alert.record import Consignment
from entente.correlate.bursts.bursting import PATTERN as BURST
from entente.correlate.bursts.route import event_of
from entente.correlate.evidence import Case, Evidence, Link, SilentCountry
from entente.correlate.head import Head
from entente.correlate.propose import summing
from entente.correlate.propose.changes import Became, stays, with_changes
from entente.correlate.propose.innocence import innocence
from entente.correlate.propose.own import base_rates, own_patterns
from entente.correlate.propose.releasability import intersection
from entente.correlate.rules.rule import Rule
from entente.correlate.sentences import sentence

_LINKS, _ROOM = 60, 200_000
"""Links shown, strongest first, and characters of their evidence; the rest add nothing for a
reader, and a proposal has to fit into one record."""
_BRANDS = 40
_LONGEST, _SENTENCE = 200, 1_000
"""Characters of a value that is shown, and of a sentence."""


def describe(
    case_id: str,
    case: Case,
    heads: Mapping[str, Head],
    *,
    probability: float,
    basis: p.Basis,
    rules: Sequence[Rule] = (),
    calibrated: p.Calibrated | None = None,
    before: p.Proposal | None = None,
    fate: Became = stays,
) -> p.Proposal:
    """The proposal for a case. ``heads`` holds the head of every member, none withdrawn; ``rules``
    are those that the patterns of the case came from; ``fate`` is what became of alerts that the
    version before had."""
    members = [heads[s] for s in case.members]
    alerts = [h.alert for h in members if isinstance(h.alert, Consignment)]
    administrations = tuple(sorted({h.issuer for h in members}))
    window = summing.window(members)
    wording = case.wording
    innocent, refuted = wording.innocent, wording.refuted_by
    if not innocent:
        innocent, refuted = innocence(case, rules)
    known = {rule.id: rule for rule in rules}
    lead = "" if case.pattern == BURST else summing.lead(alerts)
    lead = lead[:1].upper() + lead[1:]
    hint = summing.look_for(alerts) if case.silent else ""
    patterns = (*case.patterns, *own_patterns(case, heads))
    described = p.Proposal(
        case=case_id,
        pattern=case.pattern,
        claim=f"{lead}: {wording.claim}" if lead else wording.claim,
        probability=_decimal(probability, 3),
        calibrated=calibrated,
        bits=_decimal(case.bits, 1),
        alerts=tuple(_reference(h) for h in members),
        links=tuple(_links(case.links)),
        evidence=tuple(_evidence(e, known) for e in (*case.evidence, *patterns)),
        administrations=administrations,
        silent=tuple(_silent(s, hint, window) for s in case.silent),
        goods=summing.goods(alerts),
        brands=summing.brands(alerts)[:_BRANDS],
        health=summing.health(alerts),
        values=summing.values(alerts),
        routes=summing.routes(alerts),
        control_points=summing.control_points(members),
        window=window,
        suggestion=summing.suggestion(members, case, probability),
        innocent_explanation=innocent,
        refuted_by=refuted,
        releasability=intersection(members),
        basis=basis,
    )
    return with_changes(described, before, fate)


def _decimal(value: float, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")


def _reference(head: Head) -> p.AlertReference:
    event = event_of(head.alert)
    handling = head.handling
    return p.AlertReference(
        subject=head.subject,
        version=head.version,
        statement=head.statement,
        issuer=head.issuer,
        event_date=event.date if event else getattr(head.alert, "valid_from", None),
        source_grade=handling.source_grade if handling else None,
        information_grade=handling.information_grade if handling else None,
        tlp=handling.tlp if handling else None,
        told=summing.told(head.alert) if isinstance(head.alert, Consignment) else None,
    )


def _links(links: Iterable[Link]) -> Iterator[p.CaseLink]:
    left = _ROOM
    for link in sorted(links, key=lambda x: (-x.bits, x.a, x.b))[:_LINKS]:
        evidence = tuple(_evidence(e, {}) for e in link.evidence)
        left -= sum(len(f"{e.left}{e.right}{e.sentence}") for e in evidence)
        if left < 0:
            return
        yield p.CaseLink(a=link.a, b=link.b, bits=_decimal(link.bits, 1), evidence=evidence)


def _evidence(evidence: Evidence, rules: Mapping[str, Rule]) -> p.Evidence:
    left, right = evidence.left[:_LONGEST], evidence.right[:_LONGEST]
    said = sentence(evidence._replace(left=left, right=right))[:_SENTENCE]
    if evidence.kind == "pattern":  # a rule's, or one of our own
        rule = rules.get(evidence.left)
        return p.Evidence(
            kind=evidence.kind,
            rule=evidence.left,
            pattern=evidence.right,
            base_rate=rule.base_rate if rule else base_rates().get(evidence.left),
            bits=_decimal(evidence.bits, 1),
            sentence=said,
        )
    return p.Evidence(
        kind=evidence.kind,
        bits=_decimal(evidence.bits, 1),
        left=left or None,
        right=right or None,
        sentence=said,
    )


def _silent(one: SilentCountry, hint: str, window: p.Window) -> p.Silent:
    country = one.country
    name = country_name(country)
    if not one.reports:
        return p.Silent(
            country=country,
            reason="no_report_at_all",
            sentence=f"{name} lies on this route but reports nothing at all: that is no sign.",
        )
    if not one.ahead:
        return p.Silent(
            country=country,
            reason="no_report_on_route",
            sentence=f"{name}, where they set out, has reported nothing of it.",
        )
    return p.Silent(
        country=country,
        reason="no_report_on_route",
        sentence=(
            f"{name} lies on this route and has reported nothing of it: the next one may be on its "
            "way there."
        ),
        look_for=hint,
        until=window.stale_after,
    )
