//! Coroutines that are handed to `asyncio.wait`, which takes tasks only since Python 3.11.
//!
//! Left alone: what is not certainly a coroutine, such as a parameter, or what a decorated function
//! gives.

use crate::fix::together::{Between, Code, Sheet};
use crate::fix::{
    Awaitable, Cx, FileId, Finding, Fix, Info, Origin, Transform, awaitables, calls, calls_of,
    is_only_tested, reach,
};
use crate::model::file::{Place, Why};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, ArgOrKeyword, Comprehension, Expr, ExprCall};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, EditError, Span};

pub struct WaitOnCoroutines;

static INFO: Info = Info {
    id: "wait-on-coroutines",
    codes: &[],
    summary: "a coroutine handed to `asyncio.wait`",
    why: "`asyncio.wait` takes tasks and futures. Coroutines it wrapped in tasks by itself until Python \
          3.10, with a warning since 3.9, and since 3.11 they are a TypeError. It always gave back the \
          tasks, so that no coroutine was ever found again in `done`.",
    before: "\
import asyncio


async def first(fetch_here, fetch_there):
    async def here():
        return await fetch_here()

    async def there():
        return await fetch_there()

    done, pending = await asyncio.wait([here(), there()])
    return done.pop().result()
",
    after: "\
import asyncio


async def first(fetch_here, fetch_there):
    async def here():
        return await fetch_here()

    async def there():
        return await fetch_there()

    done, pending = await asyncio.wait(
        [asyncio.create_task(here()), asyncio.create_task(there())]
    )
    return done.pop().result()
",
    when_review: "\
- **Safe** below Python 3.11, where the coroutines stand in the call: `asyncio.wait` does the same itself.
- **Review** from Python 3.11 on, where the call fails today, and where the coroutines go by a name: as \
tasks they start earlier.
- **Manual** outside of coroutine functions, where no event loop runs yet that could have a task, and \
where the coroutines are used elsewhere, too.",
    needles: &["asyncio", "wait"],
};

impl Transform for WaitOnCoroutines {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        calls(project, file, &["asyncio.wait"])
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for call in calls_of(cx, "asyncio.wait") {
            let given = call.arguments.find_argument_value("fs", 0);
            let given = given.and_then(|given| awaitables(cx, given));
            let coroutines: Vec<_> = given
                .into_iter()
                .flatten()
                .filter_map(|given| match given.origin {
                    Origin::Coroutine(made) => Some((made, given)),
                    _ => None,
                })
                .collect();
            let Some((first, _)) = coroutines.first() else {
                continue;
            };
            let message = format!(
                "`asyncio.wait` is given a coroutine, `{}(...)`: a TypeError since Python 3.11",
                cx.module.describe(&first.func)
            );
            let fix = fix(cx, call, &coroutines);
            found.push(cx.finding(&INFO, span(call), message, fix));
        }
    }
}

fn fix<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    coroutines: &[(&'a ExprCall, Awaitable<'a>)],
) -> Result<Result<Fix, EditError>, Why> {
    let mut edits = Vec::new();
    let mut named = None;
    let mut need = None;
    for (made, given) in coroutines {
        if !matches!(cx.module.place((*made).into()), Place::Coroutine { .. }) {
            return Err(Why::new(
                "no event loop runs here yet that could have a task: put the call into a coroutine \
                 function",
            ));
        }
        for variable in &given.variables {
            let reads = variable.other_reads(cx, span(call));
            let mut reads = reads.into_iter().map(AnyNodeRef::from);
            if !reads.all(|read| is_only_tested(cx, read)) {
                return Err(Why::new(format!(
                    "`{}` is used elsewhere, too, where tasks may not do in the place of coroutines",
                    variable.name
                )));
            }
            named.get_or_insert(variable.name);
        }
        let create_task = reach(cx, "asyncio", "create_task", (*made).into())?;
        need = create_task.need;
        edits.push(Edit::insert(
            span(*made).start(),
            format!("{}(", create_task.text),
        ));
        edits.push(Edit::insert(span(*made).end(), ")"));
    }
    let reason = match named {
        _ if cx.options.target >= PythonVersion::PY311 => Some(
            "`asyncio.wait` raises a TypeError today: nothing after it has run since Python 3.11"
                .to_owned(),
        ),
        Some(name) => Some(format!(
            "what `{name}` stands for starts where it is made, not only in `asyncio.wait`"
        )),
        None => None,
    };
    if named.is_none() {
        edits = laid_out(cx, call, edits);
    }
    let fix = Fix::judged("make tasks of the coroutines", reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, need)))
}

