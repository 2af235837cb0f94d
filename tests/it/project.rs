//! A project to run the real program in: the repository's documents and a small synthetic state, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Learners of the small state.
const LEARNERS: u64 = 120;

/// A folder with documents and data, removed when dropped.
pub struct Project {
    folder: TempDir,
}

/// What the program printed and how it ended.
pub struct Ended {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// The small state, made once a test process.
fn small_state() -> &'static Path {
    static STATE: OnceLock<TempDir> = OnceLock::new();
    STATE
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            throughline::synth::generate(LEARNERS, 11, folder.path()).unwrap();
            folder
        })
        .path()
}

impl Project {
    /// The repository's documents over the small state.
    pub fn small() -> Self {
        let project = Self::without_data();
        copy(small_state(), &project.path("sample_data"));
        project
    }

    /// The repository's documents and no data.
    pub fn without_data() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["config", "pipelines"] {
            copy(&repository().join(part), &folder.path().join(part));
        }
        Self { folder }
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub fn read(&self, relative: &str) -> String {
        let path = self.path(relative);
        String::from_utf8_lossy(&fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).into_owned()
    }

    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces text in a file; the text must be there.
    pub fn replace(&self, relative: &str, from: &str, to: &str) {
        let text = self.read(relative);
        assert!(text.contains(from), "{relative} does not hold {from:?}");
        self.write(relative, text.replacen(from, to, 1));
    }

    /// Adds a row at the end of a file.
    pub fn add_row(&self, relative: &str, row: &str) {
        let mut bytes = fs::read(self.path(relative)).unwrap();
        bytes.extend_from_slice(row.as_bytes());
        self.write(relative, bytes);
    }

    /// The program, ready to be given arguments, in this folder.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
        command.current_dir(self.folder.path()).env_remove("RUST_LOG").env("USER", "tester");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(&self.program().args(arguments).output().unwrap())
    }

    /// Runs the statewide pipeline.
    pub fn statewide(&self) -> Ended {
        self.run(&["run", "pipelines/statewide.yaml"])
    }

    /// Every file below a folder with its bytes, by path.
    pub fn files(&self, relative: &str) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        let root = self.path(relative);
        gather(&root, &root, &mut found);
        found.sort();
        found
    }

    /// The current release's folder, relative to the project.
    pub fn release(&self) -> String {
        let pointer: serde_json::Value = serde_json::from_str(&self.read("out/current.json")).unwrap();
        format!("out/releases/{}", pointer["release"].as_str().unwrap())
    }

    /// One question to the current release, answered as CSV lines without the header.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        let ended = self.run(&["query", "--csv", sql]);
        assert_eq!(ended.code, 0, "{sql}\n{}", ended.err);
        ended.out.lines().skip(1).map(str::to_owned).collect()
    }
}

fn gather(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.push((name, fs::read(&path).unwrap()));
        }
    }
}

pub fn ended(output: &Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Ended {
    /// Asserts exit code and that standard error holds every one of these words.
    #[track_caller]
    pub fn fails_with(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "out: {}\nerr: {}", self.out, self.err);
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in:\n{}", self.err);
        }
    }

    #[track_caller]
    pub fn is_fine(&self) {
        assert_eq!(self.code, 0, "out: {}\nerr: {}", self.out, self.err);
    }
}
