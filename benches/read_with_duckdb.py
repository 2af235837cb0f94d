"""The peer's reading: DuckDB reads and types the same extracts and writes them as Parquet, with the same codec and threads; it checks nothing.

usage: read_with_duckdb.py SAMPLE_DATA THREADS      (pip install duckdb)
"""

import sys
import tempfile
import time

import duckdb

folder, threads = sys.argv[1], int(sys.argv[2])
connection = duckdb.connect()
connection.execute(f"set threads = {threads}")
connection.execute("set preserve_insertion_order = true")
out = tempfile.mkdtemp()

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
for name, sql in (("k12_enrollment", K12), ("ui_wages", WAGES)):
    begun = time.monotonic()
    try:
        connection.execute(f"copy ({sql}) to '{out}/{name}.parquet' (format parquet, codec zstd)")
        rows = connection.sql(f"select count(*) from '{out}/{name}.parquet'").fetchall()[0][0]
        print(f"{name:<16} {rows:>12,} rows  {time.monotonic() - begun:6.1f} s")
    except duckdb.Error as error:
        print(f"{name:<16} {str(error).splitlines()[0]}")
