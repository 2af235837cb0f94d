//! Names: the tables in `names/`, drawn by weight and by race and ethnicity, and how names are written and miswritten.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use crate::synth::chance::Chance;
use crate::synth::profile::People;

/// Race and ethnicity in the seven federal categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Race {
    Native,
    Asian,
    Black,
    Hispanic,
    Multiple,
    Pacific,
    White,
}

impl Race {
    pub(crate) const ALL: [Self; 7] =
        [Self::Native, Self::Asian, Self::Black, Self::Hispanic, Self::Multiple, Self::Pacific, Self::White];

    /// The code that federal files use.
    pub(crate) const fn code(self) -> &'static str {
        ["AM7", "AS7", "BL7", "HI7", "MU7", "PI7", "WH7"][self as usize]
    }
}

/// A table of names with running totals of their weights.
#[derive(Debug)]
struct Table {
    names: Vec<&'static str>,
    totals: Vec<u32>,
}

impl Table {
    fn read(text: &'static str) -> Self {
        let mut table = Self { names: Vec::new(), totals: Vec::new() };
        let mut total = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, weight)) = line.split_once('\t') {
                total += weight.parse::<u32>().unwrap_or(1);
                table.names.push(name);
                table.totals.push(total);
            }
        }
        table
    }

    fn draw(&self, chance: &mut Chance) -> &'static str {
        let total = self.totals.last().copied().unwrap_or(0);
        let at = chance.below(total);
        let place = self.totals.partition_point(|running| *running <= at);
        self.names.get(place).copied().unwrap_or("Smith")
    }
}

/// First names of one people, female and male.
#[derive(Debug)]
struct First([Table; 2]);

/// All name tables.
#[derive(Debug)]
pub(crate) struct Names {
    census: First,
    hispanic: First,
    asian: First,
    hmong: First,
    pacific: First,
    arabic: First,
    black: First,
    last_census: Table,
    last_hispanic: Table,
    last_asian: Table,
    last_hmong: Table,
    last_native: Table,
    last_pacific: Table,
    last_arabic: Table,
    last_african: Table,
    last_particles: Table,
    nicknames: BTreeMap<&'static str, Vec<&'static str>>,
}

macro_rules! first {
    ($name:literal) => {
        First([
            Table::read(include_str!(concat!("names/first_female_", $name, ".txt"))),
            Table::read(include_str!(concat!("names/first_male_", $name, ".txt"))),
        ])
    };
}

macro_rules! last {
    ($name:literal) => {
        Table::read(include_str!(concat!("names/last_", $name, ".txt")))
    };
}

/// What a person is called.
#[derive(Clone, Debug)]
pub(crate) struct FullName {
    pub(crate) first: &'static str,
    pub(crate) middle: &'static str,
    pub(crate) last: String,
    pub(crate) suffix: &'static str,
}

/// The list from which a person's own names come; census names for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    Census,
    Hispanic,
    Asian,
    Hmong,
    Native,
    Pacific,
    Arabic,
    African,
    Black,
    Particles,
}

impl Names {
    /// Reads the built-in tables.
    pub(crate) fn read() -> Self {
        let nicknames = include_str!("names/nicknames.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, short)| (name, short.split(' ').collect()))
            .collect();
        Self {
            census: first!("census"),
            hispanic: first!("hispanic"),
            asian: first!("asian"),
            hmong: first!("hmong"),
            pacific: first!("pacific"),
            arabic: first!("arabic"),
            black: first!("black"),
            last_census: last!("census"),
            last_hispanic: last!("hispanic"),
            last_asian: last!("asian"),
            last_hmong: last!("hmong"),
            last_native: last!("native"),
            last_pacific: last!("pacific"),
            last_arabic: last!("arabic"),
            last_african: last!("african"),
            last_particles: last!("particles"),
            nicknames,
        }
    }

    /// Draws a full name.
    pub(crate) fn draw(&self, race: Race, female: bool, rates: &People, chance: &mut Chance) -> FullName {
        let own = Self::own(race, rates, chance);
        let first = self.first(own, female, rates, chance);
        let middle = if chance.hits(rates.middle_name_none) { "" } else { self.first(own, female, rates, chance) };
        let last = self.surname(race, own, rates, chance);
        let suffix = if !female && chance.hits(rates.suffix) {
            *chance.pick(&["Jr", "Jr", "II", "III", "III", "IV"])
        } else {
            ""
        };
        FullName { first, middle, last, suffix }
    }

    /// Draws another surname, such as one taken at marriage.
    pub(crate) fn other_surname(&self, race: Race, rates: &People, chance: &mut Chance) -> String {
        let own = Self::own(race, rates, chance);
        self.surname(race, own, rates, chance)
    }

    /// Draws a first name for a twin or sibling of someone.
    pub(crate) fn other_first(&self, race: Race, female: bool, rates: &People, chance: &mut Chance) -> &'static str {
        let own = Self::own(race, rates, chance);
        self.first(own, female, rates, chance)
    }

