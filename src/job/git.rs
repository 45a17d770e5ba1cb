//! Git, asked so that nothing of a repository is executed: no hooks, no filters, no file system monitor,
//! no prompts. What is checked out are the bytes of the commit, whatever its attributes would make of
//! them, and new objects go to a folder of our own until they are wanted.

use super::process::{Ended, Patience, run};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// `--attr-source` came with this version.
const OLDEST: (u32, u32) = (2, 41);

/// What keeps the settings of a repository from running programs or changing bytes.
const SETTINGS: [&str; 9] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.eol=lf",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "protocol.ext.allow=never",
];

const PATIENCE: Patience = Patience(Duration::from_secs(3_600));

/// A git repository on this machine, with files checked out or without.
#[derive(Clone, Debug)]
pub struct Repository {
    folder: PathBuf,
    /// The tree without files, which attributes are read from.
    empty: String,
    /// Where new objects go, and where the repository has its own.
    objects: Option<(PathBuf, PathBuf)>,
}

#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("git cannot be started ({0}): it has to be installed, version 2.41 or newer")]
    Missing(std::io::Error),
    #[error("git is of version {0}, and has to be 2.41 or newer")]
    Old(String),
    #[error("git {command}: {said}")]
    Failed { command: String, said: String },
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A file of a commit that is to have other bytes.
#[derive(Clone, Debug)]
pub struct Change {
    /// From the root of the work tree, with slashes.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// Whose commits are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author(pub String, pub String);

/// Refuses a git that lacks what is needed here.
pub fn check_version() -> Result<(), GitError> {
    let output = Command::new("git").arg("--version").output();
    let said = output.map_err(GitError::Missing)?.stdout;
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    let version = said.strip_prefix("git version ").unwrap_or(&said);
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST => Ok(()),
        _ => Err(GitError::Old(version.to_owned())),
    }
}

/// Clones what a URL or path names, without a work tree. Submodules and large files stay where they are.
pub fn clone(url: &str, into: &Path) -> Result<Repository, GitError> {
    let mut command = plain();
    command
        .args(["clone", "--quiet", "--bare", "--"])
        .arg(url)
        .arg(into);
    output(&mut command, "clone")?;
    Repository::at(into)
}

impl Repository {
    /// The repository that a folder is of: that of a work tree, or a bare one.
    pub fn at(folder: &Path) -> Result<Self, GitError> {
        let mut repository = Self {
            folder: folder.to_path_buf(),
            empty: String::new(),
            objects: None,
        };
        // It depends on how the repository hashes; it need not exist to be read.
        let mut command = repository.command();
        command.args(["hash-object", "-t", "tree", "/dev/null"]);
        repository.empty = line(&output(&mut command, "hash-object")?);
        Ok(repository)
    }

    /// The same repository, whose new objects go to a folder and are no part of it.
    pub fn aside(&self, objects: &Path) -> Result<Self, GitError> {
        std::fs::create_dir_all(objects)?;
        let own = self.line([
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "objects",
        ])?;
        Ok(Self {
            objects: Some((objects.to_path_buf(), PathBuf::from(own))),
            ..self.clone()
        })
    }

    /// The full name of the commit that a revision stands for.
    pub fn commit(&self, revision: &str) -> Result<String, GitError> {
        let revision = format!("{revision}^{{commit}}");
        self.line([
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &revision,
        ])
        .map_err(|error| match error {
            GitError::Failed { command, said } if said.is_empty() => GitError::Failed {
                command,
                said: format!(
                    "there is no commit `{}`",
                    revision.trim_end_matches("^{commit}")
                ),
            },
            error => error,
        })
    }

    /// The files of a commit, in a work tree of their own.
    pub fn check_out(&self, commit: &str, into: &Path) -> Result<(), GitError> {
        let mut command = self.command();
        command.args(["worktree", "add", "--quiet", "--force", "--detach"]);
        command.arg(into).arg(commit);
        output(&mut command, "worktree add")?;
        Ok(())
    }

    /// Removes a work tree, whether all of it is there or not, and what the repository knows of it.
    pub fn remove(&self, work_tree: &Path) -> Result<(), GitError> {
        let mut command = self.command();
        command
            .args(["worktree", "remove", "--force", "--force"])
            .arg(work_tree);
        if output(&mut command, "worktree remove").is_ok() {
            return Ok(());
        }
        gone(std::fs::remove_dir_all(work_tree))?;
        // `git worktree prune` would forget those of others, too.
        let known = self.line([
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "worktrees",
        ])?;
        for entry in std::fs::read_dir(known).into_iter().flatten() {
            let folder = entry?.path();
            let leads_to = std::fs::read_to_string(folder.join("gitdir")).unwrap_or_default();
            if Path::new(leads_to.trim_end()) == work_tree.join(".git") {
                gone(std::fs::remove_dir_all(folder))?;
            }
        }
        Ok(())
    }

