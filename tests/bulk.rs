//! Bulk jobs: many repositories, killed at any moment, cut into shards, with repositories that mean harm.

#![cfg(unix)]

use crate::sandbox::{SAFE, SAFE_AFTER, Sandbox};
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How often a job is killed in a test; more with `ASYNCFIX_KILLS`, and in another way with `ASYNCFIX_SEED`.
const KILLS: u64 = 6;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs git where nothing of the user's settings counts.
#[track_caller]
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "1700000000 +0000")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A file with a fix to review beside one that is safe, and one that one file cannot have alone.
const TWO: &str = "\
import time
import os


async def tick():
    time.sleep(1)
    os.getcwd()


async def read(path):
    with open(path) as file:
        return file.read()
";

/// A repository with one commit.
fn repository(sandbox: &Sandbox, name: &str, files: &[(&str, &str)]) -> PathBuf {
    for (path, text) in files {
        sandbox.write(&format!("{name}/{path}"), text);
    }
    let folder = sandbox.path(name);
    git(&folder, &["init", "--quiet"]);
    commit(&folder);
    folder
}

fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message=one"]);
}

/// Repositories of several kinds below `repositories`.
fn several(sandbox: &Sandbox) {
    for index in 0..5 {
        let name = format!("repositories/r{index}");
        let text = format!("{SAFE}\n\nNUMBER = {index}\n");
        let files = [
            ("app/__init__.py", ""),
            ("app/one.py", text.as_str()),
            ("app/two.py", TWO),
            ("other/three.py", SAFE),
            ("still.py", "x = 1\n"),
        ];
        repository(sandbox, &name, &files);
    }
}

fn bulk(sandbox: &Sandbox, arguments: &[&str]) -> (i32, String) {
    let output = sandbox.command(&[&["bulk"], arguments].concat()).output();
    let output = output.unwrap();
    let text = [output.stdout, output.stderr].concat();
    let code = output.status.code().unwrap();
    (code, String::from_utf8_lossy(&text).into_owned())
}

#[track_caller]
fn succeeds(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let (code, text) = bulk(sandbox, arguments);
    assert_eq!(code, 0, "{text}");
    text
}

/// The report of an output folder, less what differs from run to run.
#[track_caller]
fn report(sandbox: &Sandbox, format: &str, output: &str) -> String {
    let arguments = [
        "report",
        "job.toml",
        "--without-times",
        "--format",
        format,
        "--output",
        output,
    ];
    succeeds(sandbox, &arguments)
}

/// All files below a folder, git's own left out.
fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with(".git") => {}
                true => open.push(path),
                false => {
                    found.insert(path.clone(), std::fs::read(&path).unwrap());
                }
            }
        }
    }
    let below = found.into_iter();
    below
        .map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_path_buf(), bytes))
        .collect()
}

