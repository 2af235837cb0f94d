"""Marts of cells beside DuckDB: the same rows, the same cells, on the same Parquet files, in the same sitting.

    python benches/marts.py FOLDER [MART ...]       FOLDER is where benches/whole_run.sh ran; needs duckdb and pyyaml

Ours is the step of the last run that made the mart: its SQL, every cell, intervals and notes of every rate, sorting and writing. DuckDB's is that SQL kept as a
table, the memberships tested as ours are, and the counts of every grouping set, nothing written. Counts must be equal to the last cell.
"""

import json
import pathlib
import sys
import time

import duckdb
import yaml

THREADS, MEMORY = 2, "2GiB"


def steps(folder):
    """By step the milliseconds of the last run that made it, and by table its files."""
    took, files = {}, {}
    for record in sorted((folder / "out/runs").glob("*/run_results.json")):
        for step in json.loads(record.read_text())["steps"]:
            kind, _, name = step["step"].partition("/")
            if step["status"] != "reused":
                took[step["step"]] = step["milliseconds"]
            place = folder / "out/store" / kind / step["fingerprint"]
            if kind == "link":
                place = folder / "out/restricted/store/link" / step["fingerprint"]
            if place.exists():
                files["person_link" if kind == "link" else name] = f"{place}/*.parquet"
    return took, files


def counted(spec):
    """One query of all cells: a person counts once in each, by whichever of their rows."""
    person, always = spec["person"], spec.get("always", [])
    kinds = {d["name"]: d.get("type", "text") for d in spec["dimensions"]}
    value = lambda d: f"coalesce({d}, '_unknown')" if kinds[d] == "text" else d
    measures = [
        f"count(DISTINCT {person})" + (f" FILTER (WHERE {m['where']})" if "where" in m else "") + f" AS {m['name']}" for m in spec["measures"]
    ]
    branches = []
    for named in spec["grouping"]:
        rolled = [d for d in kinds if d not in always]
        shown = [f"{value(d)} AS {d}" for d in always] + [f"{value(d)} AS {d}" if d in named else f"'_total' AS {d}" for d in rolled]
        groups = [value(d) for d in kinds if d in always or d in named]
        name = "+".join(d for d in rolled if d in named) or "total"
        by = f" GROUP BY {', '.join(groups)}" if groups else ""
        branches.append(f"SELECT '{name}' AS grouping_set, {', '.join(shown + measures)} FROM base{by}")
    return "\nUNION ALL BY NAME\n".join(branches)


def main():
    folder = pathlib.Path(sys.argv[1])
    took, files = steps(folder)
    for mart in sys.argv[2:] or ["placement", "credential", "indicator"]:
        spec = yaml.safe_load((folder / f"config/marts/{mart}.yaml").read_text())
        db = duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY})
        db.execute("SET preserve_insertion_order = false")
        for table, path in files.items():
            db.execute(f"CREATE VIEW \"{table}\" AS SELECT * FROM read_parquet('{path}', hive_partitioning = false)")
        began = time.perf_counter()
        db.execute(f"CREATE TEMP TABLE base AS {(folder / 'config/marts' / spec['sql']).read_text()}")
        one = [d["name"] for d in spec["dimensions"] if d["membership"] == "one" and d["name"] not in spec.get("always", [])]
        keys = ", ".join([spec["person"], *spec.get("always", [])])
        if one:
            torn = " OR ".join(f"count(DISTINCT coalesce({d}, '_unknown')) > 1" for d in one)
            assert db.execute(f"SELECT count(*) FROM (SELECT {keys} FROM base GROUP BY {keys} HAVING {torn})").fetchall()[0][0] == 0
        db.execute(f"CREATE TEMP TABLE cells AS {counted(spec)}")
        theirs = time.perf_counter() - began
        columns = ", ".join(["grouping_set", *(d["name"] for d in spec["dimensions"]), *(m["name"] for m in spec["measures"])])
        released = f"read_parquet('{files[mart]}', hive_partitioning = false)"
        unlike = db.execute(
            f"SELECT count(*) FROM ((SELECT {columns} FROM cells EXCEPT ALL SELECT {columns} FROM {released})"
            f" UNION ALL (SELECT {columns} FROM {released} EXCEPT ALL SELECT {columns} FROM cells))"
        ).fetchall()[0][0]
        ours = took[f"mart/{mart}"] / 1000
        print(f"{mart:<20} ours {ours:6.1f} s   DuckDB {duckdb.__version__} {theirs:6.1f} s   ratio {ours / theirs:.2f}   cells that differ: {unlike}")
        if unlike:
            sys.exit(1)


if __name__ == "__main__":
    main()
