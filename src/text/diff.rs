//! The lines in which two byte texts differ, as hunks of a unified diff.
//!
//! A line ends at `\n` and nowhere else, as git and patch see it: a file with bare `\r` is one line.

use similar::{Algorithm, DiffTag, capture_diff_slices, group_diff_ops};
use std::io::Write;
use std::ops::Range;

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;

/// A run of changed lines with what stands around it. Line numbers count from 0.
#[derive(Debug)]
pub struct Hunk<'a> {
    old: Range<usize>,
    new: Range<usize>,
    changes: Vec<Change>,
    lines: Vec<(Sign, &'a [u8])>,
}

/// Lines of the old text that became lines of the new one; either range may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub old: Range<usize>,
    pub new: Range<usize>,
    /// The new lines that could as well have been shown as the changed ones: where lines were added
    /// or removed between equal ones, several places tell the same truth.
    pub reach: Range<usize>,
}

impl Change {
    fn new(old: Range<usize>, new: Range<usize>, old_text: &[&[u8]], new_text: &[&[u8]]) -> Self {
        let (lines, moving) = match (old.is_empty(), new.is_empty()) {
            (true, _) => (new_text, &new),
            (_, true) => (old_text, &old),
            _ => (new_text, &(0..0)),
        };
        let up = (0..moving.start)
            .take_while(|by| lines[moving.start - 1 - by] == lines[moving.end - 1 - by])
            .count();
        let down = (0..lines.len() - moving.end)
            .take_while(|by| {
                !moving.is_empty() && lines[moving.start + by] == lines[moving.end + by]
            })
            .count();
        let reach = new.start - up..new.end + down;
        Self { old, new, reach }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Same,
    Removed,
    Added,
}

impl Hunk<'_> {
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Where it starts in the old and in the new text, counted from 0.
    pub fn starts(&self) -> (usize, usize) {
        (self.old.start, self.new.start)
    }

    /// Its lines, each by its places in the old and in the new text, counted from 0; a line that is in
    /// only one of them was removed or added.
    pub fn rows(&self) -> impl Iterator<Item = (Option<usize>, Option<usize>)> {
        let (mut old, mut new) = (self.old.clone(), self.new.clone());
        self.lines.iter().map(move |(sign, _)| match sign {
            Sign::Same => (old.next(), new.next()),
            Sign::Removed => (old.next(), None),
            Sign::Added => (None, new.next()),
        })
    }

    /// Writes the hunk; `heading` is the text after the second `@@`, one line without its end.
    pub fn write(&self, heading: &str, out: &mut Vec<u8>) {
        let separator = if heading.is_empty() { "" } else { " " };
        // Writing to a vector cannot fail.
        let _ = writeln!(
            out,
            "@@ -{} +{} @@{separator}{heading}",
            position(&self.old),
            position(&self.new)
        );
        for (sign, line) in &self.lines {
            out.push(match sign {
                Sign::Same => b' ',
                Sign::Removed => b'-',
                Sign::Added => b'+',
            });
            out.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                out.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        }
    }
}

/// A range as a hunk's header has it: counted from 1, the length left out when it is 1, and the line
/// before it when it is empty.
fn position(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        length => format!("{},{length}", range.start + 1),
    }
}

/// The hunks that turn `before` into `after`.
pub fn hunks<'a>(before: &'a [u8], after: &'a [u8]) -> Vec<Hunk<'a>> {
    let old = lines(before);
    let new = lines(after);
    let operations = capture_diff_slices(Algorithm::Histogram, &old, &new);
    group_diff_ops(operations, CONTEXT)
        .into_iter()
        .filter_map(|group| {
            let (first, last) = (group.first()?, group.last()?);
            let mut hunk = Hunk {
                old: first.old_range().start..last.old_range().end,
                new: first.new_range().start..last.new_range().end,
                changes: Vec::new(),
                lines: Vec::new(),
            };
            for operation in &group {
                let (old_range, new_range) = (operation.old_range(), operation.new_range());
                if operation.tag() == DiffTag::Equal {
                    hunk.lines
                        .extend(old[old_range].iter().map(|&line| (Sign::Same, line)));
                    continue;
                }
                hunk.changes.push(Change::new(
                    old_range.clone(),
                    new_range.clone(),
                    &old,
                    &new,
                ));
                hunk.lines
                    .extend(old[old_range].iter().map(|&line| (Sign::Removed, line)));
                hunk.lines
                    .extend(new[new_range].iter().map(|&line| (Sign::Added, line)));
            }
            Some(hunk)
        })
        .collect()
}

/// The lines of a text, each with its end.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expected: &str) {
        let mut out = Vec::new();
        for hunk in hunks(before.as_bytes(), after.as_bytes()) {
            hunk.write("why", &mut out);
        }
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn headers_count_as_git_does() {
        check("", "a\n", "@@ -0,0 +1 @@ why\n+a\n");
        check("a\nb\n", "a\nB\n", "@@ -1,2 +1,2 @@ why\n a\n-b\n+B\n");
    }

    #[test]
    fn a_missing_last_newline_is_told() {
        check(
            "a",
            "b",
            "@@ -1 +1 @@ why\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
        );
    }

    #[test]
    fn rows_are_the_lines_with_their_numbers() {
        let hunks = hunks(b"a\nb\nc\n", b"a\nB\nc\nd\n");
        let rows: Vec<_> = hunks[0].rows().collect();
        let expected = [
            (Some(0), Some(0)),
            (Some(1), None),
            (None, Some(1)),
            (Some(2), Some(2)),
            (None, Some(3)),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_change_between_equal_lines_reaches_as_far_as_it_could_move() {
        let reach = |before: &str, after: &str| {
            hunks(before.as_bytes(), after.as_bytes())[0].changes()[0]
                .reach
                .clone()
        };
        assert_eq!(reach("a\n\nx\n\nb\n", "a\n\nb\n"), 1..2);
        assert_eq!(reach("a\nb\n", "a\na\nb\n"), 0..2);
        assert_eq!(reach("a\nb\n", "a\nc\n"), 1..2);
    }

    #[test]
    fn carriage_returns_stay_in_their_line() {
        check(
            "a\r\nb\rc\r\n",
            "A\r\nb\rc\r\n",
            "@@ -1,2 +1,2 @@ why\n-a\r\n+A\r\n b\rc\r\n",
        );
    }
}
