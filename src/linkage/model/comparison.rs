//! Comparisons: how two records agree in each field, as an ordered level, and all levels of a pair as one pattern.

use super::records::{Records, Values, digits};
use super::similar::jaro_winkler;
use super::texts::Texts;

/// One way in which two values of a field may agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Agreement {
    /// They are one value.
    Exact,
    /// They go back to one first name.
    Nickname,
    /// One is the initial of the other.
    Initial,
    /// The Jaro-Winkler similarity is at least this.
    Similar(f32),
    /// They share a part of a double surname.
    Part,
    /// Each stands in the other's field: the names were swapped. Holds the other field.
    Swapped(usize),
    /// One is what the other is known by in that field, or both are known by one: a name at birth, an earlier name.
    KnownBy(usize),
    /// Two numbers are this near.
    Within(u32),
    /// One digit differs.
    OneDigit,
    /// Two neighbouring digits are swapped.
    Transposed,
    /// The last four digits are the same.
    LastFour,
    /// Day and month are swapped.
    DayMonth,
    /// Day and month are the same, the year is this near.
    Years(u32),
    /// Year and month are the same.
    YearMonth,
    /// So many first letters are the same.
    First(usize),
    /// A field of the one holds what a field of the other does: parts that were derived from the values before anything was hashed.
    Same(usize, usize),
    /// One slip apart, told by the neighbourhoods of their tokens.
    Near,
}

/// How one field is compared: its agreements from best to least; a pair that fits none is at the level after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Its name in the model and the log.
    pub name: String,
    /// The field.
    pub field: usize,
    /// The levels, best first.
    pub levels: Vec<Agreement>,
    /// The levels in words, for the model and the log.
    pub says: Vec<String>,
    /// Whether agreement on a rare value is worth more than on a common one.
    pub frequencies: bool,
    /// A field that says the same better: where both have it, this one says nothing.
    pub unless: Option<usize>,
}

/// The level of a pair in which one of the two has no value.
pub const MISSING: u8 = 0;

impl Comparison {
    /// A comparison whose levels say what they are.
    #[must_use]
    pub fn new(name: &str, field: usize, levels: Vec<Agreement>, frequencies: bool) -> Self {
        let says = levels.iter().map(ToString::to_string).collect();
        Self { name: name.to_owned(), field, levels, says, frequencies, unless: None }
    }

    /// The same where a field that both have makes it say nothing.
    #[must_use]
    pub fn unless(self, field: Option<usize>) -> Self {
        Self { unless: field, ..self }
    }

    /// Whether another field of two records says better what this one would.
    #[must_use]
    #[inline]
    pub fn is_idle(&self, one: &[u32], other: &[u32]) -> bool {
        self.unless.is_some_and(|field| one[field] != 0 && other[field] != 0)
    }

    /// Whether a level rests on this field.
    #[must_use]
    pub fn rests_on(&self, field: usize) -> bool {
        let on = |level: &Agreement| match level {
            Agreement::Same(here, there) => [*here, *there].contains(&field),
            Agreement::KnownBy(other) => *other == field,
            _ => false,
        };
        self.field == field || self.levels.iter().any(on)
    }

    /// The level of two records, told by their tokens. A part may stand in both where the whole does not: an initial alone is compared with the
    /// initial of a name. What no token tells is missing.
    fn level_of_parts(&self, records: &Records, one: &[u32], other: &[u32]) -> u8 {
        let mut told = false;
        for (level, at) in self.levels.iter().zip(1_u8..) {
            let (here, there) = match *level {
                Agreement::Same(here, there) => (here, there),
                _ => (self.field, self.field),
            };
            let (a, b) = (one[here], other[there]);
            let both = a != 0 && b != 0;
            // That the names are not swapped says nothing of a name that is missing.
            told |= both && here == there;
            let fits = match level {
                Agreement::Near => both && records.fields[self.field].values.are_near(a, b),
                _ => both && a == b || here != there && other[here] != 0 && other[here] == one[there],
            };
            if fits {
                return at;
            }
        }
        if told { self.otherwise() } else { MISSING }
    }

