//! A project to run the real program in: the repository's documents and a small synthetic state, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::canaries;

/// Learners of the small state.
const LEARNERS: u64 = 120;

/// A folder with documents and data. When it is dropped it is searched for canaries, and removed.
pub struct Project {
    folder: PathBuf,
    /// Removes the folder; the shared ones are removed by a later test process.
    _owned: Option<TempDir>,
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

/// A folder that all tests of this process share. Nothing runs when a process ends, so each removes those of processes that are gone.
fn shared(name: &str) -> PathBuf {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    let home = HOME.get_or_init(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let processes = Path::new("/proc");
        for entry in fs::read_dir(all).unwrap().flatten() {
            let pid = entry.file_name().into_string().ok().and_then(|n| n.strip_prefix("it-").map(str::to_owned));
            if pid.is_some_and(|pid| processes.is_dir() && !processes.join(pid).exists()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let home = all.join(format!("it-{}", std::process::id()));
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home).unwrap();
        home
    });
    let folder = home.join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

/// The small state, made once a test process.
fn small_state() -> &'static Path {
    static STATE: OnceLock<PathBuf> = OnceLock::new();
    STATE.get_or_init(|| {
        let folder = shared("state");
        throughline::synth::generate(LEARNERS, 11, &folder).unwrap();
        folder
    })
}

/// A finished run over the small state, made once a test process; to be looked at and not changed.
pub fn released() -> &'static Project {
    static RELEASED: OnceLock<Project> = OnceLock::new();
    RELEASED.get_or_init(|| finished("released", small_state(), Documents::Core))
}

/// A finished run over `sample_data`, made once a test process; to be looked at and not changed.
pub fn sample_release() -> &'static Project {
    static RELEASED: OnceLock<Project> = OnceLock::new();
    RELEASED.get_or_init(|| finished("sample", &repository().join("sample_data"), Documents::All))
}

/// How much of the statewide pipeline a project has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Documents {
    /// All of it.
    All,
    /// One pack and five marts, which is enough for most questions and much faster.
    Core,
}

const CORE: [&str; 2] =
    ["rules: [perkins_v]", "marts: [learner_pathway, cte_participation, placement, indicator, opportunity_gap]"];

fn finished(name: &str, data: &Path, documents: Documents) -> Project {
    let project = Project { folder: shared(name), _owned: None };
    project.take_documents(documents);
    copy(data, &project.path("sample_data"));
    project.run(&["run", "pipelines/statewide.yaml", "--threads", "2", "--memory", "1GiB"]).is_fine();
    // A static is never dropped, so it is searched here.
    assert_eq!(project.leaks(), Vec::<String>::new(), "canaries leaked");
    project
}

/// Copies a finished run. Its Parquet files are never written again, so they are linked; the rest is copied.
fn copy_run(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy_run(&from, &to);
        } else if from.extension().is_none_or(|e| e != "parquet") || fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to).unwrap();
        }
    }
}

impl Project {
    /// The repository's documents over the small state.
    pub fn small() -> Self {
        let project = Self::without_data();
        copy(small_state(), &project.path("sample_data"));
        project
    }

    /// The repository's documents over the small state, and the run over them that all tests share: as if this test had made it.
    pub fn after_a_run() -> Self {
        let project = Self::small();
        copy_run(&released().path("out"), &project.path("out"));
        project
    }

    /// The repository's documents and no data.
    pub fn without_data() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder: folder.path().to_owned(), _owned: Some(folder) };
        project.take_documents(Documents::Core);
        project
    }

    fn take_documents(&self, documents: Documents) {
        for part in ["config", "pipelines"] {
            copy(&repository().join(part), &self.path(part));
        }
        if documents == Documents::All {
            return;
        }
        let statewide = "pipelines/statewide.yaml";
        let (mut kept, mut within_marts) = (String::new(), false);
        for line in self.read(statewide).lines() {
            let at_margin = line.starts_with(|c: char| c.is_ascii_lowercase());
            within_marts = line.starts_with("marts:") || (within_marts && !at_margin && !line.is_empty());
            let line = match line {
                _ if line.starts_with("rules:") => CORE[0],
                _ if line.starts_with("marts:") => CORE[1],
                _ if within_marts => continue,
                other => other,
            };
            kept.push_str(line);
            kept.push('\n');
        }
        self.write(statewide, kept);
    }

    /// The files outside the restricted zone that hold something of a canary.
    pub fn leaks(&self) -> Vec<String> {
        canaries::below(&self.folder)
    }

    /// The record of the last run.
    pub fn last_results(&self) -> serde_json::Value {
        let records: Vec<_> =
            self.files("out/runs").into_iter().filter(|(n, _)| n.ends_with("run_results.json")).collect();
        serde_json::from_slice(&records.last().unwrap().1).unwrap()
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }

    pub fn read(&self, relative: &str) -> String {
        let path = self.path(relative);
        String::from_utf8_lossy(&fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).into_owned()
    }

    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file of a shared run has other names too; what is written is a new one.
        let rights = fs::metadata(&path).ok().map(|m| m.permissions());
        let _ = fs::remove_file(&path);
        fs::write(&path, text).unwrap();
        if let Some(rights) = rights {
            fs::set_permissions(path, rights).unwrap();
        }
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
        command.current_dir(&self.folder).env_remove("RUST_LOG").env("USER", "tester");
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

impl Drop for Project {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.leaks(), Vec::<String>::new(), "canaries leaked");
        }
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
    let ended = Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    ended.holds_no_canary();
    ended
}

impl Ended {
    /// Asserts that nothing of a canary was printed.
    #[track_caller]
    pub fn holds_no_canary(&self) {
        for printed in [&self.out, &self.err] {
            assert_eq!(canaries::in_bytes(printed.as_bytes()), None, "printed: {printed}");
        }
    }

    /// What standard error says of an error, without the lines that tell how far the run was.
    pub fn error(&self) -> String {
        let lines: Vec<&str> = self.err.lines().skip_while(|line| !line.starts_with("error")).collect();
        lines.join("\n")
    }

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
