//! What became of the claims of other tools, for people and programs.

use super::json::{FindingRow, row, shown};
use super::summary::count;
use super::text;
use crate::claims::{Answer, Claim, Verdict};
use crate::fix::{Finding, Safety};
use crate::python::Lines;
use crate::review::Anchors;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// An answer with what belongs to it.
pub struct Told<'a> {
    pub answer: &'a Answer,
    /// What is found there, each with its path and text.
    pub found: Vec<(&'a Path, &'a str, &'a Finding)>,
    /// What is known of the line, where nothing is found.
    pub known: Option<String>,
    /// The parts of the diff that belong to it, and to no answer before it.
    pub diff: Vec<u8>,
    /// Something is changed for it, here or before.
    pub changes: bool,
}

impl Told<'_> {
    /// How sure the best of the fixes is; nothing where asyncfix does not agree.
    pub fn safety(&self) -> Option<Safety> {
        let found = self.found.iter();
        found.map(|(.., finding)| finding.remedy.safety()).max()
    }
}

/// The word for a verdict.
fn word(told: &Told<'_>) -> &'static str {
    match (&told.answer.verdict, told.safety()) {
        (Verdict::Agrees(_), Some(Safety::Safe)) => "safe",
        (Verdict::Agrees(_), Some(Safety::Review)) => "review",
        (Verdict::Agrees(_), _) => "manual",
        (Verdict::NotFound(_), _) => "not-found",
        (Verdict::NoOpinion(_), _) => "no-opinion",
        (Verdict::NotAsked(_), _) => "not-asked",
        (Verdict::NotSeen(_), _) => "not-seen",
    }
}

fn why(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Agrees(_) => "",
        Verdict::NotFound(why)
        | Verdict::NoOpinion(why)
        | Verdict::NotAsked(why)
        | Verdict::NotSeen(why) => why,
    }
}

/// The claim and its place on a line: `app.py:3: ruff ASYNC251: Async functions ...`.
fn heading(answer: &Answer) -> String {
    let claim = &answer.claim;
    let mut heading = path_of(answer);
    if let Some((line, _)) = answer.lines {
        let _ = write!(heading, ":{line}");
    }
    // Writing to a string cannot fail.
    let _ = write!(heading, ": {}: {}", name(claim), first_line(&claim.message));
    if claim.times > 1 {
        let _ = write!(heading, " ({} times)", claim.times);
    }
    heading
}

fn path_of(answer: &Answer) -> String {
    match &answer.at {
        Some((_, path)) => shown(path),
        None => {
            let paths = answer.claim.spots.first().map(|spot| &spot.paths);
            let path = paths.and_then(|paths| paths.first());
            path.map_or("(no file)", String::as_str).to_owned()
        }
    }
}

/// `ruff ASYNC251`.
fn name(claim: &Claim) -> String {
    format!("{} {}", claim.tool, claim.rule)
        .trim_end()
        .to_owned()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// An answer for people, in bytes since a diff has the encoding of its file. Claims about something
/// else are counted at the end instead.
pub fn text(told: &Told<'_>, colour: bool, paint: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let (bold, off) = match colour {
        true => ("\x1b[1m", "\x1b[0m"),
        false => ("", ""),
    };
    let mut out = format!("{bold}{}{off}\n", heading(told.answer));
    match &told.answer.verdict {
        Verdict::Agrees(_) => {
            let agrees = match told.safety() {
                Some(Safety::Safe) => "agrees, with a safe fix:",
                Some(Safety::Review) => "agrees, with a fix to review:",
                _ => "agrees, without a fix:",
            };
            let _ = writeln!(out, "{agrees}\n");
            for (path, source, finding) in &told.found {
                let found = std::slice::from_ref(*finding);
                out.push_str(&text::findings(path, source, found, colour));
            }
            if told.diff.is_empty() && told.safety() > Some(Safety::Manual) {
                out.push_str(match told.changes {
                    true => "Its change is shown above.\n\n",
                    false => "No change is made for it: it is refused, or other fixes leave nothing to do.\n\n",
                });
            }
        }
        Verdict::NotFound(why) => {
            match why.is_empty() {
                true => out.push_str("not found there.\n"),
                false => {
                    let _ = writeln!(out, "not found there: {why}");
                }
            }
            if let Some(known) = &told.known {
                out.push_str("What is known of the line:\n");
                for line in known.lines() {
                    let _ = writeln!(out, "  {line}");
                }
            }
            out.push('\n');
        }
        Verdict::NoOpinion(_) => return Vec::new(),
        Verdict::NotAsked(why) => {
            let _ = writeln!(out, "not looked at: {why}\n");
        }
        Verdict::NotSeen(why) => {
            let _ = writeln!(out, "cannot be looked at: {why}\n");
        }
    }
    let mut out = out.into_bytes();
    if !told.diff.is_empty() {
        out.extend(paint(&told.diff));
        out.push(b'\n');
    }
    out
}

