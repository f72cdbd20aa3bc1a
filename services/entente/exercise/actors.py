"""Firms and people of the simulated trade, and what identifies them."""

from random import Random
from typing import NamedTuple

from entente.exercise.chance import below, between, one
from entente.exercise.cultures import Word, family, given, word
from entente.exercise.places import COUNTRIES, City

TRADES = (
    "Trading", "Import Export", "Leather", "Garment", "Electronics", "Industrial", "Commerce",
    "International", "Supply", "Textile", "Plastics", "Gifts", "General Trading", "Hardware",
    "Fashion", "Auto Parts", "Packaging", "Toys", "Shoes", "Cosmetics",
)  # fmt: skip
LEGAL = {
    "zh": ("Co., Ltd.", "Co Ltd", "Limited", "Company Limited", ""),
    "ar": ("LLC", "L.L.C.", "FZE", "Est.", "FZCO", ""),
    "ru": ("OOO", "LLC", "TOO", "IP", ""),
    "vi": ("Co., Ltd", "JSC", "TNHH", "Company", ""),
    "tr": ("Ltd. Sti.", "A.S.", "Tic. Ltd.", "San. ve Tic.", ""),
    "in": ("Pvt Ltd", "Private Limited", "& Sons", "Enterprises", "(Pvt.) Ltd.", ""),
    "es": ("S.A.", "S.L.", "SRL", "S.A.C.", "Ltda", ""),
    "af": ("Ltd", "SARL", "Enterprises", "& Co", "Ets", ""),
    "en": ("Ltd", "Limited", "Inc.", "GmbH", "B.V.", ""),
}
STREETS = {
    "zh": ("Road", "Rd", "Lu"),
    "ar": ("Street", "St.", "Rue"),
    "ru": ("ul.", "ulitsa", "str."),
    "vi": ("Duong", "Street", "Str."),
    "tr": ("Sokak", "Sk.", "Cad."),
    "in": ("Road", "Rd.", "Marg"),
    "es": ("Calle", "C/", "Av."),
    "af": ("Road", "Rd", "Close"),
    "en": ("Street", "St", "Str."),
}
FREE_MAIL = ("gmail.com", "163.com", "yahoo.com", "outlook.com", "mail.ru", "qq.com", "hotmail.com")


class Name(NamedTuple):
    """A name in all its spellings. A person's last word is the family name."""

    words: tuple[Word, ...]
    culture: str
    person: bool
    trade: str
    legal: str

    @property
    def key(self) -> str:
        """One text for all spellings."""
        return " ".join(w[0] for w in self.words) + (f" {self.trade}" if self.trade else "")


class Place(NamedTuple):
    """A postal address."""

    street: Word
    number: str
    room: str
    postcode: str
    city: City

    @property
    def key(self) -> str:
        """One text for all ways to write it."""
        return f"{self.number} {self.street[0]} {self.postcode}"


class Actor(NamedTuple):
    """A firm or person: what it is called, where it sits, how it is reached.

    ``trap`` marks what many strangers share (a courier, a locker, a placeholder): its values tie
    nothing together, and the truth never counts them.
    """

    name: Name
    place: Place
    phones: tuple[str, ...] = ()
    """Digits with the country code."""
    emails: tuple[str, ...] = ()
    shop: tuple[str, str] | None = None
    """Platform and seller."""
    payment: str | None = None
    tax_id: str | None = None
    trap: str = ""


def phone(rng: Random, country: str) -> str:
    """A mobile number of a country, digits with the country code."""
    land = COUNTRIES[country]
    rest = land.digits - len(land.mobile)
    return f"{land.dial}{land.mobile}{below(rng, 10**rest):0{rest}d}"


def place(rng: Random, city: City) -> Place:
    """An address in a city, on a coined street."""
    culture = COUNTRIES[city.country].culture
    room = f"{one(rng, ('Room', 'Unit', 'Shop', 'Flat'))} {between(rng, 1, 2399)}"
    return Place(
        word(culture, rng, 2),
        str(between(rng, 1, 319)),
        room if rng.random() < 0.4 else "",
        f"{between(rng, 10_000, 99998)}",
        city,
    )


def name(rng: Random, culture: str, *, person: bool) -> Name:
    """A person's name, mostly with common parts, or a firm's, mostly rare."""
    if person:
        return Name((given(culture, rng), family(culture, rng)), culture, True, "", "")
    legal = one(rng, LEGAL[culture])
    return Name((word(culture, rng),), culture, False, one(rng, TRADES), legal)


def handle(actor_name: Name, rng: Random) -> str:
    """A mailbox or seller name made from a name, as people make them."""
    base = "".join(w[0] for w in actor_name.words).lower()
    base = base.replace(" ", "").replace("-", "").replace("'", "")
    return f"{base}{one(rng, ('', '_', '.'))}{between(rng, 1, 9998)}".replace("..", ".")


def email(rng: Random, actor_name: Name) -> str:
    """An address at a free provider, or at the firm's own domain."""
    user = handle(actor_name, rng)
    if actor_name.person or rng.random() < 0.5:
        return f"{user.strip('._')}@{one(rng, FREE_MAIL)}"
    domain = "".join(c for c in user if c.isalnum())
    return f"{one(rng, ('sales', 'info', 'export', 'amy', 'kevin'))}@{domain}.com"


def coin(rng: Random, city: City, *, person: bool = False, platform: str | None = None) -> Actor:
    """Invent an actor in a city. The second phone and mailbox are for those who know the rules."""
    culture = COUNTRIES[city.country].culture
    called = name(rng, culture, person=person)
    shop = (platform, handle(called, rng)) if platform else None
    payment = f"{rng.getrandbits(160):040x}" if rng.random() < 0.3 else None
    return Actor(
        called,
        place(rng, city),
        (phone(rng, city.country),),
        (email(rng, called),),
        shop,
        f"0x{payment}" if payment else None,
        f"{city.country}{between(rng, 10**8, 10**9 - 1)}" if rng.random() < 0.3 else None,
    )
