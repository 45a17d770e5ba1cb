//! Rounds that do more than one call: their awaits, and what comes before them, become a coroutine
//! function inside, and what comes after stays in the loop.

use super::bound::{is_bound_first, mentions_in};
use super::raising::Varying;
use super::render::{self, Named, Place};
use super::round::{Guarded, guarded, no_feed};
use super::{Outcome, flow, outcome, raising, shape};
use crate::fix::Cx;
use crate::fix::together::{Code, Runs, Writer, call_code, judge, surroundings};
use crate::model::file::{Place as Where, ScopeId, Why, references_within, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, Stmt, StmtFor, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, Edits, Span};

/// A round that becomes a function.
struct Body<'a> {
    guarded: Guarded<'a>,
    /// What the function does.
    moved: &'a [Stmt],
    /// What the loop does with what it gives.
    kept: &'a [Stmt],
    gives: Gives<'a>,
}

/// What the function gives.
enum Gives<'a> {
    /// These names, which the loop goes on with.
    Names(Vec<&'a str>),
    /// What its last statement awaits and gives this name.
    Awaited(&'a str, &'a Stmt, &'a Expr),
    /// What its last statement would put somewhere.
    Put(&'a Stmt, &'a Expr),
}

pub(super) fn fix<'a>(cx: &Cx<'a>, statement: &'a StmtFor, named: &Named) -> Result<Outcome, Why> {
    let node = AnyNodeRef::from(statement);
    let targets = shape::target_names(&statement.target)?;
    let scope = cx
        .module
        .scope_of(node)
        .ok_or_else(|| Why::new("the loop has no scope"))?;
    let body = body(cx, statement)?;
    let calls = calls(cx, body.moved)?;
    let conditions = body.guarded.read.iter().copied().map(AnyNodeRef::from);
    let plain: Vec<AnyNodeRef<'a>> = conditions
        .chain(body.guarded.statements.iter().map(AnyNodeRef::from))
        .collect();
    let judged = judge(cx, &calls, &plain, Runs::Each(&[]))?;
    surroundings(cx, node)?;
    independent(cx, statement, scope, &body, &calls, &targets)?;
    if !cx.module.layout().alone(span(statement)) {
        return Err(Why::new("the loop shares its lines with other statements"));
    }
    let Where::Coroutine { function, .. } = cx.module.place(node) else {
        return Err(Why::new("`await` is not legal here"));
    };
    let place = Place {
        writer: Writer::new(cx, node, function, &judged, true),
        named,
        leads: true,
    };
    let leaked = targets
        .iter()
        .any(|name| flow::leaks(cx, node, scope, name));
    if leaked && !body.guarded.conditions.is_empty() {
        return Err(Why::new(
            "code after the loop reads its item, which may be one that was left out",
        ));
    }
    let length = cx.module.length_of(&statement.iter);
    let edits = write(&place, statement, &body, &targets, leaked, &calls)?;
    Ok(outcome(
        &place.writer,
        "rounds",
        judged,
        raising::doubts(
            cx,
            &[(&statement.iter, body.guarded.read.clone())],
            Varying::of(cx, &targets, [&*statement.iter]),
        ),
        length,
        edits,
    ))
}

fn body<'a>(cx: &Cx<'a>, statement: &'a StmtFor) -> Result<Body<'a>, Why> {
    let guarded = guarded(cx, statement)?;
    let statements = guarded.statements;
    let waits = |inner: &Stmt| shape::waits(AnyNodeRef::from(inner));
    let last = statements
        .iter()
        .rposition(waits)
        .ok_or_else(|| Why::new("a round awaits only where nothing is awaited each time"))?;
    let (moved, kept) = statements.split_at(last + 1);
    let ends = &moved[last];
    for inner in moved {
        may_move(cx, inner)?;
    }
    let gives = if kept.is_empty() {
        let (put, value) = last_put(ends).ok_or_else(|| {
            Why::new(
                "a round does several things and keeps no result, so that their order may be meant",
            )
        })?;
        Gives::Put(put, value)
    } else {
        let mentioned: Vec<&ExprName> = kept
            .iter()
            .flat_map(|inner| references_within(inner.into()))
            .collect();
        let bound = shape::names_written(cx, moved);
        let mut needed: Vec<&str> = Vec::new();
        for name in bound {
            if mentioned.iter().any(|found| found.id == name) && !needed.contains(&name) {
                needed.push(name);
            }
        }
        let deleted = mentioned.iter().find(|name| name.ctx.is_del());
        if let Some(name) = deleted.filter(|name| needed.contains(&name.id.as_str())) {
            return Err(Why::new(format!("a round deletes the name `{}`", name.id)));
        }
        match (ends, &needed[..]) {
            (Stmt::Assign(assign), [only]) => match (&assign.targets[..], &*assign.value) {
                ([Expr::Name(name)], value @ Expr::Await(_)) if name.id == *only => {
                    Gives::Awaited(name.id.as_str(), ends, value)
                }
                _ => Gives::Names(needed),
            },
            (_, []) => {
                return Err(Why::new(
                    "what a round awaits is not used by what comes after it",
                ));
            }
            _ => Gives::Names(needed),
        }
    };
    Ok(Body {
        guarded,
        moved,
        kept,
        gives,
    })
}

