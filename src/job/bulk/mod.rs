//! Bulk jobs: the same done to many repositories, step by step, each step written down before the next
//! begins, and what goes wrong in one repository kept to it.
//!
//! Nothing here knows a terminal. What a repository brings along is never run, other than by the checks that
//! the job names.

mod commit;
mod cut;
mod git;
mod leave;
mod merge;
mod outcome;
mod programs;
mod repository;
mod run;
mod sources;
mod spec;
mod steps;
mod undo;
mod workshop;

pub use git::is_usable as git_is_usable;
pub use merge::merge;
pub use outcome::{Fixed, Outcome, Tally};
pub use programs::{Request, end_with_parent, limit_memory};
pub use repository::OUTCOME;
pub use run::{Event, Output, Shard, retry, run};
pub use sources::{Place, Repository, repositories};
pub use spec::{Job, JobError, Level, When};
pub use steps::{Checked, Left, Record, State, Step, states};
pub use undo::{Undone, undo};

use super::JournalError;

/// Why a repository was given up, or why the whole job cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{at}: {why}")]
    Here { at: &'static str, why: String },
    #[error(transparent)]
    Job(#[from] JobError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the journal cannot be written: {0}")]
    Unwritten(std::io::Error),
    #[error("{0}")]
    Stop(String),
}

impl Trouble {
    fn of(at: &'static str, why: impl Into<String>) -> Self {
        Self::Here {
            at,
            why: why.into(),
        }
    }
}