/// Runs a job and kills it, at moments that a seed decides, until it was killed often enough or is done.
fn run_and_kill(sandbox: &Sandbox, arguments: &[&str]) {
    let mut random = number("ASYNCFIX_SEED").unwrap_or(7) | 1;
    for _ in 0..number("ASYNCFIX_KILLS").unwrap_or(KILLS) {
        // xorshift: the same moments for the same seed.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut child = sandbox
            .command(&[&["bulk"], arguments].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(random % 700));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    succeeds(sandbox, arguments);
}

#[test]
fn a_job_that_is_killed_ends_like_one_that_is_not_and_can_be_undone() {
    let sandbox = Sandbox::new();
    several(&sandbox);
    let job = "repositories = [\"repositories/*\"]\nleave = \"worktree\"\ncut = \"package\"\n\
               [[check]]\nname = \"there\"\nrun = [\"test\", \"-f\", \"still.py\"]\n";
    sandbox.write("job.toml", job);
    let before = bytes(&sandbox.path("repositories"));
    succeeds(&sandbox, &["run", "job.toml", "--output", "whole"]);
    let after = bytes(&sandbox.path("repositories"));
    assert_eq!(after[Path::new("r0/other/three.py")], SAFE_AFTER.as_bytes());
    succeeds(&sandbox, &["undo", "job.toml", "--output", "whole"]);
    assert!(bytes(&sandbox.path("repositories")) == before);

    run_and_kill(&sandbox, &["run", "job.toml", "--output", "killed"]);
    assert!(bytes(&sandbox.path("repositories")) == after);
    let (whole, killed) = (
        sandbox.path("whole/repositories"),
        sandbox.path("killed/repositories"),
    );
    assert!(bytes(&whole) == bytes(&killed));
    assert_eq!(
        report(&sandbox, "json", "whole"),
        report(&sandbox, "json", "killed")
    );
    // What somebody changed since is theirs.
    sandbox.write("repositories/r1/app/one.py", "mine = 1\n");
    let (code, told) = bulk(&sandbox, &["undo", "job.toml", "--output", "killed"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("app/one.py was changed since"), "{told}");
    let undone = bytes(&sandbox.path("repositories"));
    for (path, bytes) in &before {
        let is_theirs = path.starts_with("r1");
        assert_eq!(
            undone[path] == *bytes,
            !is_theirs || after[path] == *bytes,
            "{path:?}"
        );
    }
}

#[test]
fn shards_come_to_what_one_run_comes_to() {
    let sandbox = Sandbox::new();
    several(&sandbox);
    sandbox.write(
        "job.toml",
        "repositories = [\"repositories/*\"]\nsafety = \"review\"\n",
    );
    succeeds(&sandbox, &["run", "job.toml", "--output", "whole"]);
    for shard in ["1/3", "3/3"] {
        succeeds(
            &sandbox,
            &["run", "job.toml", "--output", "parts", "--shard", shard],
        );
    }
    let (code, told) = bulk(&sandbox, &["merge", "job.toml", "--output", "parts"]);
    assert_eq!(code, 2);
    assert!(told.contains("not run yet: 2/3"), "{told}");
    let second = ["run", "job.toml", "--output", "parts", "--shard", "auto/3"];
    let mut command = sandbox.command(&[&["bulk"], &second[..]].concat());
    assert!(
        command
            .env("JOB_COMPLETION_INDEX", "1")
            .output()
            .unwrap()
            .status
            .success()
    );
    succeeds(&sandbox, &["merge", "job.toml", "--output", "parts"]);
    assert!(
        bytes(&sandbox.path("whole/repositories")) == bytes(&sandbox.path("parts/repositories"))
    );
    for format in ["markdown", "html", "json"] {
        assert_eq!(
            report(&sandbox, format, "whole"),
            report(&sandbox, format, "parts")
        );
    }
}

#[test]
fn patches_give_what_was_reported_in_a_fresh_clone() {
    for cut in [
        "\"repository\"",
        "\"transform\"",
        "\"package\"",
        "{ files = 1 }",
    ] {
        let sandbox = Sandbox::new();
        let files = [
            ("app/__init__.py", ""),
            ("app/two.py", TWO),
            ("three.py", SAFE),
        ];
        let folder = repository(&sandbox, "r", &files);
        let job = format!(
            "repositories = [\"r\"]\nsafety = \"review\"\ncut = {cut}\nleave = \"branch\"\n"
        );
        sandbox.write("job.toml", job);
        succeeds(&sandbox, &["run", "job.toml"]);
        assert_eq!(git(&folder, &["status", "--porcelain"]), "");
        git(sandbox.folder(), &["clone", "--quiet", "r", "clone"]);
        let clone = sandbox.path("clone");
        let results = sandbox.path("job-output/repositories");
        let results = std::fs::read_dir(results).unwrap().next().unwrap().unwrap();
        let names = bytes(&results.path()).into_keys();
        let patches: Vec<_> = names
            .filter(|name| name.extension().unwrap() == "patch")
            .collect();
        assert_eq!(
            patches.len(),
            if cut.contains("repository") { 1 } else { 2 },
            "{cut}"
        );
        for patch in patches {
            git(
                &clone,
                &[
                    "am",
                    "--quiet",
                    results.path().join(patch).to_str().unwrap(),
                ],
            );
        }
        let tree =
            |folder, revision: &str| git(folder, &["rev-parse", &format!("{revision}^{{tree}}")]);
        assert_eq!(tree(&clone, "HEAD"), tree(&folder, "asyncfix"), "{cut}");
        // A branch that stands as it was made goes; one that somebody worked on stays.
        git(&folder, &["branch", "kept", "asyncfix"]);
        succeeds(&sandbox, &["undo", "job.toml"]);
        assert_eq!(
            git(&folder, &["for-each-ref", "--format=%(refname)"]),
            "refs/heads/kept\nrefs/heads/main"
        );
    }
}

#[test]
fn a_branch_that_is_there_is_left_alone() {
    let sandbox = Sandbox::new();
    let folder = repository(&sandbox, "r", &[("a.py", SAFE)]);
    git(&folder, &["branch", "asyncfix"]);
    sandbox.write("job.toml", "repositories = [\"r\"]\nleave = \"branch\"\n");
    let (code, told) = bulk(&sandbox, &["run", "job.toml"]);
    assert_eq!(code, 2);
    assert!(
        told.contains("it has a branch `asyncfix` already"),
        "{told}"
    );
    git(&folder, &["branch", "--delete", "asyncfix"]);
    succeeds(&sandbox, &["retry", "--failed", "job.toml"]);
    git(&folder, &["checkout", "--quiet", "asyncfix"]);
    let (_, told) = bulk(&sandbox, &["undo", "job.toml"]);
    assert!(told.contains("`asyncfix` is checked out"), "{told}");
}

/// What a job says of repositories that mean harm, or that are odd, is told; nothing of them is run, and
/// the others are done.
#[test]
fn nothing_that_a_repository_brings_along_is_run_or_followed() {
    let sandbox = Sandbox::new();
    let ran = sandbox.path("ran");
    let touch = format!("touch {}; cat", ran.display());
    let attributes = "*.py filter=evil text eol=crlf\n*.txt filter=lfs\n";
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let files = [
        ("a.py", SAFE),
        (".gitattributes", attributes),
        ("big.txt", pointer),
    ];
    let evil = repository(&sandbox, "r/evil", &files);
    for setting in [
        "filter.evil.smudge",
        "filter.evil.clean",
        "core.fsmonitor",
        "core.alternateRefsCommand",
    ] {
        git(&evil, &["config", setting, &touch]);
    }
    for hook in [
        "post-checkout",
        "reference-transaction",
        "post-commit",
        "post-index-change",
    ] {
        let path = evil.join(".git/hooks").join(hook);
        sandbox.write(
            &format!("r/evil/.git/hooks/{hook}"),
            format!("#!/bin/sh\n{touch}\n"),
        );
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    }
    // Links that lead out, to a file and to a folder.
    sandbox.write("outside/a.py", SAFE);
    let links = repository(&sandbox, "r/links", &[("a.py", SAFE), ("b.py", SAFE)]);
    symlink(sandbox.path("outside/a.py"), links.join("link.py")).unwrap();
    symlink(sandbox.path("outside"), links.join("folder")).unwrap();
    commit(&links);
    // Names that are no text, and a submodule that is not there.
    let odd = repository(&sandbox, "r/odd", &[("a.py", SAFE)]);
    let name = std::ffi::OsStr::from_bytes(b"x\xff.py");
    std::fs::write(odd.join(name), "x = 1\n").unwrap();
    commit(&odd);
    let zeros = "1".repeat(40);
    git(
        &odd,
        &[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("160000,{zeros},sub"),
        ],
    );
    git(&odd, &["commit", "--quiet", "--message=sub"]);
    // Nothing, no commit, no work tree, a history that is cut off, a head that is no branch.
    std::fs::create_dir_all(sandbox.path("r/nothing")).unwrap();
    std::fs::create_dir_all(sandbox.path("r/empty")).unwrap();
    git(&sandbox.path("r/empty"), &["init", "--quiet"]);
    git(
        &sandbox.path("r"),
        &["clone", "--quiet", "--bare", "links", "bare"],
    );
    let url = format!("file://{}", links.display());
    git(
        &sandbox.path("r"),
        &["clone", "--quiet", "--depth=1", &url, "shallow"],
    );
    git(&links, &["checkout", "--quiet", "--detach"]);

    let job = format!(
        "repositories = [\"r/*\", \"r/../r/links\", \"gone\", \"{url}\", \"file:///nowhere/x.git\"]\n\
         leave = \"branch\"\n"
    );
    sandbox.write("job.toml", job);
    let (code, told) = bulk(&sandbox, &["run", "job.toml"]);
    assert_eq!(code, 2, "{told}");
    assert!(!ran.exists(), "something of a repository was run: {told}");
    assert_eq!(sandbox.read("outside/a.py"), SAFE.as_bytes());
    for expected in [
        "r/links is named twice",
        "r/empty: prepare: it has no commit",
        "r/nothing: prepare: it is no git repository",
        "gone: prepare: there is no such folder",
        "only patches can be left of it",
        "nowhere/x.git: git: git fetch",
        "5 done, 5 failed",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    for name in ["evil", "links", "odd", "bare", "shallow"] {
        let folder = sandbox.path("r").join(name);
        let shown = git(
            &folder,
            &["-c", "core.fsmonitor=false", "show", "asyncfix:a.py"],
        );
        assert_eq!(shown, SAFE_AFTER.trim_end(), "{name}");
    }
}

#[test]
fn checks_say_what_may_be_left() {
    let sandbox = Sandbox::new();
    let folder = repository(&sandbox, "r", &[("a.py", SAFE)]);
    let job = |checks: &str| {
        let head = "repositories = [\"r\"]\nleave = \"branch\"\n";
        sandbox.write("job.toml", format!("{head}{checks}"));
        let _ = std::fs::remove_dir_all(sandbox.path("job-output"));
        bulk(&sandbox, &["run", "job.toml"])
    };
    let branches = || git(&folder, &["branch", "--format=%(refname:short)"]);
    // It holds before, and no longer after.
    let (code, told) =
        job("[[check]]\nname = \"same\"\nrun = [\"grep\", \"-q\", \"time.sleep\", \"a.py\"]\n");
    assert_eq!((code, &*branches()), (2, "main"), "{told}");
    // `asyncio.sleep` has no `time.sleep` in it.
    assert!(
        told.contains("check: `same` passed before and fails now: exit 1"),
        "{told}"
    );
    let results = bytes(&sandbox.path("job-output/repositories"));
    let is_failing = |path: &PathBuf| {
        path.parent()
            .is_some_and(|folder| folder.ends_with("failing"))
    };
    assert!(results.keys().any(is_failing));
    // It never ends, and it wants too much.
    let hangs = "[[check]]\nname = \"hangs\"\nrun = [\"sleep\", \"600\"]\nseconds = 1\nwhen = [\"after\"]\n";
    let (_, told) = job(hangs);
    assert!(
        told.contains("`hangs` fails: stopped after 1 seconds"),
        "{told}"
    );
    let wants = "[[check]]\nname = \"wants\"\nmemory = 64\nwhen = [\"after\"]\n\
                 run = [\"python3\", \"-c\", \"bytes(1 << 30)\"]\n";
    let (_, told) = job(wants);
    assert!(told.contains("`wants` fails"), "{told}");
    // It fails in any case: that is not of our doing. What a formatter does belongs to the result, and
    // what others do does not.
    let (code, told) = job("[[check]]\nname = \"never\"\nrun = [\"false\"]\n\
         [[check]]\nname = \"format\"\nchanges = true\nrun = [\"sh\", \"-c\", \"echo '# formatted' >> a.py\"]\n\
         [[check]]\nname = \"litter\"\nrun = [\"sh\", \"-c\", \"echo x >> a.py; touch b.py\"]\n");
    assert_eq!((code, &*branches()), (0, "asyncfix\nmain"), "{told}");
    let shown = git(&folder, &["show", "asyncfix:a.py"]);
    assert_eq!(shown, format!("{SAFE_AFTER}# formatted"));
    assert_eq!(
        git(&folder, &["ls-tree", "--name-only", "asyncfix"]),
        "a.py"
    );
}

#[test]
fn a_job_file_that_is_wrong_says_how() {
    let sandbox = Sandbox::new();
    for (text, expected) in [
        ("repositories = []\n", "it names no repository"),
        ("repositores = [\"x\"]\n", "unknown field"),
        (
            "repositories = [\"x\"]\n[asyncfix]\nselct = []\n",
            "unknown field",
        ),
        (
            "repositories = [\"x\"]\ncut = { files = 0 }\n",
            "leaves no file",
        ),
        (
            "repositories = [\"y/*\"]\n",
            "names no repository that is there",
        ),
    ] {
        sandbox.write("job.toml", text);
        let (code, told) = bulk(&sandbox, &["run", "job.toml"]);
        assert_eq!(code, 2);
        assert!(told.contains(expected), "{expected}: {told}");
    }
    repository(&sandbox, "x", &[("a.py", SAFE)]);
    sandbox.write("job.toml", "repositories = [\"x\"]\n");
    let (_, told) = bulk(&sandbox, &["resume", "job.toml"]);
    assert!(told.contains("nothing was begun"), "{told}");
    succeeds(&sandbox, &["run", "job.toml"]);
    sandbox.write("job.toml", "repositories = [\"x\"]\nsafety = \"review\"\n");
    let (_, told) = bulk(&sandbox, &["run", "job.toml"]);
    assert!(told.contains("the job file is another"), "{told}");
}
