"""The command line. Thin: every command reads its options, calls one room and prints.

Exit codes follow BSD ``sysexits.h`` and are listed in ``errors.py``; 130 is Ctrl-C.
"""

import logging
import sys
import tempfile
import traceback
from pathlib import Path

import click
import typer
from rich.console import Console
from rich.markup import escape

from entente.cli import alert, broker, correlate, demo, network, office, proposals, publish
from entente.cli.context import options
from entente.errors import EntenteError, UsageError

INTERRUPTED = 130

app = typer.Typer(
    name="entente",
    help="Share seizure alerts between customs administrations, and find networks together.",
    epilog="Exit codes: 0 done, 64 usage, 65 data, 66 no such file, 69 no broker, 70 internal, "
    "74 disk, 75 try again, 77 not permitted, 78 configuration, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(options)
for room in (demo, publish, office, proposals):
    room.add(app)
for name, group in (
    ("broker", broker.app),
    ("network", network.app),
    ("alert", alert.app),
    ("correlate", correlate.app),
):
    app.add_typer(group, name=name)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. No traceback reaches the reader."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    code = 0
    try:
        result = app(args=arguments, standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except EntenteError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        console.print(f"  [dim]what to do:[/] {escape(error.advice)}")
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = UsageError.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
    except Exception as error:  # noqa: BLE001  the last door: a reader gets a sentence and a file
        code = _unexpected(error, console)
    return code


def _unexpected(error: Exception, console: Console) -> int:
    logging.getLogger("entente").exception("unexpected")
    with tempfile.NamedTemporaryFile(
        "w", prefix="entente-", suffix=".trace", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    console.print(f"[bold red]error:[/] something unexpected happened: {type(error).__name__}.")
    console.print(f"  [dim]what to do:[/] report it with the file {Path(file.name)}.")
    return EntenteError.exit_code
