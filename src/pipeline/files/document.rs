//! The document of a linkage of files: read, understood, and checked as far as it can be without its files.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::foundation::{Diagnostic, Diagnostics};
use crate::linkage::model::ModelPlan;
use crate::linkage::model::spec::{FieldSpec, ModelSpec};
use crate::pipeline::document::{Texts, named_as_its_file, names};
use crate::pipeline::files::persons::format_of;
use crate::pipeline::spec::{LinkDocument, LinkMode, PersonFileSpec};

/// The most files of one linkage: a group of records keeps a bit for each.
const MOST_FILES: usize = 64;

/// What tells such a document from a pipeline's linkage.
#[derive(Deserialize)]
struct Kind {
    link: Option<String>,
    pipeline: Option<String>,
}

/// Whether a file is the document of a linkage of files, so far as it can be read.
#[must_use]
pub fn is_one(root: &Path, file: &Path) -> bool {
    kind(root, file).is_some_and(|kind| kind.link.is_some())
}

/// Whether a file is a pipeline, so far as it can be read.
#[must_use]
pub fn is_pipeline(root: &Path, file: &Path) -> bool {
    kind(root, file).is_some_and(|kind| kind.pipeline.is_some())
}

fn kind(root: &Path, file: &Path) -> Option<Kind> {
    let text = std::fs::read_to_string(root.join(file)).ok()?;
    serde_saphyr::from_str(&text).ok()
}

/// All such documents of a project.
#[must_use]
pub fn all(root: &Path) -> Vec<PathBuf> {
    let files =
        names(root, "config/linkage", ".yaml").into_iter().map(|n| PathBuf::from(format!("config/linkage/{n}.yaml")));
    files.filter(|file| is_one(root, file)).collect()
}

/// Reads a document and understands its model; what is wrong is pushed to `found`. `None` where it could not be read.
pub fn load(root: &Path, file: &Path, texts: &mut Texts, found: &mut Diagnostics) -> Option<(LinkDocument, ModelPlan)> {
    let document: LinkDocument = texts.yaml(root, file, found)?;
    named_as_its_file(&document.link, file, found);
    let LinkDocument { fields, blocking, comparisons, decide, .. } = &document;
    let plan = ModelPlan::new(ModelSpec { fields, blocking, comparisons, decide }, file, found);
    let free = document.files.values().filter(|f| !f.duplicates).count();
    if document.mode == LinkMode::LinkOnly && document.files.len() < 2 {
        let message = "`mode: link_only` links records of different files, and there are fewer than two";
        found.push(Diagnostic::error("M006", file, message).help("add a file, or use `mode: dedupe_only`"));
    }
    if document.mode == LinkMode::DedupeOnly && free > 0 {
        let message = "`mode: dedupe_only` finds records of one person within a file, and a file is said to have none";
        found.push(Diagnostic::error("M006", file, message).help("say `duplicates: true` of every file"));
    }
    if document.mode == LinkMode::LinkAndDedupe && free == document.files.len() {
        let message =
            "`mode: link_and_dedupe` finds records of one person within files too, and every file is said to have none";
        found.push(
            Diagnostic::error("M006", file, message).help("say `duplicates: true` of a file, or use `mode: link_only`"),
        );
    }
    if document.files.len() > MOST_FILES {
        let message = format!("{} files, and at most {MOST_FILES} are linked at once", document.files.len());
        found.push(Diagnostic::error("M006", file, message).help("put files of one source together"));
    }
    for one in document.files.values() {
        for (name, column) in &one.columns {
            if !document.fields.iter().any(|field| *field.name == *name) {
                let message = format!("`{name}` is no field of this document");
                let d = Diagnostic::error("M001", file, message).at(column);
                found.push(d.help("`columns:` says for a field of `fields:` what this file calls it"));
            }
        }
        if let Some(format) = &one.format {
            let columns = columns_of(&document.fields, one);
            let columns = columns.iter().map(String::as_str).chain([one.id.as_str()]);
            format.check(file, &columns.collect::<Vec<_>>(), found);
        }
    }
    Some((document, plan))
}

/// What a file calls each field.
#[must_use]
pub fn columns_of(fields: &[FieldSpec], file: &PersonFileSpec) -> Vec<String> {
    let own = |field: &FieldSpec| file.columns.get(field.name.as_str()).map(|column| &column.value);
    let of = |field: &FieldSpec| own(field).or(field.column.as_ref()).unwrap_or(&field.name.value).clone();
    fields.iter().map(of).collect()
}

/// Checks a document without its files.
pub fn check(root: &Path, file: &Path, texts: &mut Texts, found: &mut Diagnostics) {
    let Some((document, _)) = load(root, file, texts, found) else { return };
    for (name, one) in &document.files {
        if let Err(reason) = format_of(one.format.as_ref(), &one.path) {
            found.push(Diagnostic::error("M008", file, format!("file `{name}`: {reason}")).at(&one.path));
        }
    }
}
