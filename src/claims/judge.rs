//! A claim held against what is found: whether asyncfix agrees, and with which of its findings.

use super::{Claim, Spot};
use crate::engine::Loaded;
use crate::fix::{FileId, Finding};
use crate::model::file::Facts;
use crate::model::project::{Project, in_coroutine};
use crate::python::Lines;
use crate::transforms;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Words by which a rule that is not known shows that it is about asynchronous code.
const WORDS: [&str; 5] = ["async", "await", "block", "corout", "event loop"];

/// Findings of the same kind so many lines away are mentioned where there is none.
const NEAR: usize = 20;

/// Where a spot lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// In a file that was asked for.
    File(FileId),
    /// In a file that is there and was not asked for.
    Elsewhere,
    /// In no file that is there.
    Nowhere,
}

/// What is known of the files.
pub struct Ground<'g> {
    pub project: &'g Project,
    pub files: &'g BTreeMap<FileId, Loaded>,
    pub locate: &'g dyn Fn(&Spot) -> Located,
    /// Why a file could not be looked at.
    pub skipped: &'g dyn Fn(FileId) -> Option<String>,
}

/// What became of a claim.
#[derive(Debug)]
pub struct Answer {
    pub claim: Claim,
    /// The file and the lines that it is about.
    pub at: Option<(FileId, PathBuf)>,
    pub lines: Option<(usize, usize)>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// These are found there: each a file, and which of its findings.
    Agrees(Vec<(FileId, usize)>),
    /// Nothing like it is found there; what else there is to say.
    NotFound(String),
    /// No transform is about what the claim is about, and why that is thought.
    NoOpinion(String),
    /// The place was not asked for.
    NotAsked(String),
    /// The place could not be looked at.
    NotSeen(String),
}

/// Holds a claim against the findings.
pub fn judge(claim: Claim, ground: &Ground<'_>) -> Answer {
    let inside: Vec<(FileId, &Spot)> = claim
        .spots
        .iter()
        .filter_map(|spot| match (ground.locate)(spot) {
            Located::File(file) => Some((file, spot)),
            Located::Elsewhere | Located::Nowhere => None,
        })
        .collect();
    let at = inside.first().map(|(file, _)| {
        let path = ground.project.modules().path(*file);
        (*file, path.to_path_buf())
    });
    let lines = match inside.first() {
        Some((_, spot)) => spot.lines,
        None => claim.spots.first().and_then(|spot| spot.lines),
    };
    let verdict = verdict(&claim, &inside, ground);
    Answer {
        claim,
        at,
        lines,
        verdict,
    }
}

fn verdict(claim: &Claim, inside: &[(FileId, &Spot)], ground: &Ground<'_>) -> Verdict {
    if let Some(why) = foreign(claim) {
        return Verdict::NoOpinion(why);
    }
    let Some((file, spot)) = inside.first() else {
        return outside(claim, ground);
    };
    if let Some(why) = (ground.skipped)(*file) {
        return Verdict::NotSeen(why);
    }
    let Some((first, last)) = spot.lines else {
        return Verdict::NotFound("the report names no line".to_owned());
    };
    let found = match claim.is_traceback {
        true => on_the_way(inside, ground),
        false => at_place(claim, *file, spot, ground),
    };
    if !found.is_empty() {
        return Verdict::Agrees(found);
    }
    if let Some(facts) = ground.project.facts(*file) {
        if first > facts.line_of(usize::MAX) {
            let why = "the file ends before that line: is the report older than the code?";
            return Verdict::NotFound(why.to_owned());
        }
        return Verdict::NotFound(near(claim, *file, (first, last), ground).unwrap_or_default());
    }
    Verdict::NotFound("there is nothing asynchronous in the file".to_owned())
}

