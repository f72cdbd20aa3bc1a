"""The alert record: what customs administrations say to each other about goods they stopped.

Field groups follow what WCO CEN, EU COPIS (Reg. (EU) 608/2013, Art. 31) and the CIS item list
(Reg. (EU) 2016/346) have in common. One set of types serves three forms: Python values, the JSON
form (API, files, tests) and, field for field, the released Avro schemas in ``schemas/``.

*Not given* is an absent field. *Unknown* is said: ``unknown`` lists JSON Pointers (RFC 6901) of
fields that the issuer looked for and could not establish, e.g. ``/route/departure``.

The nominal part (parties, persons) is a compartment of its own: it is never part of an alert's
open body, only of its sealed part.

Lists of words that will grow have ``other``: in Avro it is what an older reader makes of a word
that it does not know.
"""

from decimal import Decimal
from typing import Literal

import msgspec

PartialDate = str
"""ISO 8601 date of day, month or year precision: ``2026-03-01``, ``2026-03`` or ``2026``."""
Timestamp = str
"""RFC 3339 in UTC, e.g. ``2026-03-01T09:30:00Z``."""

Stage = Literal[
    "suspended_release", "detained", "seized", "confiscated", "destroyed",
    "released_genuine", "released_no_answer",
]  # fmt: skip
Basis = Literal["application_for_action", "ex_officio", "information_received"]
Detection = Literal[
    "risk_profile", "intelligence", "random", "document_check", "x_ray", "dog",
    "physical_search", "right_holder_tip", "partner_alert", "post_clearance", "other",
]  # fmt: skip
Direction = Literal["import", "export", "transit", "transhipment", "domestic", "free_zone"]
CommodityGroup = Literal[
    "ipr", "drugs", "precursors", "medicines", "tobacco", "alcohol", "weapons", "cash", "wildlife",
    "cultural_property", "hazardous", "revenue", "other",
]  # fmt: skip
TransportMode = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9"]
ConveyanceKind = Literal["vessel", "aircraft", "vehicle", "trailer", "train", "other"]
DocumentKind = Literal[
    "bill_of_lading", "master_air_waybill", "house_air_waybill", "postal_item", "invoice", "cmr",
    "declaration", "other",
]  # fmt: skip
ValueBasis = Literal["declared", "domestic_retail_genuine", "cif"]
RightType = Literal[
    "word_mark", "figurative_mark", "eu_mark", "international_mark", "design", "copyright",
    "patent", "supplementary_protection", "geographical_indication", "plant_variety",
    "topography", "trade_name", "other",
]  # fmt: skip
Verdict = Literal["fake", "genuine"]
ConcealmentPlace = Literal[
    "freight", "container_structure", "baggage", "body", "clothing", "vehicle_part", "vessel",
    "parcel", "cover_load", "premises", "other",
]  # fmt: skip
Modus = Literal[
    "label_separate", "split_shipment", "false_origin_mark", "duplicate_container_number",
    "rip_off", "seal_swap", "stolen_identity", "re_export", "undeclared", "dropshipping",
    "free_zone_repackaging", "other",
]  # fmt: skip
RiskArea = Literal[
    "medicine", "food", "toy", "cosmetic", "electrical", "vehicle_part", "aircraft_part",
    "chemical", "other",
]  # fmt: skip
Severity = Literal["low", "medium", "high"]
PartyRole = Literal[
    "consignor", "consignee", "notify", "exporter", "importer", "declarant", "forwarder",
    "carrier", "courier", "driver", "account_holder", "other",
]  # fmt: skip
Requested = Literal["sighting", "discreet_surveillance", "specific_check", "operational_analysis"]
PersonWarning = Literal["armed", "violent", "escaped"]
Outcome = Literal["seized", "nothing_found", "not_controlled", "not_arrived", "ongoing"]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of every part of an alert: immutable, unknown fields refused, absent means not given."""


class Text(Part, frozen=True, kw_only=True):
    """Free text and the language it is written in."""

    text: str
    language: str | None = None
    """ISO 639-1 code, e.g. ``fr``."""


class Leg(Part, frozen=True, kw_only=True):
    """One point of a route."""

    country: str | None = None
    """ISO 3166-1 alpha-2, or ``XK``."""
    place: str | None = None
    """UN/LOCODE, five characters without a space, e.g. ``CNCAN``."""
    name: str | None = None
    """The place as the issuer wrote it, where it has no code."""
    free_zone: bool | None = None
    zone: str | None = None
    """Identifier of the free zone."""
    date: PartialDate | None = None


class Route(Part, frozen=True, kw_only=True):
    """Where the goods came from, passed and were going. ``transit`` is in order of travel."""

    origin: Leg | None = None
    departure: Leg | None = None
    provenance: Leg | None = None
    transit: tuple[Leg, ...] = ()
    location: Leg | None = None
    """Where they were stopped."""
    destination: Leg | None = None


class Event(Part, frozen=True, kw_only=True):
    """When, where and why the goods were stopped. ``date`` is the event's, not the report's."""

    date: PartialDate
    detected_at: Timestamp | None = None
    reported_at: Timestamp | None = None
    office: str | None = None
    """UN/LOCODE of the customs office."""
    installation: str | None = None
    """Kind of place: airport, post office, seaport, ..."""
    basis: Basis | None = None
    application: str | None = None
    """Number of the application for action."""
    detection: tuple[Detection, ...] = ()
    partner_alert: str | None = None
    """Subject (UUID) of the alert that led to this event: it closes the feedback loop."""
    direction: Direction | None = None


class Conveyance(Part, frozen=True, kw_only=True):
    """A means of transport. ``number``: IMO of a vessel, flight, licence plate, train number."""

    kind: ConveyanceKind
    name: str | None = None
    number: str | None = None
    country: str | None = None
    """Of registration, ISO 3166-1 alpha-2."""
    voyage: str | None = None


class Container(Part, frozen=True, kw_only=True):
    """A freight container by its ISO 6346 number, with the seals found on it."""

    number: str
    seals: tuple[str, ...] = ()


class Document(Part, frozen=True, kw_only=True):
    """A transport or trade document by its number (S10 for postal items)."""

    kind: DocumentKind
    number: str


class Transport(Part, frozen=True, kw_only=True):
    """How the goods travelled. ``mode``: UNECE Recommendation 19."""

    mode: TransportMode | None = None
    express: bool | None = None
    """Carried by an express courier, where mode alone does not say."""
    carrier: str | None = None
    courier: str | None = None
    conveyances: tuple[Conveyance, ...] = ()
    containers: tuple[Container, ...] = ()
    documents: tuple[Document, ...] = ()


class Value(Part, frozen=True, kw_only=True):
    """A value with its basis. Values of different bases are never added."""

    amount: Decimal
    currency: str
    """ISO 4217."""
    basis: ValueBasis


class Declared(Part, frozen=True, kw_only=True):
    """What the papers said the goods were; a difference is misdeclaration."""

    description: Text | None = None
    hs: str | None = None
    value: Value | None = None


class Right(Part, frozen=True, kw_only=True):
    """An intellectual property right that the goods infringe, or seem to."""

    type: RightType | None = None
    holder: str | None = None
    brand: str | None = None
    registration: str | None = None
    nice: int | None = None
    """Nice class, 1 to 45."""
    verdict: Verdict | None = None
    verdict_date: PartialDate | None = None


class Goods(Part, frozen=True, kw_only=True):
    """One line of goods."""

    group: CommodityGroup | None = None
    category: str | None = None
    """EU IPR product category, e.g. ``3a``."""
    hs: str | None = None
    """HS 2022, 2, 4 or 6 digits."""
    description: Text | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    """UNECE Recommendation 20, e.g. ``KGM``, ``H87``, ``NPR``."""
    net_mass: Decimal | None = None
    """Kilograms."""
    lot: str | None = None
    """Batch or lot number."""
    defect: str | None = None
    """A telling defect of goods or packaging."""
    declared: Declared | None = None
    values: tuple[Value, ...] = ()
    rights: tuple[Right, ...] = ()


class Concealment(Part, frozen=True, kw_only=True):
    """How the goods were hidden. ``packaging``: UNECE Recommendation 21."""

    place: ConcealmentPlace | None = None
    detail: str | None = None
    cover_load: str | None = None
    packaging: str | None = None


class Risk(Part, frozen=True, kw_only=True):
    """A danger to health or safety."""

    area: RiskArea
    severity: Severity


class Attachment(Part, frozen=True, kw_only=True):
    """A photo, X-ray image or document, by reference."""

    sha256: str
    media_type: str
    size: int
    """Bytes."""
    description: str | None = None


class Address(Part, frozen=True, kw_only=True):
    """A postal address: as written, and its parts where known."""

    text: str | None = None
    street: str | None = None
    number: str | None = None
    city: str | None = None
    postcode: str | None = None
    country: str | None = None


class Shop(Part, frozen=True, kw_only=True):
    """A seller on an online platform."""

    platform: str | None = None
    seller: str | None = None
    url: str | None = None


class Party(Part, frozen=True, kw_only=True):
    """A company or person in a trade role. Nominal."""

    role: PartyRole
    name: str | None = None
    aliases: tuple[str, ...] = ()
    address: Address | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    tax_ids: tuple[str, ...] = ()
    """EORI, VAT or national trader numbers."""
    lei: str | None = None
    shops: tuple[Shop, ...] = ()
    payments: tuple[str, ...] = ()
    """Wallets, IBANs, payment handles."""


class Person(Part, frozen=True, kw_only=True):
    """A natural person, by the CIS set (Reg. (EC) 515/97, Art. 25). Nominal."""

    name: str
    aliases: tuple[str, ...] = ()
    born: PartialDate | None = None
    birthplace: str | None = None
    nationality: str | None = None
    document: str | None = None
    address: Address | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    warning: tuple[PersonWarning, ...] = ()
    requested: Requested | None = None
    reason: str | None = None


class Nominal(Part, frozen=True, kw_only=True):
    """The nominal compartment of an alert: who. Sealed to named recipients, never in the open."""

    parties: tuple[Party, ...] = ()
    persons: tuple[Person, ...] = ()


class Alert(Part, frozen=True, kw_only=True, tag_field="kind"):
    """What every alert has."""

    national_ref: str
    """The issuer's own reference, unique within it; the subject id is made from it."""
    remarks: Text | None = None
    attachments: tuple[Attachment, ...] = ()
    unknown: tuple[str, ...] = ()
    """JSON Pointers of fields looked for and not established."""


