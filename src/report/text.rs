//! Findings for people: where, what, how sure, and the code.

use crate::fix::{Finding, Remedy, Safety};
use crate::python::Lines;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt::Write;
use std::path::Path;

/// More lines than this of one finding are not shown.
const MAX_LINES: usize = 6;

/// The findings of one file.
pub fn findings(path: &Path, text: &str, found: &[Finding], colour: bool) -> String {
    let lines = Lines::new(text);
    let renderer = match colour {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let mut out = String::new();
    for finding in found {
        let at = lines.position(finding.at.start());
        let safety = finding.remedy.safety();
        let (bold, dim, off) = match colour {
            true => ("\x1b[1m", colour_of(safety), "\x1b[0m"),
            false => ("", "", ""),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{bold}{}:{}:{}{off}: {}: {} {dim}[{safety}]{off}",
            path.display(),
            at.line,
            at.column,
            finding.transform,
            finding.message,
        );
        out.push_str(&renderer.render(&[frame(text, finding, at.line)]));
        out.push_str("\n\n");
    }
    out
}

fn colour_of(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "\x1b[32m",
        Safety::Review => "\x1b[33m",
        Safety::Manual => "\x1b[2m",
    }
}

fn frame<'a>(text: &'a str, finding: &'a Finding, line: usize) -> Group<'a> {
    let start = text[..finding.at.start()]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let shown = text[start..]
        .split_inclusive('\n')
        .scan(0, |length, line| {
            *length += line.len();
            Some(*length)
        })
        .take(MAX_LINES)
        .take_while_inclusive(|&end| start + end < finding.at.end())
        .last()
        .unwrap_or(0);
    let source = text[start..start + shown].trim_end_matches(['\n', '\r']);
    let end = (finding.at.end() - start).min(source.len());
    let snippet = Snippet::source(source).line_start(line).annotation(
        AnnotationKind::Primary
            .span(finding.at.start() - start..end.max(finding.at.start() - start)),
    );
    let mut group = Group::with_level(Level::NOTE).element(snippet);
    for site in &finding.chain {
        let path = site.path.display();
        let step = format!("{path}:{}: {}", site.line, site.note);
        group = group.element(Level::NOTE.with_name("chain").message(step));
    }
    match &finding.remedy {
        Remedy::Fix(fix) => {
            group = group.element(Level::HELP.with_name("fix").message(fix.title()));
            if !fix.reason().is_empty() {
                group = group.element(Level::NOTE.with_name("review").message(fix.reason()));
            }
        }
        Remedy::Blocked(why) => {
            group = group.element(Level::NOTE.with_name("no fix").message(why.as_str()));
        }
    }
    for note in &finding.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    group
}

trait TakeWhileInclusive: Iterator + Sized {
    /// As `take_while`, with the first item that fails the test.
    fn take_while_inclusive(
        self,
        keep: impl Fn(&Self::Item) -> bool,
    ) -> impl Iterator<Item = Self::Item> {
        let mut done = false;
        self.take_while(move |item| {
            let take = !done;
            done = done || !keep(item);
            take
        })
    }
}

impl<I: Iterator> TakeWhileInclusive for I {}
