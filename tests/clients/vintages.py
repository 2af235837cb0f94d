"""The code that stands now for a code of an older vintage, in plain Python: what the list of changes says, read by the year of the record."""


class Vintages:
    def __init__(self, changes):
        self.successors, self.since, self.kept = {}, {}, set()
        for row in changes:
            old = row["scheme"], row["old_code"]
            self.since[old] = row["since"]
            primary = self.successors.setdefault(old, [])
            if row["new_code"] != "_none":
                self.kept.add((row["scheme"], row["new_code"]))
                primary += [row["new_code"]] if row["is_primary"] else []

    def now(self, scheme, code, year=None):
        """The code of now; the code itself where nothing became of it, or nothing can be named. A list without a date has no year."""
        old = scheme, code
        if old not in self.successors or not self.successors[old]:
            return code
        began = year is None or year >= self.since[old]
        return code if began and old in self.kept else max(self.successors[old])

    def of_program(self, program, directory, year):
        """The field of a program of the directory, as of now; of one that goes by its CIP code, as of the year."""
        if directory is None:
            return self.now("cip", program, year)
        return self.now("cip", directory, None if directory != program else year)


moved = Vintages([
    {"scheme": "cip", "old_code": "43.0106", "new_code": "43.0406", "is_primary": True, "since": 2020},
    {"scheme": "cip", "old_code": "97.0201", "new_code": "97.0301", "is_primary": True, "since": 2020},
    {"scheme": "cip", "old_code": "97.0401", "new_code": "97.0201", "is_primary": True, "since": 2020},
    {"scheme": "naics", "old_code": "454110", "new_code": "_none", "is_primary": False, "since": 2022}])
assert [moved.now("cip", "43.0106", year) for year in (2019, 2020, None)] == ["43.0406"] * 3 and moved.now("soc", "43.0106", 2019) == "43.0106"
assert [moved.now("cip", "97.0201", year) for year in (2019, 2020, None)] == ["97.0301", "97.0201", "97.0201"]
assert moved.now("naics", "454110", 2021) == "454110"
