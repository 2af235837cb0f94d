//! The delivery log: a CSV kept by whoever takes files in, which tells the register on which day each file came, and which ones were withdrawn.

use std::collections::BTreeMap;
use std::path::Path;

use crate::foundation::{Diagnostic, Diagnostics, Located, did_you_mean};

/// The header of a log. The last column may be left out.
const COLUMNS: [&str; 3] = ["file", "received", "status"];

/// What the log says of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The file's path from the project's folder, as the sources' patterns find it.
    pub file: Located<String>,
    /// The day on which it came, such as `2025-11-15`.
    pub received: String,
    /// Whether its sender took it back, so that its rows no longer count.
    pub withdrawn: bool,
}

/// A log, by file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeliveryLog(BTreeMap<String, Told>);

impl DeliveryLog {
    /// Reads a log; what is wrong with it is pointed at in `file`.
    #[must_use]
    pub fn parse(text: &str, file: &Path, found: &mut Diagnostics) -> Self {
        let mut log = BTreeMap::<String, Told>::new();
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let header = lines.next().map(|(_, line)| fields(line)).unwrap_or_default();
        let names: Vec<&str> = header.iter().map(|field| field.text.as_str()).collect();
        if names != COLUMNS && names != COLUMNS[..2] {
            let d = Diagnostic::error("D001", file, "this is not the header of a delivery log").at_place(1, 1, 1);
            found.push(d.help("the first line is `file,received,status`; `status` may be left out"));
            return Self::default();
        }
        for (number, line) in lines {
            let row = fields(line);
            if row.len() != names.len() {
                let says = format!("the row has {} fields where the header has {}", row.len(), names.len());
                let d = Diagnostic::error("D002", file, says).at_place(number, 1, line.chars().count());
                found.push(d.help("a path that holds a comma stands in quotes"));
                continue;
            }
            if let Some(told) = one(&row, number, file, found) {
                if let Some(first) = log.get(told.file.as_str()) {
                    let says = format!("`{}` stands twice, first in line {}", *told.file, first.file.line);
                    let d = Diagnostic::error("D003", file, says).at(&told.file);
                    found.push(d.help("a file comes once: keep one row; a file that was sent again has another name"));
                    continue;
                }
                log.insert(told.file.value.clone(), told);
            }
        }
        Self(log)
    }

    /// What it says of a file.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<&Told> {
        self.0.get(path)
    }

    /// Every row, by file.
    pub fn iter(&self) -> impl Iterator<Item = &Told> {
        self.0.values()
    }

    /// Points at rows of files that no source reads, and of files that are not there. A file that was withdrawn may be gone.
    pub fn check(&self, root: &Path, patterns: &[&str], file: &Path, found: &mut Diagnostics) {
        for told in self.iter() {
            let path = told.file.as_str();
            if !patterns.iter().any(|pattern| names(pattern, path)) {
                let d = Diagnostic::error("D004", file, format!("no source reads `{path}`")).at(&told.file);
                found.push(match did_you_mean(path, patterns.iter().copied()) {
                    Some(near) => d.help(format!("write the path as `files:` of its source finds it, here `{near}`")),
                    None => d.help("write the path as `files:` of its source finds it, from the project's folder"),
                });
            } else if !told.withdrawn && !root.join(path).exists() {
                found.push(absent(told, file));
            }
        }
    }
}

/// A row of a file that is not there.
#[must_use]
pub fn absent(told: &Told, file: &Path) -> Diagnostic {
    let says = format!("there is no file `{}`", *told.file);
    let help = "put the file there, correct its path, or take the row out; a file counts only once it has arrived";
    Diagnostic::error("D005", file, says).at(&told.file).help(help)
}

/// Whether a source's pattern finds a path; both are relative to the project's folder.
#[must_use]
pub fn names(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let parts = |text: &str| -> (String, String) {
        text.rsplit_once('/').map_or_else(|| (String::new(), text.to_owned()), |(a, b)| (a.to_owned(), b.to_owned()))
    };
    let ((folder, name), (at, file)) = (parts(pattern), parts(path));
    folder == at && fits(&name, &file)
}

