//! What a review asks about: the fixes that are offered, each once, with all findings that share it.

use super::anchors::Anchors;
use super::ledger::{Decision, Verdict};
use super::standing::{Held, Standing, decision, fingerprint};
use crate::engine::{Loaded, by_fix};
use crate::fix::{FileId, Finding, Safety};
use std::collections::BTreeMap;

/// A fix, whole across its files.
#[derive(Clone, Debug)]
pub struct Item {
    pub transform: &'static str,
    pub safety: Safety,
    /// The findings that it serves, each by its file and its place among those of the file.
    pub findings: Vec<(FileId, usize)>,
    /// What the ledger gets where it is accepted, one for each finding.
    pub decisions: Vec<Decision>,
    /// The other ways to mend it, where all of its findings have the same.
    pub alternatives: Vec<Way>,
    /// What was decided about it.
    pub standing: Option<Standing>,
}

/// Another way to mend what a fix is about.
#[derive(Clone, Debug)]
pub struct Way {
    pub name: &'static str,
    /// What the ledger gets where it is accepted, one for each finding.
    pub decisions: Vec<Decision>,
}

impl Item {
    /// The file of its first finding.
    pub fn file(&self) -> FileId {
        self.findings.first().map_or(FileId(0), |(file, _)| *file)
    }

    /// Whether it is about the same findings as another, whatever their fixes are.
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        let both = self.decisions.iter().zip(&other.decisions);
        self.decisions.len() == other.decisions.len()
            && both
                .into_iter()
                .all(|(one, other)| one.is_about_the_same(other))
    }

    /// Whether the fix that is offered, or an alternative to it, is accepted.
    pub fn is_accepted(&self) -> bool {
        matches!(
            self.standing,
            Some(Standing::Accepted | Standing::Chosen(_))
        )
    }

    /// Whether nobody decided about it as it is now.
    pub fn is_open(&self) -> bool {
        matches!(self.standing, None | Some(Standing::Changed))
    }
}

/// All fixes, in the order of the files. `held` gives what was decided about a file, `name_of` its name
/// in the ledger; what has none, or stands where nothing can be known again, is left out.
pub fn items(
    files: &BTreeMap<FileId, Loaded>,
    held: &dyn Fn(&Loaded) -> Vec<Held>,
    name_of: &dyn Fn(&Loaded) -> Option<String>,
) -> Vec<Item> {
    let mut places = Vec::new();
    for (file, loaded) in files {
        if let Some(name) = name_of(loaded) {
            places.extend(offered(*file, loaded, &name, &held(loaded)));
        }
    }
    let groups = by_fix(places.into_iter().map(|place| {
        let finding = place.finding;
        (place, finding)
    }));
    groups.iter().filter_map(|group| item(group)).collect()
}

/// A finding with a fix.
struct Place<'f> {
    at: (FileId, usize),
    text: &'f str,
    finding: &'f Finding,
    /// What the ledger gets where the fix is accepted.
    decision: Decision,
    standing: Option<Standing>,
}

/// What is found in a file and can be fixed.
fn offered<'f>(file: FileId, loaded: &'f Loaded, name: &str, held: &[Held]) -> Vec<Place<'f>> {
    let text: &str = loaded.source.text();
    let Ok(anchors) = Anchors::of(text) else {
        return Vec::new();
    };
    let places = loaded.findings.iter().enumerate();
    let places = places.filter_map(|(index, finding)| {
        let fix = fingerprint(finding.fix()?, file, text);
        let mut held = held.iter();
        let standing = held.find(|held| held.finding == index);
        Some(Place {
            at: (file, index),
            text,
            finding,
            decision: decision(name, text, &anchors, finding, Verdict::Accepted { fix })?,
            standing: standing.map(|held| held.standing),
        })
    });
    places.collect()
}

/// Findings that share a fix, as one.
fn item(group: &[Place<'_>]) -> Option<Item> {
    let first = group.first()?;
    let alternatives = first.finding.alternatives.iter();
    // One that serves only some would be another change for each.
    let shared = alternatives.filter(|own| {
        group.iter().all(|place| {
            let mut others = place.finding.alternatives.iter();
            others.any(|other| other == *own)
        })
    });
    let ways = shared.map(|own| Way {
        name: own.name,
        decisions: group
            .iter()
            .map(|place| Decision {
                verdict: Verdict::Accepted {
                    fix: fingerprint(&own.fix, place.at.0, place.text),
                },
                ..place.decision.clone()
            })
            .collect(),
    });
    let standings = group.iter().map(|place| place.standing);
    Some(Item {
        transform: first.finding.transform,
        safety: first.finding.remedy.safety(),
        findings: group.iter().map(|place| place.at).collect(),
        decisions: group.iter().map(|place| place.decision.clone()).collect(),
        alternatives: ways.collect(),
        standing: standings.reduce(stronger).flatten(),
    })
}

/// Of the decisions about findings that share a fix, the one that counts for the fix: what serves a
/// refused finding is refused.
fn stronger(one: Option<Standing>, other: Option<Standing>) -> Option<Standing> {
    let strength = |standing: &Option<Standing>| match standing {
        // What serves something new is not old.
        Some(Standing::Old) => 0,
        None => 1,
        Some(Standing::Changed) => 2,
        Some(Standing::Accepted | Standing::Chosen(_)) => 3,
        Some(Standing::Refused) => 4,
    };
    [one, other].into_iter().max_by_key(strength).flatten()
}
