//! What a run of a program came to, and whether two runs came to the same.

use super::programs::Program;
use serde::Deserialize;

/// As `run.py` says it.
#[derive(Debug, Deserialize)]
pub struct Outcome {
    pub name: String,
    /// None where the time was over.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub log: Vec<Received>,
    pub seconds: f64,
}

/// A request as the server received it, without what differs between clients anyway.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Received {
    request: String,
    headers: Vec<String>,
    body: String,
}

impl Received {
    fn show(&self) -> String {
        let mut lines = vec![format!("> {}", self.request)];
        lines.extend(self.headers.iter().map(|header| format!("    {header}")));
        if !self.body.is_empty() {
            lines.push(format!("    {:?}", self.body));
        }
        lines.join("\n")
    }
}

/// Whether a program did the same before and after, and if not, where it first differs.
pub fn equal(program: &Program, before: &Outcome, after: &Outcome) -> Result<(), String> {
    if before.status != Some(program.exits) {
        return Err(format!("before, it ends with {}", ending(before)));
    }
    if before.stdout.is_empty() {
        return Err("before, it prints nothing".to_owned());
    }
    if before.stderr.contains("RuntimeWarning") {
        return Err(format!("before, it warns:\n{}", before.stderr));
    }
    lines_equal("printed", &before.stdout, &after.stdout)
        .map_err(|why| format!("{why}\n{}", after.stderr))?;
    if after.status != before.status {
        return Err(format!("it ends with {}", ending(after)));
    }
    let log = |outcome: &Outcome| {
        let shown: Vec<String> = outcome.log.iter().map(Received::show).collect();
        shown.join("\n")
    };
    lines_equal("received", &log(before), &log(after))?;
    let new = |line: &&str| line.contains("Warning: ") && !before.stderr.contains(line);
    match after.stderr.lines().find(new) {
        Some(warning) => Err(format!("it warns: {warning}")),
        None => Ok(()),
    }
}

fn ending(outcome: &Outcome) -> String {
    match outcome.status {
        None => "nothing for too long".to_owned(),
        Some(status) => format!("{status}:\n{}", outcome.stderr),
    }
}

/// Says of two texts where they first differ, with a line before and some after.
fn lines_equal(what: &str, before: &str, after: &str) -> Result<(), String> {
    if before == after {
        return Ok(());
    }
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new);
    let from = same.count().saturating_sub(2);
    let part = |lines: &[&str]| {
        let lines = lines.iter().skip(from).take(8);
        lines
            .map(|line| format!("    {line}\n"))
            .collect::<String>()
    };
    let (old, new) = (part(&old), part(&new));
    Err(format!("{what} before:\n{old}  {what} after:\n{new}"))
}
