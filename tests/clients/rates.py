"""A rate and all that stands beside it, from four counts, by the written definitions: the interval of Wilson (1927) at 95 per cent, coverage, bounds,
reliability, and why a rate is empty. Rule, version, note and refused rows are no numbers of the cell: whoever compares looks them up."""

import math

RELIABILITY = (("A", 100), ("B", 30), ("C", 10), ("D", 0))


def wilson(successes, n):
    z, p = 1.959963984540054, successes / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    middle, below = p + z * z / (2 * n), 1 + z * z / n
    return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)


def reliability(n):
    return next(letter for letter, least in RELIABILITY if n >= least)


def stands(name, value, pending):
    """A median and why it is empty: nobody has an amount, or some cannot be measured yet."""
    return {name: None if pending else value, f"{name}_status": "not_observable" if pending else "not_applicable" if value is None else None}


def parts(rate, met, n, covered=None, pending=0):
    """The columns of a rate that come of its counts."""
    covered = n if covered is None else covered
    known = n > 0 and pending == 0
    low, high = wilson(met, n) if known else (None, None)
    return {
        rate: met / n if known else None, f"{rate}_low": low, f"{rate}_high": high, f"{rate}_coverage": covered / n if n else None,
        f"{rate}_covered": met / covered if known and covered else None, f"{rate}_bound_low": met / n if known else None,
        f"{rate}_bound_high": (met + n - covered) / n if known else None, f"{rate}_reliability": reliability(n),
        f"{rate}_status": None if known else "not_observable" if n else "not_applicable",
    }
