"""Settings: one TOML file, overridden by the environment, unknown keys refused.

    home = "."                        # keys, stores and logs; relative to this file
    network = "demo.entente.example"

    [kafka]
    bootstrap = "localhost:19093"

    [log]
    level = "info"

The file is ``$ENTENTE_CONFIG``, else ``entente.toml`` in the current folder. A variable such as
``ENTENTE_KAFKA__BOOTSTRAP`` overrides ``kafka.bootstrap``; two underscores step into a table.

The passphrase of the private keys is no setting: it is in ``$ENTENTE_PASSPHRASE``, or in a file
that ``passphrase_file`` names.
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
UNLOCK_VARIABLE = "ENTENTE_PASSPHRASE"
"""The environment variable that holds the passphrase of private keys."""


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
    passphrase_file: Path | None = None
    """Its first line is the passphrase of the private keys; relative to the settings' file."""

    def secret(self, environ: Mapping[str, str] = os.environ) -> bytes | None:
        """The passphrase of the private keys, None if there is none; never kept, never logged.

        The environment wins over the file. Raises ConfigError: it is empty, or cannot be read.
        """
        source, text = UNLOCK_VARIABLE, environ.get(UNLOCK_VARIABLE)
        if text is None and self.passphrase_file is not None:
            source = str(self.passphrase_file)
            try:
                text = next(iter(self.passphrase_file.read_text("utf-8").splitlines()), "")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(
                    f"The passphrase cannot be read from {source}: {_why(error)}.",
                    advice="Check `passphrase_file`.",
                ) from None
        if text == "":
            raise ConfigError(
                f"The passphrase in {source} is empty.",
                advice="Give one, or leave it out where the private keys have none.",
            )
        return text.encode() if text is not None else None

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
        raise ConfigError(f"Cannot read the configuration {file}: {_why(error)}.") from error
    for name, value in sorted(environ.items()):
        if name.startswith(PREFIX) and name not in (FILE_VARIABLE, UNLOCK_VARIABLE):
            _override(tree, name, value)
    try:
        settings = msgspec.convert(tree, Settings, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {_explain(str(error))}") from None
    secret = settings.passphrase_file
    return msgspec.structs.replace(
        settings,
        home=file.parent / settings.home,
        passphrase_file=file.parent / secret if secret else None,
    )


def _override(tree: dict[str, Any], name: str, value: str) -> None:
    *tables, key = name.removeprefix(PREFIX).lower().split("__")
    for table in tables:
        tree = tree.setdefault(table, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"{name} names a table where the configuration has a value.")
    tree[key] = value


def _why(error: Exception) -> str:
    """The reason alone, without repeating the path or showing bytes of the file."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (isinstance(error, OSError) and error.strerror) or str(error).rstrip(".")


def _explain(error: str) -> str:
    unknown = re.search(r"unknown field `([^`]*)`", error)
    if not unknown:
        return error + "."
    known = [*Settings.__struct_fields__, *Kafka.__struct_fields__, *Log.__struct_fields__]
    close = difflib.get_close_matches(unknown[1], known, 1)
    return f"{error}." + (f" Did you mean `{close[0]}`?" if close else "")
