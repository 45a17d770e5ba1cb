//! `for` statements.

use super::raising::Varying;
use super::render::{self, Named, Place};
use super::round::{Round, exits, independent, round};
use super::{Outcome, flow, function, outcome, raising, shape};
use crate::fix::Cx;
use crate::fix::together::{Code, Runs, Way, Writer, judge, surroundings};
use crate::model::file::{Place as Where, Why};
use crate::python::ast::{AnyNodeRef, Expr, ExprAwait, Stmt, StmtFor};
use crate::python::span;
use crate::text::{Edit, Span};

pub(super) fn fix<'a>(cx: &Cx<'a>, statement: &'a StmtFor, named: &Named) -> Result<Outcome, Why> {
    let node = AnyNodeRef::from(statement);
    exits(cx, statement)?;
    let Some(round) = round(cx, statement)? else {
        return function::fix(cx, statement, named);
    };
    let conditions = round.guarded.read.iter().copied();
    let plain: Vec<AnyNodeRef<'a>> = conditions
        .map(AnyNodeRef::from)
        .chain(round.guarded.statements.iter().map(AnyNodeRef::from))
        .collect();
    let targets = shape::target_names(&statement.target)?;
    let judged = judge(cx, &[round.call], &plain, Runs::Each(&targets))?;
    surroundings(cx, node)?;
    let scope = independent(cx, statement, &round, &targets)?;
    if !cx.module.layout().alone(span(statement)) {
        return Err(Why::new("the loop shares its lines with other statements"));
    }
    let Where::Coroutine { function, .. } = cx.module.place(node) else {
        return Err(Why::new("`await` is not legal here"));
    };
    let length = cx.module.length_of(&statement.iter);
    let varying = Varying::of(cx, &targets, [&*statement.iter]);
    let coroutines = render::makes_coroutines(cx, round.call, varying, length);
    let mut writer = Writer::new(cx, node, function, &judged, coroutines);
    let is_alone = round.is_unused && round.guarded.statements.len() == 1;
    if round.is_tried || round.is_unused && !is_alone {
        writer.way = Way::Wait;
    }
    let mut doubts = raising::doubts(
        cx,
        &[(&*statement.iter, round.guarded.read.clone())],
        varying,
    );
    if round.is_unused {
        doubts.push(format!(
            "what `{}` gives is not used: the order in which the calls do what they do must not matter",
            cx.module.describe(&round.call.func)
        ));
    }
    let place = Place {
        writer,
        named,
        leads: true,
    };
    let leaks = |name: &str| flow::leaks(cx, node, scope, name);
    let leaked = targets.iter().any(|name| leaks(name));
    if leaked && !round.guarded.conditions.is_empty() {
        return Err(Why::new(
            "code after the loop reads its item, which may be one that was left out",
        ));
    }
    let edits = match appended(&round) {
        _ if is_alone && !leaked && place.writer.way != Way::Wait => {
            only_made(&place, statement, &round, &targets)?
        }
        Some((accumulator, value))
            if place.writer.way == Way::Gather && !leaked && !value.is_some_and(leaks) =>
        {
            append(&place, statement, &round, &targets, accumulator)?
        }
        _ => zip(&place, statement, &round, &targets, leaked)?,
    };
    Ok(outcome(
        &place.writer,
        "rounds",
        judged,
        doubts,
        length,
        edits,
    ))
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
    match round.guarded.statements {
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

/// `accumulator = await asyncio.gather(...)` where it was just made, else `accumulator.extend(...)`.
fn append<'a>(
    place: &Place<'_, 'a>,
    statement: &'a StmtFor,
    round: &Round<'a>,
    targets: &[&str],
    accumulator: &str,
) -> Result<Vec<Edit>, Why> {
    let cx = place.writer.cx;
    let layout = cx.module.layout();
    let rounds = place.rounds(
        round.call,
        clauses(cx, statement, round)?,
        Varying::of(cx, targets, [&*statement.iter]),
        cx.module.length_of(&statement.iter),
    )?;
    let gathered = place.gathered(&rounds)?;
    let mut lines = layout.whole_lines(span(statement));
    let made = just_made(cx, statement, accumulator);
    if let Some((made, _)) = &made {
        lines = layout.whole_lines(*made).cover(lines);
    }
    lines = with_trailing_comments(cx, lines, &place.writer.indent);
    let comments = render::comments(cx, &[lines], &place.writer.indent);
    let mut line = match made {
        Some((_, prefix)) => place.writer.line(&prefix, &gathered, ""),
        None => {
            let extended = Code::call(&format!("{accumulator}.extend"), vec![gathered]);
            place.writer.line("", &extended, "")
        }
    };
    if !lines.of(cx.module.text()).ends_with(['\n', '\r']) {
        line.truncate(line.len() - layout.newline().len());
    }
    let text = format!("{comments}{}{line}", rounds.lead);
    Ok(vec![Edit::replace(lines, text)])
}