    /// A new commit on top of another, in which some files have other bytes. Modes stay.
    pub fn committed(
        &self,
        parent: &str,
        changes: &[Change],
        message: &str,
        author: &Author,
        scratch: &Path,
    ) -> Result<String, GitError> {
        let index = tempfile::Builder::new()
            .prefix("index-")
            .tempdir_in(scratch)?;
        let index = index.path().join("index");
        let with_index = || {
            let mut command = self.command();
            command.env("GIT_INDEX_FILE", &index);
            command
        };
        output(with_index().args(["read-tree", parent]), "read-tree")?;
        for change in changes {
            let mut file = tempfile::NamedTempFile::new_in(scratch)?;
            file.write_all(&change.bytes)?;
            let mut command = self.command();
            command
                .args(["hash-object", "-w", "--no-filters", "--"])
                .arg(file.path());
            let blob = line(&output(&mut command, "hash-object")?);
            let entry = self.line(["ls-tree", parent, "--", &change.path])?;
            let mode = entry.split(' ').next().filter(|mode| !mode.is_empty());
            let entry = format!("{},{blob},{}", mode.unwrap_or("100644"), change.path);
            let mut command = with_index();
            command.args(["update-index", "--add", "--cacheinfo", &entry]);
            output(&mut command, "update-index")?;
        }
        let tree = line(&output(with_index().arg("write-tree"), "write-tree")?);
        let mut text = tempfile::NamedTempFile::new_in(scratch)?;
        text.write_all(message.as_bytes())?;
        let mut command = self.command();
        command
            .args(["commit-tree", &tree, "-p", parent, "-F"])
            .arg(text.path());
        // The same commit, however often it is made: its date is that of its parent.
        let date = self.line(["show", "--no-patch", "--format=%cI", parent])?;
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), &author.0);
            command.env(format!("GIT_{role}_EMAIL"), &author.1);
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        Ok(line(&output(&mut command, "commit-tree")?))
    }

    /// A commit as a mail that `git am` takes.
    pub fn patch(&self, commit: &str) -> Result<Vec<u8>, GitError> {
        let mut command = self.command();
        command.args(["format-patch", "-1", "--stdout", "--binary", "--full-index"]);
        command.args([
            "--no-signature",
            "--no-stat",
            "--no-ext-diff",
            "--no-textconv",
            commit,
        ]);
        output(&mut command, "format-patch")
    }

    /// Sets a branch that has to be at `expected`, or not to be there, to a commit; nothing deletes it.
    pub fn set_branch(
        &self,
        branch: &str,
        commit: Option<&str>,
        expected: Option<&str>,
    ) -> Result<(), GitError> {
        let name = format!("refs/heads/{branch}");
        let none = "0".repeat(self.empty.len());
        let expected = expected.unwrap_or(&none);
        let mut command = self.command();
        command.arg("update-ref");
        match commit {
            Some(commit) => command.args([&*name, commit, expected]),
            None => command.args(["-d", &*name, expected]),
        };
        output(&mut command, "update-ref").map(drop)
    }

    /// What a command prints, on one line.
    fn line<A: AsRef<OsStr>, const N: usize>(&self, arguments: [A; N]) -> Result<String, GitError> {
        let name: OsString = arguments
            .first()
            .map(|it| it.as_ref().to_owned())
            .unwrap_or_default();
        let mut command = self.command();
        command.args(arguments);
        Ok(line(&output(&mut command, &name.to_string_lossy())?))
    }

    fn command(&self) -> Command {
        let mut command = plain();
        if !self.empty.is_empty() {
            command.arg(format!("--attr-source={}", self.empty));
        }
        command.arg("-C").arg(&self.folder);
        if let Some((new, own)) = &self.objects {
            command.env("GIT_OBJECT_DIRECTORY", new);
            command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", own);
        }
        command
    }
}

fn plain() -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    for (name, value) in [
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_LFS_SKIP_SMUDGE", "1"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("LC_ALL", "C"),
    ] {
        command.env(name, value);
    }
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command
}

