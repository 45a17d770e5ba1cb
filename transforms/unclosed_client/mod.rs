//! Clients, pools, connections and files that a coroutine opens and does not close on some path.
//!
//! Left alone: what the function gives to somebody else, who may close it; what is closed in a
//! `finally`, under a condition or in several places, where somebody has thought about it; what a test
//! closes at its end; what is kept in an attribute; and generators, whose code between two items is not
//! their own.

mod fix;
mod unnamed;
mod uses;

use crate::fix::{Cx, FileId, Finding, Info, Opened, Transform, opened, opens};
use crate::model::file::{Lookup, ScopeId, ScopeKind, Why, walk};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, Stmt, TraversalSignal};
use crate::python::span;
use crate::text::Span;
use uses::Use;

pub struct UnclosedClient;

static INFO: Info = Info {
    id: "unclosed-client",
    codes: &[],
    summary: "a client, pool, connection or file that is not closed on some path",
    why: "What is opened and not closed stays open until the garbage collector finds it, which cannot \
          await anything: connections and file descriptors pile up, data may stay unwritten, and \
          `ResourceWarning`s or `Unclosed client session` appear far from the cause. A close at the end \
          of a function is passed over by every exception and every early `return` before it. Under \
          `async with` it is closed on each path; what has no `async with` is closed in a `finally`.",
    before: "\
import asyncio


async def ask(host, port, question):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(question)
    await writer.drain()
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer
",
    after: "\
import asyncio


async def ask(host, port, question):
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(question)
        await writer.drain()
        answer = await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()
    return answer
",
    when_review: "\
- **Review** always: it is closed now where it was not, which whoever holds something that it gave may \
notice; and tests that put a double in its place need one that can be entered.
- **Manual** where what it gave leaves the function, where it is used outside of the block that opens \
it, and where code shares its lines.",
    needles: &[],
};

impl Transform for UnclosedClient {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        opens(project, file)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for opened in opened(cx).iter().filter(|opened| opened.is_regular()) {
            let Some(function) = uses::coroutine(cx, opened.call.into()) else {
                continue;
            };
            if uses::is_generator(function) || opened.lent().is_some() {
                continue;
            }
            if let Some(name) = name(cx, opened) {
                found.extend(named(cx, opened, &name));
            } else {
                found.extend(unnamed::check(cx, opened, function));
            }
        }
    }
}

/// The only name of an object, which one assignment of a function gives it.
struct Name<'a> {
    name: &'a ExprName,
    statement: AnyNodeRef<'a>,
    scope: ScopeId,
    /// What else the statement binds, such as the reader that belongs to a writer.
    beside: Vec<&'a ExprName>,
    /// It is the only target, and not annotated.
    is_plain: bool,
}

fn name<'a>(cx: &Cx<'a>, opened: &Opened<'a>) -> Option<Name<'a>> {
    let statement = cx.module.parent(opened.given)?;
    let (target, is_plain) = match statement {
        AnyNodeRef::StmtAssign(assign) => match &*assign.targets {
            [target] => (target, true),
            _ => return None,
        },
        AnyNodeRef::StmtAnnAssign(assign) => (&*assign.target, false),
        _ => return None,
    };
    let (name, beside) = match (target, opened.entry.item) {
        (Expr::Name(name), None) => (name, Vec::new()),
        (Expr::Tuple(tuple), Some(item)) => {
            let names = tuple.elts.iter().map(Expr::as_name_expr);
            let mut names = names.collect::<Option<Vec<_>>>()?;
            (names.len() > item).then_some(())?;
            (names.remove(item), names)
        }
        _ => return None,
    };
    let here = cx.module.scope_of(name.into())?;
    let Lookup::Bound(scope, [_]) = cx.module.lookup(here, &name.id) else {
        return None;
    };
    let is_own = scope == here && matches!(cx.module.scope(scope).kind, ScopeKind::Function(_));
    is_own.then_some(Name {
        name,
        statement,
        scope,
        beside,
        is_plain: is_plain && opened.entry.item.is_none(),
    })
}

/// The statements that close an object at the end of its block, and nowhere else.
struct Closing<'a> {
    statements: &'a [Stmt],
    /// They do all that is to be done.
    is_whole: bool,
}

