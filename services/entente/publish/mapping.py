"""The mapping of a national file to the alert record: one YAML file, checked before any row.

    kind: seizure
    file: {delimiter: ";"}
    administration: {column: COUNTRY, table: countries}   # where a file holds several
    reference: {template: "{CASE_NO}"}               # or {hash: [COLUMN, ...], prefix: XY-}
    handling: {tlp: AMBER, purpose: ..., source_grade: A, information_grade: 2}
    fields: {/event/date: {column: DATE, date: "%d/%m/%Y"}, ...}         # rules, see `rule`
    tables: {countries: countries.csv, routing: {Inbound: import}}       # see `tables`

A JSON Lines file of whole alerts needs no ``fields``.
"""

import re
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from entente.alert import record
from entente.alert.form import KINDS
from entente.alert.handling import Handling
from entente.errors import MappingError
from entente.publish.decode import usable
from entente.publish.document import Node, load_document, suggest
from entente.publish.row import Dialect
from entente.publish.rule import Rule, read_rule
from entente.publish.shape import Leaf, steps
from entente.publish.tables import Table, read_tables
from entente.wire.names import REGIONS

KEYS = frozenset({
    "name", "source", "file", "kind", "administration", "reference", "version", "change", "reason",
    "handling", "audience", "regions", "recipients", "fields", "tables",
})  # fmt: skip
Change = Literal["NEW", "CORRECTION", "WITHDRAWAL"]
CHANGES: tuple[Change, ...] = ("NEW", "CORRECTION", "WITHDRAWAL")


@dataclass(slots=True)
class Branch:
    """An object or list of the alert; its leaves are rules, of which the first to give wins."""

    is_list: bool = False
    needy: bool = False
    children: "dict[str, Branch | list[Rule]]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference:
    """How the national reference is made: a template of columns, or a hash of their exact text."""

    template: str = ""
    columns: tuple[str, ...] = ()
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping. ``alerts`` tells whether lines are whole alerts, without rules."""

    name: str = ""
    source: str = ""
    """Where the data come from, to be cited."""
    dialect: Dialect = field(default_factory=Dialect)
    kind: type[record.Alert] = record.Seizure
    administration: Rule | None = None
    reference: Reference = field(default_factory=Reference)
    version: Rule | None = None
    change: Rule | None = None
    reason: Rule | None = None
    handling: Branch = field(default_factory=Branch)
    audience_regions: tuple[str, ...] = ()
    audience_administrations: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Regions on whose topics it is said; empty: the administration's home region."""
    recipients: tuple[str, ...] = ()
    """Administrations that the nominal part is sealed to."""
    alert: Branch = field(default_factory=Branch)
    rules: tuple[Rule, ...] = ()
    alerts: bool = True

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the mapping names."""
        return frozenset(c for rule in self.rules for c in rule.needs) | {*self.reference.columns}


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping and its tables. Raises MappingError with file and line."""
    root = load_document(path)
    parts = root.mapping("the mapping", KEYS)
    tables = read_tables(parts["tables"], path.parent) if "tables" in parts else {}
    rules: list[Rule] = []

    def rule(key: str, leaf: Leaf) -> Rule | None:
        if key not in parts:
            return None
        rules.append(read_rule(key, leaf, parts[key], tables))
        return rules[-1]

    def texts(node: Dict[str, Node], key: str) -> tuple[str, ...]:
        return node[key].texts(key) if key in node else ()

    alerts = "fields" not in parts
    for needed in ("kind", "reference") if not alerts else ():
        if needed not in parts:
            raise root.error(f"the mapping lacks {needed!r}.")
    audience = (
        parts["audience"].mapping("audience", frozenset({"regions", "administrations"}))
        if "audience" in parts
        else {}
    )
    for key, where in (("regions", parts), ("regions", audience)):
        for region in texts(where, key):
            if region not in REGIONS:
                raise where[key].error(f"{region!r} is not a region.", suggest(region, REGIONS))
    handling = _handling(parts.get("handling"), root, tables, rules)
    kind = _kind(parts.get("kind"))
    fields = {} if alerts else parts["fields"].mapping("fields")
    for pointer, node in fields.items():
        if pointer.split("/")[1:2] in (["national_ref"], ["kind"], ["unknown"]):
            raise node.error(f"{pointer} is not mapped as a field: see reference, kind, unknown.")
    return Mapping(
        name=parts["name"].text("name") if "name" in parts else path.stem,
        source=parts["source"].text("source") if "source" in parts else "",
        dialect=_dialect(parts.get("file")),
        kind=kind,
        administration=rule("administration", Leaf("str")),
        reference=_reference(parts.get("reference")),
        version=rule("version", Leaf("int")),
        change=rule("change", Leaf("str", CHANGES)),
        reason=rule("reason", Leaf("str")),
        handling=handling,
        audience_regions=texts(audience, "regions"),
        audience_administrations=texts(audience, "administrations"),
        regions=texts(parts, "regions"),
        recipients=texts(parts, "recipients"),
        alert=_tree(kind, fields.items(), tables, rules),
        rules=tuple(rules),
        alerts=alerts,
    )


