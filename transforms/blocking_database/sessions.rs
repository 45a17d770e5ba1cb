//! Connections that belong to one thread: the statements from where one is made to its last use.

use super::moves;
use crate::fix::{BlockingCall, Cx, Fix, extract, held_review};
use crate::model::file::{ScopeId, Why};
use crate::model::libraries::Fallback;
use crate::python::ast::{AnyNodeRef, Expr, ExprName, Stmt, StmtFunctionDef};
use crate::python::span;
use crate::text::{EditError, Span};

/// The names that a local function may get.
const NAMES: [&str; 1] = ["_query"];

/// Statements of one block that use connections among themselves.
pub(super) struct Session<'a> {
    /// The call that makes the first connection, by index.
    pub first: usize,
    /// All other calls of the statements that stay together with it.
    pub others: Vec<usize>,
    pub statements: &'a [Stmt],
}

/// The sessions of all coroutines; together, they hold every connection that is made there by a
/// statement of its own.
pub(super) fn find<'a>(cx: &Cx<'a>, calls: &[BlockingCall<'a>]) -> Vec<Session<'a>> {
    let mut found: Vec<Session<'a>> = Vec::new();
    for (index, opening) in calls.iter().enumerate() {
        let inside = found.iter().any(|session| session.others.contains(&index));
        if !opening.entry.opens || opening.entry.fallback != Fallback::Together || inside {
            continue;
        }
        let Some(statements) = lifetime(cx, opening) else {
            continue;
        };
        let whole = whole(statements);
        let within = |other: &usize| {
            let other = &calls[*other];
            other.entry.fallback == Fallback::Together && whole.contains(span(other.call))
        };
        let others = (index + 1..calls.len()).filter(within).collect();
        found.push(Session {
            first: index,
            others,
            statements,
        });
    }
    found
}

fn whole(statements: &[Stmt]) -> Span {
    match (statements.first(), statements.last()) {
        (Some(first), Some(last)) => span(first).cover(span(last)),
        _ => Span::empty(0),
    }
}

/// The statements from the one that makes a connection to the last one that uses what comes of it, in
/// the innermost block that holds them all.
fn lifetime<'a>(cx: &Cx<'a>, opening: &BlockingCall<'a>) -> Option<&'a [Stmt]> {
    let mut at = cx.module.statement(opening.call.into())?;
    let coroutine = cx
        .module
        .ancestors(at)
        .find_map(|ancestor| match ancestor {
            AnyNodeRef::StmtFunctionDef(function) => Some(function),
            _ => None,
        })?;
    let scope = cx.module.body_scope(coroutine)?;
    let uses = uses(cx, coroutine, scope);
    loop {
        let block = cx.module.block(at)?;
        let rest = &block.statements[block.index..];
        let last = last_use(cx, scope, rest, &uses);
        let mut first = 0;
        let own = whole(&rest[..=last]);
        // `connection = None` before a `try` belongs to it.
        while let Some(Stmt::Assign(before)) = block.statements[..block.index - first].last()
            && before.value.is_none_literal_expr()
            && uses.iter().any(|name| {
                own.contains(span(*name))
                    && matches!(&before.targets[..], [Expr::Name(target)] if target.id == name.id)
            })
        {
            first += 1;
        }
        let statements = &block.statements[block.index - first..=block.index + last];
        let own = whole(statements);
        // What is bound here may be used further out.
        let escapes = uses.iter().any(|name| {
            span(*name).start() > own.end()
                && binds_within(cx, scope, &name.id, own)
                && !binds_within(
                    cx,
                    scope,
                    &name.id,
                    Span::new(own.end(), span(*name).start()),
                )
        });
        if !escapes {
            return Some(statements);
        }
        at = cx
            .module
            .ancestors(at)
            .find(|ancestor| ancestor.is_statement())?;
        if matches!(at, AnyNodeRef::StmtFunctionDef(_)) {
            return Some(statements);
        }
    }
}

/// The names in a coroutine that stand for connections and the like.
fn uses<'a>(cx: &Cx<'a>, coroutine: &'a StmtFunctionDef, scope: ScopeId) -> Vec<&'a ExprName> {
    let mut names: Vec<&str> = Vec::new();
    for binding in cx.module.bindings() {
        if binding.scope == scope && !names.contains(&binding.name) {
            names.push(binding.name);
        }
    }
    let mut found: Vec<&'a ExprName> = names
        .into_iter()
        .flat_map(|name| cx.module.reads_of(scope, name))
        .filter(|read| span(coroutine).contains(span(*read)))
        .filter(|read| moves::is_bound_to_thread(cx, read))
        .collect();
    found.sort_by_key(|read| span(*read));
    found
}

/// The last of the statements that uses a connection, unless from some statement on all of them are
/// new ones.
fn last_use(cx: &Cx<'_>, scope: ScopeId, rest: &[Stmt], uses: &[&ExprName]) -> usize {
    let used = |statement: &Stmt| {
        uses.iter()
            .filter(|name| span(statement).contains(span(**name)))
            .copied()
            .collect::<Vec<_>>()
    };
    let fresh_from = |start: usize| {
        rest[start..].iter().all(|statement| {
            used(statement).into_iter().all(|name| {
                let before = Span::new(span(&rest[start]).start(), span(name).start());
                binds_within(cx, scope, &name.id, before)
            })
        })
    };
    let end = (1..rest.len())
        .find(|&start| fresh_from(start))
        .unwrap_or(rest.len());
    rest[..end]
        .iter()
        .rposition(|statement| !used(statement).is_empty())
        .unwrap_or(0)
}

fn binds_within(cx: &Cx<'_>, scope: ScopeId, name: &str, within: Span) -> bool {
    cx.module
        .bindings_of(scope, name)
        .iter()
        .any(|binding| within.contains(binding.at))
}

/// Moves a session into a local function that runs in a thread.
pub(super) fn move_to_thread<'a>(
    cx: &Cx<'a>,
    session: &Session<'a>,
    calls: &[BlockingCall<'a>],
    taken: &mut Vec<(Span, String)>,
) -> Result<Result<Fix, EditError>, Why> {
    let opening = &calls[session.first];
    let entry = opening.entry;
    let around = cx.module.ancestors(opening.call.into());
    let mut around = around.filter(|node| matches!(node, AnyNodeRef::StmtFunctionDef(_)));
    let coroutine = around.next().map_or(Span::empty(0), span);
    let beside = taken.iter().filter(|(other, _)| *other == coroutine);
    let beside: Vec<String> = beside.map(|(_, name)| name.clone()).collect();
    let (extracted, unknown) = extract(cx, session.statements, &NAMES, &beside)
        .and_then(|extracted| {
            for name in &extracted.returned {
                moves::may_leave(cx, session.statements, name)?;
            }
            let unknown = moves::into_thread(cx, session.statements)?;
            Ok((extracted, unknown))
        })
        .map_err(|why| {
            let because = entry.why.as_deref().unwrap_or("it must stay in its thread");
            let instead = match &entry.instead {
                Some(instead) => format!("; {instead} has it for coroutines"),
                None => String::new(),
            };
            Why::new(format!(
                "{because}, but the statements cannot move to one: {why}{instead}"
            ))
        })?;
    let mut reasons: Vec<String> = Vec::new();
    if !moves::only_reads(cx, session.statements) {
        reasons.extend(entry.confirm.clone());
    }
    if opening.call.arguments.find_keyword("uri").is_some() {
        reasons.push(
            "a shared database in memory ends with its last connection: is there another one?"
                .to_owned(),
        );
    }
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.iter().map(|name| format!("`{name}`")).collect();
        let runs = if names.len() == 1 { "runs" } else { "run" };
        reasons.push(format!(
            "{} now {runs} in a thread: is nothing of the event loop or of other tasks used there?",
            names.join(", ")
        ));
    }
    if let Some(first) = session.statements.first() {
        reasons.extend(held_review(cx, first.into()));
    }
    let review = (!reasons.is_empty()).then(|| reasons.join("; "));
    taken.push((coroutine, extracted.function));
    let title = "move the statements that use it to a thread, as one function";
    let fix = Fix::judged(title, review, cx.file, extracted.edits);
    Ok(fix.map(|fix| fix.needing(cx.file, extracted.to_thread.need)))
}
