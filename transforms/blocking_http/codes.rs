//! Status codes that the old library has names for: `requests.codes.ok`.

use super::Names;
use crate::fix::Cx;
use crate::model::file::walk;
use crate::python::ast::{AnyNodeRef, Expr, StmtFunctionDef, TraversalSignal};
use crate::python::span;
use crate::text::Edit;

/// Numbers in place of the names that status codes are compared with.
pub(super) fn numbers<'a>(
    cx: &Cx<'a>,
    names: Names<'_>,
    function: &'a StmtFunctionDef,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    walk(function.into(), &mut |node| {
        if let AnyNodeRef::ExprCompare(compare) = node {
            let sides = || std::iter::once(&*compare.left).chain(&compare.comparators);
            let is_code = |side: &Expr| matches!(side, Expr::Attribute(attribute) if attribute.attr.as_str() == "status_code");
            if sides().any(is_code) {
                let listed = sides().flat_map(|side| match side {
                    Expr::Tuple(tuple) => &tuple.elts[..],
                    Expr::List(list) => &list.elts[..],
                    Expr::Set(set) => &set.elts[..],
                    single => std::slice::from_ref(single),
                });
                let numbers = listed.filter_map(|named| {
                    let number = number(cx, names, named)?;
                    Some(Edit::replace(span(named), number.to_string()))
                });
                edits.extend(numbers);
            }
        }
        TraversalSignal::Traverse
    });
    edits
}

fn number<'a>(cx: &Cx<'a>, names: Names<'_>, named: &'a Expr) -> Option<u16> {
    let qualified = cx.module.qualified(named)?;
    let (table, name) = qualified.rsplit_once('.')?;
    let known = names.old.code_tables.iter().any(|known| known == table);
    let number = names.old.codes.get(&name.to_lowercase());
    number.copied().filter(|_| known)
}
