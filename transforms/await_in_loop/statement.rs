//! `for` statements.

use super::render::{self, Named, Place};
use super::{flow, shape};
use crate::fix::together::{Runs, judge, surroundings};
use crate::fix::{Cx, Fix};
use crate::model::file::{Place as Where, ScopeId, Why};
use crate::python::ast::{AnyNodeRef, Expr, ExprAwait, ExprCall, Stmt, StmtFor, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

/// One round of a loop: conditions for it, one statement that awaits, and what follows.
struct Round<'a> {
    /// Conditions under which the round does anything, as written for a comprehension.
    conditions: Vec<String>,
    conditions_read: Vec<&'a Expr>,
    /// The round is the body of an `if`, one level further in.
    nested: bool,
    statements: &'a [Stmt],
    awaited: &'a ExprAwait,
    call: &'a ExprCall,
}

pub(super) fn fix<'a>(
    cx: &Cx<'a>,
    statement: &'a StmtFor,
    named: &Named,
) -> Result<Result<Fix, EditError>, Why> {
    let node = AnyNodeRef::from(statement);
    exits(cx, statement)?;
    let round = round(cx, statement)?;
    let conditions = round.conditions_read.iter().copied();
    let plain: Vec<AnyNodeRef<'a>> = conditions
        .map(AnyNodeRef::from)
        .chain(round.statements.iter().map(AnyNodeRef::from))
        .collect();
    let judged = judge(cx, &[round.call], &plain, Runs::Each(&[]))?;
    surroundings(cx, node)?;
    let targets = shape::target_names(&statement.target)?;
    let scope = independent(cx, statement, &round, &targets)?;
    if !cx.module.layout().alone(span(statement)) {
        return Err(Why::new("the loop shares its lines with other statements"));
    }
    let Where::Coroutine { function, .. } = cx.module.place(node) else {
        return Err(Why::new("`await` is not legal here"));
    };
    let place = Place {
        cx,
        function,
        indent: cx.module.layout().indent_at(span(statement).start()),
        named,
    };
    let leaks = |name: &str| flow::leaks(cx, node, scope, name);
    let leaked = targets.iter().any(|name| leaks(name));
    if leaked && !round.conditions.is_empty() {
        return Err(Why::new(
            "code after the loop reads its item, which may be one that was left out",
        ));
    }
    let (edits, needs) = match appended(&round) {
        Some((accumulator, value)) if !leaked && !value.is_some_and(leaks) => {
            append(&place, statement, &round, &targets, accumulator)?
        }
        _ => zip(&place, statement, &round, &targets, leaked)?,
    };
    let title = "await all rounds at once with asyncio.gather";
    let fix = Fix::review(title, render::review(&judged), cx.file, edits);
    Ok(fix.map(|fix| {
        needs
            .into_iter()
            .fold(fix, |fix, need| fix.needing(cx.file, Some(need)))
    }))
}

/// Refuses loops whose rounds do not all run to their end.
fn exits<'a>(cx: &Cx<'a>, statement: &'a StmtFor) -> Result<(), Why> {
    if !statement.orelse.is_empty() {
        return Err(Why::new("the loop has an `else`"));
    }
    let mut found = None;
    for inner in &statement.body {
        crate::model::file::walk(AnyNodeRef::from(inner), &mut |node| {
            let what = match node {
                AnyNodeRef::StmtBreak(_) if ends(cx, node, statement) => {
                    "it may leave the loop early with `break`"
                }
                AnyNodeRef::StmtReturn(_) => "it may leave the loop early with `return`",
                AnyNodeRef::StmtRaise(_) => "it may leave the loop early with `raise`",
                AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => {
                    "it yields in each round"
                }
                AnyNodeRef::StmtTry(_) => {
                    "a round handles its own errors: move it into a coroutine function first"
                }
                AnyNodeRef::StmtWith(_) => {
                    "a round is held by a `with`: move it into a coroutine function first"
                }
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => {
                    "a round defines functions"
                }
                _ => return TraversalSignal::Traverse,
            };
            found = found.or(Some(what));
            TraversalSignal::Skip
        });
    }
    found.map_or(Ok(()), |what| Err(Why::new(what)))
}

/// Whether a `break` ends this loop, and not one inside it.
fn ends<'a>(cx: &Cx<'a>, found: AnyNodeRef<'a>, statement: &StmtFor) -> bool {
    let in_body = |body: &[Stmt]| body.iter().any(|inner| span(inner).contains(span(found)));
    let owner = cx.module.ancestors(found).find(|ancestor| match ancestor {
        AnyNodeRef::StmtFor(inner) => in_body(&inner.body),
        AnyNodeRef::StmtWhile(inner) => in_body(&inner.body),
        _ => false,
    });
    owner.is_some_and(|owner| span(owner) == span(statement))
}

