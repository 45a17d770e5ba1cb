//! The `except` clauses around a request: what they catch today, and what they must name to catch
//! the same failures of httpx.

use super::raising::{Sent, names_within, others_raise};
use super::{Names, judge};
use crate::fix::{Cx, reach};
use crate::model::file::{Entity, ImportName, Why, walk};
use crate::model::libraries::Mapping;
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, ExceptHandlerExceptHandler, Expr, StmtFunctionDef, StmtTry,
    TraversalSignal,
};
use crate::python::span;
use crate::text::{Edit, Span};
use std::borrow::Cow;
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

/// What `OSError` goes by, which the exceptions of requests are and those of httpx are not.
pub(super) const OS_ERRORS: [&str; 3] = ["EnvironmentError", "IOError", "OSError"];

/// What has to happen to the handlers around a place.
#[derive(Debug, Default)]
pub(super) struct Handlers<'a> {
    pub reviews: BTreeSet<Cow<'a, str>>,
    /// Clauses to change, with the names they get instead or in addition.
    pub clauses: Vec<Clause<'a>>,
    /// Something may leave the function.
    pub leaks: bool,
}

#[derive(Debug)]
pub(super) struct Clause<'a> {
    pub within: &'a StmtTry,
    types: &'a Expr,
    /// The classes of the clause, each with its counterparts; none where it stays.
    classes: Vec<(&'a Expr, Option<&'a [String]>)>,
}

impl Clause<'_> {
    pub fn at(&self) -> Span {
        span(self.types)
    }
}

/// Looks at everything that could catch what is raised at `node`, up to the function.
pub(super) fn around<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    url_is_absolute: bool,
    function: &'a StmtFunctionDef,
    node: AnyNodeRef<'a>,
) -> Result<Handlers<'a>, Why> {
    let mut handlers = Handlers::default();
    let mut all_caught = false;
    for ancestor in cx.module.ancestors(node) {
        match ancestor {
            AnyNodeRef::StmtFunctionDef(other) if std::ptr::eq(other, function) => break,
            AnyNodeRef::StmtWith(with) => {
                for item in &with.items {
                    if span(item).contains(span(node)) {
                        continue;
                    }
                    if let Some(name) = caught_within(cx, names, (&item.context_expr).into()) {
                        return Err(Why::new(format!(
                            "`with {}` minds `{name}`",
                            cx.module.describe(&item.context_expr)
                        )));
                    }
                }
            }
            AnyNodeRef::StmtTry(statement) => {
                let in_body = |inner| span(inner).contains(span(node));
                if !statement.body.iter().any(in_body) {
                    continue;
                }
                for ExceptHandler::ExceptHandler(handler) in &statement.handlers {
                    all_caught |= clause(
                        cx,
                        names,
                        url_is_absolute,
                        statement,
                        handler,
                        &mut handlers,
                    )?;
                }
            }
            _ => {}
        }
    }
    if !all_caught {
        handlers.leaks = true;
        let Mapping { from, to, .. } = names.new;
        handlers.reviews.insert(Cow::Owned(format!(
            "errors that leave the function are {to}'s: callers that catch those of {from} must change"
        )));
    }
    Ok(handlers)
}

/// The first exception under a node that requests may raise and httpx does not, as it is written.
pub(super) fn caught_within<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    node: AnyNodeRef<'a>,
) -> Option<String> {
    let concerns = |expression: &&'a Expr| match cx.module.entity(expression) {
        Entity::Builtin(name) => OS_ERRORS.contains(&name),
        Entity::External(name) => is_exception(names, &name),
        _ => false,
    };
    names_within(node)
        .into_iter()
        .find(concerns)
        .map(|name| cx.module.describe(name))
}

