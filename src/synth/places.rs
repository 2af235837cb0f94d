//! Places: the districts, schools, colleges and employers of the synthetic state, and its directory files.

use std::fmt::Write as _;

use crate::synth::chance::{Chance, Purpose, hash};
use crate::synth::programs::{COURSES, FIELDS, SECONDARY, college_code, secondary_code};

/// The counties; none is a real county's name and state together.
pub(crate) const COUNTIES: [&str; 16] = [
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ironwood", "Juniper", "Larch", "Maple",
    "Oak", "Pine", "Spruce", "Willow",
];

/// A school district.
#[derive(Debug)]
pub(crate) struct District {
    pub(crate) id: String,
    pub(crate) county: usize,
    /// Its schools, as places in [`Places::schools`].
    pub(crate) schools: Vec<usize>,
    /// Writes names in capitals.
    pub(crate) capitals: bool,
}

/// A high school.
#[derive(Debug)]
pub(crate) struct School {
    pub(crate) id: String,
    pub(crate) district: usize,
    /// The programs it offers.
    pub(crate) offers: Vec<usize>,
}

/// A college, in the state or elsewhere.
#[derive(Debug)]
pub(crate) struct College {
    /// OPEID of eight digits.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) four_year: bool,
    pub(crate) public: bool,
    pub(crate) county: usize,
    /// Writes names without accents.
    pub(crate) plain: bool,
}

/// An employer.
#[derive(Debug)]
pub(crate) struct Employer {
    pub(crate) account: String,
    /// Reports wages without names.
    pub(crate) nameless: bool,
    /// Filed 2023Q2 again.
    pub(crate) amended: bool,
    /// Writes names without marks (2), with blanks for marks (1), or as they are (0).
    pub(crate) marks: u32,
}

/// All places of the state.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) districts: Vec<District>,
    district_totals: Vec<u32>,
    pub(crate) schools: Vec<School>,
    /// Those of the state first.
    pub(crate) colleges: Vec<College>,
    pub(crate) two_year: Vec<usize>,
    pub(crate) four_year: Vec<usize>,
    pub(crate) elsewhere: Vec<usize>,
    pub(crate) employers: Vec<Employer>,
    pub(crate) zips: u32,
}

const ZIPS_PER_DISTRICT: u32 = 6;
const FIRST_ZIP: u32 = 57_001;
const IN_STATE: [(&str, bool, bool); 14] = [
    ("Alder Creek Community College", false, true),
    ("Cedar Valley Community College", false, true),
    ("Elm River Technical College", false, true),
    ("Hazel Plains Community College", false, true),
    ("Juniper Technical College", false, true),
    ("Lakeside Community College", false, true),
    ("Maple Grove Community College", false, true),
    ("Spruce Mountain Technical College", false, true),
    ("State University at Birch", true, true),
    ("State University at Oak", true, true),
    ("Northern Plains University", true, true),
    ("Southern Polytechnic University", true, true),
    ("Saint Aldric College", true, false),
    ("Willow College", true, false),
];
const ELSEWHERE: [(&str, &str, bool, bool); 8] = [
    ("Tidewater Bay University", "VA", true, true),
    ("Great Basin State University", "NV", true, true),
    ("Prairie Rose University", "ND", true, true),
    ("Harbor City College", "CA", false, true),
    ("Blue Ridge Institute of Technology", "NC", true, true),
    ("Saint Brendan University", "MA", true, false),
    ("Gulf Coast Technical College", "TX", false, true),
    ("Lake Superior Christian College", "MN", true, false),
];
const TRADES: [(&str, &str); 16] = [
    ("Family Restaurant", "722511"),
    ("Burgers", "722513"),
    ("Supermarket", "445110"),
    ("General Hospital", "622110"),
    ("Care Home", "623110"),
    ("Construction", "236220"),
    ("Electric", "238210"),
    ("Machine Works", "332710"),
    ("Logistics", "484121"),
    ("Warehouse", "493110"),
    ("Savings Bank", "522110"),
    ("Software", "541511"),
    ("Staffing", "561320"),
    ("Hotel", "721110"),
    ("Auto Repair", "811111"),
    ("Farms", "111150"),
];
const FIRMS: [&str; 20] = [
    "Summit",
    "Prairie",
    "Riverbend",
    "Granite",
    "Northstar",
    "Golden Gate",
    "Blue Sky",
    "Heritage",
    "Pioneer",
    "Evergreen",
    "Lakeview",
    "Crossroads",
    "Silver Creek",
    "Red Barn",
    "Twin Oaks",
    "Hilltop",
    "Old Mill",
    "Sunrise",
    "Stonebridge",
    "Valley",
];