/// Whether a file name fits a pattern of `*` (any run of characters) and `?` (any one).
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n, mut star, mut mark) = (0, 0, None, 0);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some(p);
                mark = n;
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some(s) => {
                    p = s + 1;
                    mark += 1;
                    n = mark;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Reads one row; `None` where it is wrong.
fn one(row: &[Field], line: usize, file: &Path, found: &mut Diagnostics) -> Option<Told> {
    let wrong = |field: &Field, code, says: &str, help: &str| {
        Diagnostic::error(code, file, says).at_place(line, field.column, field.length.max(1)).help(help)
    };
    let mut fine = true;
    let (path, received) = (&row[0], &row[1]);
    if path.text.is_empty() {
        found.push(wrong(path, "D002", "the row names no file", "write its path from the project's folder"));
        fine = false;
    }
    // The same ten characters that days are compared by.
    let day = received.text.parse::<chrono::NaiveDate>().is_ok_and(|day| day.to_string() == received.text);
    if !day {
        let says = "the day of receipt is no date";
        found.push(wrong(received, "D006", says, "write it as 2025-11-15"));
        fine = false;
    }
    let withdrawn = match row.get(2).map_or("", |field| field.text.as_str()) {
        "" | "accepted" => false,
        "withdrawn" => true,
        other => {
            let field = &row[2];
            let d = wrong(field, "D007", &format!("unknown status `{other}`"), "known here: accepted, withdrawn");
            found.push(match did_you_mean(other, ["accepted", "withdrawn"]) {
                Some(near) => d.label(format!("did you mean `{near}`?")),
                None => d,
            });
            fine = false;
            false
        }
    };
    let path = Located {
        value: path.text.strip_prefix("./").unwrap_or(&path.text).to_owned(),
        line,
        column: path.column,
        length: path.length,
    };
    fine.then(|| Told { file: path, received: received.text.clone(), withdrawn })
}

/// One field with its column, from 1.
struct Field {
    text: String,
    column: usize,
    length: usize,
}

/// The fields of a line, unquoted and trimmed.
fn fields(line: &str) -> Vec<Field> {
    let mut fields = Vec::new();
    let (mut begin, mut quoted) = (1, false);
    let mut raw = String::new();
    for (column, c) in (1..).zip(line.trim_end().chars().chain([','])) {
        let ends = column > line.trim_end().chars().count();
        match c {
            ',' if !quoted || ends => {
                let blanks = raw.chars().take_while(|c| c.is_whitespace()).count();
                let text = raw.trim();
                let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
                fields.push(Field {
                    column: begin + blanks,
                    length: text.chars().count(),
                    text: bare.map_or_else(|| text.to_owned(), |t| t.replace("\"\"", "\"")),
                });
                begin = column + 1;
                raw.clear();
            }
            c => {
                quoted ^= c == '"';
                raw.push(c);
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (DeliveryLog, Vec<String>) {
        let mut found = Diagnostics::default();
        let log = DeliveryLog::parse(text, Path::new("log.csv"), &mut found);
        let says = found.sorted().into_iter().map(|d| format!("{}:{} {}", d.place.line, d.place.column, d.message));
        (log, says.collect())
    }

    #[test]
    fn a_log_is_read_with_its_default_and_its_quotes() {
        let (log, says) =
            read("file,received,status\r\n in/a.csv , 2025-01-05,\n\n\"in/b, c.csv\",2025-02-01,withdrawn\n");
        assert_eq!(says, Vec::<String>::new());
        let told = log.of("in/a.csv").unwrap();
        assert_eq!((told.received.as_str(), told.withdrawn), ("2025-01-05", false));
        assert_eq!((told.file.line, told.file.column, told.file.length), (2, 2, 8));
        assert!(log.of("in/b, c.csv").unwrap().withdrawn);
        assert_eq!(read("file,received\na,2025-01-05\n").0.iter().count(), 1);
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        assert_eq!(read("path,day\n").1, ["1:1 this is not the header of a delivery log"]);
        assert_eq!(read("").1, ["1:1 this is not the header of a delivery log"]);
        let (_, says) = read(
            "file,received,status\na,2025-13-01,\na\nb,2025-1-5,gone\n,2025-01-05,\nc,2025-01-05,\nc,2025-01-06,withdrawn\n",
        );
        assert_eq!(
            says,
            [
                "2:3 the day of receipt is no date",
                "3:1 the row has 1 fields where the header has 3",
                "4:3 the day of receipt is no date",
                "4:12 unknown status `gone`",
                "5:1 the row names no file",
                "7:1 `c` stands twice, first in line 6",
            ]
        );
    }

    #[test]
    fn patterns() {
        assert!(fits("enrollment_*.csv", "enrollment_2019.csv"));
        assert!(fits("UIWAGE_????Q?*.txt", "UIWAGE_2023Q2_AMENDED.txt"));
        assert!(!fits("enrollment_*.csv", "enrollment_2019.csv.tmp"));
        assert!(fits("*", "anything"));
        assert!(!fits("a?c", "ac"));
        assert!(names("in/*.csv", "in/a.csv") && names("./a.csv", "a.csv"));
        assert!(!names("in/*.csv", "out/a.csv") && !names("in/*.csv", "in/b/a.csv"));
    }
}