/// All calls, of which nothing is read.
fn only_made<'a>(
    place: &Place<'_, 'a>,
    statement: &'a StmtFor,
    round: &Round<'a>,
    targets: &[&str],
) -> Result<Vec<Edit>, Why> {
    let cx = place.writer.cx;
    let length = cx.module.length_of(&statement.iter);
    let rounds = place.rounds(
        round.call,
        clauses(cx, statement, round)?,
        Varying::of(cx, targets, [&*statement.iter]),
        length,
    )?;
    let made = match place.writer.way {
        Way::Gather => place.writer.line("", &place.gathered(&rounds)?, ""),
        _ => place.results(&rounds, false)?.lines,
    };
    let indent = &place.writer.indent;
    let lines = cx.module.layout().whole_lines(span(statement));
    let lines = with_trailing_comments(cx, lines, indent);
    let comments = render::comments(cx, &[lines], indent);
    let text = format!("{comments}{}{made}", rounds.lead);
    Ok(vec![Edit::replace(lines, text)])
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
    clauses.extend(round.guarded.conditions.iter().cloned());
    Ok(clauses)
}

/// `results = await asyncio.gather(...)`, then the loop over items and results without its `await`.
fn zip<'a>(
    place: &Place<'_, 'a>,
    statement: &'a StmtFor,
    round: &Round<'a>,
    targets: &[&str],
    leaked: bool,
) -> Result<Vec<Edit>, Why> {
    let cx = place.writer.cx;
    let module = cx.module;
    let layout = module.layout();
    let first = round.first;
    let (Some(opening), tail) = (
        round.guarded.statements.first(),
        round.guarded.statements.get(1..),
    ) else {
        return Err(Why::new("a round does nothing"));
    };
    let tail = tail.unwrap_or_default();
    if !layout.alone(span(opening)) {
        return Err(Why::new("the loop's body stands on the line of its header"));
    }
    // `result = await f(x)` may go; any other statement stays, with the result in place of the `await`.
    let bound = match first {
        Stmt::Assign(assign) if span(&*assign.value) == span(round.awaited) => {
            match &assign.targets[..] {
                [Expr::Name(name)] => Some(name.id.as_str()),
                _ => None,
            }
        }
        _ => None,
    };
    if bound.is_some() && tail.is_empty() && !round.is_tried {
        return Err(Why::new("only the last round's result is kept"));
    }
    let goes = bound.filter(|_| place.writer.way == Way::Gather);
    let rest: Vec<AnyNodeRef<'_>> = match goes {
        Some(_) => tail.iter().map(AnyNodeRef::from).collect(),
        None => round
            .guarded
            .statements
            .iter()
            .map(AnyNodeRef::from)
            .collect(),
    };
    let beside = leaked || reads_targets(&rest, round, targets);
    let indent = place.writer.indent.as_str();
    let items = place.items(statement, &round.guarded.conditions, beside)?;
    let rounds = place.rounds(
        round.call,
        items.clauses.clone(),
        Varying::of(cx, targets, [&*statement.iter]),
        module.length_of(&statement.iter),
    )?;
    let mut results = place.results(&rounds, false)?;
    if let Some(name) = goes {
        results.one = name.to_owned();
        results.value = name.to_owned();
    }
    let start = layout.line_start(span(statement).start());
    let end = match goes {
        Some(_) => layout.next_line(span(first).end()),
        None => layout.line_start(span(opening).start()),
    };
    let replaced = Span::new(start, end);
    let comments = render::comments(cx, &[replaced], indent);
    let header = place.header(statement, &items, &results)?;
    let text = format!(
        "{comments}{}{}{}{header}",
        rounds.lead, items.line, results.lines
    );
    let mut edits = vec![Edit::replace(replaced, text)];
    if goes.is_none() {
        edits.extend(read_result(cx, first, round.awaited, &results.value));
    }
    if round.guarded.nested {
        let last = round
            .guarded
            .statements
            .last()
            .map_or(end, |last| span(last).end());
        let from = layout.line_start(span(opening).start());
        let outer = span(statement.body.last().unwrap_or(opening)).start();
        let width = layout.indent_at(span(opening).start()).len() - layout.indent_at(outer).len();
        edits.extend(layout.dedent(Span::new(from.max(end), layout.next_line(last)), width));
    }
    Ok(edits)
}

/// The edit that puts a result in the place of an `await`. Brackets that were broken for it alone
/// are joined, where their line has room now.
fn read_result<'a>(
    cx: &Cx<'a>,
    statement: &'a Stmt,
    awaited: &'a ExprAwait,
    value: &str,
) -> Option<Edit> {
    let whole = render::with_parentheses(cx, awaited.into());
    let text = cx.module.text();
    let layout = cx.module.layout();
    let outer = span(statement);
    let before = Span::new(outer.start(), whole.start()).of(text);
    let after = Span::new(whole.end(), outer.end()).of(text);
    let opened = before.trim_end();
    let closed = after.trim_start();
    let alone = opened.ends_with(['(', '[', '{'])
        && before[opened.len()..].contains(['\n', '\r'])
        && closed.starts_with([')', ']', '}']);
    let line = format!("{opened}{value}{closed}");
    let width = layout.indent_at(outer.start()).chars().count() + line.chars().count();
    if alone && !line.contains(['\n', '\r', '#']) && width <= cx.options.line_length {
        return Some(Edit::replace(outer, line));
    }
    Some(Edit::replace(whole, value))
}

/// Whether the loop's own names are read in what stays of a round.
fn reads_targets<'a>(rest: &[AnyNodeRef<'a>], round: &Round<'a>, targets: &[&str]) -> bool {
    rest.iter()
        .flat_map(|node| crate::model::file::references_within(*node))
        .any(|name| {
            targets.contains(&name.id.as_str()) && !span(round.awaited).contains(span(name))
        })
}
