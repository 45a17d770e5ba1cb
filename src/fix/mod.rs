//! The vocabulary of change: what a transform finds, and what it proposes to do about it.

mod awaitables;
mod blocking;
mod build;
mod chain;
mod colour;
mod decorated;
mod extract;
mod helpers;
pub mod lines;
mod loops;
mod meant;
mod modern;
mod opened;
mod running_loop;
mod shared;
mod suppressions;
mod thread;
pub mod together;
mod transform;
mod unwrap;

pub use awaitables::{
    Awaitable, Origin, Variable, awaitables, awaitables_given, calls, calls_of, is_only_tested,
    method_called,
};
pub use blocking::{
    BlockingCall, BlockingWith, Body, blocking_call, blocking_calls, blocking_withs, body,
    concerns, remedy, remedy_since, report_blocking,
};
pub use build::{
    Reach, await_around, await_call, foreign_loop, held_review, may_await, reach, undeclared,
};
pub use chain::to_thread as chain_to_thread;
pub use colour::{across_files, coloured, colouring_reason, colouring_title};
pub use decorated::{decorator_names, functions_by_name, is_kept_by};
pub use extract::{Extracted, calls_within, extract};
pub use helpers::{HELPERS, HELPERS_DOCSTRING, Helper, reach_helper};
pub use loops::{
    LoopRun, LoopVariable, loop_runs, loop_variable, own_statement, runs_loops, runs_of_loop,
    without_statements,
};
pub use meant::meant;
pub use modern::{changed_call, is_ready, references_to, speaks_of, without_argument};
pub use opened::{Opened, opened, opens};
pub use running_loop::{Hop, RunningLoop, report_hops, running_loop};
pub use shared::{is_of_this_task, is_quiet_method};
pub use suppressions::{Suppression, Suppressions, without_part};
pub use thread::{may_thread, own_loop, prints_itself, thread_at, to_thread};
pub use transform::{Cut, Cx, Failure, HttpClient, Info, KeepTasks, Options, Texts, Transform};
pub use unwrap::{await_argument, remove_statements};

use crate::model::file::{ImportName, Why};
pub use crate::text::FileId;
use crate::text::{Edit, EditError, Edits, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// How far a change may be trusted. The order is part of the contract: more is safer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// Found and explained; no edit is offered, and the reason says what stands in the way.
    Manual,
    /// Right under a stated condition, which a person must confirm.
    Review,
    /// Each coroutine computes the same results and raises the same exceptions in the same order;
    /// only *when* other tasks may run changes. Applied unasked by `--write`.
    Safe,
}

impl Safety {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Review => "review",
            Self::Safe => "safe",
        }
    }
}

impl FromStr for Safety {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "safe" => Ok(Self::Safe),
            "review" => Ok(Self::Review),
            "manual" => Ok(Self::Manual),
            other => Err(format!(
                "it is one of `safe`, `review`, `manual`, not `{other}`"
            )),
        }
    }
}

impl fmt::Display for Safety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A library that a file uses in the place of another, each by the name of its module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    pub file: FileId,
    pub adds: String,
    pub replaces: String,
}

/// A change: edits that are applied whole or not at all, in all their files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    title: String,
    edits: BTreeMap<FileId, Edits>,
    needs: BTreeSet<(FileId, ImportName)>,
    dependencies: BTreeSet<Dependency>,
    helpers: BTreeSet<&'static str>,
    comments: Vec<(FileId, String)>,
    safety: Safety,
    reason: String,
}

impl Fix {
    /// A change that keeps behaviour, by the contract of `Safety::Safe`.
    pub fn safe(
        title: impl Into<String>,
        file: FileId,
        edits: Vec<Edit>,
    ) -> Result<Self, EditError> {
        Self::new(title, file, edits, Safety::Safe, String::new())
    }

    /// A change that is right if `reason` holds: a sentence that says exactly what to look at.
    pub fn review(
        title: impl Into<String>,
        reason: impl Into<String>,
        file: FileId,
        edits: Vec<Edit>,
    ) -> Result<Self, EditError> {
        Self::new(title, file, edits, Safety::Review, reason.into())
    }

    /// A change that is safe, unless there is a reason to review it.
    pub fn judged(
        title: impl Into<String>,
        reason: Option<String>,
        file: FileId,
        edits: Vec<Edit>,
    ) -> Result<Self, EditError> {
        match reason {
            Some(reason) => Self::review(title, reason, file, edits),
            None => Self::safe(title, file, edits),
        }
    }

    fn new(
        title: impl Into<String>,
        file: FileId,
        edits: Vec<Edit>,
        safety: Safety,
        reason: String,
    ) -> Result<Self, EditError> {
        Ok(Self {
            title: title.into(),
            edits: BTreeMap::from([(file, Edits::new(edits)?)]),
            needs: BTreeSet::new(),
            dependencies: BTreeSet::new(),
            helpers: BTreeSet::new(),
            comments: Vec::new(),
            safety,
            reason,
        })
    }