fn round<'a>(cx: &Cx<'a>, statement: &'a StmtFor) -> Result<Round<'a>, Why> {
    let mut statements: &[Stmt] = &statement.body;
    let mut conditions = Vec::new();
    let mut conditions_read = Vec::new();
    while let [Stmt::If(guard), rest @ ..] = statements
        && guard.elif_else_clauses.is_empty()
        && matches!(&guard.body[..], [Stmt::Continue(_)])
        && shape::awaits_within(AnyNodeRef::from(&*guard.test)).is_empty()
    {
        conditions.push(format!("if {}", render::negated(cx, &guard.test)?));
        conditions_read.push(&*guard.test);
        statements = rest;
    }
    let mut nested = false;
    if let [Stmt::If(only)] = statements
        && only.elif_else_clauses.is_empty()
        && shape::awaits_within(AnyNodeRef::from(&*only.test)).is_empty()
    {
        conditions.push(format!("if {}", shape::operand(cx, &only.test)?));
        conditions_read.push(&*only.test);
        statements = &only.body;
        nested = true;
    }
    let awaits: Vec<&ExprAwait> = statements
        .iter()
        .flat_map(|inner| shape::awaits_within(AnyNodeRef::from(inner)))
        .collect();
    let Some(first) = statements.first() else {
        return Err(Why::new("a round does nothing"));
    };
    let here: Vec<&ExprAwait> = shape::awaits(AnyNodeRef::from(first));
    if here.len() != awaits.len() {
        return Err(Why::new(match here.is_empty() {
            true => {
                "a round does something before it awaits: move all of it into a coroutine function first"
            }
            false => "a round awaits more than one thing, one after the other",
        }));
    }
    let (awaited, call) = shape::only_call(cx, AnyNodeRef::from(first), &here)?;
    match first {
        Stmt::Expr(expression) if matches!(&*expression.value, Expr::Await(_)) => {
            return Err(Why::new(
                "the result is not used: the calls are made for what they do",
            ));
        }
        Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) | Stmt::Expr(_) => {}
        Stmt::If(branch) if span(&*branch.test).contains(span(awaited)) => {}
        _ => return Err(Why::new("whether a round awaits depends on a condition")),
    }
    Ok(Round {
        conditions,
        conditions_read,
        nested,
        statements,
        awaited,
        call,
    })
}

/// Refuses where one round could feed another, or change what others can see; gives the scope of the
/// loop's names.
fn independent<'a>(
    cx: &Cx<'a>,
    statement: &'a StmtFor,
    round: &Round<'a>,
    targets: &[&str],
) -> Result<ScopeId, Why> {
    let node = AnyNodeRef::from(statement);
    let conditions = round.conditions_read.iter().copied();
    let read = shape::names_read(
        conditions
            .map(AnyNodeRef::from)
            .chain([round.call.into(), AnyNodeRef::from(&*statement.iter)]),
    );
    let written = shape::names_written(cx, round.statements);
    if let Some(name) = written.iter().find(|name| targets.contains(name)) {
        return Err(Why::new(format!(
            "a round binds the loop's own name `{name}`"
        )));
    }
    if let Some(name) = written.iter().find(|name| read.contains(name)) {
        return Err(Why::new(format!(
            "`{name}` carries over from one round to the next"
        )));
    }
    for &condition in &round.conditions_read {
        shape::condition(cx, condition, targets)?;
    }
    shape::differs(round.call, targets)?;
    shape::binds_nothing(AnyNodeRef::from(&*statement.iter))?;
    cx.module.going_through(&statement.iter)?;
    flow::not_consumed(cx, node, &statement.iter)?;
    let scope = cx
        .module
        .scope_of(node)
        .ok_or_else(|| Why::new("the loop has no scope"))?;
    for &name in targets.iter().chain(&written) {
        if cx.module.bindings_of(scope, name).is_empty() {
            return Err(Why::new(format!(
                "`{name}` belongs to the code around the function"
            )));
        }
        flow::not_enclosed(cx, node, scope, name)?;
        flow::not_shared(cx, node, scope, name)?;
    }
    Ok(scope)
}

