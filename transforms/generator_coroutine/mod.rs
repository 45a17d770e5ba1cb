//! Coroutines from before `async def`: generators that `@asyncio.coroutine` and tornado's
//! `@gen.coroutine` decorate, and that wait with `yield from` and `yield`.
//!
//! Left alone: `@types.coroutine`, which is how awaitables are made, and functions that a decorator
//! makes something else of.

mod body;

use crate::fix::{
    Cx, FileId, Finding, Fix, Info, Transform, decorator_names, functions_by_name, is_kept_by,
};
use crate::model::file::{CallKind, Entity, Function, Term, TermId, Why};
use crate::model::libraries::{Generators, Waits};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, Decorator, Expr, ExprCall, StmtFunctionDef};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub struct GeneratorCoroutine;

static INFO: Info = Info {
    id: "generator-coroutine",
    codes: &[],
    summary: "a coroutine written as a generator, as before Python 3.5",
    why: "`@asyncio.coroutine` is deprecated since Python 3.8 and gone since 3.11: the module that uses \
          it cannot even be imported. `async def` and `await` say the same since 3.5. Tornado's \
          `@gen.coroutine` still works, at the price of a wrapper around every call, and `yield` there \
          says nothing to tools that know about `await`.\n\n\
          `yield from x` becomes `await x`, a bare `yield` becomes `await asyncio.sleep(0)`, and `with \
          (yield from lock)` becomes `async with lock`. Of tornado's, `yield x` becomes `await x`, `yield \
          [a, b]` becomes `await gen.multi([a, b])`, and `raise gen.Return(x)` becomes `return x`.",
    before: "\
import asyncio


@asyncio.coroutine
def fetch(queue):
    item = yield from asyncio.wait_for(queue.get(), 1)
    yield
    return item
",
    after: "\
import asyncio


async def fetch(queue):
    item = await asyncio.wait_for(queue.get(), 1)
    await asyncio.sleep(0)
    return item
",
    when_review: "\
- **Review** where something that is waited for is not known to be awaitable: `yield from` takes plain \
generators as well, `await` does not.
- **Review** for all of tornado's: what they give starts when it is awaited, not when they are called.
- **Manual** where a plain generator waits for the function, where the function waits for a plain \
generator, and for decorated functions that are no generators and may return a future.",
    needles: &["coroutine"],
};

impl Transform for GeneratorCoroutine {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        let facts = project.facts(file);
        let mut functions = facts.into_iter().flat_map(|facts| &facts.functions);
        functions.any(|function| made(project, file, function).is_some())
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let nodes = functions_by_name(cx);
        let facts = cx.project.facts(cx.file);
        for function in facts.into_iter().flat_map(|facts| &facts.functions) {
            let Some((decorator, generators)) = made(cx.project, cx.file, function) else {
                continue;
            };
            let Some(node) = nodes.get(&function.at).copied() else {
                continue;
            };
            let message = match generators.waits {
                Waits::YieldFrom if !function.is_generator => format!(
                    "`{decorator}`, which is gone since Python 3.11, makes a coroutine of `{}`",
                    function.name
                ),
                Waits::YieldFrom => format!(
                    "`{}` is a generator that `{decorator}` makes a coroutine of, which is gone since \
                     Python 3.11",
                    function.name
                ),
                Waits::Yield if !function.is_generator => format!(
                    "`{decorator}` makes a coroutine of `{}`, which is no generator",
                    function.name
                ),
                Waits::Yield => format!(
                    "`{}` is a generator that `{decorator}` makes a coroutine of",
                    function.name
                ),
            };
            let fix = fix(cx, function, node, &decorator, generators);
            found.push(cx.finding(&INFO, function.at, message, fix));
        }
    }
}

/// The decorator that makes a coroutine of a generator, and what is known of it.
fn made<'p>(
    project: &'p Project,
    file: FileId,
    function: &Function,
) -> Option<(String, &'p Generators)> {
    if function.is_async || function.decorators.is_empty() {
        return None;
    }
    let names = decorator_names(project, file, function);
    names.into_iter().find_map(|name| {
        let generators = project.catalogue().generators(&name)?;
        Some((name, generators))
    })
}

fn fix<'a>(
    cx: &Cx<'a>,
    function: &Function,
    node: &'a StmtFunctionDef,
    decorator: &str,
    generators: &Generators,
) -> Result<Result<Fix, EditError>, Why> {
    let name = &function.name;
    let is_special = name.starts_with("__") && name.ends_with("__");
    if is_special
        && !matches!(
            &**name,
            "__call__" | "__aenter__" | "__aexit__" | "__anext__"
        )
    {
        return Err(Why::new(format!(
            "Python itself calls `{name}`, and awaits nothing"
        )));
    }
    let marking = node
        .decorator_list
        .iter()
        .find(|own| cx.module.qualified(&own.expression).as_deref() == Some(decorator))
        .ok_or_else(|| Why::new("the decorator is named in a way of its own"))?;
    let names = decorator_names(cx.project, cx.file, function);
    let mut others = names.iter().filter(|name| *name != decorator);
    let doubtful =
        names.len() < node.decorator_list.len() || others.any(|name| !is_kept_by(cx.project, name));
    if function.is_generator {
        if let Some(caller) = generator_that_calls(cx, function, generators) {
            return Err(Why::new(format!(
                "`{caller}` is a plain generator that calls it, and could not wait for it any more: \
                 decorate that one as well, or make both `async def`"
            )));
        }
        if generators.waits == Waits::YieldFrom
            && let Some(line) = goes_through(cx, function)
        {
            return Err(Why::new(format!(
                "line {line} goes through it as a generator, which a coroutine is not"
            )));
        }
    } else if !function.is_abstract {
        return Err(Why::new(
            "what it returns may be a future, which the decorator waits for",
        ));
    }
    if generators.waits == Waits::Yield
        && let Some(reason) = is_left_alone(cx, function)
    {
        return Err(reason);
    }
    let mut body = body::rewritten(cx, node, generators)?;
    body.edits.extend(header(cx, function.starts, marking)?);
    let reason = match &generators.confirm {
        Some(confirm) => Some(confirm.clone()),
        None if doubtful => Some(
            "another decorator of it is not known: does it take coroutine functions?".to_owned(),
        ),
        None => body.doubt,
    };
    let fix = Fix::judged("make it `async def`", reason, cx.file, body.edits);
    Ok(fix.map(|fix| fix.needing(cx.file, body.need)))
}

