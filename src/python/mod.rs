//! Python's syntax. The only layer that names the crates of Ruff's parser; what they offer to the
//! rest of the house passes through here, so that another version of theirs is felt in one place.

pub mod highlight;
pub mod layout;
pub mod parse;
pub mod suppress;
pub mod version;

pub use layout::Layout;
pub use parse::{Lines, ParseTrouble, Position, Tree, deep_stack, parse, parse_expression};
pub use version::PythonVersion;

/// The syntax tree's types, as Ruff's parser defines them.
pub mod ast {
    pub use ruff_python_ast::helpers::is_docstring_stmt;
    pub use ruff_python_ast::name::Name;
    pub use ruff_python_ast::token::{Token, TokenKind, Tokens};
    pub use ruff_python_ast::visitor::source_order::{
        SourceOrderVisitor, TraversalSignal, walk_expr, walk_node, walk_stmt,
    };
    pub use ruff_python_ast::*;
}

use crate::text::Span;
use ruff_text_size::{Ranged, TextRange};

/// The bytes a node or token covers, without parentheses around it.
pub fn span(node: impl Ranged) -> Span {
    let range = node.range();
    Span::new(range.start().to_usize(), range.end().to_usize())
}

/// The parser's kind of range, for the parser's own functions.
fn range(span: Span) -> TextRange {
    TextRange::new(
        u32::try_from(span.start()).unwrap_or(u32::MAX).into(),
        u32::try_from(span.end()).unwrap_or(u32::MAX).into(),
    )
}