/// The accumulator of a round that only appends its result, and the name the result goes by.
fn appended<'a>(round: &Round<'a>) -> Option<(&'a str, Option<&'a str>)> {
    let into = |statement: &'a Stmt| {
        let Stmt::Expr(expression) = statement else {
            return None;
        };
        let Expr::Call(call) = &*expression.value else {
            return None;
        };
        let (Expr::Attribute(method), [value], []) = (
            &*call.func,
            &*call.arguments.args,
            &*call.arguments.keywords,
        ) else {
            return None;
        };
        let Expr::Name(accumulator) = &*method.value else {
            return None;
        };
        (method.attr.as_str() == "append").then_some((accumulator.id.as_str(), value))
    };
    match round.statements {
        [only] => {
            let (accumulator, value) = into(only)?;
            matches!(value, Expr::Await(_)).then_some((accumulator, None))
        }
        [Stmt::Assign(assign), last] => {
            let [Expr::Name(result)] = &assign.targets[..] else {
                return None;
            };
            let (accumulator, value) = into(last)?;
            let same = matches!(value, Expr::Name(name) if name.id == result.id);
            (same && matches!(&*assign.value, Expr::Await(_)))
                .then_some((accumulator, Some(result.id.as_str())))
        }
        _ => None,
    }
}

type Written = (Vec<Edit>, Vec<crate::model::file::ImportName>);

/// `accumulator = await asyncio.gather(...)` where it was just made, else `accumulator.extend(...)`.
fn append<'a>(
    place: &Place<'_, 'a>,
    statement: &'a StmtFor,
    round: &Round<'a>,
    targets: &[&str],
    accumulator: &str,
) -> Result<Written, Why> {
    let cx = place.cx;
    let layout = cx.module.layout();
    let gathered = place.gather(
        round.call,
        clauses(cx, statement, round)?,
        targets,
        cx.module.length_of(&statement.iter),
    )?;
    let mut lines = layout.whole_lines(span(statement));
    let (prefix, suffix) = match just_made(cx, statement, accumulator) {
        Some((made, prefix)) => {
            lines = layout.whole_lines(made).cover(lines);
            (prefix, String::new())
        }
        None => (format!("{accumulator}.extend("), ")".to_owned()),
    };
    lines = with_trailing_comments(cx, lines, place.indent);
    let comments = render::comments(cx, &[lines], place.indent);
    let line = place.line(&prefix, &gathered, &suffix);
    let ending = if lines.of(cx.module.text()).ends_with(['\n', '\r']) {
        layout.newline()
    } else {
        ""
    };
    let text = format!("{comments}{}{line}{ending}", gathered.lead);
    Ok((vec![Edit::replace(lines, text)], gathered.needs))
}

/// Lines, and the comments below them that stand further in.
fn with_trailing_comments(cx: &Cx<'_>, lines: Span, indent: &str) -> Span {
    let text = cx.module.text();
    let layout = cx.module.layout();
    let mut end = lines.end();
    let mut at = end;
    while at < text.len() {
        let next = layout.next_line(at);
        let line = Span::new(at, next).of(text);
        let code = line.trim_start();
        let inside = line.len() - code.len() > indent.len();
        if code.starts_with('#') && inside {
            end = next;
        } else if !code.is_empty() {
            break;
        }
        at = next;
    }
    Span::new(lines.start(), end)
}

/// The statement directly above the loop, if it makes the accumulator, and its text up to the value.
fn just_made<'a>(cx: &Cx<'a>, statement: &'a StmtFor, accumulator: &str) -> Option<(Span, String)> {
    let block = cx.module.block(statement.into())?;
    let previous = block.statements.get(block.index.checked_sub(1)?)?;
    let (target, value) = match previous {
        Stmt::Assign(assign) => (
            assign
                .targets
                .first()
                .filter(|_| assign.targets.len() == 1)?,
            &*assign.value,
        ),
        Stmt::AnnAssign(assign) => (&*assign.target, assign.value.as_deref()?),
        _ => return None,
    };
    let named = matches!(target, Expr::Name(name) if name.id == accumulator);
    let empty = matches!(value, Expr::List(list) if list.elts.is_empty());
    let layout = cx.module.layout();
    let between = Span::new(span(previous).end(), span(statement).start());
    let adjacent = layout.alone(span(previous)) && between.of(cx.module.text()).trim().is_empty();
    (named && empty && adjacent).then(|| {
        let prefix = Span::new(span(previous).start(), span(value).start());
        (span(previous), prefix.of(cx.module.text()).to_owned())
    })
}

