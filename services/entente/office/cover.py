"""The cover of an export, for people: what it is, how it may be used, what is in it.

Plain text and HTML, page by page; the handling marks stand on every page. A cover proves nothing:
``entente verify`` says for itself what is there.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple

from rich.text import Text

from entente.office.item import Item
from entente.office.release import stamps
from entente.office.show import line
from entente.trust.manifest import Lane, Manifest

SHOWN = 1_000
"""Records that a cover lists."""
_PAGE = 20
_WIDTH = 78
WHY = {
    "not-held": "never reached this office",
    "refused": "held here, but failed verification",
    "withheld": "may not leave this office",
    "not-selected": "not asked for",
}
"""Why an index is not in an export, in words."""


class Row(NamedTuple):
    """A record as the cover lists it."""

    where: str
    """Name of its files, without suffix."""
    item: Item
    later: str
    """What was said later of the same: ``withdrawn``, ``corrected``, or nothing."""


def text(manifest: Manifest, rows: Sequence[Row], left_out: int) -> bytes:
    """The cover as UTF-8 text; a form feed stands between pages."""
    marks = [_plain(stamp) for stamp in stamps(manifest.marks)]
    rule = "=" * _WIDTH
    pages = [
        "\n".join([rule, *marks, rule, "", *page, "", rule, *marks, rule, ""])
        for page in _pages(manifest, rows, left_out)
    ]
    return "\f".join(pages).encode()


def html(manifest: Manifest, rows: Sequence[Row], left_out: int) -> bytes:
    """The cover as one HTML page without scripts, which prints page by page."""
    marks = "".join(f"<div>{escape(_plain(stamp))}</div>" for stamp in stamps(manifest.marks))
    pages = "".join(
        f"<section><header>{marks}</header><pre>{escape(chr(10).join(page))}</pre>"
        f"<footer>{marks}</footer></section>"
        for page in _pages(manifest, rows, left_out)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\"><title>Entente export</title><style>"
        "body{font:15px/1.4 sans-serif;max-width:60em;margin:auto}"
        "header,footer{font-weight:bold;border:3px solid #b00;color:#b00;padding:.5em}"
        "pre{font:13px/1.45 monospace;white-space:pre-wrap;overflow-wrap:anywhere}"
        "section{margin:1em 0;break-after:page}</style></head><body>"
        f"{pages}</body></html>\n"
    ).encode()


def _pages(manifest: Manifest, rows: Sequence[Row], left_out: int) -> Iterator[list[str]]:
    yield [_plain(one) for one in _first(manifest, left_out)]
    for start in range(0, len(rows), _PAGE):
        yield [_plain(one) for row in rows[start : start + _PAGE] for one in _row(row)]
    if len(rows) < manifest.records:
        more = manifest.records - len(rows)
        yield [
            f"{more:,} more records are in this export, in lanes/; the cover does not list them."
        ]


def _first(manifest: Manifest, left_out: int) -> Iterator[str]:
    yield "EXPORT OF SIGNED ALERTS"
    yield ""
    yield f"network   {manifest.network}"
    yield f"made by   {manifest.made_by}"
    yield f"made at   {moment(manifest.made_at)}"
    yield f"asked     {manifest.asked or 'everything'}"
    yield f"holds     {manifest.records:,} records, from {len(manifest.lanes):,} lanes"
    yield f"judged    by register {manifest.register} under root {manifest.root}"
    if left_out:
        yield f"withheld  {left_out:,} records that were asked for may not leave this office"
    yield ""
    for lane in manifest.lanes:
        yield from _lane(lane)
    yield ""
    yield "The alerts are their issuers', signed and proven; this page is its maker's and proves"
    yield "nothing. Check the whole file with no network, from a root that you trust:"
    yield ""
    yield "    entente verify FILE.zip --root root.json"


def _lane(lane: Lane) -> Iterator[str]:
    yield f"{lane.origin}: from number {lane.start:,} to {lane.end - 1:,}" + (
        ", but for:" if lane.gaps else ", complete"
    )
    for gap in lane.gaps[:_PAGE]:
        yield f"    {gap.start:,} to {gap.end - 1:,}: {WHY[gap.why]}"
    if len(lane.gaps) > _PAGE:
        yield f"    and {len(lane.gaps) - _PAGE:,} more gaps, in manifest.json"


def _row(row: Row) -> Iterator[str]:
    yield Text.from_markup(line(row.item)).plain
    yield f"    {_named(row.item)}"
    yield f"    said {moment(row.item.issued_at)}, {row.where}" + (
        f"; LATER {row.later.upper()}" if row.later else ""
    )
    if row.item.witnessed_at is not None:
        yield f"    existed {moment(row.item.witnessed_at)} at the latest: a witness had it then"
    if row.item.handling.conditions:
        yield f"    H3: {row.item.handling.conditions}"
    yield ""


def _named(item: Item) -> str:
    """What its issuer calls it, and the subject that asks for it again."""
    reference = f"{item.reference}, " if item.reference is not None else ""
    return f"{reference}version {item.version} of {item.subject}"


def moment(at: int) -> str:
    """A time in microseconds, as people read it."""
    return f"{datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _plain(text: str) -> str:
    """One line, without what could steer a terminal or a page."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