class Consignment(Alert, frozen=True, kw_only=True):
    """What alerts about goods on a route share."""

    route: Route = Route()
    transport: Transport | None = None
    goods: tuple[Goods, ...] = ()
    concealment: Concealment | None = None
    modus: tuple[Modus, ...] = ()
    risks: tuple[Risk, ...] = ()
    nominal: Nominal | None = None


class Seizure(Consignment, frozen=True, kw_only=True, tag="seizure"):
    """Goods seized."""

    event: Event
    stage: Stage = "seized"


class Detention(Consignment, frozen=True, kw_only=True, tag="detention"):
    """Goods held for a right holder's answer; ``deadline`` is the end of its period."""

    event: Event
    stage: Stage = "detained"
    deadline: PartialDate | None = None


class Warning(Consignment, frozen=True, kw_only=True, tag="warning"):
    """The profile of a consignment that others should look for."""

    valid_from: PartialDate
    valid_until: PartialDate | None = None
    requested: Requested | None = None
    based_on: tuple[str, ...] = ()
    """Subjects (UUID) of the alerts it rests on."""


class Feedback(Alert, frozen=True, kw_only=True, tag="feedback"):
    """What was done about another's alert."""

    about: str
    """Subject (UUID) of that alert."""
    about_version: int
    outcome: Outcome
    date: PartialDate | None = None
    seizures: tuple[str, ...] = ()
    """Subjects (UUID) of the seizures that came of it."""


AnyAlert = Seizure | Detention | Warning | Feedback
"""Every kind of alert; ``msgspec`` tells them apart by ``kind``."""
