//! The hand-made state of fifty learners: every indicator, for every group, against what was written down from the definitions before the rules were.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use crate::project::{Project, copy, repository};

/// The rows of a small CSV file without quotes inside fields, the header first.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split(',').map(|field| field.trim_matches('"').to_owned()).collect()).collect()
}

/// Makes the workbook that the contract expects of rows written as CSV: a sheet a school year, days as Excel keeps them.
fn workbook(folder: &Path, name: &str, header_row: u32, days: &[&str]) {
    let rows = rows(&folder.join(format!("{name}.csv")));
    let (header, records) = rows.split_first().unwrap();
    let year = header.iter().position(|name| name == "School Year").unwrap();
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let mut by_year: BTreeMap<&str, Vec<&Vec<String>>> = BTreeMap::new();
    for record in records {
        by_year.entry(&record[year]).or_default().push(record);
    }
    for (year, records) in by_year {
        let sheet = book.add_worksheet().set_name(year).unwrap();
        sheet.write_row(header_row - 1, 0, header.iter().map(String::as_str)).unwrap();
        for (row, record) in (header_row..).zip(records) {
            for ((column, name), value) in (0_u16..).zip(header).zip(record) {
                if value.is_empty() {
                    continue;
                }
                if days.contains(&name.as_str()) {
                    let day = ExcelDateTime::parse_from_str(value).unwrap();
                    sheet.write_datetime_with_format(row, column, day, &date).unwrap();
                } else {
                    sheet.write_string(row, column, value).unwrap();
                }
            }
        }
    }
    book.save(folder.join(format!("{name}.xlsx"))).unwrap();
}

/// Makes the Parquet file of licences of rows written as CSV.
fn licences(folder: &Path) {
    let rows = rows(&folder.join("licences.csv"));
    let (header, records) = rows.split_first().unwrap();
    let epoch = chrono::NaiveDate::default();
    let day = |text: &str| {
        let day = text.parse::<chrono::NaiveDate>().ok()?;
        i32::try_from((day - epoch).num_days()).ok()
    };
    let column = |(at, name): (usize, &String)| -> (String, ArrayRef, bool) {
        let values = records.iter().map(|record| Some(record[at].as_str()).filter(|text| !text.is_empty()));
        let array: ArrayRef = if ["birth_date", "issued", "expires"].contains(&name.as_str()) {
            Arc::new(values.map(|text| text.and_then(day)).collect::<Date32Array>())
        } else {
            Arc::new(values.collect::<StringArray>())
        };
        (name.clone(), array, true)
    };
    let columns: Vec<_> = header.iter().enumerate().map(column).collect();
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let file = File::create(folder.join("licences.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn every_indicator_of_fifty_learners_is_what_was_written_down_by_hand() {
    let project = Project::without_data();
    fs::remove_file(project.path("pipelines/statewide.yaml")).unwrap();
    let home = repository().join("tests/hand_made");
    copy(&home, &project.path("tests/hand_made"));
    copy(&home.join("hand_made.yaml"), &project.path("pipelines/hand_made.yaml"));
    project.replace("pipelines/hand_made.yaml", "root: out/hand_made", "root: out");
    workbook(&project.path("tests/hand_made/data/k12"), "work_based_learning", 3, &["First Day", "Last Day"]);
    workbook(&project.path("tests/hand_made/data/credentials"), "credentials", 1, &["Date Earned"]);
    licences(&project.path("tests/hand_made/data/licences"));
    project.run(&["run", "pipelines/hand_made.yaml"]).is_fine();
    // Fifty learners, and three workers who are none.
    assert_eq!(project.last_results()["persons"]["persons"], 53);

    let mut expected: Vec<String> =
        fs::read_to_string(home.join("expected.csv")).unwrap().lines().skip(1).map(str::to_owned).collect();
    assert_eq!(expected.len(), 306);
    let dimensions = ["gender", "race_ethnicity", "special_population", "program_code", "district_id"];
    let each = dimensions.map(|d| format!("when '{d}' then {d}")).join(" ");
    let sets = dimensions.map(|d| format!("'{d}'")).join(", ");
    let covered = "case when indicator in ('3S1', '1P1') then covered_denominator end";
    let mut found = project.ask(&format!(
        "select indicator, level, year, grouping_set, case grouping_set {each} else '' end, denominator, numerator, {covered} \
         from indicator where year = 2023 and grouping_set in ('total', {sets})"
    ));
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}
