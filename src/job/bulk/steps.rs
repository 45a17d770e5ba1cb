//! What is written down of a job: a record for each step of a repository, and what they come to.

use super::spec::When;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The repository's name in the job.
    pub repository: String,
    #[serde(flatten)]
    pub step: Step,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// The commit that everything begins from.
    Planned {
        commit: String,
    },
    Checked(Checked),
    Rewritten(Tip),
    Left(Left),
    Failed {
        at: String,
        why: String,
    },
    /// What failed is to be tried again.
    Again,
    /// What was left in the repository is taken back.
    Undone,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    pub name: String,
    pub when: When,
    pub passed: bool,
    /// `exit 1`, `signal 9`, `time is up`.
    pub ended: String,
    pub milliseconds: u64,
    /// The end of what it said, where it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// The commits that were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    pub commits: Vec<String>,
    /// Milliseconds for reading and rewriting.
    pub milliseconds: u64,
}

/// What was left of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Patches by name, with the fingerprints of their bytes.
    pub patches: BTreeMap<String, String>,
    /// The branch that was made, and its commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<(String, String)>,
    /// Files that were written in the work tree, with the fingerprints of their bytes before, if they were
    /// there, and after.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, (Option<String>, String)>,
    pub found: usize,
    pub fixed: usize,
    /// How many files were looked at.
    pub looked_at: usize,
}

/// What is known of a repository so far.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub commit: Option<String>,
    pub checked: Vec<Checked>,
    pub tip: Option<Tip>,
    pub left: Option<Left>,
    pub failed: Option<(String, String)>,
    pub undone: bool,
}

impl State {
    /// Whether nothing more is to be done.
    pub fn is_done(&self) -> bool {
        self.left.is_some() || self.failed.is_some()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Planned { commit } => self.commit = Some(commit),
            Step::Checked(checked) => self.checked.push(checked),
            Step::Rewritten(tip) => self.tip = Some(tip),
            Step::Left(left) => self.left = Some(left),
            Step::Failed { at, why } => self.failed = Some((at, why)),
            Step::Again => *self = Self::default(),
            Step::Undone => self.undone = true,
        }
    }
}

/// What is known of each repository.
pub fn states(records: impl IntoIterator<Item = Record>) -> BTreeMap<String, State> {
    let mut states: BTreeMap<String, State> = BTreeMap::new();
    for record in records {
        states
            .entry(record.repository)
            .or_default()
            .take(record.step);
    }
    states
}
