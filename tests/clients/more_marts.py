"""Works out the marts `credential`, `wbl_participation`, `linkage_quality`, `field_missing`, `coverage`, `definition_comparison` and
`definition_gap` from the linked tables with DuckDB, by the written definitions and not by the project's SQL, and holds the marts against it,
cell by cell.

usage: more_marts.py OUT
"""

import json
import pathlib
import sys

import duckdb
import pyarrow.parquet

from clusters import Clusters

out = pathlib.Path(sys.argv[1])
pointer = json.loads((out / "current.json").read_text())
release = out / "releases" / pointer["release"]
manifest = json.loads((release / "manifest.json").read_text())
run = json.loads(max(out.glob("runs/*/run_results.json"), key=lambda f: f.parent.name).read_text())
steps = {step["step"]: step["fingerprint"] for step in run["steps"]}

db = duckdb.connect()
SOURCES = (
    "k12_enrollment", "cte_courses", "graduation_cohort", "extended_cohort", "assessments", "work_based_learning", "credentials", "follow_up_survey",
    "ps_enrollment", "ps_awards", "nsc_detail", "ui_wages", "wages_out_of_state", "licences", "apprenticeships", "adult_education", "programs", "employers", "credential_list", "nontraditional", "cip_cluster",
)
for source in SOURCES:
    db.execute(f"create view {source} as select * from read_parquet('{out}/store/linked/{steps['linked/' + source]}/*.parquet', hive_partitioning = false)")
db.execute(f"create view person_link as select * from read_parquet('{out}/restricted/store/link/{steps['link']}/*.parquet', hive_partitioning = false)")


def mart(name):
    table = next(t for t in manifest["tables"] if t["table"] == name)
    files = sorted((release / table["path"]).glob("**/*.parquet"))
    return [row for file in files for row in pyarrow.parquet.read_table(file, partitioning=None).to_pylist()]


# The cluster of each program in each year, of those too that go by their CIP code.
directory = {code: {"cip_code": cip, "cluster16": old, "cluster14": new}
             for code, cip, old, new in db.execute("select program_code, cip_code, cluster16, cluster14 from programs").fetchall()}
clusters = Clusters(pyarrow.parquet.read_table(f"{out}/store/linked/{steps['linked/cip_cluster']}").to_pylist(), directory)
db.execute("create table in_cluster (program_code varchar, y int, cluster16 varchar)")
db.executemany("insert into in_cluster values (?, ?, ?)", list(clusters.by_year()))

# A program year runs from 1 July to 30 June and is called by the year in which it ends; a quarter is year * 4 + quarter - 1.
db.execute("create macro py(d) as year(d) + case when month(d) >= 7 then 1 else 0 end")
db.execute("create macro qn(d) as year(d) * 4 + quarter(d) - 1")
db.execute("create macro qday(n) as make_date(n // 4, n % 4 * 3 + 1, 1)")

# Service: years at a school, with the place of the latest day (enrollment before courses), shown in the year after too.
db.execute("""
create table school_rows as
  select person_id, school_year as y, 2 as kind, entry_date as began, coalesce(exit_date, date '9999-12-31') as ended, district_id, school_id from k12_enrollment
  union all
  select person_id, school_year, 1, coalesce(completion_date, date '0001-01-01'), date '0001-01-01', district_id, school_id from cte_courses;
create table at_school as
  with own as (
    select distinct on (person_id, y) person_id, y, district_id, school_id from school_rows
    order by person_id, y, kind desc, began desc, ended desc, district_id desc, school_id desc)
  select person_id, y, true as served, district_id, school_id from own
  union all
  select person_id, y + 1, false, district_id, school_id from own
  where not exists (select 1 from own o where o.person_id = own.person_id and o.y = own.y + 1)
  union all
  -- Who left long before is counted in the year of a cohort.
  select distinct on (person_id, y) c.person_id, c.y, false, own.district_id, own.school_id
  from (select person_id, cohort_year as y from graduation_cohort
        union select person_id, cohort_year + cohort_length - 4 from extended_cohort) as c
  join own on own.person_id = c.person_id and own.y < c.y
  where not exists (select 1 from own o where o.person_id = c.person_id and o.y in (c.y, c.y - 1))
  order by c.person_id, c.y, own.y desc;
create table at_college as
  with own as (select distinct person_id, academic_year as y from ps_enrollment
               where enrollment_status not in ('W', 'D', 'A') and dual_enrolled is not true)
  select person_id, y, true as served from own
  union all
  select person_id, y + 1, false from own where not exists (select 1 from own o where o.person_id = own.person_id and o.y = own.y + 1);
""")

