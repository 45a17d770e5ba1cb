//! What came of a bulk job: by repository and by transform, and what to look at first.

use super::summary::count;
use crate::job::bulk::{Checked, Outcome, Tally, When};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// All repositories of a job.
#[derive(Debug, Default, Serialize)]
pub struct Campaign {
    pub rows: Vec<Row>,
}

/// One repository.
#[derive(Debug, Serialize)]
pub struct Row {
    pub repository: String,
    pub place: String,
    pub commit: Option<String>,
    pub failed: Option<String>,
    pub is_done: bool,
    pub patches: Vec<String>,
    pub checked: Vec<Checked>,
    /// For rewriting and checks, where that is told.
    pub milliseconds: Option<u64>,
    pub outcome: Outcome,
}

/// So many of each kind are named.
const MOST: usize = 10;

/// Who takes so many times as long as most is named.
const SLOW: u64 = 10;

impl Row {
    fn fixed(&self) -> usize {
        self.outcome.fixed()
    }

    fn to_review(&self) -> usize {
        let fixes = self.outcome.changed.values().flatten();
        fixes.filter(|fix| !fix.review.is_empty()).count()
    }

    fn left(&self) -> usize {
        let tallies = self.outcome.transforms.values();
        tallies.flat_map(|tally| tally.left.values()).sum()
    }

    fn standing(&self) -> &'static str {
        match (&self.failed, self.is_done) {
            (Some(_), _) => "failed",
            (None, true) => "done",
            (None, false) => "to do",
        }
    }

    /// How many checks passed of those that ran then.
    fn checks(&self, when: When) -> String {
        let ran: Vec<&Checked> = self.checked.iter().filter(|it| it.when == when).collect();
        match ran.len() {
            0 => "-".to_owned(),
            all => format!("{}/{all}", ran.iter().filter(|it| it.passed).count()),
        }
    }

    fn time(&self) -> String {
        self.milliseconds.map_or_else(
            || "-".to_owned(),
            |time| format!("{}.{:03} s", time / 1000, time % 1000),
        )
    }
}

/// A heading with a table, or with lines.
struct Part {
    title: String,
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Campaign {
    pub fn markdown(&self) -> String {
        let mut text = format!("# Bulk job\n\n{}\n", self.totals());
        for part in self.parts() {
            // Writing to a string does not fail.
            let _ = write!(text, "\n## {}\n\n", part.title);
            let line = |cells: &[String]| {
                let cells: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
                format!("| {} |\n", cells.join(" | "))
            };
            let head: Vec<String> = part.head.iter().map(|cell| (*cell).to_owned()).collect();
            text.push_str(&line(&head));
            text.push_str(&line(&vec!["---".to_owned(); head.len()]));
            for row in &part.rows {
                text.push_str(&line(row));
            }
        }
        text
    }

    pub fn html(&self) -> String {
        let mut text = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Bulk job</title>\n\
             <style>{STYLE}</style>\n<h1>Bulk job</h1>\n<p>{}</p>\n",
            escaped(&self.totals())
        );
        for part in self.parts() {
            let cells = |kind: &str, cells: &mut dyn Iterator<Item = &str>| {
                let cells = cells.map(|cell| format!("<{kind}>{}</{kind}>", escaped(cell)));
                format!("<tr>{}</tr>\n", cells.collect::<String>())
            };
            let _ = write!(text, "<h2>{}</h2>\n<table>\n", escaped(&part.title));
            text.push_str(&cells("th", &mut part.head.iter().copied()));
            for row in &part.rows {
                text.push_str(&cells("td", &mut row.iter().map(String::as_str)));
            }
            text.push_str("</table>\n");
        }
        text.push_str("</html>\n");
        text
    }

    fn totals(&self) -> String {
        let standing = |what: &str| {
            self.rows
                .iter()
                .filter(|row| row.standing() == what)
                .count()
        };
        let sum = |number: &dyn Fn(&Row) -> usize| self.rows.iter().map(number).sum::<usize>();
        format!(
            "Of {} repositories, {} are done, {} failed and {} are still to do. In {}, {} found and {} \
             fixed, {} of these to review; {} left. There are {} patches.",
            self.rows.len(),
            standing("done"),
            standing("failed"),
            standing("to do"),
            count(sum(&|row| row.outcome.files), "file"),
            sum(&|row| row.outcome.found()),
            sum(&Row::fixed),
            sum(&Row::to_review),
            sum(&Row::left),
            sum(&|row| row.patches.len()),
        )
    }

    fn parts(&self) -> Vec<Part> {
        let parts = [
            self.first(),
            self.transforms(),
            self.reasons(),
            self.repositories(),
        ];
        let filled = parts.into_iter().filter(|part| !part.rows.is_empty());
        filled.collect()
    }