fn named<'a>(cx: &Cx<'a>, opened: &Opened<'a>, name: &Name<'a>) -> Option<Finding> {
    let block = cx.module.block(name.statement)?;
    let after = &block.statements[block.index + 1..];
    let reads = cx.module.reads_of(name.scope, &name.name.id);
    // A test that expects the opening to fail.
    if reads.is_empty() {
        return None;
    }
    let mut closes: Vec<&ExprCall> = Vec::new();
    let mut passed = Vec::new();
    let mut methods = Vec::new();
    for read in &reads {
        match uses::use_of(cx, opened, name.scope, read) {
            Use::Closes(call) => closes.push(call),
            Use::Method(call) => methods.push(call),
            Use::Looks => {}
            Use::Passed(call) => passed.push((call, *read)),
            Use::Escapes => return None,
        }
    }
    let start = span(name.statement).end();
    // What a loop brings round again has another life.
    if reads.iter().any(|read| span(*read).start() < start) {
        return None;
    }
    let rest = Span::new(start, after.last().map_or(start, |last| span(last).end()));
    let is_inside = reads.iter().all(|read| rest.contains(span(*read)));
    let own = &name.name.id;
    let text = opened.describe(cx);
    if closes.is_empty() {
        let comes_back =
            |(call, read): &(&'a ExprCall, &'a ExprName)| uses::comes_back(cx, opened, call, read);
        if !passed.iter().all(comes_back) {
            return None;
        }
        let what = &opened.entry.what;
        let message = format!("`{text}` opens a {what}, `{own}`, that is never closed");
        let ends = methods
            .iter()
            .filter(|call| !uses::is_complete(cx, opened, call));
        let mut ends = ends.filter_map(|call| uses::goes_on(cx, call));
        let beside = || name.beside.iter().find_map(|other| uses::kept(cx, other));
        let fix = match ends.next().or_else(beside) {
            Some((why, _)) => Err(why),
            None if !is_inside => Err(Why::new(
                "it is used outside of the block that opens it: open it in an `async with`, or close it \
                 in a `finally`, around all of that",
            )),
            None => {
                let complete = methods
                    .iter()
                    .all(|call| uses::is_complete(cx, opened, call));
                let used = after.iter().rposition(|statement| {
                    reads
                        .iter()
                        .any(|read| span(statement).contains(span(*read)))
                });
                match (
                    used,
                    complete && passed.is_empty() && name.beside.is_empty(),
                ) {
                    (Some(last), true) => fix::wrapped(cx, opened, name, &after[..=last], None),
                    _ => fix::wrapped(cx, opened, name, after, None),
                }
            }
        };
        return Some(cx.finding(&INFO, span(opened.call), message, fix));
    }
    let closing = closing(opened, after, &closes)?;
    let first = closing.statements.first()?;
    let body = after
        .iter()
        .position(|statement| span(statement) == span(first))?;
    let body = &after[..body];
    let end = closing.statements.last().map(span)?.end();
    if is_tested(cx, name.statement) || !holds(body, may_be_left) {
        return None;
    }
    if !is_inside || reads.iter().any(|read| span(*read).start() > end) {
        return None;
    }
    let message = format!(
        "`{text}` opens a {}, `{own}`, that is not closed where something fails before `{}`",
        opened.entry.what,
        cx.module.describe(&closes.first()?.func)
    );
    // Nothing changes for what goes on after it is closed today.
    let ends = methods
        .iter()
        .filter(|call| !uses::is_complete(cx, opened, call));
    let mut ends = ends.filter_map(|call| uses::goes_on(cx, call));
    let returns = holds(body, |node| node.is_stmt_return());
    let fix = match ends.find(|(_, returned)| *returned && returns) {
        Some((why, _)) => Err(why),
        None => fix::wrapped(cx, opened, name, body, Some(&closing)),
    };
    Some(cx.finding(&INFO, span(opened.call), message, fix))
}

/// Whether there is a node of some kind among statements, but for what belongs to other functions.
fn holds(statements: &[Stmt], is_such: impl Fn(AnyNodeRef<'_>) -> bool) -> bool {
    let mut found = false;
    for statement in statements {
        walk(statement.into(), &mut |node| match node {
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
            _ => {
                found |= is_such(node);
                TraversalSignal::Traverse
            }
        });
    }
    found
}

/// Whether other tasks run, or the function ends, between statements: where nothing waits, hardly
/// anything fails.
fn may_be_left(node: AnyNodeRef<'_>) -> bool {
    match node {
        AnyNodeRef::ExprAwait(_) | AnyNodeRef::StmtReturn(_) | AnyNodeRef::StmtRaise(_) => true,
        AnyNodeRef::StmtFor(each) => each.is_async,
        AnyNodeRef::StmtWith(with) => with.is_async,
        _ => false,
    }
}

/// Whether a node is part of a test: one that fails ends the program of what it opened.
fn is_tested<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    cx.module.ancestors(node).any(|node| match node {
        AnyNodeRef::StmtFunctionDef(function) => function.name.starts_with("test"),
        AnyNodeRef::StmtClassDef(class) => {
            class.name.starts_with("Test")
                || class.name.ends_with("Test")
                || class.name.ends_with("Tests")
        }
        _ => false,
    })
}

/// The statements of a block that do all the closing, one after the other.
fn closing<'a>(
    opened: &Opened<'a>,
    statements: &'a [Stmt],
    closes: &[&'a ExprCall],
) -> Option<Closing<'a>> {
    let step = |statement: &'a Stmt| {
        let Stmt::Expr(only) = statement else {
            return None;
        };
        let (call, awaited) = match &*only.value {
            Expr::Await(awaited) => (awaited.value.as_call_expr()?, true),
            other => (other.as_call_expr()?, false),
        };
        let known = closes.iter().any(|close| span(*close) == span(call));
        let plain = known && call.arguments.is_empty();
        plain.then_some((call.func.as_attribute_expr()?.attr.as_str(), awaited))
    };
    let first = statements.iter().position(|one| step(one).is_some())?;
    let steps = statements[first..].iter().map_while(step);
    let steps: Vec<(&str, bool)> = steps.collect();
    let known: Vec<(&str, bool)> = opened.entry.steps().collect();
    let begins = known.starts_with(&steps) || opened.entry.ends.iter().any(|end| end == steps[0].0);
    (steps.len() == closes.len() && begins).then(|| Closing {
        statements: &statements[first..first + steps.len()],
        is_whole: steps == known,
    })
}