/// The edits, or, where a line would be too long with them, one that lays out the call anew, or the
/// collection in it that has a line for itself.
fn laid_out<'a>(cx: &Cx<'a>, call: &'a ExprCall, edits: Vec<Edit>) -> Vec<Edit> {
    let layout = cx.module.layout();
    let source = cx.module.text();
    let Some(collection) = call.arguments.find_argument_value("fs", 0) else {
        return edits;
    };
    let inner = span(collection);
    let is_flat = |at: Span| !at.of(source).contains(['\n', '\r']);
    let whole = if is_flat(span(call)) {
        span(call)
    } else {
        inner
    };
    if !is_flat(whole) {
        return edits;
    }
    let line = Span::new(
        layout.line_start(whole.start()),
        layout.line_end(whole.start()),
    );
    let added: usize = edits.iter().map(|edit| edit.text().chars().count()).sum();
    let before = Span::new(line.start(), whole.start()).of(source).trim();
    let after = Span::new(whole.end(), line.end()).of(source);
    if layout.has_comments(line)
        || line.of(source).chars().count() + added <= cx.options.line_length
        || whole == inner && !before.is_empty()
        || edits.iter().any(|edit| !inner.contains(edit.span()))
    {
        return edits;
    }
    let edited = |at: Span| {
        let mut text = String::new();
        let mut from = at.start();
        for edit in edits.iter().filter(|edit| at.contains(edit.span())) {
            text.push_str(Span::new(from, edit.span().start()).of(source));
            text.push_str(edit.text());
            from = edit.span().end();
        }
        text + Span::new(from, at.end()).of(source)
    };
    let bracketed = |open: &str, parts: Vec<Span>, close, between| Code::Bracketed {
        open: open.to_owned(),
        parts: parts
            .into_iter()
            .map(|part| Code::text(edited(part)))
            .collect(),
        close,
        between,
    };
    let each = |items: &[Expr]| items.iter().map(span).collect();
    let comprehension = |element: &Expr, clauses: &[Comprehension]| {
        let clauses = clauses.iter().map(span);
        std::iter::once(span(element)).chain(clauses).collect()
    };
    let items = match collection {
        Expr::List(list) => bracketed("[", each(&list.elts), "]", Between::Commas),
        Expr::Set(set) => bracketed("{", each(&set.elts), "}", Between::Commas),
        Expr::ListComp(of) => {
            let parts = comprehension(&of.elt, &of.generators);
            bracketed("[", parts, "]", Between::Spaces)
        }
        Expr::SetComp(of) => {
            let parts = comprehension(&of.elt, &of.generators);
            bracketed("{", parts, "}", Between::Spaces)
        }
        _ => return edits,
    };
    let code = match whole == inner {
        true => items,
        false => {
            let arguments = call.arguments.iter_source_order().map(|argument| {
                let at = span(argument);
                match (at.contains(inner), argument) {
                    (true, ArgOrKeyword::Arg(_)) => items.clone(),
                    _ => Code::text(edited(at)),
                }
            });
            Code::call(span(&*call.func).of(source), arguments.collect())
        }
    };
    // What no part of the code stands for, such as parentheses, would be lost.
    let bare = |text: &str| text.replace([' ', ','], "");
    if bare(&code.flat()) != bare(&edited(whole)) {
        return edits;
    }
    let sheet = Sheet {
        unit: layout.indent_unit(),
        newline: layout.newline(),
        limit: cx.options.line_length,
    };
    let indent = layout.indent_at(whole.start());
    let before = match whole == inner {
        true => "",
        false => before,
    };
    let text = code.laid(sheet, indent, &format!("{before} "), after);
    vec![Edit::replace(whole, text)]
}
