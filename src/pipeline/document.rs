//! A document: one YAML file read into its type, with every complaint turned into a diagnostic at its line and column.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::foundation::diagnostic::yaml_complaint;
use crate::foundation::{Diagnostic, Diagnostics, Located, did_you_mean};

/// The texts of all files read so far, by path from the project's folder: what fingerprints are made of and diagnostics quote.
#[derive(Clone, Debug, Default)]
pub struct Texts(BTreeMap<PathBuf, String>);

impl Texts {
    /// The text of a file that has been read.
    #[must_use]
    pub fn get(&self, file: &Path) -> Option<&str> {
        self.0.get(file).map(String::as_str)
    }

    /// Every file that has been read, by path, with its text.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.0.iter().map(|(path, text)| (path.as_path(), text.as_str()))
    }

    /// Reads a file as text, without a byte order mark; a diagnostic where that fails.
    pub fn read(&mut self, root: &Path, file: &Path, found: &mut Diagnostics) -> Option<String> {
        match std::fs::read(root.join(file)) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => {
                    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
                    self.0.insert(file.to_owned(), text.clone());
                    Some(text)
                }
                Err(error) => {
                    let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                    let line = 1 + memchr::memchr_iter(b'\n', before).count();
                    let d = Diagnostic::error("P002", file, "the document is not UTF-8").at_place(line, 0, 0);
                    found.push(d.help("save it as UTF-8"));
                    None
                }
            },
            Err(error) => {
                found.push(missing(root, file, &error));
                None
            }
        }
    }

    /// Reads a YAML document into its type; a diagnostic where that fails.
    pub fn yaml<T: DeserializeOwned>(&mut self, root: &Path, file: &Path, found: &mut Diagnostics) -> Option<T> {
        let text = self.read(root, file, found)?;
        match serde_saphyr::from_str(&text) {
            Ok(document) => Some(document),
            Err(error) => {
                found.push(yaml_complaint("P003", file, &error));
                None
            }
        }
    }
}

/// The names of the documents in a folder, without their ending.
#[must_use]
pub fn names(root: &Path, folder: &str, ending: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return Vec::new() };
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(ending).map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// A document is called as its file is.
pub(super) fn named_as_its_file(name: &Located<String>, file: &Path, found: &mut Diagnostics) {
    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    if stem != **name {
        found.push(
            Diagnostic::error("P004", file, format!("the document is called `{}` and its file `{stem}`", **name))
                .at(name)
                .help("give both the same name, so that people find it"),
        );
    }
}

fn missing(root: &Path, file: &Path, error: &std::io::Error) -> Diagnostic {
    let folder = file.parent().unwrap_or(Path::new(""));
    let ending = file.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let there = names(root, &folder.to_string_lossy(), &ending);
    let message = if error.kind() == std::io::ErrorKind::NotFound {
        "the document does not exist".to_owned()
    } else {
        format!("the document cannot be read: {error}")
    };
    let d = Diagnostic::error("P001", file, message);
    match did_you_mean(&stem, there.iter().map(String::as_str)) {
        Some(near) => d.help(format!("did you mean `{}`?", folder.join(format!("{near}{ending}")).display())),
        None if there.is_empty() => d.help("create it, or run from the project's folder (--project DIR)"),
        None => d.help(format!("in {} there are: {}", folder.display(), there.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Small {
        name: String,
        sources: Vec<String>,
    }

    #[test]
    fn a_misspelt_key_is_pointed_at() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.yaml"), "name: x\nsuorces: [a]\n").unwrap();
        let mut found = Diagnostics::default();
        let mut texts = Texts::default();
        assert!(texts.yaml::<Small>(dir.path(), Path::new("a.yaml"), &mut found).is_none());
        let shown = found.sorted()[0].render(texts.get(Path::new("a.yaml")));
        assert!(shown.contains("a.yaml:2:1"), "{shown}");
        assert!(shown.contains("did you mean `sources`?"), "{shown}");
    }

    #[test]
    fn a_missing_document_names_its_neighbour() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("statewide.yaml"), "name: x\n").unwrap();
        let mut found = Diagnostics::default();
        assert!(Texts::default().yaml::<Small>(dir.path(), Path::new("statewid.yaml"), &mut found).is_none());
        assert!(found.sorted()[0].help.contains("did you mean `statewide.yaml`?"));
    }
}
