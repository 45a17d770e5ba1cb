//! What becomes of an object that a function opens.

use crate::fix::{Cx, Opened, is_only_tested, method_called};
use crate::model::file::{
    BindingKind, Entity, Lookup, Place, ScopeId, ScopeKind, Target, Why, walk,
};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, StmtFunctionDef, TraversalSignal};
use crate::python::span;

/// How far an object is followed through the functions it is given to.
const MAX_STEPS: usize = 3;

/// What one reading of the object's name does with it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use<'a> {
    /// A method that closes it, or takes part in it.
    Closes(&'a ExprCall),
    Method(&'a ExprCall),
    /// It is looked at, or an attribute of it is.
    Looks,
    /// It is given to a call.
    Passed(&'a ExprCall),
    /// Others may hold it, or close it.
    Escapes,
}

/// What a name's reading does.
pub(super) fn use_of<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    owner: ScopeId,
    read: &'a ExprName,
) -> Use<'a> {
    if !runs_here(cx, owner, read) {
        return Use::Escapes;
    }
    if let Some((call, method)) = method_called(cx, read) {
        return match () {
            () if opened.entry.closes(method) => Use::Closes(call),
            () if opened.entry.complete.iter().any(|known| known == method) => Use::Method(call),
            () if speaks_of_ending(cx, method) => Use::Escapes,
            () => Use::Method(call),
        };
    }
    if is_only_tested(cx, read.into()) {
        return Use::Looks;
    }
    match cx.module.parent(read.into()) {
        Some(AnyNodeRef::ExprAttribute(attribute)) => looked_at(cx, attribute.into()),
        Some(AnyNodeRef::StmtAssert(_)) => Use::Looks,
        Some(AnyNodeRef::Arguments(arguments)) => passed(cx, arguments.into()),
        Some(AnyNodeRef::Keyword(keyword)) => match cx.module.parent(keyword.into()) {
            Some(arguments) => passed(cx, arguments),
            None => Use::Escapes,
        },
        _ => Use::Escapes,
    }
}

fn passed<'a>(cx: &Cx<'a>, arguments: AnyNodeRef<'a>) -> Use<'a> {
    match cx.module.parent(arguments) {
        Some(AnyNodeRef::ExprCall(call)) => Use::Passed(call),
        _ => Use::Escapes,
    }
}

/// An attribute of the object that is not called: what is done with it says nothing of the object,
/// unless it is handed on, and may be a method of it, or ends it by the back door.
fn looked_at<'a>(cx: &Cx<'a>, attribute: AnyNodeRef<'a>) -> Use<'a> {
    match cx.module.parent(attribute) {
        Some(AnyNodeRef::ExprAttribute(deeper)) => match cx.module.parent(deeper.into()) {
            Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == span(deeper) => {
                match speaks_of_ending(cx, &deeper.attr) {
                    true => Use::Escapes,
                    false => Use::Looks,
                }
            }
            _ => looked_at(cx, deeper.into()),
        },
        Some(AnyNodeRef::ExprSubscript(part)) if span(&*part.value) == span(attribute) => {
            Use::Looks
        }
        Some(AnyNodeRef::StmtAssign(assign)) if span(&*assign.value) != span(attribute) => {
            Use::Looks
        }
        Some(
            AnyNodeRef::StmtAugAssign(_) | AnyNodeRef::StmtAssert(_) | AnyNodeRef::ExprCompare(_),
        ) => Use::Looks,
        _ if is_only_tested(cx, attribute) => Use::Looks,
        _ => Use::Escapes,
    }
}

fn speaks_of_ending(cx: &Cx<'_>, method: &str) -> bool {
    let mut words = method.split('_').filter(|word| !word.is_empty());
    words.any(|word| cx.module.catalogue().speaks_of_ending(word))
}

/// Whether a name is read while its function runs: in its own code, or in a comprehension.
fn runs_here<'a>(cx: &Cx<'a>, owner: ScopeId, read: &'a ExprName) -> bool {
    let mut at = cx.module.scope_of(read.into());
    while let Some(scope) = at {
        if scope == owner {
            return true;
        }
        match cx.module.scope(scope).kind {
            ScopeKind::Comprehension(_) => {}
            // It runs when somebody goes through it: `gather` does at once.
            ScopeKind::Generator(generator) if is_gathered(cx, generator) => {}
            _ => return false,
        }
        at = cx.module.scope(scope).parent;
    }
    false
}

