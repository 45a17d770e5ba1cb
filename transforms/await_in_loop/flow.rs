//! Where the names of a loop are used around it: after it, by functions, under other names.

use crate::fix::Cx;
use crate::model::file::{BindingKind, ScopeId, ScopeKind, Target, Why, references_within};
use crate::python::ast::{AnyNodeRef, Expr, ExprName, Stmt};
use crate::python::span;
use crate::text::Span;

/// Whether something outside the loop may read what the loop leaves in a name.
pub(super) fn leaks<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, scope: ScopeId, name: &str) -> bool {
    let here = span(node);
    let loops = loops_around(cx, node);
    let reads = cx.module.reads_of(scope, name).into_iter();
    let deleted = cx.module.bindings_of(scope, name).into_iter();
    let deleted = deleted.filter_map(|binding| match binding.node {
        AnyNodeRef::ExprName(name) if name.ctx.is_del() => Some(name),
        _ => None,
    });
    reads.chain(deleted).any(|used| {
        let at = span(used);
        if here.contains(at) {
            return false;
        }
        // Where the name must have been bound anew for the loop's value not to arrive.
        let from = if at.start() > here.end() {
            here.end()
        } else {
            match loops.iter().find(|outer| outer.contains(at)) {
                Some(innermost) => innermost.start(),
                None => return false,
            }
        };
        bound_before(cx, used.into(), name).is_none_or(|born| born < from)
    })
}

/// Refuses names that a function, or a generator made before the loop, reads or binds: it may run
/// while the loop does, and sees each round's value.
pub(super) fn not_enclosed<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    scope: ScopeId,
    name: &str,
) -> Result<(), Why> {
    let here = span(node);
    let repeated = !loops_around(cx, node).is_empty();
    let may_run = |used: AnyNodeRef<'a>| {
        let at = span(used);
        let before = repeated || at.start() < here.end();
        let mut inner = cx.module.scope_of(used);
        while let Some(id) = inner
            && id != scope
        {
            let scope = cx.module.scope(id);
            match scope.kind {
                ScopeKind::Function(_) | ScopeKind::Lambda(_) => return before,
                ScopeKind::Generator(_) if !here.contains(at) => return before,
                _ => inner = scope.parent,
            }
        }
        false
    };
    let reads = cx.module.reads_of(scope, name).into_iter();
    let bindings = cx.module.bindings_of(scope, name).into_iter();
    let used = reads
        .map(AnyNodeRef::from)
        .chain(bindings.map(|binding| binding.node))
        .any(may_run);
    match used {
        true => Err(Why::new(format!(
            "a function inside this one uses `{name}`, and may run in each round"
        ))),
        false => Ok(()),
    }
}

/// Refuses a collection that goes by another name, or that other code got, before the loop ends.
pub(super) fn not_shared<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    scope: ScopeId,
    name: &str,
) -> Result<(), Why> {
    let collection = cx.module.bindings_of(scope, name).iter().any(
        |binding| matches!(binding.kind, BindingKind::Assign(value) if cx.module.makes_collection(value)),
    );
    if !collection {
        return Ok(());
    }
    let here = span(node);
    let born = bound_before(cx, node, name);
    // Loops around this one that use the same collection again.
    let again = loops_around(cx, node)
        .into_iter()
        .rfind(|outer| born.is_none_or(|born| !outer.contains_offset(born)));
    let since = born.unwrap_or_default();
    let until = again.map_or(here.start(), Span::end);
    let shared = cx.module.reads_of(scope, name).into_iter().any(|read| {
        let at = span(read);
        let concerns = at.start() >= since && at.end() <= until && !here.contains(at);
        concerns && !is_harmless(cx, read)
    });
    match shared {
        true => Err(Why::new(format!(
            "`{name}` is handed on before the loop ends, and may be seen by other code"
        ))),
        false => Ok(()),
    }
}

/// Refuses what can be gone through only once, if a round takes from it besides the loop.
pub(super) fn not_consumed<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    items: &'a Expr,
) -> Result<(), Why> {
    let repeatable = cx.module.is_repeatable(items);
    // What the loop takes from: the items, or those that `zip`, `enumerate` and the like pass on.
    let sources = match items {
        Expr::Call(call) if matches!(cx.module.target(call), Target::Builtin(_)) => {
            &*call.arguments.args
        }
        _ => std::slice::from_ref(items),
    };
    let is_source = |name: &ExprName| {
        let mut names = sources.iter().filter_map(Expr::as_name_expr);
        names.any(|source| source.id == name.id)
    };
    let taken = references_within(node).into_iter().find(|name| {
        let at = span(*name);
        if span(items).contains(at) || !name.ctx.is_load() {
            return false;
        }
        let looped = !repeatable && is_source(name);
        cx.module.is_one_shot(name) || looped && may_take(cx, name)
    });
    match taken {
        Some(name) => Err(Why::new(format!(
            "a round may take items of `{}`, which then are gone",
            name.id
        ))),
        None => Ok(()),
    }
}

