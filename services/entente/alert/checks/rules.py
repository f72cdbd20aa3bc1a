"""Which check each field of the record has. A text field not named here is a line of text."""

from entente.alert.checkdigits import CONTAINER, LEGAL_ENTITY
from entente.alert.checks import codes, dates, numbers, text
from entente.alert.checks.text import Check
from entente.alert.fields import Field
from entente.alert.handling import Handling
from entente.alert.record import (
    Address,
    Alert,
    Attachment,
    Concealment,
    Container,
    Conveyance,
    Declared,
    Detention,
    Document,
    Event,
    Feedback,
    Goods,
    Leg,
    Party,
    Person,
    Right,
    Shop,
    Text,
    Value,
    Warning,
)

RULES: dict[type, dict[str, Check]] = {
    Text: {"text": text.free_text, "language": codes.language},
    Alert: {"national_ref": text.reference, "unknown": text.pointer},
    Leg: {
        "country": codes.country,
        "place": codes.place,
        "zone": text.identifier,
        "date": dates.partial_date,
    },
    Event: {
        "date": dates.partial_date,
        "detected_at": dates.timestamp,
        "reported_at": dates.timestamp,
        "office": codes.place,
        "application": text.identifier,
        "partner_alert": codes.uuid,
    },
    Conveyance: {
        "number": text.identifier,
        "country": codes.country,
        "voyage": text.identifier,
    },
    Container: {"number": codes.checked(CONTAINER), "seals": text.identifier},
    Document: {"number": text.identifier},
    Value: {"amount": numbers.amount, "currency": codes.currency},
    Declared: {"hs": codes.hs},
    Right: {
        "registration": text.identifier,
        "nice": numbers.between(1, 45, "A Nice class"),
        "verdict_date": dates.partial_date,
    },
    Goods: {
        "category": codes.category,
        "hs": codes.hs,
        "quantity": numbers.amount,
        "unit": codes.unit,
        "net_mass": numbers.amount,
        "lot": text.identifier,
    },
    Concealment: {"packaging": codes.packaging},
    Attachment: {
        "sha256": text.sha256,
        "media_type": text.media_type,
        "size": numbers.between(0, 1 << 40, "A size in bytes"),
    },
    Detention: {"deadline": dates.partial_date},
    Warning: {
        "valid_from": dates.partial_date,
        "valid_until": dates.partial_date,
        "based_on": codes.uuid,
    },
    Feedback: {
        "about": codes.uuid,
        "about_version": numbers.between(1, 2**31 - 1, "A version"),
        "date": dates.partial_date,
        "seizures": codes.uuid,
    },
    Address: {"number": text.identifier, "postcode": text.identifier, "country": codes.country},
    Shop: {"seller": text.identifier, "url": text.url},
    Party: {
        "phones": text.phone,
        "emails": text.email,
        "tax_ids": text.identifier,
        "lei": codes.checked(LEGAL_ENTITY),
        "payments": text.identifier,
    },
    Person: {
        "born": dates.partial_date,
        "nationality": codes.country,
        "document": text.identifier,
        "phones": text.phone,
        "emails": text.email,
    },
    Handling: {
        "information_grade": numbers.between(1, 4, "The grade of information"),
        "expires_at": numbers.between(
            1_000_000_000_000_000, 7_258_118_400_000_000, "A moment in microseconds since 1970"
        ),
    },
}
"""By type and field, for the fields of its subtypes too."""


def check_of(cls: type, field: Field) -> Check | None:
    """The check of one value of a field that is no part and has no words; None: all are good."""
    for base in cls.__mro__:
        if check := RULES.get(base, {}).get(field.name):
            return check
    return text.line if field.type is str else None