fn outside(claim: &Claim, ground: &Ground<'_>) -> Verdict {
    if claim.is_traceback {
        let why = "none of its frames is in a file that was asked for";
        return Verdict::NotAsked(why.to_owned());
    }
    let Some(spot) = claim.spots.first() else {
        return Verdict::NotSeen("the report names no place".to_owned());
    };
    match (ground.locate)(spot) {
        Located::Nowhere => Verdict::NotSeen("there is no such file".to_owned()),
        Located::File(_) | Located::Elsewhere => {
            Verdict::NotAsked("the file is not among those that were asked for".to_owned())
        }
    }
}

/// Why a claim is about something else than transforms are.
fn foreign(claim: &Claim) -> Option<String> {
    let rule = code(claim);
    if claim.is_traceback || is_known(rule) {
        return None;
    }
    // What ruff's codes mean is known, so that nothing need be guessed.
    let is_code = rule.ends_with(|c: char| c.is_ascii_digit())
        && rule.starts_with(|c: char| c.is_ascii_uppercase());
    if claim.tool.eq_ignore_ascii_case("ruff") && (is_code || rule.is_empty()) {
        return Some(match rule.is_empty() {
            true => "it is about how the file is written".to_owned(),
            false => format!("no transform is for {rule}"),
        });
    }
    let said = format!("{rule} {}", claim.message).to_lowercase();
    match WORDS.iter().any(|word| said.contains(word)) {
        true => None,
        false => Some("it does not seem to be about asynchronous code".to_owned()),
    }
}

/// The rule without what some tools put before it, as in `python:S7488`.
fn code(claim: &Claim) -> &str {
    claim.rule.rsplit([':', '/']).next().unwrap_or(&claim.rule)
}

fn is_known(rule: &str) -> bool {
    transforms::find(rule).is_some()
}

fn is_of(finding: &Finding, rule: &str) -> bool {
    let info = transforms::find(finding.transform);
    info.is_some_and(|info| info.id == rule || info.codes.contains(&rule))
}

/// All findings, with the facts of their file.
fn findings<'g>(ground: &'g Ground<'_>) -> impl Iterator<Item = (FileId, usize, &'g Finding)> {
    let files = ground.files.iter();
    files.flat_map(|(file, loaded)| {
        let found = loaded.findings.iter().enumerate();
        found.map(|(index, finding)| (*file, index, finding))
    })
}

/// The first and the last line of a finding.
fn lines_of(facts: &Facts, finding: &Finding) -> (usize, usize) {
    let end = finding.at.end().max(finding.at.start() + 1) - 1;
    (facts.line_of(finding.at.start()), facts.line_of(end))
}

/// What is found at a place that a linter names.
fn at_place(claim: &Claim, file: FileId, spot: &Spot, ground: &Ground<'_>) -> Vec<(FileId, usize)> {
    let (Some(lines), Some(facts)) = (spot.lines, ground.project.facts(file)) else {
        return Vec::new();
    };
    let within = |line: usize| (lines.0..=lines.1).contains(&line);
    let rule = code(claim);
    let here: Vec<(usize, &Finding)> = findings(ground)
        .filter(|(of, ..)| *of == file)
        .map(|(_, index, finding)| (index, finding))
        .collect();
    let begins = |(_, finding): &&(usize, &Finding)| within(lines_of(facts, finding).0);
    let same = |(_, finding): &&(usize, &Finding)| is_of(finding, rule);
    let around = |(_, finding): &&(usize, &Finding)| {
        let (start, end) = lines_of(facts, finding);
        start <= lines.1 && lines.0 <= end
    };
    let begins: Vec<_> = here.iter().filter(begins).copied().collect();
    let begins_same: Vec<_> = begins.iter().filter(same).copied().collect();
    let around_same: Vec<_> = here.iter().filter(same).filter(around).copied().collect();
    let best = [begins_same, around_same, begins];
    let best = best.into_iter().find(|found| !found.is_empty());
    if let Some(best) = best {
        let best = at_column(best, file, spot, ground);
        return best.into_iter().map(|(index, _)| (file, index)).collect();
    }
    passing(file, lines, ground)
}

