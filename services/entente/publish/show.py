"""What became of a file, in lines that a person can read."""

from collections.abc import Iterator

from rich.markup import escape

from entente.publish.intake import Published
from entente.publish.report import Report

REASONS = 12
"""Reasons listed; the rest is counted."""


def report(found: Report, *, verb: str) -> Iterator[str]:
    """Counts, then the reasons of rejects with an example each, as rich markup.

    ``verb`` says what became of the good rows: ``would be sent``.
    """
    yield f"[bold]{found.rows:>8,}[/] rows read"
    yield f"[bold green]{found.accepted:>8,}[/] {verb}"
    if found.duplicates:
        yield f"{found.duplicates:>8,} repeat an earlier row of the file"
    if found.elsewhere:
        yield f"{found.elsewhere:>8,} belong to other administrations"
    yield f"[bold {'red' if found.rejected else 'green'}]{found.rejected:>8,}[/] rejected"
    reasons = found.by_reason()
    for reason in reasons[:REASONS]:
        row, _, why, repair = reason.examples[0]
        where = reason.pointer or "alert"
        yield f"         {reason.count:,} x {where}, e.g. row {row}: {escape(why)}"
        yield f"           [dim]what to do:[/] {escape(repair)}"
    if len(reasons) > REASONS:
        yield f"         and {len(reasons) - REASONS} more reasons"


def coverage(found: Report) -> Iterator[str]:
    """What each column could give, and which words of it have no place in our lists."""
    if found.unread:
        yield f"columns not read: {escape(', '.join(found.unread))}"
    for rule in found.coverage:
        counts = ", ".join(f"{count:,} {what}" for what, count in rule.counts.items() if count)
        yield f"{escape(' + '.join(rule.columns)):<28} to {rule.target:<34} {counts}"
        for word, count in rule.unmapped.most_common(3):
            yield f"{'':<28}    [yellow]{count:,} x {escape(word[:60])!r} has no code[/]"


def published(done: Published, *, sent: bool = True, of: int = 0) -> Iterator[str]:
    """What was said, and what had been said before; ``of`` rows that were good."""
    yield f"[bold green]{done.accepted:>8,}[/] {'on their topics' if sent else 'stored and signed'}"
    if done.known:
        yield f"{done.known:>8,} {'said' if sent else 'stored'} before, word for word: nothing new"
    if not sent:
        yield "         what is stored and not sent yet goes out with the next run"
        if (left := of - done.accepted - done.known) > 0:
            yield f"[red]{left:>8,}[/] not stored: publish the file again"
    for submission, error in done.refused[:REASONS]:
        yield f"[red]         row {submission.row}:[/] {escape(str(error))}"
        yield f"           [dim]what to do:[/] {escape(error.advice)}"
    if len(done.refused) > REASONS:
        yield f"         and {len(done.refused) - REASONS} more refused"