/// Whether what stands among the arguments of a call, or in a collection there, is awaited by it, and
/// the call in turn.
pub(super) fn is_gathered<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    let mut around = cx.module.ancestors(node);
    let call = around.find(|node| {
        !matches!(
            node,
            AnyNodeRef::ExprStarred(_)
                | AnyNodeRef::ExprList(_)
                | AnyNodeRef::ExprTuple(_)
                | AnyNodeRef::ExprListComp(_)
                | AnyNodeRef::ExprGenerator(_)
                | AnyNodeRef::Arguments(_)
        )
    });
    let Some(AnyNodeRef::ExprCall(call)) = call else {
        return false;
    };
    let gathers =
        |name: &str| name == "asyncio.gather" || cx.module.catalogue().awaits_argument(name);
    cx.callee(call).is_ok_and(|name| gathers(&name)) && cx.module.is_awaited(call.into())
}

/// Whether functions of this file that the object is given to use it while they are awaited, and
/// neither keep nor close it.
pub(super) fn comes_back<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    call: &'a ExprCall,
    read: &'a ExprName,
) -> bool {
    lent_to(cx, opened, call, read, MAX_STEPS)
}

fn lent_to<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    call: &'a ExprCall,
    read: &'a ExprName,
    steps: usize,
) -> bool {
    let Some(steps) = steps.checked_sub(1) else {
        return false;
    };
    if let Entity::Builtin(name) = cx.module.entity(&call.func) {
        return matches!(
            name,
            "id" | "isinstance" | "print" | "repr" | "str" | "type"
        );
    }
    let waits = cx.module.is_awaited(call.into()) || is_gathered(cx, call.into());
    let Target::Function(function, class) = cx.module.target(call) else {
        return false;
    };
    if !waits || !function.is_async || !function.decorator_list.is_empty() || is_generator(function)
    {
        return false;
    }
    let Some((scope, name)) = parameter(cx, call, read, function, class.is_some()) else {
        return false;
    };
    cx.module.bindings_of(scope, name).len() == 1
        && cx.module.reads_of(scope, name).into_iter().all(|read| {
            match use_of(cx, opened, scope, read) {
                Use::Looks => true,
                Use::Method(call) => !leaves(cx, opened, call),
                Use::Passed(call) => lent_to(cx, opened, call, read, steps),
                Use::Closes(_) | Use::Escapes => false,
            }
        })
}

/// The parameter that gets what a name stands for.
fn parameter<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    read: &'a ExprName,
    function: &'a StmtFunctionDef,
    is_method: bool,
) -> Option<(ScopeId, &'a str)> {
    let scope = cx.module.body_scope(function)?;
    let arguments = &call.arguments;
    let keyword = arguments
        .keywords
        .iter()
        .find(|keyword| matches!(&keyword.value, Expr::Name(name) if std::ptr::eq(name, read)));
    let name = match keyword {
        Some(keyword) => keyword.arg.as_ref()?.as_str(),
        None => {
            let position = arguments.args.iter().position(
                |argument| matches!(argument, Expr::Name(name) if std::ptr::eq(name, read)),
            )?;
            if arguments.args[..position].iter().any(Expr::is_starred_expr) {
                return None;
            }
            let parameters = &function.parameters;
            let mut all = parameters.posonlyargs.iter().chain(&parameters.args);
            all.nth(position + usize::from(is_method))?
                .parameter
                .name
                .as_str()
        }
    };
    let bindings = cx.module.bindings_of(scope, name);
    let [only] = &bindings[..] else {
        return None;
    };
    matches!(only.kind, BindingKind::Parameter(_)).then_some((scope, only.name))
}

/// Whether a function gives what it computes bit by bit.
pub(super) fn is_generator(function: &StmtFunctionDef) -> bool {
    let mut found = false;
    for statement in &function.body {
        walk(statement.into(), &mut |node| match node {
            AnyNodeRef::StmtFunctionDef(_)
            | AnyNodeRef::StmtClassDef(_)
            | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => {
                found = true;
                TraversalSignal::Skip
            }
            _ => TraversalSignal::Traverse,
        });
    }
    found
}

/// Whether the result of a method is there, whole, once the call is awaited, as it is on the spot.
pub(super) fn is_complete<'a>(cx: &Cx<'a>, opened: &Opened<'a>, call: &'a ExprCall) -> bool {
    let Expr::Attribute(method) = &*call.func else {
        return false;
    };
    let entry = opened.entry;
    let open = call.arguments.keywords.iter().any(|keyword| {
        let name = keyword.arg.as_ref().map(|name| name.as_str());
        name.is_none_or(|name| entry.incomplete_with.iter().any(|other| other == name))
    });
    let plain = |_: &&String| !open || entry.incomplete_with.is_empty();
    let known = entry
        .complete
        .iter()
        .find(|known| *known == method.attr.as_str());
    let waits = cx.module.is_awaited(call.into()) || is_gathered(cx, call.into());
    known.filter(plain).is_some() && waits
}

