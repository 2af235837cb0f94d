//! Fixture: token tables for tests, from people as they would be written, by hash and without any other room.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Date32Array, FixedSizeBinaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{GuardSpec, IdentityRef, InMemory, Linked, ModelPassSpec, PassSpec, RolesSpec, Rules, TokenTable, link};
use crate::foundation::schema;

/// The linkage document, with recipes as another room would read them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct Document {
    linkage: String,
    version: u32,
    pub(super) tokens: Vec<Recipe>,
    pub(super) passes: Vec<PassSpec>,
    pub(super) model: Option<ModelPassSpec>,
    pub(super) guards: Vec<GuardSpec>,
    pub(super) roles: RolesSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct Recipe {
    pub(super) name: String,
    parts: Vec<String>,
    #[serde(default)]
    pub(super) domain: Option<String>,
    #[serde(default)]
    note: Option<String>,
}

pub(super) fn statewide() -> Document {
    serde_saphyr::from_str(include_str!("../../config/linkage/statewide.yaml")).unwrap()
}

impl Document {
    pub(super) fn rules(&self) -> Rules {
        Rules::compile(&self.passes, None, &self.guards, &self.roles).unwrap()
    }

    pub(super) fn rules_with_model(&self) -> Rules {
        Rules::compile(&self.passes, self.model.as_ref(), &self.guards, &self.roles).unwrap()
    }
}

/// One identity record in the clear.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) source: &'static str,
    pub(super) number: u32,
    pub(super) state_id: Option<String>,
    pub(super) local_id: Option<String>,
    pub(super) ssn: Option<String>,
    pub(super) first: Option<String>,
    pub(super) middle: Option<String>,
    pub(super) last: Option<String>,
    pub(super) suffix: Option<String>,
    /// Year, month, day.
    pub(super) birth: Option<(i32, u32, u32)>,
    pub(super) sex: Option<&'static str>,
    pub(super) postal: Option<String>,
    pub(super) org: Option<&'static str>,
    pub(super) period: Option<(i32, Option<i32>)>,
    /// The year in which who is in its grade finishes school.
    pub(super) cohort: Option<i32>,
}

/// `MARIA GARCIA LOPEZ 2003-04-05 id=17 ssn=900010001 ...`: words up to the first key are first and last names.
pub(super) fn record(source: &'static str, number: u32, text: &str) -> Record {
    let mut record = Record { source, number, ..Record::default() };
    let mut names = Vec::new();
    for word in text.split_whitespace() {
        let some = |v: &str| Some(v.to_owned());
        match word.split_once('=') {
            None if word.contains('-') => {
                let parts: Vec<u32> = word.split('-').map(|p| p.parse().unwrap()).collect();
                record.birth = Some((i32::try_from(parts[0]).unwrap(), parts[1], parts[2]));
            }
            None => names.push(word),
            Some(("id", v)) => record.state_id = some(v),
            Some(("local", v)) => record.local_id = some(v),
            Some(("ssn", v)) => record.ssn = some(v),
            Some(("mid", v)) => record.middle = some(v),
            Some(("suffix", v)) => record.suffix = some(v),
            Some(("cohort", v)) => record.cohort = v.parse().ok(),
            Some(("zip", v)) => record.postal = some(v),
            Some(("sex", v)) => record.sex = Some(if v == "F" { "F" } else { "M" }),
            Some(("at", v)) => record.org = Some(if v == "A" { "A" } else { "B" }),
            Some(("days", v)) => {
                let (start, end) = v.split_once("..").unwrap();
                record.period = Some((start.parse().unwrap(), end.parse().ok()));
            }
            Some(other) => panic!("{other:?}"),
        }
    }
    if let Some((first, last)) = names.split_first() {
        record.first = Some((*first).to_owned());
        record.last = Some(last.join(" ")).filter(|l| !l.is_empty());
    }
    record
}

/// A name without a letter, where three are left.
fn less(name: &str, place: usize) -> Option<String> {
    let mut name = name.to_owned();
    name.remove(place);
    Some(name).filter(|left| left.len() >= 3)
}

const NICKNAMES: [(&str, &str); 4] =
    [("BILL", "WILLIAM"), ("LIZ", "ELIZABETH"), ("KATE", "KATHERINE"), ("MIKE", "MICHAEL")];

impl Record {
    pub(super) fn reference(&self) -> IdentityRef {
        hash(&["ref", self.source, &self.number.to_string()])
    }

    /// Without months of September, which nobody here is born in: the year of birth and 18.
    fn cohort(&self) -> Option<i32> {
        self.cohort.or(self.birth.map(|(year, ..)| year + 18))
    }

