"""``entente decide``: a coordinator says what it makes of a proposal."""

import asyncio
from typing import Annotated, Literal, get_args

import typer
from rich.markup import escape

from entente.alert.decision import Decision, DeclineCode
from entente.cli.catchup import catch_up
from entente.cli.context import As, acting, commands, console, examples
from entente.config import Settings
from entente.coordinate import deciding, heard, received, standing
from entente.coordinate.decider import Decided, Decider
from entente.coordinate.heard import HeardDecision
from entente.coordinate.received import ReceivedProposal
from entente.errors import UsageError

Word = Literal["accept", "decline", "merge", "split", "apart", "together", "withdraw"]
SHORT = 4
"""Characters of a case's id that are enough, if no other begins with them."""
_CODES = [code for code in get_args(DeclineCode) if code != "other"]

app = commands()


@app.command(
    epilog=examples(
        "entente decide 0b9f4c1e accept --as COORD-1 --reason 'Operation planned for May'",
        "entente decide 0b9f4c1e decline --code innocent --as COORD-1",
        "entente decide 0b9f4c1e merge --with 7d20aa31 --as COORD-1",
        "entente decide 0b9f4c1e split 3f2a91c0 88e1d2b4 --as COORD-1",
        "entente decide 0b9f4c1e apart 3f2a91c0 --other 88e1d2b4 --as COORD-1",
        "entente decide 0b9f4c1e together 3f2a91c0 --with 7d20aa31 --as COORD-1",
        "entente decide 0b9f4c1e withdraw --as COORD-1 --reason 'New evidence'",
    )
)
def decide(
    context: typer.Context,
    case: Annotated[
        str,
        typer.Argument(
            metavar="CASE",
            help="The case, by its id or the beginning of it; to withdraw, also a decision.",
        ),
    ],
    word: Annotated[Word, typer.Argument(metavar="DECISION", help="What you decide.")],
    as_: As,
    alerts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ALERT]...", help="Alerts of the case: split, apart, together."),
    ] = None,
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--other", metavar="ALERT", help="The other side of apart, together; repeat it."
        ),
    ] = None,
    with_: Annotated[
        str | None,
        typer.Option("--with", metavar="CASE", help="The other case: merge, apart, together."),
    ] = None,
    code: Annotated[
        DeclineCode | None, typer.Option(help=f"Why it is declined: {', '.join(_CODES)}.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why, in your words; contributors read it.")
    ] = None,
) -> None:
    """Say a signed decision on a proposal: the correlator obeys, and contributors hear of it.

    You decide about alerts of the regions on whose decisions the register gives you a duty; an
    administration with such a duty about its own. What is beyond it is kept, shown, not obeyed.

    accept: there is something to act on. decline: there is not; the case stays quiet until it
    becomes another thing. merge: two cases are of one actor. split: these alerts are not of the
    actor of the rest. apart and together: each of these alerts is not, or is, of the same actor as
    each of the others. withdraw: take a decision of yours back.

    It is about the version that `entente proposals` has shown last. Saying something else about the
    same case replaces an accept or decline; merges, splits and the like stand side by side.
    """
    loaded = acting(context, "decide", as_)
    if word == "withdraw":
        done = asyncio.run(_withdraw(loaded, as_, case, reason))
        said = f"[bold]withdrawn[/] decision {str(done.subject)[:8]}"
    else:
        found = received.read(loaded.party(as_))
        on, other = pick(found, case), pick(found, with_) if with_ else None
        decision = deciding.decision(
            on, word, alerts=alerts or (), others=others or (), other=other, code=code,
            reason=reason,
        )  # fmt: skip
        done = asyncio.run(_decide(loaded, as_, decision, on, other))
        said = f"[bold]{escape(standing.sentence(decision))}[/], decision {str(done.subject)[:8]}"
    out = console()
    out.print(f"{said}: said on {' '.join(done.topics)}")
    if done.unheeded:
        out.print(f"  [yellow]{escape(done.unheeded)}[/]")
    if done.unreached:
        out.print(f"  [yellow]read by none of[/] {' '.join(done.unreached)}: tell them another way")


async def _decide(
    loaded: Settings,
    as_: str,
    decision: Decision,
    on: ReceivedProposal,
    other: ReceivedProposal | None,
) -> Decided:
    async with await Decider.open(loaded, as_) as decider:
        return await decider.decide(decision, on, other)


async def _withdraw(loaded: Settings, as_: str, which: str, reason: str | None) -> Decided:
    if not reason:
        raise UsageError("A decision is taken back for a reason.", advice="Give it with --reason.")
    await catch_up(lambda event: heard.run(loaded, as_, caught_up=event))
    mine = [one for one in heard.read(loaded.party(as_)) if one.coordinator == as_]
    one = _ours(mine, which)
    async with await Decider.open(loaded, as_) as decider:
        return await decider.withdraw(one, reason)


def _ours(mine: list[HeardDecision], which: str) -> HeardDecision:
    fits = [one for one in mine if one.subject.startswith(which)] or [
        one for one in mine if one.decision.proposal.case.startswith(which)
    ]
    if len(fits) != 1:
        raise UsageError(
            f"{which!r} is {'none' if not fits else len(fits)} of your decisions that stand.",
            advice="`entente decisions --as <your id>` lists them; give the decision's id.",
        )
    return fits[0]


def pick(found: list[ReceivedProposal], which: str) -> ReceivedProposal:
    """The proposal of a case, by the beginning of its id. Raises UsageError: there is not one.

    Not by rank: ranks move while one thinks.
    """
    fits = [one for one in found if one.proposal.case.startswith(which.lower())]
    if len(which) < SHORT or len(fits) != 1:
        raise UsageError(
            f"There is no single case {which!r}.",
            advice="`entente proposals` shows the ids of cases; give at least the first"
            f" {SHORT} characters.",
        )
    return fits[0]
