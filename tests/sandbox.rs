//! Helpers for running the program itself in a directory of its own.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A directory that goes away with the test.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// A file in which every kind of finding of `blocking-sleep` occurs once.
pub const ALL_SAFETIES: &str = "\
import time


async def poll(lock, seconds):
    time.sleep(1)
    with lock:
        time.sleep(2)
    return (time.sleep(each) for each in seconds)
";

/// A file with one safe fix.
pub const SAFE: &str = "\
import time


async def tick():
    time.sleep(1)
";

/// What the fix makes of it.
pub const SAFE_AFTER: &str = "\
import asyncio


async def tick():
    await asyncio.sleep(1)
";

impl Sandbox {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A directory with these files in it.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let sandbox = Self::new();
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    #[track_caller]
    pub fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.path(path)).unwrap()
    }

    /// The program with these arguments, in this directory, without what the caller's environment
    /// would change.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asyncfix"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env_remove("CLICOLOR_FORCE")
            .env_remove("RUST_BACKTRACE")
            // Help texts are wrapped to the width of the terminal.
            .env("COLUMNS", "100");
        command
    }

    /// Exit code, standard output and standard error, for a snapshot.
    pub fn run(&self, arguments: &[&str]) -> String {
        self.show(arguments, &self.command(arguments).output().unwrap())
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> String {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        self.show(arguments, &child.wait_with_output().unwrap())
    }

    pub fn exit_code(&self, arguments: &[&str]) -> i32 {
        let output = self.command(arguments).output().unwrap();
        output.status.code().expect("not ended by a signal")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn show(&self, arguments: &[&str], output: &Output) -> String {
        let shown = format!(
            "$ asyncfix {}\nexit code: {}\n----- stdout -----\n{}----- stderr -----\n{}",
            arguments.join(" "),
            output.status.code().expect("not ended by a signal"),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let folder = self.folder.path().canonicalize().unwrap();
        shown
            .replace(folder.to_str().unwrap(), "[FOLDER]")
            .replace(self.folder.path().to_str().unwrap(), "[FOLDER]")
    }
}

/// Compares with `snapshots/cli/<name>.snap`.
#[track_caller]
pub fn compare(name: &str, shown: &str) {
    insta::with_settings!({
        snapshot_path => "../snapshots/cli",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, shown);
    });
}
