//! Plain functions that only coroutines call: what they look up is the running loop.

use crate::fix::Cx;
use crate::model::file::{CallKind, CallPlace, Place, Why};
use crate::model::project::{FunctionRef, Target};
use crate::python::ast::ExprCall;
use crate::python::span;
use std::collections::BTreeSet;

/// More functions than these are not followed.
const MAX_FUNCTIONS: usize = 25;

/// What a person must confirm where a plain function is called by coroutines alone, as far as can be
/// seen.
pub(super) fn only_on_the_loop(cx: &Cx<'_>, call: &ExprCall) -> Result<String, Why> {
    let Place::Function(function) = cx.module.place(call.into()) else {
        return Err(Why::new(
            "no coroutine runs here: make a loop by `asyncio.run`, or look the loop up in a coroutine",
        ));
    };
    let facts = cx.project.facts(cx.file);
    let index = facts.and_then(|facts| {
        let name = span(&function.name);
        facts.functions.iter().position(|of| of.at == name)
    });
    let Some(index) = index else {
        return Err(Why::new("nothing is known of the function"));
    };
    match coroutines_around(cx, FunctionRef::new(cx.file, index)) {
        Ok(names) => Ok(format!(
            "only coroutines call this, as far as can be seen: {}",
            listed(&names)
        )),
        Err(why) => Err(Why::new(format!(
            "whether a loop runs here is not known, since {why}: use `get_running_loop()` if one always \
             does, else have the loop handed in"
        ))),
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let first: Vec<String> = names
        .iter()
        .take(3)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len() - first.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// The coroutine functions from which alone a plain function is reached.
fn coroutines_around(cx: &Cx<'_>, function: FunctionRef) -> Result<BTreeSet<String>, Why> {
    let mut names = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![function];
    while let Some(function) = waiting.pop() {
        if !seen.insert(function) {
            continue;
        }
        let Some(of) = cx.project.function(function) else {
            return Err(Why::new("a caller is not known"));
        };
        let says = |what: &str| Err(Why::new(format!("`{}` {what}", of.qualified)));
        if seen.len() > MAX_FUNCTIONS {
            return says("is reached in too many ways");
        }
        if of.name.starts_with("__") && of.name.ends_with("__") {
            return says("is called by Python itself");
        }
        if of.is_generator {
            return says("is a generator");
        }
        if !of.decorators.is_empty() {
            return says("is decorated");
        }
        if of.name.starts_with("test") {
            return says("is called by a test runner");
        }
        cx.project.is_only_called(function)?;
        let callers = cx.project.graph().callers(function);
        if callers.is_empty() {
            return says("is called by nobody that was seen");
        }
        for (file, index) in callers {
            let call = cx.project.call(*file, *index as usize);
            let caller = call
                .filter(|call| {
                    call.kind == CallKind::Call && matches!(call.place, CallPlace::Body(_))
                })
                .and_then(|call| call.function)
                .map(|index| FunctionRef { file: *file, index });
            let only = matches!(cx.project.graph().target(*file, *index as usize),
                Some(Target::Functions(functions)) if functions.len() == 1);
            let Some((caller, by)) = caller
                .filter(|_| only)
                .and_then(|caller| Some((caller, cx.project.function(caller)?)))
            else {
                return says("is called outside of functions, or in a way that is not certain");
            };
            match by.is_async {
                true => {
                    names.insert(cx.project.name_of(caller));
                }
                false => waiting.push(caller),
            }
        }
    }
    Ok(names)
}