def _kind(node: Node | None) -> type[record.Alert]:
    if node is None:
        return record.Seizure
    name = node.text("kind")
    if name not in KINDS:
        raise node.error(f"there is no kind {name!r}.", suggest(name, list(KINDS)))
    return KINDS[name]


def _dialect(node: Node | None) -> Dialect:
    if node is None:
        return Dialect()
    allowed = frozenset({"delimiter", "quote", "encoding", "sheet"})
    parts = node.mapping("file", allowed)
    values = {key: part.text(key) for key, part in parts.items()}
    if values.get("delimiter") in ("tab", "\\t"):
        values["delimiter"] = "\t"
    for key in ("delimiter", "quote"):
        value = values.get(key, ";")
        if len(value) != 1 or not value.isascii() or value in "\r\n\0#":
            raise parts[key].error(f"file.{key} must be one ASCII character, e.g. ';' or tab.")
    if values.get("delimiter", ",") == values.get("quote", '"'):
        raise node.error("file.delimiter and file.quote must differ.")
    if not usable(values.get("encoding", "utf-8")):
        raise parts["encoding"].error(
            f"encoding {values['encoding']!r} is not known, or not one that keeps ASCII.",
            advice="Use utf-8, cp1252, latin-1, cp1251, gb18030 or the like; save UTF-16 as UTF-8.",
        )
    if values.get("encoding", "").replace("_", "-").lower() in ("utf-8-sig", "utf8-sig"):
        values["encoding"] = "utf-8"  # a byte order mark is taken off anyway
    return Dialect(**values)


def _reference(node: Node | None) -> Reference:
    if node is None:
        return Reference()
    parts = node.mapping("reference", frozenset({"template", "hash", "prefix"}))
    if ("template" in parts) == ("hash" in parts):
        raise node.error("reference needs a template or a hash of columns, one of them.")
    if "template" in parts:
        template = parts["template"].text("template")
        columns = tuple(re.findall(r"\{([^{}]+)\}", template))
        if not columns:
            raise parts["template"].error("the template names no column, e.g. {CASE_NO}.")
        return Reference(template, columns)
    prefix = parts["prefix"].text("prefix") if "prefix" in parts else ""
    return Reference("", parts["hash"].texts("hash"), prefix)


def _handling(node: Node | None, root: Node, tables: Dict[str, Table], rules: list[Rule]) -> Branch:
    if node is None:
        return Branch()
    items: list[tuple[str, Node]] = []
    for key, part in node.mapping("handling").items():
        many = part.value if isinstance(part.value, list) else None
        items += [(f"/{key}/{i}", n) for i, n in enumerate(many)] if many else [(f"/{key}", part)]
    given = {pointer.split("/")[1] for pointer, _ in items}
    for f in msgspec.structs.fields(Handling):
        if f.required and f.name not in given:
            raise node.error(f"handling lacks {f.name!r}.")
    return _tree(Handling, items, tables, rules)


def _tree(
    kind: type[msgspec.Struct],
    items: Iterable[tuple[str, Node]],
    tables: Dict[str, Table],
    rules: list[Rule],
) -> Branch:
    root = Branch()
    for pointer, node in items:
        path, leaf = steps(kind, pointer, node)
        at = root
        for step in path[:-1]:
            at.is_list = step.is_list
            child = at.children.setdefault(step.token, Branch(needy=step.needy))
            if not isinstance(child, Branch):
                raise node.error(f"{pointer!r} goes beyond a single value.")
            at = child
        at.is_list = path[-1].is_list
        alternatives = node.value if isinstance(node.value, list) else [node]
        if not alternatives:
            raise node.error(f"{pointer!r} has no rule.")
        made = [read_rule(pointer, leaf, alternative, tables) for alternative in alternatives]
        at.children[path[-1].token] = made
        rules.extend(made)
    return root


__all__ = ["CHANGES", "Branch", "Change", "Mapping", "MappingError", "Reference", "load_mapping"]
