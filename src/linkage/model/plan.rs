//! A model's document, checked and ready: every name found, every word of levels and blocking understood.

use std::path::Path;

use super::blocking::Rule;
use super::comparison::{Agreement, Comparison};
use super::parts::Part;
use super::spec::{ComparisonSpec, FieldSpec, Holds, ModelSpec};
use crate::foundation::{Diagnostic, Diagnostics, Located, did_you_mean};

/// Comparisons and blocking rules over the fields of a document, by their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelPlan {
    /// How fields are compared.
    pub comparisons: Vec<Comparison>,
    /// Which pairs are compared.
    pub rules: Vec<Rule>,
    /// Comparisons whose disagreement stops a link.
    pub differs: Vec<usize>,
}

impl ModelPlan {
    /// Understands a document; what is wrong with it is pushed to `out`.
    pub fn new(spec: ModelSpec<'_>, file: &Path, out: &mut Diagnostics) -> Self {
        let words = Words { fields: spec.fields, file };
        words.each_once(spec.fields.iter().map(|f| &f.name), "field", out);
        words.each_once(spec.blocking.iter().map(|b| &b.id), "blocking rule", out);
        words.each_once(spec.comparisons.iter().map(|c| &c.field), "comparison", out);
        let mut plan = Self::default();
        for comparison in spec.comparisons {
            let Some(field) = words.field(&comparison.field, &comparison.field, out) else { continue };
            let levels: Vec<Agreement> = comparison.levels.iter().filter_map(|l| words.level(l, field, out)).collect();
            words.in_order(comparison, &levels, out);
            if comparison.frequencies && levels.first().is_some_and(|first| *first != Agreement::Exact) {
                let message =
                    format!("`frequencies: true` of `{}` needs `exact` as its first level", *comparison.field);
                let found = Diagnostic::error("M011", file, message).at(&comparison.field);
                out.push(found.help("a rare value is worth more only where both records have it"));
            }
            if comparison.frequencies && !spec.fields[field].holds.is_text() {
                let message = format!("`frequencies: true` of `{}` counts no value", *comparison.field);
                let found = Diagnostic::error("M011", file, message).at(&comparison.field);
                out.push(found.help("of names, codes and texts rare values are counted; numbers, dates and SSNs are weighed by their levels"));
            }
            let unless = comparison.unless.as_ref().and_then(|other| words.field(other, other, out));
            let compared = Comparison::new(&comparison.field, field, levels, comparison.frequencies);
            plan.comparisons.push(compared.unless(unless));
        }
        // All levels of a pair are one number, and open comparisons are bits of another.
        let patterns = plan.comparisons.iter().try_fold(1_u64, |all, c| all.checked_mul(c.count() as u64));
        if patterns.is_none() || plan.comparisons.len() > 60 {
            out.push(Diagnostic::error(
                "M005",
                file,
                "the comparisons have more levels together than a model can hold",
            ));
        }
        for rule in spec.blocking {
            let parts: Vec<Part> = rule.on.iter().filter_map(|on| words.part(on, out)).collect();
            if rule.on.is_empty() {
                let message =
                    format!("blocking rule `{}` is on nothing, so it would compare everybody with everybody", *rule.id);
                out.push(Diagnostic::error("M004", file, message).at(&rule.id).help("name a field in `on:`"));
            }
            if rule.max_pairs == 0 {
                let message = format!("blocking rule `{}` allows no pair", *rule.id);
                out.push(
                    Diagnostic::error("M010", file, message)
                        .at(&rule.id)
                        .help("raise `max_pairs`, or take the rule out"),
                );
            }
            plan.rules.push(Rule { id: rule.id.value.clone(), parts, most: rule.max_pairs });
        }
        if let Some(asked) = spec.decide.probability.filter(|asked| !(*asked > 0.0 && *asked < 1.0)) {
            let message = format!("`probability: {asked}` is no probability of a link");
            out.push(
                Diagnostic::error("M010", file, message)
                    .help("it lies between 0 and 1; leave it out for the model's own"),
            );
        }
        if !spec.decide.floor.is_finite() || spec.decide.floor.abs() > 100.0 {
            let message = format!("`floor: {}` is no weight that a pair may have", spec.decide.floor);
            out.push(
                Diagnostic::error("M010", file, message)
                    .help("it is in bits, -5 by default: pairs below it are forgotten"),
            );
        }
        if !(spec.decide.review > 0.0 && spec.decide.review < 1.0) {
            let message = format!("`review: {}` is no probability of a link", spec.decide.review);
            out.push(Diagnostic::error("M010", file, message).help("it lies between 0 and 1, and is 0.5 by default"));
        }
        if spec.decide.most_records < 2 {
            let message = "`most_records` allows nobody two records, so nothing could be linked";
            out.push(Diagnostic::error("M010", file, message).help("it is 1000 by default"));
        }
        for field in &spec.decide.differs {
            let Some(place) = words.field(field, field, out) else { continue };
            match plan.comparisons.iter().position(|comparison| comparison.field == place) {
                Some(at) => plan.differs.push(at),
                None => out.push(
                    Diagnostic::error("M001", file, format!("`{}` is in no comparison", **field))
                        .at(field)
                        .help("a field differs where its comparison says so: add one under `comparisons:`"),
                ),
            }
        }
        for (what, none) in [("blocking rule", plan.rules.is_empty()), ("comparison", plan.comparisons.is_empty())] {
            if none {
                out.push(Diagnostic::error("M004", file, format!("the document has no {what}")));
            }
        }
        plan
    }
}