    /// What to look at first.
    fn first(&self) -> Part {
        let mut rows = Vec::new();
        let mut add = |row: &Row, why: String| rows.push(vec![row.place.clone(), why]);
        for row in &self.rows {
            if let Some(why) = &row.failed {
                add(row, format!("failed: {why}"));
            }
        }
        for row in self
            .rows
            .iter()
            .filter(|row| !row.outcome.mistakes.is_empty())
        {
            add(
                row,
                format!("asyncfix went wrong: {}", row.outcome.mistakes.join("; ")),
            );
        }
        for row in self.rows.iter().filter(|row| row.failed.is_none()) {
            let failing = row
                .checked
                .iter()
                .filter(|it| !it.passed && it.when == When::After);
            let names: Vec<&str> = failing.map(|it| it.name.as_str()).collect();
            if !names.is_empty() {
                add(row, format!("fails before and after: {}", names.join(", ")));
            }
        }
        let mut reviewed: Vec<&Row> = self.rows.iter().filter(|row| row.to_review() > 0).collect();
        reviewed.sort_by_key(|row| std::cmp::Reverse(row.to_review()));
        for row in reviewed.into_iter().take(MOST) {
            let fixes = if row.to_review() == 1 { "fix" } else { "fixes" };
            add(row, format!("{} {fixes} to review", row.to_review()));
        }
        let mut times: Vec<u64> = self
            .rows
            .iter()
            .filter_map(|row| row.milliseconds)
            .collect();
        times.sort_unstable();
        let usual = times.get(times.len() / 2).copied().unwrap_or(0);
        let slow = |row: &&Row| {
            row.milliseconds
                .is_some_and(|time| time > SLOW * usual.max(100))
        };
        for row in self.rows.iter().filter(slow).take(MOST) {
            add(row, format!("took {}", row.time()));
        }
        Part {
            title: "What to look at first".to_owned(),
            head: vec!["repository", "why"],
            rows,
        }
    }

    fn transforms(&self) -> Part {
        let mut all: BTreeMap<&str, (usize, Tally)> = BTreeMap::new();
        for (transform, tally) in self.rows.iter().flat_map(|row| &row.outcome.transforms) {
            let (repositories, sum) = all.entry(transform).or_default();
            *repositories += 1;
            sum.found += tally.found;
            sum.fixed += tally.fixed;
            *sum.left.entry(String::new()).or_default() += tally.left.values().sum::<usize>();
        }
        let row = |(transform, (repositories, sum)): (&str, (usize, Tally))| {
            let left = sum.left.values().sum::<usize>();
            let numbers = [repositories, sum.found, sum.fixed, left];
            let numbers = numbers.map(|number| number.to_string());
            [vec![transform.to_owned()], numbers.to_vec()].concat()
        };
        Part {
            title: "Transforms".to_owned(),
            head: vec!["transform", "repositories", "found", "fixed", "left"],
            rows: all.into_iter().map(row).collect(),
        }
    }

    /// Why most of what is left is left.
    fn reasons(&self) -> Part {
        let mut all: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (transform, tally) in self.rows.iter().flat_map(|row| &row.outcome.transforms) {
            for (why, count) in &tally.left {
                *all.entry((transform, why)).or_default() += count;
            }
        }
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let row = |((transform, why), count): ((&str, &str), usize)| {
            vec![transform.to_owned(), count.to_string(), why.to_owned()]
        };
        Part {
            title: "Why places are left".to_owned(),
            head: vec!["transform", "places", "reason"],
            rows: all.into_iter().take(3 * MOST).map(row).collect(),
        }
    }

    fn repositories(&self) -> Part {
        let row = |row: &Row| {
            vec![
                row.place.clone(),
                row.standing().to_owned(),
                row.outcome.files.to_string(),
                row.outcome.found().to_string(),
                row.fixed().to_string(),
                row.to_review().to_string(),
                row.left().to_string(),
                row.checks(When::Before),
                row.checks(When::After),
                row.patches.len().to_string(),
                row.time(),
            ]
        };
        Part {
            title: "Repositories".to_owned(),
            head: vec![
                "repository",
                "state",
                "files",
                "found",
                "fixed",
                "to review",
                "left",
                "checks before",
                "checks after",
                "patches",
                "time",
            ],
            rows: self.rows.iter().map(row).collect(),
        }
    }
}

const STYLE: &str = "body{font-family:sans-serif;margin:2em auto;max-width:80em;padding:0 1em}\
table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2em .5em;text-align:left;\
overflow-wrap:anywhere;vertical-align:top}";

/// A cell of a table in Markdown.
fn plain(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|").replace('<', "&lt;")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