/// An answer on one line, for claims that nothing is done about.
pub fn line(told: &Told<'_>) -> Option<String> {
    let heading = heading(told.answer);
    match &told.answer.verdict {
        Verdict::Agrees(_) if told.safety() > Some(Safety::Manual) => None,
        Verdict::Agrees(_) => {
            let (.., finding) = told.found.first()?;
            let why = finding.remedy.reason();
            Some(format!(
                "{heading}\n  {}, without a fix: {why}",
                finding.transform
            ))
        }
        Verdict::NotFound(why) if why.is_empty() => Some(format!("{heading}\n  not found there")),
        Verdict::NotFound(why) => Some(format!("{heading}\n  not found there: {why}")),
        Verdict::NotAsked(why) => Some(format!("{heading}\n  not looked at: {why}")),
        Verdict::NoOpinion(_) | Verdict::NotSeen(_) => None,
    }
}

/// What a failed look is warned of with.
pub fn warning(answer: &Answer) -> Option<String> {
    match &answer.verdict {
        // Of a file of the run it was said already.
        Verdict::NotSeen(why) if answer.at.is_none() => Some(format!("{}: {why}", heading(answer))),
        _ => None,
    }
}

/// How many claims there were, and what became of them.
pub fn summary(told: &[Told<'_>]) -> Vec<String> {
    let of = |what: &str| told.iter().filter(|told| word(told) == what).count();
    let (safe, review, manual) = (of("safe"), of("review"), of("manual"));
    let mut parts = vec![format!(
        "{} agreed on: {safe} with a safe fix, {review} with one to review, {manual} without",
        count(safe + review + manual, "place"),
    )];
    let others = [
        (of("not-found"), "not found there"),
        (of("not-asked"), "not asked for"),
        (of("not-seen"), "not seen"),
        (of("no-opinion"), "about something else"),
    ];
    let others = others.iter().filter(|(number, _)| *number > 0);
    parts.extend(others.map(|(number, what)| format!("{number} {what}")));
    let mut lines = vec![format!("{}.", parts.join("; "))];
    let mut rules: BTreeMap<String, usize> = BTreeMap::new();
    for told in told.iter().filter(|told| word(told) == "no-opinion") {
        *rules.entry(name(&told.answer.claim)).or_default() += 1;
    }
    if !rules.is_empty() {
        let rules = rules
            .iter()
            .map(|(rule, count)| format!("{rule} ({count})"));
        let rules = rules.collect::<Vec<_>>().join(", ");
        lines.push(format!("asyncfix has no opinion on {rules}."));
    }
    lines
}

#[derive(Serialize)]
struct Row<'a> {
    file: String,
    line: Option<usize>,
    end_line: Option<usize>,
    tool: &'a str,
    rule: &'a str,
    message: &'a str,
    times: usize,
    verdict: &'static str,
    /// Why asyncfix does not agree.
    reason: &'a str,
    findings: Vec<FindingRow<'a>>,
    /// What is known of the line where nothing is found.
    known: Vec<&'a str>,
    /// The parts of the diff that belong to it, and to no answer before it.
    diff: String,
}

/// An answer as a JSON object.
pub fn json(told: &Told<'_>) -> Option<String> {
    let Answer {
        claim,
        lines,
        verdict,
        ..
    } = told.answer;
    let row = Row {
        file: path_of(told.answer),
        line: lines.map(|(first, _)| first),
        end_line: lines.map(|(_, last)| last),
        tool: &claim.tool,
        rule: &claim.rule,
        message: &claim.message,
        times: claim.times,
        verdict: word(told),
        reason: why(verdict),
        findings: told
            .found
            .iter()
            .map(|(path, text, finding)| {
                let anchors = Anchors::of(text).ok();
                row(path, &Lines::new(text), anchors.as_ref(), finding)
            })
            .collect(),
        known: told.known.iter().flat_map(|known| known.lines()).collect(),
        diff: String::from_utf8_lossy(&told.diff).into_owned(),
    };
    // Text, numbers and lists always have a form in JSON.
    serde_json::to_string_pretty(&row).ok()
}
