"""A YAML document as text with line numbers, so that every complaint can say where.

All scalars are text: `NO` is Norway, `2014-03` is what it says. Anchors, aliases, tags and keys
given twice are refused.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import yaml

from entente.errors import MappingError

MAX_SIZE = 2 * 1024 * 1024
"""Bytes of a mapping file or one of its tables."""
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar (text), a list or a mapping of nodes, and where it stands."""

    value: "str | list[Node] | dict[str, Node]"
    file: str
    line: int

    def error(self, what: str, advice: str | None = None) -> MappingError:
        """A MappingError that names file and line."""
        return MappingError(f"{self.file}, line {self.line}: {what}", advice=advice)

    def mapping(self, what: str, allowed: frozenset[str] | None = None) -> "dict[str, Node]":
        """The mapping, its keys all among ``allowed``. Raises MappingError."""
        if not isinstance(self.value, dict):
            raise self.error(f"{what} must be a mapping of names to values.")
        for key, node in self.value.items():
            if allowed is not None and key not in allowed:
                raise node.error(f"{what} knows no {key!r}.", advice=suggest(key, allowed))
        return self.value

    def text(self, what: str) -> str:
        """The scalar. Raises MappingError."""
        if not isinstance(self.value, str):
            raise self.error(f"{what} must be one value.")
        return self.value

    def texts(self, what: str) -> tuple[str, ...]:
        """A list of scalars, or one scalar. Raises MappingError."""
        nodes = self.value if isinstance(self.value, list) else [self]
        return tuple(node.text(f"an entry of {what}") for node in nodes)


def suggest(word: str, known: "frozenset[str] | tuple[str, ...] | list[str]") -> str:
    """The advice for a word that is not known."""
    near = get_close_matches(word, sorted(known), 1, 0.6)
    listed = ", ".join(sorted(known)[:40])
    return f"Did you mean {near[0]!r}?" if near else f"Known are: {listed}."


def read_text(path: Path) -> str:
    """A small UTF-8 text file. Raises MappingError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MappingError(
            f"The mapping file {path} cannot be read: {reason}.",
            advice="Check the path; a mapping that comes with Entente has no ending: `unodc`.",
        ) from error
    if len(data) > MAX_SIZE:
        raise MappingError(f"The mapping file {path} is larger than {MAX_SIZE:,} bytes.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MappingError(
            f"The mapping file {path} is not UTF-8 at byte {error.start + 1}.",
            advice="Save it as UTF-8.",
        ) from error


def load_document(path: Path) -> Node:
    """Read a YAML file. Raises MappingError."""
    text = read_text(path)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise MappingError(f"{path.name} is nested deeper than {MAX_DEPTH} levels.")
            anchor = getattr(event, "anchor", None)
            if anchor is not None or getattr(event, "tag", None) is not None:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise MappingError(f"{path.name}, line {line}: anchors and tags are not used.")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            raise MappingError(f"The mapping file {path} is empty.")
        return _node(root, path.name)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise MappingError(f"{path.name}{where}: this is not YAML: {problem}.") from error


def _node(node: yaml.Node, file: str) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        empty = node.style is None and node.value in ("", "~", "null")
        return Node("" if empty else str(node.value), file, line)
    if isinstance(node, yaml.SequenceNode):
        return Node([_node(item, file) for item in node.value], file, line)
    found: dict[str, Node] = {}
    for key, value in node.value:
        at = Node("", file, key.start_mark.line + 1)
        if not isinstance(key, yaml.ScalarNode):
            raise at.error("a name must be text.")
        if key.value in found:
            raise at.error(f"{key.value!r} is given twice.")
        child = _node(value, file)
        found[key.value] = Node(child.value, file, key.start_mark.line + 1)
    return Node(found, file, line)
