//! How findings are shown: all together, in the order of files and lines, and a last line that counts them.

use crate::foundation::{Diagnostics, Severity};
use crate::pipeline::Texts;

/// Prints every finding with the line it points at.
pub(crate) fn diagnostics(found: &Diagnostics, texts: &Texts) {
    let all = found.sorted();
    for d in &all {
        eprintln!("{}", d.render(texts.get(&d.place.file)));
    }
    let errors = all.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = all.len() - errors;
    if errors > 0 {
        eprintln!("{}", counted(errors, warnings));
    }
}

fn counted(errors: usize, warnings: usize) -> String {
    let plural = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
    if warnings == 0 {
        plural(errors, "error")
    } else {
        format!("{}, {}", plural(errors, "error"), plural(warnings, "warning"))
    }
}
