//! A `with` block that works on files, moved whole into a function of its own that a thread runs.

use super::flow::{Flow, Meets, ends, holds};
use super::moved::{is_comprehension, judge};
use super::name::function_name;
use crate::fix::{BlockingCall, Cx, Fix, held_review, lines, may_thread, prints_itself};
use crate::model::file::{Place, ScopeId, Why};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, Stmt, StmtFunctionDef, StmtWith, TraversalSignal,
};
use crate::python::span;
use crate::text::{Edit, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Longer blocks are not pushed to the right.
const MOST_LINES: usize = 40;
/// So many names at most are handed out of the function.
const MOST_NAMES: usize = 3;

/// How what the block computes leaves the function that it becomes.
enum Result_<'a> {
    /// Nothing is needed after it.
    Nothing,
    /// It ends in `return`.
    Returned,
    /// Its last statement assigns the only value that is needed: what stands before the value.
    Last(Span),
    /// Names that it binds.
    Names(Vec<&'a str>),
}

/// Whether a `with` opens nothing but what the catalogue knows as work on files.
pub(super) fn opens_files(with: &StmtWith, calls: &[BlockingCall<'_>]) -> bool {
    let opens = |context: &Expr| matches!(context, Expr::Call(call) if calls.iter().any(|known| std::ptr::eq(known.call, call)));
    !with.is_async && with.items.iter().all(|item| opens(&item.context_expr))
}

/// The fix for a whole block. `taken` are names of functions that other fixes of the file write.
pub(super) fn fix<'a>(
    cx: &Cx<'a>,
    calls: &[BlockingCall<'a>],
    with: &'a StmtWith,
    taken: &mut BTreeSet<(Span, String)>,
) -> Result<Fix, Why> {
    let layout = cx.module.layout();
    let node = AnyNodeRef::from(with);
    let Some(Expr::Call(opener)) = with.items.first().map(|item| &item.context_expr) else {
        return Err(Why::new("it opens nothing"));
    };
    let Place::Coroutine { function, .. } = cx.module.place(node) else {
        return Err(Why::new("`await` is not legal here"));
    };
    let whole = span(with);
    if !layout.alone(whole) || prints_itself(cx, opener.into()) {
        return Err(Why::new("the block shares its lines with other code"));
    }
    let to_thread = may_thread(cx, opener)?;
    let result = result(cx, function, with)?;
    let target = match result {
        Result_::Last(prefix) => Some(prefix),
        _ => None,
    };
    let mut reviews = judge(cx, node, target)?;
    let changed = variables(cx, function, with, &result)?;
    reviews.extend(held_review(cx, node));

    let block = cx.module.block(node);
    let is_first = block.is_some_and(|block| block.index == 0)
        && cx
            .module
            .parent(node)
            .is_some_and(|parent| parent.is_stmt_function_def());
    let moved = lines_with_comments(cx, whole);
    let indent = layout.indent_at(whole.start());
    let (newline, unit) = (layout.newline(), layout.indent_unit());
    if moved.of(cx.module.text()).lines().count() > MOST_LINES {
        return Err(Why::new("the block is long: give it a function of its own"));
    }
    let name = function_name(cx, function, &opened(cx, calls, whole), taken);

    let mut header = format!("{indent}def {name}():{newline}{unit}");
    if !changed.is_empty() {
        let names = changed.join(", ");
        header =
            format!("{indent}def {name}():{newline}{indent}{unit}nonlocal {names}{newline}{unit}");
    }
    let blank = blank_line_above(cx, whole.start()).filter(|_| !is_first);
    let mut changes = Vec::new();
    match blank {
        Some(at) if at == moved.start() => header.insert_str(0, newline),
        Some(at) => changes.push(Edit::insert(at, newline)),
        None => {}
    }
    let call = format!("await {}({name})", to_thread.text);
    let (inner, after) = match &result {
        Result_::Nothing => (None, call),
        Result_::Returned => (None, format!("return {call}")),
        Result_::Last(prefix) => {
            changes.push(Edit::replace(*prefix, "return "));
            (None, format!("{}{call}", prefix.of(cx.module.text())))
        }
        Result_::Names(names) => {
            let names = names.join(", ");
            (Some(format!("return {names}")), format!("{names} = {call}"))
        }
    };
    let inner = inner.map_or_else(String::new, |inner| {
        format!("{newline}{indent}{unit}{inner}")
    });
    let end = trim_newline(cx.module.text(), moved.end());
    changes.push(Edit::insert(
        end,
        format!("{inner}{newline}{newline}{indent}{after}"),
    ));
    let mut edits = layout.indent(moved);
    if let Some(first) = edits.first_mut() {
        *first = Edit::insert(first.span().start(), header);
    }
    for &call in cx
        .module
        .calls()
        .iter()
        .filter(|call| whole.contains(span(**call)))
    {
        let line = Span::new(layout.line_start(span(call).start()), span(call).end());
        let mut own: Vec<Edit> = changes
            .iter()
            .filter(|edit| line.contains(edit.span()) && !edit.text().contains(newline))
            .cloned()
            .collect();
        let before = own.len();
        lines::break_arguments(cx, call, &mut own, true);
        if own.len() > before {
            changes.extend(own.into_iter().skip(before));
        }
    }
    edits.extend(changes);
    let reason = (!reviews.is_empty()).then(|| reviews.into_iter().collect::<Vec<_>>().join("; "));
    let title = format!("run the block in a thread, as `{name}`");
    let fix = Fix::judged(title, reason, cx.file, edits)
        .map_err(|error| Why::new(format!("a mistake in asyncfix: {error}")))?;
    Ok(fix.needing(cx.file, to_thread.need))
}

/// What opens a file in a block, the one it begins with first.
fn opened<'a>(cx: &Cx<'a>, calls: &[BlockingCall<'a>], whole: Span) -> Vec<&'a ExprCall> {
    let inside = calls.iter().filter(|known| {
        let given = cx.module.catalogue().gives(&known.name);
        whole.contains(span(known.call))
            && (known.name.ends_with("open") || given.is_some() || is_context(cx, known.call))
    });
    inside.map(|known| known.call).collect()
}

fn is_context(cx: &Cx<'_>, call: &ExprCall) -> bool {
    matches!(cx.module.parent(call.into()), Some(AnyNodeRef::WithItem(_)))
}

/// The end of the line that ends, with its line ending, at `end`.
fn trim_newline(text: &str, end: usize) -> usize {
    let line = &text[..end];
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line).len()
}

/// The lines of the statement, with comment lines that hang inside it below.
fn lines_with_comments(cx: &Cx<'_>, whole: Span) -> Span {
    let layout = cx.module.layout();
    let text = cx.module.text();
    let lines = layout.whole_lines(whole);
    let indent = layout.indent_at(whole.start());
    let mut end = lines.end();
    while end < text.len() {
        let line = &text[end..layout.line_end(end)];
        let deeper = layout.indent_at(end).len() > indent.len();
        if !line.trim_start().starts_with('#') || !deeper {
            break;
        }
        end = layout.next_line(end);
    }
    Span::new(lines.start(), end)
}

/// Where the blank line goes that stands above a function, if there is none: above its comments.
fn blank_line_above(cx: &Cx<'_>, at: usize) -> Option<usize> {
    let layout = cx.module.layout();
    let indent = layout.indent_at(at);
    let mut start = layout.line_start(at);
    while start > 0 {
        let above = layout.line_start(trim_newline(cx.module.text(), start));
        let line = cx.module.text()[above..start].trim();
        if line.is_empty() {
            return None;
        }
        if !line.starts_with('#') || layout.indent_at(above) != indent {
            return Some(start);
        }
        start = above;
    }
    None
}

/// The names of the function that the block binds, with the places.
fn bound<'a>(cx: &Cx<'a>, whole: Span) -> BTreeMap<(ScopeId, &'a str), usize> {
    let mut names = BTreeMap::new();
    for binding in cx.module.bindings() {
        if whole.contains(binding.at) && !is_comprehension(cx.module.scope(binding.scope).kind) {
            *names.entry((binding.scope, binding.name)).or_default() += 1;
        }
    }
    names
}

/// What leaves the block, and how.
fn result<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    with: &'a StmtWith,
) -> Result<Result_<'a>, Why> {
    let whole = span(with);
    let mut returns = false;
    crate::model::file::walk(with.into(), &mut |node| {
        returns |= node.is_stmt_return();
        TraversalSignal::Traverse
    });
    if returns {
        let last = function.body.last().is_some_and(|last| span(last) == whole);
        return match ends(&with.body) || last {
            true => Ok(Result_::Returned),
            false => Err(Why::new("only some ways through the block return")),
        };
    }
    let names = bound(cx, whole);
    let flows: Vec<(&str, Flow<'_, 'a>)> = names
        .keys()
        .map(|(scope, name)| (*name, Flow::new(cx, *scope, name)))
        .collect();
    let needed: Vec<&(&str, Flow<'_, 'a>)> = flows
        .iter()
        .filter(|(_, flow)| flow.is_live_after(with) || flow.is_captured(whole))
        .collect();
    if let Some(prefix) = last_assignment(cx, with) {
        let (at, value) = prefix;
        // The target stays outside, where nothing that the block binds is known.
        let outside = flows.iter().all(|(_, flow)| !flow.reads(at));
        let only = needed
            .iter()
            .all(|(_, flow)| flow.binds(at) && flow.count(whole) == 1 && !flow.reads(span(value)));
        let useful = !needed.is_empty() || !flows.iter().any(|(_, flow)| flow.binds(at));
        if outside && only && useful {
            return Ok(Result_::Last(at));
        }
    }
    let mut handed = Vec::new();
    for (name, flow) in needed {
        match flow.with(with) {
            Meets::Binds => handed.push(*name),
            // It goes by `nonlocal`.
            _ if flow.binds_outside(whole) => {}
            _ => {
                return Err(Why::new(format!(
                    "whether the block binds `{name}` is not certain"
                )));
            }
        }
    }
    // In the order in which the block binds them.
    handed.sort_by_key(|name| {
        let first = cx
            .module
            .bindings()
            .iter()
            .find(|binding| binding.name == *name && whole.contains(binding.at));
        first.map(|binding| binding.at.start())
    });
    match handed.len() {
        0 => Ok(Result_::Nothing),
        1..=MOST_NAMES => Ok(Result_::Names(handed)),
        _ => Err(Why::new(format!(
            "`{}` are all needed after the block",
            handed.join("`, `")
        ))),
    }
}