# Attributes: the latest that a school says, else the latest that a college says.
db.execute("""
create table attributes as
  with s as (
    select person_id, entry_date as d, sex,
           case when hispanic then 'HI7'
                when (race_ai::int + race_as::int + race_bl::int + race_pi::int + race_wh::int) > 1 then 'MU7'
                when race_ai then 'AM7' when race_as then 'AS7' when race_bl then 'BL7' when race_pi then 'PI7' when race_wh then 'WH7' end as race
    from k12_enrollment),
  everyone as (select person_id from k12_enrollment union select person_id from ps_enrollment),
  sg as (select distinct on (person_id) person_id, sex as v from s where sex is not null order by person_id, d desc, sex desc),
  sr as (select distinct on (person_id) person_id, race as v from s where race is not null order by person_id, d desc, race desc),
  cg as (select distinct on (person_id) person_id, sex as v from ps_enrollment where sex is not null order by person_id, term_begin desc, sex desc),
  cr as (select distinct on (person_id) person_id, ps_race as v from ps_enrollment where ps_race is not null order by person_id, term_begin desc, ps_race desc)
  select e.person_id, coalesce(sg.v, cg.v, '_unknown') as gender, coalesce(sr.v, cr.v, '_unknown') as race_ethnicity
  from everyone e left join sg using (person_id) left join sr using (person_id) left join cg using (person_id) left join cr using (person_id)
""")

# Status: courses of a program, a repeated one once in its first year and with its most credit, each at most one unit.
db.execute("""
create table passed as
  select c.person_id, coalesce(nullif(c.program_code, ''), c.cip_code) as program, p.cluster16, c.course_code, c.school_year as y, coalesce(c.credits, 1) as credits
  from cte_courses c left join in_cluster p on p.program_code = coalesce(nullif(c.program_code, ''), c.cip_code) and p.y = c.school_year
  where c.completed and coalesce(c.grade_mark, '-') not in ('F', 'W');
create macro concentrated(scope, most) as table
  with once as (select person_id, case when scope = 'program' then program else coalesce(cluster16, '?' || program) end as field, course_code,
                       min(y) as y, max(least(credits, most)) as units
                from passed where program is not null group by all),
  summed as (select person_id, field, y, sum(units) over (partition by person_id, field order by y range unbounded preceding) as units from once)
  select person_id, field, min(y) as since from summed where units >= 2 group by all;
create table sec_part as
  select a.person_id, a.y, p.program, a.served from (select person_id, program, min(y) as since from passed where program is not null group by all) p
  join at_school a on a.person_id = p.person_id and a.y >= greatest(p.since, 2020);
create table sec_conc as
  select a.person_id, a.y, c.field as program, a.served from concentrated('program', 1.00) c
  join at_school a on a.person_id = c.person_id and a.y >= greatest(c.since, 2020);
create table college_credit as
  select person_id, coalesce(nullif(program_code, ''), cip_code) as program, academic_year as y, sum(cte_credits) as credits from ps_enrollment
  where cte_credits > 0 and dual_enrolled is not true group by all;
create table ps_since as
  with by_credit as (select person_id, program, min(y) as y from (
      select person_id, program, y, sum(credits) over (partition by person_id, program order by y range unbounded preceding) as total from college_credit)
    where total >= 12 group by all),
  by_award as (select a.person_id, a.program_code as program, min(a.academic_year) as y from ps_awards a join programs p on p.program_code = a.program_code
    where p.total_credits < 12 and exists (select 1 from college_credit c where c.person_id = a.person_id and c.program = a.program_code) group by all)
  select person_id, program, min(y) as since from (from by_credit union all from by_award) group by all;
""")

# Exits and completions.
db.execute("""
create table exits as
  with dated as (select *, case when month(exit_date) in (7, 8) then make_date(year(exit_date), 6, 30) else exit_date end as counted
                 from k12_enrollment where exit_date is not null),
  last as (select distinct on (person_id, py(counted)) *, py(counted) as exit_year, qn(counted) as q from dated
           order by person_id, py(counted), exit_date desc, entry_date desc, exit_type, district_id, school_id)
  select person_id, exit_year, counted, q, district_id, school_id from last l
  where exit_type in ('01921', '01922', '01927', '01928', '01931', '03509') and exit_year >= 2019
    and not exists (select 1 from k12_enrollment e where e.person_id = l.person_id and e.entry_date < qday(l.q + 3)
                    -- Open enrollments last until the end of their school year; of a graduate they show the entry alone.
                    and case when e.exit_date is not null then e.exit_date when l.exit_type = '01921' then e.entry_date
                             else greatest(make_date(e.school_year, 6, 30), e.entry_date) end > l.exit_date);
create table completions as
  select distinct a.person_id, py(a.award_date) as y from ps_awards a
  join ps_since s on s.person_id = a.person_id and s.program = coalesce(nullif(a.program_code, ''), a.cip_code) and s.since <= py(a.award_date)
  where py(a.award_date) >= 2019
    and exists (select 1 from at_college c where c.person_id = a.person_id and c.y >= greatest(s.since, 2020));
""")

