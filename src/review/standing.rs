//! What decisions come to in the files as they are now.

use super::anchors::{Anchor, Anchors};
use super::ledger::{Decision, Ledger, Verdict};
use crate::engine::{Decided, FilePatch, Plan, Ruled, Ruling};
use crate::fix::{FileId, Finding, Fix};
use crate::text::{Span, lines};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// What was decided about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Accepted,
    /// Accepted was the alternative of this name.
    Chosen(&'static str),
    Refused,
    /// A fix was accepted, but the one that is offered now is another.
    Changed,
    /// It is in the baseline.
    Old,
}

/// A decision that holds for a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its place in the ledger.
    pub decision: usize,
    /// The finding's place among those of its file.
    pub finding: usize,
    pub standing: Standing,
}

/// What the decisions about the file at `path` come to. Those that hold for nothing are not among them.
pub fn held(ledger: &Ledger, path: &str, text: &str, findings: &[Finding]) -> Vec<Held> {
    let decisions = ledger.decisions().iter().enumerate();
    let mut own = decisions
        .filter(|(_, decision)| decision.path == path)
        .peekable();
    // Most files have none, and are not parsed for them.
    if own.peek().is_none() {
        return Vec::new();
    }
    let Ok(anchors) = Anchors::of(text) else {
        return Vec::new();
    };
    let anchors = findings.iter().map(|finding| anchors.at(finding.at));
    let anchors: Vec<Option<Anchor>> = anchors.collect();
    let mut held = Vec::new();
    for (index, decision) in own {
        for (place, finding) in findings.iter().enumerate() {
            if finding.transform == decision.transform
                && anchors[place].as_ref() == Some(&decision.anchor)
            {
                held.push(Held {
                    decision: index,
                    finding: place,
                    standing: standing(&decision.verdict, finding, text),
                });
            }
        }
    }
    held
}

fn standing(verdict: &Verdict, finding: &Finding, text: &str) -> Standing {
    let Verdict::Accepted { fix } = verdict else {
        return Standing::Refused;
    };
    let is_that = |offered: &Fix| *fix == fingerprint(offered, finding.file, text);
    if finding.fix().is_some_and(is_that) {
        return Standing::Accepted;
    }
    let mut others = finding.alternatives.iter();
    let chosen = others.find(|alternative| is_that(&alternative.fix));
    chosen.map_or(Standing::Changed, |chosen| Standing::Chosen(chosen.name))
}

/// What tells a fix from any other that could be offered for a finding of `file`: what it says of itself,
/// and what it puts in the place of what (XXH3, in hexadecimal digits). Where that is does not matter.
pub fn fingerprint(fix: &Fix, file: FileId, text: &str) -> String {
    let mut said = vec![fix.title(), fix.safety().as_str(), fix.reason()];
    for (of, edits) in fix.edits() {
        for edit in edits.iter() {
            // Of other files, what is put there says enough.
            said.extend((*of == file).then(|| edit.span().of(text)));
            said.push(edit.text());
        }
    }
    format!("{:016x}", xxh3_64(said.join("\0").as_bytes()))
}

/// Decisions about findings of one file.
pub fn decisions<'f>(
    path: &str,
    text: &str,
    findings: impl IntoIterator<Item = (&'f Finding, Verdict)>,
) -> Vec<Decision> {
    let Ok(anchors) = Anchors::of(text) else {
        return Vec::new();
    };
    let decided = findings
        .into_iter()
        .filter_map(|(finding, verdict)| decision(path, text, &anchors, finding, verdict));
    decided.collect()
}

/// A decision about a finding; nothing where it is in no statement.
pub fn decision(
    path: &str,
    text: &str,
    anchors: &Anchors,
    finding: &Finding,
    verdict: Verdict,
) -> Option<Decision> {
    Some(Decision {
        path: path.to_owned(),
        anchor: anchors.at(finding.at)?,
        transform: finding.transform.to_owned(),
        code: first_line(text, finding.at),
        verdict,
        why: None,
    })
}

/// The first line of a piece of code, cut where it gets long.
fn first_line(text: &str, at: Span) -> String {
    const MOST: usize = 60;
    let line = lines(at.of(text)).next().unwrap_or_default().trim_end();
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// The decisions about one file as `settle` wants them; `id` is their place in the ledger.
pub fn rule(decided: &mut Decided, file: FileId, findings: &[Finding], held: &[Held]) {
    for one in held {
        let verdict = match one.standing {
            Standing::Accepted => Ruled::Accepted,
            Standing::Chosen(name) => Ruled::Chosen(name),
            Standing::Refused | Standing::Old => Ruled::Refused,
            Standing::Changed => continue,
        };
        if let Some(finding) = findings.get(one.finding) {
            decided.add(
                file,
                Ruling {
                    at: finding.at,
                    transform: finding.transform,
                    verdict,
                    id: one.decision,
                },
            );
        }
    }
}

/// The ledger after a plan was written: what was carried out is done, and what stands in a changed text
/// is known by its new anchor. Rulings know its decisions by their places from `first` on.
pub fn renewed(
    ledger: &Ledger,
    first: usize,
    plan: &Plan,
    before: &Decided,
    is_written: &dyn Fn(FileId) -> bool,
) -> Ledger {
    let mut new = ledger.clone();
    let left: BTreeMap<usize, Span> = plan
        .decided
        .rulings()
        .map(|(_, ruling)| (ruling.id, ruling.at))
        .collect();
    let written = |patch: &&FilePatch| patch.is_python && is_written(patch.file);
    for patch in plan.patches.iter().filter(written) {
        let own = before.rulings().filter(|(file, _)| *file == patch.file);
        let mut own = own.map(|(_, ruling)| ruling.id).peekable();
        if own.peek().is_none() {
            continue;
        }
        let anchors = Anchors::of(&patch.after).ok();
        for id in own {
            let place = id.checked_sub(first);
            let Some(old) = place.and_then(|place| ledger.decisions().get(place)) else {
                continue;
            };
            new.remove(old);
            let at = left.get(&id);
            let anchor = at.and_then(|at| anchors.as_ref()?.at(*at));
            if let Some(anchor) = anchor {
                new.set(Decision {
                    anchor,
                    ..old.clone()
                });
            }
        }
    }
    new
}
