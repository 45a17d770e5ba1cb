//! The only layer that touches the disk: which files there are, reading them, writing them back.

#![allow(clippy::disallowed_methods)]

#[cfg(unix)]
pub mod bulk;
mod copies;
mod journal;
mod load;
mod locate;
mod manifests;
pub mod process;
mod records;
mod tree;
mod walk;
mod write;

pub use copies::{Copies, Edited};
pub use journal::{Journal, JournalError, records};
pub use load::{Outcome, Survey};
pub use locate::{Atlas, Found};
pub use manifests::manifests;
pub use records::Records;
pub use tree::{Rewritten, STACK, TreeError, TreeOptions, rewrite_source, rewrite_tree};
pub use walk::{Entry, Walked, module_path, surroundings, walk};
pub use write::{WriteError, Written, write};

use crate::python::Position;
use std::fmt;
use std::path::PathBuf;

/// A file that was not looked at, or not written, and why. The run goes on without it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    pub path: PathBuf,
    pub position: Option<Position>,
    pub why: String,
}

impl Skipped {
    pub fn new(path: impl Into<PathBuf>, why: impl fmt::Display) -> Self {
        Self {
            path: path.into(),
            position: None,
            why: why.to_string(),
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(position) = self.position {
            write!(f, ":{}:{}", position.line, position.column)?;
        }
        write!(f, ": {}", self.why)
    }
}
