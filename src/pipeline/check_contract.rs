//! What is wrong with a contract where it meets the rest of the project: identity that is not called direct, references to sources that are not there.

use std::collections::BTreeSet;
use std::path::Path;

use crate::contract::check::{Parts, check as check_by_itself};
use crate::extract::Format;
use crate::foundation::{Diagnostic, Diagnostics, Element, Located, Sensitivity, did_you_mean};
use crate::pipeline::project::Project;
use crate::pipeline::spec::ContractDocument;

/// Checks every contract of a project, by itself and against the others.
pub fn check(project: &Project, found: &mut Diagnostics) {
    for (source, contract) in &project.contracts {
        let file = project.contract_file(source);
        let parts = Parts {
            columns: &contract.columns,
            delivery: &contract.delivery,
            grain: &contract.grain,
            source_person: &contract.source_person,
            checks: &contract.checks,
            unique: &contract.unique,
            references: &contract.references,
            controls: &contract.controls,
        };
        check_by_itself(&file, &parts, &project.code_sets, found);
        let names: Vec<&str> = contract.columns.iter().map(|c| c.name.as_str()).collect();
        contract.format.check(&file, &names, found);
        optional(contract, &file, found);
        identity(contract, &file, found);
        school(contract, &file, found);
        organization(contract, &file, found);
        references(project, contract, &file, found);
    }
}

/// A file may come without a column where a header says which it has.
fn optional(contract: &ContractDocument, file: &Path, found: &mut Diagnostics) {
    let Format::FixedWidth(_) = contract.format else { return };
    for column in contract.columns.iter().filter(|column| column.optional) {
        let message = format!(
            "column `{}` is optional, and a file of fixed width has no header to leave it out of",
            *column.name
        );
        let d = Diagnostic::error("C022", file, message).at(&column.name);
        found.push(d.help("take `optional` out; blanks in its place are no value"));
    }
}

fn identity(contract: &ContractDocument, file: &Path, found: &mut Diagnostics) {
    let mut elements = BTreeSet::new();
    for column in &contract.columns {
        let Some(element) = column.identity else { continue };
        if !elements.insert(element) {
            let message = format!("two columns hold the identity element `{}`", element.name());
            found.push(
                Diagnostic::error("C050", file, message)
                    .at(&column.name)
                    .help("an identity record has each element once"),
            );
        }
        let describes = matches!(
            element,
            Element::ActiveOrg
                | Element::LocalIdIssuer
                | Element::PeriodStart
                | Element::PeriodEnd
                | Element::Sex
                | Element::GradeLevel
                | Element::SchoolYear
        );
        if !describes && column.sensitivity != Sensitivity::Direct {
            let message = format!("column `{}` names a person and is not `direct`", *column.name);
            let d = Diagnostic::error("C051", file, message).at(&column.name);
            found.push(d.help("add `sensitivity: direct`, so that it stays in the restricted zone"));
        }
    }
}

/// A grade says when somebody was born in a known school year alone, and a school year is a whole number.
fn school(contract: &ContractDocument, file: &Path, found: &mut Diagnostics) {
    let of = |element| contract.columns.iter().find(|column| column.identity == Some(element));
    let (grade, year) = (of(Element::GradeLevel), of(Element::SchoolYear));
    for (one, other, needed) in [(grade, year, Element::SchoolYear), (year, grade, Element::GradeLevel)] {
        if let (Some(one), None) = (one, other) {
            let message = format!(
                "no column holds the identity element `{}`, without which this one says nothing",
                needed.name()
            );
            let d = Diagnostic::error("C054", file, message).at(&one.name);
            found.push(d.help("give `identity: grade_level` and `identity: school_year` together, or neither"));
        }
    }
    if let Some(year) = year.filter(|year| year.kind.value != crate::contract::ColumnType::Integer) {
        let d = Diagnostic::error("C055", file, "a school year is a whole number").at(&year.name);
        found.push(d.help("make it `type: integer`: the year in which the school year ends"));
    }
}

/// A row has one school and one district, each named by text.
fn organization(contract: &ContractDocument, file: &Path, found: &mut Diagnostics) {
    let mut seen = Vec::new();
    for column in &contract.columns {
        let Some(kind) = column.organization else { continue };
        if seen.contains(&kind) || column.kind.value != crate::contract::ColumnType::Text {
            let message = format!("`{}` cannot be the row's school or district", *column.name);
            let d = Diagnostic::error("C056", file, message).at(&column.name);
            found.push(d.help("give `organization: school` and `organization: district` to one column of text each"));
        }
        seen.push(kind);
    }
}

fn references(project: &Project, contract: &ContractDocument, file: &Path, found: &mut Diagnostics) {
    for reference in &contract.references {
        let Some(target) = project.contracts.get(reference.to.as_str()) else {
            let message = format!("reference to `{}`, which is no source of the pipeline", *reference.to);
            let near = did_you_mean(&reference.to, project.contracts.keys().map(String::as_str));
            found.push(unknown(
                "C052",
                file,
                &reference.to,
                message,
                near,
                "add the source to the pipeline, or remove the reference",
            ));
            continue;
        };
        for key in reference.key.iter().filter(|key| target.position(key).is_none()) {
            let message = format!("`{}` is no column of `{}`", **key, *reference.to);
            let near = did_you_mean(key, target.columns.iter().map(|c| c.name.as_str()));
            found.push(unknown(
                "C053",
                file,
                key,
                message,
                near,
                "`key:` names columns of the source that `to:` names",
            ));
        }
    }
}

fn unknown(
    code: &'static str,
    file: &Path,
    name: &Located<String>,
    message: String,
    near: Option<&str>,
    help: &str,
) -> Diagnostic {
    let d = Diagnostic::error(code, file, message).at(name);
    match near {
        Some(near) => d.label(format!("did you mean `{near}`?")),
        None => d.help(help),
    }
}
