//! Which fixes of one transform can be applied together.

use crate::fix::{Finding, Fix, Remedy, Safety};

/// Fixes to apply, and those that have to wait for the next look, each with the fix it clashes with.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub accepted: Vec<(Finding, Fix)>,
    pub deferred: Vec<(Finding, String)>,
}

/// Takes fixes in the order of files and texts; a fix that clashes with a taken one waits.
pub(super) fn choose(candidates: Vec<Finding>, at_least: Safety) -> Choice {
    let mut choice = Choice::default();
    for finding in candidates {
        let Remedy::Fix(fix) = &finding.remedy else {
            continue;
        };
        if fix.safety() < at_least {
            continue;
        }
        // One fix may serve several findings.
        if choice.accepted.iter().any(|(_, taken)| taken == fix) {
            continue;
        }
        // Fixes come sorted by place, so a clash is near the end of what was taken.
        let clash = choice
            .accepted
            .iter()
            .rev()
            .find(|(_, taken)| taken.clashes(fix));
        match clash {
            Some((_, taken)) => {
                let by = taken.title().to_owned();
                choice.deferred.push((finding, by));
            }
            None => {
                let fix = fix.clone();
                choice.accepted.push((finding, fix));
            }
        }
    }
    choice
}