    /// The level of a pair that has values and fits nothing.
    #[must_use]
    pub fn otherwise(&self) -> u8 {
        u8::try_from(self.levels.len() + 1).unwrap_or(u8::MAX)
    }

    /// How many levels there are, that of missing values included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.levels.len() + 2
    }

    /// Whether the first level is that of equal values, which is told without looking at them.
    #[must_use]
    #[inline]
    pub fn exact_first(&self) -> bool {
        self.levels.first() == Some(&Agreement::Exact)
    }

    /// The level of two values that differ, but for a swap with another field.
    pub(super) fn level_of_values(&self, records: &Records, a: u32, b: u32) -> u8 {
        let mut similarity = None;
        let from = usize::from(self.exact_first());
        let number = |code: u32| match records.fields[self.field].values {
            Values::Digits | Values::Numbers => digits(code),
            _ => u64::from(code),
        };
        let (x, y) = (number(a), number(b));
        let fits = |level: &Agreement| match (&records.fields[self.field].values, level) {
            (Values::Texts(_), Agreement::Similar(least)) => self.similar(records, *least, a, b, &mut similarity),
            (Values::Texts(texts), _) => texts_agree(*level, texts, a, b),
            (Values::Numbers, Agreement::Within(most)) => a.abs_diff(b) <= *most,
            _ => digits_agree(*level, x, y),
        };
        let at = self.levels[from..].iter().position(fits);
        at.map_or(self.otherwise(), |at| u8::try_from(at + from + 1).unwrap_or(u8::MAX))
    }

    fn similar(&self, records: &Records, least: f32, a: u32, b: u32, known: &mut Option<f32>) -> bool {
        let Values::Texts(texts) = &records.fields[self.field].values else { return false };
        let similarity = *known.get_or_insert_with(|| {
            let lowest = self.levels.iter().filter_map(|l| if let Agreement::Similar(x) = l { Some(*x) } else { None });
            let lowest = lowest.fold(f32::INFINITY, f32::min);
            if texts.letters(a).bound(texts.letters(b)) < lowest {
                return 0.0;
            }
            jaro_winkler(texts.text(a), texts.text(b))
        });
        similarity >= least
    }
}

/// Whether two texts agree in a way that no measure is needed for.
fn texts_agree(level: Agreement, texts: &Texts, a: u32, b: u32) -> bool {
    match level {
        Agreement::Exact => a == b,
        Agreement::Nickname => texts.root(a) != 0 && texts.root(a) == texts.root(b),
        Agreement::Initial => {
            let (x, y) = (texts.text(a), texts.text(b));
            (x.len() == 1 || y.len() == 1) && x[0] == y[0]
        }
        Agreement::Part => {
            let (x, y) = (texts.parts(a), texts.parts(b));
            x.iter().any(|part| *part != 0 && y.contains(part))
        }
        Agreement::First(letters) => {
            let (x, y) = (texts.text(a), texts.text(b));
            x.len() >= letters && y.len() >= letters && x[..letters] == y[..letters]
        }
        _ => false,
    }
}

/// Whether two numbers, a digit in each four bits, agree. Days stand as year, month and day.
#[inline]
fn digits_agree(level: Agreement, x: u64, y: u64) -> bool {
    match level {
        Agreement::Exact => x == y,
        Agreement::OneDigit => differing(x ^ y) == 1,
        Agreement::Transposed => transposed(x, y),
        Agreement::LastFour => (x ^ y).trailing_zeros() >= 16,
        Agreement::DayMonth => x >> 16 == y >> 16 && x & 0xff == y >> 8 & 0xff && x >> 8 & 0xff == y & 0xff,
        Agreement::Years(most) => x & 0xffff == y & 0xffff && year(x).abs_diff(year(y)) <= most,
        Agreement::YearMonth => x >> 8 == y >> 8,
        _ => false,
    }
}

