//! Identities: what must hold between the cells of a mart whatever the data. Cells over a dimension of one membership add up; over one of many they
//! overlap; a union is at least its largest part and at most all of them together; a numerator is among those who are covered, and they among all.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::error::ArrowError;

use crate::marts::MartSpec;
use crate::marts::cells::{GROUPING_SET, rate_column};
use crate::marts::margins::{Relation, margins};

/// Something that should hold and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What should hold, in words.
    pub says: String,
    /// In how many cells it does not.
    pub cells: u64,
    /// The ids of the rules that the cells rest on, where the mart says so.
    pub rules: Vec<String>,
}

/// The identities of one mart, held against its rows.
#[derive(Debug)]
pub struct Identities<'m> {
    spec: &'m MartSpec,
    relations: Vec<Related>,
    /// Every text of a dimension has a number.
    numbers: HashMap<String, u32>,
    /// By relation and the values of its key: what the whole says and what its parts do.
    sums: BTreeMap<(usize, Vec<u32>), Sum>,
    /// By rate: cells whose counts are not within each other.
    torn: Vec<u64>,
    /// By rate, and at the end for marts without one: the rules behind it.
    rules: Vec<Vec<String>>,
}

/// A whole and its parts, by places among the dimensions.
#[derive(Debug)]
struct Related {
    says: String,
    relation: Relation,
    /// The grouping set of the whole; empty where whole and parts stand in every set.
    whole_set: String,
    /// That of the parts.
    part_set: String,
    /// The dimensions that whole and part share.
    key: Vec<usize>,
    /// Of a union: the dimension and the value that is the whole.
    union: Option<(usize, String)>,
    /// The measures that it is about.
    measures: Vec<usize>,
}

/// What a whole and its parts count, measure by measure.
#[derive(Clone, Debug, Default)]
struct Sum {
    whole: Option<Vec<i64>>,
    parts: Vec<i64>,
    greatest: Vec<i64>,
}

impl<'m> Identities<'m> {
    /// The identities that the document of a mart implies or declares.
    #[must_use]
    pub fn new(spec: &'m MartSpec) -> Self {
        let place = |name: &str| spec.dimensions.iter().position(|d| d.name.as_str() == name);
        let always: Vec<usize> = spec.always.iter().filter_map(|name| place(name)).collect();
        let all: Vec<usize> = (0..spec.measures.len()).collect();
        let of_margin = |margin: crate::marts::Margin| {
            let coarse = margin.coarse.split('+').filter_map(place);
            let how = match margin.relation {
                Relation::Equal => "add up to",
                Relation::Overlap => "overlap within",
            };
            Related {
                says: format!("the cells of `{}` {how} those of `{}`", margin.fine, margin.coarse),
                relation: margin.relation,
                key: always.iter().copied().chain(coarse).collect(),
                whole_set: margin.coarse,
                part_set: margin.fine,
                union: None,
                measures: all.clone(),
            }
        };
        let mut relations: Vec<Related> = margins(spec).into_iter().map(of_margin).collect();
        for union in &spec.unions {
            let Some(over) = place(&union.over) else { continue };
            let measure = |name: &crate::foundation::Located<String>| {
                spec.measures.iter().position(|m| m.name.value == name.value)
            };
            relations.push(Related {
                says: format!("`{}` is the union of all values of `{}`", union.whole, *union.over),
                relation: Relation::Overlap,
                whole_set: String::new(),
                part_set: String::new(),
                key: (0..spec.dimensions.len()).filter(|at| *at != over).collect(),
                union: Some((over, union.whole.clone())),
                measures: union.measures.iter().filter_map(measure).collect(),
            });
        }
        let rates = spec.rates.len();
        Self {
            spec,
            relations,
            numbers: HashMap::new(),
            sums: BTreeMap::new(),
            torn: vec![0; rates],
            rules: vec![Vec::new(); rates],
        }
    }