/// Whether what a method gives may be used after the function has ended.
pub(super) fn leaves<'a>(cx: &Cx<'a>, opened: &Opened<'a>, call: &'a ExprCall) -> bool {
    !is_complete(cx, opened, call) && goes_on(cx, call).is_some()
}

/// Why what a method gives, and may still need its object, can be used after the object is closed, and
/// whether that is because it is returned.
pub(super) fn goes_on<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<(Why, bool)> {
    let text = cx.module.describe(&call.func);
    let mut at = AnyNodeRef::from(call);
    if let Some(awaited) = cx.module.parent(at).filter(|node| node.is_expr_await()) {
        at = awaited;
    }
    let outside = |how: &str, returned| {
        let why = format!("what `{text}` gives {how}, and may need what is to be closed");
        Some((Why::new(why), returned))
    };
    match cx.module.parent(at)? {
        AnyNodeRef::StmtExpr(_)
        | AnyNodeRef::WithItem(_)
        | AnyNodeRef::ExprAttribute(_)
        | AnyNodeRef::StmtFor(_)
        | AnyNodeRef::Comprehension(_)
        | AnyNodeRef::StmtAssert(_)
        | AnyNodeRef::ExprCompare(_)
        | AnyNodeRef::ExprSubscript(_)
        | AnyNodeRef::InterpolatedElement(_) => None,
        AnyNodeRef::StmtReturn(_) => outside("is returned", true),
        AnyNodeRef::StmtAssign(assign) => {
            let [target] = &*assign.targets else {
                return outside("goes by several names", false);
            };
            let names: Vec<&ExprName> = match target {
                Expr::Name(name) => vec![name],
                Expr::Tuple(tuple) => tuple.elts.iter().filter_map(Expr::as_name_expr).collect(),
                _ => return outside("is stored", false),
            };
            names.into_iter().find_map(|name| kept(cx, name))
        }
        AnyNodeRef::StmtAnnAssign(assign) => match &*assign.target {
            Expr::Name(name) => kept(cx, name),
            _ => outside("is stored", false),
        },
        _ if is_only_tested(cx, at) => None,
        AnyNodeRef::Arguments(arguments) => match cx.module.parent(arguments.into())? {
            AnyNodeRef::ExprCall(outer) if cx.module.is_awaited(outer.into()) => goes_on(cx, outer),
            _ => outside("is given to a call", false),
        },
        _ => outside("is used in ways that are not followed", false),
    }
}

/// Why what a name of the function stands for can be used after the function.
pub(super) fn kept<'a>(cx: &Cx<'a>, name: &'a ExprName) -> Option<(Why, bool)> {
    let outside = |how: &str, returned| {
        let why = format!("`{}` {how}, and may need what is to be closed", name.id);
        Some((Why::new(why), returned))
    };
    let scope = cx.module.scope_of(name.into())?;
    let Lookup::Bound(owner, _) = cx.module.lookup(scope, &name.id) else {
        return outside("is not a name of the function", false);
    };
    if owner != scope {
        return outside("is not a name of the function", false);
    }
    let reads = cx.module.reads_of(owner, &name.id);
    reads.into_iter().find_map(|read| {
        if !runs_here(cx, owner, read) {
            return outside("is used by another function", false);
        }
        match cx.module.parent(read.into())? {
            AnyNodeRef::StmtReturn(_) => outside("is returned", true),
            AnyNodeRef::ExprAttribute(_)
            | AnyNodeRef::ExprAwait(_)
            | AnyNodeRef::WithItem(_)
            | AnyNodeRef::StmtFor(_)
            | AnyNodeRef::Comprehension(_)
            | AnyNodeRef::StmtAssert(_)
            | AnyNodeRef::StmtDelete(_)
            | AnyNodeRef::ExprCompare(_)
            | AnyNodeRef::ExprSubscript(_)
            | AnyNodeRef::InterpolatedElement(_) => None,
            _ if is_only_tested(cx, read.into()) => None,
            AnyNodeRef::Arguments(arguments) => match cx.module.parent(arguments.into())? {
                AnyNodeRef::ExprCall(call) if cx.module.is_awaited(call.into()) => None,
                AnyNodeRef::ExprCall(call)
                    if matches!(cx.module.entity(&call.func), Entity::Builtin(_)) =>
                {
                    None
                }
                _ => outside("is given to a call", false),
            },
            _ => outside("is handed on", false),
        }
    })
}

/// The coroutine function whose own code a node is part of.
pub(super) fn coroutine<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<&'a StmtFunctionDef> {
    match cx.module.place(node) {
        Place::Coroutine {
            function,
            comprehensions: 0,
        } => Some(function),
        _ => None,
    }
}