/// How many digits differ.
#[inline]
fn differing(difference: u64) -> u32 {
    let any = difference | difference >> 1;
    let any = any | any >> 2;
    (any & 0x1111_1111_1111_1111).count_ones()
}

/// Whether the digits are the same but for two neighbours that are swapped.
#[inline]
fn transposed(a: u64, b: u64) -> bool {
    let difference = a ^ b;
    if differing(difference) != 2 {
        return false;
    }
    let at = difference.trailing_zeros() / 4 * 4;
    let (x, y) = (a >> at & 0xff, b >> at & 0xff);
    difference >> at >> 8 == 0 && x >> 4 == y & 15 && x & 15 == y >> 4
}

fn year(day: u64) -> u32 {
    (0..4).fold(0, |year, at| year * 10 + u32::try_from(day >> (28 - 4 * at) & 15).unwrap_or(0))
}

/// Levels of pairs of values that were compared lately. Each pair has one place, and a newcomer takes it.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pairs: Vec<(u64, u8)>,
}

/// Places of one memory.
const PLACES: usize = 1 << 13;

impl Default for Memory {
    fn default() -> Self {
        Self { pairs: vec![(0, 0); PLACES] }
    }
}

impl Memory {
    #[inline]
    fn get(&mut self, a: u32, b: u32, level: impl FnOnce() -> u8) -> u8 {
        let key = u64::from(a) << 32 | u64::from(b);
        let place = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - PLACES.trailing_zeros());
        let place = usize::try_from(place).unwrap_or(0);
        let place = &mut self.pairs[place];
        if place.0 != key {
            *place = (key, level());
        }
        place.1
    }
}

/// A comparison, ready for one set of records.
#[derive(Debug)]
struct Ready<'r> {
    comparison: &'r Comparison,
    /// Whether levels of values are remembered; digits are compared faster than that.
    remembers: bool,
    /// Whether equal values are the first level.
    exact_first: bool,
    otherwise: u8,
    /// Whether its values are tokens, which agree by the parts they were made of.
    tokens: bool,
    /// Levels of this comparison, for the pattern.
    count: u64,
    swaps: Vec<Swap>,
}

/// A level that reads another field too.
#[derive(Debug)]
struct Swap {
    level: u8,
    with: usize,
    /// Whether one of the two may be known by what the other is called; else each must be.
    known_by: bool,
    /// By value of this field: the number of the same text in the other; 0 where nobody has it there.
    there: Vec<u32>,
}

impl<'r> Ready<'r> {
    fn new(records: &Records, comparison: &'r Comparison) -> Self {
        let field = &records.fields[comparison.field].values;
        let swaps = comparison.levels.iter().enumerate().filter_map(|(at, level)| {
            let (Agreement::Swapped(with) | Agreement::KnownBy(with)) = *level else { return None };
            let (Values::Texts(here), Values::Texts(others)) = (field, &records.fields[with].values) else {
                return None;
            };
            let values = u32::try_from(here.len()).unwrap_or(u32::MAX);
            let there = std::iter::once(0).chain((1..=values).map(|value| others.find(here.whole(value)))).collect();
            let known_by = matches!(level, Agreement::KnownBy(_));
            Some(Swap { level: u8::try_from(at + 1).unwrap_or(u8::MAX), with, known_by, there })
        });
        Self {
            comparison,
            remembers: matches!(field, Values::Texts(_)),
            exact_first: comparison.exact_first(),
            otherwise: comparison.otherwise(),
            tokens: matches!(field, Values::Tokens { .. }),
            count: comparison.count() as u64,
            swaps: swaps.collect(),
        }
    }

