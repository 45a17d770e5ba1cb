//! Calls whose order was chosen: by what they are called, what they are given, and where they stand.

use super::names::{self, Says};
use crate::fix::Cx;
use crate::model::file::Why;
use crate::model::libraries::Wordy;
use crate::model::project::Target;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprDict, InterpolatedStringElement};

/// Statements of SQL that write.
const SQL: [&str; 10] = [
    "ALTER", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "MERGE", "REPLACE", "TRUNCATE",
    "UPDATE",
];

/// Words of files and functions that measure how long something takes.
const MEASURES: [&str; 6] = [
    "bench",
    "benchmark",
    "benchmarks",
    "latency",
    "perf",
    "stress",
];

/// Refuses calls that may never overlap with others, whatever else is known of them.
pub(super) fn never<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<(), Why> {
    let name = cx.module.describe(&call.func);
    let last = name.rsplit('.').next().unwrap_or(&name);
    if matches!(last, "__aenter__" | "__aexit__" | "enter_async_context") {
        return Err(Why::new(format!(
            "what `{name}` enters has to be left by the same task, in reverse order"
        )));
    }
    let is_method = call.func.is_attribute_expr();
    if is_method && matches!(last, "join" | "wait" | "wait_closed" | "wait_stopped") {
        return Err(Why::new(format!(
            "what `{name}` waits for runs already: there is nothing to win"
        )));
    }
    if is_served(cx, call, last) {
        return Err(Why::new(format!(
            "`{name}` talks to an ASGI server, message after message"
        )));
    }
    if let Some(word) = sql_that_writes(call) {
        return Err(Why::new(format!(
            "`{name}` is given SQL that writes (`{word}`)"
        )));
    }
    Ok(())
}

/// Refuses calls of which something is only assumed, in code that measures or tests other code.
pub(super) fn watched<'a>(cx: &Cx<'a>, call: &'a ExprCall, in_loop: bool) -> Result<(), Why> {
    let path = cx.project.modules().path(cx.file);
    let file = path.file_stem().map(|stem| stem.to_string_lossy());
    let folder = path.parent().and_then(|folder| folder.file_name());
    let folder = folder.map(|folder| folder.to_string_lossy());
    let functions: Vec<&str> = cx
        .module
        .ancestors(call.into())
        .filter_map(|ancestor| match ancestor {
            AnyNodeRef::StmtFunctionDef(function) => Some(function.name.as_str()),
            _ => None,
        })
        .collect();
    let places = file.as_deref().into_iter().chain(folder.as_deref());
    let measures = |name: &&str| {
        let words = names::words(name);
        words.iter().any(|word| MEASURES.contains(&word.as_str()))
    };
    let mut all = places.chain(functions.iter().copied());
    if let Some(name) = all.find(measures) {
        return Err(Why::new(format!(
            "`{name}` measures what runs one after the other"
        )));
    }
    let is_test = functions.iter().any(|name| name.starts_with("test_"))
        || file.is_some_and(|file| {
            file.starts_with("test_") || file.ends_with("_test") || file == "conftest"
        });
    match is_test && in_loop {
        true => Err(Why::new(
            "what a test does one after the other may be what it tests",
        )),
        false => Ok(()),
    }
}

/// Refuses the calls of a loop whose results nobody uses, where their order may be what they are for.
pub(super) fn in_loop<'a>(cx: &Cx<'a>, call: &'a ExprCall, own: &[&'a str]) -> Result<(), Why> {
    let name = cx.module.describe(&call.func);
    if !is_discarded(cx, call) {
        return Ok(());
    }
    for ancestor in cx.module.ancestors(call.into()) {
        match ancestor {
            AnyNodeRef::StmtFunctionDef(_) => break,
            AnyNodeRef::StmtFor(around) => {
                if let Expr::Call(items) = &*around.iter
                    && matches!(&*items.func, Expr::Name(name) if name.id == "reversed")
                {
                    return Err(Why::new(
                        "`reversed` says that the order of the calls is meant",
                    ));
                }
            }
            _ => {}
        }
    }
    if !is_unknown(cx, call) {
        return Ok(());
    }
    let catalogue = cx.module.catalogue();
    let ordered = |name: &&&str| {
        let words = names::words(name);
        words
            .iter()
            .any(|word| catalogue.has_word(Wordy::Ordered, word))
    };
    if let Some(item) = own.iter().find(ordered) {
        return Err(Why::new(format!(
            "the result of `{name}` is not used, and `{item}` speaks of an order"
        )));
    }
    let last = name.rsplit('.').next().unwrap_or(&name);
    let words = names::words(last);
    let bare = |word: &String| {
        let marked = word.strip_prefix('a').unwrap_or(word).to_owned();
        [word.clone(), marked]
    };
    let mut each = words.iter().flat_map(bare);
    if let Some(word) = each.find(|word| catalogue.has_word(Wordy::Sequenced, word)) {
        return Err(Why::new(format!(
            "the result of `{name}` is not used, and the order may be meant: what it does is not known, and `{word}` may need what came before"
        )));
    }
    let tells = words.first().is_some_and(|word| word == "on")
        || words
            .iter()
            .any(|word| catalogue.has_word(Wordy::Telling, word));
    let arguments = call.arguments.args.iter();
    let keywords = call.arguments.keywords.iter();
    let mut given = arguments.chain(keywords.map(|keyword| &keyword.value));
    if tells && given.all(|argument| !names::is_own(argument, own)) {
        return Err(Why::new(format!(
            "`{name}` tells all of them the same, one after the other: their order may be meant"
        )));
    }
    Ok(())
}

