//! How a file is laid out: lines, indentation, quotes, comments and parentheses.

use super::ast::{AnyNodeRef, ExprRef, TokenKind, token};
use super::{Tree, range, span};
use crate::text::{Edit, Span};
use std::cell::OnceCell;

/// The layout of one parsed file.
pub struct Layout<'a> {
    text: &'a str,
    tree: &'a Tree,
    strings: OnceCell<Vec<Span>>,
}

impl<'a> Layout<'a> {
    pub fn new(text: &'a str, tree: &'a Tree) -> Self {
        Self {
            text,
            tree,
            strings: OnceCell::new(),
        }
    }

    /// The start of the line that holds `offset`, which may be in the middle of a character.
    pub fn line_start(&self, offset: usize) -> usize {
        self.text[..self.text.floor_char_boundary(offset)]
            .rfind(['\n', '\r'])
            .map_or(0, |newline| newline + 1)
    }

    /// The end of the line that holds `offset`, which may be in the middle of a character, before its line
    /// ending.
    pub fn line_end(&self, offset: usize) -> usize {
        let offset = self.text.floor_char_boundary(offset);
        self.text[offset..]
            .find(['\n', '\r'])
            .map_or(self.text.len(), |length| offset + length)
    }

    /// The start of the line after the one that holds `offset`; the end of the text on the last line.
    pub fn next_line(&self, offset: usize) -> usize {
        let end = self.line_end(offset);
        let ending = if self.text[end..].starts_with("\r\n") {
            2
        } else {
            usize::from(end < self.text.len())
        };
        end + ending
    }

    /// The lines that `span` touches, with their endings.
    pub fn whole_lines(&self, span: Span) -> Span {
        Span::new(
            self.line_start(span.start()),
            self.next_line(span.end().max(span.start() + 1) - 1),
        )
    }

