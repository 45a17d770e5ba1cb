//! Changes to one text, and where they land.

use super::Span;

/// One replacement in a text. An insertion has an empty `span`, a deletion an empty `text`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    span: Span,
    text: String,
}

impl Edit {
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }

    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(Span::empty(at), text)
    }

    pub fn delete(span: Span) -> Self {
        Self::replace(span, "")
    }

    pub fn span(&self) -> Span {
        self.span
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether both edits cannot be applied together: their ranges overlap, or one is an insertion
    /// at the border of the other or inside it. Two equal insertions clash too, for applying them
    /// once or twice gives different programs; two equal replacements do not.
    pub fn clashes(&self, other: &Edit) -> bool {
        if self == other {
            return self.span.is_empty();
        }
        if self.span.is_empty() || other.span.is_empty() {
            self.span.touches(other.span)
        } else {
            self.span.overlaps(other.span)
        }
    }
}

/// The edits of one fix in one file clash with each other: a mistake of the code that made them.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the edits at {first:?} and {second:?} overlap")]
pub struct EditError {
    first: Span,
    second: Span,
}

/// Edits of one text: sorted, without repetition, none clashing with another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits(Vec<Edit>);

impl Edits {
    pub fn new(mut edits: Vec<Edit>) -> Result<Self, EditError> {
        edits.sort();
        if let Some(pair) = edits.windows(2).find(|pair| pair[0].clashes(&pair[1])) {
            return Err(EditError {
                first: pair[0].span,
                second: pair[1].span,
            });
        }
        edits.dedup();
        Ok(Self(edits))
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Edit> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clash(&self, others: &Edits) -> bool {
        self.iter()
            .any(|edit| others.iter().any(|other| edit.clashes(other)))
    }

    /// All of both, which must not clash.
    pub fn merge(&self, others: &Edits) -> Result<Self, EditError> {
        Self::new(self.iter().chain(others.iter()).cloned().collect())
    }

    /// The new text.
    pub fn apply(&self, text: &str) -> String {
        let mut result = String::with_capacity(text.len() + text.len() / 16);
        let mut taken = 0;
        for edit in &self.0 {
            result.push_str(&text[taken..edit.span.start()]);
            result.push_str(&edit.text);
            taken = edit.span.end();
        }
        result.push_str(&text[taken..]);
        result
    }

    /// Where each edit's own text stands in the new text, in the order of `iter`.
    pub fn landed(&self) -> Vec<Span> {
        let mut shift = 0isize;
        self.0
            .iter()
            .map(|edit| {
                let start = edit.span.start().strict_add_signed(shift);
                shift += edit.text.len() as isize - edit.span.len() as isize;
                Span::new(start, start + edit.text.len())
            })
            .collect()
    }

    /// Where spans of the old text stand in the new one. What an edit replaced maps to the border of
    /// that edit's text that keeps the result the widest.
    pub fn carry(&self, spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
        let landed = self.landed();
        // The old and the new range of the last of the first `count` edits.
        let last = |count: usize| {
            let index = count.checked_sub(1)?;
            Some((self.0[index].span, landed[index]))
        };
        // An insertion at the border of a span stays outside.
        let start = |offset: usize| match last(
            self.0.partition_point(|edit| edit.span.start() <= offset),
        ) {
            Some((old, new)) if old.end() <= offset => offset - old.end() + new.end(),
            Some((_, new)) => new.start(),
            None => offset,
        };
        let end =
            |offset: usize| match last(self.0.partition_point(|edit| edit.span.start() < offset)) {
                Some((old, new)) if old.end() <= offset => offset - old.end() + new.end(),
                Some((_, new)) => new.end(),
                None => offset,
            };
        spans
            .into_iter()
            .map(|span| {
                let start = start(span.start());
                Span::new(start, end(span.end()).max(start))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(list: &[(usize, usize, &str)]) -> Result<Edits, EditError> {
        Edits::new(
            list.iter()
                .map(|&(start, end, text)| Edit::replace(Span::new(start, end), text))
                .collect(),
        )
    }

    #[test]
    fn applies_in_order_whatever_the_order_given() {
        let edits = edits(&[(4, 5, "X"), (0, 1, "abc"), (2, 2, "-")]).unwrap();
        assert_eq!(edits.apply("012345"), "abc1-23X5");
        assert_eq!(
            edits.landed(),
            [Span::new(0, 3), Span::new(4, 5), Span::new(7, 8)]
        );
    }

    #[test]
    fn equal_replacements_are_shared_and_equal_insertions_clash() {
        assert_eq!(
            edits(&[(0, 1, "x"), (0, 1, "x")]).unwrap().apply("ab"),
            "xb"
        );
        assert!(edits(&[(1, 1, "x"), (1, 1, "x")]).is_err());
        assert!(edits(&[(0, 1, "x"), (1, 1, "y")]).is_err());
        assert!(edits(&[(0, 2, "x"), (1, 3, "y")]).is_err());
        assert!(edits(&[(0, 1, "x"), (1, 2, "y")]).is_ok());
    }

    #[test]
    fn spans_are_carried_over_edits() {
        let edits = edits(&[(2, 4, "long text")]).unwrap();
        let carried = |start, end| edits.carry([Span::new(start, end)])[0];
        assert_eq!(carried(0, 2), Span::new(0, 2));
        assert_eq!(carried(2, 4), Span::new(2, 11));
        assert_eq!(carried(5, 6), Span::new(12, 13));
        assert_eq!(carried(3, 6), Span::new(2, 13));
        assert_eq!(carried(1, 3), Span::new(1, 11));
    }
}
