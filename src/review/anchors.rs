//! The statements of a file, each told apart from the others by what it says and what is around it.
//! Lines that shift, comments and layout change nothing about that.

use crate::python::ast::{AnyNodeRef, SourceOrderVisitor, TokenKind, TraversalSignal, walk_node};
use crate::python::{ParseTrouble, Tree, deep_stack, parse, span};
use crate::text::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// What tells a place in a statement from all others of its file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Anchor {
    /// The names of the classes and functions around the statement, from the outside: `Client.fetch`;
    /// empty at module level.
    pub scope: String,
    /// A hash of the statement's tokens, comments and layout left out (XXH3, in hexadecimal digits).
    pub statement: String,
    /// Where it starts and ends in the statement, in tokens, half-open.
    pub tokens: (usize, usize),
    /// Where the scope has equal statements: a hash of those next to this one, which of those with equal
    /// neighbours it is, from 1, and how many equal statements there are.
    pub among: Option<Among>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Among {
    pub neighbours: String,
    pub ordinal: usize,
    pub of: usize,
}

#[derive(Debug)]
struct Statement {
    at: Span,
    scope: String,
    hash: u64,
    among: Option<Among>,
}

/// All statements of a text.
#[derive(Debug)]
pub struct Anchors {
    statements: Vec<Statement>,
    tokens: Vec<Span>,
}

impl Anchors {
    pub fn of(text: &str) -> Result<Self, ParseTrouble> {
        deep_stack(|| {
            let tree = parse(text)?;
            Ok(Self::of_tree(text, &tree))
        })
    }

    fn of_tree(text: &str, tree: &Tree) -> Self {
        let tokens = significant(tree);
        let mut walk = Walk {
            text,
            tokens: &tokens,
            scopes: Vec::new(),
            blocks: vec![None],
            found: Vec::new(),
        };
        walk_node(&mut walk, AnyNodeRef::from(tree.module()));
        let found = walk.found;
        let mut equals: BTreeMap<(&str, u64), Vec<usize>> = BTreeMap::new();
        for (index, one) in found.iter().enumerate() {
            equals
                .entry((&one.statement.scope, one.statement.hash))
                .or_default()
                .push(index);
        }
        let mut among: Vec<Option<Among>> = found.iter().map(|_| None).collect();
        for same in equals.into_values().filter(|same| same.len() > 1) {
            let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
            for &index in &same {
                let neighbours = found[index].neighbours(&found);
                let ordinal = seen.entry(neighbours).or_default();
                *ordinal += 1;
                among[index] = Some(Among {
                    neighbours: hexadecimal(neighbours),
                    ordinal: *ordinal,
                    of: same.len(),
                });
            }
        }
        let statements = found.into_iter().zip(among).map(|(one, among)| Statement {
            among,
            ..one.statement
        });
        Self {
            statements: statements.collect(),
            tokens: tokens.into_iter().map(|(at, _)| at).collect(),
        }
    }

    /// What is known of a place, by the innermost statement that holds it.
    pub fn at(&self, place: Span) -> Option<Anchor> {
        // Outer statements come before those in them.
        let mut holding = self.statements.iter().rev();
        let statement = holding.find(|statement| statement.at.contains(place))?;
        let first = self.token(statement.at.start());
        Some(Anchor {
            scope: statement.scope.clone(),
            statement: hexadecimal(statement.hash),
            tokens: (
                self.token(place.start()) - first,
                self.token(place.end()) - first,
            ),
            among: statement.among.clone(),
        })
    }

    /// How many tokens start before an offset.
    fn token(&self, offset: usize) -> usize {
        self.tokens.partition_point(|token| token.start() < offset)
    }
}

fn hexadecimal(hash: u64) -> String {
    format!("{hash:016x}")
}

/// Tokens that mean something, and whether their text does: of a line's end and of indentation it does not.
fn significant(tree: &Tree) -> Vec<(Span, bool)> {
    let tokens = tree.tokens().iter();
    tokens
        .filter(|token| {
            !matches!(
                token.kind(),
                TokenKind::Comment | TokenKind::NonLogicalNewline
            )
        })
        .map(|token| {
            let is_layout = matches!(
                token.kind(),
                TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent
            );
            (span(token), !is_layout)
        })
        .collect()
}

struct Found {
    statement: Statement,
    /// The statements before and behind it in its block, as indices into all.
    before: Option<usize>,
    behind: Option<usize>,
}

impl Found {
    fn neighbours(&self, all: &[Found]) -> u64 {
        let hash = |index: Option<usize>| {
            index
                .and_then(|index| all.get(index))
                .map_or(0, |found| found.statement.hash)
        };
        let [before, behind] = [self.before, self.behind].map(|index| hash(index).to_le_bytes());
        xxh3_64(&[before, behind].concat())
    }
}