    /// Adds edits of another file, or of the same one.
    pub fn and(mut self, file: FileId, edits: Vec<Edit>) -> Result<Self, EditError> {
        let new = Edits::new(edits)?;
        let known = self.edits.entry(file).or_default();
        *known = known.merge(&new)?;
        Ok(self)
    }

    /// Asks for an import in a file; it is settled once for all fixes of that file.
    #[must_use]
    pub fn needing(mut self, file: FileId, import: Option<ImportName>) -> Self {
        self.needs.extend(import.map(|import| (file, import)));
        self
    }

    /// Says that the code of a file depends on the module `adds` from now on, and maybe no longer on
    /// `replaces`. Manifests are settled once for all fixes, as imports are.
    #[must_use]
    pub fn depending(
        mut self,
        file: FileId,
        adds: impl Into<String>,
        replaces: impl Into<String>,
    ) -> Self {
        self.dependencies.insert(Dependency {
            file,
            adds: adds.into(),
            replaces: replaces.into(),
        });
        self
    }

    /// Says that the new code calls a helper, by its name among `HELPERS`. It is put into the module of
    /// helpers once, unless it is there.
    #[must_use]
    pub fn helped(mut self, helper: &'static str) -> Self {
        self.helpers.insert(helper);
        self
    }

    /// Says that a comment of a file goes or becomes another, by its text. No other may.
    #[must_use]
    pub fn without_comment(mut self, file: FileId, comment: impl Into<String>) -> Self {
        self.comments.push((file, comment.into()));
        self
    }

    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn edits(&self) -> &BTreeMap<FileId, Edits> {
        &self.edits
    }

    pub fn needs(&self) -> &BTreeSet<(FileId, ImportName)> {
        &self.needs
    }

    pub fn helpers(&self) -> &BTreeSet<&'static str> {
        &self.helpers
    }

    /// The comments that go or become others, each with its file.
    pub fn comments(&self) -> &[(FileId, String)] {
        &self.comments
    }

    pub fn dependencies(&self) -> &BTreeSet<Dependency> {
        &self.dependencies
    }

    pub fn safety(&self) -> Safety {
        self.safety
    }

    /// What a person must confirm; empty for a safe fix.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    pub fn clashes(&self, other: &Fix) -> bool {
        self.edits.iter().any(|(file, edits)| {
            other
                .edits
                .get(file)
                .is_some_and(|others| edits.clash(others))
        })
    }
}

/// What can be done about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    Fix(Fix),
    /// No edit; why not.
    Blocked(Why),
}

impl Remedy {
    pub fn blocked(why: impl Into<String>) -> Self {
        Self::Blocked(Why::new(why))
    }

    pub fn safety(&self) -> Safety {
        match self {
            Self::Fix(fix) => fix.safety(),
            Self::Blocked(_) => Safety::Manual,
        }
    }

    /// What to look at, or what stands in the way.
    pub fn reason(&self) -> &str {
        match self {
            Self::Fix(fix) => fix.reason(),
            Self::Blocked(why) => why.as_str(),
        }
    }
}

/// A step on the way to a problem, for findings that are reached through several places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub file: FileId,
    pub at: Span,
    pub path: PathBuf,
    /// From 1.
    pub line: usize,
    pub note: String,
}

/// A place in the code that a transform has something to say about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The transform's identifier.
    pub transform: &'static str,
    pub file: FileId,
    /// Byte offsets into the text of `file`.
    pub at: Span,
    pub message: String,
    pub chain: Vec<Site>,
    /// What else there is to say, such as remedies that were passed over and why.
    pub notes: Vec<String>,
    /// Why the fix is right, or what stands in its way, fact by fact: lines for `asyncfix why`.
    pub evidence: Vec<String>,
    pub remedy: Remedy,
    /// Other ways to mend it, where they were asked for.
    pub alternatives: Vec<Alternative>,
}

/// Another way to mend something than the one that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// What a person calls it: `thread`, `first-error`.
    pub name: &'static str,
    pub fix: Fix,
}

impl Finding {
    /// The change that is offered.
    pub fn fix(&self) -> Option<&Fix> {
        match &self.remedy {
            Remedy::Fix(fix) => Some(fix),
            Remedy::Blocked(_) => None,
        }
    }

    /// The same finding, mended in another way; nothing where there is no such way.
    pub fn choosing(&self, alternative: &str) -> Option<Self> {
        let mut all = self.alternatives.iter();
        let chosen = all.find(|known| known.name == alternative)?;
        Some(Self {
            remedy: Remedy::Fix(chosen.fix.clone()),
            ..self.clone()
        })
    }
}
