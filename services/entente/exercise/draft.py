"""A consignment as it really was, before an administration reports it."""

from dataclasses import dataclass, field

from entente.alert.record import Modus
from entente.exercise.actors import Actor
from entente.exercise.goods import Product
from entente.exercise.places import City


@dataclass(frozen=True)
class Brand:
    """A brand: its holder, what it sells, and where its forgeries come from, commonest first."""

    name: str
    holder: str
    products: tuple[Product, ...]
    origins: tuple[City, ...]


@dataclass(slots=True)
class Draft:
    """Everything true of one stopped consignment."""

    issuer: str
    day: int
    """Of the event, counted from the start of the world."""
    product: Product
    brand: Brand | None
    quantity: int
    origin: City
    departure: City
    transit: tuple[City, ...]
    location: City
    destination: City
    mode: str
    consignor: Actor | None = None
    consignee: Actor | None = None
    forwarder: Actor | None = None
    notify: Actor | None = None
    containers: list[str] = field(default_factory=list)
    seals: list[str] = field(default_factory=list)
    documents: list[tuple[str, str]] = field(default_factory=list)
    """Kind and number."""
    vessel: tuple[str, str] | None = None
    """Name and IMO number, or flight or plate in the second place."""
    lot: str | None = None
    defect: str | None = None
    cover: str | None = None
    detail: str | None = None
    """Where exactly it was hidden."""
    modus: tuple[Modus, ...] = ()
    zone: str | None = None
    """The free zone that its transit is."""
    worth: float = 1.0
    """Share of the genuine article's price that is told as its value."""
    branded: bool = True
    """False for goods whose labels travel apart."""
    kind: str = "seizure"
    craft: float = 0.0
    ties: dict[str, str] = field(default_factory=dict)
    """Ties that no single equal value shows, by the slot that must be reported for them to be
    seen: ``document`` (neighbouring numbers), ``brand`` (a burst), ``defect``."""


Seen = dict[str, str]
"""What a report shows of the values that can tie alerts: the value behind all spellings, to the
spelling in the report."""
