//! What a person decided about findings, and where those are while texts change.

use super::rewrite::Rewritten;
use crate::fix::{FileId, Finding};
use crate::text::Span;
use std::collections::BTreeMap;

/// Decisions about findings: which are never fixed, and which are, however sure their fixes are.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    rulings: BTreeMap<FileId, Vec<Ruling>>,
}

/// What was decided about a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruled {
    Refused,
    Accepted,
    /// Not the fix that is offered, but the alternative of this name.
    Chosen(&'static str),
}

/// One decision about one finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    pub at: Span,
    pub transform: &'static str,
    pub verdict: Ruled,
    /// By what whoever decided knows it.
    pub id: usize,
}

impl Decided {
    pub fn add(&mut self, file: FileId, ruling: Ruling) {
        self.rulings.entry(file).or_default().push(ruling);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rulings.values().all(Vec::is_empty)
    }

    /// What was decided about a finding, if anything.
    pub(super) fn about(&self, finding: &Finding) -> Option<Ruled> {
        let rulings = self.rulings.get(&finding.file)?;
        let about =
            |ruling: &&Ruling| ruling.transform == finding.transform && ruling.at == finding.at;
        rulings.iter().find(about).map(|ruling| ruling.verdict)
    }

    /// Forgets a decision that has been carried out.
    pub(super) fn take(&mut self, finding: &Finding) {
        if let Some(rulings) = self.rulings.get_mut(&finding.file) {
            rulings
                .retain(|ruling| ruling.transform != finding.transform || ruling.at != finding.at);
        }
    }

    /// Moves with the text of a file.
    pub(super) fn carry(&mut self, file: FileId, new: &Rewritten) {
        let Some(rulings) = self.rulings.get_mut(&file) else {
            return;
        };
        let spans = new.carry(rulings.iter().map(|ruling| ruling.at));
        for (ruling, at) in rulings.iter_mut().zip(spans) {
            ruling.at = at;
        }
    }

    /// What has not been carried out, where it stands now.
    pub fn rulings(&self) -> impl Iterator<Item = (FileId, &Ruling)> {
        let files = self.rulings.iter();
        files.flat_map(|(file, rulings)| rulings.iter().map(|ruling| (*file, ruling)))
    }
}
