//! The `except` clauses around a request: what they catch today, and what they must name to catch
//! the same failures of httpx.

use super::response::calls_within;
use crate::fix::{Cx, reach};
use crate::model::file::{Entity, ImportName, Target, Why};
use crate::model::libraries::Http;
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, ExceptHandlerExceptHandler, Expr, ExprCall, StmtTry,
};
use crate::python::span;
use crate::text::{Edit, Span};
use std::collections::BTreeSet;

/// Builtin exceptions that neither library raises for a failed request.
const UNRELATED: [&str; 13] = [
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "ImportError",
    "IndexError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "NotImplementedError",
    "StopAsyncIteration",
    "StopIteration",
    "TypeError",
    "ZeroDivisionError",
];

const NEW_ERRORS: &str =
    "errors that leave the function are httpx's: callers that catch those of requests must change";
const NEW_WORDS: &str = "httpx words its error messages differently";

/// What has to happen to the handlers around a place.
#[derive(Debug, Default)]
pub(super) struct Handlers<'a> {
    pub reviews: BTreeSet<&'static str>,
    /// Clauses to change, with the names they get instead or in addition.
    pub clauses: Vec<Clause<'a>>,
}

#[derive(Debug)]
pub(super) struct Clause<'a> {
    pub within: &'a StmtTry,
    types: &'a Expr,
    /// For each class of the clause, as written: its span and its counterparts.
    counterparts: Vec<(Span, &'static [String])>,
}

/// Looks at every `except` clause that could catch what is raised at `node`, up to the function.
pub(super) fn around<'a>(
    cx: &Cx<'a>,
    http: &'static Http,
    url_is_absolute: bool,
    node: AnyNodeRef<'a>,
) -> Result<Handlers<'a>, Why> {
    let mut handlers = Handlers::default();
    let mut all_caught = false;
    for ancestor in cx.module.ancestors(node) {
        let statement = match ancestor {
            AnyNodeRef::StmtFunctionDef(_) => break,
            AnyNodeRef::StmtTry(statement) => statement,
            _ => continue,
        };
        if !statement
            .body
            .iter()
            .any(|inner| span(inner).contains(span(node)))
        {
            continue;
        }
        for ExceptHandler::ExceptHandler(handler) in &statement.handlers {
            all_caught |= clause(cx, http, url_is_absolute, statement, handler, &mut handlers)?;
        }
    }
    if !all_caught {
        handlers.reviews.insert(NEW_ERRORS);
    }
    Ok(handlers)
}

/// One clause; whether it catches every failure of a request.
fn clause<'a>(
    cx: &Cx<'a>,
    http: &'static Http,
    url_is_absolute: bool,
    statement: &'a StmtTry,
    handler: &'a ExceptHandlerExceptHandler,
    handlers: &mut Handlers<'a>,
) -> Result<bool, Why> {
    let Some(types) = handler.type_.as_deref() else {
        return Ok(true);
    };
    let listed: Vec<&Expr> = match types {
        Expr::Tuple(tuple) => tuple.elts.iter().collect(),
        single => vec![single],
    };
    let mut catches_all = false;
    let mut concerned = false;
    let mut counterparts = Vec::new();
    for class in listed {
        match cx.module.entity(class) {
            Entity::Builtin("Exception" | "BaseException") => {
                catches_all = true;
                concerned = true;
            }
            Entity::Builtin(name) if UNRELATED.contains(&name) => {}
            Entity::Builtin("ValueError") if url_is_absolute => concerned = true,
            Entity::Builtin(name) => {
                return Err(Why::new(format!(
                    "`except {name}` catches errors of requests, but not those of httpx"
                )));
            }
            Entity::External(name) => match http.exceptions.get(&name) {
                Some(names) => {
                    concerned = true;
                    catches_all |= http.catch_all.contains(&name);
                    counterparts.push((span(class), names.as_slice()));
                }
                None if is_unrelated(&name) => {}
                None => {
                    return Err(Why::new(format!(
                        "`except {name}` has no known counterpart in httpx"
                    )));
                }
            },
            Entity::Class(_) => {}
            _ => {
                return Err(Why::new(format!(
                    "what `except {}` catches is not known",
                    cx.module.describe(class)
                )));
            }
        }
    }
    if concerned && let Some(name) = &handler.name {
        look_at_exception(cx, handler, name.as_str(), handlers)?;
    }
    if !counterparts.is_empty() {
        handlers.clauses.push(Clause {
            within: statement,
            types,
            counterparts,
        });
    }
    Ok(catches_all && !raises(handler))
}

/// Whether a class outside this file has nothing to do with HTTP: of asyncio, of the project.
fn is_unrelated(name: &str) -> bool {
    const RELATED: [&str; 6] = ["requests", "urllib3", "http", "socket", "ssl", "urllib"];
    let module = name.split('.').next().unwrap_or_default();
    name == "json.JSONDecodeError"
        || name == "json.decoder.JSONDecodeError"
        || module == "asyncio" && !name.ends_with("TimeoutError")
        || module.is_empty()
        || !RELATED.contains(&module) && !is_stdlib(name)
}

