"""``entente exercise``: a made-up world with planted networks, and how well they were found."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from entente.cli.context import Json, commands, console, examples
from entente.errors import UsageError
from entente.exercise import files
from entente.exercise.style import STYLES
from entente.exercise.world import Spec

app = commands("A made-up world to practise on: planted networks, honest errors, disorder.")
_TRUTH = "Which alerts belong to which network (JSON)."


@app.command(
    epilog=examples("entente exercise simulate --seed 101 --out stream.jsonl --truth truth.json")
)
def simulate(
    out: Annotated[Path, typer.Option(metavar="FILE", help="The stream of alerts (JSON Lines).")],
    truth: Annotated[Path | None, typer.Option(metavar="FILE", help=_TRUTH)] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 1,
    alerts: Annotated[int, typer.Option(min=100, help="About how many alerts.")] = 7600,
    style: Annotated[str, typer.Option(help=f"{', '.join(STYLES)}.")] = "mixed",
    publish: Annotated[
        Path | None,
        typer.Option(
            "--publish",
            metavar="FOLDER",
            help="Also a file for each administration, for `entente publish`.",
        ),
    ] = None,
    recipients: Annotated[
        list[str] | None,
        typer.Option("--recipient", metavar="ID", help="Who may open names there; repeat it."),
    ] = None,
) -> None:
    """Write the alerts of a simulated year, in the order in which they arrive."""
    if style not in STYLES:
        raise UsageError(f"There is no style {style!r}.", advice=f"Take {', '.join(STYLES)}.")
    spec = Spec(seed=seed, alerts=alerts, style=style)
    lines = files.simulate(spec, out, truth)
    typer.echo(f"{lines:,} lines in {out}")
    if publish is not None:
        if not recipients:
            raise UsageError(
                "Names are only sent sealed, and nobody is named to open them.",
                advice="Give at least one --recipient.",
            )
        lines = files.publishable(spec, publish, recipients)
        typer.echo(f"{lines:,} lines in {publish}")


@app.command(epilog=examples("entente exercise score stream.jsonl truth.json proposals.jsonl"))
def score(
    stream: Annotated[Path, typer.Argument(help="The stream, from `simulate`.")],
    truth: Annotated[Path, typer.Argument(help="The truth, from `simulate`.")],
    proposals: Annotated[Path, typer.Argument(help="From `entente correlate run`.")],
    as_json: Json = False,
) -> None:
    """Hold proposals against the truth: networks found, false proposals, delay, calibration."""
    found = files.score_files(stream, truth, proposals)
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    for name, value in msgspec.structs.asdict(found).items():
        if name != "proposals":
            shown = f"{value:.3f}" if isinstance(value, float) else value
            console().print(f"{name.replace('_', ' '):<22} {shown}")