    fn part(&self, part: &str) -> Option<String> {
        let first = self.first.as_deref().filter(|f| f.len() > 1);
        let initial = |name: &Option<String>| name.as_deref().and_then(|n| n.get(..1)).map(str::to_owned);
        let last = self.last.as_deref();
        let date = |(y, m, d): (i32, u32, u32)| format!("{y:04}-{m:02}-{d:02}");
        match part {
            "ssn" => self.ssn.clone(),
            "ssn_last4" => self.ssn.as_deref().and_then(|s| s.get(5..)).map(str::to_owned),
            "state_id" => self.state_id.clone(),
            "local_id" => self.local_id.clone(),
            "first_name" | "first_word" => first.map(str::to_owned),
            "first_root" => first.map(|f| NICKNAMES.iter().find(|n| n.0 == f).map_or(f, |n| n.1).to_owned()),
            "first_initial" => initial(&self.first),
            "first_lone_initial" => self.first.clone().filter(|f| f.len() == 1),
            "middle_lone_initial" => self.middle.clone().filter(|m| m.len() == 1),
            "first_less_1" => first.and_then(|f| less(f, 0)),
            "first_less_2" => first.and_then(|f| less(f, 1)),
            "first_phonetic" => first.map(skeleton),
            "middle_name" => self.middle.clone().filter(|m| m.len() > 1),
            "middle_initial" => initial(&self.middle),
            "last_name" => last.map(str::to_owned),
            "last_core" => last.map(|l| l.replace(' ', "")),
            "last_first_part" => last.and_then(|l| l.split(' ').next()).map(str::to_owned),
            "last_last_part" => last.and_then(|l| l.split(' ').next_back()).map(str::to_owned),
            "last_phonetic" => last.map(skeleton),
            "suffix" => self.suffix.clone(),
            "birth_date" => self.birth.map(date),
            "birth_date_swapped" => self.birth.filter(|b| b.2 <= 12).map(|(y, m, d)| date((y, d, m))),
            "birth_date_less_1_year" => self.birth.map(|(y, m, d)| date((y - 1, m, d))),
            "birth_date_less_2_years" => self.birth.map(|(y, m, d)| date((y - 2, m, d))),
            "birth_year_day" => self.birth.map(|(y, _, d)| format!("{y:04}-{d:02}")),
            "school_cohort" => self.cohort().map(|cohort| cohort.to_string()),
            "school_cohort_less_1" => self.cohort().map(|cohort| (cohort - 1).to_string()),
            "birth_year_month" => self.birth.map(|(y, m, _)| format!("{y:04}-{m:02}")),
            "birth_month_day" => self.birth.map(|(_, m, d)| format!("{m:02}-{d:02}")),
            "sex" => self.sex.map(str::to_owned),
            "postal_code" => self.postal.clone(),
            "postal_region" => self.postal.as_deref().and_then(|p| p.get(..3)).map(str::to_owned),
            other => panic!("no part {other}"),
        }
    }

    fn token(&self, recipe: &Recipe) -> Option<IdentityRef> {
        let parts: Option<Vec<String>> = recipe.parts.iter().map(|p| self.part(p)).collect();
        let parts = parts?;
        let mut all = vec![recipe.domain.as_deref().unwrap_or(&recipe.name)];
        all.extend(parts.iter().map(String::as_str));
        Some(hash(&all))
    }

    /// One digit masked, or two neighbours in order.
    fn near(&self) -> Option<Vec<u8>> {
        let ssn = self.ssn.as_deref()?;
        let masked = (0..9).map(|i| format!("{}*{}", &ssn[..i], &ssn[i + 1..]));
        let swapped = (0..8).map(|i| {
            let (a, b) = (&ssn[i..=i], &ssn[i + 1..i + 2]);
            format!("{}<{}{}>{}", &ssn[..i], a.min(b), a.max(b), &ssn[i + 2..])
        });
        Some(masked.chain(swapped).flat_map(|n| hash(&["near", &n])).collect())
    }
}

fn skeleton(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().filter(|c| !"AEIOUHWY ".contains(*c)).collect();
    letters.dedup();
    letters.into_iter().collect()
}

fn hash(parts: &[&str]) -> IdentityRef {
    let mut out = [0; 16];
    out.copy_from_slice(&Sha256::digest(parts.join("\u{1f}"))[..16]);
    out
}

/// The tokens dataset of records, in batches of at most `size` rows.
pub(super) fn batches(document: &Document, records: &[Record], size: usize) -> Vec<RecordBatch> {
    let names: Vec<String> = document.tokens.iter().map(|t| t.name.clone()).collect();
    let schema = schema::tokens(&names);
    let fixed = |values: Vec<Option<IdentityRef>>| -> ArrayRef {
        Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), 16).unwrap())
    };
    let batch = |rows: &[Record]| {
        let status = |present: bool| if present { "valid" } else { "missing" };
        let near: Vec<Option<Vec<u8>>> = rows.iter().map(Record::near).collect();
        let mut columns: Vec<ArrayRef> = vec![
            fixed(rows.iter().map(|r| Some(r.reference())).collect()),
            Arc::new(rows.iter().map(|r| Some(r.source)).collect::<StringArray>()),
            Arc::new(rows.iter().map(|r| Some(status(r.ssn.is_some()))).collect::<StringArray>()),
            Arc::new(rows.iter().map(|r| Some(status(r.birth.is_some()))).collect::<StringArray>()),
            Arc::new(rows.iter().map(|r| r.birth.map(|b| b.0)).collect::<Int32Array>()),
            Arc::new(rows.iter().map(|r| r.period.map(|p| p.0)).collect::<Date32Array>()),
            Arc::new(rows.iter().map(|r| r.period.and_then(|p| p.1)).collect::<Date32Array>()),
            fixed(rows.iter().map(|r| r.org.map(|o| hash(&["org", o]))).collect()),
            Arc::new(rows.iter().map(|_| Some(1)).collect::<Int64Array>()),
            Arc::new(near.iter().map(Option::as_deref).collect::<BinaryArray>()),
        ];
        columns.extend(document.tokens.iter().map(|t| fixed(rows.iter().map(|r| r.token(t)).collect())));
        RecordBatch::try_new(schema.clone(), columns).unwrap()
    };
    records.chunks(size.max(1)).map(batch).collect()
}

pub(super) fn table(document: &Document, records: &[Record]) -> TokenTable {
    TokenTable::from_batches(&batches(document, records, 7), &document.rules()).unwrap()
}

pub(super) fn linked(document: &Document, records: &[Record]) -> (TokenTable, Linked) {
    let table = table(document, records);
    let linked = link(&table, &document.rules(), &InMemory(&table), 2).unwrap();
    (table, linked)
}
