//! A diagnostic: something wrong with a document, where it stands, and what to do next. They are collected, never thrown one by one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::foundation::Located;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing may run until it is mended.
    Error,
    /// Worth a look; the run goes on.
    Warning,
}

/// Where in a file: line and column from 1 (0 where only the file is known), length in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the project.
    pub file: PathBuf,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// Column, from 1; 0 for the line as a whole.
    pub column: usize,
    /// Characters to underline.
    pub length: usize,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// A stable code such as `P014`.
    pub code: &'static str,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where it stands.
    pub place: Place,
    /// A word beside the underline, such as `did you mean ...?`.
    pub label: String,
    /// What to do next.
    pub help: String,
}

impl Diagnostic {
    /// An error about a file as a whole.
    pub fn error(code: &'static str, file: impl AsRef<Path>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            place: Place { file: file.as_ref().to_owned(), line: 0, column: 0, length: 0 },
            label: String::new(),
            help: String::new(),
        }
    }

    /// A warning about a file as a whole.
    pub fn warning(code: &'static str, file: impl AsRef<Path>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, file, message) }
    }

    /// Points at a located value.
    #[must_use]
    pub fn at<T>(self, located: &Located<T>) -> Self {
        self.at_place(located.line, located.column, located.length)
    }

    /// Points at a line, column and length.
    #[must_use]
    pub fn at_place(mut self, line: usize, column: usize, length: usize) -> Self {
        self.place.line = line;
        self.place.column = column;
        self.place.length = length;
        self
    }

    /// Puts a word beside the underline.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The diagnostic as a person reads it; `source` is the text of its file, where there is one.
    #[must_use]
    pub fn render(&self, source: Option<&str>) -> String {
        let mut out = String::new();
        let kind = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(out, "{kind}[{}]: {}", self.code, self.message);
        let Place { file, line, column, length } = &self.place;
        let file = file.display();
        match (*line, *column) {
            (0, _) => {
                let _ = writeln!(out, "   --[{file}]");
            }
            (line, 0) => {
                let _ = writeln!(out, "   ,-[{file}:{line}]");
            }
            (line, column) => {
                let _ = writeln!(out, "   ,-[{file}:{line}:{column}]");
            }
        }
        if *line > 0
            && let Some(text) = source.and_then(|s| s.lines().nth(line - 1))
        {
            let number = line.to_string();
            let pad = " ".repeat(number.len());
            let _ = writeln!(out, "{number} | {}", text.trim_end());
            if *column > 0 {
                let room = text.chars().count().saturating_sub(column - 1).max(1);
                let marks = "-".repeat((*length).clamp(1, room));
                let gap = " ".repeat(column - 1);
                let _ = writeln!(out, "{pad} . {}", format!("{gap}{marks}  {}", self.label).trim_end());
            } else if !self.label.is_empty() {
                let _ = writeln!(out, "{pad} . {}", self.label);
            }
        } else if !self.label.is_empty() {
            let _ = writeln!(out, "   . {}", self.label);
        }
        if !self.help.is_empty() {
            let _ = writeln!(out, "  help: {}", self.help);
        }
        out
    }
}

/// All findings so far.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all findings of another list.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether any finding forbids a run.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Leaves out what is but a consequence of other findings.
    pub fn leave_out(&mut self, consequence: impl Fn(&Diagnostic) -> bool) {
        self.0.retain(|d| !consequence(d));
    }

    /// The findings by file, line and column, each once.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by(|a, b| (&a.place, a.code, &a.message).cmp(&(&b.place, b.code, &b.message)));
        all.dedup_by(|a, b| a.place == b.place && a.code == b.code && a.message == b.message);
        all
    }
}

/// The known name nearest to what was written, where one is near enough to be a slip of the pen.
#[must_use]
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(written, name), name))
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, name)| name)
}

/// A complaint of the YAML reader as a diagnostic, with "did you mean" for a key or a word that nobody knows there.
#[must_use]
pub fn yaml_complaint(code: &'static str, file: &Path, error: &serde_saphyr::Error) -> Diagnostic {
    let bare = error.without_snippet().to_string();
    let first = bare.lines().next().unwrap_or_default();
    // The reader ends its messages with the place, which the diagnostic shows in its own way.
    let message = first.split(" at line ").next().unwrap_or(first).trim_start_matches("error: ");
    let place = |n: u64| usize::try_from(n).unwrap_or(0);
    let (line, column) = error.location().map_or((0, 0), |at| (place(at.line()), place(at.column())));
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let written = what.split('`').nth(1).unwrap_or_default();
    let known: Vec<&str> = expected
        .trim_start_matches("one of ")
        .split([',', ' '])
        .map(|name| name.trim_matches('`'))
        .filter(|name| !name.is_empty())
        .collect();
    let unknown = what.starts_with("unknown");
    let length = if unknown { written.chars().count().max(1) } else { 1 };
    let d = Diagnostic::error(code, file, what).at_place(line, column, length);
    let d = match did_you_mean(written, known.iter().copied()) {
        Some(near) if unknown => d.label(format!("did you mean `{near}`?")),
        _ => d,
    };
    if unknown && !known.is_empty() { d.help(format!("known here: {}", known.join(", "))) } else { d }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_the_line_and_underlines_the_word() {
        let d = Diagnostic::error("P014", "config/l.yaml", "blocking rule uses a token that no recipe makes")
            .at_place(2, 7, 5)
            .label("did you mean `soundex`?")
            .help("tokens are declared in `tokens:` at line 4");
        assert_eq!(
            d.render(Some("a: 1\n- on: [sound]\n")),
            "error[P014]: blocking rule uses a token that no recipe makes\n   ,-[config/l.yaml:2:7]\n2 | - on: [sound]\n  .       -----  \
             did you mean `soundex`?\n  help: tokens are declared in `tokens:` at line 4\n"
        );
    }

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(did_you_mean("last_name_soundx", ["first", "last_name_soundex"]), Some("last_name_soundex"));
        assert_eq!(did_you_mean("wages", ["first", "cohort"]), None);
    }
}
