"""Works out the mart `opportunity_gap` from the published cells of `cte_participation` and `indicator`, row by row in plain Python, by the published
formulas, and holds the mart against it.

usage: gaps.py OUT
"""

import json
import math
import pathlib
import sys
from fractions import Fraction

import pyarrow.parquet

out = pathlib.Path(sys.argv[1])
pointer = json.loads((out / "current.json").read_text())
release = out / "releases" / pointer["release"]
manifest = json.loads((release / "manifest.json").read_text())


def mart(name):
    table = next(t for t in manifest["tables"] if t["table"] == name)
    files = sorted((release / table["path"]).glob("**/*.parquet"))
    return [row for file in files for row in pyarrow.parquet.read_table(file, partitioning=None).to_pylist()]


DIMENSIONS = ("gender", "race_ethnicity", "special_population")
SCOPES = ("", "district_id+", "career_cluster+")
BOTH = "gender+race_ethnicity"
TOTAL = "_total"


def split(rows):
    """Cells of a group, by everything that names them, and cells of everyone there."""
    groups, everyone = {}, {}
    for row in rows:
        if row["grouping_set"] == BOTH:
            groups[row.get("indicator"), (row["year"], row["level"], TOTAL, TOTAL), BOTH, f"{row['gender']}+{row['race_ethnicity']}"] = row
        where = (row["year"], row["level"], row["district_id"], row["career_cluster"])
        measure = row.get("indicator")
        if row["grouping_set"] in ("total", "district_id", "career_cluster"):
            everyone[measure, where] = row
        for dimension in DIMENSIONS:
            if row["grouping_set"] in [scope + dimension for scope in SCOPES]:
                groups[measure, where, dimension, row[dimension]] = row
    return groups, everyone


expected = {}
groups, everyone = split(mart("cte_participation"))
# The groups are those of all learners of the state or the district; a cluster that has no cell of one has nobody of it.
everybody_of = {(where, dimension, subgroup): row for (_, where, dimension, subgroup), row in groups.items() if where[3] == TOTAL}
absent = 0
for (_, where), whole in everyone.items():
    year, level, district, cluster = where
    place = (year, level, district, TOTAL)
    there = [] if cluster == "_none" else [(group[1:], row) for group, row in everybody_of.items() if group[0] == place]
    for (dimension, subgroup), all_of in there:
        if dimension == BOTH and cluster != TOTAL:
            continue
        # Only who takes part in CTE can be preparing for a non-traditional field, and so leave those in no population.
        if dimension == "special_population" and subgroup in ("nontraditional", "_none"):
            continue
        row = groups.get((None, where, dimension, subgroup))
        n, all_n = all_of["learners"], everyone[None, place]["learners"]
        for measure in ("participants", "concentrators"):
            above, below = row[measure] if row else 0, whole[measure]
            if below == 0 or n == 0:
                continue
            absent += row is None
            share, reference = Fraction(above, below), Fraction(n, all_n)
            index = share / reference
            expected["representation", measure, *where, dimension, subgroup] = {
                "n_group": n, "group_count": above, "group_of": below, "value": share, "reference": reference, "margin": None,
                "flagged": float(index) < 0.8, "proportionality": index, "low_proportionality": float(index) < 0.8, "of_highest": None,
                "below_80_percent": None, "to_parity": max(0, math.ceil(reference * below - above)), "to_clear": None,
            }
groups, everyone = split(mart("indicator"))
for (measure, where, dimension, subgroup), row in groups.items():
    whole = everyone[measure, where]
    if row["rate"] is None or whole["rate"] is None:
        continue
    if dimension == "special_population" and where[3] != TOTAL:
        continue
    s, n, all_s, all_n = row["numerator"], row["denominator"], whole["numerator"], whole["denominator"]
    rate, reference = Fraction(s, n), Fraction(all_s, all_n)
    margin = max(1.96 * math.sqrt(0.25 / n), 0.03)
    peers = [r for (m, w, d, _), r in groups.items() if (m, w, d) == (measure, where, dimension) and r["rate"] is not None]
    peers = [Fraction(r["numerator"], r["denominator"]) for r in peers if r["denominator"] * 50 >= all_n]
    highest = max(peers, default=None)
    index = Fraction(s * all_n, n * all_s) if all_s else None
    of_highest = rate / highest if highest else None
    expected["rate", measure, *where, dimension, subgroup] = {
        "n_group": n, "group_count": s, "group_of": n, "value": rate, "reference": reference, "margin": margin,
        "flagged": float(rate) + margin <= float(reference), "proportionality": index,
        "low_proportionality": None if index is None else float(index) < 0.8, "of_highest": of_highest,
        "below_80_percent": None if of_highest is None else float(of_highest) < 0.8, "to_parity": max(0, math.ceil(reference * n - s)),
        "to_clear": max(0, math.ceil(round((float(reference) - margin) * n - s, 9))),
    }

KEY = ("kind", "measure", "year", "level", "district_id", "career_cluster", "dimension", "subgroup")
for key, row in expected.items():
    before = [expected.get((*key[:2], year, *key[3:])) for year in range(key[2] - 2, key[2] + 1)]
    row["flagged_years"] = sum(1 for one in before if one and one["flagged"])
    row["gap_points"] = 100 * (row["value"] - row["reference"])
    row["reliability"] = next(letter for letter, least in zip("ABCD", (100, 30, 10, 0)) if min(row["n_group"], row["group_of"]) >= least)

wrong = []
told = {tuple(row[k] for k in KEY): row for row in mart("opportunity_gap")}
for key in told.keys() ^ expected.keys():
    wrong.append(f"{key}: {'only the mart has it' if key in told else 'the mart has no such row'}")
for key in told.keys() & expected.keys():
    for column, mine in expected[key].items():
        theirs = told[key][column]
        if isinstance(mine, (Fraction, float)) and theirs is not None:
            same = abs(theirs - float(mine)) < 1e-9
        else:
            same = theirs == mine
        if not same:
            wrong.append(f"{key}: {column} is {theirs}, by the formula {mine if mine is None else float(mine)}")
assert not wrong, "\n".join(sorted(wrong)[:40] + [f"{len(wrong)} faults in {len(told)} rows"])
assert absent, "no group is absent from any cluster, so nothing shows that such a group has a row"
flagged = sum(1 for row in told.values() if row["flagged"])
assert 0 < flagged < len(told)
print(f"{len(told)} gaps, {flagged} of them flagged, are what the formulas give, row by row")
