//! Another member of a module in the place of the one that an expression names.

use crate::fix::{Cx, reach};
use crate::model::file::{BindingKind, ImportName, Lookup, ScopeId, Why};
use crate::python::ast::Expr;
use crate::python::span;
use crate::text::{Edit, Span};

/// The edits that put `module.new` in the place of `module.old`, and the import that they need.
pub(super) fn renamed<'a>(
    cx: &Cx<'a>,
    expression: &'a Expr,
    module: &str,
    new: &str,
) -> Result<(Vec<Edit>, Option<ImportName>), Why> {
    let at = span(expression);
    let name = match expression {
        Expr::Attribute(attribute) => {
            return Ok((vec![Edit::replace(span(&attribute.attr), new)], None));
        }
        Expr::Name(name) => name,
        _ => return Err(Why::new("it is named in a way of its own")),
    };
    let known = cx
        .module
        .imported_as(&format!("{module}.{new}"), expression.into());
    if let Some(known) = known {
        return Ok((vec![Edit::replace(at, known)], None));
    }
    let bindings = cx.module.bindings_of(ScopeId::MODULE, &name.id);
    let is_free = matches!(cx.module.lookup(ScopeId::MODULE, new), Lookup::Builtin)
        && !cx
            .module
            .uses_name(Span::new(0, cx.module.text().len()), new);
    if let [only] = &*bindings
        && let BindingKind::Import(index) = only.kind
        && is_free
    {
        let import = cx.module.import(index);
        let alone = cx.module.reads_of(ScopeId::MODULE, &name.id).len() == 1
            && !cx.module.is_exported(&name.id);
        let name = span(&import.alias.name);
        let statement = span(import.node());
        let is_flat = !statement.of(cx.module.text()).contains('\n');
        let imported = match alone {
            true => Some(Edit::replace(name, new)),
            false => is_flat.then(|| Edit::insert(name.start(), format!("{new}, "))),
        };
        if let (None, Some(imported)) = (&import.alias.asname, imported) {
            return Ok((vec![imported, Edit::replace(at, new)], None));
        }
    }
    let reach = reach(cx, module, new, expression.into())?;
    Ok((vec![Edit::replace(at, reach.text)], reach.need))
}