/// The edits that take a decorator away and put `async` before `def`.
fn header(cx: &Cx<'_>, starts: usize, decorator: &Decorator) -> Result<Vec<Edit>, Why> {
    let layout = cx.module.layout();
    let at = span(decorator);
    let line = layout.whole_lines(at);
    if !layout.alone(at) || layout.has_comments(line) {
        return Err(Why::new(
            "something else stands on the line of the decorator",
        ));
    }
    Ok(match line.end() == starts {
        true => vec![Edit::replace(line, "async ")],
        false => vec![Edit::delete(line), Edit::insert(starts, "async ")],
    })
}

/// A generator that is no coroutine and calls something of the function's name: `yield from` a coroutine
/// is a TypeError there.
fn generator_that_calls(
    cx: &Cx<'_>,
    function: &Function,
    generators: &Generators,
) -> Option<String> {
    if generators.waits == Waits::Yield {
        return None;
    }
    cx.project.files().find_map(|(file, facts)| {
        let names = |term: TermId| match facts.terms.get(term.0 as usize) {
            Some(Term::Member(_, name)) => **name == *function.name,
            Some(Term::Import(_, name)) => name.rsplit('.').next() == Some(&function.name),
            Some(Term::Function(index)) => facts
                .functions
                .get(index.0 as usize)
                .is_some_and(|of| of.name == function.name),
            _ => false,
        };
        let mut calls = facts.calls.iter();
        calls.find_map(|call| {
            let caller = facts.functions.get(call.function?.0 as usize)?;
            let is_plain = call.kind == CallKind::Call
                && caller.is_generator
                && !caller.is_async
                && names(call.callee)
                && !is_coroutine(cx.project, file, caller);
            is_plain.then(|| caller.qualified.to_string())
        })
    })
}

/// Whether a decorator makes a generator one that may wait for coroutines.
fn is_coroutine(project: &Project, file: FileId, function: &Function) -> bool {
    let names = decorator_names(project, file, function);
    names
        .iter()
        .any(|name| project.catalogue().generators(name).is_some() || name == "types.coroutine")
}

/// The line of a call in this file that is gone through, step by step or in a loop.
fn goes_through(cx: &Cx<'_>, function: &Function) -> Option<usize> {
    let calls = cx.module.calls().iter().copied();
    let mut calls = calls.filter(|call| is_named(call, function));
    let through = calls.find(|call| match cx.module.parent((*call).into()) {
        Some(AnyNodeRef::StmtFor(_) | AnyNodeRef::Comprehension(_)) => true,
        Some(node @ AnyNodeRef::Arguments(_)) => match cx.module.parent(node) {
            Some(AnyNodeRef::ExprCall(outer)) => matches!(
                cx.module.entity(&outer.func),
                Entity::Builtin(name) if matches!(name, "iter" | "list" | "next" | "tuple")
            ),
            _ => false,
        },
        _ => false,
    })?;
    Some(line_of(cx, through))
}

/// Whether a call is of something that has the function's name.
fn is_named(call: &ExprCall, function: &Function) -> bool {
    match &*call.func {
        Expr::Name(name) => name.id.as_str() == &*function.name,
        Expr::Attribute(attribute) => attribute.attr.as_str() == &*function.name,
        _ => false,
    }
}

fn line_of(cx: &Cx<'_>, call: &ExprCall) -> usize {
    1 + cx.module.text()[..span(call).start()].matches('\n').count()
}

/// A call in this file whose result nobody waits for, or that is asked for more than a coroutine has.
fn is_left_alone(cx: &Cx<'_>, function: &Function) -> Option<Why> {
    let mut calls = cx.module.calls().iter();
    calls.find_map(|call| {
        if !is_named(call, function) {
            return None;
        }
        let line = line_of(cx, call);
        match cx.module.parent((*call).into()) {
            Some(AnyNodeRef::StmtExpr(_)) => Some(Why::new(format!(
                "the call in line {line} starts it and waits for nothing: as a coroutine it would \
                 never run"
            ))),
            Some(AnyNodeRef::ExprAttribute(_)) => Some(Why::new(format!(
                "line {line} asks its future for something that a coroutine has not"
            ))),
            _ => None,
        }
    })
}

/// The text between two places.
fn between<'a>(cx: &Cx<'a>, start: usize, end: usize) -> &'a str {
    Span::new(start, end).of(cx.module.text())
}
