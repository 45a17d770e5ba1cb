//! Responses whose body is read after the call that asks for it, as `urlopen(url)` and then `.read()`:
//! the statements from the one to the other move to a thread together, as one local function.
//!
//! What the statements are is found here; whether they may run in a thread is asked in `aside`.

use super::aside;
use crate::fix::{
    BlockingCall, Body, Cx, Fix, blocking_call, body, chain_to_thread, concerns, extract,
    held_review,
};
use crate::model::file::{Binding, BindingKind, ScopeId, Why, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, Stmt, TraversalSignal};
use crate::python::span;
use crate::text::{EditError, Span};

/// The names that a local function may get.
const NAMES: [&str; 1] = ["_fetch"];

/// How often what comes of a response is followed to what comes of that.
const MAX_STEPS: usize = 4;

/// A request and the reading of what it gives, moved together.
pub(super) struct Whole {
    pub fix: Result<Fix, EditError>,
    /// What moves.
    pub span: Span,
}

/// The names of local functions that fixes of a file have taken, each with its coroutine.
pub(super) type Taken = Vec<(Span, String)>;

/// Moves a call whose answer is read later to a thread, with all that reads it; nothing where the
/// call alone is the whole request. `because` says why it is not sent by an asynchronous client.
pub(super) fn whole<'a>(
    cx: &Cx<'a>,
    blocking: &BlockingCall<'a>,
    because: Option<&str>,
    taken: &mut Taken,
) -> Option<Result<Whole, Why>> {
    let kind = body(cx, blocking)?;
    if let Some(reader) = reader_around(cx, blocking.call) {
        let fix = chain_to_thread(cx, reader, concerns(cx, blocking));
        let moved = |fix| Whole {
            fix,
            span: span(reader),
        };
        return Some(fix.map(moved));
    }
    let family = Family::of(cx, blocking.call, kind)?;
    let runs = match runs(cx, blocking.call, &family) {
        Ok(runs) => runs,
        Err(why) => return Some(Err(why)),
    };
    let mut refused = None;
    for run in runs {
        match moved(cx, blocking, &family, run, because, taken) {
            Ok(whole) => return Some(Ok(whole)),
            Err(why) => refused = Some(Err(why)),
        }
    }
    refused
}

fn moved<'a>(
    cx: &Cx<'a>,
    blocking: &BlockingCall<'a>,
    family: &Family<'a>,
    run: &'a [Stmt],
    because: Option<&str>,
    taken: &mut Taken,
) -> Result<Whole, Why> {
    let coroutine = cx.module.ancestors(blocking.call.into());
    let mut coroutine = coroutine.filter(|node| matches!(node, AnyNodeRef::StmtFunctionDef(_)));
    let coroutine = coroutine.next().map_or(Span::empty(0), span);
    let beside = taken.iter().filter(|(other, _)| *other == coroutine);
    let beside: Vec<String> = beside.map(|(_, name)| name.clone()).collect();
    let extracted = extract(cx, run, &NAMES, &beside)?;
    let mut reasons: Vec<String> = concerns(cx, blocking).into_iter().collect();
    reasons.extend(aside::judge(cx, run, family)?);
    reasons.extend(held_review(cx, (&run[0]).into()));
    let review = (!reasons.is_empty()).then(|| reasons.join("; "));
    taken.push((coroutine, extracted.function));
    let mut title =
        "move the request, and the reading of what it gives, to a thread as one function"
            .to_owned();
    if let Some(because) = because {
        title.push_str(&format!(", since {because}"));
    }
    let fix = Fix::judged(title, review, cx.file, extracted.edits);
    Ok(Whole {
        fix: fix.map(|fix| fix.needing(cx.file, extracted.to_thread.need)),
        span: span_of(run),
    })
}

pub(super) fn span_of(run: &[Stmt]) -> Span {
    match (run.first(), run.last()) {
        (Some(first), Some(last)) => span(first).cover(span(last)),
        _ => Span::empty(0),
    }
}

