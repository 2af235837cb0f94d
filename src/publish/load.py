"""Reads a table of this release with its labels.

    import load                              # in the release's own folder, or with it on the path
    placement = load.table("placement")      # a pandas data frame; codes become categories with labels
    load.columns("placement")                # what every column means
    load.table("placement", labels=False)    # codes as they are

Needs pandas and pyarrow.
"""

import json
import pathlib

import pandas
import pyarrow.parquet

RELEASE = pathlib.Path(__file__).resolve().parent


def _text(name):
    return pyarrow.parquet.read_table(RELEASE / f"{name}.parquet").to_pandas()


def tables():
    """The names of the tables."""
    return sorted({entry["table"] for entry in json.loads((RELEASE / "manifest.json").read_text())["tables"]})


def columns(table):
    """The dictionary of a table: a row a column."""
    dictionary = _text("dictionary")
    return dictionary[dictionary["table_name"] == table].drop(columns="table_name").reset_index(drop=True)


def labels(table):
    """By column the labels of its codes."""
    known, of = _text("valuelabels"), {}
    for column in columns(table).itertuples():
        # A code set first, then what the table names itself; its own words stand.
        sets = [column.code_set, f"{table}.{column.column_name}"]
        found = {}
        for name in filter(None, sets):
            rows = known[known["code_set"] == name]
            found.update(zip(rows["code"], rows["label"]))
        if found:
            of[column.column_name] = found
    return of


def table(name, labels=True):
    """A table as a data frame. With labels, each column of codes has a second one beside it, `<column>_label`."""
    # A table that is divided among organisations has a folder for each.
    entries = [e for e in json.loads((RELEASE / "manifest.json").read_text())["tables"] if e["table"] == name]
    if not entries:
        raise KeyError(f"the release has no table `{name}`; it has {', '.join(tables())}")
    files = sorted(file for entry in entries for file in (RELEASE / entry["path"]).glob("**/*.parquet"))
    frame = pandas.concat([pyarrow.parquet.read_table(f, partitioning=None).to_pandas() for f in files], ignore_index=True)
    if labels:
        for column, known in globals()["labels"](name).items():
            values = frame[column].map(lambda code: known.get(code, code), na_action="ignore")
            frame.insert(frame.columns.get_loc(column) + 1, f"{column}_label", values)
    return frame
