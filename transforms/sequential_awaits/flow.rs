//! What one step of a row does to the calls of a later one: names it binds, objects it writes, and
//! what a call may change that another one reads.

use super::paths::{aliased, begins, path, paths_read, plain_reads, reach};
use super::steps::{Awaited, Step, acts_in_arguments};
use crate::fix::Cx;
use crate::model::file::{
    BindingKind, Lookup, ScopeId, ScopeKind, Target, references_within, root, walk,
};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprContext, ExprName, StmtFunctionDef, TraversalSignal,
};
use crate::python::span;
use crate::text::Span;

/// How many calls deep a function is followed.
const MAX_DEPTH: usize = 6;

/// Why a call cannot begin before the steps in front of it are done; nothing if it can. `is_proven`
/// says of a call that all it does is known and changes nothing.
pub(super) fn needs<'a>(
    cx: &Cx<'a>,
    before: &[&Step<'a>],
    call: &'a ExprCall,
    is_proven: &dyn Fn(&'a ExprCall) -> bool,
) -> Option<String> {
    let later = Later {
        cx,
        call,
        names: references_within(call.into()),
        paths: aliased(cx, call, paths_read(call)),
        reach: aliased(cx, call, reach(call)),
    };
    if acts_in_arguments(cx, call) {
        return Some("what its arguments call may need what is done before".to_owned());
    }
    before.iter().find_map(|step| {
        later
            .repeats(step)
            .or_else(|| later.reads_what_is_bound(step))
            .or_else(|| later.reads_what_is_written(step))
            .or_else(|| later.reads_what_is_changed(step, is_proven))
            .or_else(|| {
                let changed = later.changes_what_is_read(step);
                changed.filter(|_| !is_proven(call))
            })
    })
}

/// A call that is to begin earlier.
struct Later<'c, 'a> {
    cx: &'c Cx<'a>,
    call: &'a ExprCall,
    names: Vec<&'a ExprName>,
    /// What evaluating its receiver and arguments reads.
    paths: Vec<Vec<&'a str>>,
    /// What it is given.
    reach: Vec<Vec<&'a str>>,
}

impl<'a> Later<'_, 'a> {
    /// Who makes the same call twice expects another answer, and who asks for the same thing in two
    /// ways expects the one to do something to the other.
    fn repeats(&self, step: &Step<'a>) -> Option<String> {
        let module = self.cx.module;
        let text = |at: Span| at.of(module.text());
        let receiver = |call: &'a ExprCall| match &*call.func {
            Expr::Attribute(method) => text(span(&*method.value)),
            function => text(span(function)),
        };
        let given = |call: &'a ExprCall| -> Vec<&str> {
            let positional = call.arguments.args.iter();
            positional.map(|argument| text(span(argument))).collect()
        };
        let is_address = |call: &'a ExprCall| {
            matches!(
                call.arguments.args.first(),
                Some(Expr::StringLiteral(_) | Expr::FString(_))
            )
        };
        let same = |earlier: &Awaited<'a>| {
            let earlier = earlier.call;
            let alike = receiver(earlier) == receiver(self.call);
            alike && is_address(self.call) && given(earlier) == given(self.call)
                || text(span(&*earlier.func)) == text(span(&*self.call.func))
                    && arguments(module.text(), earlier) == arguments(module.text(), self.call)
        };
        let mut earlier = step.awaits.iter();
        earlier
            .any(same)
            .then(|| "it is the same call again".to_owned())
    }

    fn reads_what_is_bound(&self, step: &Step<'a>) -> Option<String> {
        bound(self.cx, step).into_iter().find_map(|name| {
            if self.names.iter().any(|read| read.id == name) {
                return Some(format!("`{name}` is its argument"));
            }
            let seen = is_seen_elsewhere(self.cx, step, self.call, name);
            seen.then(|| format!("a function may read `{name}` meanwhile"))
        })
    }

    fn reads_what_is_written(&self, step: &Step<'a>) -> Option<String> {
        written(self.cx, step).into_iter().find_map(|written| {
            let Some(path) = path(written) else {
                return Some("what is written between them is not clear".to_owned());
            };
            let all = aliased(self.cx, self.call, vec![path]);
            let reads = all.iter().any(|path| self.reads(path)) || self.may_read(written, &all);
            reads.then(|| format!("it may read `{}`", self.cx.module.describe(written)))
        })
    }

    /// Whether evaluating the receiver or an argument reads an object.
    fn reads(&self, path: &[&str]) -> bool {
        let whole = path.len() == 1 && self.names.iter().any(|name| name.id == path[0]);
        whole
            || self.paths.iter().any(|read| {
                // A property may read what its object has besides.
                let beside = path.len() > 1
                    && begins(read, &path[..path.len() - 1])
                    && read
                        .get(path.len() - 1)
                        .is_some_and(|name| self.may_compute(name));
                begins(read, path) || beside
            })
    }

    /// Whether an attribute is not certain to be a plain one: this file never assigns it.
    fn may_compute(&self, name: &str) -> bool {
        let module = self.cx.module;
        let mut writes = module.attribute_writes().iter();
        !writes.any(
            |write| matches!(write, Expr::Attribute(attribute) if attribute.attr.as_str() == name),
        )
    }

    /// Whether what the call runs may read something that a step in front of it writes.
    fn may_read(&self, written: &'a Expr, paths: &[Vec<&'a str>]) -> bool {
        let module = self.cx.module;
        let Expr::Name(object) = root(written) else {
            return true;
        };
        let scope = module.scope_of(object.into());
        let is_local = matches!(
            scope.map(|scope| module.lookup(scope, &object.id)),
            Some(Lookup::Bound(owner, _)) if owner != ScopeId::MODULE
        );
        let is_given = self.reach.iter().any(|given| {
            let mut paths = paths.iter();
            paths.any(|path| begins(path, given) || begins(given, path))
        });
        if is_local && !is_given {
            return false;
        }
        // What the function says of the attribute, if all of it can be seen.
        match (written, module.target(self.call)) {
            (Expr::Attribute(attribute), Target::Function(function, _)) => {
                mentions(self.cx, function, &attribute.attr, MAX_DEPTH)
            }
            _ => true,
        }
    }

    /// Whether a call in front of it may change what its receiver and arguments read.
    fn reads_what_is_changed(
        &self,
        step: &Step<'a>,
        is_proven: &dyn Fn(&'a ExprCall) -> bool,
    ) -> Option<String> {
        step.awaits.iter().find_map(|earlier| {
            let changed = aliased(self.cx, earlier.call, reach(earlier.call));
            let read = self.paths.iter().find(|read| {
                let mut all = changed.iter();
                all.any(|object| read.len() > object.len() && begins(read, object))
            })?;
            let unproven = !is_proven(earlier.call);
            unproven.then(|| {
                format!(
                    "`{}` may change `{}`",
                    self.cx.module.describe(&earlier.call.func),
                    read.join(".")
                )
            })
        })
    }

    /// Whether it may change what a step in front of it reads besides its calls.
    fn changes_what_is_read(&self, step: &Step<'a>) -> Option<String> {
        let reads = aliased(self.cx, self.call, plain_reads(step));
        let read = reads
            .iter()
            .find(|read| self.reach.iter().any(|object| begins(read, object)))?;
        Some(format!(
            "it may change `{}`, which is read before",
            read.join(".")
        ))
    }
}

