//! Expressions that move to a thread as a whole, in a `lambda`: calls inside calls, comprehensions, and
//! what takes the items of a lazy iterator.

use super::moved::judge;
use crate::fix::{BlockingCall, Cx, Fix, held_review, may_thread};
use crate::model::file::Why;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

/// The expression that has to move for a call to move; the call itself where that is enough.
pub(super) fn around<'a>(
    cx: &Cx<'a>,
    calls: &[BlockingCall<'a>],
    call: &'a ExprCall,
    lazy: bool,
) -> Result<AnyNodeRef<'a>, Why> {
    let mut unit = AnyNodeRef::from(call);
    // A generator expression on the way, which somebody has to go through.
    let mut pending = lazy;
    for ancestor in cx.module.ancestors(call.into()) {
        if ancestor.is_statement() || ancestor.is_expr_await() {
            break;
        }
        match ancestor {
            AnyNodeRef::ExprGenerator(generator) => {
                let first = generator.generators.first();
                let outside = first.is_some_and(|first| span(&first.iter).contains(span(call)));
                if outside && !pending {
                    continue;
                }
                pending = true;
                unit = ancestor;
            }
            AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_) => {
                let first = match ancestor {
                    AnyNodeRef::ExprListComp(comp) => comp.generators.first(),
                    AnyNodeRef::ExprSetComp(comp) => comp.generators.first(),
                    AnyNodeRef::ExprDictComp(comp) => comp.generators.first(),
                    _ => None,
                };
                let first = first.map(|first| &first.iter);
                let outside = first.is_some_and(|iter| span(iter).contains(span(call)));
                let feeds = first.is_some_and(|iter| span(iter) == span(unit));
                if !outside || pending && feeds {
                    unit = ancestor;
                    pending = false;
                }
            }
            AnyNodeRef::ExprCall(outer) => {
                let consumes = pending && is_consumer(cx, outer, unit);
                let blocks = calls.iter().any(|known| std::ptr::eq(known.call, outer));
                if consumes {
                    pending = false;
                    unit = ancestor;
                } else if blocks && !pending {
                    unit = ancestor;
                }
            }
            _ => {}
        }
    }
    if pending && !lazy {
        return Err(Why::new(
            "it is called while somebody goes through a generator",
        ));
    }
    if pending && span(unit) != span(call) {
        return Err(Why::new(
            "it is gone through by a generator that is used elsewhere",
        ));
    }
    Ok(unit)
}

/// Whether a call takes all items of the iterator that it is given, and keeps none of it.
fn is_consumer<'a>(cx: &Cx<'a>, call: &'a ExprCall, items: AnyNodeRef<'_>) -> bool {
    let given = call
        .arguments
        .args
        .iter()
        .any(|argument| span(argument) == span(items));
    let takes = match cx.callee(call).as_deref() {
        Ok(name) => matches!(
            name,
            "list"
                | "tuple"
                | "set"
                | "frozenset"
                | "sorted"
                | "sum"
                | "max"
                | "min"
                | "any"
                | "all"
                | "dict"
        ),
        Err(_) => false,
    };
    let joins = matches!(&*call.func, Expr::Attribute(method)
        if method.attr.as_str() == "join" && method.value.is_string_literal_expr());
    given && (takes || joins)
}

/// `unit` to `await asyncio.to_thread(lambda: unit)`.
pub(super) fn fix<'a>(cx: &Cx<'a>, unit: AnyNodeRef<'a>) -> Result<Result<Fix, EditError>, Why> {
    let mut walrus = false;
    crate::model::file::walk(unit, &mut |node| {
        walrus |= node.is_expr_named();
        TraversalSignal::Traverse
    });
    if walrus {
        return Err(Why::new("a name is bound in it"));
    }
    let mut reviews = judge(cx, unit, None)?;
    let to_thread = may_thread(cx, unit)?;
    reviews.extend(held_review(cx, unit));
    let edits = call_around(cx, unit, &to_thread.text, "lambda: ", "");
    let reason = (!reviews.is_empty()).then(|| reviews.into_iter().collect::<Vec<_>>().join("; "));
    let fix = Fix::judged("await asyncio.to_thread instead", reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, to_thread.need)))
}

/// `unit` to `await to_thread(before unit after)`, laid out as ruff would.
pub(super) fn call_around<'a>(
    cx: &Cx<'a>,
    unit: AnyNodeRef<'a>,
    to_thread: &str,
    before: &str,
    after: &str,
) -> Vec<Edit> {
    let layout = cx.module.layout();
    let here = span(unit);
    let (outer, outer_end) = match needs_parentheses(cx, unit) {
        true => ("(", ")"),
        false => ("", ""),
    };
    let text = here.of(cx.module.text());
    let (newline, indent) = (layout.newline(), layout.indent_at(here.start()));
    let unit_of = layout.indent_unit();
    let line = Span::new(
        layout.line_start(here.start()),
        layout.line_end(here.start()),
    );
    let head = format!("{outer}await {to_thread}(");
    let added = head.len() + before.len() + after.len() + 1 + outer_end.len();
    let in_string = cx
        .module
        .ancestors(unit)
        .any(|ancestor| matches!(ancestor, AnyNodeRef::InterpolatedElement(_)));
    let long = line.of(cx.module.text()).chars().count() + added > cx.options.line_length;
    let one_line = !text.contains(['\n', '\r']);
    let deeper = format!("{newline}{indent}{unit_of}");
    let mut edits = Vec::new();
    let whole_value = cx.module.parent(unit).is_some_and(AnyNodeRef::is_statement);
    let broken = !in_string && (!one_line || whole_value && long && line.end() <= here.end() + 1);
    if !broken {
        edits.push(Edit::insert(here.start(), format!("{head}{before}")));
        edits.push(Edit::insert(here.end(), format!("{after}){outer_end}")));
        return edits;
    }
    edits.push(Edit::insert(
        here.start(),
        format!("{head}{deeper}{before}"),
    ));
    if !one_line {
        let rest = Span::new(layout.next_line(here.start()), layout.next_line(here.end()));
        edits.extend(layout.indent(rest));
    }
    edits.push(Edit::insert(
        here.end(),
        format!("{after}{newline}{indent}){outer_end}"),
    ));
    edits
}

fn needs_parentheses(cx: &Cx<'_>, unit: AnyNodeRef<'_>) -> bool {
    let here = span(unit);
    let Some(parent) = cx.module.parent(unit) else {
        return false;
    };
    let tighter = match parent {
        AnyNodeRef::ExprAttribute(_) => true,
        AnyNodeRef::ExprSubscript(subscript) => span(&*subscript.value) == here,
        AnyNodeRef::ExprCall(outer) => span(&*outer.func) == here,
        _ => false,
    };
    let parenthesized = unit
        .as_expr_ref()
        .is_some_and(|unit| cx.module.layout().parentheses(unit, parent).is_some());
    tighter && !parenthesized
}
