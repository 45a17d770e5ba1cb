//! The remedies of a chain, each with what stands in its way.

use super::Place;
use super::lazy::lazy_argument;
use crate::fix::{
    Cut, Cx, Fix, across_files, coloured, colouring_reason, colouring_title, to_thread,
};
use crate::model::file::{CallPlace, ImportName, Reachable, Term, Why};
use crate::model::libraries::{Kind, RunsIn};
use crate::model::project::{FunctionRef, Hop, Next, Target, Value};
use crate::python::PythonVersion;
use crate::python::ast::Expr;
use crate::text::{Edit, Span};

pub(super) fn describe(cut: Cut) -> &'static str {
    match cut {
        Cut::Async => "making the functions on the way coroutine functions",
        Cut::Thread => "moving the call to a thread",
        Cut::Endpoint => "making the endpoint a plain function",
    }
}

/// Makes the functions on the way, and all who call them, coroutine functions.
pub(super) fn colour(cx: &Cx<'_>, hops: &[Hop]) -> Result<Fix, Why> {
    let Some((last, name)) = hops.iter().find_map(|hop| match &hop.next {
        Next::Library(name) => Some((hop, name)),
        Next::Function(_) => None,
    }) else {
        return Err(Why::new("where it ends is not known"));
    };
    let entry = cx.project.catalogue().blocking(name);
    if !cx.project.catalogue().has_counterpart(name) {
        return Err(Why::new(format!(
            "`{name}` has no counterpart for coroutines that could be put in its place"
        )));
    }
    let Some(index) = cx
        .project
        .call(last.file, last.call as usize)
        .and_then(|call| call.function)
    else {
        return Err(Why::new("where it ends is not known"));
    };
    let leaf = FunctionRef {
        file: last.file,
        index,
    };
    let colouring = cx
        .project
        .colouring(leaf, cx.options.target >= PythonVersion::PY311)?;
    let mut edits = coloured(cx, &colouring)?;
    let mut need = None;
    let mut reviews = colouring.reviews.clone();
    if entry.is_some_and(|entry| entry.kind == Kind::Sleep) {
        let sleeps = sleeps(cx, leaf, last, name)?;
        reviews.extend(sleeps.held);
        edits.entry(leaf.file).or_default().extend(sleeps.edits);
        need = sleeps.need;
    }
    let title = colouring_title(cx, &colouring, edits.len());
    let reason = colouring_reason(&colouring, reviews);
    let fix = across_files(title, reason, edits)?;
    Ok(fix.needing(leaf.file, need))
}

/// What it takes to put `asyncio.sleep` in the place of `time.sleep`.
struct Sleeps {
    edits: Vec<Edit>,
    need: Option<ImportName>,
    /// What a person must confirm, as clauses.
    held: Vec<String>,
}

/// Puts `asyncio.sleep` in the place of `time.sleep` in a function.
fn sleeps(cx: &Cx<'_>, leaf: FunctionRef, last: &Hop, name: &str) -> Result<Sleeps, Why> {
    let Some(facts) = cx.project.facts(leaf.file) else {
        return Err(Why::new("where it ends is not known"));
    };
    let (module, need) = match &facts.asyncio {
        Reachable::As(name) => (&**name, None),
        Reachable::Import => ("asyncio", Some(ImportName::new("asyncio"))),
        Reachable::Taken => {
            return Err(Why::new(
                "the name `asyncio` is taken where the sleep stands",
            ));
        }
    };
    let mut edits = Vec::new();
    let mut held = Vec::new();
    for (index, call) in facts.calls.iter().enumerate() {
        let here = call.function == Some(leaf.index);
        let is_sleep = matches!(cx.project.graph().target(leaf.file, index), Some(Target::Library(other)) if **other == *name);
        if !here || !is_sleep {
            continue;
        }
        let simple = call.positional == Some(1)
            && matches!(call.place, CallPlace::Body(0 | 1))
            && call.constant("", Some(0)) != Some("-")
            && !call.wraps
            && !call.printed
            && !call.awaited;
        match call.callee_end {
            Some(end) if simple => {
                let callee = Span::new(call.at.start(), end as usize);
                edits.push(Edit::replace(callee, format!("await {module}.sleep")));
                let path = cx.project.modules().path(leaf.file).display();
                let line = facts.line_of(call.at.start());
                held.extend(
                    call.held
                        .iter()
                        .map(|held| format!("{held} ({path}:{line})")),
                );
            }
            _ if index == last.call as usize => {
                return Err(Why::new(format!("`{name}` is not called in a simple way")));
            }
            _ => {}
        }
    }
    Ok(Sleeps { edits, need, held })
}

