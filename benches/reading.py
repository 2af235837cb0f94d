"""Reading side by side with the peer: Throughline reads, types, checks and writes an extract; DuckDB reads, types and writes the same files as
Parquet, with the same codec and threads, and checks nothing. In turn, round after round; the ratio of each pair is what counts.

usage: reading.py FOLDER [ROUNDS]      FOLDER is one that whole_run.sh made; needs a release build and pip install duckdb
"""

import datetime
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb

THREADS = 2
root = pathlib.Path(sys.argv[1])
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
program = pathlib.Path(__file__).resolve().parent.parent / "target/release/throughline"
folder = root / "sample_data"
connection = duckdb.connect()
connection.execute(f"set threads = {THREADS}")
connection.execute("set preserve_insertion_order = true")
scratch = pathlib.Path(tempfile.mkdtemp(dir=root))

DIRECTORY = """  organizations: { contract: organizations, files: sample_data/directory/organizations.csv, synthetic: true }
  programs:      { contract: programs, files: sample_data/directory/programs.csv, synthetic: true }
  employers:     { contract: employers, files: sample_data/directory/employers.csv, synthetic: true }
"""

K12 = f"""
select * replace (try_strptime(nullif(BIRTH_DATE, ''), '%m/%d/%Y')::date as BIRTH_DATE, try_strptime(nullif(ENTRY_DATE, ''), '%m/%d/%Y')::date as ENTRY_DATE,
                  try_strptime(nullif(EXIT_DATE, ''), '%m/%d/%Y')::date as EXIT_DATE, SCHOOL_YEAR::bigint as SCHOOL_YEAR)
from read_csv('{folder}/k12/enrollment_*.csv', all_varchar = true, header = true, encoding = 'latin-1', ignore_errors = true, store_rejects = false)
"""
WAGES = f"""
select substr(line, 2, 9) as ssn, trim(substr(line, 11, 20)) as last_name, trim(substr(line, 31, 12)) as first_name, substr(line, 43, 5) as year_quarter,
       substr(line, 48, 10) as employer_account, (substr(line, 58, 12)::bigint / 100)::decimal(12, 2) as wages
from read_csv('{folder}/wages/UIWAGE_*.txt', columns = {{'line': 'varchar'}}, header = false, delim = '\x01', quote = '', escape = '', auto_detect = false)
where line[1] = 'D'
"""


def peer(name, sql):
    begun = time.monotonic()
    connection.execute(f"copy ({sql}) to '{scratch}/{name}.parquet' (format parquet, codec zstd)")
    return time.monotonic() - begun


def ours(name, files):
    """Seconds from the first file's step to the end of the last one's, out of the run's own log; what comes after is cut off."""
    out = scratch / "out"
    shutil.rmtree(out, ignore_errors=True)
    pipeline = root / "pipelines" / f"reading_{name}.yaml"
    pipeline.write_text(
        f"pipeline: reading_{name}\ntitle: Reading alone\npurpose: benchmark\nrecipients: [nobody]\nagreements: [none]\nperiod: \"2025\"\nsources:\n{DIRECTORY}"
        f"  {name}: {{ contract: {name}, files: \"{files}\", synthetic: true }}\nlinkage: statewide\n"
        f"keys: {{ hub: demo, send: demo }}\nresearch: {{ project: none }}\noutput: {{ root: {out.relative_to(root)} }}\n"
    )
    command = [program, "run", f"pipelines/{pipeline.name}", "--threads", str(THREADS)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if line.startswith("identify/"):
                run.terminate()
                break
    steps = []
    for log in out.glob("runs/*/log.jsonl"):
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            if entry["fields"]["message"] == "step done" and entry["fields"]["step"].startswith(f"accept/{name}/"):
                end = datetime.datetime.fromisoformat(entry["timestamp"]).timestamp()
                steps.append((end - entry["fields"]["milliseconds"] / 1000, end))
    return max(end for _, end in steps) - min(begin for begin, _ in steps)


for name, sql, files in (("k12_enrollment", K12, "sample_data/k12/enrollment_*.csv"), ("ui_wages", WAGES, "sample_data/wages/UIWAGE_*.txt")):
    ratios = []
    for _ in range(rounds):
        one, other = ours(name, files), peer(name, sql)
        ratios.append(one / other)
        print(f"{name:<16} {one:6.1f} s   DuckDB {other:6.1f} s   {one / other:5.2f}", flush=True)
    print(f"{name:<16} median ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
shutil.rmtree(scratch)
