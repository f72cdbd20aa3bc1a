"""How surprising a count is: the two tails that the correlator needs, without a library."""

from functools import cache
from math import exp, fsum, lgamma, log


def negative_binomial_tail(count: int, mean: float, size: float) -> float:
    """P(N >= ``count``) for a negative binomial with this mean and variance mean + mean²/size."""
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    p = size / (size + mean)
    q = 1 - p
    # Sum the upper tail itself: 1 - cdf would cancel where it matters most.
    term = exp(
        lgamma(count + size) - lgamma(size) - lgamma(count + 1) + size * log(p) + count * log(q)
    )
    total, n = term, count
    while n < count + 2000 and (n < mean or term > total * 1e-6):
        term *= q * (n + size) / (n + 1)
        n += 1
        total += term
    return min(1.0, total)


def fisher(p_values: list[float]) -> float:
    """Fisher's combined p-value of independent tests (chi-square with 2k degrees of freedom)."""
    x = -fsum(log(max(p, 1e-300)) for p in p_values)
    term, total = 1.0, 1.0
    for i in range(1, len(p_values)):
        term *= x / i
        total += term
    return min(1.0, exp(-x) * total) if x < 700 else 0.0


@cache
def most_mean(count: int, tail: float) -> float:
    """A mean beyond which so many are never rarer than ``tail``, whatever the size from 0.7 to 8.

    The tail grows with the mean; over sizes it is tried at a few, and a margin covers the others.
    """
    sizes = (0.7, 0.9, 1.2, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 8.0)
    low, high = 0.0, float(count)
    while high - low > 0.001 * high:
        middle = (low + high) / 2
        rare = any(negative_binomial_tail(count, middle, size) <= tail for size in sizes)
        low, high = (middle, high) if rare else (low, middle)
    return 1.05 * high
