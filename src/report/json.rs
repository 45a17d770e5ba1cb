//! Findings for programs: `docs/findings.schema.json` describes the form.

use crate::fix::{Finding, Remedy, Safety};
use crate::python::{Lines, Position};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct FindingRow<'a> {
    file: String,
    line: usize,
    column: usize,
    end: PositionRow,
    transform: &'a str,
    safety: Safety,
    fixable: bool,
    message: &'a str,
    /// What to confirm, or what stands in the way; empty for a safe fix.
    reason: &'a str,
    title: Option<&'a str>,
    edits: Vec<EditRow<'a>>,
    imports: Vec<String>,
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

/// The findings of files, each with its path and text, as a JSON array.
pub fn findings<'a>(
    files: impl IntoIterator<Item = (&'a Path, &'a str, &'a [Finding])>,
) -> serde_json::Result<String> {
    let mut rows = Vec::new();
    for (path, text, found) in files {
        let lines = Lines::new(text);
        rows.extend(found.iter().map(|finding| row(path, &lines, finding)));
    }
    let mut text = serde_json::to_string_pretty(&rows)?;
    text.push('\n');
    Ok(text)
}

fn row<'a>(path: &Path, lines: &Lines<'_>, finding: &'a Finding) -> FindingRow<'a> {
    let start = lines.position(finding.at.start());
    let fix = match &finding.remedy {
        Remedy::Fix(fix) => Some(fix),
        Remedy::Blocked(_) => None,
    };
    let position = |offset| PositionRow::from(lines.position(offset));
    FindingRow {
        file: path
            .to_string_lossy()
            .replace(std::path::MAIN_SEPARATOR, "/"),
        line: start.line,
        column: start.column,
        end: position(finding.at.end()),
        transform: finding.transform,
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
    }
}