fn output(command: &mut Command, name: &str) -> Result<Vec<u8>, GitError> {
    let done = run(command, PATIENCE).map_err(GitError::Missing)?;
    let said = match done.ended {
        Ended::Exit(0) => return Ok(done.stdout),
        Ended::TimeUp => format!("did not end within {} s", PATIENCE.0.as_secs()),
        Ended::Exit(_) | Ended::Signal(_) => done.said(),
    };
    Err(GitError::Failed {
        command: name.to_owned(),
        said,
    })
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

/// What is not there need not be removed.
fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with one commit, and whatever a script does besides.
    fn repository(files: &[(&str, &str)], script: &str) -> (tempfile::TempDir, Repository) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repository");
        std::fs::create_dir_all(&root).unwrap();
        for (path, text) in files {
            std::fs::write(root.join(path), text).unwrap();
        }
        let commit = "git -c user.name=a -c user.email=a@b commit -qm one";
        let all = format!("git init -q && git add . && {commit} && {{ {script}; }}");
        let mut shell = Command::new("sh");
        let done = run(shell.args(["-ec", &all]).current_dir(&root), PATIENCE).unwrap();
        assert!(done.is_success(), "{}", done.said());
        let repository = Repository::at(&root).unwrap();
        (folder, repository)
    }

    #[test]
    fn nothing_of_a_repository_is_executed_and_bytes_are_those_of_the_commit() {
        let attributes = "*.py text eol=crlf\n*.txt filter=evil\n";
        let script = "git config filter.evil.smudge 'touch ../EVIL; cat' \
            && git config core.fsmonitor 'touch ../EVIL' \
            && printf '#!/bin/sh\\ntouch ../EVIL\\n' > .git/hooks/post-checkout \
            && chmod +x .git/hooks/post-checkout";
        let files = [
            (".gitattributes", attributes),
            ("a.py", "x = 1\n"),
            ("a.txt", "a"),
        ];
        let (folder, repository) = repository(&files, script);
        let tree = folder.path().join("tree");
        let commit = repository.commit("HEAD").unwrap();
        repository.check_out(&commit, &tree).unwrap();
        assert_eq!(std::fs::read(tree.join("a.py")).unwrap(), b"x = 1\n");
        assert!(!folder.path().join("EVIL").exists());
        repository.remove(&tree).unwrap();
        assert!(!tree.exists());
        // Half of it may be gone already.
        repository.check_out(&commit, &tree).unwrap();
        std::fs::remove_dir_all(&tree).unwrap();
        repository.remove(&tree).unwrap();
        let known = repository.line(["worktree", "list"]).unwrap();
        assert_eq!(known.lines().count(), 1, "{known}");
    }

    #[test]
    fn commits_are_made_beside_the_repository() {
        let (folder, repository) = repository(&[("a.py", "x = 1\r\n"), ("b.py", "")], "true");
        let head = repository.commit("HEAD").unwrap();
        let aside = repository.aside(&folder.path().join("objects")).unwrap();
        let change = Change {
            path: "a.py".to_owned(),
            bytes: b"x = 2\r\n".to_vec(),
        };
        let author = Author("A".to_owned(), "a@b".to_owned());
        let made = || {
            aside.committed(
                &head,
                std::slice::from_ref(&change),
                "Two\n",
                &author,
                folder.path(),
            )
        };
        let commit = made().unwrap();
        assert_eq!(made().unwrap(), commit, "the same commit again");
        assert!(
            repository.commit(&commit).is_err(),
            "the repository does not have it"
        );
        let patch = String::from_utf8(aside.patch(&commit).unwrap()).unwrap();
        assert!(patch.contains("-x = 1\r\n+x = 2\r\n"), "{patch}");
        assert!(!patch.contains("b.py"), "{patch}");
    }

    #[test]
    fn branches_are_only_set_where_nobody_else_did() {
        let (_folder, repository) = repository(&[("a.py", "")], "true");
        let head = repository.commit("HEAD").unwrap();
        repository.set_branch("new", Some(&head), None).unwrap();
        assert!(repository.set_branch("new", Some(&head), None).is_err());
        assert!(
            repository
                .set_branch("new", None, Some(&"1".repeat(40)))
                .is_err()
        );
        repository.set_branch("new", None, Some(&head)).unwrap();
        let error = repository.commit("new").unwrap_err().to_string();
        assert!(error.contains("there is no commit `new`"), "{error}");
    }
}