# Non-traditional programs, and special populations.
db.execute("""
create table nt as
  with part as (
    select 'secondary' as level, person_id, y, program, served from sec_part
    union all
    select 'postsecondary', a.person_id, a.y, c.program, a.served
    from (select person_id, program, min(y) as since from college_credit where program is not null group by all) c
    join at_college a on a.person_id = c.person_id and a.y >= greatest(c.since, 2020)),
  fields as (select p.*, coalesce(g.cip_code, p.program) as cip from part p left join programs g on g.program_code = p.program),
  entry as (select f.*, n.nt_male, n.nt_female, row_number() over (partition by level, person_id, y, program order by n.first_year desc) as place
            from fields f join nontraditional n on n.cip_code = f.cip and n.first_year <= f.y and coalesce(n.last_year, 9999) >= f.y)
  select e.level, e.person_id, e.y, e.program, e.served,
         case e.level when 'secondary' then exists (select 1 from sec_conc c where (c.person_id, c.y, c.program) = (e.person_id, e.y, e.program))
                      else exists (select 1 from ps_since c where (c.person_id, c.program) = (e.person_id, e.program) and c.since <= e.y) end as conc,
         (a.gender = 'M') = e.nt_male as under
  from entry e join attributes a on a.person_id = e.person_id
  where place = 1 and (e.nt_male or e.nt_female) and a.gender in ('M', 'F');
create table populations as
  with secondary as (
    select person_id, unnest(list_filter([
      case when disability then 'disability' end, case when econ_disadvantaged then 'econ_disadvantaged' end, case when english_learner then 'english_learner' end,
      case when homeless then 'homeless' end, case when foster_care then 'foster_care' end, case when migrant then 'migrant' end,
      case when single_parent then 'single_parent' end, case when out_of_workforce then 'out_of_workforce' end,
      case when military_connected = 'ActiveDuty' then 'military_parent' end], lambda x: x is not null)) as special_population
    from k12_enrollment where grade in ('09', '10', '11', '12')
    union all select person_id, 'nontraditional' from nt where level = 'secondary' and under),
  college as (
    select person_id, unnest(list_filter([case when pell then 'econ_disadvantaged' end, case when ps_disability then 'disability' end],
                                         lambda x: x is not null)) as special_population
    from ps_enrollment where enrollment_status not in ('W', 'D', 'A') and dual_enrolled is not true
    union all select person_id, 'nontraditional' from nt where level = 'postsecondary' and under
    -- In foster care in the last year at school, and at college since: in it or aged out of it.
    union all select person_id, 'foster_care' from k12_enrollment as k semi join at_college using (person_id)
              where foster_care and school_year = (select max(school_year) from k12_enrollment as l where l.person_id = k.person_id))
  select distinct 'secondary' as level, person_id, special_population from secondary
  union all select distinct 'postsecondary', person_id, special_population from college;
""")


def check(name, base, always, flags, rates=()):
    """Counts the persons of each cell of `base` (a table: person_id, dimensions, flags) and holds the mart against it."""
    told, wrong, cells = mart(name), [], 0
    sets = {tuple(d for d in row["grouping_set"].split("+") if d != "total") for row in told}
    assert sets, f"{name} is empty"
    mine = {}
    for dimensions in sets:
        keys = [*always, *dimensions]
        counts = ", ".join(f"count(distinct person_id) filter (where {flag}) as {measure}" for measure, flag in flags.items())
        for row in db.sql(f"select {', '.join(keys)}, {counts} from {base} group by {', '.join(keys)}").fetchall():
            mine[dimensions, row[: len(keys)]] = row[len(keys) :]
    for row in told:
        dimensions = tuple(d for d in row["grouping_set"].split("+") if d != "total")
        key = (dimensions, tuple(row[k] for k in (*always, *dimensions)))
        counts = tuple(row[m] for m in flags)
        cells += 1
        if mine.pop(key, None) != counts:
            wrong.append(f"{name} {key}: the mart says {counts}")
        for rate, above, below in rates:
            rightly = row[above] / row[below] if row[below] and not row.get("pending") else None
            if (row[rate] is None) != (rightly is None) or (rightly is not None and abs(row[rate] - rightly) > 1e-12):
                wrong.append(f"{name} {key}: {rate} is {row[rate]}, rightly {rightly}")
            if row[rate] is not None and not row[f"{rate}_rule"]:
                wrong.append(f"{name} {key}: {rate} has no rule")
    wrong += [f"{name} {key}: the mart has no such cell, {counts}" for key, counts in mine.items()]
    assert not wrong, "\n".join(wrong[:30] + [f"{len(wrong)} faults in {cells} cells of {name}"])
    print(f"{name}: {cells} cells in {len(sets)} grouping sets are what the linked tables give")


