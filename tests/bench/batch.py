"""Batch tools on the same stream: joining equal values in DuckDB, and splink.

They see the heads of a whole stream at once and need no order, no epochs and no words; what they
find is turned into proposals by the same rule and scored the same way. Needs the dependency group
``batch`` (splink, which brings DuckDB).
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from bench.measure import Row
from bench.quality import Line, heads_of, judge, world
from entente.correlate.head import Head
from entente.correlate.weigh.features import Features, features
from entente.correlate.weigh.model import weights
from entente.exercise.score import ProposalLine, Score, score
from entente.exercise.truth import Truth, components

COLUMNS = {
    "phone": ("phone.1",), "email": ("email.1",), "account": ("payment.1",),
    "shop": ("shop.1", "url.1"), "trader": ("tax-id.1", "lei.1"), "container": ("container.1",),
    "document": ("document.1",), "seal": ("seal-number.1",), "lot": ("lot.1",),
    "street": ("street.1",), "name": ("name-skeleton.1",), "brand_place": ("brand-place",),
    "brand_origin": ("brand-origin",), "brand_way": ("brand-way",), "sort_way": ("sort-way",),
    "declared": ("declared",), "hidden": ("hidden",), "defect": ("defect",),
}  # fmt: skip
"""Column of a record to the kinds of values in it."""
KEYS = tuple(COLUMNS)[:11]
"""Columns of identifiers, by which pairs are made."""
LIMIT = 20
"""A value in more alerts joins nothing and is left out, as by MISP's correlation limit."""


class Known(NamedTuple):
    """The standing alerts of a stream."""

    issuers: dict[str, str]
    values: dict[str, dict[str, list[str]]]
    """Subject to column to canonical values, without those of middlemen and without common ones."""


def standing(lines: Sequence[Line]) -> Known:
    """The values of all heads."""
    heads: dict[str, Head] = {}
    for head in heads_of(lines):
        held = heads.get(head.subject)
        if held is None or head.version > held.version:
            heads[head.subject] = head
    known = [f for head in heads.values() if (f := features(head))]
    served = {v for f in known for a in f.actors if a.service for v in a.values}
    by_kind = {kind: column for column, kinds in COLUMNS.items() for kind in kinds}
    counts = Counter(v for f in known for v in _all(f))
    values: dict[str, dict[str, list[str]]] = {}
    for f in known:
        row = values[f.subject] = {column: [] for column in COLUMNS}
        for value in sorted(_all(f) - served):
            column = by_kind.get(value.partition(":")[0])
            if column and counts[value] <= LIMIT:
                row[column].append(value)
    return Known({f.subject: f.issuer for f in known}, values)


def _all(f: Features) -> set[str]:
    return set(f.ids).union(f.circumstances, *(a.values for a in f.actors))


def proposals(known: Known, pairs: Iterable[tuple[str, str]]) -> list[ProposalLine]:
    """Connected alerts: three at least, of two administrations."""
    joined = [(s, [f"{n}"]) for n, pair in enumerate(pairs) for s in pair]
    groups = components(_merged(joined))
    return [
        ProposalLine(f"case-{n}", 1, 0, "open", 0.5, sorted(group))
        for n, group in enumerate(sorted(groups, key=min))
        if len(group) >= 3 and len({known.issuers[s] for s in group}) >= 2
    ]