/// The arguments of a call, in whatever layout.
fn arguments<'a>(text: &'a str, call: &ExprCall) -> Vec<&'a str> {
    let all = call.arguments.iter_source_order();
    all.map(|argument| span(argument.value()).of(text))
        .collect()
}

/// The names that a step binds.
fn bound<'a>(cx: &Cx<'a>, step: &Step<'a>) -> Vec<&'a str> {
    let mut names: Vec<&str> = step
        .targets
        .iter()
        .flat_map(|target| references_within(AnyNodeRef::from(*target)))
        .filter(|name| !name.ctx.is_load())
        .map(|name| name.id.as_str())
        .collect();
    let scope = cx.module.scope_of(step.statement.into());
    walk(AnyNodeRef::from(step.value), &mut |node| {
        if let AnyNodeRef::ExprName(name) = node
            && !name.ctx.is_load()
            && cx.module.scope_of(node) == scope
        {
            names.push(name.id.as_str());
        }
        if let AnyNodeRef::ExprNamed(named) = node
            && let Expr::Name(name) = &*named.target
        {
            names.push(name.id.as_str());
        }
        TraversalSignal::Traverse
    });
    names
}

/// Whether other code than the function's own sees a name of it: functions inside, or those around
/// where it is declared `global` or `nonlocal`.
fn is_seen_elsewhere<'a>(cx: &Cx<'a>, step: &Step<'a>, call: &'a ExprCall, name: &str) -> bool {
    let Some(scope) = cx.module.scope_of(step.statement.into()) else {
        return true;
    };
    if cx.module.bindings_of(scope, name).is_empty() {
        return true;
    }
    // A function that stands below is not there yet, unless a loop comes round again.
    let again = cx
        .module
        .ancestors(step.statement.into())
        .take_while(|ancestor| !ancestor.is_stmt_function_def())
        .any(|ancestor| ancestor.is_stmt_for() || ancestor.is_stmt_while());
    let reads = cx.module.reads_of(scope, name).into_iter();
    reads
        .filter(|read| again || span(*read).start() < span(call).end())
        .any(|read| runs_elsewhere(cx, read.into(), scope))
}

