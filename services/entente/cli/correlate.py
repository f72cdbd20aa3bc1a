"""``entente correlate``: the correlation service, and the same engine on a file."""

import asyncio
import contextlib
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from entente.cli.context import As, Json, acting, commands, console, counting, examples, put
from entente.correlate.replay import history, showing
from entente.correlate.replay.whatif import Setting, compare
from entente.correlate.rules.rules import released
from entente.correlate.rules.rules import rules as load_rules
from entente.correlate.rules.trials import check
from entente.correlate.run import correlate_run, rejects_of
from entente.correlate.views import saying, service
from entente.correlate.weigh import model
from entente.errors import InputError, UsageError
from entente.trust.audience import register as register_of

app = commands("Find cross-border patterns and propose joint operations.")


@app.command(epilog=examples("entente correlate serve --as CORRELATOR"))
def serve(context: typer.Context, as_: As = "CORRELATOR") -> None:
    """Read all alerts, keep looking for patterns, send signed proposals; until Ctrl-C."""
    loaded = acting(context, "correlate", as_)
    with counting(as_) as progress, contextlib.suppress(asyncio.CancelledError):
        asyncio.run(service.run(loaded, as_, progress=progress))


@app.command(epilog=examples("entente correlate run --alerts stream.jsonl --out proposals.jsonl"))
def run(
    alerts: Annotated[
        Path, typer.Option(metavar="FILE", help="Alert versions in order of arrival (JSON Lines).")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Every version of every proposal.")],
    rules: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Other rules than ours (YAML files).")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes; the second one weighs, others read.")
    ] = 1,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Turn names into link tokens first and forget them.")
    ] = False,
) -> int:
    """Run the same engine on a file, without a broker.

    A line in: `{"subject", "issuer", "version", "change", "issued_at", "received_at", "alert"}`;
    `entente alert schema` prints what an alert is. A line out: a version of a proposal, and after
    which line it was said. Both are described in services/entente/correlate/README.md. Lines that
    are none go to OUT.rejects, with the reason and a repair, and the others are read without them;
    exit code 65 if there were any.
    """
    found = correlate_run(alerts, out, rules=rules, workers=workers, sealed=sealed)
    typer.echo(
        f"{found.read:,} alert versions read, {found.written:,} proposal versions written to {out}"
    )
    if found.rejected:
        typer.echo(f"{found.rejected:,} lines are none: they are in {rejects_of(out)}, with why")
    return InputError.exit_code if found.rejected else 0


@app.command(
    name="what-if",
    epilog=examples(
        "entente correlate what-if --rules candidate/ --as CORRELATOR",
        "entente correlate what-if --rules candidate/ --alerts stream.jsonl --json",
        "entente correlate what-if --weights heavier.yaml --alerts stream.jsonl"
        " --decisions decisions.jsonl",
    ),
)
def what_if(
    context: typer.Context,
    rules: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The candidate's rules (YAML files).")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The candidate's weights (YAML).")
    ] = None,
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="ID", help="Take what this correlator has received."),
    ] = None,
    alerts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Or a stream, as `run` reads it.")
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --alerts: from `entente decisions --json`."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run history through other rules or weights beside today's, and compare what is proposed.

    Prints new, lost and changed proposals, what each coordinator has to read in a week, and how
    many proposals agree with what coordinators have decided. Both sides see all alerts of the
    history as one, and obey no decisions. Nothing is sent, and nothing is changed.
    """
    if (rules is None and weights is None) or (as_ is None) is (alerts is None):
        raise UsageError(
            "A candidate and a history are needed.",
            advice="Give --rules or --weights or both, and either --as or --alerts.",
        )
    today = Setting(load_rules(), model.weights())
    chosen = today.rules if rules is None else load_rules(rules)
    if rules is not None:
        check(chosen, rules)
    candidate = Setting(chosen, today.weights if weights is None else model.load(weights))
    if alerts is not None:
        read = history.of_file(alerts)
        decided = [] if decisions is None else history.decisions(decisions)
        found = compare(read, today, candidate, decisions=decided)
    else:
        loaded = acting(context, "correlate", str(as_))
        register = register_of(loaded.party(str(as_)))
        read, decided = history.of_inbox(loaded.party(str(as_)), register.administrations)
        found = compare(
            read, today, candidate, decisions=decided,
            concerns=partial(saying.coordinators, register),
        )  # fmt: skip
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
    else:
        console().print(*showing.tables(found))
        put(showing.lines(found))


@app.command(
    "rules", epilog=examples("entente correlate rules", "entente correlate rules my-rules/")
)
def rules_(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Other rules than ours (YAML files).")
    ] = None,
) -> None:
    """List rules, each tried on its test alerts first: pattern, name, bits, how often it fires.

    The language of rules is described in services/entente/correlate/README.md.
    """
    found = load_rules(folder)
    check(found, released() if folder is None else folder)
    for rule in sorted(found, key=lambda r: (r.pattern, r.id)):
        bits = f"{rule.evidence.bits:+.1f}" if rule.evidence.bits else ""
        put((f"[bold]{rule.pattern}[/]  {bits:>5}  {escape(rule.id)}: {escape(rule.title)}",))
        put((f"            [dim]{escape(rule.base_rate)}[/]",))
