"""``entente alert``: the record itself, for who writes an interface to it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from entente.alert import form
from entente.alert.problem import AlertRefused
from entente.alert.validate import validate
from entente.cli.context import commands, examples
from entente.errors import FileError

app = commands("The alert's JSON form: its schema, and a check of alerts against it.")


@app.command(epilog=examples("entente alert schema > alert.schema.json"))
def schema() -> None:
    """Print the JSON Schema of an alert."""
    typer.echo(json.dumps(form.json_schema(), indent=2, ensure_ascii=False))


@app.command(
    epilog=examples("entente alert check alert.json", "cat alert.json | entente alert check -")
)
def check(
    file: Annotated[Path, typer.Argument(help="One alert in JSON; - for standard input.")],
) -> None:
    """Say what is wrong with an alert, field by field. Exit code 65 if anything is."""
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise FileError(f"{file} cannot be read: {error.strerror}.") from None
    problems = validate(form.parse(data))
    if problems:
        raise AlertRefused(problems)
    typer.echo("good")
