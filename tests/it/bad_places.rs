//! Keys, folders, disks and arguments that are wrong: each has its exit code and message, and nothing is published that should not be.

use std::fs;

use crate::bad_files::refused;
use crate::project::Project;

#[cfg(unix)]
#[test]
fn an_input_folder_that_is_a_link_to_nothing() {
    let ended = refused(|p| {
        fs::rename(p.path("sample_data/wages"), p.path("elsewhere")).unwrap();
        std::os::unix::fs::symlink("nowhere", p.path("sample_data/wages")).unwrap();
        // The wages are kept where the search for canaries passes them by.
        fs::rename(p.path("elsewhere"), p.path("sample_data/elsewhere")).unwrap();
    });
    ended.fails_with(8, &["sample_data/wages", "rights"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn an_input_folder_that_is_a_file() {
    let ended = refused(|p| {
        fs::remove_dir_all(p.path("sample_data/wages")).unwrap();
        p.write("sample_data/wages", "a file where the folder should be");
    });
    ended.fails_with(8, &["sample_data/wages", "rights"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn an_input_folder_that_is_not_there() {
    let ended = refused(|p| fs::remove_dir_all(p.path("sample_data/wages")).unwrap());
    ended.fails_with(3, &["nothing has arrived for: ui_wages"]);
}

#[test]
fn no_key_no_run() {
    let ended = refused(|p| p.replace("pipelines/statewide.yaml", "hub: demo", "hub: \"env:NO_SUCH_KEY\""));
    ended.fails_with(6, &["NO_SUCH_KEY", "throughline keys new"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn the_demo_key_is_for_made_up_people_only() {
    let ended = refused(|p| {
        let text = p.read("pipelines/statewide.yaml");
        let line = text.lines().find(|l| l.contains("ui_wages:")).unwrap().to_owned();
        p.replace("pipelines/statewide.yaml", &line, &line.replace("synthetic: true", "synthetic: false"));
    });
    ended.fails_with(6, &["demo"]);
    insta::assert_snapshot!(ended.error());
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let ended = refused(|p| {
        p.run(&["keys", "new", "hub", "hub.key"]).is_fine();
        fs::set_permissions(p.path("hub.key"), fs::Permissions::from_mode(0o644)).unwrap();
        p.replace("pipelines/statewide.yaml", "hub: demo", "hub: \"file:hub.key\"");
    });
    ended.fails_with(6, &["hub.key", "chmod 600"]);
    insta::assert_snapshot!(ended.error());
}

#[test]
fn a_wrong_key() {
    let project = Project::without_data();
    project.run(&["keys", "new", "send", "send.key"]).is_fine();
    project.run(&["keys", "check", "send", "file:send.key"]).is_fine();
    project.run(&["keys", "check", "hub", "file:send.key"]).fails_with(6, &["send.key"]);
    project.run(&["keys", "new", "send", "send.key"]).fails_with(2, &["never written over"]);
    let text = project.read("send.key");
    let last = text.trim_end().chars().last().unwrap();
    let damaged = format!("{}{}\n", &text.trim_end()[..text.trim_end().len() - 1], if last == '0' { '1' } else { '0' });
    project.write("send.key", damaged);
    let ended = project.run(&["keys", "check", "send", "file:send.key"]);
    ended.fails_with(6, &["send.key"]);
    insta::with_settings!({ filters => vec![(r"id [0-9a-f]{8}", "id [ID]")] }, {
        insta::assert_snapshot!(ended.error());
    });
}

#[test]
fn an_output_folder_that_cannot_be_written() {
    let project = Project::small();
    project.write("blocked", "a file where the folder should be");
    let ended = project.run(&["run", "pipelines/statewide.yaml", "--out", "blocked"]);
    ended.fails_with(8, &["cannot write to", "blocked"]);
    insta::with_settings!({ filters => vec![(r"/\S+/blocked", "[PROJECT]/blocked")] }, {
        insta::assert_snapshot!(ended.error());
    });
}

#[cfg(unix)]
#[test]
fn a_full_disk() {
    let project = Project::small();
    // No file may grow beyond 40 blocks: the write fails as on a full disk, and the signal that would end the process is ignored.
    let script =
        format!("trap '' XFSZ; ulimit -f 40; exec {} run pipelines/statewide.yaml", env!("CARGO_BIN_EXE_throughline"));
    let output =
        std::process::Command::new("bash").args(["-c", &script]).current_dir(project.path("")).output().unwrap();
    let ended = crate::project::ended(&output);
    ended.fails_with(8, &["out/restricted", "free space"]);
    // Which file fills the disk is chance.
    insta::with_settings!({ filters => vec![(r"error: .*", "error: [WHAT AND WHERE]")] }, {
        insta::assert_snapshot!(ended.error());
    });
    assert!(!project.path("out/current.json").exists());
}

#[test]
fn wrong_usage() {
    let project = Project::without_data();
    project.run(&["run"]).fails_with(2, &["Usage"]);
    project.run(&["run", "pipelines/statewide.yaml", "--as-of", "yesterday"]).fails_with(2, &["2025-11-15"]);
    project.run(&["run", "pipelines/statewide.yaml", "--memory", "much"]).fails_with(2, &["2GiB"]);
    project.run(&["query", "select 1"]).fails_with(3, &["run a pipeline first"]);
}

#[test]
fn nothing_received_by_that_day() {
    let project = Project::small();
    project.run(&["run", "pipelines/statewide.yaml", "--as-of", "2001-01-01"]).fails_with(3, &["nothing has arrived"]);
}
