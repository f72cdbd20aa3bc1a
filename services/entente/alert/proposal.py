"""The proposal: what the correlator says to coordinators about alerts that belong together.

A proposal is a function of the set of alert versions at one epoch of the model. Its subject is
the case, its version rises when something a coordinator acts on has changed. Bits are base-2
logarithms of likelihood ratios: +10 bits make a connection about a thousand times likelier.
Numbers that were computed are decimals of fixed places, so that a replay gives the same bytes.
"""

from decimal import Decimal
from typing import Literal

from entente.alert.handling import HandlingCode, SourceGrade, Tlp
from entente.alert.record import (
    CommodityGroup,
    Part,
    PartialDate,
    RiskArea,
    Severity,
    ValueBasis,
)

Status = Literal["open", "withdrawn"]
OperationType = Literal["warning_only", "bilateral", "regional", "global"]
ControlStage = Literal["departure", "transit", "location", "destination"]
SilentReason = Literal["no_report_on_route", "no_report_at_all"]


class AlertReference(Part, frozen=True, kw_only=True):
    """An alert by subject and version, and by digest where its statement is at hand."""

    subject: str
    version: int
    statement: str | None = None
    """SHA-256 of the statement's bytes, lower-case hexadecimal."""
    issuer: str
    event_date: PartialDate | None = None
    source_grade: SourceGrade | None = None
    information_grade: int | None = None
    tlp: Tlp | None = None
    told: str | None = None
    """What it reports, in a line of open facts: how much of what, how, where, which way."""


class Evidence(Part, frozen=True, kw_only=True):
    """One reason, as a person reads it. ``bits`` has one decimal place."""

    kind: str
    """What was compared, e.g. ``phone``, ``container``, ``route_burst``."""
    rule: str | None = None
    """Id of the rule that found it, where a rule did."""
    pattern: str | None = None
    """Which pattern of the catalogue it is, e.g. ``P09``. Without bits it only gives a name to what
    links say already."""
    base_rate: str | None = None
    """How often the rule fires, and on what that was counted."""
    bits: Decimal
    left: str | None = None
    right: str | None = None
    sentence: str


class CaseLink(Part, frozen=True, kw_only=True):
    """Two alerts of the case and why they belong together; ``a`` < ``b``."""

    a: str
    b: str
    bits: Decimal
    """Sum of the evidence and of the prior."""
    evidence: tuple[Evidence, ...] = ()


class Silent(Part, frozen=True, kw_only=True):
    """An administration on the route from which nothing was heard (P24)."""

    country: str
    reason: SilentReason
    sentence: str
    look_for: str | None = None
    """What its officers should look for; absent where its silence is no sign."""
    until: PartialDate | None = None
    """After this day the warning is history."""


class Pair(Part, frozen=True, kw_only=True):
    """Two administrations without an agreement to share nominal data; ``one`` < ``other``."""

    one: str
    other: str


class Amount(Part, frozen=True, kw_only=True):
    """How much, in one unit; ``unit``: UNECE Recommendation 20."""

    amount: Decimal
    unit: str


class GoodsSummary(Part, frozen=True, kw_only=True):
    """One sort of goods in the case. ``alerts`` counts alerts, not records or pieces."""

    group: CommodityGroup | None = None
    label: str
    hs: str | None = None
    alerts: int
    amounts: tuple[Amount, ...] = ()
    """Sums by unit, of the alerts that say how much; net mass where nothing was counted."""


class HealthRisk(Part, frozen=True, kw_only=True):
    """A danger that alerts of the case report; lots and defects make health clusters (P19)."""

    area: RiskArea
    severity: Severity
    alerts: int


class ValueTotal(Part, frozen=True, kw_only=True):
    """Sum of the values of one basis in one currency: these are never mixed."""

    basis: ValueBasis
    currency: str
    amount: Decimal


class ControlPoint(Part, frozen=True, kw_only=True):
    """A point of the route where goods of this case can still be stopped."""

    country: str
    place: str | None = None
    stage: ControlStage
    alerts: int
    """Alerts of the case whose route names this point."""
    stopped: int | None = None
    """Alerts of the case that were stopped in this country."""


class RouteSummary(Part, frozen=True, kw_only=True):
    """A way the goods went: departure, transits in order, destination; countries."""

    departure: str | None = None
    transit: tuple[str, ...] = ()
    destination: str | None = None
    alerts: int


class Window(Part, frozen=True, kw_only=True):
    """When it happens. After ``stale_after`` it is history unless more arrives."""

    first: PartialDate
    last: PartialDate
    next_expected: PartialDate | None = None
    """The last event plus the median interval between events."""
    stale_after: PartialDate


