//! Findings for programs: `docs/findings.schema.json` describes the form.

use crate::fix::{Finding, Remedy, Safety};
use crate::python::{Lines, Position};
use crate::review::{Anchor, Anchors};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
pub(super) struct FindingRow<'a> {
    file: String,
    line: usize,
    column: usize,
    end: PositionRow,
    transform: &'a str,
    /// By what the finding is known again when lines shift; nothing where it is in no statement.
    anchor: Option<Anchor>,
    safety: Safety,
    fixable: bool,
    message: &'a str,
    /// What to confirm, or what stands in the way; empty for a safe fix.
    reason: &'a str,
    title: Option<&'a str>,
    edits: Vec<EditRow<'a>>,
    imports: Vec<String>,
    /// Modules that the code depends on once it is fixed.
    dependencies: Vec<&'a str>,
    /// Other files that the fix changes as well.
    other_files: usize,
    /// How the problem is reached, from the place of the finding on.
    chain: Vec<SiteRow<'a>>,
    notes: &'a [String],
    evidence: &'a [String],
}

#[derive(Serialize)]
struct SiteRow<'a> {
    file: String,
    line: usize,
    message: &'a str,
}

#[derive(Serialize)]
struct PositionRow {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct EditRow<'a> {
    start: PositionRow,
    end: PositionRow,
    text: &'a str,
}

impl From<Position> for PositionRow {
    fn from(position: Position) -> Self {
        Self {
            line: position.line,
            column: position.column,
        }
    }
}

/// The findings of one file, each as a JSON object.
pub fn rows(path: &Path, text: &str, found: &[Finding]) -> Vec<String> {
    let lines = Lines::new(text);
    let anchors = Anchors::of(text).ok();
    found
        .iter()
        .map(|finding| row(path, &lines, anchors.as_ref(), finding))
        // Text, numbers and lists always have a form in JSON.
        .filter_map(|row| serde_json::to_string_pretty(&row).ok())
        .collect()
}

/// The whole output, from the objects of all files.
pub fn array<'a>(rows: impl IntoIterator<Item = &'a String>) -> String {
    let rows: Vec<String> = rows
        .into_iter()
        .map(|row| format!("  {}", row.replace('\n', "\n  ")))
        .collect();
    match rows.is_empty() {
        true => "[]\n".to_owned(),
        false => format!("[\n{}\n]\n", rows.join(",\n")),
    }
}

pub(super) fn row<'a>(
    path: &Path,
    lines: &Lines<'_>,
    anchors: Option<&Anchors>,
    finding: &'a Finding,
) -> FindingRow<'a> {
    let start = lines.position(finding.at.start());
    let fix = match &finding.remedy {
        Remedy::Fix(fix) => Some(fix),
        Remedy::Blocked(_) => None,
    };
    let position = |offset| PositionRow::from(lines.position(offset));
    FindingRow {
        file: shown(path),
        line: start.line,
        column: start.column,
        end: position(finding.at.end()),
        transform: finding.transform,
        anchor: anchors.and_then(|anchors| anchors.at(finding.at)),
        safety: finding.remedy.safety(),
        fixable: fix.is_some(),
        message: &finding.message,
        reason: finding.remedy.reason(),
        title: fix.map(|fix| fix.title()),
        edits: fix
            .and_then(|fix| fix.edits().get(&finding.file))
            .map(|edits| {
                edits
                    .iter()
                    .map(|edit| EditRow {
                        start: position(edit.span().start()),
                        end: position(edit.span().end()),
                        text: edit.text(),
                    })
                    .collect()
            })
            .unwrap_or_default(),
        imports: fix
            .map(|fix| {
                fix.needs()
                    .iter()
                    .map(|(_, need)| need.to_string())
                    .collect()
            })
            .unwrap_or_default(),
        dependencies: fix
            .map(|fix| {
                let mut names: Vec<&str> = fix.dependencies().iter().map(|it| &*it.adds).collect();
                names.dedup();
                names
            })
            .unwrap_or_default(),
        other_files: fix.map_or(0, |fix| {
            fix.edits()
                .keys()
                .filter(|file| **file != finding.file)
                .count()
        }),
        chain: finding
            .chain
            .iter()
            .map(|site| SiteRow {
                file: shown(&site.path),
                line: site.line,
                message: &site.note,
            })
            .collect(),
        notes: &finding.notes,
        evidence: &finding.evidence,
    }
}

/// A path with slashes.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy()
        .replace(std::path::MAIN_SEPARATOR, "/")
}