# Credentials.
db.execute("""
create table tried as
  select c.person_id, c.school_year as y, c.credential_code, bool_or(c.passed) as passed, l.credential_type,
         l.credential_code is not null and c.earned_date between coalesce(l.valid_from, c.earned_date) and coalesce(l.valid_to, c.earned_date) as listed,
         coalesce(l.recognized, false) as rec, coalesce(l.high_value, false) as high, c.earned_date
  from credentials c left join credential_list l using (credential_code) where c.school_year >= 2020 group by all;
create table credential_base as
  with people as (select person_id, y from tried union select person_id, y from sec_conc where served),
  rows as (
    select p.person_id, p.y as year, coalesce(s.district_id, '_unknown') as district_id, coalesce(t.program, '_none') as program_code,
           case when t.program is null then '_none' else coalesce(g.cluster16, '_unknown') end as career_cluster,
           exists (select 1 from sec_conc k where k.served and (k.person_id, k.y, k.program) = (p.person_id, p.y, t.program)) as conc,
           coalesce(c.credential_code, '_none') as credential_code, c.credential_code is not null as attempted, coalesce(c.passed, false) as earned,
           case when c.credential_code is null then '_none' else coalesce(c.credential_type, '_unknown') end as credential_type,
           case when c.credential_code is null then '_none' when not c.listed then 'not_listed' when c.high then 'high_value' when c.rec then 'recognized'
                else 'listed' end as value,
           coalesce(c.passed and c.listed and c.rec, false) as recognized, coalesce(c.passed and c.listed and c.high, false) as high_value
    from people p
    left join tried c on (c.person_id, c.y) = (p.person_id, p.y)
    left join sec_part t on (t.person_id, t.y) = (p.person_id, p.y)
    left join in_cluster g on g.program_code = t.program and g.y = p.y
    left join at_school s on (s.person_id, s.y) = (p.person_id, p.y))
  select r.*, coalesce(a.gender, '_unknown') as gender, coalesce(a.race_ethnicity, '_unknown') as race_ethnicity,
         coalesce(f.special_population, '_none') as special_population
  from rows r left join attributes a using (person_id) left join populations f on f.person_id = r.person_id and f.level = 'secondary';
""")
check(
    "credential", "credential_base", ["year"],
    {"attempted": "attempted", "earned": "earned", "recognized": "recognized", "high_value": "high_value", "concentrators": "conc",
     "conc_earners": "conc and earned", "conc_recognized": "conc and recognized"},
    [("pass_rate", "earned", "attempted"), ("conc_rate", "conc_earners", "concentrators")],
)