/// One clause; whether it catches every failure of a request.
fn clause<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
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
    let mut classes = Vec::new();
    for class in listed {
        let mut counterparts = None;
        match cx.module.entity(class) {
            Entity::Builtin("Exception" | "BaseException") => {
                catches_all = true;
                concerned = true;
            }
            Entity::Builtin(name) if UNRELATED.contains(&name) => {}
            Entity::Builtin("ValueError") if url_is_absolute => concerned = true,
            Entity::Builtin(_) if names.new.same_builtin_errors => concerned = true,
            Entity::Builtin(name) => {
                let Mapping { from, to, .. } = names.new;
                return Err(Why::new(format!(
                    "`except {name}` catches errors of {from}, but not those of {to}"
                )));
            }
            Entity::External(name) => match names.new.exceptions.get(&name) {
                Some(caught) => {
                    concerned = true;
                    catches_all |= names.old.catch_all.contains(&name);
                    let review = judge(caught.class, &caught.why)?;
                    handlers.reviews.extend(review.map(Cow::Borrowed));
                    counterparts = Some(caught.to.as_slice());
                }
                None if is_unrelated(names, &name) => {}
                None => {
                    return Err(Why::new(format!(
                        "`except {name}` has no known counterpart in {}",
                        names.new.to
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
        classes.push((class, counterparts));
    }
    if concerned && let Some(name) = &handler.name {
        look_at_exception(cx, names, handler, name.as_str(), handlers)?;
    }
    if classes
        .iter()
        .any(|(_, counterparts)| counterparts.is_some())
    {
        handlers.clauses.push(Clause {
            within: statement,
            types,
            classes,
        });
    }
    Ok(catches_all && !raises(handler))
}

/// Whether a class outside this file has nothing to do with HTTP: of asyncio, of the project.
fn is_unrelated(names: Names<'_>, name: &str) -> bool {
    const RELATED: [&str; 5] = ["http", "socket", "ssl", "urllib", "urllib3"];
    let (module, member) = name.split_once('.').unwrap_or(("", name));
    let class = member.rsplit('.').next().unwrap_or_default();
    if is_exception(names, name) {
        return false;
    }
    // `from .compat import Timeout` may be the old library's class, and `NETWORK_ERRORS` a tuple of
    // such.
    let known = names.new.exceptions.keys();
    let same_name = |known: &String| known.rsplit('.').next() == Some(class);
    if known.into_iter().any(same_name) && !is_stdlib(name)
        || !class.chars().any(char::is_lowercase)
    {
        return false;
    }
    name == "json.JSONDecodeError"
        || name == "json.decoder.JSONDecodeError"
        || module == "asyncio" && !name.ends_with("TimeoutError")
        || module.is_empty()
        || !RELATED.contains(&module)
            && module != names.new.from
            && module != names.new.to
            && !is_stdlib(name)
}

/// Whether a qualified name is an exception of the library, or the module of them.
pub(super) fn is_exception(names: Names<'_>, name: &str) -> bool {
    names.new.exceptions.contains_key(name)
        || names.old.exception_modules.iter().any(|module| {
            name.strip_prefix(module.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
}

/// The exception's own members differ; only its message and passing it on are in sight.
fn look_at_exception(
    cx: &Cx<'_>,
    names: Names<'_>,
    handler: &ExceptHandlerExceptHandler,
    name: &str,
    handlers: &mut Handlers<'_>,
) -> Result<(), Why> {
    let words = || {
        Cow::Owned(format!(
            "{} words its error messages differently",
            names.new.to
        ))
    };
    for read in crate::model::file::references_within(handler.into()) {
        if read.id != name {
            continue;
        }
        let node = AnyNodeRef::from(read);
        match cx.module.parent(node) {
            Some(AnyNodeRef::StmtRaise(_)) => {}
            Some(AnyNodeRef::InterpolatedElement(_)) => {
                handlers.reviews.insert(words());
            }
            Some(arguments @ AnyNodeRef::Arguments(_)) if is_message(cx, arguments) => {
                handlers.reviews.insert(words());
            }
            _ => {
                return Err(Why::new(format!(
                    "what is done with the exception `{name}` may not work with one of {}",
                    names.new.to
                )));
            }
        }
    }
    Ok(())
}

/// Methods of loggers.
pub(super) const LOGGING: [&str; 8] = [
    "critical",
    "debug",
    "error",
    "exception",
    "info",
    "log",
    "warn",
    "warning",
];

/// Whether arguments belong to `str`, `print` or a method of a logger.
fn is_message(cx: &Cx<'_>, arguments: AnyNodeRef<'_>) -> bool {
    let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(arguments) else {
        return false;
    };
    match &*call.func {
        Expr::Name(name) => matches!(name.id.as_str(), "str" | "print" | "repr"),
        Expr::Attribute(method) => LOGGING.contains(&method.attr.as_str()),
        _ => false,
    }
}

fn raises(handler: &ExceptHandlerExceptHandler) -> bool {
    let mut found = false;
    walk(handler.into(), &mut |node| {
        found |= matches!(node, AnyNodeRef::StmtRaise(_));
        TraversalSignal::Traverse
    });
    found
}

/// The edit that makes a clause catch the new exceptions. The old ones stay named where something
/// else in the body may still raise them.
pub(super) fn rewrite<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    clause: &Clause<'a>,
    sent: &Sent,
    deeper: bool,
) -> Result<(Edit, Vec<ImportName>), Why> {
    let keep = others_raise(cx, names, &clause.within.body, sent);
    let decodes = sent.decodes(cx, &clause.within.body);
    let mut needs = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !texts.contains(&text) {
            texts.push(text);
        }
    };
    for (class, counterparts) in &clause.classes {
        if keep || counterparts.is_none() {
            add(cx.module.source(class).to_owned());
        }
        let Some(counterparts) = counterparts else {
            continue;
        };
        let all = names.old.catch_all.iter().any(|all| {
            let all = names.new.exceptions.get(all);
            all.is_some_and(|all| all.to.as_slice() == *counterparts)
        });
        let decoding = names.new.decoding_error.as_ref().filter(|_| all && decodes);
        for name in counterparts.iter().chain(decoding) {
            let (module, member) = name.split_once('.').unwrap_or((&names.new.to, name));
            let reach = reach(cx, module, member, clause.types.into())?;
            needs.extend(reach.need);
            add(reach.text);
        }
    }
    let parent = cx.module.parent(clause.types.into());
    let whole = match (clause.types, parent) {
        (Expr::Tuple(_), _) | (_, None) => span(clause.types),
        (types, Some(parent)) => cx
            .module
            .layout()
            .parentheses(types.into(), parent)
            .unwrap_or_else(|| span(types)),
    };
    if cx.module.layout().has_comments(whole) {
        return Err(Why::new(
            "a comment stands among the classes of an `except`",
        ));
    }
    Ok((
        Edit::replace(whole, listed(cx, whole, &texts, deeper)),
        needs,
    ))
}

/// The classes as `except` takes them: one, or a tuple, broken where the line would be too long.
fn listed(cx: &Cx<'_>, at: Span, texts: &[String], deeper: bool) -> String {
    let layout = cx.module.layout();
    let unit = layout.indent_unit();
    let depth = if deeper { unit } else { "" };
    if let [only] = texts {
        return only.clone();
    }
    let short = format!("({})", texts.join(", "));
    let rest = Span::new(layout.line_start(at.start()), at.start());
    let after = Span::new(at.end(), layout.line_end(at.end()));
    let around: usize = [rest, after]
        .iter()
        .map(|part| part.of(cx.module.text()).chars().count())
        .sum();
    if depth.len() + around + short.chars().count() <= cx.options.line_length {
        return short;
    }
    let newline = layout.newline();
    let indent = format!("{}{depth}", layout.indent_at(at.start()));
    let mut long = "(".to_owned();
    for text in texts {
        long.push_str(&format!("{newline}{indent}{unit}{text},"));
    }
    long.push_str(&format!("{newline}{indent})"));
    long
}