/// `json.load(urlopen(url))`: the call that reads at once what another one gives.
fn reader_around<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<&'a ExprCall> {
    let arguments = cx.module.parent(call.into())?;
    let AnyNodeRef::Arguments(arguments) = arguments else {
        return None;
    };
    let AnyNodeRef::ExprCall(reader) = cx.module.parent(AnyNodeRef::from(arguments))? else {
        return None;
    };
    let first = arguments.args.first()?;
    let name = cx.callee(reader).ok()?;
    (span(first) == span(call) && cx.module.catalogue().is_reader(&name)).then_some(reader)
}

/// Names that stand for a response, or for what reads it when it is gone through.
pub(super) struct Family<'a> {
    scope: ScopeId,
    seed: &'a ExprCall,
    bindings: Vec<Span>,
    /// Where a name of the family is read.
    pub reads: Vec<&'a ExprName>,
}

impl<'a> Family<'a> {
    fn of(cx: &Cx<'a>, seed: &'a ExprCall, kind: Body) -> Option<Self> {
        let mut family = Self {
            scope: cx.module.scope_of(seed.into())?,
            seed,
            bindings: Vec::new(),
            reads: Vec::new(),
        };
        if kind == Body::OfReceiver
            && let Expr::Attribute(method) = &*seed.func
            && let Expr::Name(object) = &*method.value
        {
            let of = cx.module.bindings_of(family.scope, &object.id);
            family.bindings.extend(of.iter().map(|binding| binding.at));
        }
        for _ in 0..MAX_STEPS {
            family.reads = family.reads(cx);
            let known = family.bindings.len();
            let more = cx.module.bindings().iter().filter(|binding| {
                binding.scope == family.scope
                    && !family.bindings.contains(&binding.at)
                    && match binding.kind {
                        BindingKind::Assign(value) | BindingKind::With(value, false) => {
                            family.carries(cx, value)
                        }
                        _ => false,
                    }
            });
            let more: Vec<Span> = more.map(|binding| binding.at).collect();
            family.bindings.extend(more);
            if family.bindings.len() == known {
                break;
            }
        }
        Some(family)
    }

    fn reads(&self, cx: &Cx<'a>) -> Vec<&'a ExprName> {
        let mut names: Vec<&str> = Vec::new();
        for binding in self.own(cx) {
            if !names.contains(&binding.name) {
                names.push(binding.name);
            }
        }
        let reads = names
            .into_iter()
            .flat_map(|name| cx.module.reads_of(self.scope, name));
        let own = |read: &&'a ExprName| match cx.module.bound_at(read, self.scope) {
            Some(binding) => self.bindings.contains(&binding.at),
            None => true,
        };
        reads.filter(own).collect()
    }

    fn own<'m>(&self, cx: &'m Cx<'a>) -> impl Iterator<Item = &'m Binding<'a>> {
        let bindings = cx.module.bindings().iter();
        bindings.filter(|binding| self.bindings.contains(&binding.at))
    }

    /// Whether a value is of the family: the response, or what reads it when it is gone through.
    fn carries(&self, cx: &Cx<'a>, value: &'a Expr) -> bool {
        match value {
            Expr::Name(name) => self.has(name.into()),
            Expr::Attribute(attribute) => {
                cx.module.catalogue().is_lazy_member(&attribute.attr)
                    && self.carries(cx, &attribute.value)
            }
            Expr::Call(call) => {
                let lazy = match &*call.func {
                    Expr::Attribute(method) => {
                        let more = blocking_call(cx, call)
                            .is_some_and(|blocking| blocking.entry.body.is_some());
                        (more || cx.module.catalogue().is_lazy_member(&method.attr))
                            && self.carries(cx, &method.value)
                    }
                    // `codecs.getreader("utf-8")(response)`
                    Expr::Call(_) => self.is_given(cx, call),
                    _ => false,
                };
                let wraps = || {
                    cx.callee(call).is_ok_and(|name| {
                        let closes = name == "contextlib.closing";
                        closes || cx.module.catalogue().is_wrapper(&name)
                    })
                };
                span(call) == span(self.seed) || lazy || (wraps() && self.is_given(cx, call))
            }
            _ => false,
        }
    }

    fn is_given(&self, cx: &Cx<'a>, call: &'a ExprCall) -> bool {
        let mut arguments = call.arguments.args.iter();
        arguments.any(|argument| self.carries(cx, argument))
    }

    /// Whether a node is the call itself, or a name of the family.
    pub fn has(&self, node: AnyNodeRef<'_>) -> bool {
        let of_family = || self.reads.iter().any(|read| span(*read) == span(node));
        // A statement may be nothing but its expression.
        node.is_expression() && (span(node) == span(self.seed) || of_family())
    }

    /// Whether using a name, where it is read, may read what is still to come.
    fn is_noisy(cx: &Cx<'a>, read: &'a ExprName) -> bool {
        match cx.module.parent(read.into()) {
            Some(AnyNodeRef::ExprAttribute(attribute)) => {
                !cx.module.catalogue().is_quiet_member(&attribute.attr)
            }
            Some(
                AnyNodeRef::StmtIf(_)
                | AnyNodeRef::ElifElseClause(_)
                | AnyNodeRef::ExprCompare(_)
                | AnyNodeRef::ExprUnaryOp(_)
                | AnyNodeRef::ExprBoolOp(_)
                | AnyNodeRef::StmtDelete(_),
            ) => false,
            _ => true,
        }
    }
}

