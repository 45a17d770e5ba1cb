//! Clients, sessions and pools that are made anew for every request, though one is made to serve many.
//!
//! Left alone: clients whose arguments differ from round to round, loops that try again after an error
//! or wait between rounds, and functions of which nothing says that they are called often.

mod hoist;

use crate::fix::{Cx, FileId, Finding, Info, Opened, Site, Transform, opened, opens};
use crate::model::file::{Function, Lookup, Place, ScopeKind, Term, Why, references_within, walk};
use crate::model::libraries::Coroutine;
use crate::model::project::{FunctionRef, Project, Value};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprName, Stmt, StmtFunctionDef, StmtWith, TraversalSignal,
};
use crate::python::span;
use crate::text::Span;

pub struct ClientPerRequest;

static INFO: Info = Info {
    id: "client-per-request",
    codes: &[],
    summary: "a client, session or pool made anew for every request",
    why: "A client is made to serve many requests: it keeps connections open, so that the next request \
          to the same host needs no new handshake. One that is made for a single request opens a \
          connection, encrypts it and throws it away, and making an `httpx.AsyncClient` reads all \
          certificates anew, in which the event loop stands still for 30 to 170 ms. What is made in \
          each round of a loop is made once before it.",
    before: "\
import httpx


async def titles(urls):
    found = []
    for url in urls:
        async with httpx.AsyncClient(timeout=10) as client:
            response = await client.get(url)
            found.append(response.headers[\"title\"])
    return found
",
    after: "\
import httpx


async def titles(urls):
    found = []
    async with httpx.AsyncClient(timeout=10) as client:
        for url in urls:
            response = await client.get(url)
            found.append(response.headers[\"title\"])
    return found
",
    when_review: "\
- **Review** in loops: all rounds share what the client keeps, such as cookies.
- **Manual** where what it is made with is computed anew in each round, where the block changes the \
client, and where a function makes one that a framework calls for each request, or that another function \
calls in a loop: where the client should live, only you know.",
    needles: &[],
};

impl Transform for ClientPerRequest {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        opens(project, file)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for opened in opened(cx) {
            let Some(entered) = entered(cx, &opened) else {
                continue;
            };
            let finding = match around(cx, entered.with.into()) {
                Some(round) => looped(cx, &entered, round),
                None => endpoint(cx, &entered).or_else(|| called_in_a_loop(cx, &entered)),
            };
            found.extend(finding);
        }
    }
}

/// A client in the header of an `async with`.
struct Entered<'a> {
    opened: Opened<'a>,
    costs: &'a str,
    keeps: &'a str,
    with: &'a StmtWith,
    /// Its place among the items.
    item: usize,
    name: Option<&'a ExprName>,
    function: &'a StmtFunctionDef,
}

fn entered<'a>(cx: &Cx<'a>, opened: &Opened<'a>) -> Option<Entered<'a>> {
    let (keeps, costs) = (
        opened.entry.keeps.as_deref()?,
        opened.entry.costs.as_deref()?,
    );
    let AnyNodeRef::WithItem(item) = cx.module.parent(opened.given)? else {
        return None;
    };
    let AnyNodeRef::StmtWith(with) = cx.module.parent(item.into())? else {
        return None;
    };
    let name = match item.optional_vars.as_deref() {
        Some(Expr::Name(name)) => Some(name),
        Some(_) => return None,
        None => None,
    };
    let Place::Coroutine {
        function,
        comprehensions: 0,
    } = cx.module.place(with.into())
    else {
        return None;
    };
    let position = with.items.iter().position(|one| std::ptr::eq(one, item))?;
    // What it works on may not be a connection at all: an application under test.
    let own = opened.call.arguments.keywords.iter().all(|keyword| {
        let lent = keyword
            .arg
            .as_ref()
            .is_some_and(|name| opened.entry.lent.iter().any(|lent| lent == name.as_str()));
        !lent
            || keyword
                .value
                .as_call_expr()
                .is_some_and(|call| hoist::is_plain(cx, call))
    });
    let is_own = own && opened.lent().is_none();
    (with.is_async && !opened.is_awaited && is_own).then_some(Entered {
        opened: *opened,
        costs,
        keeps,
        with,
        item: position,
        name,
        function,
    })
}

/// The innermost loop of the same function that brings a node round again.
fn around<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<AnyNodeRef<'a>> {
    let here = span(node);
    let holds = |body: &[Stmt]| body.iter().any(|statement| span(statement).contains(here));
    let mut ancestors = cx.module.ancestors(node).take_while(|node| {
        !node.is_stmt_function_def() && !node.is_expr_lambda() && !node.is_stmt_class_def()
    });
    ancestors.find(|node| match node {
        AnyNodeRef::StmtFor(each) => holds(&each.body),
        AnyNodeRef::StmtWhile(each) => holds(&each.body),
        AnyNodeRef::ExprListComp(each) => span(&*each.elt).contains(here),
        AnyNodeRef::ExprSetComp(each) => span(&*each.elt).contains(here),
        AnyNodeRef::ExprGenerator(each) => span(&*each.elt).contains(here),
        _ => false,
    })
}

fn looped<'a>(cx: &Cx<'a>, entered: &Entered<'a>, round: AnyNodeRef<'a>) -> Option<Finding> {
    let call = entered.opened.call;
    if varies(cx, call, span(round)) || is_tried_again(cx, entered.with.into(), round) {
        return None;
    }
    let message = format!(
        "`{}` makes a new {} in every round of the loop: each {}",
        entered.opened.describe(cx),
        entered.opened.entry.what,
        entered.costs
    );
    let fix = match function_of(cx, entered)?.0.is_generator {
        true => Err(Why::new(format!(
            "the function hands out items, and the {} would stay open in between",
            entered.opened.entry.what
        ))),
        false => hoist::fix(cx, entered, round),
    };
    Some(cx.finding(&INFO, span(call), message, fix))
}