/// Moves the call to a thread.
pub(super) fn thread(cx: &Cx<'_>, place: &Place<'_>) -> Result<Fix, Why> {
    let Some(node) = place.node else {
        return Err(Why::new(
            "it is called without being named: move it into a function first",
        ));
    };
    let several = matches!(cx.project.graph().target(cx.file, place.index), Some(Target::Functions(functions)) if functions.len() > 1);
    let callee_is_class = matches!(
        cx.project.value(cx.file, place.call.callee),
        Value::Class(_)
    );
    let mut review = cx.project.in_thread(place.function)?;
    if callee_is_class && review.is_none() {
        review = Some("the object is made in another thread then".to_owned());
    }
    if several && review.is_none() {
        review = Some("which of several functions is called is not known".to_owned());
    }
    if let Some(lazy) = lazy_argument(cx, place.facts, node).filter(|_| review.is_none()) {
        review = Some(format!(
            "what `{lazy}` does on the way runs in the thread as well"
        ));
    }
    let calls_in_callee = node
        .func
        .as_attribute_expr()
        .is_some_and(|method| matches!(&*method.value, Expr::Call(_) | Expr::Await(_)));
    if calls_in_callee {
        return Err(Why::new(
            "the object it is called on is made in the same expression: give it a name first",
        ));
    }
    match to_thread(cx, node, None, review)? {
        Ok(fix) => Ok(fix),
        Err(error) => Err(Why::new(format!("a mistake in asyncfix: {error}"))),
    }
}

/// Makes the coroutine function a plain one, where a framework then runs it in a thread.
pub(super) fn endpoint(cx: &Cx<'_>, place: &Place<'_>) -> Result<Fix, Why> {
    let Some(index) = place.call.function else {
        return Err(Why::new("it is not in a function"));
    };
    let function = FunctionRef {
        file: cx.file,
        index,
    };
    let Some(of) = cx.project.function(function) else {
        return Err(Why::new("it is not in a function"));
    };
    let what = of.decorators.iter().find_map(|decorator| {
        let callee = match place.facts.terms.get(decorator.0 as usize) {
            Some(Term::Call(callee)) => *callee,
            _ => *decorator,
        };
        match cx.project.value(cx.file, callee) {
            Value::Library(name) => cx
                .project
                .catalogue()
                .endpoint(&name)
                .filter(|endpoint| endpoint.function == RunsIn::Thread),
            _ => None,
        }
    });
    let Some(what) = what else {
        return Err(Why::new(format!(
            "`{}` is no endpoint that would run in a thread",
            of.qualified
        )));
    };
    if of.awaits || of.is_generator {
        return Err(Why::new(format!("`{}` awaits", of.qualified)));
    }
    if !cx.project.graph().callers(function).is_empty() {
        return Err(Why::new(format!(
            "`{}` is called by others as well",
            of.qualified
        )));
    }
    cx.project.is_only_called(function)?;
    cx.project.in_thread(function)?;
    if of.decorators.len() > 1 {
        return Err(Why::new(format!("`{}` has other decorators", of.qualified)));
    }
    let text = &cx.module.text()[of.starts..of.at.start()];
    let Some(def) = text.find("def").filter(|_| text.starts_with("async")) else {
        return Err(Why::new("how it is defined does not show"));
    };
    let gap = Span::new(of.starts, of.starts + def);
    if cx.module.layout().has_comments(gap) || gap.of(cx.module.text()).contains(['\n', '\\']) {
        return Err(Why::new("a line break stands between `async` and `def`"));
    }
    let beside = cx.project.in_thread(place.function)?;
    let title = format!(
        "make the {} a plain function, which runs in a thread",
        what.what
    );
    let review = beside.unwrap_or_else(|| {
        "its body runs beside the event loop then: what it uses must be safe to use in a thread"
            .to_owned()
    });
    Fix::review(title, review, cx.file, vec![Edit::delete(gap)])
        .map_err(|error| Why::new(format!("a mistake in asyncfix: {error}")))
}
