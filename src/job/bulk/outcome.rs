//! What the rewriting of a repository came to, as it is handed from the process that does it, kept beside
//! the patches, and told in reports.

use super::super::tree::Rewritten;
use crate::engine::Plan;
use crate::fix::{Finding, Safety};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What was found and done in a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How many files were looked at.
    pub files: usize,
    pub transforms: BTreeMap<String, Tally>,
    /// Fixes by the file they are about.
    pub changed: BTreeMap<String, Vec<Fixed>>,
    /// Files that one fix changes together.
    pub together: BTreeSet<BTreeSet<String>>,
    /// What git calls the bytes of each file that is other in the end.
    #[serde(default)]
    pub blobs: BTreeMap<String, String>,
    pub skipped: Vec<String>,
    pub notes: Vec<String>,
    /// Mistakes of asyncfix.
    pub mistakes: Vec<String>,
}

/// One transform in a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub found: usize,
    pub fixed: usize,
    /// How often what is left is left for which reason.
    pub left: BTreeMap<String, usize>,
}

/// One fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixed {
    pub transform: String,
    pub title: String,
    /// What to look at; nothing where the fix is safe.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub review: String,
}

impl Outcome {
    /// What came of the tree in the working directory.
    pub fn of(rewritten: &Rewritten, mistakes: Vec<String>) -> std::io::Result<Self> {
        let root = Path::new(".").canonicalize()?;
        let name = |path: &Path| {
            // What a link leads to is what is written.
            let real = path.canonicalize().unwrap_or_else(|_| root.join(path));
            let below = real.strip_prefix(&root).unwrap_or(path);
            below.to_string_lossy().into_owned()
        };
        let plan = &rewritten.plan;
        let mut outcome = Self {
            files: rewritten.files,
            skipped: rewritten.skipped.iter().map(ToString::to_string).collect(),
            notes: plan.notes.clone(),
            mistakes,
            ..Self::default()
        };
        for (transform, found) in &rewritten.found {
            outcome.tally(transform).found = *found;
        }
        for finding in rewritten.left.iter().chain(&plan.left) {
            let why = reason_left(finding);
            *outcome
                .tally(finding.transform)
                .left
                .entry(why)
                .or_default() += 1;
        }
        for patch in &plan.patches {
            outcome
                .changed
                .insert(name(patch.before.path()), Vec::new());
        }
        for applied in &plan.applied {
            outcome.tally(applied.finding.transform).fixed += 1;
            let paths: Vec<String> = plan
                .patches
                .iter()
                .filter(|patch| applied.fix.edits().contains_key(&patch.file))
                .map(|patch| name(patch.before.path()))
                .collect();
            let own = own_path(plan, &applied.finding).map(name);
            let own = own.or_else(|| paths.first().cloned());
            if let Some(fixes) = own.and_then(|own| outcome.changed.get_mut(&own)) {
                fixes.push(Fixed {
                    transform: applied.finding.transform.to_owned(),
                    title: applied.fix.title().to_owned(),
                    review: applied.fix.reason().to_owned(),
                });
            }
            if paths.len() > 1 {
                outcome.together.insert(paths.into_iter().collect());
            }
        }
        Ok(outcome)
    }

    fn tally(&mut self, transform: &str) -> &mut Tally {
        self.transforms.entry(transform.to_owned()).or_default()
    }

    pub fn found(&self) -> usize {
        self.transforms.values().map(|tally| tally.found).sum()
    }

    pub fn fixed(&self) -> usize {
        self.transforms.values().map(|tally| tally.fixed).sum()
    }

    /// Takes in what came of another turn over the same repository.
    pub fn join(&mut self, later: Self) {
        for (transform, tally) in later.transforms {
            self.tally(&transform).fixed += tally.fixed;
        }
        for (path, fixes) in later.changed {
            self.changed.entry(path).or_default().extend(fixes);
        }
        self.together.extend(later.together);
        self.mistakes.extend(later.mistakes);
        for note in later.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }
}

fn own_path<'p>(plan: &'p Plan, finding: &Finding) -> Option<&'p Path> {
    let mut patches = plan.patches.iter();
    let own = patches.find(|patch| patch.file == finding.file)?;
    Some(own.before.path())
}

/// What stands in the way, or that a person has to look.
fn reason_left(finding: &Finding) -> String {
    let reason = finding.remedy.reason();
    match finding.remedy.safety() {
        Safety::Safe => "refused, or in the way of another fix".to_owned(),
        Safety::Review => format!("to review: {reason}"),
        Safety::Manual => reason.to_owned(),
    }
}

impl Outcome {
    /// The message of a commit with these fixes, from a template.
    pub fn message(&self, template: &str, piece: &str, repository: &str) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut looks: BTreeSet<String> = BTreeSet::new();
        for (path, fixes) in &self.changed {
            for fix in fixes {
                *counts.entry(&fix.transform).or_default() += 1;
                if !fix.review.is_empty() {
                    looks.insert(format!("  {path}: {}: {}", fix.title, fix.review));
                }
            }
        }
        let transforms = counts.keys().copied().collect::<Vec<_>>().join(", ");
        let title = match (transforms.is_empty(), piece.is_empty()) {
            (false, true) => transforms.clone(),
            (false, false) => format!("{transforms} ({piece})"),
            (true, _) => piece.to_owned(),
        };
        let mut evidence: Vec<String> = counts
            .iter()
            .map(|(transform, count)| match count {
                1 => format!("- {transform}: 1 fix"),
                count => format!("- {transform}: {count} fixes"),
            })
            .collect();
        if !looks.is_empty() {
            evidence.push("\nTo review:".to_owned());
            evidence.extend(looks);
        }
        let fixes: usize = counts.values().sum();
        let message = template
            .replace("{title}", &title)
            .replace("{transforms}", &transforms)
            .replace("{piece}", piece)
            .replace("{repository}", repository)
            .replace("{fixes}", &fixes.to_string())
            .replace("{files}", &self.changed.len().to_string())
            .replace("{evidence}", &evidence.join("\n"));
        format!("{}\n", message.trim_end())
    }
}
