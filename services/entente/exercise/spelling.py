"""How an actor's values are written down: by habit of the office, and by craft of the actor.

The *hand* of an administration is the same for all its alerts: capitals, reading of foreign names,
layout of phones and addresses. *Craft*, from 0 to 1, is how hard an actor tries to look like
somebody else: other spellings, joined words, another legal form, a slip on purpose.
"""

from random import Random
from typing import NamedTuple

from entente.alert.record import Address
from entente.exercise.actors import LEGAL, STREETS, TRADES, Name, Place
from entente.exercise.chance import below, between, one
from entente.exercise.cultures import NATIVE_SCRIPT, SCHEMES, plain
from entente.exercise.places import COUNTRIES


class Hand(NamedTuple):
    """The writing habits of one administration."""

    capitals: bool
    native: str
    """The culture whose script its officers write, or nothing."""
    chinese: int
    """Which reading of Chinese its officers know: 0 pinyin, 1 Wade-Giles, 2 Cantonese."""
    french: bool
    phone: int
    layout: int
    family_first: bool


def write_name(name: Name, hand: Hand, rng: Random, craft: float) -> str:
    """One spelling of a name, as this office would file it."""
    scheme = _scheme(name, hand, rng, craft)
    if craft and rng.random() < craft * 0.35:
        scheme = below(rng, SCHEMES[name.culture])
    words = [w[scheme] for w in name.words]
    native = name.culture in NATIVE_SCRIPT and scheme == SCHEMES[name.culture] - 1
    if name.person:
        if craft and rng.random() < craft * 0.15 and not native:
            words[0] = words[0][0] + "."
        if (name.culture in ("zh", "vi")) != (hand.family_first and rng.random() < 0.8):
            words.reverse()
        text = " ".join(words)
    else:
        text = _firm(name, words[0], rng, craft, native)
    if craft and rng.random() < craft * 0.18 and len(text) > 6 and not native:
        text = _typo(text, rng)
    return text.upper() if hand.capitals else text


def _scheme(name: Name, hand: Hand, rng: Random, craft: float) -> int:
    if name.culture == hand.native and rng.random() < 0.3:
        return SCHEMES[name.culture] - 1
    if name.culture == "zh":
        home = len(name.words[0][0]) % 5  # a firm has a reading of its own, most often pinyin
        own = 2 if home == 0 else 0
        return hand.chinese if rng.random() < craft * 0.5 else own
    if name.culture in ("ar", "ru"):
        return 1 if hand.french else 0
    return 0


def _firm(name: Name, first: str, rng: Random, craft: float, native: bool) -> str:
    trade, legal = name.trade, name.legal
    if craft:
        roll = rng.random()
        if roll < craft * 0.25:
            trade = one(rng, ("", "", one(rng, TRADES)))
        if rng.random() < craft * 0.4:
            legal = one(rng, LEGAL[name.culture])
        if not native and rng.random() < craft * 0.2:
            first = first.replace(" ", "").replace("-", "")
    return " ".join(part for part in (first, trade, legal) if part)


def _typo(text: str, rng: Random) -> str:
    at = between(rng, 1, len(text) - 2)
    roll = rng.random()
    if roll < 0.4:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if roll < 0.7:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at] + text[at:]


def write_phone(digits: str, country: str, hand: Hand, rng: Random, craft: float) -> str:
    """One layout of a phone number: international, with 00, dotted, or as dialled at home."""
    land = COUNTRIES[country]
    if not digits.startswith(land.dial):
        return digits
    home = digits[len(land.dial) :]
    style = below(rng, 6) if rng.random() < 0.15 + craft * 0.6 else hand.phone
    layouts = (
        f"+{land.dial} {home}",
        f"00{land.dial}{home}",
        f"+{land.dial}-{home[:3]}-{home[3:6]}-{home[6:]}",
        f"0{home}" if len(home) >= 9 else f"+{land.dial}{home}",
        f"({land.dial}) {home[:2]}.{home[2:5]}.{home[5:]}",
        f"{land.dial}{home}",
    )
    return layouts[style]


def write_email(address: str, rng: Random, craft: float) -> str:
    """A mail address, at times in capitals, with a tag or dots that mean nothing."""
    roll = rng.random()
    if roll < 0.1:
        return address.upper()
    user, host = address.split("@")
    if roll < 0.1 + craft * 0.2 and host == "gmail.com":
        return f"{user}+{between(rng, 10, 99)}@{host}"
    if roll < 0.1 + craft * 0.4 and host == "gmail.com" and len(user) > 3 and "." not in user:
        return f"{user[:2]}.{user[2:]}@{host}"
    return address


def write_address(place: Place, hand: Hand, rng: Random, craft: float) -> Address:
    """An address in one line or in parts, the street word abbreviated or not."""
    culture = COUNTRIES[place.city.country].culture
    street = place.street[0]
    kinds = STREETS[culture]
    kind = kinds[hand.layout % 3] if rng.random() > craft * 0.5 else one(rng, kinds)
    road = f"{kind} {street}" if culture in ("ru", "vi", "es") else f"{street} {kind}"
    city = place.city.name
    room = place.room
    if craft and rng.random() < craft * 0.3:
        room = "" if room else f"Room {between(rng, 1, 2399)}"
    code = place.postcode if rng.random() > 0.15 + craft * 0.2 else None
    if hand.layout == 1:
        front = (f"{place.number} {road}", room)
        if craft >= rng.random():
            front = (room, f"No. {place.number}, {road}")
        parts = [*front, f"{code} {city}" if code else city, place.city.country]
        text = ", ".join(part for part in parts if part)
        return Address(text=text.upper() if hand.capitals else text, country=place.city.country)
    return Address(
        street=plain(road).upper() if hand.capitals else road,
        number=f"{place.number}, {room}" if room and hand.layout == 2 else place.number,
        city=city.upper() if hand.capitals else city,
        postcode=code,
        country=place.city.country,
    )
