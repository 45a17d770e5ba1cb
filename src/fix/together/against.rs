//! What speaks against overlapping, whatever the calls do: what they are given, that they are equal, and
//! the loop around them.

use super::names::{self, Says};
use crate::fix::Cx;
use crate::model::file::{Why, references_within, walk};
use crate::model::libraries::{Runs, Wordy};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt, TraversalSignal};
use crate::python::span;
use std::collections::BTreeSet;

/// Refuses calls whose names say that they run under another library than asyncio.
pub(super) fn other_scheduler<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<(), Why> {
    let name = cx.module.describe(&call.func);
    match scheduler_in(cx, &name) {
        Some(library) => Err(Why::new(format!(
            "`{name}` speaks of {library}, where `asyncio.gather` fails"
        ))),
        None => Ok(()),
    }
}

/// The library with an event loop of its own, or for any, that a name speaks of.
pub(super) fn scheduler_in<'a>(cx: &Cx<'a>, name: &str) -> Option<&'a str> {
    let words = names::words(name);
    cx.module
        .catalogue()
        .libraries()
        .filter(|library| {
            let event_loop = library.event_loop.as_ref();
            event_loop.is_some_and(|event_loop| matches!(event_loop.runs, Runs::Own | Runs::Any))
        })
        .map(|library| library.name.as_str())
        .find(|library| words.iter().any(|word| word == library))
}

/// The word in what a call is given that says that it writes: `method="put"`, `"DELETE"`.
pub(super) fn given_to_write(call: &ExprCall) -> Option<String> {
    let is_method = |text: &str| matches!(text, "DELETE" | "PATCH" | "POST" | "PUT");
    let literal = |expression: &Expr| match expression {
        Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
        _ => None,
    };
    let named = call.arguments.keywords.iter().filter_map(|keyword| {
        let is_named = keyword.arg.as_ref().is_some_and(|name| name == "method");
        let text = literal(&keyword.value)?;
        (is_named && is_method(&text.to_uppercase())).then_some(text)
    });
    let given = call.arguments.args.iter().filter_map(literal);
    named.chain(given.filter(|text| is_method(text))).next()
}

/// Refuses a row in which evaluating what one call is given writes something: `ensure(files.new(path))`.
pub(super) fn written_by_arguments<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<(), Why> {
    let mut found = None;
    walk(AnyNodeRef::from(&call.arguments), &mut |node| {
        if let AnyNodeRef::ExprCall(inner) = node
            && !is_pure(cx, inner)
        {
            let name = cx.module.describe(&inner.func);
            let last = name.rsplit('.').next().unwrap_or(&name);
            if !last.starts_with(char::is_uppercase)
                && let Says::Writes(word) = names::says(cx.module.catalogue(), &name)
            {
                found.get_or_insert(format!(
                    "`{name}` runs before the calls, and `{word}` speaks of writing"
                ));
            }
        }
        match node {
            AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
            _ => TraversalSignal::Traverse,
        }
    });
    found.map_or(Ok(()), |why| Err(Why::new(why)))
}

fn is_pure<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let catalogue = cx.module.catalogue();
    match &*call.func {
        Expr::Attribute(method) => {
            catalogue.is_pure_method(&method.attr, call.arguments.args.len())
                || cx
                    .module
                    .qualified(&call.func)
                    .is_some_and(|name| catalogue.is_pure(&name))
        }
        Expr::Name(name) => catalogue.is_pure_builtin(&name.id),
        _ => false,
    }
}

/// Refuses a row with a call that is made twice: it may wait for another answer.
pub(super) fn made_twice<'a>(cx: &Cx<'a>, calls: &[&'a ExprCall]) -> Result<(), Why> {
    let mut seen = BTreeSet::new();
    for call in calls {
        let source = span(*call).of(cx.module.text());
        let text: String = source.split_whitespace().collect();
        if !seen.insert(text) {
            return Err(Why::new(format!(
                "`{}` is called again with the same arguments: it may wait for another answer",
                cx.module.describe(&call.func)
            )));
        }
    }
    Ok(())
}

