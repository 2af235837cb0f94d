"""Reads every published Parquet file with DuckDB, pyarrow and polars; they must agree on rows, columns and plain types.

usage: read_release.py OUT
"""

import json
import pathlib
import sys

import duckdb
import polars
import pyarrow.dataset
import pyarrow.parquet
import pyarrow.types as t

PLAIN = (t.is_string, t.is_int32, t.is_int64, t.is_float64, t.is_date32, t.is_boolean, t.is_decimal)

out = pathlib.Path(sys.argv[1])
pointer = json.loads((out / "current.json").read_text())
release = out / "releases" / pointer["release"]
manifest = json.loads((release / "manifest.json").read_text())
entries = duckdb.sql(f"select table_name, column_name, definition, universe, source, nulls, ceds from '{release}/dictionary.parquet'").fetchall()
dictionary = {(table, column): nulls for table, column, *_, nulls, _ in entries}
lacking = [entry[:2] for entry in entries if any(not text or not text.strip() for text in entry[2:])]
assert not lacking and len(dictionary) == len(entries), f"dictionary entries that lack something: {lacking}"

files = sorted(release.rglob("*.parquet"))
assert files, "the release holds no Parquet file"
for file in files:
    schema = pyarrow.parquet.read_schema(file)
    for field in schema:
        assert any(is_plain(field.type) for is_plain in PLAIN), f"{file}: {field.name} is {field.type}"
        # So that `_status` fits behind every name within the 32 that every reader takes.
        assert len(field.name) <= 32 if field.name.endswith("_status") else len(field.name) <= 25, f"{file}: {field.name}"
        assert field.name.isascii(), f"{file}: {field.name}"
    with_duckdb = duckdb.sql(f"select count(*) from read_parquet('{file}', hive_partitioning = false)").fetchall()[0][0]
    with_pyarrow = pyarrow.parquet.read_table(file, partitioning=None).num_rows
    with_polars = polars.read_parquet(file, hive_partitioning=False).height
    assert with_duckdb == with_pyarrow == with_polars, f"{file}: {with_duckdb}, {with_pyarrow}, {with_polars} rows"

for table in manifest["tables"]:
    folder = release / table["path"]
    rows = pyarrow.dataset.dataset(folder, format="parquet").count_rows()
    assert rows == table["rows"], f"{table['table']}: {rows} rows, the manifest says {table['rows']}"
    key = ", ".join(table["primary_key"])
    twice = duckdb.sql(
        f"select count(*) from (select {key} from read_parquet('{folder}/*.parquet', hive_partitioning = false) group by all having count(*) > 1)"
    ).fetchall()[0][0]
    assert twice == 0, f"{table['table']}: the key ({key}) stands twice in {twice} cases"
    columns = duckdb.sql(f"select * from read_parquet('{folder}/*.parquet', hive_partitioning = false) limit 0").columns
    for column in columns:
        assert (table["table"], column) in dictionary, f"{table['table']}.{column} has no dictionary entry"
    never = [column for column in columns if dictionary[table["table"], column] == "never"]
    empty = duckdb.sql(
        f"select {', '.join(['0'] + [f'count(*) - count({column})' for column in never])} from read_parquet('{folder}/*.parquet', hive_partitioning = false)"
    ).fetchall()[0][1:]
    filled = {column: rows for column, rows in zip(never, empty) if rows}
    assert not filled, f"{table['table']}: the dictionary says never empty, and rows without a value are: {filled}"

print(f"{len(files)} files read alike by DuckDB {duckdb.__version__}, pyarrow {pyarrow.__version__}, polars {polars.__version__}")
