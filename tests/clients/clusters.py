"""The career cluster of a program in a year, in plain Python: the primary one of the CIP code in the list of the year, else what the directory says of the
program."""

from collections import defaultdict


class Clusters:
    def __init__(self, entries, programs):
        self.entries, self.programs = defaultdict(list), programs
        for row in entries:
            if row["primary_cluster"]:
                self.entries[row["cip_code"], row["framework"]].append((row["first_year"], row["last_year"] or 9999, row["cluster"]))

    def held(self, cip, framework, year):
        """The entries of a CIP code that hold in a year, the latest at the end."""
        return sorted(entry for entry in self.entries.get((cip, framework), ()) if entry[0] <= year <= entry[1])

    def told(self, program, framework, year):
        """The cluster, who says so, and how many primary ones the list of the year has."""
        row = self.programs.get(program)
        held = self.held(row["cip_code"] if row else program, framework, year)
        if held:
            return held[-1][2], "cip", len(held)
        directory = row["cluster16" if framework == "C16" else "cluster14"] if row else None
        return directory, "program" if directory else None, 0

    def of(self, program, framework, year):
        return self.told(program, framework, year)[0] or "_unknown"

    def by_year(self, framework="C16", years=range(2015, 2036)):
        """Each program in each year with its cluster, those too that go by their CIP code."""
        for program in set(self.programs) | {cip for cip, _ in self.entries}:
            for year in years:
                yield program, year, self.told(program, framework, year)[0]

    def crosswalk(self, years):
        codes = set(self.programs) | {cip for cip, _ in self.entries}
        for program in codes:
            for year in years:
                (old, old_from, old_n), (new, new_from, new_n) = (self.told(program, framework, year) for framework in ("C16", "C14"))
                yield {
                    "program_code": program, "year": year, "cip_code": self.programs[program]["cip_code"] if program in self.programs else program,
                    "cluster16": old, "cluster16_from": old_from, "cluster14": new, "cluster14_from": new_from, "primary_clusters": max(old_n, new_n),
                }


dated = Clusters(
    [{"cip_code": "48.0508", "framework": "C16", "cluster": "13", "primary_cluster": True, "first_year": 2016, "last_year": 2025},
     {"cip_code": "48.0508", "framework": "C16", "cluster": "16", "primary_cluster": False, "first_year": 2016, "last_year": None}],
    {"W1": {"cip_code": "48.0508", "cluster16": "02", "cluster14": None}})
assert [dated.told("W1", "C16", year)[:2] for year in (2015, 2016, 2025, 2026)] == [("02", "program"), ("13", "cip"), ("13", "cip"), ("02", "program")]
assert dated.of("W1", "C14", 2025) == "_unknown" == dated.of("48.0508", "C16", 2026)