class Calibrated(Part, frozen=True, kw_only=True):
    """How the probability was learnt, and how far it can be believed."""

    made_by: str
    cases: int | None = None
    """Judged cases that it was fitted on."""
    brier: Decimal | None = None
    """Mean squared error on cases that it was not fitted on; 0 is perfect."""
    ece: Decimal | None = None
    """Expected calibration error on these: by how much a stated probability is off, on average."""


class Suggestion(Part, frozen=True, kw_only=True):
    """What could be done, for a person to decide."""

    type: OperationType
    leader: str
    """The administration with most alerts in the case; ties by id."""
    days: int
    reason: str


class Releasability(Part, frozen=True, kw_only=True):
    """The intersection of what the parts allow. Nothing in the proposal may go beyond it."""

    tlp: Tlp
    """The narrowest of all parts."""
    codes: tuple[HandlingCode, ...] = ()
    """Every code of any part."""
    conditions: tuple[str, ...] = ()
    regions: tuple[str, ...] | None = None
    """Regions every part may go to; absent: no part limits them."""
    administrations: tuple[str, ...] | None = None
    """Administrations every part may go to; absent: no part limits them."""
    source_grade: SourceGrade | None = None
    """The weakest of all parts; absent when none is known."""
    information_grade: int | None = None

    @property
    def passes_on(self) -> bool:
        """Whether members of regions that none of its parts was said to may hear of it."""
        limited = self.regions is not None or self.administrations is not None
        return self.tlp in ("CLEAR", "GREEN") and not limited and not {"H2", "H3"} & {*self.codes}


class Basis(Part, frozen=True, kw_only=True):
    """What computed this proposal: the same basis and the same alerts give the same bytes."""

    engine: str
    rules: str
    weights: str
    calibration: str
    epoch: int
    heads: int | None = None
    """Alerts that it was computed from, withdrawn ones included;"""
    decisions: int | None = None
    """decisions of coordinators that it obeys;"""
    inputs: str | None = None
    """and one digest of all of these, as ``correlate/intake/inputs.py`` makes it: 64 hexadecimal
    digits. Whoever holds the same alerts and decisions has the same one."""


class Delta(Part, frozen=True, kw_only=True):
    """What changed since the last version; absent in the first."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    aged: tuple[str, ...] = ()
    """Those of ``removed`` that are older than what is compared; nobody has taken them back."""
    withdrawn: tuple[str, ...] = ()
    """Those of ``removed`` that were taken back;"""
    corrected: tuple[str, ...] = ()
    """and those that were corrected."""
    administrations_added: tuple[str, ...] = ()
    administrations_removed: tuple[str, ...] = ()
    probability_before: Decimal
    sentence: str


class Proposal(Part, frozen=True, kw_only=True):
    """A case of alerts that belong together, for a coordinator to decide upon."""

    case: str
    """UUID; stays the same through all versions."""
    status: Status = "open"
    heir: str | None = None
    """The case that took over the alerts of this one, when it was withdrawn by a merge."""
    pattern: str
    """What was found: ``network``, or the id of the rule that found it."""
    claim: str
    probability: Decimal
    """That this is one actor or one pattern, three decimal places, by the calibration named."""
    calibrated: Calibrated | None = None
    bits: Decimal
    alerts: tuple[AlertReference, ...] = ()
    links: tuple[CaseLink, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """Evidence about the group as a whole."""
    administrations: tuple[str, ...] = ()
    """Those whose alerts are in it."""
    silent: tuple[Silent, ...] = ()
    without_agreement: tuple[Pair, ...] = ()
    goods: tuple[GoodsSummary, ...] = ()
    brands: tuple[str, ...] = ()
    health: tuple[HealthRisk, ...] = ()
    values: tuple[ValueTotal, ...] = ()
    routes: tuple[RouteSummary, ...] = ()
    control_points: tuple[ControlPoint, ...] = ()
    window: Window
    suggestion: Suggestion
    innocent_explanation: str
    refuted_by: str
    """What observation would show that the innocent explanation is right."""
    releasability: Releasability
    basis: Basis
    changes: Delta | None = None

    @property
    def history(self) -> bool:
        """Whether it ended because its alerts grew too old; nothing that it said was taken back or
        corrected, so its claim still stands."""
        c = self.changes
        ended = self.status == "withdrawn" and self.heir is None and c is not None
        return ended and bool(c and c.aged) and not (c and (c.withdrawn or c.corrected))
