//! Organisations as they stand today: schools that closed, merged, or moved to another district, so that years before can be told by the places
//! that answer for them now. Linkage and what is checked of a file know only what was reported.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};

use crate::contract::spec::Organization;
use crate::engine::EngineError;
use crate::foundation::{Diagnostic, Diagnostics, Fingerprint, Fingerprinter, sql_name};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::pipeline::project::Project;
use crate::pipeline::read_back::texts;
use crate::pipeline::spec::{ContractDocument, OrgAsOf};

/// The source that lists organisations, and the district of each school.
pub const DIRECTORY: &str = "organizations";
/// The source that says what became of them, and when.
pub const CHANGES: &str = "organization_changes";
/// What each organisation is today, as a table; no document can name it.
pub const TODAY: &str = "organizations today";

/// The columns that are read of each source.
const READ: [(&str, &[&str]); 2] =
    [(DIRECTORY, &["org_id", "parent_id"]), (CHANGES, &["org_id", "became_id", "changed_on"])];

/// Checks that a pipeline which wants organisations as of today says what became of them.
pub fn check(project: &Project, found: &mut Diagnostics) {
    let Some(as_of) = project.pipeline.org_as_of.as_ref().filter(|as_of| as_of.value == OrgAsOf::Current) else {
        return;
    };
    for (source, columns) in READ {
        let contract = project.contracts.get(source);
        let lacks = columns.iter().find(|column| contract.is_none_or(|contract| contract.position(column).is_none()));
        let Some(column) = lacks else { continue };
        let message = match contract {
            None => format!("`org_as_of: current` needs the source `{source}`"),
            Some(_) => format!("`org_as_of: current` needs the column `{column}` of the source `{source}`"),
        };
        let help = format!("it has the columns {}; or let organisations stand as `reported`", columns.join(", "));
        found.push(Diagnostic::error("P012", &project.file, message).at(as_of).help(help));
    }
}

/// What organisations are today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organizations {
    /// Those that are another one today.
    became: BTreeMap<String, String>,
    /// The district of each school, as the directory has it.
    parents: BTreeMap<String, String>,
}

impl Organizations {
    /// Follows changes up to a day, each `(what it was, what it became, the day)`; what became nothing stays what it was. One that changed again is
    /// followed from the day on which it came to be what it was, so that no two can chase each other.
    fn new(parents: BTreeMap<String, String>, changes: &[(String, String, String)], until: Option<&str>) -> Self {
        let mut by_id: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (id, became, day) in changes.iter().filter(|(_, _, day)| until.is_none_or(|until| day.as_str() <= until)) {
            by_id.entry(id).or_default().push((day, became));
        }
        for changes in by_id.values_mut() {
            changes.sort_unstable();
        }
        let today = |id: &str| {
            let (mut now, mut since) = (id.to_owned(), String::new());
            let next = |id: &str, since: &str| {
                let changes = by_id.get(id)?;
                changes.iter().find(|(day, became)| *day > since && !became.is_empty()).copied()
            };
            while let Some((day, became)) = next(&now, &since) {
                (now, since) = (became.to_owned(), day.to_owned());
            }
            now
        };
        let became = by_id.keys().map(|id| ((*id).to_owned(), today(id))).filter(|(id, now)| id != now).collect();
        Self { became, parents }
    }

    /// Reads directory and changes up to the run's day; `None` where organisations stand as they were reported.
    pub async fn read(ground: &Ground<'_>, identified: &[Identified]) -> Result<Option<Self>, PipelineError> {
        if ground.project.org_as_of() == OrgAsOf::Reported {
            return Ok(None);
        }
        let rows = async |source: &str| {
            let (_, columns) = READ.into_iter().find(|(name, _)| *name == source).unwrap_or((source, &[]));
            let Some(facts) = identified.iter().find(|one| one.source == source) else { return Ok(Vec::new()) };
            let table = format!("directory {source}");
            let engine = &ground.runner.serial;
            engine.register_folder(&table, &facts.facts.place).await?;
            let columns: Vec<String> =
                columns.iter().map(|c| format!("CAST({0} AS VARCHAR) AS {0}", sql_name(c))).collect();
            let sql = format!("SELECT {} FROM {}", columns.join(", "), sql_name(&table));
            texts(&engine.collect(source, &sql).await?)
        };
        let pair = |row: Vec<String>| <[String; 2]>::try_from(row).ok().filter(|[_, parent]| !parent.is_empty());
        let parents = rows(DIRECTORY).await?.into_iter().filter_map(pair).map(|[id, parent]| (id, parent)).collect();
        let change = |row: Vec<String>| <[String; 3]>::try_from(row).ok().map(|[id, became, day]| (id, became, day));
        let changes: Vec<_> = rows(CHANGES).await?.into_iter().filter_map(change).collect();
        Ok(Some(Self::new(parents, &changes, ground.as_of)))
    }