/// Of several findings on a line, those at the column, if the report names one that fits any.
fn at_column<'g>(
    found: Vec<(usize, &'g Finding)>,
    file: FileId,
    spot: &Spot,
    ground: &Ground<'_>,
) -> Vec<(usize, &'g Finding)> {
    let (Some((line, _)), Some(column)) = (spot.lines, spot.column) else {
        return found;
    };
    let Some(loaded) = ground.files.get(&file).filter(|_| found.len() > 1) else {
        return found;
    };
    let text = Lines::new(loaded.source.text());
    let place = |offset| {
        let position = text.position(offset);
        (position.line, position.column)
    };
    let fits = |(_, finding): &&(usize, &Finding)| {
        place(finding.at.start()) <= (line, column) && (line, column) < place(finding.at.end())
    };
    let fitting: Vec<_> = found.iter().filter(fits).copied().collect();
    match fitting.is_empty() {
        true => found,
        false => fitting,
    }
}

/// The findings elsewhere whose way to the problem leads through these lines.
fn passing(file: FileId, lines: (usize, usize), ground: &Ground<'_>) -> Vec<(FileId, usize)> {
    findings(ground)
        .filter(|(.., finding)| {
            let mut sites = finding.chain.iter();
            sites.any(|site| site.file == file && (lines.0..=lines.1).contains(&site.line))
        })
        .map(|(of, index, _)| (of, index))
        .collect()
}

/// What is found on the way of a traceback: in the innermost frame, or in those that led there, out to
/// the coroutine. What awaits that has other problems.
fn on_the_way(frames: &[(FileId, &Spot)], ground: &Ground<'_>) -> Vec<(FileId, usize)> {
    for (file, spot) in frames {
        let (Some((line, _)), Some(facts)) = (spot.lines, ground.project.facts(*file)) else {
            continue;
        };
        let here = findings(ground).filter(|(of, ..)| of == file);
        let holding = here.filter_map(|(_, index, finding)| {
            let (start, end) = lines_of(facts, finding);
            (start..=end)
                .contains(&line)
                .then_some((end - start, index))
        });
        let holding: Vec<(usize, usize)> = holding.collect();
        // What is found around the smallest is about more than this line.
        if let Some(smallest) = holding.iter().map(|(size, _)| *size).min() {
            let found = holding.into_iter().filter(|(size, _)| *size == smallest);
            return found.map(|(_, index)| (*file, index)).collect();
        }
        if is_in_coroutine(facts, line) {
            break;
        }
    }
    let innermost = frames
        .iter()
        .find_map(|(file, spot)| Some((*file, spot.lines?)));
    innermost.map_or_else(Vec::new, |(file, lines)| passing(file, lines, ground))
}

/// Whether a coroutine makes the call of a line.
fn is_in_coroutine(facts: &Facts, line: usize) -> bool {
    let mut calls = facts.calls.iter();
    calls.any(|call| {
        let first = facts.line_of(call.at.start());
        let last = facts.line_of(call.at.end().max(1) - 1);
        (first..=last).contains(&line) && in_coroutine(facts, call)
    })
}

/// Where the like is found, if that is near.
fn near(claim: &Claim, file: FileId, lines: (usize, usize), ground: &Ground<'_>) -> Option<String> {
    let facts = ground.project.facts(file)?;
    let rule = code(claim);
    let like = findings(ground).filter(|(of, _, finding)| *of == file && is_of(finding, rule));
    let nearest = like
        .map(|(.., finding)| (lines_of(facts, finding).0, finding))
        .min_by_key(|(line, _)| line.abs_diff(lines.0))?;
    (nearest.0.abs_diff(lines.0) <= NEAR).then(|| {
        format!(
            "{} is found in line {}: is the report older than the code?",
            nearest.1.transform, nearest.0
        )
    })
}