/// The last statement of a round, also inside `with` blocks, if it puts a value into a collection, and
/// that value.
fn last_put(statement: &Stmt) -> Option<(&Stmt, &Expr)> {
    match statement {
        Stmt::With(with) => last_put(with.body.last()?),
        Stmt::Expr(expression) => {
            let call = expression.value.as_call_expr()?;
            let method = call.func.as_attribute_expr()?;
            let ([value], [], true) = (
                &*call.arguments.args,
                &*call.arguments.keywords,
                method.value.is_name_expr(),
            ) else {
                return None;
            };
            let puts = matches!(method.attr.as_str(), "add" | "append" | "extend" | "update");
            puts.then_some((statement, value))
        }
        Stmt::Assign(assign) => match &assign.targets[..] {
            [Expr::Subscript(item)] if item.value.is_name_expr() => {
                Some((statement, &assign.value))
            }
            _ => None,
        },
        Stmt::AugAssign(assign) if assign.target.is_name_expr() => Some((statement, &assign.value)),
        _ => None,
    }
}

/// Refuses what means something else inside a function of its own.
fn may_move<'a>(cx: &Cx<'a>, statement: &'a Stmt) -> Result<(), Why> {
    let mut problem = None;
    walk(statement.into(), &mut |node| {
        let what = match node {
            AnyNodeRef::StmtContinue(_) => {
                let in_loop = cx.module.ancestors(node).find(|ancestor| {
                    matches!(ancestor, AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_))
                });
                let own = in_loop.is_some_and(|owner| span(statement).contains(span(owner)));
                (!own).then_some("a round may end with `continue` after it has begun")
            }
            AnyNodeRef::StmtDelete(_) => Some("a round deletes names"),
            AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) => {
                Some("a round writes variables of the code around it")
            }
            AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_) => {
                Some("a round imports modules")
            }
            AnyNodeRef::ExprNamed(_) => Some("a round binds a name with `:=`"),
            AnyNodeRef::StmtMatch(_) => Some("a round matches patterns before it awaits"),
            AnyNodeRef::ExprName(name) if name.id == "super" || name.id == "__class__" => {
                Some("`super()` works only in the method itself")
            }
            AnyNodeRef::StmtWith(with) => {
                let swallows = |item: &'a Expr| cx.module.swallows_errors(item);
                let mut items = with.items.iter();
                items
                    .any(|item| swallows(&item.context_expr))
                    .then_some("a round goes on after errors that a `with` swallows")
            }
            _ => None,
        };
        problem = problem.or(what);
        TraversalSignal::Traverse
    });
    problem.map_or(Ok(()), |what| Err(Why::new(what)))
}

/// The calls that a round awaits.
fn calls<'a>(cx: &Cx<'a>, statements: &'a [Stmt]) -> Result<Vec<&'a ExprCall>, Why> {
    let awaits = statements
        .iter()
        .flat_map(|inner| shape::awaits_within(inner.into()));
    awaits
        .map(|awaited| match &*awaited.value {
            Expr::Call(call) => Ok(call),
            other => Err(Why::new(format!(
                "`{}` is awaited without a call, and runs already",
                cx.module.describe(other)
            ))),
        })
        .collect()
}

