"""Sets of rules: the released ones in ``patterns/``, or any folder of YAML files, checked."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec
import yaml

from entente.correlate.rules.rule import Rule
from entente.errors import ConfigError

TRIALS = ".trials.yaml"
"""How a file of test alerts ends; it stands beside its rule."""


@cache
def rules(folder: Traversable | Path | None = None) -> tuple[Rule, ...]:
    """Every rule of a folder, by id; the released ones without.

    Raises ConfigError at the first that does not fit: a key, field or detection that does not
    exist, a file that is not named as its rule, or no rule at all.
    """
    folder = released() if folder is None else folder
    try:
        listed = sorted((f for f in folder.iterdir()), key=lambda f: f.name)
    except OSError as error:
        raise ConfigError(f"{folder} is not a folder of rules: {error.strerror}.") from error
    found = [_load(f) for f in listed if f.name.endswith(".yaml") and not f.name.endswith(TRIALS)]
    if not found:
        raise ConfigError(f"There is no rule in {folder}.", advice="Rules are files *.yaml.")
    return tuple(found)


def released() -> Traversable:
    """The folder of the rules that we come with."""
    return files("entente.correlate").joinpath("patterns")


def _load(file: Traversable) -> Rule:
    try:
        rule = msgspec.convert(yaml.load(file.read_text("utf-8"), yaml.CSafeLoader), Rule)
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The rule {file.name} does not fit: {error}.",
            advice="The language of rules is described in correlate/README.md.",
        ) from error
    if file.name != f"{rule.id}.yaml":
        raise ConfigError(f"The rule {rule.id} stands in {file.name}.", advice="Name it alike.")
    return rule
