"""A draft: what a row says before it is checked, be it mapped or a line that is an alert."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

import msgspec

from entente.alert.problem import Problem, shown
from entente.publish.document import suggest
from entente.publish.mapper import Mapper
from entente.publish.row import Row
from entente.wire.names import REGIONS

LINE = frozenset({
    "alert", "handling", "audience", "regions", "recipients", "version", "change", "reason",
    "administration",
})  # fmt: skip
"""Keys of a line that is more than the alert itself."""


@dataclass(frozen=True, slots=True)
class Draft:
    """JSON forms, unchecked but for their types."""

    alert: dict[str, Any]
    handling: dict[str, Any]
    audience_regions: tuple[str, ...] = ()
    audience_administrations: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    version: int = 1
    change: str = "NEW"
    reason: str | None = None


class _Audience(msgspec.Struct, forbid_unknown_fields=True):
    regions: tuple[str, ...] = ()
    administrations: tuple[str, ...] = ()


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """``{"alert": …, "handling": …, "version": …, "change": …, "reason": …}``."""

    alert: dict[str, object]
    handling: dict[str, object] | None = None
    audience: _Audience | None = None
    regions: tuple[str, ...] | None = None
    recipients: tuple[str, ...] | None = None
    version: int = 1
    change: str = "NEW"
    reason: str | None = None
    administration: str | None = None


def draft_of(row: Row, mapper: Mapper, problems: list[Problem]) -> Draft:
    """The draft of a row; what is wrong with it is added to ``problems``."""
    return _line(row, mapper, problems) if mapper.mapping.alerts else _mapped(row, mapper, problems)


def _mapped(row: Row, mapper: Mapper, problems: list[Problem]) -> Draft:
    mapping = mapper.mapping
    cells = texts(row.cells)
    mapped = mapper.alert(cells)
    change = str(mapper.single(mapping.change, cells, problems) or "NEW")
    if change != "WITHDRAWAL":
        problems.extend(mapped.problems)
    reason = mapper.single(mapping.reason, cells, problems)
    return Draft(
        alert=mapped.alert,
        handling=mapper.handling(cells, problems),
        audience_regions=mapping.audience_regions,
        audience_administrations=mapping.audience_administrations,
        regions=mapping.regions,
        recipients=mapping.recipients,
        version=int(mapper.single(mapping.version, cells, problems) or 1),
        change=change,
        reason=None if reason is None else str(reason),
    )


def _line(row: Row, mapper: Mapper, problems: list[Problem]) -> Draft:
    mapping = mapper.mapping
    cells = row.cells
    if "alert" not in cells and "kind" in cells:
        cells = {"alert": cells}
    for key in cells:
        if key not in LINE:
            problems.append(
                Problem("", shown(key), "The line has a name that is not known.",
                        suggest(key, LINE), "unknown_field")
            )  # fmt: skip
            return Draft({}, {})
    try:
        line = msgspec.convert(cells, _Line)
    except msgspec.ValidationError as error:
        problems.append(
            Problem("", "", f"The line is not an alert: {error}.",
                    'Write an alert, or {"alert": …, "handling": …}.', "type")
        )  # fmt: skip
        return Draft({}, {})
    audience = line.audience or _Audience(
        mapping.audience_regions, mapping.audience_administrations
    )
    regions = mapping.regions if line.regions is None else line.regions
    for region in (*regions, *audience.regions):
        if region not in REGIONS:
            problems.append(
                Problem("", shown(region), "There is no such region.", suggest(region, REGIONS),
                        "not_listed")
            )  # fmt: skip
    return Draft(
        alert=line.alert,
        handling={**mapper.handling({}, problems), **(line.handling or {})},
        audience_regions=audience.regions,
        audience_administrations=audience.administrations,
        regions=regions,
        recipients=mapping.recipients if line.recipients is None else line.recipients,
        version=line.version,
        change=line.change,
        reason=line.reason,
    )


def texts(cells: Dict[str, object]) -> Dict[str, str]:
    """Cells as text; those of CSV and Excel are text already."""
    if all(type(value) is str for value in cells.values()):
        return cells  # type: ignore[return-value]  # just checked
    return {key: _text(value) for key, value in cells.items()}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return str(value)
