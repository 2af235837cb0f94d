"""Opens the tables of a project's last run for the checks beside this file: linked records, who is whom, and the marts of the current release.

Every table is a list of dictionaries, one a row. pyarrow only opens the files.
"""

import json
import pathlib

import pyarrow.parquet


class Records:
    """The last run and the current release below an output folder."""

    def __init__(self, folder):
        self.out = pathlib.Path(folder)
        run = json.loads(max(self.out.glob("runs/*/run_results.json"), key=lambda file: file.parent.name).read_text())
        self.steps = {step["step"]: step["fingerprint"] for step in run["steps"]}
        self.release = self.out / "releases" / json.loads((self.out / "current.json").read_text())["release"]

    def rows(self, folder, files="*.parquet"):
        files = sorted(folder.glob(files))
        assert files, f"nothing in {folder}"
        return [row for file in files for row in pyarrow.parquet.read_table(file, partitioning=None).to_pylist()]

    def linked(self, source):
        """The records of a source, with the person instead of what identifies them."""
        return self.rows(self.out / "store/linked" / self.steps[f"linked/{source}"])

    def rule(self, name):
        """What a rule made."""
        return self.rows(self.out / "store/rule" / self.steps[f"rule/{name}"])

    def link(self):
        """How each person can be found: with a Social Security number, with a bridge."""
        return self.rows(self.out / "restricted/store/link" / self.steps["link"])

    def mart(self, name):
        manifest = json.loads((self.release / "manifest.json").read_text())
        table = next(t for t in manifest["tables"] if t["table"] == name)
        return self.rows(self.release / table["path"], "**/*.parquet")
