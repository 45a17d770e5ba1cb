//! `asyncio.gather(..., return_exceptions=True)` whose exceptions nobody looks at: the results are
//! dropped, or used as if there were no exceptions among them.
//!
//! Left alone: the end of tasks that were cancelled, closed or stopped, whose errors do not matter any
//! more; calls that handle their own errors; results that are handed on, or of which anything is asked
//! that could tell an exception from a value; and tests.

mod dropped;
mod used;

use crate::fix::{Cx, FileId, Finding, Fix, Info, Transform, calls, calls_of};
use crate::model::file::{Lookup, Why};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub struct IgnoredGatherErrors;

static INFO: Info = Info {
    id: "ignored-gather-errors",
    codes: &[],
    summary: "`gather(..., return_exceptions=True)` whose exceptions nobody looks at",
    why: "With `return_exceptions=True` an error is a result like any other, and nothing says that it \
          happened: where nobody looks at the results it vanishes without a trace. Where they are used \
          as if all had succeeded, what is raised in the end is an AttributeError or a TypeError about \
          an exception object, far from what went wrong.\n\n\
          Without it, `gather` raises the error itself.",
    before: "\
import asyncio


async def titles(client, urls):
    pages = await asyncio.gather(*[client.get(url) for url in urls], return_exceptions=True)
    return [page.json()[\"title\"] for page in pages]
",
    after: "\
import asyncio


async def titles(client, urls):
    pages = await asyncio.gather(*[client.get(url) for url in urls])
    return [page.json()[\"title\"] for page in pages]
",
    when_review: "\
- **Review** where an exception among the results is certain to fail where it is used: `gather` raises \
it then, at once, while the other calls run on, and callers may have come to expect the other error.
- **Manual** where nobody uses the results: whether the errors may be ignored is not known.",
    needles: &["gather", "return_exceptions"],
};

impl Transform for IgnoredGatherErrors {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        calls(project, file, &["asyncio.gather"])
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for call in calls_of(cx, "asyncio.gather") {
            if returns_exceptions(call) {
                found.extend(finding(cx, call));
            }
        }
    }
}

fn returns_exceptions(call: &ExprCall) -> bool {
    let keyword = call.arguments.find_keyword("return_exceptions");
    keyword.is_some_and(
        |keyword| matches!(&keyword.value, Expr::BooleanLiteral(literal) if literal.value),
    )
}

fn finding<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<Finding> {
    let awaited = cx.module.parent(call.into());
    let awaited = awaited.filter(|node| node.is_expr_await())?;
    let statement = cx.module.parent(awaited)?;
    let fails = match statement {
        AnyNodeRef::StmtExpr(_) => return dropped::finding(cx, call),
        AnyNodeRef::StmtFor(each) if span(&*each.iter) == span(awaited) => {
            used::in_loop(cx, &each.target, span(each))
        }
        AnyNodeRef::StmtAssign(assign) => match &*assign.targets {
            [Expr::Name(name)] => used::collection(cx, &reads(cx, name)?),
            [Expr::Tuple(names)] => names.elts.iter().find_map(|name| match name {
                Expr::Name(name) => used::single(cx, &reads(cx, name)?),
                _ => None,
            }),
            _ => return None,
        },
        _ => return None,
    };
    match fails {
        Some(fails) => {
            let message = format!(
                "an exception that `gather` returns is used like any result: `{}` fails then",
                short(cx, fails)
            );
            let fix = raise_at_once(cx, call, fails);
            Some(cx.finding(&INFO, span(call), message, fix))
        }
        None => None,
    }
}

/// Where a variable is read that is bound only once.
fn reads<'a>(cx: &Cx<'a>, name: &'a ExprName) -> Option<Vec<&'a ExprName>> {
    let scope = cx.module.scope_of(name.into())?;
    match cx.module.lookup(scope, &name.id) {
        Lookup::Bound(owner, [_]) => Some(cx.module.reads_of(owner, &name.id)),
        _ => None,
    }
}

/// The source of a place, for a message.
fn short<'a>(cx: &Cx<'a>, at: Span) -> &'a str {
    let text = at.of(cx.module.text());
    match text.chars().count() > 40 || text.contains(['\n', '\r']) {
        true => "the code that uses it",
        false => text,
    }
}

/// Leaves `return_exceptions=True` away.
fn raise_at_once<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    fails: Span,
) -> Result<Result<Fix, EditError>, Why> {
    let layout = cx.module.layout();
    let source = cx.module.text();
    let keyword = call.arguments.find_keyword("return_exceptions");
    let keyword = keyword.ok_or_else(|| Why::new("how errors are returned is not seen"))?;
    let before = &source[..span(keyword).start()];
    let Some(kept) = before.trim_end().strip_suffix(',') else {
        return Err(Why::new(
            "what stands before `return_exceptions` is not understood",
        ));
    };
    let gone = Span::new(kept.len(), span(keyword).end());
    let end = layout.line_end(gone.end());
    if layout.has_comments(Span::new(gone.start(), end)) || kept.len() <= span(&*call.func).end() {
        return Err(Why::new("a comment stands beside `return_exceptions`"));
    }
    let own = Span::new(
        layout.line_start(span(keyword).start()),
        layout.next_line(gone.end()),
    );
    let alone = own.of(source).trim().trim_end_matches(',') == span(keyword).of(source);
    let mut edits = vec![Edit::delete(if alone { own } else { gone })];
    if let Some(listed) = crate::fix::lines::arguments_line(cx, call) {
        let inside = Span::new(span(&call.arguments).start() + 1, span(call).end() - 1);
        let rest = Span::new(listed.start(), gone.start()).of(source);
        let after = Span::new(gone.end(), listed.end()).of(source);
        let line = Span::new(layout.line_start(span(call).start()), inside.start());
        let end = Span::new(inside.end(), layout.line_end(inside.end()));
        let joined = format!("{rest}{after}");
        let width = [line.of(source), &joined, end.of(source)];
        let width: usize = width.iter().map(|part| part.chars().count()).sum();
        if width <= cx.options.line_length {
            edits = vec![Edit::replace(inside, joined)];
        }
    }
    let line = cx
        .project
        .facts(cx.file)
        .map(|facts| facts.line_of(fails.start()));
    let line = line.map_or_else(String::new, |line| format!(" in line {line}"));
    let reason = format!(
        "the first error is raised by `gather`, at once and while the other calls run on, where now \
         all calls end and `{}` fails{line}",
        short(cx, fails)
    );
    Ok(Fix::review(
        "let `gather` raise the error",
        reason,
        cx.file,
        edits,
    ))
}
