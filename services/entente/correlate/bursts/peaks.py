"""Windows of one route, and which of them are bursts by themselves.

What a window counts follows from the seizures of the route and is kept with it; only what its
administrations report as a whole is another at each epoch. So most windows are ruled out for good,
and of the others little is computed again.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import chain
from math import comb, log2
from typing import NamedTuple

from entente.correlate.bursts.burst import YEAR, BurstWeights, Peak, Season, Share
from entente.correlate.bursts.tail import fisher, most_mean, negative_binomial_tail

SIZES = (0.7, 8.0)
"""Least and largest size of a negative binomial that an administration's past is taken for."""
Days = Mapping[str, list[int]]
"""Days of the seizures on one route, sorted, by administration."""


class Inside(NamedTuple):
    """An administration that seized in a window, and whose history is long enough to judge by."""

    issuer: str
    seizures: int
    known: int
    """Days of its history, a year at most;"""
    seized: int
    """what it seized on the route in these."""
    most: float
    """Of a larger mean so many would be no surprise; 0: its rate on the route is larger already."""


class Window(NamedTuple):
    """A window that is worth judging."""

    end: int
    """Its last day."""
    width: int
    inside: tuple[Inside, ...]
    seen: float
    """What all have seized on the route in the year before, and a half."""
    pooled: float
    """Bits of all its seizures, taken for those of one: each of many small administrations seldom
    sees one; that some of them do is no wonder."""


def windows(
    days: Days, least: int, season: Season, weights: BurstWeights, *, named: bool
) -> Iterator[Window]:
    """The windows that end on day ``least`` or later, by their end, and could be bursts whatever
    is reported elsewhere: enough seizures, by enough administrations above their own past, and
    together more than chance.

    Of the season only the first days of histories count. ``named``: see ``Season.prior``.
    """
    start = least - max(weights.windows)
    near = [(i, own, at) for i, own in days.items() if (at := bisect_left(own, start)) < len(own)]
    if len(near) < weights.administrations:
        return
    if sum(len(own) - at for _, own, at in near) < weights.seizures:
        return
    every = sorted(chain.from_iterable(own[at:] for _, own, at in near))
    likely = Season({}).prior(weights, named=named)
    for at, end in enumerate(every):
        if end < least or every[at + 1 : at + 2] == [end]:
            continue
        for width in weights.windows:
            first = end - width + 1
            if at + 1 - bisect_left(every, first) < weights.seizures:
                continue
            inside = []
            above = seizures = 0
            for issuer, own, low in near:
                begin = bisect_left(own, first, low)
                count = bisect_left(own, end + 1, begin) - begin
                if count and (known := season.known(issuer, first)):
                    seized = begin - bisect_left(own, first - known, 0, begin)
                    most = most_mean(count, weights.above)
                    if width * seized / known <= most:
                        above += 1
                        seizures += count
                    else:
                        most = 0.0
                    inside.append(Inside(issuer, count, known, seized, most))
            if above >= weights.administrations and seizures >= weights.seizures:
                seen = 0.5 + sum(_between(own, first - YEAR, first) for own in days.values())
                mean = width * seen / max(one.known for one in inside)
                tail = negative_binomial_tail(sum(one.seizures for one in inside), mean, 2.0)
                pooled = -log2(max(tail, 1e-60))
                if pooled + likely >= weights.floor:
                    yield Window(end, width, tuple(inside), seen, pooled)


def peak(
    window: Window, days: Days, season: Season, weights: BurstWeights, *, named: bool
) -> Peak | None:
    """A window that is worth judging, if it is a burst. Most are none, so what is cheap is asked
    first."""
    last, width, inside, seen, pooled = window
    first = last - width + 1
    week, end = first // 7, last // 7 + 1
    totals = season.totals
    # Whatever share they had of the route: it can only raise the mean.
    above = seizures = 0
    for one in inside:
        if one.seized and one.most:
            own = totals[one.issuer]
            before = own[week] - own[(first - one.known) // 7]
            if before and (own[end] - own[week]) * one.seized / (before + 1.0) > one.most:
                continue
        if one.most:
            above += 1
            seizures += one.seizures
    if above < weights.administrations or seizures < weights.seizures:
        return None
    year = week - YEAR // 7
    reported = sum([own[week] - own[year] for own in map(totals.__getitem__, days)])
    part = seen / (reported + 1)
    means = []
    above = seizures = 0
    for one in inside:
        own = totals[one.issuer]
        now, before = own[end] - own[week], own[week] - own[(first - one.known) // 7]
        mean = _mean(one, width, now, before, part * (own[week] - own[year] + 1))
        means.append((one, mean))
        if mean <= one.most:
            above += 1
            seizures += one.seizures
    if above < weights.administrations or seizures < weights.seizures:
        return None
    shares = [
        Share(
            one.issuer, one.seizures, mean, min(weights.bits(one.seizures), -log2(max(tail, 1e-30)))
        )
        for one, mean in means
        for tail in (_tail(days[one.issuer], one, mean, (first, width)),)
    ]
    telling = [s for s in shares if s.bits >= -log2(weights.above)]
    if (
        len(telling) < weights.administrations
        or sum(s.seizures for s in telling) < weights.seizures
    ):
        return None
    reporters = sum(1 for d in days.values() if _between(d, first - YEAR, last + 1))
    together = -log2(max(fisher(_tempered(shares)), 1e-60))
    bits = min(together - log2(comb(reporters, len(shares))), pooled)
    if bits + Season({}).prior(weights, named=named) < weights.floor:
        return None
    return Peak(first, last, bits, tuple(sorted(shares, key=lambda s: (-s.bits, s.issuer))))


def _tempered(shares: list[Share]) -> list[float]:
    """Tails of the shares; the strongest counts no more than the others and four bits together.

    A flood at one administration is that administration's affair until others see it as well.
    """
    bits = sorted((s.bits for s in shares), reverse=True)
    bits[0] = min(bits[0], sum(bits[1:]) + 4.0)
    return [2.0**-b for b in bits]


def _between(days: list[int], first: int, end: int) -> int:
    return bisect_left(days, end) - bisect_left(days, first)


def _mean(of: Inside, width: int, now: int, before: int, share: float) -> float:
    """Seizures that one administration's own past lets one expect in one window.

    ``now``, ``before``: what it reported in the weeks of the window, and in those of its history
    before. ``share``: its part of what all have seized on the route, by what each reports as a
    whole; up to a half, it stands for what it would have seized there in a longer past. The larger
    of two: its rate on the route, and the route's share of all it reported times all it reported in
    the window; so that a campaign or a new zeal to report explains itself.
    """
    smoothed = of.seized + min(0.5, share)
    mean = width * smoothed / of.known
    return max(mean, now * smoothed / (before + 1.0)) if before else mean


def _tail(days: list[int], of: Inside, mean: float, window: tuple[int, int]) -> float:
    """How likely so many are where ``mean`` are expected, by how much its past fortnights vary."""
    if of.seizures <= mean:
        return 1.0
    if of.seized < 4:
        return negative_binomial_tail(of.seizures, mean, 2.0)
    first, width = window
    bins = [0] * max(1, of.known // width)
    until = bisect_left(days, first)
    for day in days[until - of.seized : until]:
        bins[min((first - 1 - day) // width, len(bins) - 1)] += 1
    average = of.seized / len(bins)
    variance = sum((b - average) ** 2 for b in bins) / len(bins)
    size = average**2 / (variance - average) if variance > average else SIZES[1]
    return negative_binomial_tail(of.seizures, mean, min(SIZES[1], max(SIZES[0], size)))