/// Whether what a client is made with depends on what happens in `within`.
fn varies<'a>(cx: &Cx<'a>, call: &'a ExprCall, within: Span) -> bool {
    let arguments = AnyNodeRef::from(&call.arguments);
    let names = references_within(arguments);
    let is_bound = names.into_iter().any(|name| {
        let mut bindings = cx.module.bindings().iter();
        bindings.any(|binding| {
            binding.name == name.id.as_str()
                && within.contains(binding.at)
                && !span(call).contains(binding.at)
        })
    });
    let mut read = Vec::new();
    walk(arguments, &mut |node| {
        if let AnyNodeRef::ExprAttribute(attribute) = node {
            read.push(attribute.attr.as_str());
        }
        TraversalSignal::Traverse
    });
    let mut writes = cx.module.attribute_writes().iter();
    is_bound
        || writes.any(|write| match write {
            Expr::Attribute(written) => {
                within.contains(span(*write)) && read.contains(&written.attr.as_str())
            }
            _ => false,
        })
}

/// Whether a loop goes round again only after an error, or waits between its rounds.
fn is_tried_again<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, round: AnyNodeRef<'a>) -> bool {
    let body: &[Stmt] = match round {
        AnyNodeRef::StmtFor(each) => &each.body,
        AnyNodeRef::StmtWhile(each) => &each.body,
        _ => return false,
    };
    let (mut leaves, mut tries, mut sleeps) = (false, false, false);
    for statement in body {
        walk(statement.into(), &mut |inner| {
            match inner {
                AnyNodeRef::StmtFunctionDef(_)
                | AnyNodeRef::StmtClassDef(_)
                | AnyNodeRef::ExprLambda(_) => return TraversalSignal::Skip,
                AnyNodeRef::StmtBreak(_) | AnyNodeRef::StmtReturn(_) => leaves = true,
                AnyNodeRef::StmtTry(_) => tries = true,
                AnyNodeRef::ExprCall(call) => {
                    sleeps |= cx.module.describe(&call.func).ends_with("sleep");
                }
                _ => {}
            }
            TraversalSignal::Traverse
        });
    }
    let always = body
        .last()
        .is_some_and(|last| matches!(last, Stmt::Break(_) | Stmt::Return(_)));
    let ends = match node {
        AnyNodeRef::StmtWith(with) => {
            let last = with.body.last();
            last.is_some_and(|last| matches!(last, Stmt::Break(_) | Stmt::Return(_)))
        }
        _ => false,
    };
    leaves && (tries || sleeps) || always || ends || sleeps && round.is_stmt_while()
}

