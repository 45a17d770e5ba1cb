//! Which parts of a text became which parts of another, over any number of edits.

use super::{Edits, Span};
use std::ops::Range;

/// Parts of an old text, and of the new one what stands in their place: in order, and apart. All else is
/// the same in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed(Vec<(Span, Span)>);

/// Lines of the old text, and of the new one those in their place.
pub type LineRanges = (Range<usize>, Range<usize>);

impl Changed {
    /// The same after more edits, which are made in the new text.
    #[must_use]
    pub fn then(&self, edits: &Edits) -> Self {
        // Of each part what it adds to offsets between, seen from the old text and from the newest.
        let grown = |span: Span, by: usize| span.len() as isize - by as isize;
        let known = self
            .0
            .iter()
            .map(|(old, new)| (*new, grown(*old, new.len()), 0));
        let more = edits.iter().map(|edit| {
            let growth = edit.text().len() as isize - edit.span().len() as isize;
            (edit.span(), 0, growth)
        });
        let mut parts: Vec<(Span, isize, isize)> = known.chain(more).collect();
        parts.sort_unstable();
        let mut all = Vec::new();
        let (mut to_old, mut to_new) = (0, 0);
        let mut parts = parts.into_iter().peekable();
        while let Some((mut at, mut in_old, mut in_new)) = parts.next() {
            while let Some((next, old, new)) = parts.next_if(|(next, ..)| next.touches(at)) {
                at = at.cover(next);
                in_old += old;
                in_new += new;
            }
            let moved = |by: isize, growth: isize| {
                let end = at.end().strict_add_signed(by + growth);
                Span::new(at.start().strict_add_signed(by), end)
            };
            all.push((moved(to_old, in_old), moved(to_new, in_new)));
            to_old += in_old;
            to_new += in_new;
        }
        Self(all)
    }

    /// The lines in which the parts lie, a line ending at `\n`. Those side by side are one.
    pub fn lines(&self, old: &str, new: &str) -> Vec<LineRanges> {
        let starts_line =
            |text: &str, at: usize| at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
        let line_starts = |text: &str| -> Vec<usize> {
            memchr::memchr_iter(b'\n', text.as_bytes())
                .map(|at| at + 1)
                .collect()
        };
        let (old_starts, new_starts) = (line_starts(old), line_starts(new));
        let line = |starts: &[usize], at: usize| starts.partition_point(|start| *start <= at);
        let mut all: Vec<LineRanges> = Vec::new();
        for (before, after) in &self.0 {
            // Both end with a line, or the rest of the line is in both.
            let whole = starts_line(old, before.end()) && starts_line(new, after.end());
            let lines = |text: &str, starts: &[usize], at: Span| {
                let count = starts.len() + usize::from(!starts_line(text, text.len()));
                let end = line(starts, at.end()) + usize::from(!whole);
                line(starts, at.start())..end.min(count)
            };
            let (old, new) = (
                lines(old, &old_starts, *before),
                lines(new, &new_starts, *after),
            );
            match all.last_mut() {
                Some((last_old, last_new))
                    if old.start <= last_old.end || new.start <= last_new.end =>
                {
                    last_old.end = last_old.end.max(old.end);
                    last_new.end = last_new.end.max(new.end);
                }
                _ => all.push((old, new)),
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Edit;

    fn edits(list: &[(usize, usize, &str)]) -> Edits {
        let edits = list.iter();
        Edits::new(
            edits
                .map(|&(start, end, text)| Edit::replace(Span::new(start, end), text))
                .collect(),
        )
        .unwrap()
    }

    #[test]
    fn edits_of_edits_count_in_the_first_text() {
        let first = Changed::default().then(&edits(&[(2, 4, "long text"), (8, 8, "x")]));
        let spans = |list: &[(usize, usize, usize, usize)]| {
            let spans = list.iter();
            spans
                .map(|&(a, b, c, d)| (Span::new(a, b), Span::new(c, d)))
                .collect::<Vec<_>>()
        };
        assert_eq!(first.0, spans(&[(2, 4, 2, 11), (8, 8, 15, 16)]));
        let second = first.then(&edits(&[(0, 1, ""), (6, 12, "-")]));
        assert_eq!(
            second.0,
            spans(&[(0, 1, 0, 0), (2, 5, 1, 6), (8, 8, 9, 10)])
        );
    }

    #[test]
    fn lines_are_whole_in_both_texts() {
        let check = |old: &str, list: &[(usize, usize, &str)], expected: &[LineRanges]| {
            let edits = edits(list);
            let lines = Changed::default()
                .then(&edits)
                .lines(old, &edits.apply(old));
            assert_eq!(lines, expected, "{old:?}");
        };
        check("a\nb\nc\n", &[(2, 2, "x\n")], &[(1..1, 1..2)]);
        check("a\nb\nc\n", &[(2, 4, "")], &[(1..2, 1..1)]);
        check("a\nb\nc\n", &[(1, 2, "")], &[(0..2, 0..1)]);
        check(
            "a\nb\nc\n",
            &[(0, 1, "x"), (4, 5, "y")],
            &[(0..1, 0..1), (2..3, 2..3)],
        );
        check("a\nb", &[(3, 3, "\n")], &[(1..2, 1..2)]);
        check("a\n", &[(2, 2, "b")], &[(1..1, 1..2)]);
    }
}