/// Refuses calls that are given the same object, where its name says that it has a state that a call
/// may change.
pub(super) fn shared_arguments<'a>(cx: &Cx<'a>, calls: &[&'a ExprCall]) -> Result<(), Why> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for call in calls {
        let mut own: BTreeSet<&str> = BTreeSet::new();
        for (word, argument) in given(call) {
            let text = cx.module.source(argument);
            if speaks_of_state(cx, word, argument).is_some()
                && own.insert(text)
                && seen.contains(text)
            {
                return Err(Why::new(format!(
                    "`{text}` is given to more than one of the calls, which may change it"
                )));
            }
        }
        seen.extend(own);
    }
    Ok(())
}

/// Refuses calls of other objects for each item that are all given one object with a state.
pub(super) fn same_for_all<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    own: &[&'a str],
) -> Result<(), Why> {
    let Expr::Attribute(method) = &*call.func else {
        return Ok(());
    };
    if !names::is_own(&method.value, own) {
        return Ok(());
    }
    for (word, argument) in given(call) {
        let read = references_within(argument.into());
        let differs = read.iter().any(|name| own.contains(&name.id.as_str()));
        if !differs
            && let Some(state) = speaks_of_state(cx, word, argument)
            && cx.module.catalogue().has_word(Wordy::Consumed, &state)
        {
            return Err(Why::new(format!(
                "`{}` is given to all of the calls, which may take from it",
                cx.module.source(argument)
            )));
        }
    }
    Ok(())
}

/// The arguments of a call that are plain objects, with the keyword of those that have one.
fn given(call: &ExprCall) -> impl Iterator<Item = (Option<&str>, &Expr)> {
    let positional = call.arguments.args.iter().map(|argument| (None, argument));
    let named = call.arguments.keywords.iter().map(|keyword| {
        let name = keyword.arg.as_ref().map(|name| name.as_str());
        (name, &keyword.value)
    });
    positional
        .chain(named)
        .filter(|(_, argument)| argument.is_name_expr() || argument.is_attribute_expr())
}

/// The word by which an object that a call is given has a state.
fn speaks_of_state<'a>(cx: &Cx<'a>, keyword: Option<&str>, argument: &'a Expr) -> Option<String> {
    let catalogue = cx.module.catalogue();
    if let Some(class) = cx.module.class_of(argument) {
        let is_value = matches!(class.as_str(), "bool" | "bytes" | "float" | "int" | "str");
        if is_value
            || catalogue
                .class(&class)
                .is_some_and(|class| class.concurrent)
        {
            return None;
        }
    }
    let name = match argument {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    let last = [Some(name), keyword].into_iter().flatten();
    last.filter_map(|name| names::words(name).pop())
        .find(|word| {
            catalogue.has_word(Wordy::Stateful, word) || catalogue.has_word(Wordy::Consumed, word)
        })
}

/// Refuses calls of which something is only assumed, in a loop whose rounds wait for something else as
/// well, one after the other. `names` are those of the loops that are to change.
pub(super) fn in_turn<'a>(
    cx: &Cx<'a>,
    calls: &[&'a ExprCall],
    names: &[&'a str],
) -> Result<(), Why> {
    let Some(first) = calls.first() else {
        return Ok(());
    };
    let mut in_comprehension = names.is_empty();
    for ancestor in cx.module.ancestors((*first).into()) {
        match ancestor {
            AnyNodeRef::StmtFunctionDef(_) => break,
            AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprGenerator(_) => in_comprehension = true,
            AnyNodeRef::StmtFor(outer) if in_comprehension => {
                let target = references_or_bound(&outer.target);
                if !target.iter().any(|name| names.contains(name))
                    && awaits_besides(&outer.body, calls)
                {
                    return Err(Why::new(
                        "the loop around it goes one round after the other, which orders what its calls do",
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn references_or_bound(target: &Expr) -> Vec<&str> {
    let mut names = Vec::new();
    walk(target.into(), &mut |node| {
        if let AnyNodeRef::ExprName(name) = node {
            names.push(name.id.as_str());
        }
        TraversalSignal::Traverse
    });
    names
}

fn awaits_besides<'a>(body: &'a [Stmt], calls: &[&'a ExprCall]) -> bool {
    let mut found = false;
    for statement in body {
        walk(statement.into(), &mut |node| {
            if let AnyNodeRef::ExprAwait(awaited) = node {
                let within = span(awaited);
                found |= !calls.iter().any(|call| within.contains(span(*call)));
            }
            match node {
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
                _ => TraversalSignal::Traverse,
            }
        });
    }
    found
}
