//! Tracebacks of blockbuster, as Python or pytest print them, anywhere in a log.

use super::decode::with_slashes;
use super::{Claim, Spot};

/// How the last line of such a traceback goes on after the name of the module.
const ERROR: &str = "BlockingError: Blocking call to ";

/// Outer frames above so many are forgotten.
const MAX_FRAMES: usize = 1000;

pub(super) fn read(text: &str) -> Vec<Claim> {
    let mut claims = Vec::new();
    let mut frames: Vec<Spot> = Vec::new();
    for line in text.lines() {
        let line = without_colours(line);
        let line = line.trim_end();
        if let Some(at) = line.find(ERROR) {
            let call = line[at + ERROR.len()..].trim_end();
            // A summary has no frames.
            if !frames.is_empty() {
                frames.reverse();
                claims.push(Claim {
                    tool: "blockbuster".to_owned(),
                    rule: String::new(),
                    message: format!("Blocking call to {call}"),
                    spots: std::mem::take(&mut frames),
                    is_traceback: true,
                    times: 1,
                });
            }
        } else if line.contains("Traceback (most recent call last)") || is_heading(line) {
            frames.clear();
        } else if let Some((path, number)) = python_frame(line).or_else(|| pytest_frame(line)) {
            if frames.len() == MAX_FRAMES {
                frames.remove(0);
            }
            frames.push(Spot {
                paths: vec![with_slashes(path)],
                lines: Some((number, number)),
                column: None,
            });
        }
    }
    claims
}

/// `_____ test_name _____` or `===== FAILURES =====` of pytest.
fn is_heading(line: &str) -> bool {
    line.starts_with("___") || line.starts_with("===")
}

/// `  File "app/jobs.py", line 12, in run`, whatever stands before it on the line.
fn python_frame(line: &str) -> Option<(&str, usize)> {
    let (_, rest) = line.split_once("File \"")?;
    let (path, rest) = rest.split_once("\", line ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((path, digits.parse().ok()?))
}

/// `app/jobs.py:12: in run`, `app/jobs.py:12: ` or `app/jobs.py:12: ValueError`.
fn pytest_frame(line: &str) -> Option<(&str, usize)> {
    let end = line.find(".py:")? + ".py".len();
    let (number, rest) = line[end + 1..].split_once(':')?;
    let rest = rest.trim();
    let is_name = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
    };
    let fits = rest.starts_with("in ") || is_name(rest);
    let path = &line[..end];
    let is_source = path.starts_with([' ', '>']) || path.starts_with("E  ");
    (fits && !is_source).then_some((path, number.parse().ok()?))
}

/// The line without what colours it on a terminal.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = rest
            .strip_prefix(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(rest);
    }
    plain.push_str(rest);
    plain
}
