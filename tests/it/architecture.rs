//! Who may import whom: `foundation <- engine <- rooms <- pipeline <- report, cli <- main`; a room never imports another room.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: [&str; 11] = [
    "clearinghouse",
    "contract",
    "extract",
    "identity",
    "linkage",
    "marts",
    "publish",
    "rules",
    "standardize",
    "synth",
    "tokenize",
];

fn may_import(from: &str) -> BTreeSet<&'static str> {
    let mut allowed = BTreeSet::from(["foundation"]);
    match from {
        "foundation" | "engine" => {}
        "pipeline" => {
            allowed.insert("engine");
            allowed.extend(ROOMS);
        }
        "report" => {
            allowed.extend(["engine", "pipeline"]);
            allowed.extend(ROOMS);
        }
        "error" | "cli" => {
            allowed.extend(["engine", "pipeline", "report", "error"]);
            allowed.extend(ROOMS);
        }
        _ => {
            allowed.insert("engine");
        }
    }
    allowed
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every `crate::room` that a text names, in `use` lines and in paths.
fn imports(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.match_indices("crate::").map(|(at, word)| &line[at + word.len()..]).collect::<Vec<_>>())
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>())
        .filter(|room| !room.is_empty())
        .collect()
}

#[test]
fn rooms_meet_through_datasets_and_the_foundation_alone() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 50, "the walk found {} files only", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let room = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if room == "lib" || room == "main" {
            continue;
        }
        let allowed = may_import(&room);
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            if import != room && !allowed.contains(import.as_str()) {
                wrong.push(format!("{} imports crate::{import}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the house does not have:\n{}", wrong.join("\n"));
}

#[test]
fn the_test_above_sees_imports() {
    let text = "use crate::engine::Place;\n// crate::nothing\nlet x = crate::foundation::clock::now();\n";
    assert_eq!(imports(text), BTreeSet::from(["engine".to_owned(), "foundation".to_owned()]));
}

#[test]
fn one_version_of_arrow_parquet_object_store_and_datafusion() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    for (name, version) in [("arrow", "59."), ("parquet", "59."), ("object_store", "0.13."), ("datafusion", "55.2.")] {
        let versions: Vec<&str> = lock
            .split("[[package]]")
            .filter(|p| p.contains(&format!("\nname = \"{name}\"\n")))
            .filter_map(|p| p.lines().find_map(|l| l.strip_prefix("version = \"")?.strip_suffix('"')))
            .collect();
        assert_eq!(versions.len(), 1, "{name} stands in Cargo.lock in versions {versions:?}");
        assert!(versions[0].starts_with(version), "{name} {} is not {version}x", versions[0]);
    }
}

/// The crates beneath the program with their features, as `cargo tree` lists them for some kinds of dependencies.
fn built(kinds: &str) -> BTreeSet<String> {
    let tree = ["tree", "--offline", "--prefix", "none", "-f", "{p} [{f}]", "-e", kinds];
    let tree = std::process::Command::new(env!("CARGO")).args(tree).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let tree = tree.unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    String::from_utf8(tree.stdout).unwrap().lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

#[test]
fn one_build_serves_the_program_and_its_tests() {
    let (run, test) = (built("normal,build"), built("normal,build,dev"));
    assert!(run.len() > 100, "the tree has {} crates only", run.len());
    let other: Vec<&String> = run.difference(&test).collect();
    assert!(
        other.is_empty(),
        "`cargo test` would build these with other features, and all that stands on them again: {other:#?}"
    );
}