/// The statements to move, the best first; nothing is to be moved where nothing reads the answer.
fn runs<'a>(cx: &Cx<'a>, call: &'a ExprCall, family: &Family<'a>) -> Result<Vec<&'a [Stmt]>, Why> {
    let nothing = || Why::new("nothing reads what it gives");
    let statement = cx.module.statement(call.into()).ok_or_else(nothing)?;
    let block = cx.module.block(statement).ok_or_else(nothing)?;
    let reads: Vec<Span> = family
        .reads
        .iter()
        .filter(|read| Family::is_noisy(cx, read))
        .map(|read| span(*read))
        .collect();
    let own = &block.statements[block.index];
    let last = match own {
        Stmt::With(_) | Stmt::For(_) => block.index,
        Stmt::Assign(_) | Stmt::AnnAssign(_) | Stmt::Expr(_) if !reads.is_empty() => {
            let here = |statement: &Stmt| reads.iter().any(|read| span(statement).contains(*read));
            let last = block.statements.iter().rposition(here);
            last.unwrap_or(block.index).max(block.index)
        }
        Stmt::Assign(_) | Stmt::AnnAssign(_) | Stmt::Expr(_) | Stmt::Return(_)
            if is_read_in_place(cx, call) =>
        {
            block.index
        }
        _ => return Err(nothing()),
    };
    let closes = block.statements[last + 1..]
        .iter()
        .take_while(|statement| is_closing(family, statement))
        .count();
    let last = last + closes;
    // Where the object is made whose method is called first.
    let first = block.statements[..block.index]
        .iter()
        .rposition(|statement| {
            let mut bound = family.bindings.iter();
            matches!(statement, Stmt::Assign(_)) && bound.any(|at| span(statement).contains(*at))
        });
    let mut runs: Vec<&[Stmt]> = Vec::new();
    runs.extend(first.map(|first| &block.statements[first..=last]));
    runs.push(&block.statements[block.index..=last]);
    runs.retain(|run| reads.iter().all(|read| span_of(run).contains(*read)));
    match runs.is_empty() {
        true => Err(Why::new("what it gives is read elsewhere, too")),
        false => Ok(runs),
    }
}

/// Whether what a call gives is read by the expression around it, and not only looked at.
fn is_read_in_place<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    match cx.module.parent(call.into()) {
        Some(AnyNodeRef::Comprehension(_)) => true,
        Some(AnyNodeRef::Arguments(arguments)) => {
            match cx.module.parent(AnyNodeRef::from(arguments)) {
                Some(AnyNodeRef::ExprCall(taker)) => cx.callee(taker).is_ok_and(|name| {
                    aside::TAKERS.contains(&name.as_str())
                        || cx.module.catalogue().is_wrapper(&name)
                }),
                _ => false,
            }
        }
        _ => false,
    }
}

/// `response.close()`
fn is_closing(family: &Family<'_>, statement: &Stmt) -> bool {
    let mut closes = false;
    if let Stmt::Expr(expression) = statement {
        walk(AnyNodeRef::from(expression), &mut |node| {
            if let AnyNodeRef::ExprAttribute(method) = node {
                let closing = ["close", "release_conn"].contains(&method.attr.as_str());
                closes |= closing && family.has((&*method.value).into());
            }
            TraversalSignal::Traverse
        });
    }
    closes
}
