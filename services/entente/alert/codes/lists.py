"""The code lists of the alert record. Each is read when first used and kept."""

from functools import cache

import pycountry

from entente.alert.codes.table import Code, Table, read_rows


@cache
def countries() -> Table:
    """ISO 3166-1 alpha-2 by pycountry, and the user-assigned ``XK`` (Kosovo)."""
    source, rows = read_rows("countries.tsv")
    others = {code: tuple(names.split(";")) for code, names in rows}
    lines = [
        Code(
            country.alpha_2,
            getattr(country, "common_name", country.name),
            (
                country.name,
                country.alpha_3,
                getattr(country, "official_name", country.name),
                *others.get(country.alpha_2, ()),
            ),
        )
        for country in pycountry.countries
    ]
    lines.append(Code("XK", "Kosovo", others["XK"]))
    return Table("country code (ISO 3166-1 alpha-2)", f"ISO 3166-1 by pycountry; {source}", lines)


def country_name(code: str) -> str:
    """A country by its name; a code that is none as it is written."""
    return countries().name(code) if code in countries() else code


@cache
def currencies() -> Table:
    """ISO 4217 by pycountry."""
    lines = (Code(money.alpha_3, money.name) for money in pycountry.currencies)
    return Table("currency code (ISO 4217)", "ISO 4217 by pycountry", lines)


@cache
def languages() -> Table:
    """ISO 639-1 by pycountry."""
    lines = (
        Code(language.alpha_2, language.name, (language.alpha_3,))
        for language in pycountry.languages
        if hasattr(language, "alpha_2")
    )
    return Table("language code (ISO 639-1)", "ISO 639 by pycountry", lines)


@cache
def categories() -> Table:
    """EU product categories of infringing goods: ``3`` clothing, ``3a`` ready-to-wear, ..."""
    return Table.read("EU product category", "eu_ipr.tsv")


@cache
def transport_modes() -> Table:
    """UNECE Recommendation 19."""
    return Table.read("mode of transport (UNECE Recommendation 19)", "transport_modes.tsv")


@cache
def units() -> Table:
    """UNECE Recommendation 20, the units that seizure reports use."""
    return Table.read("unit code (UNECE Recommendation 20)", "units.tsv")


@cache
def packaging() -> Table:
    """UNECE Recommendation 21, the packages that seizure reports use."""
    return Table.read("package code (UNECE Recommendation 21)", "packaging.tsv")


@cache
def nice_classes() -> Table:
    """Nice Classification, 1 to 45."""
    return Table.read("Nice class", "nice.tsv")


@cache
def harmonized_system() -> Table:
    """HS 2022: chapters (two digits) and headings (four digits, named as their chapter is)."""
    source, rows = read_rows("hs.tsv")
    lines = []
    for chapter, ranges, subject in rows:
        lines.append(Code(chapter, subject))
        for span in ranges.split():
            first, _, last = span.partition("-")
            for heading in range(int(first), int(last or first) + 1):
                lines.append(Code(f"{chapter}{heading:02}", subject))
    return Table("HS 2022 code", source, lines)