fn runs_elsewhere<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, scope: ScopeId) -> bool {
    let mut inner = cx.module.scope_of(node);
    while let Some(id) = inner
        && id != scope
    {
        let around = cx.module.scope(id);
        if matches!(
            around.kind,
            ScopeKind::Function(_) | ScopeKind::Lambda(_) | ScopeKind::Generator(_)
        ) {
            return true;
        }
        inner = around.parent;
    }
    false
}

/// The objects that a step changes by itself: attributes and items it assigns, collections it fills.
fn written<'a>(cx: &Cx<'a>, step: &Step<'a>) -> Vec<&'a Expr> {
    let mut found = Vec::new();
    for &target in &step.targets {
        walk(AnyNodeRef::from(target), &mut |node| {
            match node {
                AnyNodeRef::ExprAttribute(attribute) if attribute.ctx == ExprContext::Store => {
                    found.push(part_of(target, node));
                }
                // An item of a collection changes the whole.
                AnyNodeRef::ExprSubscript(item) if item.ctx == ExprContext::Store => {
                    found.push(&*item.value);
                }
                _ => {}
            }
            TraversalSignal::Traverse
        });
    }
    walk(AnyNodeRef::from(step.value), &mut |node| {
        if let AnyNodeRef::ExprCall(call) = node
            && !cx.module.is_awaited(node)
            && let Expr::Attribute(method) = &*call.func
            && cx.module.catalogue().is_filling_method(&method.attr)
        {
            found.push(&*method.value);
        }
        TraversalSignal::Traverse
    });
    found
}

/// The part of a target that a node in it is.
fn part_of<'a>(target: &'a Expr, node: AnyNodeRef<'a>) -> &'a Expr {
    let parts = match target {
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::List(list) => &list.elts,
        Expr::Starred(starred) => return part_of(&starred.value, node),
        _ => return target,
    };
    let mut parts = parts.iter();
    let part = parts.find(|part| span(*part).contains(span(node)));
    part.map_or(target, |part| part_of(part, node))
}

/// Whether a function, or one that it calls, reads an attribute of the name, or may: it passes
/// `self` on to code that is not seen.
fn mentions<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef, name: &str, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return true;
    };
    let is_object = |expression: &Expr| matches!(expression, Expr::Name(name) if matches!(name.id.as_str(), "self" | "cls"));
    let mut found = false;
    for statement in &function.body {
        walk(AnyNodeRef::from(statement), &mut |node| {
            match node {
                AnyNodeRef::ExprAttribute(attribute) => {
                    found |= attribute.attr.as_str() == name;
                    for property in properties(cx, &attribute.attr) {
                        found = found || mentions(cx, property, name, depth);
                    }
                }
                AnyNodeRef::ExprCall(call) => {
                    let passed = call.arguments.args.iter();
                    let named = call.arguments.keywords.iter().map(|keyword| &keyword.value);
                    let gives = passed.chain(named).any(is_object)
                        || matches!(&*call.func, Expr::Attribute(method) if is_object(&method.value));
                    match cx.module.target(call) {
                        Target::Function(inner, _) if !std::ptr::eq(inner, function) => {
                            found = found || mentions(cx, inner, name, depth);
                        }
                        Target::Function(..) => {}
                        _ => found |= gives,
                    }
                }
                _ => {}
            }
            match found {
                true => TraversalSignal::Skip,
                false => TraversalSignal::Traverse,
            }
        });
    }
    found
}

/// The decorated functions of this file that reading an attribute of the name may run.
fn properties<'a>(cx: &Cx<'a>, name: &str) -> Vec<&'a StmtFunctionDef> {
    let bindings = cx.module.bindings().iter();
    bindings
        .filter(|binding| binding.name == name)
        .filter_map(|binding| match binding.kind {
            BindingKind::Function(function) if !function.decorator_list.is_empty() => {
                Some(function)
            }
            _ => None,
        })
        .collect()
}
