//! How far the data of each source reach: what the pipeline says of its sources, as a table that rules read.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{Datelike, Days, NaiveDate};

use crate::engine::EngineError;
use crate::foundation::{Diagnostic, Diagnostics, Fingerprint, Fingerprinter};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::project::Project;
use crate::pipeline::tables::SOURCE_REACH;

/// One row a source: `data_through`, the last day that its data cover, and `last_quarter`, the last calendar quarter that is covered in full, such as `20244`;
/// both null where the pipeline says nothing.
#[must_use]
pub fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("source", DataType::Utf8, false),
        Field::new("data_through", DataType::Date32, true),
        Field::new("last_quarter", DataType::Utf8, true),
    ]))
}

/// Makes the table one of the run; gives its fingerprint.
pub fn register(ground: &Ground<'_>) -> Result<Fingerprint, PipelineError> {
    let sources = &ground.project.pipeline.sources;
    let through =
        |spec: &crate::pipeline::spec::SourceSpec| spec.data_through.as_ref().and_then(|day| day.parse().ok());
    let days: Vec<Option<NaiveDate>> = sources.values().map(through).collect();
    let since = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default();
    let number = |day: &Option<NaiveDate>| day.and_then(|day| i32::try_from((day - since).num_days()).ok());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(sources.keys())),
        Arc::new(days.iter().map(number).collect::<Date32Array>()),
        Arc::new(days.iter().map(|day| day.and_then(last_quarter)).collect::<StringArray>()),
    ];
    let batch = RecordBatch::try_new(schema(), columns).map_err(EngineError::arrow(SOURCE_REACH))?;
    ground.runner.engine.register_batches(SOURCE_REACH, schema(), vec![batch])?;
    let said = sources.iter().zip(&days).fold(Fingerprinter::new("reach/1"), |print, ((source, _), day)| {
        print.with("source", source).with("through", day.map(|day| day.to_string()).unwrap_or_default())
    });
    Ok(said.finish())
}

/// The last calendar quarter that ends on a day or before it.
fn last_quarter(day: NaiveDate) -> Option<String> {
    let next = day.checked_add_days(Days::new(1))?;
    let quarters = next.year() * 4 + i32::try_from(next.month0() / 3).ok()? - 1;
    Some(format!("{:04}{}", quarters.div_euclid(4), quarters.rem_euclid(4) + 1))
}

/// Checks what the document says of its sources.
pub fn check(project: &Project, found: &mut Diagnostics) {
    for day in project.pipeline.sources.values().filter_map(|source| source.data_through.as_ref()) {
        if day.parse::<NaiveDate>().is_err() {
            let d = Diagnostic::error("P011", &project.file, format!("`{}` is no day", **day)).at(day);
            found.push(d.help("write it as 2025-03-31: the last day that the source's data cover"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_whole_on_its_last_day_and_no_day_earlier() {
        let of = |y, m, d| last_quarter(NaiveDate::from_ymd_opt(y, m, d).unwrap()).unwrap();
        assert_eq!(
            [of(2025, 3, 31), of(2025, 3, 30), of(2024, 12, 31), of(2025, 1, 1)],
            ["20251", "20244", "20244", "20244"]
        );
    }
}