struct Walk<'t> {
    text: &'t str,
    tokens: &'t [(Span, bool)],
    scopes: Vec<&'t str>,
    /// The last statement seen directly in the module, and in each statement around.
    blocks: Vec<Option<usize>>,
    found: Vec<Found>,
}

impl Walk<'_> {
    fn hash(&self, at: Span) -> u64 {
        let first = self
            .tokens
            .partition_point(|(token, _)| token.start() < at.start());
        let own = self.tokens[first..]
            .iter()
            .take_while(|(token, _)| token.end() <= at.end());
        let mut said = Vec::new();
        for (token, has_text) in own {
            if *has_text {
                said.extend_from_slice(token.of(self.text).as_bytes());
            }
            said.push(0);
        }
        xxh3_64(&said)
    }
}

impl<'a> SourceOrderVisitor<'a> for Walk<'a> {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        if node.is_expression() {
            return TraversalSignal::Skip;
        }
        if node.is_statement() {
            let at = span(node);
            let index = self.found.len();
            let before = self.blocks.last_mut().and_then(|last| last.replace(index));
            if let Some(before) = before.and_then(|before| self.found.get_mut(before)) {
                before.behind = Some(index);
            }
            self.found.push(Found {
                statement: Statement {
                    at,
                    scope: self.scopes.join("."),
                    hash: self.hash(at),
                    among: None,
                },
                before,
                behind: None,
            });
            self.blocks.push(None);
        }
        self.scopes.extend(name_of(node));
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, node: AnyNodeRef<'a>) {
        if node.is_statement() {
            self.blocks.pop();
        }
        if name_of(node).is_some() {
            self.scopes.pop();
        }
    }
}

/// The name of a function or class that is defined there.
fn name_of(node: AnyNodeRef<'_>) -> Option<&str> {
    match node {
        AnyNodeRef::StmtFunctionDef(function) => Some(&function.name),
        AnyNodeRef::StmtClassDef(class) => Some(&class.name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The anchor of the only place in a text that is marked `<...>`.
    fn marked(text: &str) -> Anchor {
        let start = text.find('<').unwrap();
        let plain = text.replacen('<', "", 1);
        let end = plain.find('>').unwrap();
        let plain = plain.replacen('>', "", 1);
        let anchors = Anchors::of(&plain).unwrap();
        anchors.at(Span::new(start, end)).unwrap()
    }

    #[track_caller]
    fn same(before: &str, after: &str) {
        assert_eq!(marked(before), marked(after), "{before}\n{after}");
    }

    #[track_caller]
    fn other(before: &str, after: &str) {
        assert_ne!(marked(before), marked(after), "{before}\n{after}");
    }

    #[test]
    fn lines_comments_and_layout_do_not_matter() {
        let before = "def f():\n    x = <g(1)>\n";
        same(before, "import os\n\n\ndef f():\n    x = <g(1)>\n");
        same(before, "def f():\n  # why\n  x = <g(1)>  # so\n");
        same(before, "def f():\n    x = <g(\n        1\n    )>\n");
        same(before, "def f():\n    y()\n    if y:\n        x = <g(1)>\n");
    }

    #[test]
    fn what_a_statement_says_and_whose_it_is_matters() {
        let before = "def f():\n    x = <g(1)>\n";
        other(before, "def f():\n    x = <g(2)>\n");
        other(before, "def f():\n    y = <g(1)>\n");
        other(before, "def h():\n    x = <g(1)>\n");
        other(before, "class C:\n    def f():\n        x = <g(1)>\n");
        other("<for x in y:\n    f(x)>\n", "<for x in y:\n    g(x)>\n");
    }

    #[test]
    fn equal_statements_are_told_apart_by_their_neighbours() {
        let before = "a()\n<x()>\nb()\nx()\nc()\n";
        same(before, "new()\na()\n<x()>\nb()\nx()\nc()\n");
        same(before, "b()\nx()\nc()\na()\n<x()>\nb()\n");
        other(before, "a()\nx()\nb()\n<x()>\nc()\n");
        // Of these nobody could say which it is.
        other(before, "a()\nnew()\n<x()>\nb()\nx()\nc()\n");
        other(before, "a()\n<x()>\nb()\n");
        other(before, "a()\n<x()>\nb()\nx()\nc()\nx()\n");
    }

    #[test]
    fn equal_statements_with_equal_neighbours_are_counted() {
        let before = "x()\nx()\n<x()>\nx()\n";
        same(before, "# why\n\nx()\nx()\n<x()>\nx()\n");
        other(before, "x()\n<x()>\nx()\nx()\n");
        other(before, "x()\n<x()>\nx()\n");
    }

    #[test]
    fn places_within_a_statement_are_kept_apart() {
        same("x = f(1) + <f(1)>\n", "x = f(1)  +  <f(1)>\n");
        other("x = f(1) + <f(1)>\n", "x = <f(1)> + f(1)\n");
        other("<f()>()\n", "<f()()>\n");
    }
}
