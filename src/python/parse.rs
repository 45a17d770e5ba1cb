//! From text to syntax tree, with bounds that keep hostile input from taking the process down.

use crate::python::ast::{
    self, AnyNodeRef, HasNodeIndex, ModModule, SourceOrderVisitor, Stmt, TokenKind, Tokens,
    TraversalSignal,
};
use crate::text::Span;
use ruff_python_parser::{Parsed, parse_module};
use ruff_source_file::LineIndex;

/// Trees nested deeper than this are not looked at. CPython's own compiler gives up earlier.
const MAX_DEPTH: usize = 3_000;

/// The stack that walking and dropping a tree of `MAX_DEPTH` levels needs, with much to spare.
const STACK: usize = 64 << 20;

/// Runs `work`, which parses, walks or drops trees, with enough stack under it.
pub fn deep_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK / 2, STACK, work)
}

/// Why a text has no syntax tree, and the byte offset where that shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseTrouble {
    pub at: usize,
    pub message: String,
}

/// A syntax tree with its tokens.
pub struct Tree(Parsed<ModModule>);

/// Parses a module. Call it, and drop the result, inside `deep_stack`.
pub fn parse(text: &str) -> Result<Tree, ParseTrouble> {
    let parsed = parse_module(text).map_err(|error| ParseTrouble {
        at: error.location.start().to_usize(),
        message: error.error.to_string(),
    })?;
    if let Some(at) = suspicious_nesting(parsed.tokens())
        && depth(parsed.syntax()) > MAX_DEPTH
    {
        // Dropping recurses as well: the memory of this one tree is the price of staying alive.
        std::mem::forget(parsed);
        return Err(ParseTrouble {
            at,
            message: format!("nested more than {MAX_DEPTH} levels deep"),
        });
    }
    Ok(Tree(parsed))
}

/// Parses a single expression, as a string annotation holds it; nothing if it is none, or a long one.
pub fn parse_expression(text: &str) -> Option<ast::Expr> {
    const MAX_LENGTH: usize = 400;
    if text.len() > MAX_LENGTH {
        return None;
    }
    let parsed = ruff_python_parser::parse_expression(text).ok()?;
    Some(parsed.into_expr())
}

/// Where a logical line starts that has so many tokens, or an indentation that is so deep, that the
/// tree could exceed the bound. Each level of nesting costs at least one token of its line.
fn suspicious_nesting(tokens: &Tokens) -> Option<usize> {
    let (mut count, mut start, mut indentation) = (0usize, 0, 0usize);
    for token in tokens {
        match token.kind() {
            TokenKind::Newline => count = 0,
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            _ => {
                if count == 0 {
                    start = crate::python::span(token).start();
                }
                count += 1;
            }
        }
        if count + indentation > MAX_DEPTH / 3 {
            return Some(start);
        }
    }
    None
}

/// The depth of the tree, measured without recursion.
fn depth(module: &ModModule) -> usize {
    struct Children<'a>(Vec<AnyNodeRef<'a>>);
    impl<'a> SourceOrderVisitor<'a> for Children<'a> {
        fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
            self.0.push(node);
            TraversalSignal::Skip
        }
    }
    let mut deepest = 0;
    let mut level = vec![AnyNodeRef::from(module)];
    let mut children = Children(Vec::new());
    while !level.is_empty() && deepest <= MAX_DEPTH {
        deepest += 1;
        for node in level.drain(..) {
            node.visit_source_order(&mut children);
        }
        std::mem::swap(&mut level, &mut children.0);
    }
    deepest
}

impl Tree {
    pub fn module(&self) -> &ModModule {
        self.0.syntax()
    }

    pub fn body(&self) -> &[Stmt] {
        &self.0.syntax().body
    }

    pub fn tokens(&self) -> &Tokens {
        self.0.tokens()
    }

    pub fn comments(&self) -> impl Iterator<Item = Span> {
        self.tokens()
            .iter()
            .filter(|token| token.kind() == TokenKind::Comment)
            .map(crate::python::span)
    }
}

/// Numbers a node of a tree, so that facts about it can be kept in a vector.
pub fn number(node: AnyNodeRef<'_>, index: u32) {
    node.node_index().set(ast::NodeIndex::from(index));
}

/// The number that `number` gave.
pub fn number_of(node: AnyNodeRef<'_>) -> Option<u32> {
    node.node_index().load().as_u32()
}

/// A place in a text as a person counts: lines and columns from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// Turns byte offsets of one text into positions. Lines end at `\n`, `\r\n` or `\r`, as in Python.
pub struct Lines<'a> {
    text: &'a str,
    index: LineIndex,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            index: LineIndex::from_source_text(text),
        }
    }

    pub fn position(&self, offset: usize) -> Position {
        let location = self
            .index
            .line_column(crate::python::range(Span::empty(offset)).start(), self.text);
        Position {
            line: location.line.get(),
            column: location.column.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        deep_stack(|| {
            parse(text)
                .err()
                .map_or(String::new(), |trouble| trouble.message)
        })
    }

    #[test]
    fn hostile_nesting_is_refused_not_fatal() {
        for text in [
            format!("x = {}1", "-".repeat(200_000)),
            format!("x = a{}", ".b".repeat(200_000)),
            format!("x = 1{}", " + 1".repeat(200_000)),
            format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        ] {
            assert!(
                message(&text).contains("nested more than"),
                "{}",
                &text[..9]
            );
        }
        let indented: String = (0..4_000)
            .map(|level| format!("{}if x:\n", " ".repeat(level)))
            .collect();
        assert!(message(&format!("{indented}{}pass", " ".repeat(4_000))).contains("nested"));
        assert!(!message(&"(".repeat(500_000)).is_empty());
    }

    #[test]
    fn long_but_flat_is_fine() {
        assert_eq!(message(&format!("x = [{}]", "1, ".repeat(200_000))), "");
        assert_eq!(message(&format!("x = 1{}", " + 1".repeat(2_000))), "");
    }
}
