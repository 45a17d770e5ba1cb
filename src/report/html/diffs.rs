//! The diff of one fix as rows of lines, with the colours of their words.

use crate::engine::{FilePatch, Plan};
use crate::python::highlight::{Colour, coloured};
use crate::text::{Span, diff};
use std::path::PathBuf;

/// More rows of one fix are not shown: one change over a whole project must not make a page that no
/// browser opens.
const MOST_ROWS: usize = 2_000;

/// Longer lines are cut.
const MOST_CHARACTERS: usize = 1_000;

/// What a fix makes of one file.
#[derive(Debug)]
pub struct FileDiff {
    pub path: PathBuf,
    pub is_new: bool,
    pub(super) hunks: Vec<Hunk>,
    /// How many rows are left out.
    pub(super) left_out: usize,
}

#[derive(Debug)]
pub(super) struct Hunk {
    /// The numbers of the first old and the first new line, from 1.
    pub starts: (usize, usize),
    /// A character for each line: a space, `-` or `+`.
    pub signs: String,
    pub lines: Vec<String>,
}

/// What a plan of one fix changes.
pub fn file_diffs(plan: &Plan) -> Vec<FileDiff> {
    let mut room = MOST_ROWS;
    let patches = plan.patches.iter();
    patches.map(|patch| file_diff(patch, &mut room)).collect()
}

fn file_diff(patch: &FilePatch, room: &mut usize) -> FileDiff {
    let (before, after) = (patch.before.text(), &patch.after);
    let sides = [&**before, &**after].map(|text| Side::new(text, patch.is_python));
    let mut left_out = 0;
    let mut hunks = Vec::new();
    for hunk in diff::hunks(before.as_bytes(), after.as_bytes()) {
        let (old, new) = hunk.starts();
        let mut shown = Hunk {
            starts: (old + 1, new + 1),
            signs: String::new(),
            lines: Vec::new(),
        };
        for (old, new) in hunk.rows() {
            if *room == 0 {
                left_out += 1;
                continue;
            }
            *room -= 1;
            let (sign, line) = match (old, new) {
                (Some(_), Some(new)) => (' ', sides[1].line(new)),
                (Some(old), None) => ('-', sides[0].line(old)),
                (None, new) => ('+', sides[1].line(new.unwrap_or_default())),
            };
            shown.signs.push(sign);
            shown.lines.push(line);
        }
        hunks.extend((!shown.lines.is_empty()).then_some(shown));
    }
    FileDiff {
        path: patch.before.path().to_path_buf(),
        is_new: patch.before.is_new(),
        hunks,
        left_out,
    }
}

/// A text by lines, with the colours of its words.
struct Side<'t> {
    lines: Vec<Span>,
    words: Vec<(Span, Colour)>,
    text: &'t str,
}

impl<'t> Side<'t> {
    fn new(text: &'t str, is_python: bool) -> Self {
        let mut start = 0;
        let lines = text.split_inclusive('\n').map(|line| {
            start += line.len();
            let end = start - (line.len() - line.trim_end_matches(['\n', '\r']).len());
            Span::new(start - line.len(), end)
        });
        Self {
            lines: lines.collect(),
            words: match is_python {
                true => coloured(text),
                false => Vec::new(),
            },
            text,
        }
    }

    /// A line as the page has it: how many UTF-16 units have which colour, a tab, and the text.
    fn line(&self, index: usize) -> String {
        let Some(line) = self.lines.get(index) else {
            return "\t".to_owned();
        };
        let text = line.of(self.text);
        let (end, cut) = match text.char_indices().nth(MOST_CHARACTERS) {
            Some((end, _)) => (line.start() + end, " \u{2026}"),
            None => (line.end(), ""),
        };
        let mut runs = String::new();
        let mut at = line.start();
        let first = self.words.partition_point(|(word, _)| word.end() <= at);
        for (word, colour) in &self.words[first..] {
            let (start, stop) = (word.start().max(at), word.end().min(end));
            if start >= stop {
                break;
            }
            self.run(&mut runs, at, start, '.');
            self.run(&mut runs, start, stop, letter(*colour));
            at = stop;
        }
        format!("{runs}\t{}{cut}", &self.text[line.start()..end])
    }

    fn run(&self, runs: &mut String, start: usize, end: usize, colour: char) {
        let length = self.text[start..end].encode_utf16().count();
        if length > 0 {
            runs.push_str(&format!("{length}{colour}"));
        }
    }
}

fn letter(colour: Colour) -> char {
    match colour {
        Colour::Keyword => 'k',
        Colour::Text => 's',
        Colour::Number => 'n',
        Colour::Comment => 'c',
        Colour::Definition => 'd',
        Colour::Call => 'f',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, line: usize, expected: &str) {
        assert_eq!(Side::new(text, true).line(line), expected);
    }

    #[test]
    fn lines_have_the_colours_of_their_words() {
        check("x = await f(1)\n", 0, "4.5k1.1f1.1n\tx = await f(1)");
        check("x = 1\r\n", 0, "4.1n\tx = 1");
        check("x = y", 0, "\tx = y");
    }

    #[test]
    fn colours_go_on_over_lines() {
        let text = "x = \"\"\"a\n  b\n\"\"\"\ny = 1\n";
        check(text, 0, "4.4s\tx = \"\"\"a");
        check(text, 1, "3s\t  b");
        check(text, 2, "3s\t\"\"\"");
        check(text, 3, "4.1n\ty = 1");
    }

    #[test]
    fn characters_are_counted_as_the_page_counts_them() {
        check("x = '\u{1f600}', 1\n", 0, "4.4s2.1n\tx = '\u{1f600}', 1");
    }

    #[test]
    fn long_lines_are_cut() {
        let line = Side::new(&"x".repeat(5_000), true).line(0);
        assert_eq!(line.chars().count(), MOST_CHARACTERS + 3);
        assert!(line.ends_with('\u{2026}'));
    }
}
