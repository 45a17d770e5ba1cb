//! The lines in which two byte texts differ, as hunks of a unified diff.
//!
//! A line ends at `\n` and nowhere else, as git and patch see it: a file with bare `\r` is one line.

use super::LineRanges;
use similar::{Algorithm, DiffTag, capture_diff_slices};
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
    /// The new lines in whose part of the text it lies: what edits made of that part, they made together.
    pub part: Range<usize>,
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

/// The hunks that turn `before` into `after`, where nothing is known of what changed.
pub fn hunks<'a>(before: &'a [u8], after: &'a [u8]) -> Vec<Hunk<'a>> {
    let (old, new) = (lines(before), lines(after));
    let whole = [(0..old.len(), 0..new.len())];
    hunks_of(&old, &new, &whole)
}

/// The hunks that turn `before` into `after`, where only these lines changed.
pub fn hunks_within<'a>(
    before: &'a [u8],
    after: &'a [u8],
    changed: &[LineRanges],
) -> Vec<Hunk<'a>> {
    let (old, new) = (lines(before), lines(after));
    match is_all(&old, &new, changed) {
        true => hunks_of(&old, &new, changed),
        // A diff is right whatever was said.
        false => hunks(before, after),
    }
}

/// Whether all other lines are the same.
fn is_all(old: &[&[u8]], new: &[&[u8]], changed: &[LineRanges]) -> bool {
    let (mut from_old, mut from_new) = (0, 0);
    let end = (old.len()..old.len(), new.len()..new.len());
    changed.iter().chain([&end]).all(|(in_old, in_new)| {
        let same = old.get(from_old..in_old.start) == new.get(from_new..in_new.start);
        let is_there = old.get(from_old..in_old.start).is_some();
        (from_old, from_new) = (in_old.end, in_new.end);
        same && is_there
    })
}

fn hunks_of<'a>(old: &[&'a [u8]], new: &[&'a [u8]], changed: &[LineRanges]) -> Vec<Hunk<'a>> {
    let changes = changes(old, new, changed);
    let together = |one: &Change, next: &Change| next.old.start - one.old.end <= 2 * CONTEXT;
    let groups = changes.chunk_by(together);
    groups.filter_map(|group| hunk(old, new, group)).collect()
}

fn hunk<'a>(old: &[&'a [u8]], new: &[&'a [u8]], changes: &[Change]) -> Option<Hunk<'a>> {
    let (first, last) = (changes.first()?, changes.last()?);
    let above = first.old.start.min(CONTEXT);
    let below = (old.len() - last.old.end).min(CONTEXT);
    let mut lines = Vec::new();
    let mut tell = |sign, told: &[&'a [u8]]| lines.extend(told.iter().map(|line| (sign, *line)));
    let mut from = first.old.start - above;
    for change in changes {
        tell(Sign::Same, &old[from..change.old.start]);
        tell(Sign::Removed, &old[change.old.clone()]);
        tell(Sign::Added, &new[change.new.clone()]);
        from = change.old.end;
    }
    tell(Sign::Same, &old[from..from + below]);
    Some(Hunk {
        old: first.old.start - above..last.old.end + below,
        new: first.new.start - above..last.new.end + below,
        changes: changes.to_vec(),
        lines,
    })
}

/// What differs, part by part.
fn changes(old: &[&[u8]], new: &[&[u8]], changed: &[LineRanges]) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    for (in_old, in_new) in changed {
        let down = |range: Range<usize>, by: usize| range.start + by..range.end + by;
        let (some_old, some_new) = (&old[in_old.clone()], &new[in_new.clone()]);
        let operations = capture_diff_slices(Algorithm::Histogram, some_old, some_new);
        let differing = operations
            .into_iter()
            .filter(|operation| operation.tag() != DiffTag::Equal);
        all.extend(differing.map(|operation| Change {
            old: down(operation.old_range(), in_old.start),
            new: down(operation.new_range(), in_new.start),
            part: in_new.clone(),
        }));
    }
    let mut end = old.len() + 1;
    for change in all.iter_mut().rev() {
        // As git shows it: of equal lines the last.
        while change.old.end + 1 < end && goes_down(change, old, new) {
            for place in [&mut change.old, &mut change.new] {
                *place = place.start + 1..place.end + 1;
            }
        }
        end = change.old.start;
    }
    all
}

/// Whether lines that were added or removed could as well be those one further down.
fn goes_down(change: &Change, old: &[&[u8]], new: &[&[u8]]) -> bool {
    let (lines, at) = match (change.old.is_empty(), change.new.is_empty()) {
        (true, false) => (new, &change.new),
        (false, true) => (old, &change.old),
        _ => return false,
    };
    lines.get(at.end) == lines.get(at.start)
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
    fn equal_lines_are_told_apart_by_what_changed() {
        let added = |changed: &[LineRanges]| {
            let hunks = hunks_within(b"a\na\nb\n", b"a\na\na\nb\n", changed);
            let change = &hunks[0].changes()[0];
            (change.new.clone(), change.part.clone())
        };
        // Shown is the last of them.
        assert_eq!(added(&[(0..0, 0..1)]), (2..3, 0..1));
        assert_eq!(added(&[(1..1, 1..2)]), (2..3, 1..2));
        // What is not so is not believed.
        assert_eq!(added(&[(0..1, 0..1)]), (2..3, 0..4));
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
