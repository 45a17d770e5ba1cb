//! What a job file says.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A job: which repositories, what to do in each, and what to leave.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Job {
    /// Directories, globs of directories, and URLs.
    #[serde(default)]
    pub repositories: Vec<Named>,
    /// A file with one of them in each line.
    pub repositories_from: Option<PathBuf>,
    #[serde(default = "Job::head")]
    pub revision: String,
    /// As `[tool.asyncfix]` of every repository, in place of its own.
    pub asyncfix: Option<toml::Table>,
    #[serde(default)]
    pub safety: Level,
    #[serde(default, rename = "check")]
    pub checks: Vec<Check>,
    #[serde(default)]
    pub cut: Cut,
    #[serde(default)]
    pub leave: Leave,
    #[serde(default = "Job::branch")]
    pub branch: String,
    #[serde(default = "Job::message")]
    pub message: String,
    /// Who made the commits, as `Name <address>`.
    #[serde(default = "Job::author")]
    pub author: String,
    /// Where results go, below the folder of the job file.
    pub output: Option<PathBuf>,
    /// How many repositories at a time; as many as there are processors.
    pub jobs: Option<usize>,
    /// How long reading and rewriting one repository may take.
    #[serde(default = "Job::seconds")]
    pub seconds: u64,
    /// How much memory that may take, in MiB.
    #[serde(default = "Job::memory")]
    pub memory: u64,
    /// Names of variables that checks see beside the few that they get.
    #[serde(default)]
    pub pass_env: Vec<String>,
}

/// A repository, or some, as the job file names them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Named {
    Plain(String),
    At(At),
}

/// A repository with a revision of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    pub path: String,
    pub revision: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    #[default]
    Safe,
    Review,
}

/// A program to run in each repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    pub name: String,
    /// The program and its arguments; no shell.
    pub run: Vec<String>,
    #[serde(default = "Job::seconds")]
    pub seconds: u64,
    /// In MiB.
    pub memory: Option<u64>,
    #[serde(default = "Check::always")]
    pub when: Vec<When>,
    /// What it changes in files that were rewritten belongs to the result, as with a formatter.
    #[serde(default)]
    pub changes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    Before,
    After,
}

/// How what is changed in a repository is cut into commits and patches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    #[default]
    Repository,
    Transform,
    Package,
    /// At most so many files, more only where one fix changes more.
    Files(usize),
}

/// What is left of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leave {
    /// Patches in the output folder.
    #[default]
    Patches,
    /// These, and a branch in each repository.
    Branch,
    /// These, and changed files in each work tree.
    Worktree,
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("{}: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: {source}\ndocs/bulk.md tells what a job file may say", path.display())]
    Wrong {
        path: PathBuf,
        source: toml::de::Error,
    },
    #[error("{}: {what}", path.display())]
    Meaningless { path: PathBuf, what: String },
}

impl Job {
    /// Reads a job file, and says which text it has.
    pub fn read(path: &Path) -> Result<(Self, String), JobError> {
        let text = std::fs::read_to_string(path).map_err(|source| JobError::Unreadable {
            path: path.to_path_buf(),
            source,
        })?;
        let job: Self = toml::from_str(&text).map_err(|source| JobError::Wrong {
            path: path.to_path_buf(),
            source,
        })?;
        match job.nonsense() {
            Some(what) => Err(JobError::Meaningless {
                path: path.to_path_buf(),
                what,
            }),
            None => Ok((job, text)),
        }
    }

    fn nonsense(&self) -> Option<String> {
        if self.repositories.is_empty() && self.repositories_from.is_none() {
            return Some("it names no repository: add `repositories = [...]`".to_owned());
        }
        if self.cut == Cut::Files(0) {
            return Some("`cut = { files = 0 }` leaves no file: take 1 or more".to_owned());
        }
        if !self.author.contains(" <") || !self.author.ends_with('>') {
            return Some("`author` has to be `Name <address>`".to_owned());
        }
        if self
            .asyncfix
            .as_ref()
            .is_some_and(|table| table.contains_key("helpers-module"))
        {
            return Some(
                "[asyncfix]: `helpers-module` is another in each repository: set it in theirs"
                    .to_owned(),
            );
        }
        for check in &self.checks {
            if check.run.is_empty() {
                return Some(format!("check `{}`: `run` names no program", check.name));
            }
            let same = self.checks.iter().filter(|other| other.name == check.name);
            if same.count() > 1 {
                return Some(format!("two checks are named `{}`", check.name));
            }
        }
        None
    }

    fn head() -> String {
        "HEAD".to_owned()
    }

    fn branch() -> String {
        "asyncfix".to_owned()
    }

    fn message() -> String {
        "asyncfix: {title}\n\n{evidence}".to_owned()
    }

    fn author() -> String {
        "asyncfix <asyncfix@localhost>".to_owned()
    }

    fn seconds() -> u64 {
        600
    }

    fn memory() -> u64 {
        4096
    }
}

impl Check {
    fn always() -> Vec<When> {
        vec![When::Before, When::After]
    }

    /// Whether it runs then.
    pub fn runs(&self, when: When) -> bool {
        // What changes files says nothing of them as they were.
        self.when.contains(&when) && !(self.changes && when == When::Before)
    }
}
