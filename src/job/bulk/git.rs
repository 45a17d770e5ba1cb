//! git, so that nothing which a repository brings along is run: no hooks, no filters, no programs that its
//! settings name, no questions, and files with exactly the bytes that were committed.

use super::super::process::{Done, Patience, run};
use super::Trouble;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// From this version on, attributes can be left out of account.
const OLDEST: (u32, u32) = (2, 41);

/// Settings that hold whatever a repository or its owner has set.
const SETTINGS: [&str; 16] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.alternateRefsCommand=true",
    "core.sshCommand=ssh",
    "core.symlinks=true",
    "core.quotePath=true",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "advice.detachedHead=false",
    "safe.directory=*",
];

/// Variables that tell programs where they are, and nothing that is secret.
const PLAIN: [&str; 4] = ["PATH", "SYSTEMROOT", "TZ", "NIX_LD"];

/// What reaching another machine may need.
const REMOTE: [&str; 11] = [
    "HOME",
    "USER",
    "SSH_AUTH_SOCK",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A command that sees next to nothing of our environment.
pub fn plain(program: impl AsRef<OsStr>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOME", home).env("LANG", "C.UTF-8");
    copy(&mut command, PLAIN);
    command
}

/// Lets a command see some variables of ours.
pub fn copy<'n>(command: &mut Command, names: impl IntoIterator<Item = &'n str>) {
    for name in names {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// A git directory at work.
#[derive(Clone, Debug)]
pub struct Git {
    directory: PathBuf,
    /// The git directory, if it is not to be looked for.
    own: Option<PathBuf>,
    index: Option<PathBuf>,
    home: PathBuf,
    seconds: u64,
    /// Who commits and when, in git's words.
    signature: Option<(String, String, String)>,
}

impl Git {
    /// In a folder that somebody else owns.
    pub fn at(directory: &Path, home: &Path, seconds: u64) -> Self {
        Self {
            directory: directory.to_path_buf(),
            own: None,
            index: None,
            home: home.to_path_buf(),
            seconds,
            signature: None,
        }
    }

    /// With a git directory of ours.
    pub fn own(directory: &Path, home: &Path, seconds: u64) -> Self {
        Self {
            own: Some(directory.to_path_buf()),
            ..Self::at(directory, home, seconds)
        }
    }

    pub fn with_index(&self, index: &Path) -> Self {
        Self {
            index: Some(index.to_path_buf()),
            ..self.clone()
        }
    }

    pub fn signed(&self, name: &str, address: &str, date: &str) -> Self {
        Self {
            signature: Some((name.to_owned(), address.to_owned(), date.to_owned())),
            ..self.clone()
        }
    }

    /// Below another folder, for names of files that count from there.
    pub fn below(&self, directory: &Path) -> Self {
        Self {
            directory: directory.to_path_buf(),
            ..self.clone()
        }
    }

    fn command(&self) -> Command {
        let mut command = plain("git", &self.home);
        command.current_dir(&self.directory);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let fixed = [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_LFS_SKIP_SMUDGE", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("GIT_ALLOW_PROTOCOL", ""),
        ];
        command.envs(fixed);
        // A folder in somebody's repository is not that repository.
        if let Some(parent) = self.directory.parent() {
            command.env("GIT_CEILING_DIRECTORIES", parent);
        }
        if let Some(own) = &self.own {
            command.env("GIT_DIR", own);
            command.env("GIT_ATTR_SOURCE", EMPTY_TREE);
        }
        if let Some(index) = &self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        if let Some((name, address, date)) = &self.signature {
            for who in ["AUTHOR", "COMMITTER"] {
                command.env(format!("GIT_{who}_NAME"), name);
                command.env(format!("GIT_{who}_EMAIL"), address);
                command.env(format!("GIT_{who}_DATE"), date);
            }
        }
        command
    }

    /// What git prints.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Vec<u8>, Trouble> {
        let mut command = self.command();
        command.args(arguments);
        self.finish(command, arguments)
    }

    /// The same, reaching other machines with what the user has set for that.
    pub fn remote<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Vec<u8>, Trouble> {
        let mut command = self.command();
        command.env_remove("GIT_CONFIG_GLOBAL");
        command.env("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh");
        command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
        copy(&mut command, REMOTE);
        command.args(arguments);
        self.finish(command, arguments)
    }

    /// One line of what git prints.
    pub fn line<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String, Trouble> {
        let printed = self.run(arguments)?;
        Ok(String::from_utf8_lossy(&printed).trim_end().to_owned())
    }

    fn finish<A: AsRef<OsStr>>(
        &self,
        mut command: Command,
        arguments: &[A],
    ) -> Result<Vec<u8>, Trouble> {
        let done = run(&mut command, Patience(Duration::from_secs(self.seconds)));
        let done = done.map_err(|error| Trouble::of("git", format!("cannot be run: {error}")))?;
        match done.is_success() {
            true => Ok(done.stdout),
            false => Err(Trouble::of("git", failure(&done, arguments))),
        }
    }
}

/// What git has for a tree with nothing in it, in repositories with SHA-1.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

fn failure<A: AsRef<OsStr>>(done: &Done, arguments: &[A]) -> String {
    let verb = arguments
        .first()
        .map(|verb| verb.as_ref().to_string_lossy());
    let said = done.said();
    let said = match said.is_empty() {
        true => format!("{:?}", done.ended),
        false => said,
    };
    format!("git {}: {said}", verb.unwrap_or_default())
}

/// Says what is missing where git cannot be used.
pub fn is_usable() -> Result<(), String> {
    let version = Command::new("git").arg("version").output();
    let version = version.map_err(|error| format!("git is needed and cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&version.stdout).into_owned();
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    match found >= OLDEST {
        true => Ok(()),
        false => Err(format!(
            "git {}.{} or newer is needed, to leave attributes out of account; here it is {}",
            OLDEST.0,
            OLDEST.1,
            text.trim()
        )),
    }
}