    /// Takes rows of the mart, in any order.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))
        };
        let text = |name: &str| cast(column(name)?, &DataType::Utf8);
        let count = |name: &str| cast(column(name)?, &DataType::Int64);
        let sets = text(GROUPING_SET)?;
        let dimensions = self.spec.dimensions.iter().map(|d| text(&d.name)).collect::<Result<Vec<ArrayRef>, _>>()?;
        let measures = self.spec.measures.iter().map(|m| count(&m.name)).collect::<Result<Vec<ArrayRef>, _>>()?;
        let rules =
            self.spec.rates.iter().map(|r| text(&rate_column(r, "rule"))).collect::<Result<Vec<ArrayRef>, _>>()?;
        for row in 0..batch.num_rows() {
            let set = sets.as_string::<i32>().value(row);
            let counts: Vec<i64> = measures.iter().map(|m| m.as_primitive::<Int64Type>().value(row)).collect();
            let values: Vec<&str> = dimensions.iter().map(|d| d.as_string::<i32>().value(row)).collect();
            self.row(set, &values, &counts);
            for (rate, rule) in rules.iter().enumerate() {
                let rule: &StringArray = rule.as_string();
                let known = &mut self.rules[rate];
                if rule.is_valid(row) && !known.iter().any(|id| id == rule.value(row)) {
                    known.push(rule.value(row).to_owned());
                }
            }
        }
        Ok(())
    }

    fn row(&mut self, set: &str, values: &[&str], counts: &[i64]) {
        let of =
            |name: &str| self.spec.measures.iter().position(|m| m.name.as_str() == name).map_or(0, |at| counts[at]);
        for (torn, rate) in self.torn.iter_mut().zip(&self.spec.rates) {
            let (numerator, covered, all) = (of(&rate.numerator), of(&rate.covered_denominator), of(&rate.denominator));
            *torn += u64::from(!(0 <= numerator && numerator <= covered && covered <= all));
        }
        let numbers = &mut self.numbers;
        let mut number = |text: &str| {
            if let Some(number) = numbers.get(text) {
                return *number;
            }
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            numbers.insert(text.to_owned(), next);
            next
        };
        let values_in: Vec<u32> = values.iter().map(|value| number(value)).collect();
        for (at, related) in self.relations.iter().enumerate() {
            let (is_whole, is_part) = match &related.union {
                Some((over, whole)) => (values[*over] == whole, values[*over] != whole),
                None => (set == related.whole_set, set == related.part_set),
            };
            if !is_whole && !is_part {
                continue;
            }
            let mut key: Vec<u32> = related.key.iter().map(|at| values_in[*at]).collect();
            if related.union.is_some() {
                key.push(number(set));
            }
            let counts: Vec<i64> = related.measures.iter().map(|at| counts[*at]).collect();
            let sum = self.sums.entry((at, key)).or_default();
            if is_whole {
                sum.whole = Some(counts);
                continue;
            }
            sum.parts.resize(counts.len(), 0);
            sum.greatest.resize(counts.len(), 0);
            for (measure, count) in counts.into_iter().enumerate() {
                sum.parts[measure] += count;
                sum.greatest[measure] = sum.greatest[measure].max(count);
            }
        }
    }

    /// What does not hold, in the order of the document.
    #[must_use]
    pub fn breaches(&self) -> Vec<Breach> {
        let mut broken = vec![0_u64; self.relations.len()];
        for ((at, _), sum) in &self.sums {
            broken[*at] += u64::from(!sum.holds(self.relations[*at].relation));
        }
        let mut every: Vec<String> = self.rules.iter().flatten().cloned().collect();
        every.sort();
        every.dedup();
        let of_rate = self.torn.iter().zip(&self.spec.rates).zip(&self.rules).map(|((cells, rate), rules)| Breach {
            says: format!(
                "`{}` is at most `{}`, and that at most `{}`",
                *rate.numerator, *rate.covered_denominator, *rate.denominator
            ),
            cells: *cells,
            rules: rules.clone(),
        });
        let of_relation = broken.iter().zip(&self.relations).map(|(cells, related)| Breach {
            says: related.says.clone(),
            cells: *cells,
            rules: every.clone(),
        });
        of_rate.chain(of_relation).filter(|breach| breach.cells > 0).collect()
    }
}

impl Sum {
    /// Whether whole and parts stand to each other as they should. A whole without parts, or parts without a whole, do not.
    fn holds(&self, relation: Relation) -> bool {
        let Some(whole) = &self.whole else { return false };
        let mut both = whole.iter().zip(self.parts.iter().zip(&self.greatest));
        whole.len() == self.parts.len()
            && match relation {
                Relation::Equal => both.all(|(whole, (parts, _))| whole == parts),
                Relation::Overlap => both.all(|(whole, (parts, greatest))| greatest <= whole && whole <= parts),
            }
    }
}
