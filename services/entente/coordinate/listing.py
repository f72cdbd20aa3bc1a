"""From what a coordinator enters to an entry of a list. Pure."""

from datetime import date
from typing import get_args
from uuid import UUID

from entente.alert.codes import locode
from entente.alert.handling import Handling
from entente.alert.listing import Known, Listing, Service
from entente.errors import UsageError
from entente.seal import identifiers as ids
from entente.wire.names import subject_id

HANDLING = Handling(
    tlp="GREEN", purpose="list of who serves everybody", source_grade="A", information_grade=1
)
_PLACES: tuple[Service, ...] = ("hub_port", "free_zone")


def entry(
    service: Service, known_by: Known, value: str, reason: str, until: str | None = None
) -> Listing:
    """An entry that can be read. Raises UsageError: its value, reason or day cannot."""
    value = " ".join(value.split())
    if not reason.strip():
        raise UsageError("An entry is made for a reason.", advice="Give it with --reason.")
    if (service in _PLACES) is not (known_by == "place"):
        raise UsageError(
            f"A {service.replace('_', ' ')} is not known by its {known_by}.",
            advice="Ports and free zones are known by their place, all others by what is theirs.",
        )
    if not _reads(service, known_by, value):
        raise UsageError(
            f"{value!r} cannot be read as a {known_by}.",
            advice="Ports are UN/LOCODEs such as NLRTM; phones have at least 7 digits.",
        )
    try:
        day = date.fromisoformat(until).isoformat() if until else None
    except ValueError as error:
        raise UsageError(f"{until!r} is not a day.", advice="E.g. 2027-12-31.") from error
    return Listing(service=service, known_by=known_by, value=value, reason=reason, until=day)


def _reads(service: Service, known_by: Known, value: str) -> bool:
    match known_by:
        case "phone":
            return ids.phone_1(value) is not None
        case "email":
            return ids.email_1(value) is not None
        case "domain":
            return ids.url_1(value) is not None
        case "place" if service == "hub_port":
            return ids.code(value) in locode.codes()
    return known_by != "other" and sum(map(str.isalnum, value)) >= 2


def subject(network: str, coordinator: str, said: Listing) -> UUID:
    """What an entry is a version of: a coordinator's word on one value."""
    value = said.value.casefold()
    return subject_id(network, coordinator, f"listing/{said.service}/{said.known_by}/{value}")


def services() -> list[str]:
    """What can be listed."""
    return [service for service in get_args(Service) if service != "other"]