/// Whether a use of a name may take items of what it stands for.
fn may_take<'a>(cx: &Cx<'a>, name: &'a ExprName) -> bool {
    let at = span(name);
    let Some(parent) = cx.module.parent(name.into()) else {
        return true;
    };
    match parent {
        AnyNodeRef::Arguments(_) => match cx.module.parent(parent) {
            Some(AnyNodeRef::ExprCall(call)) => !matches!(
                cx.module.target(call),
                Target::Builtin("isinstance" | "len")
            ),
            _ => true,
        },
        AnyNodeRef::Keyword(_) | AnyNodeRef::ExprStarred(_) => true,
        AnyNodeRef::StmtFor(inner) => span(&*inner.iter) == at,
        AnyNodeRef::Comprehension(clause) => span(&clause.iter) == at,
        _ => false,
    }
}

/// Whether a use of a collection gives it to nobody.
fn is_harmless<'a>(cx: &Cx<'a>, read: &'a ExprName) -> bool {
    const READERS: [&str; 14] = [
        "all",
        "any",
        "bool",
        "frozenset",
        "isinstance",
        "len",
        "list",
        "max",
        "min",
        "print",
        "set",
        "sorted",
        "sum",
        "tuple",
    ];
    let module = cx.module;
    let at = span(read);
    let Some(parent) = module.parent(read.into()) else {
        return false;
    };
    let tested = |node: AnyNodeRef<'a>| {
        let mut inner = node;
        for ancestor in module.ancestors(node) {
            match ancestor {
                AnyNodeRef::ExprBoolOp(_) => inner = ancestor,
                AnyNodeRef::ExprUnaryOp(_) | AnyNodeRef::StmtAssert(_) => return true,
                AnyNodeRef::StmtIf(branch) => return span(&*branch.test) == span(inner),
                AnyNodeRef::StmtWhile(repeated) => return span(&*repeated.test) == span(inner),
                AnyNodeRef::ElifElseClause(_) => return true,
                AnyNodeRef::ExprIf(choice) => return span(&*choice.test) == span(inner),
                _ => return false,
            }
        }
        false
    };
    match parent {
        AnyNodeRef::ExprAttribute(method) => {
            let name = method.attr.as_str();
            let known = cx.module.catalogue().is_pure_method(name, usize::MAX)
                || cx.module.catalogue().is_filling_method(name);
            known
                && matches!(module.parent(method.into()), Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == span(method))
        }
        AnyNodeRef::Arguments(_) => match module.parent(parent) {
            Some(AnyNodeRef::ExprCall(call)) => {
                matches!(module.target(call), Target::Builtin(name) if READERS.contains(&name))
            }
            _ => false,
        },
        AnyNodeRef::ExprSubscript(_)
        | AnyNodeRef::ExprCompare(_)
        | AnyNodeRef::ExprBinOp(_)
        | AnyNodeRef::ExprStarred(_)
        | AnyNodeRef::StmtAugAssign(_)
        | AnyNodeRef::InterpolatedElement(_)
        | AnyNodeRef::StmtReturn(_)
        | AnyNodeRef::StmtDelete(_) => true,
        AnyNodeRef::StmtFor(outer) => span(&*outer.iter) == at,
        AnyNodeRef::Comprehension(clause) => span(&clause.iter) == at,
        _ => tested(read.into()),
    }
}

/// Where the statement starts that gives `name` its value on every way to `node`: an assignment
/// before it, or a loop whose target it is.
fn bound_before<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, name: &str) -> Option<usize> {
    let at = span(node);
    let around = std::iter::once(node).chain(cx.module.ancestors(node));
    for ancestor in around {
        if !ancestor.is_statement() {
            continue;
        }
        if let AnyNodeRef::StmtFunctionDef(_) = ancestor
            && span(ancestor) != at
        {
            return None;
        }
        if let AnyNodeRef::StmtFor(outer) = ancestor
            && outer.body.iter().any(|inner| span(inner).contains(at))
            && names_in(&outer.target).any(|target| target == name)
        {
            return Some(span(ancestor).start());
        }
        let Some(block) = cx.module.block(ancestor) else {
            continue;
        };
        let before = block.statements[..block.index].iter().rev();
        let binds = |target: &Expr| matches!(target, Expr::Name(bound) if bound.id == name);
        let found = before.into_iter().find(|statement| match statement {
            Stmt::Assign(assign) => assign.targets.iter().any(binds),
            Stmt::AnnAssign(assign) => assign.value.is_some() && binds(&assign.target),
            _ => false,
        });
        if let Some(found) = found {
            return Some(span(found).start());
        }
    }
    None
}

fn names_in(target: &Expr) -> impl Iterator<Item = &str> {
    references_within(AnyNodeRef::from(target))
        .into_iter()
        .filter(|name| !name.ctx.is_load())
        .map(|name| name.id.as_str())
}

/// The loops around a node in its function, from the inside out.
fn loops_around<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Vec<Span> {
    cx.module
        .ancestors(node)
        .take_while(|ancestor| !matches!(ancestor, AnyNodeRef::StmtFunctionDef(_)))
        .filter(|ancestor| matches!(ancestor, AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_)))
        .map(span)
        .collect()
}
