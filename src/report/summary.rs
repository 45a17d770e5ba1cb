//! The last lines of a run.

use crate::engine::{End, Plan};
use crate::fix::{FileId, Finding, Safety};
use std::collections::BTreeSet;

/// `1 file`, `2 files`.
pub fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// How many were found, how sure the fixes are, and what to do next.
pub fn of_findings<'a>(found: impl IntoIterator<Item = &'a Finding>, files: usize) -> String {
    let mut by_safety = [0usize; 3];
    for finding in found {
        by_safety[finding.remedy.safety() as usize] += 1;
    }
    let [manual, review, safe] = by_safety;
    let total = manual + review + safe;
    if total == 0 {
        return "Nothing found.".to_owned();
    }
    let hint = match (safe, review) {
        (0, 0) => "",
        (_, 0) => "\nSee the fixes with --diff, apply them with --write.",
        (0, _) => "\nSee the fixes with --diff, apply them with --write --accept-review.",
        _ => {
            "\nSee the fixes with --diff, apply the safe ones with --write, all with --write --accept-review."
        }
    };
    format!(
        "{} in {}: {safe} with a safe fix, {review} with one to review, {manual} without.{hint}",
        count(total, "finding"),
        count(files, "file"),
    )
}

/// What a plan changes, and what it leaves. Files that could not be written are not counted.
pub fn of_plan(plan: &Plan, written: bool, failed: &BTreeSet<FileId>) -> String {
    if plan.applied.is_empty() && plan.left.is_empty() {
        return "Nothing found.".to_owned();
    }
    let of = |safety| {
        plan.applied
            .iter()
            .filter(|applied| !failed.contains(&applied.finding.file))
            .filter(|applied| applied.fix.safety() == safety)
            .count()
    };
    let (safe, review) = (of(Safety::Safe), of(Safety::Review));
    let verb = if written { "applied" } else { "shown" };
    let waiting = plan
        .left
        .iter()
        .filter(|finding| finding.remedy.safety() > Safety::Manual)
        .count();
    let manual = plan.left.len() - waiting;
    let files = plan
        .patches
        .iter()
        .filter(|patch| !failed.contains(&patch.file))
        .count();
    let mut text = match safe + review {
        0 => "Nothing to fix.".to_owned(),
        fixes => format!(
            "{fixes} {} in {} {verb}: {safe} safe, {review} to review.",
            if fixes == 1 { "fix" } else { "fixes" },
            count(files, "file"),
        ),
    };
    if waiting > 0 {
        text.push_str(&format!(
            " {} more to review: see --diff, apply with --accept-review.",
            waiting
        ));
    }
    if manual > 0 {
        text.push_str(&format!(
            " {} without a fix: list them with `asyncfix`.",
            count(manual, "finding")
        ));
    }
    text
}

/// Our own mistakes, one line each.
pub fn of_mistakes(plan: &Plan) -> Vec<String> {
    let mut lines: Vec<String> = plan
        .broken
        .iter()
        .map(|broken| {
            format!(
                "a fix of {} was left out because its result would be wrong: {}; please report this",
                broken.finding.transform, broken.what
            )
        })
        .collect();
    let mut end = |what: &str, ids: &[&str]| {
        lines.push(format!("{what}: {}; please report this", ids.join(", ")));
    };
    match &plan.end {
        End::Settled => {}
        End::Oscillates(ids) => end("these transforms undo each other's work", ids),
        End::Bound(ids) => end("these transforms do not come to an end", ids),
    }
    lines
}
