"""Countries and places of the simulated trade.

Country codes, UN/LOCODEs and dialling codes are the real ones, so that the stream passes the
validator of the door; everything else (streets, numbers, people) is invented per seed.
"""

from typing import NamedTuple

from entente.exercise.table import rows


class City(NamedTuple):
    """A place with a UN/LOCODE."""

    country: str
    name: str
    locode: str


class Country(NamedTuple):
    """What the simulator knows of a country."""

    code: str
    region: str
    dial: str
    digits: int
    """Length of a mobile number without country code."""
    mobile: str
    """What mobile numbers start with."""
    culture: str
    currency: str
    cities: tuple[City, ...]


def _country(row: list[str]) -> Country:
    code, region, dial, digits, mobile, culture, currency, places = row
    pairs = (entry.split("=") for entry in places.split(","))
    cities = tuple(City(code, name, locode) for name, locode in pairs)
    return Country(code, region, dial, int(digits), mobile, culture, currency, cities)


COUNTRIES = {row[0]: _country(row) for row in rows("places.tsv")}
"""By ISO 3166-1 alpha-2 code."""
SOURCES = ("CN", "HK", "TR", "VN", "IN", "PK", "TH", "AE", "MA", "BD", "UA", "KH", "MY", "TW")
"""Countries that the goods of the simulation are made in."""
HUBS = ("HK", "SG", "AE", "NL", "BE", "MY", "KR", "TR", "PA", "EG", "DE", "US")
"""Countries that goods pass through."""
