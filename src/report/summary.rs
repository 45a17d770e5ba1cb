//! The last lines of a run.

use crate::engine::{End, Plan};
use crate::fix::{FileId, Finding, Fix, Safety};
use crate::model::libraries::Catalogue;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Sum;
use std::path::PathBuf;

/// `1 file`, `2 files`.
pub fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// How many findings there are, by how sure their fixes are, and in how many files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub safe: usize,
    pub review: usize,
    pub manual: usize,
    pub files: usize,
}

impl Counts {
    /// The findings of one file.
    pub fn of(found: &[Finding]) -> Self {
        let count = |safety| {
            found
                .iter()
                .filter(|finding| finding.remedy.safety() == safety)
                .count()
        };
        Self {
            safe: count(Safety::Safe),
            review: count(Safety::Review),
            manual: count(Safety::Manual),
            files: usize::from(!found.is_empty()),
        }
    }

    /// How many have a fix at least this safe.
    pub fn at_least(self, safety: Safety) -> usize {
        match safety {
            Safety::Safe => self.safe,
            Safety::Review => self.safe + self.review,
            Safety::Manual => self.total(),
        }
    }

    pub fn total(self) -> usize {
        self.safe + self.review + self.manual
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |one, other| Self {
            safe: one.safe + other.safe,
            review: one.review + other.review,
            manual: one.manual + other.manual,
            files: one.files + other.files,
        })
    }
}

/// More findings than these that end at one place are worth a word of their own.
const MANY: usize = 10;

/// How many such places are named.
const MAX_ENDS: usize = 5;

/// Where chains of findings end, and how many do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends(BTreeMap<(PathBuf, usize, String), usize>);

impl Ends {
    /// The findings of one file.
    pub fn of(found: &[Finding]) -> Self {
        let mut ends = BTreeMap::new();
        for site in found.iter().filter_map(|finding| finding.chain.last()) {
            let end = (site.path.clone(), site.line, site.note.clone());
            *ends.entry(end).or_default() += 1;
        }
        Self(ends)
    }

    /// Names the places at which many chains end: what is done there is done for all of them.
    pub fn told(&self) -> Vec<String> {
        let mut many: Vec<_> = self.0.iter().filter(|(_, count)| **count > MANY).collect();
        many.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        many.into_iter()
            .take(MAX_ENDS)
            .map(|((path, line, note), count)| {
                format!(
                    "{count} of them end at {}:{line}, where {note}",
                    path.display()
                )
            })
            .collect()
    }
}

impl<'a> Sum<&'a Self> for Ends {
    fn sum<I: Iterator<Item = &'a Self>>(all: I) -> Self {
        let mut ends = BTreeMap::new();
        for (end, count) in all.flat_map(|one| &one.0) {
            *ends.entry(end.clone()).or_default() += count;
        }
        Self(ends)
    }
}

/// What changes around the code when fixes have requests sent by another library: by the modules of
/// the new and the old one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides(BTreeSet<(String, String)>);

impl Sides {
    pub fn of<'f>(fixes: impl IntoIterator<Item = &'f Fix>) -> Self {
        let dependencies = fixes.into_iter().flat_map(|fix| fix.dependencies());
        Self(
            dependencies
                .map(|it| (it.adds.clone(), it.replaces.clone()))
                .collect(),
        )
    }

    /// What a person must know of it, each once.
    pub fn told<'c>(&self, catalogue: &'c Catalogue) -> BTreeSet<&'c str> {
        let targets = self.0.iter().filter_map(|(new, old)| {
            let http = catalogue.library(old)?.http.as_ref()?;
            http.targets.get(new)
        });
        let notes = targets.flat_map(|target| &target.notes);
        notes.map(String::as_str).collect()
    }
}

impl<'a> Sum<&'a Self> for Sides {
    fn sum<I: Iterator<Item = &'a Self>>(all: I) -> Self {
        Self(all.flat_map(|sides| sides.0.iter().cloned()).collect())
    }
}

/// How many were found, how sure the fixes are, and what to do next.
pub fn of_findings(counts: &Counts) -> String {
    let Counts {
        safe,
        review,
        manual,
        files,
    } = *counts;
    let total = counts.total();
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

/// What a plan changes, and what it leaves, `others` being what was found in files that it is not
/// about. Files that could not be written are not counted.
pub fn of_plan(plan: &Plan, others: Counts, written: bool, failed: &BTreeSet<FileId>) -> String {
    let left: Counts = [others, Counts::of(&plan.left)].into_iter().sum();
    if plan.applied.is_empty() && left.total() == 0 {
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
    let (waiting, manual) = (left.safe + left.review, left.manual);
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
                "{}: a fix of {} was left out because its result would be wrong: {}; please report this",
                broken.path.display(),
                broken.finding.transform,
                broken.what
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
