"""Rules beside DuckDB: the same SQL, the same rows, on the same Parquet files, sorted and written as Parquet on both sides.

    python benches/rules.py FOLDER [TABLE ...]      FOLDER is where benches/whole_run.sh ran; needs duckdb and pyyaml

Ours is the step of the last run that made the table: its SQL, the test that its key stands once, sorting, checksums and writing. DuckDB's is the rule's file with its
parameters, for the years in which the rule is effective, sorted by the same key and written with the same compression. Rows must be as many. A rule that DuckDB's
dialect does not take is named and left out of the ratio.
"""

import pathlib
import re
import sys
import tempfile
import time

import duckdb
import yaml
from marts import MEMORY, THREADS, steps


def literal(value):
    if isinstance(value, list):
        return ", ".join(literal(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def bound(file):
    """The front matter of a rule, and its SQL with parameters in place, for the years in which it is effective."""
    text = file.read_text()
    front, body = re.match(r"/\* ---\n(.*?)--- \*/\n(.*)", text, re.S).groups()
    spec = yaml.safe_load(front)
    for name in sorted(spec.get("parameters", {}), key=len, reverse=True):
        body = re.sub(rf"\${name}\b", lambda _: literal(spec["parameters"][name]), body)
    # DuckDB has the anti join from the other side alone.
    body = re.sub(r"FROM (\w+) AS (\w+)\s+RIGHT ANTI JOIN (\w+) AS (\w+)", r"FROM \3 AS \4 ANTI JOIN \1 AS \2", body)
    body = f"SELECT * FROM (\n{body.rstrip().rstrip(';')}\n) AS r"
    if "year" in spec:
        first = spec["effective"]["from"]
        body += f" WHERE {spec['year']} >= {first.year + (first.month >= 7)}"
    return spec, f"{body} ORDER BY {', '.join(spec['grain'])}"


def packs(folder):
    pipeline = yaml.safe_load((folder / "pipelines/statewide.yaml").read_text())
    return [file for pack in pipeline["rules"] for file in sorted((folder / "config/rules" / pack).glob("*.sql"))]


def main():
    folder = pathlib.Path(sys.argv[1])
    took, files = steps(folder)
    ours, theirs, left_out = 0.0, 0.0, []
    print(f"{'table':32} {'rows':>10} {'ours':>8} {'DuckDB':>8} {'ratio':>6}")
    for file in packs(folder):
        spec, sql = bound(file)
        name = spec["rule"]
        if (sys.argv[2:] and name not in sys.argv[2:]) or f"rule/{name}" not in took:
            continue
        db = duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY})
        db.execute("SET integer_division = true; SET default_null_order = 'nulls_first'")
        for table, place in files.items():
            db.execute(f"CREATE VIEW \"{table}\" AS SELECT * FROM read_parquet('{place}', hive_partitioning = false)")
        # How far sources reach is told by contracts, and is no file; the sample's say nothing.
        db.execute("CREATE TABLE source_reach (source VARCHAR, data_through DATE, last_quarter VARCHAR)")
        db.execute(f"DROP VIEW IF EXISTS \"{name}\"")
        with tempfile.TemporaryDirectory(dir=folder) as there:
            begun = time.time()
            try:
                db.execute(f"COPY ({sql}) TO '{there}/out.parquet' (FORMAT parquet, COMPRESSION zstd)")
            except duckdb.Error as error:
                left_out.append(f"{name}: {str(error).splitlines()[0][:110]}")
                continue
            seconds = time.time() - begun
            rows = db.execute(f"SELECT count(*) FROM read_parquet('{there}/out.parquet')").fetchone()[0]
        mine = db.execute(f"SELECT count(*) FROM read_parquet('{files[name]}')").fetchone()[0]
        if rows != mine:
            left_out.append(f"{name}: {rows} rows and not {mine}")
            continue
        ours, theirs = ours + took[f"rule/{name}"] / 1000, theirs + seconds
        print(f"{name:32} {rows:>10} {took[f'rule/{name}'] / 1000:>7.1f}s {seconds:>7.1f}s {took[f'rule/{name}'] / 1000 / seconds:>6.2f}", flush=True)
    print(f"{'together':32} {'':>10} {ours:>7.1f}s {theirs:>7.1f}s {ours / theirs:>6.2f}" if theirs else "nothing was compared")
    print("\n".join(["left out:"] + left_out) if left_out else "none was left out")


if __name__ == "__main__":
    main()
