//! Small questions about the shape of a tree.

use crate::python::ast::{AnyNodeRef, Expr, ExprName, SourceOrderVisitor, Stmt, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// A list of statements, and the place of one of them.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub statements: &'a [Stmt],
    pub index: usize,
}

/// The block directly under `parent` that holds the statement at `child`.
pub(super) fn block_of(parent: AnyNodeRef<'_>, child: Span) -> Option<Block<'_>> {
    let blocks: [&[Stmt]; 3] = match parent {
        AnyNodeRef::ModModule(node) => [&node.body, &[], &[]],
        AnyNodeRef::StmtFunctionDef(node) => [&node.body, &[], &[]],
        AnyNodeRef::StmtClassDef(node) => [&node.body, &[], &[]],
        AnyNodeRef::StmtFor(node) => [&node.body, &node.orelse, &[]],
        AnyNodeRef::StmtWhile(node) => [&node.body, &node.orelse, &[]],
        AnyNodeRef::StmtIf(node) => [&node.body, &[], &[]],
        AnyNodeRef::ElifElseClause(node) => [&node.body, &[], &[]],
        AnyNodeRef::StmtWith(node) => [&node.body, &[], &[]],
        AnyNodeRef::StmtTry(node) => [&node.body, &node.orelse, &node.finalbody],
        AnyNodeRef::ExceptHandlerExceptHandler(node) => [&node.body, &[], &[]],
        AnyNodeRef::MatchCase(node) => [&node.body, &[], &[]],
        _ => return None,
    };
    blocks.into_iter().find_map(|statements| {
        let index = statements
            .iter()
            .position(|statement| span(statement) == child)?;
        Some(Block { statements, index })
    })
}

/// `a.b.c` as it is written, for a name or a chain of attributes of one.
pub fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr))
        }
        _ => None,
    }
}

/// Visits `node` and everything under it in source order; `visit` says whether to go below a node.
pub fn walk<'a>(node: AnyNodeRef<'a>, visit: &mut dyn FnMut(AnyNodeRef<'a>) -> TraversalSignal) {
    struct Walk<'v, 'a>(&'v mut dyn FnMut(AnyNodeRef<'a>) -> TraversalSignal);
    impl<'a> SourceOrderVisitor<'a> for Walk<'_, 'a> {
        fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
            (self.0)(node)
        }
    }
    if visit(node) == TraversalSignal::Traverse {
        node.visit_source_order(&mut Walk(visit));
    }
}

/// Every plain name that is read or written under `node`, in source order.
pub fn references_within<'a>(node: AnyNodeRef<'a>) -> Vec<&'a ExprName> {
    let mut found = Vec::new();
    walk(node, &mut |node| {
        if let AnyNodeRef::ExprName(name) = node {
            found.push(name);
        }
        TraversalSignal::Traverse
    });
    found
}

/// The name at the bottom of a chain of attributes and subscripts.
pub fn root(expression: &Expr) -> &Expr {
    match expression {
        Expr::Attribute(attribute) => root(&attribute.value),
        Expr::Subscript(subscript) => root(&subscript.value),
        other => other,
    }
}

/// `TYPE_CHECKING` or `typing.TYPE_CHECKING`, whatever it was imported from.
pub(super) fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}