/// What a document's words may refer to.
struct Words<'a> {
    fields: &'a [FieldSpec],
    file: &'a Path,
}

impl Words<'_> {
    fn each_once<'n>(&self, names: impl Iterator<Item = &'n Located<String>>, what: &str, out: &mut Diagnostics) {
        let mut seen: Vec<&str> = Vec::new();
        for name in names {
            if seen.contains(&name.as_str()) {
                out.push(Diagnostic::error("M003", self.file, format!("{what} `{}` stands twice", **name)).at(name));
            }
            seen.push(name);
        }
    }

    /// The place of a field, `at` what the document says.
    fn field(&self, name: &str, at: &Located<String>, out: &mut Diagnostics) -> Option<usize> {
        let place = self.fields.iter().position(|f| *f.name == name);
        if place.is_none() {
            let message = format!("`{name}` is no field of this document");
            let found = Diagnostic::error("M001", self.file, message).at(at);
            let near = did_you_mean(name, self.fields.iter().map(|f| f.name.as_str()));
            out.push(match near {
                Some(near) => found.label(format!("did you mean `{near}`?")),
                None => found.help("fields are declared in `fields:`"),
            });
        }
        place
    }

    /// A level that an earlier one takes in whole could never be met.
    fn in_order(&self, comparison: &ComparisonSpec, levels: &[Agreement], out: &mut Diagnostics) {
        if comparison.levels.is_empty() {
            let message = format!("the comparison of `{}` has no level", *comparison.field);
            out.push(Diagnostic::error("M004", self.file, message).at(&comparison.field).help("begin with `exact`"));
        }
        // Words that were not understood are complained of already, and levels and words no longer stand side by side.
        if levels.len() != comparison.levels.len() {
            return;
        }
        for (at, (level, said)) in levels.iter().zip(&comparison.levels).enumerate() {
            let taken = levels[..at].iter().any(|earlier| match (earlier, level) {
                (Agreement::Similar(earlier), Agreement::Similar(later)) => earlier <= later,
                (Agreement::Years(earlier), Agreement::Years(later))
                | (Agreement::Within(earlier), Agreement::Within(later)) => earlier >= later,
                (Agreement::First(earlier), Agreement::First(later)) => earlier <= later,
                (_, Agreement::Exact) => true,
                (earlier, later) => earlier == later,
            });
            if taken {
                let message = format!("the level `{}` can never be met: a level before it takes its pairs", **said);
                out.push(
                    Diagnostic::error("M009", self.file, message).at(said).help("levels stand from best to least"),
                );
            }
        }
    }

    fn level(&self, said: &Located<String>, field: usize, out: &mut Diagnostics) -> Option<Agreement> {
        let text = said.trim();
        let holds = self.fields[field].holds;
        let name = matches!(holds, Holds::FirstName | Holds::MiddleName | Holds::LastName);
        let texts = holds.is_text();
        let within =
            text.strip_prefix("within ").and_then(|rest| rest.strip_suffix(" years").or(rest.strip_suffix(" year")));
        let level = if let Some(least) = text.strip_prefix("similar ") {
            least.parse().ok().filter(|least| (0.0..=1.0).contains(least)).map(Agreement::Similar).filter(|_| texts)
        } else if let Some(letters) = text.strip_prefix("first ") {
            letters.parse().ok().filter(|n| (1..=8).contains(n)).map(Agreement::First).filter(|_| texts)
        } else if let Some(with) = text.strip_prefix("swapped with ") {
            let with = self.field(with, said, out)?;
            (texts && self.fields[with].holds.is_text()).then_some(Agreement::Swapped(with))
        } else if let Some(by) = text.strip_prefix("known by ") {
            let by = self.field(by, said, out)?;
            (name && self.fields[by].holds == holds && by != field).then_some(Agreement::KnownBy(by))
        } else if let (Some(most), Holds::Number) = (text.strip_prefix("within "), holds) {
            most.parse().ok().map(Agreement::Within)
        } else if let Some(years) = within {
            years.parse().ok().map(Agreement::Years).filter(|_| holds == Holds::Date)
        } else {
            match (text, holds) {
                ("exact", _) => Some(Agreement::Exact),
                ("nickname", Holds::FirstName) => Some(Agreement::Nickname),
                ("initial", _) if name => Some(Agreement::Initial),
                ("part", Holds::LastName) => Some(Agreement::Part),
                ("one digit", Holds::Date | Holds::Ssn | Holds::Number) => Some(Agreement::OneDigit),
                ("transposed", Holds::Date | Holds::Ssn | Holds::Number) => Some(Agreement::Transposed),
                ("last four", Holds::Ssn) => Some(Agreement::LastFour),
                ("day and month swapped", Holds::Date) => Some(Agreement::DayMonth),
                ("year and month", Holds::Date) => Some(Agreement::YearMonth),
                _ => None,
            }
        };
        if level.is_none() {
            let message = format!("`{text}` is no level for what `{}` holds", *self.fields[field].name);
            let known: &[&str] = match holds {
                Holds::Date => {
                    &["exact", "one digit", "transposed", "day and month swapped", "within 2 years", "year and month"]
                }
                Holds::Ssn => &["exact", "one digit", "transposed", "last four"],
                Holds::Number => &["exact", "within 2", "one digit", "transposed"],
                Holds::FirstName => {
                    &["exact", "nickname", "initial", "known by FIELD", "similar 0.92", "swapped with FIELD", "first 3"]
                }
                Holds::LastName => {
                    &["exact", "part", "initial", "known by FIELD", "similar 0.92", "swapped with FIELD", "first 3"]
                }
                Holds::MiddleName => &["exact", "initial", "known by FIELD", "similar 0.92", "first 3"],
                _ => &["exact", "similar 0.92", "first 3"],
            };
            out.push(
                Diagnostic::error("M002", self.file, message)
                    .at(said)
                    .help(format!("levels here: {}", known.join(", "))),
            );
        }
        level
    }

    fn part(&self, said: &Located<String>, out: &mut Diagnostics) -> Option<Part> {
        let text = said.trim();
        let Some((what, of)) = text.rsplit_once(" of ") else {
            return self.field(text, said, out).map(Part::Whole);
        };
        let field = self.field(of, said, out)?;
        let holds = self.fields[field].holds;
        let part = match (what, holds) {
            ("root", Holds::FirstName) => Some(Part::Root(field)),
            ("year", Holds::Date) => Some(Part::Year(field)),
            ("last four", Holds::Ssn) => Some(Part::LastFour(field)),
            (_, holds) if !holds.is_text() => None,
            _ => {
                let letters = what.strip_prefix("first ").and_then(|n| n.parse().ok());
                letters.filter(|n| (1..=4).contains(n)).map(|letters| Part::First(field, letters))
            }
        };
        if part.is_none() {
            let message = format!("`{text}` is no part that records can be blocked on");
            let help =
                "a field, or `first 2 of NAME` (up to 4), `root of FIRST_NAME`, `year of DATE`, `last four of SSN`";
            out.push(Diagnostic::error("M002", self.file, message).at(said).help(help));
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::model::spec::{BlockingSpec, ComparisonSpec, DecideSpec, FieldSpec, Holds};

    fn said(text: &str) -> Located<String> {
        Located::nowhere(text.to_owned())
    }

    #[test]
    fn every_word_of_a_document_is_understood_or_complained_of() {
        let field = |name: &str, holds| FieldSpec { name: said(name), column: None, holds };
        let fields = [field("first", Holds::FirstName), field("born", Holds::Date), field("ssn", Holds::Ssn)];
        let blocking = [
            BlockingSpec { id: said("a"), on: vec![said("first 2 of first"), said("year of born")], max_pairs: 10 },
            BlockingSpec { id: said("a"), on: vec![said("year of first"), said("frist")], max_pairs: 10 },
            BlockingSpec { id: said("b"), on: vec![], max_pairs: 10 },
        ];
        let levels = |list: &[&str]| list.iter().map(|l| said(l)).collect::<Vec<_>>();
        let comparison = |field: &str, list: &[&str]| ComparisonSpec {
            field: said(field),
            levels: levels(list),
            frequencies: false,
            unless: None,
        };
        let comparisons = [
            comparison("first", &["exact", "nickname", "similar 0.92", "similar 2", "one digit"]),
            comparison("born", &["exact", "within 2 years", "day and month swapped", "nickname"]),
            comparison("ssn", &["exact", "last four", "swapped with first"]),
            comparison("nothing", &["exact"]),
        ];
        let decide = DecideSpec::default();
        // What stands behind a level that takes everything before it could never be met.
        let mut found = Diagnostics::default();
        let out_of_order = [
            comparison("first", &["similar 0.8", "exact", "similar 0.9"]),
            comparison("born", &[]),
            comparison("ssn", &["exact"]),
        ];
        let spec = ModelSpec { fields: &fields, blocking: &blocking[..1], comparisons: &out_of_order, decide: &decide };
        ModelPlan::new(spec, Path::new("x.yaml"), &mut found);
        let codes: Vec<&str> = found.sorted().iter().map(|d| d.code).collect();
        assert_eq!(codes, ["M004", "M009", "M009"], "{:?}", found.sorted());
        let never = [BlockingSpec { max_pairs: 0, ..blocking[0].clone() }];
        for (floor, probability, blocking, expected) in [
            (-5.0, Some(0.99), &blocking[..1], 0),
            (-5.0, Some(1.0), &blocking[..1], 1),
            (f64::NAN, Some(-1.0), &blocking[..1], 2),
            (-5.0, None, &never[..], 1),
        ] {
            let mut found = Diagnostics::default();
            let decide = DecideSpec { floor, probability, ..DecideSpec::default() };
            let spec = ModelSpec { fields: &fields, blocking, comparisons: &out_of_order[2..], decide: &decide };
            ModelPlan::new(spec, Path::new("x.yaml"), &mut found);
            let codes: Vec<&str> = found.sorted().iter().map(|d| d.code).collect();
            assert_eq!(codes, vec!["M010"; expected], "{floor} {probability:?}");
        }
        let mut found = Diagnostics::default();
        let spec = ModelSpec { fields: &fields, blocking: &blocking, comparisons: &comparisons, decide: &decide };
        let plan = ModelPlan::new(spec, Path::new("x.yaml"), &mut found);
        assert_eq!(plan.rules[0].parts, [Part::First(0, 2), Part::Year(1)]);
        assert_eq!(plan.comparisons[0].levels, [Agreement::Exact, Agreement::Nickname, Agreement::Similar(0.92)]);
        assert_eq!(plan.comparisons[1].levels, [Agreement::Exact, Agreement::Years(2), Agreement::DayMonth]);
        let codes: Vec<&str> = found.sorted().iter().map(|d| d.code).collect();
        assert_eq!(codes.iter().filter(|c| **c == "M002").count(), 5, "{codes:?}");
        assert_eq!(codes.iter().filter(|c| **c == "M001").count(), 2, "{codes:?}");
        assert_eq!(codes.iter().filter(|c| **c == "M003" || **c == "M004").count(), 2, "{codes:?}");
    }
}
