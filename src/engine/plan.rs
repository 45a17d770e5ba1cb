//! What a run comes to: the one thing that diffs, listings and writes are made from.

use super::decided::Decided;
use crate::fix::{FileId, Finding, Fix};
use crate::text::diff::{Hunk, hunks_within};
use crate::text::{Changed, Source, Span};
use std::path::PathBuf;
use std::sync::Arc;

/// A fix that was applied.
#[derive(Debug)]
pub struct Applied {
    /// As found; its offsets count in the text of that moment.
    pub finding: Finding,
    pub fix: Fix,
    /// The groups of wanted findings that it belongs to, where not all were wanted.
    pub groups: Vec<usize>,
}

/// A fix of ours that would have broken a file. It was left out; the mistake is in asyncfix.
#[derive(Debug)]
pub struct Broken {
    pub path: PathBuf,
    pub finding: Finding,
    /// The code it is about.
    pub code: String,
    /// What the changed file would have had.
    pub what: String,
}

impl Broken {
    /// Whether a finding about `code` is this one, found again in a changed text.
    pub(super) fn is_of(&self, finding: &Finding, code: &str) -> bool {
        self.finding.transform == finding.transform
            && self.finding.file == finding.file
            && self.finding.message == finding.message
            && self.code == code
    }
}

/// One transform's turn.
#[derive(Debug)]
pub struct Step {
    pub transform: &'static str,
    /// Indices into `Plan::applied`.
    pub accepted: Vec<usize>,
    /// Findings that had to wait, each with the title of the fix they clashed with.
    pub deferred: Vec<(Finding, String)>,
}

/// How the search for fixes ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing is left to fix.
    Settled,
    /// These transforms undo each other's work.
    Oscillates(Vec<&'static str>),
    /// These transforms still had something to do when the bound on passes was reached.
    Bound(Vec<&'static str>),
}

/// A file before and after.
#[derive(Debug)]
pub struct FilePatch {
    pub file: FileId,
    pub before: Source,
    pub after: Arc<str>,
    /// Which applied fixes (indices into `Plan::applied`) made which parts of `after`; what was
    /// deleted shows as an empty span.
    pub marks: Vec<(Span, usize)>,
    /// Which parts of the two texts differ.
    pub changed: Changed,
    /// It is code, and no manifest.
    pub is_python: bool,
}

impl FilePatch {
    /// What differs in the two texts as they are written, which are these bytes.
    pub fn hunks<'a>(&self, before: &'a [u8], after: &'a [u8]) -> Vec<Hunk<'a>> {
        let changed = self.changed.lines(self.before.text(), &self.after);
        hunks_within(before, after, &changed)
    }
}

#[derive(Debug)]
pub struct Plan {
    pub applied: Vec<Applied>,
    pub steps: Vec<Step>,
    pub patches: Vec<FilePatch>,
    /// What is still found in the changed texts, and has no fix or none that was asked for.
    pub left: Vec<Finding>,
    pub broken: Vec<Broken>,
    /// What is left for a person to do once the changes are made.
    pub notes: Vec<String>,
    /// Decisions that were not carried out, where they stand in the changed texts.
    pub decided: Decided,
    pub passes: usize,
    pub end: End,
}