/// `target = ` of the last statement of a block, and the value.
fn last_assignment<'a>(cx: &Cx<'a>, with: &'a StmtWith) -> Option<(Span, &'a Expr)> {
    let last = with.body.last()?;
    let value = match last {
        Stmt::Assign(assign) => &*assign.value,
        Stmt::AnnAssign(assign) => assign.value.as_deref()?,
        // The old value is read before the thread runs: nobody else may change it meanwhile.
        Stmt::AugAssign(assign) if assign.target.is_name_expr() => return None,
        _ => return None,
    };
    let start = span(last).start();
    let value_start = cx.module.layout().parentheses(value.into(), last.into());
    let value_start = value_start.map_or(span(value).start(), Span::start);
    let prefix = Span::new(start, value_start);
    let simple = !prefix.of(cx.module.text()).contains(['\n', '\r', '#']);
    simple.then_some((prefix, value))
}

/// The names that the block changes for the code around it; refused where a function cannot do that.
fn variables<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    with: &'a StmtWith,
    result: &Result_<'a>,
) -> Result<Vec<&'a str>, Why> {
    let whole = span(with);
    let own = cx.module.body_scope(function);
    let around: Vec<AnyNodeRef<'a>> = cx
        .module
        .ancestors(with.into())
        .take_while(|node| !node.is_stmt_function_def())
        .collect();
    let mut changed = Vec::new();
    for (scope, name) in bound(cx, whole).into_keys() {
        if Some(scope) != own {
            return Err(Why::new(format!(
                "the block binds `{name}`, which is a name of another scope"
            )));
        }
        let flow = Flow::new(cx, scope, name);
        let handed = match result {
            Result_::Last(at) => flow.binds(*at),
            Result_::Names(names) => names.contains(&name),
            Result_::Nothing | Result_::Returned => false,
        };
        let last = matches!(result, Result_::Last(..));
        if flow.is_captured(whole) && !(last && handed) {
            return Err(Why::new(format!(
                "a nested function reads `{name}`, which the block binds"
            )));
        }
        let live = flow.is_live_after(with);
        let needs_nonlocal = flow.with(with) == Meets::Reads
            || live && !handed && !matches!(result, Result_::Returned);
        if needs_nonlocal {
            if handed || !flow.binds_outside(whole) {
                return Err(Why::new(format!(
                    "the block needs what `{name}` was before, and binds it anew"
                )));
            }
            changed.push(name);
            continue;
        }
        let seen = |node: &AnyNodeRef<'a>| match node {
            AnyNodeRef::StmtTry(tried) => {
                holds(&tried.body, whole) && flow.is_seen_after_failure(tried, with)
            }
            AnyNodeRef::StmtWith(outer) => {
                let mut items = outer.items.iter();
                items.any(|item| cx.module.swallows_errors(&item.context_expr))
                    && flow.is_read_outside(span(*outer))
            }
            _ => false,
        };
        if live && !last && around.iter().any(seen) {
            return Err(Why::new(format!(
                "`{name}` may be read after an exception in the block"
            )));
        }
    }
    match changed.len() {
        0..=2 => Ok(changed),
        _ => Err(Why::new(format!(
            "the block changes `{}`",
            changed.join("`, `")
        ))),
    }
}
