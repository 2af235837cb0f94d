"""Computes the core indicators and the placement by type from the linked tables, row by row in plain Python, and holds the marts `indicator` and
`placement` against them, cell by cell. What becomes of each learner is worked out in outcomes.py; this file counts and compares.

usage: indicators.py OUT
"""

import math
import sys
from collections import defaultdict
from itertools import product

from clusters import Clusters
from outcomes import SOURCES, TYPES, Learners
from rates import wilson
from records import Records

ALL = ["1P1", "1S1", "1S2", "2P1", "2S1", "2S2", "2S3", "3P1", "3S1", "4S1", "5S1", "5S2", "5S3", "5S4"]
# Cells that there must be; whatever others a mart has are counted as well.
GROUPINGS = {
    "total", "district_id", "gender", "race_ethnicity", "gender+race_ethnicity", "district_id+gender", "special_population",
    "gender+special_population", "program_code", "career_cluster",
}
# In which the report holds each group against all concentrators of a program or cluster.
REPORTED = {f"{kind}+{group}" for kind in ("career_cluster", "program_code") for group in ("gender", "race_ethnicity", "special_population")}


def counted(outcomes, learners, clusters, groupings):
    """Everybody once in each cell: grouping, year, measure, level, values; who is in it, met, could be seen, is pending, has only told it."""
    cells = defaultdict(lambda: [set(), set(), set(), set(), set()])
    for one in outcomes:
        known = {
            "district_id": one.district or "_unknown", "school_id": one.school or "_unknown",
            "gender": learners.gender(one.person), "race_ethnicity": learners.race(one.person),
            "race_spd15": learners.race_combined(one.person),
        }
        within = learners.populations_of(one) or {"_none"}
        for program, population in product(one.programs, within):
            cluster = clusters.of(program, "C16", one.year) if clusters else "_unknown"
            known |= {"program_code": program, "career_cluster": cluster, "special_population": population}
            flags = (True, one.programs[program], one.covered, one.pending, one.surveyed)
            for grouping, names in groupings.items():
                people = cells[grouping, one.year, one.measure, one.level, tuple(known[name] for name in names)]
                for place, flag in enumerate(flags):
                    if flag:
                        people[place].add(one.person)
    return cells


def faults(mart, measure, rate, columns, outcomes, learners, clusters, needed=GROUPINGS):
    """Where a mart says otherwise than the outcomes. `columns` names the counts in their order, a column may be left out as None."""
    groupings = {row["grouping_set"]: () for row in mart}
    missing = sorted(needed - groupings.keys())
    wrong = [f"the mart has no cells by {', '.join(missing)}"] if missing else []
    groupings = {name: tuple(d for d in name.split("+") if d != "total") for name in groupings}
    cells = counted(outcomes, learners, clusters, groupings)
    met = set()
    for row in mart:
        names = groupings[row["grouping_set"]]
        key = (row["grouping_set"], row["year"], row[measure], row.get("level", "secondary"), tuple(row[name] for name in names))
        if key in met:
            wrong.append(f"{key}: the cell stands twice")
        met.add(key)
        people = cells[key] if key in cells else [()] * 5
        mine = [len(group) for group in people]
        told = [row[column] for column in columns if column]
        if told != [n for n, column in zip(mine, columns) if column]:
            wrong.append(f"{key}: {', '.join(c for c in columns if c)} are {told}, row by row they are {mine}")
        if "not_observable" in row and row["not_observable"] != mine[0] - mine[2]:
            wrong.append(f"{key}: not_observable is {row['not_observable']}, row by row it is {mine[0] - mine[2]}")
        # There is a rate exactly where there is somebody and nobody is pending.
        if (row[rate] is None) != (mine[0] == 0 or mine[3] > 0):
            wrong.append(f"{key}: the rate is {row[rate]} of {mine[0]} with {mine[3]} pending")
        elif row[rate] is not None:
            low, high = wilson(mine[1], mine[0])
            near = abs(row[rate] - mine[1] / mine[0]) < 1e-12
            near = near and abs(row[f"{rate}_low"] - low) < 1e-12 and abs(row[f"{rate}_high"] - high) < 1e-12
            if not near:
                wrong.append(f"{key}: rate {row[rate]} ({row[f'{rate}_low']} to {row[f'{rate}_high']})")
    return wrong + [f"{key}: the mart has no such cell" for key in cells if key not in met]


def findings(learners, kinds):
    """What is known of concentrators who could be seen and were not, by year and type: asked for and at no college at all, or without wages."""
    asked = {row["person_id"] for row in learners.t["nsc_detail"]}
    known = {row["person_id"] for row in learners.t["ps_enrollment"]} | {row["person_id"] for row in learners.t["nsc_detail"] if row["record_found"]}
    counts = defaultdict(lambda: [set(), set()])
    for one in kinds:
        unseen = one.covered and not one.met
        own = counts[one.year, one.measure]
        if unseen and one.measure == "postsecondary" and one.person in asked - known:
            own[0].add(one.person)
        if unseen and one.measure in ("employment", "any"):
            own[1].add(one.person)
    return {key: tuple(len(group) for group in groups) for key, groups in counts.items()}


def main(out):
    records = Records(out)
    learners = Learners({source: records.linked(source) for source in SOURCES}, records.link(), records.rule("code_change"))

    clusters = Clusters(records.linked("cip_cluster"), learners.programs)
    mart, outcomes = records.mart("indicator"), list(learners.indicators())
    columns = ("denominator", "numerator", "covered_denominator", "pending", None)
    wrong = [f"indicator {fault}" for fault in faults(mart, "indicator", "rate", columns, outcomes, learners, clusters, GROUPINGS | REPORTED)]
    by_type, kinds = records.mart("placement"), list(learners.placements())
    columns = (*columns[:4], "self_reported")
    wrong += [f"placement {fault}" for fault in faults(by_type, "placement_type", "placed_rate", columns, kinds, learners, clusters)]

    unseen = findings(learners, kinds)
    told = {(row["year"], row["placement_type"]): (row["not_found"], row["elsewhere_possible"]) for row in by_type if row["grouping_set"] == "total"}
    wrong += [f"placement {key}: not found and elsewhere are {told.get(key)}, row by row {unseen.get(key)}" for key in told | unseen if told.get(key) != unseen.get(key)]
    assert any(one for one, _ in unseen.values()) and any(one for _, one in unseen.values())

    assert not wrong, "\n".join(wrong[:40] + [f"{len(wrong)} faults in {len(mart) + len(by_type)} cells"])
    indicators = sorted({row["indicator"] for row in mart})
    assert indicators == ALL, indicators
    assert sorted({row["placement_type"] for row in by_type}) == sorted((*TYPES, "any"))
    print(f"{len(mart)} cells of {', '.join(indicators)} are what {len(outcomes)} outcomes give, row by row,")
    print(f"and {len(by_type)} cells of placement by type what {len(kinds)} give")


if __name__ == "__main__":
    main(sys.argv[1])