    /// The line ending that new lines get: the first one of the file.
    pub fn newline(&self) -> &'static str {
        match self.text.find(['\n', '\r']) {
            Some(at) if self.text[at..].starts_with("\r\n") => "\r\n",
            Some(at) if self.text[at..].starts_with('\r') => "\r",
            _ => "\n",
        }
    }

    /// The white space that the line of `offset` starts with.
    pub fn indent_at(&self, offset: usize) -> &'a str {
        let line = &self.text[self.line_start(offset)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len()]
    }

    /// One level of indentation as this file has it; four spaces where it has none.
    pub fn indent_unit(&self) -> &'a str {
        self.tree
            .tokens()
            .iter()
            .find(|token| token.kind() == TokenKind::Indent)
            .map(|token| span(token).of(self.text))
            .filter(|indent| !indent.is_empty())
            .unwrap_or("    ")
    }

    /// The quote character most strings of the file use; `"` where it is a draw.
    pub fn quote(&self) -> char {
        let (mut single, mut double) = (0, 0);
        for token in self.tree.tokens() {
            if matches!(token.kind(), TokenKind::String | TokenKind::FStringStart) {
                match span(token).of(self.text).find(['\'', '"']) {
                    Some(at) if span(token).of(self.text)[at..].starts_with('\'') => single += 1,
                    _ => double += 1,
                }
            }
        }
        if single > double { '\'' } else { '"' }
    }

    /// Whether only white space stands before `span` on its first line, and only white space or a
    /// comment after it on its last: no `;`, no suite on the line of its header.
    pub fn alone(&self, span: Span) -> bool {
        let before = &self.text[self.line_start(span.start())..span.start()];
        let after = self.text[span.end()..self.line_end(span.end())].trim_start();
        before.trim().is_empty() && (after.is_empty() || after.starts_with('#'))
    }

    /// Whether the line that starts at `start` holds a comment and nothing else.
    pub fn is_comment_line(&self, start: usize) -> bool {
        let line = &self.text[start..self.line_end(start)];
        line.trim_start().starts_with('#')
    }

    /// Whether the line that starts at `start` holds white space only.
    pub fn is_blank_line(&self, start: usize) -> bool {
        self.text[start..self.line_end(start)].trim().is_empty()
    }

    pub fn has_comments(&self, span: Span) -> bool {
        self.comments_in(span).next().is_some()
    }

    pub fn comments_in(&self, span: Span) -> impl Iterator<Item = Span> {
        self.tree
            .tokens()
            .in_range(range(self.token_bounds(span)))
            .iter()
            .filter(|token| token.kind() == TokenKind::Comment)
            .map(super::span)
    }

    /// `span` widened to the tokens it cuts, as the token stream asks for whole ones.
    fn token_bounds(&self, span: Span) -> Span {
        let tokens = self.tree.tokens();
        let first = tokens.partition_point(|token| super::span(token).end() <= span.start());
        let last = tokens.partition_point(|token| super::span(token).start() < span.end());
        match (
            tokens.get(first),
            last.checked_sub(1).and_then(|last| tokens.get(last)),
        ) {
            (Some(first), Some(last))
                if super::span(first).start() <= super::span(last).start() =>
            {
                Span::new(super::span(first).start(), super::span(last).end())
            }
            _ => Span::empty(span.start()),
        }
    }

    /// The range of the outermost parentheses around an expression, if it has any of its own.
    pub fn parentheses(&self, expression: ExprRef<'_>, parent: AnyNodeRef<'_>) -> Option<Span> {
        token::parenthesized_range(expression, parent, self.tree.tokens())
            .map(|range| Span::new(range.start().to_usize(), range.end().to_usize()))
    }

    /// The kind and range of the first token at or after `offset` that is neither comment nor newline.
    pub fn token_after(&self, offset: usize) -> Option<(TokenKind, Span)> {
        let tokens = self.tree.tokens();
        let first = tokens.partition_point(|token| super::span(token).start() < offset);
        tokens[first..]
            .iter()
            .find(|token| !token.kind().is_trivia())
            .map(|token| (token.kind(), super::span(token)))
    }

    /// The edits that move the whole lines of `lines` one level to the right. Blank lines stay
    /// empty, and lines that begin inside a string stay as they are, for they are its value.
    pub fn indent(&self, lines: Span) -> Vec<Edit> {
        let unit = self.indent_unit();
        let mut edits = Vec::new();
        let mut at = lines.start();
        while at < lines.end() {
            let blank = self.text[at..self.line_end(at)].trim().is_empty();
            if !blank && !self.inside_string(at) {
                edits.push(Edit::insert(at, unit));
            }
            at = self.next_line(at);
        }
        edits
    }

    /// The edits that move the whole lines of `lines` to the left by `width` bytes of their
    /// indentation. Lines that begin inside a string stay as they are.
    pub fn dedent(&self, lines: Span, width: usize) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut at = lines.start();
        while at < lines.end() {
            if !self.inside_string(at) {
                let gone = self.indent_at(at).len().min(width);
                edits.push(Edit::replace(Span::new(at, at + gone), ""));
            }
            at = self.next_line(at);
        }
        edits
    }

    /// The edits that keep the lines after the first in parentheses under the first, where they are
    /// aligned with it and it moves by `shift` columns. `inside` begins after the opening parenthesis.
    pub fn realign(&self, inside: Span, shift: isize) -> Vec<Edit> {
        let first = self.line_start(inside.start());
        let column = inside.start() - first;
        let mut edits = Vec::new();
        let mut at = self.next_line(inside.start());
        while at < inside.end() {
            let indent = self.indent_at(at).len();
            let skipped =
                self.inside_string(at) || self.text[at..self.line_end(at)].trim().is_empty();
            // What hangs less is not aligned, and its author had another layout in mind.
            if !skipped && (indent < column || self.indent_at(at).contains('\t')) {
                return Vec::new();
            }
            if !skipped && shift > 0 {
                edits.push(Edit::insert(at, " ".repeat(shift.unsigned_abs())));
            } else if !skipped {
                let width = shift.unsigned_abs().min(indent);
                edits.push(Edit::delete(Span::new(at, at + width)));
            }
            at = self.next_line(at);
        }
        edits
    }

    /// Whether `offset` lies inside a string literal, its start excluded.
    fn inside_string(&self, offset: usize) -> bool {
        let strings = self
            .strings
            .get_or_init(|| multiline_strings(self.text, self.tree));
        let next = strings.partition_point(|string| string.end() <= offset);
        strings
            .get(next)
            .is_some_and(|string| string.start() < offset)
    }
}

/// The ranges of all string literals that hold a line break, in order; an f-string is one range.
fn multiline_strings(text: &str, tree: &Tree) -> Vec<Span> {
    let mut found = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for token in tree.tokens() {
        let here = span(token);
        match token.kind() {
            TokenKind::FStringStart | TokenKind::TStringStart => open.push(here.start()),
            TokenKind::FStringEnd | TokenKind::TStringEnd => {
                if let Some(start) = open.pop()
                    && open.is_empty()
                {
                    found.push(Span::new(start, here.end()));
                }
            }
            TokenKind::String if open.is_empty() => found.push(here),
            _ => {}
        }
    }
    found.retain(|string| string.of(text).contains(['\n', '\r']));
    found
}