# Work-based learning.
db.execute("""
create table wbl as
  select w.person_id, w.school_year as y, w.program_code, w.wbl_type, w.hours, coalesce(w.paid, false) as paid, w.completed,
         case substr(e.naics, 1, 2) when '31' then '31-33' when '32' then '31-33' when '33' then '31-33' when '44' then '44-45' when '45' then '44-45'
              when '48' then '48-49' when '49' then '48-49' else coalesce(substr(e.naics, 1, 2), '_unknown') end as sector,
         coalesce(e.county, '_unknown') as county
  from work_based_learning w left join employers e using (employer_account) where w.school_year >= 2020;
create table wbl_base as
  with people as (select person_id, y from wbl union select person_id, y from sec_conc where served),
  fields as (select person_id, y, program from sec_conc where served union select person_id, y, program_code from wbl where program_code is not null),
  rows as (
    select p.person_id, p.y as year, coalesce(s.district_id, '_unknown') as district_id, coalesce(s.school_id, '_unknown') as school_id,
           coalesce(f.program, '_none') as program_code, case when f.program is null then '_none' else coalesce(g.cluster16, '_unknown') end as career_cluster,
           coalesce(w.wbl_type, '_none') as wbl_type, coalesce(w.sector, '_none') as naics_sector, coalesce(w.county, '_none') as county,
           w.person_id is not null as with_wbl, coalesce(w.paid, false) as paid, coalesce(w.completed, false) as completed,
           exists (select 1 from wbl o where (o.person_id, o.y, o.program_code) = (p.person_id, p.y, f.program)) as in_program,
           (select coalesce(sum(hours), 0) >= 40 from wbl o where (o.person_id, o.y) = (p.person_id, p.y)) as hours_40plus,
           exists (select 1 from sec_conc k where k.served and (k.person_id, k.y, k.program) = (p.person_id, p.y, f.program)) as conc
    from people p
    left join wbl w on (w.person_id, w.y) = (p.person_id, p.y)
    left join fields f on (f.person_id, f.y) = (p.person_id, p.y)
    left join in_cluster g on g.program_code = f.program and g.y = p.y
    left join at_school s on (s.person_id, s.y) = (p.person_id, p.y))
  select r.*, coalesce(a.gender, '_unknown') as gender, coalesce(a.race_ethnicity, '_unknown') as race_ethnicity,
         coalesce(f.special_population, '_none') as special_population
  from rows r left join attributes a using (person_id) left join populations f on f.person_id = r.person_id and f.level = 'secondary';
""")
check(
    "wbl_participation", "wbl_base", ["year"],
    {"learners": "true", "with_wbl": "with_wbl", "in_program": "in_program", "completed": "completed", "paid": "paid", "hours_40plus": "hours_40plus",
     "concentrators": "conc", "conc_with_wbl": "conc and with_wbl"},
    [("wbl_rate", "conc_with_wbl", "concentrators")],
)
for row in mart("wbl_participation") + mart("credential"):
    assert not any(value is not None and str(value).isdigit() and len(str(value)) == 10 for value in row.values()), f"an account of an employer: {row}"

# Linkage.
db.execute("""
create table link_base as
  with cohorts as (select person_id, exit_year as year, 'secondary' as level, district_id from exits
                   union all select person_id, y, 'postsecondary', '_unknown' from completions)
  select c.*, coalesce(a.gender, '_unknown') as gender, coalesce(a.race_ethnicity, '_unknown') as race_ethnicity,
         coalesce(f.special_population, '_none') as special_population,
         coalesce(l.has_ssn, false) as ssn, coalesce(l.has_bridge, false) as bridge,
         c.person_id in (select person_id from k12_enrollment) as k12,
         c.person_id in (select person_id from ps_enrollment) or c.person_id in (select person_id from nsc_detail) as searched,
         c.person_id in (select person_id from ps_enrollment) or c.person_id in (select person_id from nsc_detail where record_found) as college,
         c.person_id in (select person_id from ui_wages) as wages, c.person_id in (select person_id from licences) as licence
  from cohorts c left join attributes a using (person_id) left join person_link l using (person_id)
  left join populations f on f.person_id = c.person_id and f.level = c.level;
""")
check(
    "linkage_quality", "link_base", ["year", "level"],
    {"learners": "true", "with_ssn": "ssn", "with_bridge": "bridge", "bridged": "ssn or bridge or wages", "searched": "searched", "in_k12": "k12",
     "in_college": "college", "in_wages": "wages", "in_licences": "licence"},
    [("bridge_rate", "bridged", "learners"), ("college_rate", "in_college", "learners"), ("wages_rate", "in_wages", "learners"),
     ("licences_rate", "in_licences", "learners")],
)