/// The word by which a name among the arguments of a call writes: `call("jira/delete_issue")`.
pub(super) fn named_to_write<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<String> {
    let catalogue = cx.module.catalogue();
    if names::says(catalogue, &cx.module.describe(&call.func)) == Says::Reads {
        return None;
    }
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_-./".contains(character);
    let arguments = call.arguments.args.iter();
    arguments
        .filter_map(|argument| argument.as_string_literal_expr())
        .map(|literal| literal.value.to_str())
        .filter(|text| text.chars().all(is_name))
        .find(|text| {
            let last = text.rsplit(['/', '.']).next().unwrap_or(text);
            let words = names::words(last);
            words.len() > 1 && catalogue.has_word(Wordy::Writing, &words[0])
        })
        .map(str::to_owned)
}

/// Whether nobody looks at what a call gives.
pub(super) fn is_discarded<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let awaited = cx.module.parent(call.into());
    awaited
        .and_then(|awaited| cx.module.parent(awaited))
        .is_some_and(|statement| statement.is_stmt_expr())
}

fn is_unknown<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    !matches!(
        cx.target_of(call),
        Target::Functions(_) | Target::Library(_)
    )
}

/// `send({"type": "http.response.start"})`, `send` and `receive` of an ASGI application.
fn is_served<'a>(cx: &Cx<'a>, call: &'a ExprCall, last: &str) -> bool {
    let kind = |message: &ExprDict| {
        message.items.iter().any(|item| {
            let is_type = matches!(&item.key, Some(Expr::StringLiteral(key)) if key.value.to_str() == "type");
            let names_event = |value: &str| {
                ["http.", "lifespan.", "websocket."]
                    .iter()
                    .any(|start| value.starts_with(start))
            };
            is_type
                && matches!(&item.value, Expr::StringLiteral(value) if names_event(value.value.to_str()))
        })
    };
    let mut arguments = call.arguments.args.iter();
    if arguments.any(|argument| matches!(argument, Expr::Dict(message) if kind(message))) {
        return true;
    }
    if !call.func.is_name_expr() {
        return false;
    }
    for ancestor in cx.module.ancestors(call.into()) {
        let AnyNodeRef::StmtFunctionDef(function) = ancestor else {
            continue;
        };
        let mut parameters = function.parameters.iter_non_variadic_params();
        let found = parameters.find(|parameter| parameter.name() == last);
        if let Some(parameter) = found {
            let typed = parameter.annotation().map(|typed| cx.module.source(typed));
            return matches!(last, "receive" | "send")
                || typed.is_some_and(|typed| {
                    let typed = typed.rsplit('.').next().unwrap_or(typed);
                    matches!(typed, "Receive" | "Send")
                });
        }
    }
    false
}

fn sql_that_writes(call: &ExprCall) -> Option<&'static str> {
    let arguments = call.arguments.args.iter();
    let keywords = call.arguments.keywords.iter();
    let given = arguments.chain(keywords.map(|keyword| &keyword.value));
    given
        .filter_map(|argument| match argument {
            Expr::StringLiteral(literal) => Some(literal.value.to_str()),
            Expr::FString(text) => text.value.elements().next().and_then(|part| match part {
                InterpolatedStringElement::Literal(literal) => Some(&*literal.value),
                InterpolatedStringElement::Interpolation(_) => None,
            }),
            _ => None,
        })
        .find_map(|text| {
            let (first, _) = text.trim_start().split_once(char::is_whitespace)?;
            SQL.into_iter().find(|word| *word == first)
        })
}

/// Whether the file makes a client that does not talk to the network, but to an application or to
/// something that stands in its place: the keyword by which it does.
pub(super) fn stands_in<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    let calls = cx.module.calls().iter();
    calls
        .filter(|call| {
            let name = cx.module.describe(&call.func);
            names::words(&name)
                .pop()
                .is_some_and(|word| matches!(word.as_str(), "client" | "session"))
        })
        .flat_map(|call| call.arguments.keywords.iter())
        .filter_map(|keyword| keyword.arg.as_ref())
        .map(|name| name.as_str())
        .find(|name| matches!(*name, "app" | "mounts" | "transport"))
}

/// The word by which a context manager swaps something that all tasks see while it is entered, such
/// as `warnings.catch_warnings`; what a name was given counts.
pub(super) fn swaps<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Option<String> {
    let text = cx.module.describe(expression);
    if let Some(word) = swaps_by_name(cx, &text) {
        return Some(word);
    }
    let Expr::Name(name) = expression else {
        return None;
    };
    let scope = cx.module.scope_of(expression.into())?;
    let bindings = cx.module.bindings_of(scope, &name.id);
    bindings.into_iter().find_map(|binding| match binding.kind {
        crate::model::file::BindingKind::Assign(value) => {
            swaps_by_name(cx, &cx.module.describe(value))
        }
        _ => None,
    })
}

/// The same, by the name of the context manager.
pub(super) fn swaps_by_name(cx: &Cx<'_>, name: &str) -> Option<String> {
    let mut first_words = name
        .split('.')
        .filter_map(|part| names::words(part).into_iter().next());
    first_words.find(|word| cx.module.catalogue().has_word(Wordy::Swapping, word))
}