fn clauses<'a>(cx: &Cx<'a>, statement: &'a StmtFor, round: &Round<'a>) -> Result<Vec<String>, Why> {
    let mut clauses = vec![format!(
        "for {} in {}",
        shape::on_one_line(cx, &statement.target)?,
        shape::operand(cx, &statement.iter)?
    )];
    clauses.extend(round.conditions.iter().cloned());
    Ok(clauses)
}

/// `results = await asyncio.gather(...)`, then the loop over items and results without its `await`.
fn zip<'a>(
    place: &Place<'_, 'a>,
    statement: &'a StmtFor,
    round: &Round<'a>,
    targets: &[&str],
    leaked: bool,
) -> Result<Written, Why> {
    let cx = place.cx;
    let module = cx.module;
    let layout = module.layout();
    let [first, tail @ ..] = round.statements else {
        return Err(Why::new("a round does nothing"));
    };
    if round.nested {
        return Err(Why::new(
            "the round is the body of an `if`: turn the condition into a `continue` first",
        ));
    }
    if !layout.alone(span(first)) {
        return Err(Why::new("the loop's body stands on the line of its header"));
    }
    // `result = await f(x)` goes; any other statement stays, with the result in place of the `await`.
    let bound = match first {
        Stmt::Assign(assign) if span(&*assign.value) == span(round.awaited) => {
            match &assign.targets[..] {
                [Expr::Name(name)] => Some(name.id.as_str()),
                _ => None,
            }
        }
        _ => None,
    };
    if bound.is_some() && tail.is_empty() {
        return Err(Why::new("only the last round's result is kept"));
    }
    let function = span(place.function);
    let result = bound.map_or_else(
        || module.fresh_name(function, &["result", "value"]),
        str::to_owned,
    );
    let results = module.fresh_name(function, &["results", "gathered"]);
    let rest: Vec<AnyNodeRef<'_>> = match bound {
        Some(_) => tail.iter().map(AnyNodeRef::from).collect(),
        None => round.statements.iter().map(AnyNodeRef::from).collect(),
    };
    let used_outside_call = reads_targets(&rest, round, targets);
    let mut lead = String::new();
    let (indent, newline) = (place.indent, layout.newline());
    let iterable = shape::operand(cx, &statement.iter)?;
    let target = shape::on_one_line(cx, &statement.target)?;
    let mut all = clauses(cx, statement, round)?;
    let header = if leaked || used_outside_call {
        place.needs_builtin(statement.into(), "zip")?;
        let inner = render::inner_target(&statement.target, target);
        let header = |items: &str| format!("for {inner}, {result} in zip({items}, {results}):");
        let short = matches!(
            &*statement.iter,
            Expr::Name(_) | Expr::Tuple(_) | Expr::List(_)
        ) || iterable.chars().count() <= 30;
        let fits = place.fits(&header(&iterable));
        let repeatable = module.is_repeatable(&statement.iter);
        if repeatable && fits && short && round.conditions.is_empty() {
            header(&iterable)
        } else {
            let items = module.fresh_name(function, &["items", "rounds"]);
            let value = match round.conditions.is_empty() {
                true => place.kept(&statement.iter)?,
                false => place.list_of(&inner, &all),
            };
            lead.push_str(&format!("{indent}{items} = {value}{newline}"));
            all = vec![format!("for {target} in {items}")];
            header(&items)
        }
    } else {
        format!("for {result} in {results}:")
    };
    let gathered = place.gather(round.call, all, targets, module.length_of(&statement.iter))?;
    let line = place.line(&format!("{results} = "), &gathered, "");
    let start = layout.line_start(span(statement).start());
    let end = match bound {
        Some(_) => layout.next_line(span(first).end()),
        None => layout.line_start(span(first).start()),
    };
    let replaced = Span::new(start, end);
    let comments = render::comments(cx, &[replaced], indent);
    let text = format!(
        "{comments}{}{lead}{line}{newline}{indent}{header}{newline}",
        gathered.lead
    );
    let mut edits = vec![Edit::replace(replaced, text)];
    if bound.is_none() {
        let whole = render::with_parentheses(cx, round.awaited);
        edits.push(Edit::replace(whole, result));
    }
    Ok((edits, gathered.needs))
}

/// Whether the loop's own names are read in what stays of a round.
fn reads_targets<'a>(rest: &[AnyNodeRef<'a>], round: &Round<'a>, targets: &[&str]) -> bool {
    rest.iter()
        .flat_map(|node| crate::model::file::references_within(*node))
        .any(|name| {
            targets.contains(&name.id.as_str()) && !span(round.awaited).contains(span(name))
        })
}