# Coverage: of every source its rows, their year, and what is a value in each field.
plain = lambda *names: {name: f"{name} is not null" for name in names}  # noqa: E731
COVERED = {
    "k12_enrollment": ("k12_enrollment", "school_year", "true", {
        **plain("sex", "econ_disadvantaged", "disability", "english_learner", "homeless", "foster_care", "migrant", "single_parent", "out_of_workforce"),
        "race_ethnicity": "coalesce(hispanic, false) or coalesce(race_ai, false) or coalesce(race_as, false) or coalesce(race_bl, false)"
                          " or coalesce(race_pi, false) or coalesce(race_wh, false)",
        "military_connected": "coalesce(military_connected, 'Unknown') <> 'Unknown'"}),
    "k12_exits": ("k12_enrollment", "school_year", "exit_date is not null", plain("exit_type")),
    "cte_courses": ("cte_courses", "school_year", "true", plain("cip_code", "credits", "grade_mark", "course_title", "completion_date")),
    "graduates": ("graduation_cohort", "cohort_year", "graduated", plain("diploma_type")),
    "assessments": ("assessments", "school_year", "valid", plain("grade", "scale_score", "performance_level", "proficient")),
    "work_based_learning": ("(select w.*, e.naics from work_based_learning w left join employers e using (employer_account))", "school_year", "true", {
        **plain("program_code", "end_date", "hours", "paid", "employer_account"), "employer_naics": "naics is not null"}),
    "credentials": ("credentials", "school_year", "true", {
        **plain("school_id"), "credential_list": "credential_code in (select credential_code from credential_list)"}),
    "follow_up_survey": ("follow_up_survey", "exit_year", "true", {"responded": "responded"}),
    "survey_answers": ("follow_up_survey", "exit_year", "responded", plain("postsecondary", "advanced_training", "military", "service", "employed")),
    "ps_enrollment": ("ps_enrollment", "academic_year", "true", plain(
        "sex", "ps_race", "cip_code", "credits_attempted", "credits_earned", "cte_credits", "pell", "ps_disability")),
    "ps_awards": ("ps_awards", "academic_year", "true", plain("cip_code")),
    "nsc_enrollment": ("nsc_detail", "py(enrollment_begin)", "record_found and graduated is not true and enrollment_begin is not null", plain(
        "enrollment_status", "class_level", "enrollment_cip_1", "two_four_year", "college_state")),
    "nsc_degrees": ("nsc_detail", "py(graduation_date)", "graduated and graduation_date is not null", plain("degree_title", "degree_cip_1")),
    "ui_wages": ("(select w.*, e.naics, e.county from ui_wages w left join employers e using (employer_account))",
                 "cast(substr(year_quarter, 1, 4) as int) + cast(substr(year_quarter, 5, 1) >= '3' as int)", "true",
                 {"employer_naics": "naics is not null", "employer_county": "county is not null"}),
    "apprenticeships": ("apprenticeships", "py(start_date)", "true", plain("occupation", "sponsor_naics")),
    "adult_education": ("adult_education", "py(entry_date)", "true", plain("sex", "low_income", "english_learner", "single_parent", "displaced_homemaker")),
    "licences": ("licences", "py(issued)", "true", plain("county", "expires")),
}
LEARNERS_ONLY = ("ui_wages", "licences", "apprenticeships", "adult_education")
shares, missing = {}, {}
for source, (table, year, where, fields) in COVERED.items():
    held = ", ".join(f"bool_or({expression}) as f_{field}" for field, expression in fields.items())
    join = "join" if source in LEARNERS_ONLY else "left join"
    db.execute(f"""create or replace temp table held as
        select h.*, coalesce(a.gender, '_unknown') as gender, coalesce(a.race_ethnicity, '_unknown') as race_ethnicity
        from (select person_id, {year} as y, {held} from {table} where {where} and {year} >= 2020 group by 1, 2) h {join} attributes a using (person_id)""")
    for dimension, group in (("_total", "'_total'"), ("gender", "gender"), ("race_ethnicity", "race_ethnicity")):
        counted = ", ".join(f"count(*) filter (where f_{field})" for field in fields)
        for y, subgroup, learners, *populated in db.sql(f"select y, {group}, count(*), {counted} from held group by 1, 2").fetchall():
            missing[y, source, "_any", dimension, subgroup] = learners
            for field, n in zip(fields, populated):
                shares[y, source, field, dimension, subgroup] = (learners, n)
                if learners > n:
                    missing[y, source, field, dimension, subgroup] = learners - n
told = {}
for row in mart("field_missing"):
    dimension = "_total" if row["grouping_set"] == "total" else row["grouping_set"]
    told[row["year"], row["source"], row["field"], dimension, "_total" if dimension == "_total" else row[dimension]] = row["learners"]
assert told == missing, sorted(set(told.items()) ^ set(missing.items()))[:20]
print(f"field_missing: {len(told)} cells are what the linked tables give")
rows = mart("coverage")
assert len(rows) == len(shares), (len(rows), len(shares))
for row in rows:
    key = tuple(row[k] for k in ("year", "source", "field", "dimension", "subgroup"))
    n, held = shares[key]
    assert (row["learners"], row["populated"]) == (n, held), (key, row, n, held)
    all_n, all_held = shares[(*key[:3], "_total", "_total")]
    assert abs(row["share"] - held / n) < 1e-12 and abs(row["share_of_all"] - all_held / all_n) < 1e-12, (key, row)
    assert abs(row["gap_points"] - 100 * (held / n - all_held / all_n)) < 1e-9, (key, row)
    assert row["reliability"] == next(letter for letter, least in zip("ABCD", (100, 30, 10, 0)) if n >= least), (key, row)
