//! Calls that go through the running event loop and need not: what becomes of the loop's variable.

use super::{Cx, Finding, Fix, Info};
use crate::model::file::{BindingKind, ImportName, Lookup, Place, ScopeId, Why};
use crate::python::ast::{AnyNodeRef, Expr, ExprName};
use crate::python::span;
use crate::text::{Edit, Span};

/// An expression that stands for the event loop which runs the coroutine it stands in.
#[derive(Clone, Copy, Debug)]
pub struct RunningLoop<'a> {
    /// Of the coroutine function, if the loop has a name there.
    pub variable: Option<(ScopeId, &'a ExprName)>,
}

/// Whether an expression is the running loop for certain: `asyncio.get_running_loop()`, the same by its
/// older name in a coroutine, or a variable of the coroutine function that is nothing else.
pub fn running_loop<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Option<RunningLoop<'a>> {
    let Place::Coroutine { function, .. } = cx.module.place(expression.into()) else {
        return None;
    };
    let Expr::Name(name) = expression else {
        return asks_for_loop(cx, expression).then_some(RunningLoop { variable: None });
    };
    let scope = cx.module.scope_of(name.into())?;
    let Lookup::Bound(owner, [only]) = cx.module.lookup(scope, &name.id) else {
        return None;
    };
    let binding = cx.module.binding(*only);
    let BindingKind::Assign(value) = binding.kind else {
        return None;
    };
    let made_here = matches!(
        cx.module.place(value.into()),
        Place::Coroutine { function: other, .. } if std::ptr::eq(function, other)
    );
    (made_here && asks_for_loop(cx, value)).then_some(RunningLoop {
        variable: Some((owner, name)),
    })
}

fn asks_for_loop<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    let Expr::Call(call) = expression else {
        return false;
    };
    let name = cx.callee(call).unwrap_or_default();
    call.arguments.is_empty()
        && matches!(
            &*name,
            "asyncio.get_running_loop" | "asyncio.get_event_loop"
        )
}

/// A call that gets a form which does not name the loop.
#[derive(Debug)]
pub struct Hop<'a> {
    pub at: Span,
    pub message: String,
    pub title: &'static str,
    pub edits: Vec<Edit>,
    pub needs: Vec<ImportName>,
    /// What a person must confirm, if anything.
    pub review: Option<String>,
    /// The name of the loop that goes with the change.
    pub variable: Option<(ScopeId, &'a ExprName)>,
}

/// Reports calls in the order of the text. Those that are all that a variable of the loop is there for
/// change at once, and it goes with them.
pub fn report_hops<'a>(cx: &Cx<'a>, info: &Info, hops: Vec<Hop<'a>>, found: &mut Vec<Finding>) {
    for hop in &hops {
        let together: Vec<&Hop<'a>> = match hop.variable {
            Some((scope, name)) => {
                let same = hops.iter().filter(|other| {
                    let variable = other.variable;
                    variable.is_some_and(|(of, known)| of == scope && known.id == name.id)
                });
                same.collect()
            }
            None => vec![hop],
        };
        // What is safe waits for nobody; the variable goes with the last.
        let waits = hop.review.is_none() && together.iter().any(|other| other.review.is_some());
        let removal = hop
            .variable
            .filter(|_| !waits)
            .and_then(|(scope, name)| removal(cx, scope, name, &together));
        let (changed, title) = match &removal {
            Some(_) => (together, format!("{}, and drop the loop", hop.title)),
            None => (vec![hop], hop.title.to_owned()),
        };
        let mut edits: Vec<Edit> = removal.into_iter().collect();
        let mut reasons: Vec<&str> = Vec::new();
        for other in &changed {
            edits.extend(other.edits.iter().cloned());
            reasons.extend(other.review.as_deref());
        }
        reasons.dedup();
        let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
        let fix = Fix::judged(title, reason, cx.file, edits).map(|fix| {
            let needs = changed.iter().flat_map(|other| &other.needs);
            needs.fold(fix, |fix, need| fix.needing(cx.file, Some(need.clone())))
        });
        found.push(cx.finding(info, hop.at, hop.message.clone(), Ok::<_, Why>(fix)));
    }
}

/// Takes out the assignment of a variable whose last uses go.
fn removal<'a>(cx: &Cx<'a>, scope: ScopeId, name: &'a ExprName, gone: &[&Hop<'a>]) -> Option<Edit> {
    let layout = cx.module.layout();
    let [binding] = cx.module.bindings_of(scope, &name.id)[..] else {
        return None;
    };
    let is_gone = |read: &ExprName| {
        gone.iter()
            .filter_map(|hop| hop.variable)
            .any(|(_, other)| span(other) == span(read))
    };
    let reads = cx.module.reads_of(scope, &name.id);
    if cx.module.scope(scope).is_declared_elsewhere(&name.id) || !reads.into_iter().all(is_gone) {
        return None;
    }
    let statement = cx.module.statement(binding.node)?;
    let single = match statement {
        AnyNodeRef::StmtAssign(assign) => matches!(&*assign.targets, [Expr::Name(_)]),
        AnyNodeRef::StmtAnnAssign(assign) => assign.target.is_name_expr(),
        _ => false,
    };
    let block = cx.module.block(statement)?;
    let lines = layout.whole_lines(span(statement));
    let stands_alone = layout.alone(span(statement)) && !layout.has_comments(lines);
    if !single || !stands_alone || block.statements.len() == 1 {
        return None;
    }
    // Blank lines below would come to stand at the start of a block, or beside others.
    let text = cx.module.text();
    let is_blank =
        |line: usize| line < text.len() && text[line..layout.line_end(line)].trim().is_empty();
    let above = layout.line_start(lines.start().saturating_sub(1));
    let mut end = lines.end();
    if block.index == 0 || is_blank(above) {
        while is_blank(end) {
            end = layout.next_line(end);
        }
    }
    Some(Edit::delete(Span::new(lines.start(), end)))
}
