//! What comments suppress, taken out of what was found.

use crate::fix::{Finding, Remedy, Suppressions};
use crate::transforms;

/// Leaves out what comments suppress, and notes which of them do. A fix that serves a suppressed finding
/// as well is not offered for the others either.
pub(super) fn drop_suppressed(suppressions: &mut Suppressions, found: &mut Vec<Finding>) {
    if suppressions.is_empty() {
        return;
    }
    let is_suppressed = |finding: &Finding| {
        let info = transforms::find(finding.transform);
        let codes = info.map_or(&[] as &[&str], |info| info.codes);
        suppressions.suppress(finding, codes)
    };
    let (suppressed, mut kept): (Vec<_>, Vec<_>) = found.drain(..).partition(is_suppressed);
    for finding in &mut kept {
        if let Remedy::Fix(fix) = &finding.remedy
            && suppressed
                .iter()
                .any(|other| matches!(&other.remedy, Remedy::Fix(other) if other == fix))
        {
            finding.remedy =
                Remedy::blocked("a comment suppresses a part of what would change with it");
        }
    }
    *found = kept;
}
