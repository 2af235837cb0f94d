//! The review log: a CSV of pairs of records that people have decided, which every later run keeps to.

use std::path::Path;

use crate::foundation::{Diagnostic, Diagnostics};
use crate::linkage::IdentityRef;
use crate::linkage::reviewed::Reviewed;

/// Columns that may follow: the row of the source behind each record, by which a decision follows a record that is corrected.
pub const RECORDS: [&str; 2] = ["left_record", "right_record"];

/// The header. More columns may follow; those that are not [`RECORDS`] are for people.
pub const COLUMNS: [&str; 3] = ["left_ref", "right_ref", "decision"];

/// The words of the decision column.
pub const MUST: &str = "must_link";
/// Two persons.
pub const CANNOT: &str = "cannot_link";

/// Reads a log; what is wrong with it is pointed at in `file`.
#[must_use]
pub fn parse(text: &str, file: &Path, found: &mut Diagnostics) -> Reviewed {
    let mut reviewed = Reviewed::default();
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let header: Vec<&str> = lines.next().map(|(_, line)| line.split(',').map(str::trim).collect()).unwrap_or_default();
    if !header.starts_with(&COLUMNS) {
        let d = Diagnostic::error("V001", file, "this is not the header of a review log").at_place(1, 1, 1);
        found.push(d.help("the first line begins with `left_ref,right_ref,decision`"));
        return reviewed;
    }
    for (number, line) in lines {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let wrong = |at: usize, says: String, help: &str| {
            let column =
                1 + fields[..at.min(fields.len())].iter().map(|field| field.chars().count() + 1).sum::<usize>();
            let length = fields.get(at).map_or(1, |field| field.chars().count());
            Diagnostic::error("V002", file, says).at_place(number, column, length).help(help)
        };
        let reference = |at: usize| {
            let bytes = hex::decode(fields.get(at).copied().unwrap_or_default()).ok()?;
            IdentityRef::try_from(bytes).ok()
        };
        let (Some(left), Some(right)) = (reference(0), reference(1)) else {
            for at in [0, 1].into_iter().filter(|at| reference(*at).is_none()) {
                let says = format!("`{}` is no reference of a record", fields.get(at).copied().unwrap_or_default());
                found.push(wrong(at, says, "it is 32 hexadecimal digits, as left_ref and right_ref of the match log"));
            }
            continue;
        };
        match fields.get(2).copied().unwrap_or_default() {
            _ if left == right => found.push(wrong(1, "a record and itself".to_owned(), "name two records")),
            word @ (MUST | CANNOT) => {
                for (record, column) in [left, right].into_iter().zip(RECORDS) {
                    let Some(at) = header.iter().position(|name| *name == column) else { continue };
                    let row = reference(at);
                    reviewed.records.extend(row.map(|row| (record, row)));
                    // A comma in a note before it would have the decision follow nobody, without a word.
                    if let Some(text) = fields.get(at).filter(|text| row.is_none() && !text.is_empty()) {
                        let says = format!("`{text}` in column `{column}` is no reference of a row");
                        found.push(wrong(at, says, "it is 32 hexadecimal digits, or empty; no field may hold a comma"));
                    }
                }
                let pairs = if word == MUST { &mut reviewed.must } else { &mut reviewed.cannot };
                pairs.push((left, right));
            }
            other => found.push(wrong(2, format!("`{other}` is no decision"), "must_link or cannot_link")),
        }
    }
    reviewed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_what_is_wrong_is_pointed_at() {
        let (a, b) = ("0".repeat(32), "0f".repeat(16));
        let text = format!(
            "left_ref,right_ref,decision,by\n{a},{b},must_link,ann\n\n{b},{a},cannot_link\n{a},x,must_link\n{a},{b},link\n{a},{a},must_link\n"
        );
        let mut found = Diagnostics::default();
        let reviewed = parse(&text, Path::new("r.csv"), &mut found);
        assert_eq!((reviewed.must.len(), reviewed.cannot.len()), (1, 1));
        let shown: Vec<String> = found.sorted().iter().map(|d| d.render(Some(&text))).collect();
        assert!(shown.len() == 3 && shown[0].contains("r.csv:5:34") && shown[1].contains("r.csv:6:67"), "{shown:?}");
        assert!(reviewed.records.is_empty());
        let row = "1".repeat(32);
        let text = format!("left_ref,right_ref,decision,left_record,by,right_record\n{a},{b},cannot_link,{row},ann,\n");
        let known = parse(&text, Path::new("r.csv"), &mut Diagnostics::default()).records;
        assert_eq!(known.iter().map(|(r, row)| (r[15], row[15])).collect::<Vec<_>>(), [(0, 0x11)]);
        let shifted = format!("left_ref,right_ref,decision,note,left_record\n{a},{b},cannot_link,seen, twice,{row}\n");
        let mut found = Diagnostics::default();
        assert!(parse(&shifted, Path::new("r.csv"), &mut found).records.is_empty());
        let shown = found.sorted()[0].render(Some(&shifted));
        assert!(shown.contains("r.csv:2:84") && shown.contains("`twice` in column `left_record`"), "{shown}");
        let mut found = Diagnostics::default();
        assert!(parse("left,right\n", Path::new("r.csv"), &mut found).is_empty());
        assert_eq!(found.sorted()[0].code, "V001");
    }
}
