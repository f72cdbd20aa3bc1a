"""Settings: one TOML file, overridden by the environment, unknown keys refused.

    home = "."                        # keys, stores and logs; relative to this file
    network = "demo.entente.example"

    [kafka]
    bootstrap = "localhost:19093"

    [log]
    level = "info"

The file is ``$ENTENTE_CONFIG``, else ``entente.toml`` in the current folder. A variable such as
``ENTENTE_KAFKA__BOOTSTRAP`` overrides ``kafka.bootstrap``; two underscores step into a table.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from entente.errors import ConfigError

PREFIX = "ENTENTE_"
FILE_VARIABLE = "ENTENTE_CONFIG"


class Kafka(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the cluster is. Certificates are the party's own, under ``home``."""

    bootstrap: str = "localhost:19093"
    """``host:port`` of one or more brokers, separated by commas."""


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to log. ``auto`` is console on a terminal and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of a process."""

    network: str
    home: Path = Path(".")
    kafka: Kafka = Kafka()
    log: Log = Log()

    def party(self, administration: str) -> Path:
        """Folder of an administration's own keys, certificates and stores."""
        return self.home / "parties" / administration


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; ``path`` wins over ``$ENTENTE_CONFIG`` over ``./entente.toml``.

    Raises ConfigError: no file, not TOML, a key unknown or of the wrong type.
    """
    file = path or Path(environ.get(FILE_VARIABLE, "entente.toml"))
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"There is no configuration file {file}.",
            advice=f"Give one with --config or {FILE_VARIABLE}; `entente demo` writes an example.",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"Cannot read the configuration {file}: {error}.") from error
    for name, value in sorted(environ.items()):
        if name.startswith(PREFIX) and name != FILE_VARIABLE:
            _override(tree, name, value)
    try:
        settings = msgspec.convert(tree, Settings, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {_explain(str(error))}") from None
    return msgspec.structs.replace(settings, home=file.parent / settings.home)


def _override(tree: dict[str, Any], name: str, value: str) -> None:
    *tables, key = name.removeprefix(PREFIX).lower().split("__")
    for table in tables:
        tree = tree.setdefault(table, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"{name} names a table where the configuration has a value.")
    tree[key] = value


def _explain(error: str) -> str:
    unknown = re.search(r"unknown field `([^`]*)`", error)
    if not unknown:
        return error + "."
    known = [*Settings.__struct_fields__, *Kafka.__struct_fields__, *Log.__struct_fields__]
    close = difflib.get_close_matches(unknown[1], known, 1)
    return f"{error}." + (f" Did you mean `{close[0]}`?" if close else "")
