"""Numbers with check digits, as transport documents carry them."""

from random import Random

from stdnum import imo as stdnum_imo
from stdnum import iso6346

from entente.exercise.chance import between, one


def container(owner: str, serial: int) -> str:
    """An ISO 6346 number with its check digit: ``owner`` is three letters and ``U``."""
    body = f"{owner}{serial:06d}"
    return body + str(iso6346.calc_check_digit(body))


def postal_item(service: str, serial: int, country: str) -> str:
    """A UPU S10 number: service, eight digits, their check digit by weights, country."""
    digits = f"{serial % 100_000_000:08d}"
    total = sum(w * int(d) for w, d in zip((8, 6, 4, 2, 3, 5, 9, 7), digits, strict=True))
    check = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return f"{service}{digits}{check}{country}"


def air_waybill(prefix: str, serial: int) -> str:
    """An air waybill: airline prefix, seven digits and their remainder by seven."""
    serial %= 10_000_000
    return f"{prefix}{serial:07d}{serial % 7}"


def imo(serial: int) -> str:
    """An IMO ship number of six digits and a check digit."""
    digits = f"{serial:06d}"
    return digits + str(stdnum_imo.calc_check_digit(digits))


def slip(text: str, rng: Random) -> str:
    """The text with one slip of a digit: another digit, or two neighbours swapped."""
    places = [i for i, sign in enumerate(text) if sign.isdigit()]
    if not places:
        return text
    at = one(rng, places)
    after = text[at + 1 : at + 2]
    if rng.random() < 0.5 and after.isdigit() and after != text[at]:
        return text[:at] + after + text[at] + text[at + 2 :]
    return text[:at] + str((int(text[at]) + between(rng, 1, 9)) % 10) + text[at + 1 :]