    /// The level of a pair: [`MISSING`], the place of the first agreement that holds counted from 1, or the last.
    fn level(&self, records: &Records, memory: &mut Memory, one: &[u32], other: &[u32]) -> u8 {
        let field = self.comparison.field;
        let (a, b) = (one[field], other[field]);
        if self.comparison.is_idle(one, other) {
            return MISSING;
        }
        if self.tokens {
            return self.comparison.level_of_parts(records, one, other);
        }
        if a == 0 || b == 0 {
            return MISSING;
        }
        if a == b && self.exact_first {
            return 1;
        }
        let values = || self.comparison.level_of_values(records, a, b);
        let level = match self.comparison.levels.len() {
            1 if self.exact_first => self.otherwise,
            _ if self.remembers => memory.get(a, b, values),
            _ => values(),
        };
        let fits = |swap: &&Swap| {
            let (c, d) = (one[swap.with], other[swap.with]);
            let (a_there, b_there) = (d != 0 && swap.there[a as usize] == d, c != 0 && swap.there[b as usize] == c);
            if swap.known_by { a_there || b_there || c != 0 && c == d } else { a_there && b_there }
        };
        self.swaps.iter().take_while(|swap| swap.level < level).find(fits).map_or(level, |swap| swap.level)
    }
}

/// All comparisons of a model, ready for one set of records.
#[derive(Debug)]
pub struct Comparisons<'r> {
    records: &'r Records,
    list: &'r [Comparison],
    ready: Vec<Ready<'r>>,
}

/// What one thread remembers.
#[derive(Clone, Debug)]
pub struct Memories(Vec<Memory>);

impl<'r> Comparisons<'r> {
    /// The comparisons of these records.
    #[must_use]
    pub fn new(records: &'r Records, list: &'r [Comparison]) -> Self {
        Self { records, list, ready: list.iter().map(|c| Ready::new(records, c)).collect() }
    }

    /// A thread's memory.
    #[must_use]
    pub fn memories(&self) -> Memories {
        Memories(vec![Memory::default(); self.list.len()])
    }

    /// The comparisons.
    #[must_use]
    pub fn list(&self) -> &'r [Comparison] {
        self.list
    }

    /// The pattern of a pair: the levels of all comparisons as one number, the first comparison's first.
    pub fn pattern(&self, memories: &mut Memories, one: u32, other: u32) -> u64 {
        let (one, other) = (self.records.row(one), self.records.row(other));
        self.ready.iter().zip(&mut memories.0).fold(0, |pattern, (ready, memory)| {
            pattern * ready.count + u64::from(ready.level(self.records, memory, one, other))
        })
    }

    /// The level of one comparison of a pair.
    pub fn level(&self, memories: &mut Memories, comparison: usize, one: u32, other: u32) -> u8 {
        self.level_of(memories, comparison, self.records.row(one), self.records.row(other))
    }

    /// The same of two rows of codes.
    #[inline]
    pub fn level_of(&self, memories: &mut Memories, comparison: usize, one: &[u32], other: &[u32]) -> u8 {
        self.ready[comparison].level(self.records, &mut memories.0[comparison], one, other)
    }
}

/// The levels of a pattern, in the order of comparisons.
#[must_use]
pub fn levels_of(list: &[Comparison], mut pattern: u64) -> Vec<u8> {
    let mut out = vec![0; list.len()];
    for (level, comparison) in out.iter_mut().zip(list).rev() {
        let count = comparison.count() as u64;
        *level = u8::try_from(pattern % count).unwrap_or(u8::MAX);
        pattern /= count;
    }
    out
}

impl std::fmt::Display for Agreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Nickname => f.write_str("nickname"),
            Self::Initial => f.write_str("initial"),
            Self::Similar(least) => write!(f, "similar {least}"),
            Self::Part => f.write_str("part"),
            Self::Swapped(_) => f.write_str("swapped"),
            Self::KnownBy(_) => f.write_str("known by another name"),
            Self::Within(most) => write!(f, "within {most}"),
            Self::OneDigit => f.write_str("one digit"),
            Self::Transposed => f.write_str("transposed"),
            Self::LastFour => f.write_str("last four"),
            Self::DayMonth => f.write_str("day and month swapped"),
            Self::Years(most) => write!(f, "within {most} years"),
            Self::YearMonth => f.write_str("year and month"),
            Self::First(letters) => write!(f, "first {letters}"),
            Self::Same(..) => f.write_str("same part"),
            Self::Near => f.write_str("near"),
        }
    }
}
