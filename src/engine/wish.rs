//! Which fixes are to be applied.

use super::decided::Decided;
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
            && self.decided.is_accepted(finding) != Some(false)
    }

    /// Those of one transform's findings that are to be fixed.
    pub(super) fn among<'f>(&self, mut findings: Vec<&'f Finding>) -> Vec<&'f Finding> {
        let is_refused = |finding: &&&Finding| self.decided.is_accepted(finding) == Some(false);
        // A fix that serves a refused finding as well is refused.
        let refused: Vec<&Fix> = findings
            .iter()
            .filter(is_refused)
            .filter_map(|finding| finding.fix())
            .collect();
        findings.retain(|finding| {
            let decided = self.decided.is_accepted(finding);
            finding.fix().is_some_and(|fix| !refused.contains(&fix))
                && self.is_wanted(finding)
                && decided.unwrap_or_else(|| finding.remedy.safety() >= self.at_least)
        });
        findings
    }

    /// A finding that is fixed, and the groups it belongs to.
    pub(super) fn take(&mut self, finding: &Finding) -> Vec<usize> {
        self.decided.take(finding);
        let wanted = self.wanted.as_mut();
        wanted.map_or_else(Vec::new, |wanted| wanted.take(finding))
    }

    /// Moves with the text of a file.
    pub(super) fn carry(&mut self, file: FileId, new: &Rewritten) {
        if let Some(wanted) = &mut self.wanted {
            wanted.carry(file, new);
        }
        self.decided.carry(file, new);
    }
}