def _merged(joined: Iterable[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for subject, values in joined:
        found.setdefault(subject, []).extend(values)
    return sorted(found.items())


def equal_in_duckdb(known: Known) -> list[ProposalLine]:
    """Alerts that share an identifier, as DuckDB joins them."""
    with duckdb.connect() as db:
        db.execute("create table held (subject varchar, value varchar)")
        rows = [(s, v) for s, row in known.values.items() for column in KEYS for v in row[column]]
        db.executemany("insert into held values (?, ?)", rows)
        pairs = db.execute(
            "select distinct a.subject, b.subject from held a join held b using (value) "
            "where a.subject < b.subject order by all"
        ).fetchall()
    return proposals(known, pairs)


def linker(known: Known, truth: Truth | None = None) -> Linker:
    """Splink's view of a stream: a record for each alert; what networks are in it, if known."""
    home = {s: n.id for n in truth.networks for s in n.alerts} if truth else {}
    db = duckdb.connect()
    db.execute("set lambda_syntax = 'ENABLE_SINGLE_ARROW'")
    columns = ", ".join(f"{c} varchar[]" for c in COLUMNS)
    db.execute(f"create table alerts (unique_id varchar, network varchar, {columns})")
    holes = ", ".join("?" * (len(COLUMNS) + 2))
    rows = [
        [s, home.get(s, s), *(row[c] or None for c in COLUMNS)] for s, row in known.values.items()
    ]
    db.executemany(f"insert into alerts values ({holes})", rows)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[cl.ArrayIntersectAtSizes(column, [1]) for column in COLUMNS],
        blocking_rules_to_generate_predictions=[
            block_on(column, arrays_to_explode=[column]) for column in (*KEYS, "brand_place")
        ],
        probability_two_random_records_match=2.0 ** (weights().link.prior - 12.9),
    )
    api = DuckDBAPI(connection=db)
    return Linker(api.register("alerts", table_name="of_alerts"), settings, log_level="ERROR")


def trained(known: Known, truth: Truth, seed: int) -> Linker:
    """A linker with m from the networks of a stream and u from pairs drawn at random."""
    made = linker(known, truth)
    made.training.estimate_u_using_random_sampling(max_pairs=2e7, seed=seed)
    made.training.estimate_m_from_label_column("network")
    return made


def weighed(model: Linker) -> dict[str, tuple[float, float]]:
    """By column, m and u of sharing a value: how often alerts of one network do, and others."""
    found = {}
    for comparison in model.misc.save_model_to_json()["comparisons"]:
        level: dict[str, Any] = comparison["comparison_levels"][1]
        if level.get("m_probability") is not None and level.get("u_probability") is not None:
            column = comparison["output_column_name"]
            found[column] = (level["m_probability"], level["u_probability"])
    return found


def by_splink(known: Known, model: Linker, least: float = 0.5) -> list[ProposalLine]:
    """What splink links at a probability of ``least``, with the m and u of another stream."""
    here = linker(known)
    learnt = model.misc.save_model_to_json()["comparisons"]
    settings = here.misc.save_model_to_json()
    settings["comparisons"] = learnt
    again = Linker(here._input_tables_dict["of_alerts"], settings, log_level="ERROR")
    found = again.inference.predict(threshold_match_probability=least)
    pairs = [(r["unique_id_l"], r["unique_id_r"]) for r in found.as_record_list()]
    return proposals(known, pairs)


def batch(seed: int = 301, learnt: int = 201, alerts: int = 7600) -> list[Row]:
    """What each finds on one stream and how fast, in processor time, after splink has learnt from
    another stream. Training is not counted."""
    lines, truth = world(learnt, "mixed", alerts)
    model = trained(standing(lines), truth, learnt)
    lines, truth = world(seed, "mixed", alerts)
    own, speed, _ = judge(lines, truth, weights())
    rows = [_row("entente, as they come", own, speed, speed)]
    begun = time.process_time()
    known = standing(lines)
    read = time.process_time() - begun
    ways: dict[str, Callable[[], list[ProposalLine]]] = {
        "equal identifiers in DuckDB": lambda: equal_in_duckdb(known),
        "splink at 0.5": lambda: by_splink(known, model, 0.5),
        "splink at 0.9": lambda: by_splink(known, model, 0.9),
        "splink at 0.99": lambda: by_splink(known, model, 0.99),
    }
    for title, way in ways.items():
        begun = time.process_time()
        said = way()
        taken = read + time.process_time() - begun
        rows.append(_row(title, score(lines, truth, said), len(lines) / taken, speed))  # type: ignore[arg-type]  # same fields
    return rows


def _row(title: str, s: Score, per_second: float, first: float) -> Row:
    found = (
        f"F1 {s.f1:.2f}, pairwise {s.pairwise_f1:.2f}, B-cubed {s.bcubed_f1:.2f}, false {s.false}"
    )
    ratio = per_second / first
    return Row("find networks", f"{title}: {found}", per_second, ratio, ratio, ratio, "")