impl Places {
    /// Lays out the state for so many learners.
    pub(crate) fn lay_out(seed: u64, learners: u64, name_never: u32, amended: u32) -> Self {
        let count = usize::try_from((learners / 250).clamp(8, 240)).unwrap_or(8);
        let mut places = Self {
            districts: Vec::with_capacity(count),
            district_totals: Vec::with_capacity(count),
            schools: Vec::new(),
            colleges: Vec::new(),
            two_year: Vec::new(),
            four_year: Vec::new(),
            elsewhere: Vec::new(),
            employers: Vec::new(),
            zips: u32::try_from(count).unwrap_or(0) * ZIPS_PER_DISTRICT,
        };
        let mut total = 0;
        for at in 0..count {
            total += 1_000_000 / (u32::try_from(at).unwrap_or(0) + 4);
            places.district_totals.push(total);
            let id = format!("{:04}", 101 + at * 7);
            let size = if at < count / 8 {
                4
            } else if at < count / 3 {
                2
            } else {
                1
            };
            let schools: Vec<usize> = (places.schools.len()..places.schools.len() + size).collect();
            for (number, school) in schools.iter().enumerate() {
                places.schools.push(School {
                    id: format!("{id}{:02}", number + 1),
                    district: at,
                    offers: offers(seed, *school),
                });
            }
            places.districts.push(District { id, county: at % COUNTIES.len(), schools, capitals: at % 7 == 3 });
        }
        places.found_colleges();
        let employers = usize::try_from((learners / 15).clamp(80, 20_000)).unwrap_or(80);
        for at in 0..employers {
            let mut chance = Chance::new(seed, Purpose::Places, at as u64);
            places.employers.push(Employer {
                account: format!("{:010}", 10_000_019 + at * 137),
                nameless: chance.hits(name_never),
                amended: chance.hits(amended),
                marks: chance.below(3),
            });
        }
        places
    }

    fn found_colleges(&mut self) {
        for (at, (name, four_year, public)) in IN_STATE.into_iter().enumerate() {
            if four_year {
                self.four_year.push(at);
            } else {
                self.two_year.push(at);
            }
            self.colleges.push(College {
                id: format!("{:06}00", 900_101 + at * 3),
                name: name.to_owned(),
                state: "ZZ",
                four_year,
                public,
                county: at % COUNTIES.len(),
                plain: at % 3 == 0,
            });
        }
        for (at, (name, state, four_year, public)) in ELSEWHERE.into_iter().enumerate() {
            self.elsewhere.push(self.colleges.len());
            self.colleges.push(College {
                id: format!("{:06}00", 930_007 + at * 5),
                name: name.to_owned(),
                state,
                four_year,
                public,
                county: 0,
                plain: true,
            });
        }
    }

    /// A district, by its share of the learners.
    pub(crate) fn district(&self, chance: &mut Chance) -> usize {
        let at = chance.below(self.district_totals.last().copied().unwrap_or(0));
        self.district_totals.partition_point(|running| *running <= at).min(self.districts.len() - 1)
    }

    /// A postal code of a district.
    pub(crate) fn zip(district: usize, chance: &mut Chance) -> u32 {
        FIRST_ZIP + u32::try_from(district).unwrap_or(0) * ZIPS_PER_DISTRICT + chance.below(ZIPS_PER_DISTRICT)
    }

    /// A postal code from anywhere in the state.
    pub(crate) fn any_zip(&self, chance: &mut Chance) -> u32 {
        FIRST_ZIP + chance.below(self.zips)
    }