    /// A nickname of the first name, where it has one.
    pub(crate) fn nickname(&self, first: &str, chance: &mut Chance) -> Option<&'static str> {
        self.nicknames.get(first).map(|list| *chance.pick(list))
    }

    fn own(race: Race, rates: &People, chance: &mut Chance) -> Own {
        match race {
            Race::Hispanic => Own::Hispanic,
            Race::Asian if chance.hits(rates.hmong_name) => Own::Hmong,
            Race::Asian => Own::Asian,
            Race::Native => Own::Native,
            Race::Pacific => Own::Pacific,
            Race::Black if chance.hits(rates.african_name) => Own::African,
            Race::Black => Own::Black,
            Race::Multiple | Race::White if chance.hits(rates.arabic_surname) => Own::Arabic,
            Race::Multiple | Race::White if chance.hits(rates.particle_surname) => Own::Particles,
            Race::Multiple | Race::White => Own::Census,
        }
    }

    fn first(&self, own: Own, female: bool, rates: &People, chance: &mut Chance) -> &'static str {
        let list = match own {
            Own::Hispanic => &self.hispanic,
            Own::Asian => &self.asian,
            Own::Hmong => &self.hmong,
            Own::Pacific => &self.pacific,
            Own::Arabic => &self.arabic,
            Own::African | Own::Black => &self.black,
            Own::Census | Own::Native | Own::Particles => &self.census,
        };
        let list = if chance.hits(rates.own_list_first) { list } else { &self.census };
        list.0[usize::from(!female)].draw(chance)
    }

    fn surname(&self, race: Race, own: Own, rates: &People, chance: &mut Chance) -> String {
        let list = match own {
            Own::Hispanic => &self.last_hispanic,
            Own::Asian => &self.last_asian,
            Own::Hmong => &self.last_hmong,
            Own::Native => &self.last_native,
            Own::Pacific => &self.last_pacific,
            Own::Arabic => &self.last_arabic,
            Own::African => &self.last_african,
            Own::Particles => &self.last_particles,
            Own::Census | Own::Black => &self.last_census,
        };
        let list = if chance.hits(rates.own_list_last) { list } else { &self.last_census };
        let one = list.draw(chance);
        let (doubles, mark) =
            if race == Race::Hispanic { (rates.double_surname, ' ') } else { (rates.hyphen_surname, '-') };
        if chance.hits(doubles) && !one.contains([' ', '-']) {
            let two = list.draw(chance);
            if two != one && !two.contains([' ', '-']) {
                return format!("{one}{mark}{two}");
            }
        }
        one.to_owned()
    }
}

/// The name without accents, in ASCII.
pub(crate) fn plain(name: &str) -> String {
    if name.is_ascii() { name.to_owned() } else { name.nfd().filter(char::is_ascii).collect() }
}

/// The name as mainframes hold it: upper-case ASCII.
pub(crate) fn upper(name: &str) -> String {
    let mut name = plain(name);
    name.make_ascii_uppercase();
    name
}

/// One typing error: a letter replaced, inserted, left out, or two exchanged.
pub(crate) fn typo(name: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 2 {
        return name.to_owned();
    }
    let at = chance.index(letters.len());
    let mut letter = char::from(b'a' + u8::try_from(chance.below(26)).unwrap_or(0));
    if at == 0 || letters[at].is_uppercase() {
        letter = letter.to_ascii_uppercase();
    }
    match chance.below(4) {
        0 => letters[at] = letter,
        1 => letters.insert(at, letter),
        2 => {
            letters.remove(at);
        }
        _ => {
            let at = at.min(letters.len() - 2);
            letters.swap(at, at + 1);
        }
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::chance::Purpose;
    use crate::synth::profile::Profile;

    #[test]
    fn every_name_can_be_written_in_the_school_code_page_and_in_ascii() {
        let names = Names::read();
        let rates = Profile::built_in().unwrap().people;
        let mut chance = Chance::new(1, Purpose::Identity, 1);
        for race in Race::ALL {
            for female in [true, false] {
                for _ in 0..2_000 {
                    let name = names.draw(race, female, &rates, &mut chance);
                    for part in [name.first, name.middle, &name.last] {
                        assert!(
                            part.chars().all(|c| u32::from(c) < 0x80 || (0xA0..0x100).contains(&u32::from(c))),
                            "{part}"
                        );
                        assert!(part.is_empty() || !plain(part).is_empty());
                    }
                }
            }
        }
    }

    #[test]
    fn names_follow_their_frequency() {
        let names = Names::read();
        let mut chance = Chance::new(3, Purpose::Identity, 1);
        let drawn: Vec<_> = (0..20_000).map(|_| names.last_census.draw(&mut chance)).collect();
        let count = |name| drawn.iter().filter(|n| **n == name).count();
        assert!(count("Smith") > count("Jones") && count("Jones") > count("Baker") && count("Baker") > 5);
        assert_eq!(upper("Muñoz-O'Neill"), "MUNOZ-O'NEILL");
    }
}