print(f"coverage: {len(rows)} shares of {len(COVERED)} sources are what the linked tables give")

# Measures under several definitions. Placement: what was seen in the second quarter after the exit, and what could have been.
db.execute("""
create table leavers as
  select x.person_id, x.exit_year, x.exit_year + 1 as y, x.counted, x.q + 2 as q, concat((x.q + 2) // 4, (x.q + 2) % 4 + 1) as yq,
         qday(x.q + 2) as first_day, qday(x.q + 3) as day_after from exits x
  where exists (select 1 from concentrated('program', 1.00) c join at_school a on a.person_id = c.person_id and a.y >= greatest(c.since, 2020)
                where c.person_id = x.person_id and c.since <= x.exit_year);
create table seen as
  with paid as (select l.person_id, l.y, u.employer_account, greatest(sum(u.wages), 0) as wages
                from leavers l join ui_wages u on u.person_id = l.person_id and u.year_quarter = l.yq group by all),
  other as (select l.person_id, l.y, s.wages
            from leavers l join wages_out_of_state s on s.person_id = l.person_id and s.year_quarter = l.yq and s.wages > 0),
  w as (select person_id, y, sum(wages) as wages from (select person_id, y, wages from paid union all from other) group by all),
  c as (select distinct l.person_id, l.y from leavers l join ps_enrollment p on p.person_id = l.person_id
        where p.term_begin < l.day_after and p.term_end >= l.first_day and coalesce(p.enrollment_status, 'F') not in ('W', 'D', 'A')
          and p.dual_enrolled is not true and p.term_begin > l.counted
        union
        select distinct l.person_id, l.y from leavers l join nsc_detail n on n.person_id = l.person_id
        where n.record_found and n.graduated is not true and n.enrollment_begin < l.day_after and n.enrollment_end >= l.first_day
          and coalesce(n.enrollment_status, 'F') not in ('W', 'D', 'A') and n.enrollment_begin > l.counted),
  t as (select distinct l.person_id, l.y from leavers l join apprenticeships a on a.person_id = l.person_id
        where a.start_date < l.day_after and coalesce(a.end_date, date '9999-12-31') >= l.first_day),
  said as (select l.person_id, l.y, bool_or(f.advanced_training) as training, bool_or(f.military) as military, bool_or(f.service) as service
           from leavers l join follow_up_survey f on f.person_id = l.person_id and f.responded and f.status_quarter = l.yq group by all),
  ends as (select (select min(year_quarter) from ui_wages) as w0, (select max(year_quarter) from ui_wages) as w1,
                  (select min(term_begin) from ps_enrollment) as c0, (select max(term_end) from ps_enrollment) as c1)
  select l.person_id, l.y, coalesce(w.wages, 0) as wages, c.person_id is not null as college, t.person_id is not null as training,
         coalesce(said.training or said.military or said.service, false) as survey,
         l.yq < w0 or l.yq > w1 as no_wages, l.first_day > c1 or l.day_after <= c0 as no_college,
         coalesce(k.has_ssn or k.has_bridge, false) as bridged,
         l.person_id in (select person_id from ps_enrollment) or l.person_id in (select person_id from nsc_detail) as searched
  from leavers l left join w using (person_id, y) left join c using (person_id, y) left join t using (person_id, y) left join said using (person_id, y)
  left join person_link k using (person_id) cross join ends;
create table placement as
  select *, wages >= 0.01 as works, wages >= 0.01 or college or training or survey as placed, no_wages or no_college as pending,
         bridged and not no_wages as wages_known, searched and not no_college as college_known from seen;
create table compared as
  with participants as (select distinct person_id, y from sec_part where served), concentrators as (select distinct person_id, y from sec_conc where served),
  two as (select person_id, min(since) as since from concentrated('program', 99.00) group by all),
  cluster as (select person_id, min(since) as since from concentrated('cluster', 1.00) group by all),
  four as (select person_id, cohort_year, bool_or(included) as included, bool_or(included and graduated) as graduated from graduation_cohort group by all),
  five as (select person_id, cohort_year, bool_or(included) as included, bool_or(included and graduated) as graduated from extended_cohort
           where cohort_length = 5 group by all),
  told as (select person_id, min(school_year) as since from cte_courses where agency_status in ('CONCENTRATOR', 'COMPLETER') group by all),
  fields as (select level, person_id, y, bool_or(under) as under from nt where served and conc group by all),
  either as (
    select k.level, k.person_id, k.y from (
      select 'secondary' as level, person_id, y from concentrators
      union select 'postsecondary', a.person_id, a.y from at_college a join ps_since s on s.person_id = a.person_id and s.since <= a.y
            where a.served and a.y >= 2020) k
    join attributes a using (person_id) where a.gender in ('M', 'F')),
  r as (
    select p.person_id, p.y, 'concentrators' as measure, 'official' as definition, (p.person_id, p.y) in (select (person_id, y) from concentrators) as met,
           true as covered, false as pending from participants p
    union all select p.person_id, p.y, 'concentrators', 'two_credits', coalesce(two.since <= p.y, false), true, false from participants p left join two using (person_id)
    union all select p.person_id, p.y, 'concentrators', 'cluster', coalesce(c.since <= p.y, false), true, false from participants p left join cluster c using (person_id)
    union all select p.person_id, p.y, 'concentrators', 'agency_reported', coalesce(t.since <= p.y, false), true, false from participants p
      left join told t using (person_id) where p.y in (select school_year from cte_courses where agency_status is not null)
    union all select person_id, cohort_year, '1S1', 'official', graduated, true, false from four f
      where included and cohort_year >= 2020 and exists (select 1 from sec_conc c where c.person_id = f.person_id and c.y <= f.cohort_year)
    union all select person_id, cohort_year, '1S1', 'five_years', graduated, true, false from five f
      where included and cohort_year >= 2019 and exists (select 1 from sec_conc c where c.person_id = f.person_id and c.y <= f.cohort_year + 1)
    union all select person_id, y, '3S1', 'official', placed, placed or (wages_known and college_known), pending from placement
    union all select person_id, y, '3S1', 'covered_only', placed, true, false from placement
      where (placed or (wages_known and college_known)) and y not in (select y from placement where pending)
    union all select person_id, y, '3S1', 'employment_only', works, works or wages_known, no_wages from placement
    union all select person_id, y, '3S1', 'postsecondary_only', college, college or college_known, no_college from placement
    union all select person_id, y, '3S1', 'wage_floor', wages >= 2827.50 or college or training or survey, placed or (wages_known and college_known), pending from placement
    union all select person_id, y, '3S1', 'without_survey', works or college or training, placed or (wages_known and college_known), pending from placement
    union all select person_id, y, if(level = 'secondary', '4S1', '3P1'), 'official', under, true, false from fields
    union all select c.person_id, c.y, if(level = 'secondary', '4S1', '3P1'), 'statute',
                     (c.level, c.person_id, c.y) in (select (level, person_id, y) from fields), true, false from either c)
  select r.person_id, y as year, measure, definition, met, covered, pending, coalesce(a.gender, '_unknown') as gender,
         coalesce(a.race_ethnicity, '_unknown') as race_ethnicity
  from r left join attributes a using (person_id) where y >= 2020 or (definition = 'five_years');
""")
check(
    "definition_comparison", "compared", ["year", "measure", "definition"],
    {"denominator": "true", "numerator": "met", "covered_denominator": "covered", "pending": "pending"}, [("rate", "numerator", "denominator")],
)
cells = {}
for row in mart("definition_comparison"):
    if "+" not in row["grouping_set"]:
        dimension = "_total" if row["grouping_set"] == "total" else row["grouping_set"]
        cells[row["measure"], row["definition"], row["year"], dimension, "_total" if dimension == "_total" else row[dimension]] = row
rows = mart("definition_gap")
expected = {k for k in cells if k[1] != "official" and (k[0], "official", *k[2:]) in cells and (k[0], "official", k[2], "_total", "_total") in cells}
keys = {tuple(row[k] for k in ("measure", "definition", "year", "dimension", "subgroup")) for row in rows}
assert keys == expected and len(rows) == len(keys), sorted(keys ^ expected)[:20]
for row in rows:
    key = tuple(row[k] for k in ("measure", "definition", "year", "dimension", "subgroup"))
    other, official = cells[key], cells[(key[0], "official", *key[2:])]
    assert (row["numerator"], row["denominator"], row["rate"]) == (other["numerator"], other["denominator"], other["rate"]), row
    assert (row["official_numerator"], row["official_denominator"], row["official_rate"]) == (official["numerator"], official["denominator"], official["rate"]), row
    known = row["rate"] is not None and row["official_rate"] is not None
    assert (row["gap_points"] is not None) == known, row
    assert not known or abs(row["gap_points"] - 100 * (row["rate"] - row["official_rate"])) < 1e-9, row
print(f"definition_gap: {len(rows)} differences, of {len({(k[0], k[1]) for k in keys})} alternative definitions, are what the two rates give")
