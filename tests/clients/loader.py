"""Imports the load.py that lies in a release, as its readers do, and holds what it gives against the files: rows, codes, labels from the code sets and from
the marts' own documents, and what becomes of a code that nobody labelled.

usage: loader.py OUT
"""

import csv
import importlib.util
import json
import pathlib
import sys

import pandas
import pyarrow.parquet

out = pathlib.Path(sys.argv[1])
release = out / "releases" / json.loads((out / "current.json").read_text())["release"]
manifest = json.loads((release / "manifest.json").read_text())
place = importlib.util.spec_from_file_location("load", release / "load.py")
load = importlib.util.module_from_spec(place)
place.loader.exec_module(load)

# The labels as they were written, read from the documents and not from the release.
CODE_SETS = pathlib.Path(__file__).resolve().parents[2] / "config/code_sets"


def written(code_set):
    with open(CODE_SETS / f"{code_set}.csv", encoding="utf-8", newline="") as file:
        return {row["code"]: row["label"] for row in csv.DictReader(file)}


# What stands for no one code: everything rolled up, nothing known, none of them.
NO_CODE = {"_total", "_unknown", "_none", "_all"}

# Columns whose values are names already, with a word for what has none: postal abbreviations beside `in_state`.
NAMES = {("transition", "college_state")}

# Every table opens, whole, with a label beside each column of codes, and with a row of the dictionary a column.
names, unlabelled = load.tables(), {}
assert names == sorted({entry["table"] for entry in manifest["tables"]})
for name in names:
    plain, labelled, known = load.table(name, labels=False), load.table(name), load.labels(name)
    entries = [entry for entry in manifest["tables"] if entry["table"] == name]
    assert len(plain) == len(labelled) == sum(entry["rows"] for entry in entries), name
    told = load.columns(name)
    assert set(told["column_name"]) == set(plain.columns), name
    coded = set(told["column_name"][told["code_set"].fillna("") != ""])
    assert [column for column in labelled.columns if column in plain.columns] == list(plain.columns), name
    assert set(labelled.columns) - set(plain.columns) == {f"{column}_label" for column in known}, name
    for column, of in known.items():
        assert list(labelled.columns).index(f"{column}_label") == list(labelled.columns).index(column) + 1, (name, column)
        codes, labels = labelled[column], labelled[f"{column}_label"]
        assert codes.equals(plain[column]), (name, column)
        assert (labels.isna() == codes.isna()).all(), f"{name}.{column}: what is empty has a label, or what is not has none"
        same = labels[codes.notna()] == codes[codes.notna()].map(lambda code: of.get(code, code))
        assert same.all(), (name, column)
        # A column with labels for codes has one for each; one that labels only what is no code (`_none`) may hold any name.
        missing = set(codes.dropna()) - of.keys() - NO_CODE
        if missing and (name, column) not in NAMES and (column in coded or of.keys() - NO_CODE):
            unlabelled[f"{name}.{column}"] = sorted(missing)
    for column in coded - known.keys():
        unlabelled[f"{name}.{column}"] = sorted(set(plain[column].dropna()))
assert not unlabelled, f"codes without a label: {unlabelled}"

# The labels are those of the code sets, to the letter.
sex, race, cluster = written("sex"), written("race_ed7"), written("cluster16")
of_indicator = load.table("indicator")
for column, of in (("gender", sex), ("race_ethnicity", race), ("career_cluster", cluster)):
    pairs = set(zip(of_indicator[column], of_indicator[f"{column}_label"]))
    seen = {code for code, _ in pairs} & of.keys()
    assert len(seen) > 1 and {(code, of[code]) for code in seen} <= pairs, (column, pairs)
assert "Health Science" in set(of_indicator["career_cluster_label"])
# And those of the mart itself: an indicator's name, a code that only this mart has beside those of a code set.
named = dict(zip(of_indicator["indicator"], of_indicator["indicator_label"]))
assert named["3S1"] == "Post-program placement, secondary" and named["1P1"] == "Post-program placement, postsecondary", named
part = load.table("cte_participation")
clusters = dict(zip(part["career_cluster"], part["career_cluster_label"]))
assert clusters["_none"] == "In no CTE program" and clusters["08"] == "Health Science" and clusters["_total"] == "_total", clusters
# A row of which everything is known, read once more without the loader.
folder = release / next(entry["path"] for entry in manifest["tables"] if entry["table"] == "placement")
raw = pandas.concat([pyarrow.parquet.read_table(file, partitioning=None).to_pandas() for file in sorted(folder.glob("**/*.parquet"))])
pick = {"grouping_set": "gender", "year": 2024, "placement_type": "employment", "gender": "F"}
mine = raw
loaded = load.table("placement")
for column, value in pick.items():
    mine, loaded = mine[mine[column] == value], loaded[loaded[column] == value]
assert len(mine) == len(loaded) == 1
mine, loaded = mine.iloc[0], loaded.iloc[0]
assert (loaded["numerator"], loaded["denominator"]) == (mine["numerator"], mine["denominator"])
assert (loaded["gender_label"], loaded["placement_type_label"]) == ("Female", "Employment"), loaded
# A learner's row keeps what is empty empty, a table by organisations is read together, and a name that is none says which there are.
pathway = load.table("learner_pathway")
graduated = pathway[pathway["exit_type"] == "01921"]
assert len(graduated) and set(graduated["exit_type_label"]) == {written("exit_type")["01921"]}
assert pathway["exit_type_label"][pathway["exit_type"].isna()].isna().all() and pathway["exit_type"].isna().any()
assert load.table("learner_watchlist")["district_id"].nunique() > 1
try:
    load.table("indicators")
except KeyError as error:
    assert "indicator" in str(error)
else:
    raise AssertionError("a table that is not there was loaded")
print(f"{len(names)} tables load with their labels")
