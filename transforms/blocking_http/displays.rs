//! Dicts that are seen whole: displays, and what statements put into them.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Lookup, ScopeId, Target};
use crate::model::project::Target as Callee;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, Stmt, StmtFunctionDef};
use crate::python::span;
use crate::text::{Edit, Span};

const MAX_STEPS: usize = 4;

/// What is put into a dict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    /// Nothing where it is a name, or the keys are those of another dict.
    pub key: Option<&'a Expr>,
    pub value: &'a Expr,
    /// The value is another dict, whose entries are not seen.
    pub spread: bool,
    /// The display that it is written in, and its place there.
    place: Option<(Span, usize)>,
}

/// All that is ever put into a dict.
#[derive(Clone, Debug, Default)]
pub(super) struct Display<'a> {
    pub entries: Vec<Entry<'a>>,
    /// Nobody but this request uses it, so that it may be written in another way.
    pub own: bool,
}

/// The dict that an expression stands for, if all that is put into it is seen.
pub(super) fn display<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Option<Display<'a>> {
    let mut found = Display {
        own: true,
        ..Display::default()
    };
    collect(cx, expression, MAX_STEPS, &mut found)?;
    Some(found)
}

fn collect<'a>(
    cx: &Cx<'a>,
    expression: &'a Expr,
    steps: usize,
    found: &mut Display<'a>,
) -> Option<()> {
    let steps = steps.checked_sub(1)?;
    match expression {
        Expr::Dict(dict) => {
            for (index, item) in dict.items.iter().enumerate() {
                let known = found.entries.len();
                if item.key.is_none() {
                    let own = std::mem::take(&mut found.own);
                    if collect(cx, &item.value, steps, found).is_some() {
                        found.own = own && found.entries.len() == known;
                        continue;
                    }
                    found.entries.truncate(known);
                }
                found.entries.push(Entry {
                    key: item.key.as_ref(),
                    value: &item.value,
                    spread: item.key.is_none(),
                    place: item.key.as_ref().map(|_| (span(dict), index)),
                });
            }
            Some(())
        }
        Expr::Name(name) => by_name(cx, name, steps, found),
        Expr::Call(call) => {
            found.own = false;
            match cx.module.target(call) {
                Target::Builtin("dict") => match &call.arguments.args[..] {
                    [] => {}
                    [only] => collect(cx, only, steps, found)?,
                    _ => return None,
                },
                Target::Function(function, _) => {
                    return given(cx, call, function, steps, found);
                }
                _ => return None,
            }
            for keyword in &call.arguments.keywords {
                match &keyword.arg {
                    Some(_) => found.entries.push(Entry {
                        key: None,
                        value: &keyword.value,
                        spread: false,
                        place: None,
                    }),
                    None => collect(cx, &keyword.value, steps, found)?,
                }
            }
            Some(())
        }
        _ => None,
    }
}

/// What a function of this file gives, that does nothing else than to give a display.
fn given<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    function: &'a StmtFunctionDef,
    steps: usize,
    found: &mut Display<'a>,
) -> Option<()> {
    let alone = matches!(cx.target_of(call), Callee::Functions(all) if all.len() == 1);
    if !alone || function.is_async || !function.decorator_list.is_empty() {
        return None;
    }
    let mut returned = None;
    let mut several = false;
    crate::model::file::walk(function.into(), &mut |node| {
        match node {
            AnyNodeRef::StmtReturn(statement) => {
                several |= returned.is_some();
                returned = Some(statement);
            }
            AnyNodeRef::StmtFunctionDef(other) if !std::ptr::eq(other, function) => several = true,
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => several = true,
            _ => {}
        }
        crate::python::ast::TraversalSignal::Traverse
    });
    let ends = matches!(function.body.last(), Some(Stmt::Return(_)));
    let value = returned.filter(|_| ends && !several)?.value.as_deref()?;
    collect(cx, value, steps, found)
}

fn by_name<'a>(
    cx: &Cx<'a>,
    name: &'a ExprName,
    steps: usize,
    found: &mut Display<'a>,
) -> Option<()> {
    let scope = cx.module.scope_of(AnyNodeRef::from(name))?;
    let Lookup::Bound(owner, bindings) = cx.module.lookup(scope, &name.id) else {
        return None;
    };
    // Another dict of the same name may be the one that is read.
    let [only] = bindings else {
        return None;
    };
    let binding = cx.module.binding(*only);
    let BindingKind::Assign(value) = binding.kind else {
        return None;
    };
    if !cx.module.is_given_alone(binding) {
        return None;
    }
    if !matches!(value, Expr::Dict(_) | Expr::Call(_)) {
        return None;
    }
    collect(cx, value, steps, found)?;
    let local = owner != ScopeId::MODULE;
    let mut others = 0;
    for read in cx.module.reads_of(owner, &name.id) {
        match used(cx, read, local)? {
            Use::Nothing => others += 1,
            Use::Put(entries) => {
                for (key, value) in entries {
                    found.entries.push(Entry {
                        key,
                        value,
                        spread: false,
                        place: None,
                    });
                }
            }
            Use::Merge(other) => {
                found.own = false;
                collect(cx, other, steps, found)?;
            }
        }
    }
    found.own &= local && others == 1;
    Some(())
}

