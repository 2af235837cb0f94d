//! Checks of a request's document: what its form asks for and cannot take.

use std::path::Path;

use crate::clearinghouse::form::fields;
use crate::clearinghouse::spec::{Form, RequestSpec};
use crate::foundation::{Diagnostic, Diagnostics, did_you_mean};

/// Characters of a college's name.
const NAME: usize = 40;

/// Everything that is wrong with the document; `made` are the columns that its SQL makes, where it could be planned.
#[must_use]
pub fn check(spec: &RequestSpec, made: Option<&[&str]>, file: &Path) -> Diagnostics {
    let mut found = Diagnostics::default();
    account(spec, file, &mut found);
    let Some(made) = made else { return found };
    let fields = fields(spec.form.value);
    let known = || fields.iter().map(|f| f.name).chain([spec.person.as_str()]);
    for field in fields.iter().filter(|f| f.must && !made.contains(&f.name)) {
        let message = format!("the SQL makes no column `{}`, which the form must have", field.name);
        found.push(Diagnostic::error("Q002", file, message).at(&spec.sql));
    }
    if !made.contains(&spec.person.as_str()) {
        let message = format!("the SQL makes no column `{}`", *spec.person);
        let d = Diagnostic::error("Q002", file, message).at(&spec.person);
        found.push(d.help(format!("it makes: {}", made.join(", "))));
    }
    for column in made.iter().filter(|column| !known().any(|name| name == **column)) {
        let d = Diagnostic::error("Q003", file, format!("the form has no field `{column}`")).at(&spec.sql);
        found.push(match did_you_mean(column, known()) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None => d.help(format!("it has: {}", fields.iter().map(|f| f.name).collect::<Vec<_>>().join(", "))),
        });
    }
    found
}

fn account(spec: &RequestSpec, file: &Path, found: &mut Diagnostics) {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let code = &spec.account.code;
    match spec.form.value {
        Form::College => {
            if !digits(code, 6) {
                let d = Diagnostic::error("Q001", file, "a college's code has six digits").at(code);
                found.push(d.help("quote it, so that leading zeros stay: code: \"001234\""));
            }
            match &spec.account.branch {
                Some(branch) if digits(branch, 2) => {}
                Some(branch) => found.push(Diagnostic::error("Q001", file, "a branch has two digits").at(branch)),
                None => {
                    let d = Diagnostic::error("Q001", file, "the college's branch is missing").at(code);
                    found.push(d.help("the main campus is `branch: \"00\"`"));
                }
            }
            if spec.account.name.chars().count() > NAME {
                let message = format!("the college's name has more than {NAME} characters");
                found.push(Diagnostic::error("Q001", file, message).at(&spec.account.name));
            }
            if spec.inquiry.is_none() {
                let d = Diagnostic::error("Q001", file, "a college must say what it asks").at(&spec.form);
                found.push(d.help("inquiry: SE for subsequent enrollment, PA, DA, CO or SB"));
            }
        }
        Form::HighSchool => {
            if let Some(inquiry) = &spec.inquiry {
                let message = "the form for high schools has no kind of inquiry";
                found.push(Diagnostic::error("Q001", file, message).at(inquiry).help("take `inquiry:` out"));
            }
            if code.is_empty() {
                found.push(Diagnostic::error("Q001", file, "the account code is missing").at(code));
            }
        }
    }
}