    /// How many are another one today.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.became.len()
    }

    /// What tells these from others.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut print = Fingerprinter::new("organizations/1");
        for (what, map) in [("became", &self.became), ("parent", &self.parents)] {
            for (from, to) in map {
                print = print.with(what, from).with("to", to);
            }
        }
        print.finish()
    }

    /// What an organisation is today.
    fn today<'a>(&'a self, id: &'a str) -> &'a str {
        self.became.get(id).map_or(id, String::as_str)
    }

    /// The district that answers for a row today: that of the school, where the directory knows it, or what the district has become.
    fn district<'a>(&'a self, school: Option<&'a str>, district: Option<&'a str>) -> Option<&'a str> {
        let of_school = school.and_then(|school| self.parents.get(self.today(school)));
        of_school.map(String::as_str).or(district).map(|district| self.today(district))
    }

    /// Whether rows of a contract name organisations.
    #[must_use]
    pub fn are_in(contract: &ContractDocument) -> bool {
        contract.columns.iter().any(|column| column.organization.is_some())
    }

    /// The rows with their organisations as they are today; columns are found by name.
    pub fn resolve(&self, batch: &RecordBatch, contract: &ContractDocument) -> Result<RecordBatch, PipelineError> {
        let place = |kind: Organization| {
            let column = contract.columns.iter().find(|column| column.organization == Some(kind))?;
            batch.schema().index_of(&column.name).ok()
        };
        let plain = |at: usize| -> Result<StringArray, EngineError> {
            let array =
                arrow::compute::cast(batch.column(at), &DataType::Utf8).map_err(EngineError::arrow("organizations"))?;
            Ok(array.as_string::<i32>().clone())
        };
        let (school, district) = (place(Organization::School), place(Organization::District));
        let schools = school.map(plain).transpose()?;
        let districts = district.map(plain).transpose()?;
        let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
        if let (Some(at), Some(schools)) = (school, &schools) {
            columns[at] = Arc::new(schools.iter().map(|id| id.map(|id| self.today(id))).collect::<StringArray>());
        }
        if let (Some(at), Some(districts)) = (district, &districts) {
            let mut now = StringBuilder::with_capacity(batch.num_rows(), batch.num_rows() * 4);
            for (row, reported) in districts.iter().enumerate() {
                let school = schools.as_ref().filter(|schools| schools.is_valid(row)).map(|schools| schools.value(row));
                now.append_option(self.district(school, reported));
            }
            columns[at] = Arc::new(now.finish());
        }
        let before = batch.schema();
        let kinds = before
            .fields()
            .iter()
            .zip(&columns)
            .map(|(field, column)| Field::new(field.name(), column.data_type().clone(), field.is_nullable()));
        let schema = Arc::new(Schema::new(kinds.collect::<Vec<_>>()));
        Ok(RecordBatch::try_new(schema, columns).map_err(EngineError::arrow("organizations"))?)
    }

    /// Makes what each is today a table of the run: `org_id`, `current_id`.
    pub fn register(&self, ground: &Ground<'_>) -> Result<(), PipelineError> {
        let text = |name: &str| Field::new(name, DataType::Utf8, false);
        let schema = Arc::new(Schema::new(vec![text("org_id"), text("current_id")]));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(self.became.keys())),
            Arc::new(StringArray::from_iter_values(self.became.values())),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(EngineError::arrow(TODAY))?;
        Ok(ground.runner.engine.register_batches(TODAY, schema, vec![batch])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organizations(changes: &[(&str, &str, &str)]) -> Organizations {
        up_to(None, changes)
    }

    fn up_to(day: Option<&str>, changes: &[(&str, &str, &str)]) -> Organizations {
        let parents = [("010101", "0101"), ("010102", "0101"), ("020201", "0202"), ("030301", "0303")];
        let parents = parents.map(|(school, district)| (school.to_owned(), district.to_owned()));
        let change =
            |(id, became, day): &(&str, &str, &str)| ((*id).to_owned(), (*became).to_owned(), (*day).to_owned());
        Organizations::new(parents.into(), &changes.iter().map(change).collect::<Vec<_>>(), day)
    }

    #[test]
    fn as_of_a_day_what_comes_later_has_not_happened() {
        let changes = [("0101", "0202", "2023-07-01"), ("0202", "0303", "2025-07-01")];
        let on = |day| up_to(Some(day), &changes).today("0101").to_owned();
        assert_eq!(
            [on("2023-06-30"), on("2023-07-01"), on("2025-06-30"), on("2025-07-01")],
            ["0101", "0202", "0202", "0303"]
        );
    }

    #[test]
    fn what_became_of_an_organisation_is_followed_to_today() {
        let all = organizations(&[
            ("010102", "010101", "2022-07-01"),
            ("010101", "020201", "2024-07-01"),
            ("0303", "0202", "2023-07-01"),
            ("0404", "", "2023-07-01"),
        ]);
        assert_eq!(
            (all.today("010102"), all.today("010101"), all.today("0404"), all.today("9999")),
            ("020201", "020201", "0404", "9999")
        );
        assert_eq!(all.changed(), 3);
        // The school is of another district today; a district without a school is what it has become.
        assert_eq!(all.district(Some("010102"), Some("0101")), Some("0202"));
        assert_eq!(all.district(None, Some("0303")), Some("0202"));
        assert_eq!(all.district(Some("030301"), Some("0303")), Some("0202"));
        assert_eq!(all.district(Some("unknown"), Some("0101")), Some("0101"));
        assert_eq!(all.district(None, None), None);
    }

    #[test]
    fn two_that_became_each_other_do_not_chase_each_other() {
        let all = organizations(&[("0101", "0202", "2020-07-01"), ("0202", "0101", "2022-07-01")]);
        assert_eq!((all.today("0101"), all.today("0202")), ("0101", "0101"));
        // On one day nobody is first: each is followed once.
        let all = organizations(&[("0101", "0202", "2020-07-01"), ("0202", "0101", "2020-07-01")]);
        assert_eq!((all.today("0101"), all.today("0202")), ("0202", "0101"));
        // What was merged before it came to be what it is stays: 0101 became 0202 in 2022, which had become 0303 in 2020 and was founded anew.
        let all = organizations(&[("0101", "0202", "2022-07-01"), ("0202", "0303", "2020-07-01")]);
        assert_eq!(all.today("0101"), "0202");
    }
}