/// What a use of a dict does to it.
enum Use<'a> {
    Nothing,
    Put(Vec<(Option<&'a Expr>, &'a Expr)>),
    Merge(&'a Expr),
}

fn used<'a>(cx: &Cx<'a>, read: &'a ExprName, local: bool) -> Option<Use<'a>> {
    let parent = cx.module.parent(read.into())?;
    match parent {
        AnyNodeRef::Keyword(_)
        | AnyNodeRef::ExprDict(_)
        | AnyNodeRef::ExprCompare(_)
        | AnyNodeRef::ExprBoolOp(_)
        | AnyNodeRef::InterpolatedElement(_) => Some(Use::Nothing),
        AnyNodeRef::StmtReturn(_) if local => Some(Use::Nothing),
        AnyNodeRef::StmtIf(test) if span(&*test.test) == span(read) => Some(Use::Nothing),
        AnyNodeRef::Arguments(_) | AnyNodeRef::ExprCall(_) => {
            let call = cx
                .module
                .ancestors(read.into())
                .find_map(|node| match node {
                    AnyNodeRef::ExprCall(call) => Some(call),
                    _ => None,
                })?;
            let keeps = match cx.module.target(call) {
                Target::Builtin(_) | Target::External(_) => true,
                _ => matches!(&*call.func, Expr::Attribute(method)
                    if matches!(method.attr.as_str(), "debug" | "info" | "warning" | "error")),
            };
            keeps.then_some(Use::Nothing)
        }
        AnyNodeRef::ExprSubscript(subscript) if span(&*subscript.value) == span(read) => {
            match cx.module.parent(subscript.into()) {
                Some(AnyNodeRef::StmtAssign(assign))
                    if assign.targets.iter().any(|it| span(it) == span(subscript)) =>
                {
                    Some(Use::Put(vec![(Some(&subscript.slice), &assign.value)]))
                }
                Some(AnyNodeRef::StmtAugAssign(_) | AnyNodeRef::StmtAnnAssign(_)) => None,
                Some(AnyNodeRef::ExprTuple(_) | AnyNodeRef::ExprList(_))
                    if !subscript.ctx.is_load() =>
                {
                    None
                }
                _ if subscript.ctx.is_store() => None,
                _ => Some(Use::Nothing),
            }
        }
        AnyNodeRef::ExprAttribute(method) => {
            let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(method.into()) else {
                return None;
            };
            match (method.attr.as_str(), &call.arguments.args[..]) {
                ("get" | "items" | "keys" | "values" | "copy" | "pop", _) => Some(Use::Nothing),
                ("update", [other]) if call.arguments.keywords.is_empty() => {
                    Some(Use::Merge(other))
                }
                ("setdefault", [key, value]) => Some(Use::Put(vec![(Some(key), value)])),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Takes entries out of the display that they are written in; nothing if that loses a comment, or
/// leaves no entry.
pub(super) fn without<'a>(cx: &Cx<'a>, written: &'a Expr, gone: &[Entry<'a>]) -> Option<Vec<Edit>> {
    let Expr::Dict(dict) = written else {
        return None;
    };
    let removed: Vec<usize> = gone
        .iter()
        .map(|entry| {
            entry
                .place
                .filter(|(of, _)| *of == span(dict))
                .map(|(_, index)| index)
        })
        .collect::<Option<_>>()?;
    let whole = |index: usize| {
        let item = &dict.items[index];
        let start = item
            .key
            .as_ref()
            .map_or(span(&item.value).start(), |key| span(key).start());
        let parenthesized = cx
            .module
            .layout()
            .parentheses((&item.value).into(), dict.into());
        let end = parenthesized.unwrap_or_else(|| span(&item.value)).end();
        Span::new(start, end)
    };
    let kept: Vec<usize> = (0..dict.items.len())
        .filter(|index| !removed.contains(index))
        .collect();
    let first = *kept.first()?;
    if cx.module.layout().has_comments(span(dict)) {
        return None;
    }
    let mut edits = Vec::new();
    if first > 0 {
        edits.push(Edit::delete(Span::new(
            whole(0).start(),
            whole(first).start(),
        )));
    }
    for index in first + 1..dict.items.len() {
        if removed.contains(&index) {
            edits.push(Edit::delete(Span::new(
                whole(index - 1).end(),
                whole(index).end(),
            )));
        }
    }
    Some(edits)
}
