//! Which fixes are to be applied.

use super::decided::{Decided, Ruled};
use super::rewrite::Rewritten;
use super::wanted::Wanted;
use crate::fix::{FileId, Finding, Fix, Safety};

/// Which fixes are to be applied, of all that are offered.
#[derive(Debug)]
pub struct Wish {
    /// Those that are at least so safe, unless somebody decided.
    pub at_least: Safety,
    /// Only these, where that is said.
    pub wanted: Option<Wanted>,
    pub decided: Decided,
}

impl From<Safety> for Wish {
    fn from(at_least: Safety) -> Self {
        Self {
            at_least,
            wanted: None,
            decided: Decided::default(),
        }
    }
}

impl Wish {
    /// Whether a finding is one of those that this is about, and nobody refused its fix.
    pub(super) fn is_wanted(&self, finding: &Finding) -> bool {
        let wanted = self.wanted.as_ref();
        wanted.is_none_or(|wanted| !wanted.groups(finding).is_empty())
            && self.decided.about(finding) != Some(Ruled::Refused)
    }

    /// Those of one transform's findings that are to be fixed, mended as was decided.
    pub(super) fn among<'f>(
        &self,
        findings: impl Iterator<Item = &'f Finding> + Clone,
    ) -> Vec<Finding> {
        let is_refused = |finding: &&Finding| self.decided.about(finding) == Some(Ruled::Refused);
        // A fix that serves a refused finding as well is refused.
        let refused = findings.clone().filter(is_refused);
        let refused: Vec<&Fix> = refused.filter_map(Finding::fix).collect();
        let wanted = findings.filter(|finding| {
            finding.fix().is_some_and(|fix| !refused.contains(&fix)) && self.is_wanted(finding)
        });
        wanted
            .filter_map(|finding| match self.decided.about(finding) {
                Some(Ruled::Chosen(name)) => finding.choosing(name),
                Some(Ruled::Accepted) => Some(finding.clone()),
                Some(Ruled::Refused) => None,
                None => (finding.remedy.safety() >= self.at_least).then(|| finding.clone()),
            })
            .collect()
    }

    /// A finding that is fixed, and the groups it belongs to.
    pub(super) fn take(&mut self, finding: &Finding) -> Vec<usize> {
        self.decided.take(finding);
        let wanted = self.wanted.as_mut();
        wanted.map_or_else(Vec::new, |wanted| wanted.take(finding))
    }

    /// Forgets the decisions about all that a fix serves, now that it is applied.
    pub(super) fn carried_out<'f>(
        &mut self,
        findings: impl Iterator<Item = &'f Finding>,
        fix: &Fix,
    ) {
        if self.decided.is_empty() {
            return;
        }
        let is_served = |finding: &&Finding| {
            let mut others = finding.alternatives.iter();
            finding.fix() == Some(fix) || others.any(|other| other.fix == *fix)
        };
        for finding in findings.filter(is_served) {
            self.decided.take(finding);
        }
    }

    /// Moves with the text of a file.
    pub(super) fn carry(&mut self, file: FileId, new: &Rewritten) {
        if let Some(wanted) = &mut self.wanted {
            wanted.carry(file, new);
        }
        self.decided.carry(file, new);
    }
}