/// Refuses where one round could feed another, or a name would be missed outside the function.
fn independent<'a>(
    cx: &Cx<'a>,
    statement: &'a StmtFor,
    scope: ScopeId,
    body: &Body<'a>,
    calls: &[&'a ExprCall],
    targets: &[&'a str],
) -> Result<(), Why> {
    let node = AnyNodeRef::from(statement);
    let put = match body.gives {
        Gives::Put(put, _) => Some(put),
        _ => None,
    };
    let all = shape::names_written(cx, body.moved);
    let kept: Vec<&Stmt> = body.kept.iter().chain(put).collect();
    let written = shape::names_written(cx, kept.iter().copied());
    let own: Vec<&str> = match put {
        Some(_) => all
            .into_iter()
            .filter(|name| !written.contains(name))
            .collect(),
        None => all,
    };
    for &name in &own {
        let mentioned = mentions_in(body.moved, name) + mentions_in(body.kept, name);
        if cx.module.bindings_of(scope, name).is_empty() {
            return Err(Why::new(format!(
                "`{name}` belongs to the code around the function"
            )));
        }
        if !is_bound_first(body.moved, name, mentioned) {
            return Err(Why::new(format!(
                "`{name}` carries over from one round to the next"
            )));
        }
        if flow::leaks(cx, node, scope, name) {
            return Err(Why::new(format!("code after the loop reads `{name}`")));
        }
        flow::not_enclosed(cx, node, scope, name)?;
    }
    let differing: Vec<&str> = targets.iter().chain(&own).copied().collect();
    for call in calls {
        shape::differs(call, &differing)?;
    }
    let moved = body.moved.iter().map(AnyNodeRef::from);
    let mut read = shape::names_read(moved);
    if let Some(put) = put {
        // What the last statement puts its value into is read there, and nowhere else.
        let mut inside = shape::names_read([AnyNodeRef::from(put)]);
        if let Gives::Put(_, value) = body.gives {
            for name in shape::names_read([AnyNodeRef::from(value)]) {
                remove(&mut inside, name);
            }
        }
        for name in &inside {
            if own.contains(name) {
                return Err(Why::new(format!(
                    "`{name}` of the round is needed where its result is put"
                )));
            }
            remove(&mut read, name);
        }
    }
    read.retain(|name| !own.contains(name));
    let bound: Vec<&str> = written.iter().chain(&own).copied().collect();
    no_feed(cx, statement, &body.guarded, read, &bound, targets)?;
    let mut names = targets.iter().filter(|name| own.contains(*name));
    match names.next() {
        Some(name) => Err(Why::new(format!(
            "a round binds the loop's own name `{name}`"
        ))),
        None => Ok(()),
    }
}

fn remove(names: &mut Vec<&str>, name: &str) {
    if let Some(at) = names.iter().position(|known| *known == name) {
        names.swap_remove(at);
    }
}

fn write<'a>(
    place: &Place<'_, 'a>,
    statement: &'a StmtFor,
    body: &Body<'a>,
    targets: &[&'a str],
    leaked: bool,
    calls: &[&'a ExprCall],
) -> Result<Vec<Edit>, Why> {
    let writer = &place.writer;
    let cx = writer.cx;
    let layout = cx.module.layout();
    let text = cx.module.text();
    let (Some(first), Some(last)) = (body.moved.first(), body.moved.last()) else {
        return Err(Why::new("a round does nothing"));
    };
    if !layout.alone(span(first)) {
        return Err(Why::new("the loop's body stands on the line of its header"));
    }
    let (indent, unit, newline) = (&writer.indent, writer.unit(), layout.newline());
    let deeper = format!("{indent}{unit}");
    let length = cx.module.length_of(&statement.iter);
    let bounded = !render::is_bounded(cx, length);
    let moved = body.moved.iter();
    let read: Vec<&str> = moved
        .flat_map(|inner| references_within(inner.into()))
        .filter(|name| match body.gives {
            Gives::Put(put, value) => {
                !span(put).contains(span(*name)) || span(value).contains(span(*name))
            }
            _ => true,
        })
        .map(|name| name.id.as_str())
        .collect();
    let mut parameters: Vec<&str> = Vec::new();
    for name in targets {
        if read.contains(name) && !parameters.contains(name) {
            parameters.push(name);
        }
    }
    let word = render::word_of(cx, calls);
    let name = place.name_for_one(&word);
    let mut opening = String::new();
    let start = layout.line_start(span(statement).start());
    let end = layout.line_start(span(first).start());
    let replaced = Span::new(start, end);
    let mut inner = deeper.clone();
    let limit = writer.fresh(&["semaphore", "limit"]);
    if bounded {
        let semaphore = writer.asyncio("Semaphore")?;
        let count = cx.options.max_concurrency;
        opening.push_str(&format!("{indent}{limit} = {semaphore}({count}){newline}"));
    }
    match bounded {
        true => opening.push_str(newline),
        false => opening.push_str(render::gap_above(cx, statement.into())),
    }
    opening.push_str(&render::comments(cx, &[replaced], indent));
    let parameters = parameters.join(", ");
    opening.push_str(&format!("{indent}async def {name}({parameters}):{newline}"));
    if bounded {
        opening.push_str(&format!("{deeper}async with {limit}:{newline}"));
        inner.push_str(unit);
    }
    let mut edits = Vec::new();
    // The round moves to the left out of an `if`, and to the right under the semaphore.
    let lines = Span::new(end, layout.next_line(span(last).end()));
    match (bounded, body.guarded.nested) {
        (true, false) => edits.extend(layout.indent(lines)),
        (false, true) => edits.extend(layout.dedent(lines, unit.len())),
        _ => {}
    }
    let returned = match &body.gives {
        Gives::Names(names) => {
            let line = format!("{inner}return {}{newline}", names.join(", "));
            (None, line)
        }
        Gives::Awaited(_, from, value) | Gives::Put(from, value) => {
            let whole = span(*from);
            let code = match value {
                Expr::Await(awaited) => match &*awaited.value {
                    Expr::Call(call) => call_code(cx, call)?.after("await "),
                    other => Code::text(shape::on_one_line(cx, other)?),
                },
                other => Code::text(shape::on_one_line(cx, other)?),
            };
            let shift = layout.indent_at(whole.start()).len() - layout.indent_at(end).len();
            let at = format!("{inner}{}", " ".repeat(shift));
            let laid = code.laid(writer.sheet(), &at, "return ", "");
            (
                Some(Edit::replace(whole, format!("return {laid}"))),
                String::new(),
            )
        }
    };
    let (edit, returns) = returned;
    if let Some(edit) = edit {
        edits.retain(|other| {
            let (whole, at) = (edit.span(), other.span().start());
            !(whole.start() < at && at <= whole.end())
        });
        edits.push(edit);
    }
    let mut after = returns;
    let ending = lines.of(text).ends_with(['\n', '\r']);
    if !ending {
        return Err(Why::new("the loop's last line has no end"));
    }
    after.push_str(newline);
    let arguments = parameters
        .split(", ")
        .filter(|name| !name.is_empty())
        .map(Code::text)
        .collect();
    let each = Code::call(&name, arguments);
    let mut rest: Vec<AnyNodeRef<'_>> = body.kept.iter().map(AnyNodeRef::from).collect();
    let put = match body.gives {
        Gives::Put(put, value) => {
            rest.push(put.into());
            Some((put, value))
        }
        _ => None,
    };
    let reads = rest
        .iter()
        .flat_map(|node| references_within(*node))
        .any(|name| {
            let moved = put.is_some_and(|(_, value)| span(value).contains(span(name)));
            targets.contains(&name.id.as_str()) && !moved
        });
    let items = place.items(statement, &body.guarded.conditions, leaked || reads)?;
    after.push_str(&items.line);
    let rounds = render::Rounds::of(each, word, items.clauses.clone());
    let results = place.results(&rounds, false)?;
    after.push_str(&results.lines);
    after.push_str(&place.header(statement, &items, &results)?);
    match &body.gives {
        Gives::Put(put, value) => {
            let result = &results.value;
            let line = match put {
                Stmt::Expr(expression) => match &*expression.value {
                    Expr::Call(call) => format!("{}({result})", cx.module.source(&call.func)),
                    _ => return Err(Why::new("where its result is put is not known")),
                },
                _ => {
                    let start = cx.module.parent((*value).into()).and_then(|parent| {
                        let whole = layout.parentheses((*value).into(), parent);
                        whole.map(|whole| whole.start())
                    });
                    let start = start.unwrap_or_else(|| span(*value).start());
                    let target = Span::new(span(*put).start(), start).of(text);
                    format!("{target}{result}")
                }
            };
            if line.contains(['\n', '\r']) || layout.has_comments(span(*put)) {
                return Err(Why::new("where its result is put is laid out over lines"));
            }
            after.push_str(&format!("{deeper}{line}{newline}"));
        }
        Gives::Awaited(name, ..) => {
            after.push_str(&format!("{deeper}{name} = {}{newline}", results.value));
        }
        Gives::Names(names) => {
            let names = names.join(", ");
            after.push_str(&format!("{deeper}{names} = {}{newline}", results.value));
        }
    }
    let mut replaced = replaced.cover(lines);
    let mut text = format!("{opening}{}{after}", changed(text, lines, edits)?);
    if body.guarded.nested
        && let Some(last) = body.kept.last()
    {
        let tail = Span::new(lines.end(), layout.next_line(span(last).end()));
        let edits = layout.dedent(tail, unit.len());
        text.push_str(&changed(cx.module.text(), tail, edits)?);
        replaced = replaced.cover(tail);
    }
    Ok(vec![Edit::replace(replaced, text)])
}

/// A part of a text with edits that lie in it.
fn changed(text: &str, part: Span, edits: Vec<Edit>) -> Result<String, Why> {
    let local = edits.into_iter().map(|edit| {
        let at = edit.span();
        let at = Span::new(at.start() - part.start(), at.end() - part.start());
        Edit::replace(at, edit.text())
    });
    let edits = Edits::new(local.collect()).map_err(|error| Why::new(error.to_string()))?;
    Ok(edits.apply(part.of(text)))
}