    /// The county of a postal code.
    pub(crate) fn county_of_zip(&self, zip: u32) -> &'static str {
        let district = zip.saturating_sub(FIRST_ZIP) / ZIPS_PER_DISTRICT;
        let at = self.districts.get(usize::try_from(district).unwrap_or(0)).map_or(0, |d| d.county);
        COUNTIES[at]
    }

    /// An employer: few employ many.
    pub(crate) fn employer(&self, chance: &mut Chance) -> usize {
        let first = chance.index(self.employers.len());
        chance.index(first + 1)
    }

    /// `organizations.csv`.
    pub(crate) fn organizations(&self) -> String {
        let mut out = String::from("org_id,org_type,name,parent_id,county,level\n");
        for (at, d) in self.districts.iter().enumerate() {
            let county = COUNTIES[d.county];
            let _ = writeln!(out, "{},district,{county} District {},,{county},DISTRICT", d.id, at + 1);
            for (number, school) in d.schools.iter().enumerate() {
                let school = &self.schools[*school];
                let name = ["Central", "North", "South", "West"][number % 4];
                let _ =
                    writeln!(out, "{},school,{county} {} {name} High School,{},{county},HIGH", school.id, at + 1, d.id);
            }
        }
        for college in self.colleges.iter().filter(|c| c.state == "ZZ") {
            let level = if college.four_year { "4YR" } else { "2YR" };
            let _ = writeln!(out, "{},college,{},,{},{level}", college.id, college.name, COUNTIES[college.county]);
        }
        out
    }

    /// `organization_changes.csv`: after the last school year a district goes into its neighbour, and a school into another of its district.
    pub(crate) fn organization_changes(&self) -> String {
        let mut out = String::from("org_id,change,became_id,changed_on\n");
        if let [.., neighbour, last] = &self.districts[..] {
            let _ = writeln!(out, "{},merged,{},2025-07-01", last.id, neighbour.id);
        }
        if let Some([first, .., last]) = self.districts.first().map(|district| &district.schools[..]) {
            let _ = writeln!(out, "{},closed,{},2025-07-01", self.schools[*last].id, self.schools[*first].id);
        }
        out
    }

    /// `offerings.csv`: every course of the programs that a school offers, for each school year.
    pub(crate) fn offerings(&self, seed: u64, years: std::ops::RangeInclusive<i32>) -> String {
        let mut out = String::from("school_id,school_year,program_code,course_code,sections,seats\n");
        for (at, school) in self.schools.iter().enumerate() {
            for year in years.clone() {
                for (program, course) in school.offers.iter().flat_map(|p| (0..COURSES).map(move |c| (*p, c))) {
                    let drawn = hash(seed ^ at as u64, program as u64 * 8 + course as u64, year.unsigned_abs().into());
                    let sections = 1 + drawn % 3 / (1 + course as u64 / 3);
                    let code = secondary_code(program);
                    let seats = sections * (18 + drawn % 7);
                    let _ = writeln!(out, "{},{year},{code},{code}-{},{sections},{seats}", school.id, course + 1);
                }
            }
        }
        out
    }

    /// `programs.csv`.
    pub(crate) fn programs() -> String {
        let mut out = String::from("program_code,org_level,title,cip_code,cluster16,cluster14,total_credits\n");
        let quoted = |text: &str| if text.contains(',') { format!("\"{text}\"") } else { text.to_owned() };
        for (at, f) in FIELDS.iter().enumerate().take(SECONDARY) {
            let cluster = quoted(f.cluster14);
            let _ = writeln!(
                out,
                "{},secondary,{},{},{},{cluster},{COURSES}.00",
                secondary_code(at),
                f.title,
                f.cip,
                f.cluster16
            );
        }
        for (at, f) in FIELDS.iter().enumerate() {
            // A few programs are shorter than the twelve credits that make a postsecondary concentrator.
            let credits = if f.cluster16.is_empty() {
                120
            } else if at % 9 == 4 {
                9
            } else {
                30 + (at % 3) * 15
            };
            let cluster = quoted(f.cluster14);
            let _ = writeln!(
                out,
                "{},postsecondary,{},{},{},{cluster},{credits}.00",
                college_code(at),
                f.title,
                f.cip,
                f.cluster16
            );
        }
        out
    }

    /// `employers.csv`.
    pub(crate) fn employer_file(&self, seed: u64) -> String {
        let mut out = String::from("employer_account,ein,name,naics,county,ownership\n");
        for (at, employer) in self.employers.iter().enumerate() {
            let pick = |salt, bound: usize| usize::try_from(hash(seed, at as u64, salt) % bound as u64).unwrap_or(0);
            let (trade, naics) = TRADES[pick(71, TRADES.len())];
            let ownership = if naics == "622110" { ["2", "3", "5"][at % 3] } else { "5" };
            let firm = FIRMS[pick(72, FIRMS.len())];
            let county = COUNTIES[pick(73, COUNTIES.len())];
            let _ = writeln!(
                out,
                "{},{:09},{firm} {trade} {},{naics},{county},{ownership}",
                employer.account,
                910_000_000 + at * 41,
                at + 1
            );
        }
        out
    }
}

fn offers(seed: u64, school: usize) -> Vec<usize> {
    let mut offers: Vec<usize> = (0..10_u64)
        .map(|n| usize::try_from(hash(seed, school as u64, 500 + n) % SECONDARY as u64).unwrap_or(0))
        .collect();
    offers.sort_unstable();
    offers.dedup();
    offers
}