/// The exception's own members differ; only its message and passing it on are in sight.
fn look_at_exception(
    cx: &Cx<'_>,
    handler: &ExceptHandlerExceptHandler,
    name: &str,
    handlers: &mut Handlers<'_>,
) -> Result<(), Why> {
    for read in crate::model::file::references_within(handler.into()) {
        if read.id != name {
            continue;
        }
        let node = AnyNodeRef::from(read);
        match cx.module.parent(node) {
            Some(AnyNodeRef::StmtRaise(_)) => {}
            Some(AnyNodeRef::InterpolatedElement(_)) => {
                handlers.reviews.insert(NEW_WORDS);
            }
            Some(arguments @ AnyNodeRef::Arguments(_)) if is_message(cx, arguments) => {
                handlers.reviews.insert(NEW_WORDS);
            }
            _ => {
                return Err(Why::new(format!(
                    "what is done with the exception `{name}` may not work with one of httpx"
                )));
            }
        }
    }
    Ok(())
}

/// Whether arguments belong to `str`, `print` or a method of a logger.
fn is_message(cx: &Cx<'_>, arguments: AnyNodeRef<'_>) -> bool {
    const LEVELS: [&str; 8] = [
        "critical",
        "debug",
        "error",
        "exception",
        "info",
        "log",
        "warn",
        "warning",
    ];
    let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(arguments) else {
        return false;
    };
    match &*call.func {
        Expr::Name(name) => matches!(name.id.as_str(), "str" | "print" | "repr"),
        Expr::Attribute(method) => LEVELS.contains(&method.attr.as_str()),
        _ => false,
    }
}

fn raises(handler: &ExceptHandlerExceptHandler) -> bool {
    let mut found = false;
    crate::model::file::walk(handler.into(), &mut |node| {
        found |= matches!(node, AnyNodeRef::StmtRaise(_));
        crate::python::ast::TraversalSignal::Traverse
    });
    found
}

/// The edits that make clauses catch the new exceptions. The old ones stay named where something
/// else in the body may still raise them.
pub(super) fn rewrite<'a>(
    cx: &Cx<'a>,
    http: &'static Http,
    clause: &Clause<'a>,
    converted: &[&'a ExprCall],
) -> Result<(Vec<Edit>, Vec<ImportName>), Why> {
    let others_raise = calls_within(cx, &clause.within.body)
        .into_iter()
        .any(|call| !converted.contains(&call) && may_raise(cx, http, call, converted));
    let mut needs = Vec::new();
    let mut edits = Vec::new();
    for (class, names) in &clause.counterparts {
        let mut texts: Vec<String> = Vec::new();
        if others_raise {
            texts.push(class.of(cx.module.text()).to_owned());
        }
        let decodes = http.catch_all.iter().any(|all| http.exceptions.get(all).is_some_and(|all| all == names))
            && calls_within(cx, &clause.within.body)
                .iter()
                .any(|call| matches!(&*call.func, Expr::Attribute(method) if method.attr.as_str() == "json"));
        let decoding = decodes.then_some(&http.decoding_error);
        for name in names.iter().chain(decoding) {
            let (module, member) = name.rsplit_once('.').unwrap_or(("httpx", name));
            let reach = reach(cx, module, member, clause.types.into())?;
            texts.push(reach.text);
            needs.extend(reach.need);
        }
        let inside_tuple = matches!(clause.types, Expr::Tuple(_));
        let text = texts.join(", ");
        edits.push(Edit::replace(
            *class,
            match texts.len() > 1 && !inside_tuple {
                true => format!("({text})"),
                false => text,
            },
        ));
    }
    Ok((edits, needs))
}

/// Whether a call that stays may raise exceptions of requests.
fn may_raise<'a>(
    cx: &Cx<'a>,
    http: &'static Http,
    call: &'a ExprCall,
    converted: &[&'a ExprCall],
) -> bool {
    match cx.module.target(call) {
        Target::Builtin(_) | Target::Class(_) => false,
        Target::External(name) => http.functions.contains_key(&name) || !is_stdlib(&name),
        Target::Function(..) => true,
        Target::Unknown(_) => match &*call.func {
            // Methods of responses that are httpx's now, of loggers and of plain values.
            Expr::Attribute(method) => {
                let known = http.response.contains_key(method.attr.as_str())
                    || matches!(
                        method.attr.as_str(),
                        "append"
                            | "extend"
                            | "get"
                            | "items"
                            | "keys"
                            | "values"
                            | "format"
                            | "join"
                            | "split"
                            | "strip"
                            | "lower"
                            | "upper"
                            | "encode"
                            | "decode"
                            | "replace"
                            | "startswith"
                            | "endswith"
                            | "update"
                            | "debug"
                            | "info"
                            | "warning"
                            | "error"
                            | "exception"
                    );
                !known || converted.is_empty()
            }
            _ => true,
        },
    }
}