/// A client in a function that a framework calls for each request.
fn endpoint<'a>(cx: &Cx<'a>, entered: &Entered<'a>) -> Option<Finding> {
    let (of, function) = function_of(cx, entered)?;
    let facts = cx.project.facts(cx.file)?;
    let what = of.decorators.iter().find_map(|decorator| {
        let callee = match facts.terms.get(decorator.0 as usize) {
            Some(Term::Call(callee)) => *callee,
            _ => *decorator,
        };
        match cx.project.value(cx.file, callee) {
            Value::Library(name) => {
                let endpoint = cx.project.catalogue().endpoint(&name)?;
                (endpoint.coroutine == Coroutine::Awaited).then_some(endpoint.what.as_str())
            }
            _ => None,
        }
    })?;
    if varies(cx, entered.opened.call, span(function)) {
        return None;
    }
    let kind = &entered.opened.entry.what;
    let message = format!(
        "`{}` makes a new {kind} whenever the {what} `{}` is called: each {}",
        entered.opened.describe(cx),
        function.name,
        entered.costs
    );
    let why = format!(
        "make one {kind} when the application starts, close it when that ends, and let the {what} use it"
    );
    let at = span(entered.opened.call);
    Some(cx.finding(&INFO, at, message, Err(Why::new(why))))
}

/// The function that makes a client, as the project knows it.
fn function_of<'a>(
    cx: &Cx<'a>,
    entered: &Entered<'a>,
) -> Option<(&'a Function, &'a StmtFunctionDef)> {
    let index = cx.index_of(entered.opened.call)?;
    let own = cx.project.call(cx.file, index)?.function?;
    let of = cx.project.function(FunctionRef {
        file: cx.file,
        index: own,
    })?;
    (of.at == span(&entered.function.name)).then_some((of, entered.function))
}

/// A client in a function that another one of the file calls in a loop.
fn called_in_a_loop<'a>(cx: &Cx<'a>, entered: &Entered<'a>) -> Option<Finding> {
    let (_, function) = function_of(cx, entered)?;
    let index = cx.index_of(entered.opened.call)?;
    let own = FunctionRef {
        file: cx.file,
        index: cx.project.call(cx.file, index)?.function?,
    };
    if varies(cx, entered.opened.call, span(function)) {
        return None;
    }
    let callers = cx.project.graph().callers(own);
    let (caller, call) = callers.iter().find_map(|(file, place)| {
        let mut calls = cx.module.calls().iter().copied();
        let call =
            calls.find(|call| *file == cx.file && cx.index_of(call) == Some(*place as usize))?;
        let round = around(cx, call.into())?;
        let scope = cx.module.scope_of(round)?;
        let caller = match cx.module.place(round) {
            Place::Coroutine { function, .. } => function,
            _ => return None,
        };
        let within = matches!(cx.module.scope(scope).kind, ScopeKind::Function(_));
        let again = is_tried_again(cx, call.into(), round) || caller.name.starts_with("test");
        (within && !again && !std::ptr::eq(caller, function)).then_some((caller, call))
    })?;
    let kind = &entered.opened.entry.what;
    let message = format!(
        "`{}` makes a new {kind} in every call of `{}`, which `{}` calls in a loop: each {}",
        entered.opened.describe(cx),
        function.name,
        caller.name,
        entered.costs
    );
    let why = format!(
        "make the {kind} in `{}`, around the loop, and give it to `{}`",
        caller.name, function.name
    );
    let at = span(entered.opened.call);
    let mut finding = cx.finding(&INFO, at, message, Err(Why::new(why)));
    let facts = cx.project.facts(cx.file)?;
    finding.chain.push(Site {
        file: cx.file,
        at: span(call),
        path: cx.project.modules().path(cx.file).to_path_buf(),
        line: facts.line_of(span(call).start()),
        note: format!("`{}` calls `{}`", caller.name, function.name),
    });
    Some(finding)
}

/// The other places that bind or read the client's name in a loop.
fn others<'a>(cx: &Cx<'a>, name: &'a ExprName, with: Span, round: Span) -> bool {
    let Some(here) = cx.module.scope_of(name.into()) else {
        return true;
    };
    let Lookup::Bound(scope, _) = cx.module.lookup(here, &name.id) else {
        return true;
    };
    let bindings = cx.module.bindings_of(scope, &name.id);
    let mut bound = bindings.iter().map(|binding| binding.at);
    let mut reads = cx.module.reads_of(scope, &name.id).into_iter();
    scope != here
        || bound.any(|at| round.contains(at) && at != span(name))
        || reads.any(|read| round.contains(span(read)) && !with.contains(span(read)))
}
