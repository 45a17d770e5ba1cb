//! The `except` clauses around a request: what they catch today, and what they must name to catch
//! the same failures of httpx.

use super::clauses::{Class, Clause, Listed};
use super::raising::names_within;
use super::{Names, constants, handler, judge};
use crate::fix::Cx;
use crate::model::file::{Entity, Why};
use crate::model::libraries::Caught;
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, ExceptHandlerExceptHandler, Expr, ExprCall, StmtFunctionDef,
    StmtTry, StmtWith,
};
use crate::python::span;
use crate::text::Edit;
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
    pub reviews: BTreeSet<String>,
    /// Clauses to change, with the names they get instead or in addition.
    pub clauses: Vec<Clause<'a>>,
    /// What else changes in them.
    pub edits: Vec<Edit>,
    /// Something may leave the function.
    pub leaks: bool,
    /// Functions that errors leave, and whose callers are not all in sight.
    pub leaving: BTreeSet<String>,
    /// The call that may raise.
    pub raiser: Option<&'a ExprCall>,
}

/// Classes of exceptions, with what becomes of them.
pub(super) struct Classes<'a> {
    pub list: Vec<Class<'a>>,
    /// They catch every failure of a request.
    pub catch_all: bool,
    /// Some catch failures of a request.
    pub concerned: bool,
    /// All of these are errors that an answer tells of.
    pub answers: bool,
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
    if let AnyNodeRef::ExprCall(call) = node {
        handlers.raiser = Some(call);
    }
    let mut all_caught = false;
    for ancestor in cx.module.ancestors(node) {
        match ancestor {
            AnyNodeRef::StmtFunctionDef(other) if std::ptr::eq(other, function) => break,
            AnyNodeRef::StmtWith(with) => {
                all_caught |= suppressed(cx, names, with, node, &mut handlers)?;
            }
            AnyNodeRef::StmtTry(statement) => {
                let in_body = |inner| span(inner).contains(span(node));
                if !statement.body.iter().any(in_body) {
                    continue;
                }
                let function = Some(function);
                all_caught |= caught(
                    cx,
                    names,
                    url_is_absolute,
                    function,
                    statement,
                    &mut handlers,
                )?;
            }
            _ => {}
        }
    }
    handlers.leaks = !all_caught;
    Ok(handlers)
}

/// The clauses of a statement whose body may raise; whether they let no failure through.
pub(super) fn caught<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    url_is_absolute: bool,
    function: Option<&'a StmtFunctionDef>,
    statement: &'a StmtTry,
    handlers: &mut Handlers<'a>,
) -> Result<bool, Why> {
    if let Some(other) = names_new(cx, names, statement) {
        return Err(Why::new(format!(
            "`except {other}` would catch errors of requests sent by {}",
            names.new.to
        )));
    }
    let mut covered = false;
    let mut all_caught = false;
    for ExceptHandler::ExceptHandler(handler) in &statement.handlers {
        let known = Known {
            url_is_absolute,
            covered,
        };
        let reach = clause(cx, names, known, function, statement, handler, handlers)?;
        covered |= reach.covers;
        all_caught |= reach.ends;
    }
    Ok(all_caught)
}

/// Whether an expression names an exception that the old library may raise and the new one does not.
pub(super) fn is_old<'a>(cx: &Cx<'a>, names: Names<'_>, expression: &'a Expr) -> bool {
    match cx.module.entity(expression) {
        Entity::Builtin(name) => OS_ERRORS.contains(&name),
        Entity::External(name) => is_exception(names, &name),
        _ => false,
    }
}

/// The classes that an `except` clause lists, or a call that takes them in the same way.
pub(super) fn listed_in(types: &Expr) -> &[Expr] {
    match types {
        Expr::Tuple(tuple) => &tuple.elts,
        single => std::slice::from_ref(single),
    }
}

/// A class of the new library that a statement catches already.
fn names_new<'a>(cx: &Cx<'a>, names: Names<'_>, statement: &'a StmtTry) -> Option<String> {
    let handlers = statement.handlers.iter();
    let types =
        handlers.filter_map(|ExceptHandler::ExceptHandler(handler)| handler.type_.as_deref());
    let mut classes = types.flat_map(listed_in);
    let class = classes.find(|class| {
        let name = cx.module.qualified(class);
        name.is_some_and(|name| name.split('.').next() == Some(&*names.new.to))
    })?;
    Some(cx.module.describe(class))
}

/// `with suppress(...)` around a request; whether it lets no failure through.
fn suppressed<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    with: &'a StmtWith,
    node: AnyNodeRef<'a>,
    handlers: &mut Handlers<'a>,
) -> Result<bool, Why> {
    let mut all_caught = false;
    for item in &with.items {
        if span(item).contains(span(node)) {
            continue;
        }
        if let Expr::Call(call) = &item.context_expr
            && cx.module.qualified(&call.func).as_deref() == Some("contextlib.suppress")
            && call.arguments.keywords.is_empty()
        {
            let found = classes(cx, names, &call.arguments.args, false, handlers)?;
            all_caught |= found.catch_all;
            if found.list.iter().any(|class| class.counterparts.is_some()) {
                handlers.clauses.push(Clause {
                    within: span(with),
                    bodies: vec![&with.body],
                    listed: Listed::Arguments(&call.arguments.args),
                    classes: found.list,
                    reads_new: false,
                });
            }
        } else if let Some(name) = caught_within(cx, names, (&item.context_expr).into()) {
            return Err(Why::new(format!(
                "`with {}` minds `{name}`",
                cx.module.describe(&item.context_expr)
            )));
        }
    }
    Ok(all_caught)
}

/// The first exception under a node that requests may raise and httpx does not, as it is written.
pub(super) fn caught_within<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    node: AnyNodeRef<'a>,
) -> Option<String> {
    names_within(node)
        .into_iter()
        .find(|name| is_old(cx, names, name))
        .map(|name| cx.module.describe(name))
}

/// What is known where a clause is looked at.
#[derive(Clone, Copy)]
struct Known {
    url_is_absolute: bool,
    /// A clause before it catches every failure of a request.
    covered: bool,
}

/// How much a clause catches.
struct Reach {
    /// No failure of a request gets to the clauses below.
    covers: bool,
    /// No failure of a request gets further.
    ends: bool,
}

fn clause<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    known: Known,
    function: Option<&'a StmtFunctionDef>,
    statement: &'a StmtTry,
    handler: &'a ExceptHandlerExceptHandler,
    handlers: &mut Handlers<'a>,
) -> Result<Reach, Why> {
    let ends = !handler::hands_on(handler);
    let Some(types) = handler.type_.as_deref() else {
        return Ok(Reach { covers: true, ends });
    };
    let named = |class: &'a Expr| {
        cx.module
            .qualified(class)
            .is_some_and(|name| is_exception(names, &name))
    };
    if known.covered && !listed_in(types).iter().any(named) {
        return Ok(Reach {
            covers: true,
            ends: false,
        });
    }
    let mut bodies = vec![&statement.body[..]];
    let mut types = types;
    if let Some(constant) = constants::of(cx, types) {
        let constant = constant?;
        types = constant.value;
        bodies = constant.bodies;
    }
    let listed = listed_in(types);
    let found = classes(cx, names, listed, known.url_is_absolute, handlers)?;
    let mut reads_new = false;
    if found.concerned {
        reads_new = handler::look(
            cx,
            names,
            function,
            statement,
            handler,
            found.answers,
            handlers,
        )?;
    }
    if reads_new || found.list.iter().any(|class| class.counterparts.is_some()) {
        handlers.clauses.push(Clause {
            within: span(statement),
            bodies,
            listed: Listed::Classes(types),
            classes: found.list,
            reads_new,
        });
    }
    Ok(Reach {
        covers: found.catch_all,
        ends: found.catch_all && ends,
    })
}

/// What becomes of classes that are listed together.
pub(super) fn classes<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    listed: &'a [Expr],
    url_is_absolute: bool,
    handlers: &mut Handlers<'a>,
) -> Result<Classes<'a>, Why> {
    let mut found = Classes {
        list: Vec::new(),
        catch_all: false,
        concerned: false,
        answers: true,
    };
    let is_catch_all = |class: &'a Expr| match cx.module.entity(class) {
        Entity::Builtin(name) => matches!(name, "BaseException" | "Exception"),
        Entity::External(name) => names.old.catch_all.contains(&name),
        _ => false,
    };
    found.catch_all = listed.iter().any(is_catch_all);
    let catches_all = found.catch_all;
    for class in listed {
        let name = match cx.module.entity(class) {
            Entity::Builtin(name) => name.to_owned(),
            Entity::External(name) => name,
            Entity::Class(_) => String::new(),
            _ => {
                return Err(Why::new(format!(
                    "what `except {}` catches is not known",
                    cx.module.describe(class)
                )));
            }
        };
        let is_builtin = !name.contains('.');
        // What one class of the list catches anyway.
        let all_but = catches_all && is_builtin;
        let row = names.new.exceptions.get(&name);
        let row = row.filter(|row| !(row.stays && all_but));
        let row = row.filter(|_| name != "ValueError" || !url_is_absolute);
        let mut counterparts = None;
        let mut stays = false;
        match row {
            Some(caught) => {
                found.concerned = true;
                found.answers &= caught.to.iter().all(|name| is_of_answer(names, name));
                let review = judge(caught.class, &caught.why)?;
                handlers.reviews.extend(review.map(str::to_owned));
                counterparts = Some(caught.to.as_slice());
                stays = caught.stays;
                found.catch_all |= catches_as_much(names, caught);
            }
            None if matches!(&*name, "BaseException" | "Exception" | "ValueError") => {
                found.concerned = true;
                found.answers = false;
            }
            None if name.is_empty() || UNRELATED.contains(&&*name) || all_but => {}
            None if is_builtin && names.new.same_builtin_errors => {
                found.concerned = true;
                found.answers = false;
            }
            None if is_builtin => {
                return Err(Why::new(format!(
                    "`except {name}` catches errors of {}, but not those of {}",
                    names.new.from, names.new.to
                )));
            }
            None if is_unrelated(names, &name) => {}
            None => {
                return Err(Why::new(format!(
                    "`except {name}` has no known counterpart in {}",
                    names.new.to
                )));
            }
        }
        found.list.push(Class {
            expression: class,
            counterparts,
            stays,
        });
    }
    Ok(found)
}

/// Whether a class catches what the old library's catch-alls do.
fn catches_as_much(names: Names<'_>, class: &Caught) -> bool {
    let mut all = names.old.catch_all.iter();
    all.any(|all| {
        let all = names.new.exceptions.get(all);
        all.is_some_and(|all| all.to == class.to)
    })
}

/// Whether a class of the new library is that of answers with an error status.
fn is_of_answer(names: Names<'_>, class: &str) -> bool {
    let of_old = names.new.from.clone() + ".HTTPError";
    let answer = names.new.exceptions.get(&of_old);
    answer.is_some_and(|answer| answer.to.iter().any(|name| name == class))
}

/// Whether a class outside this file has nothing to do with HTTP: of asyncio, of the project.
fn is_unrelated(names: Names<'_>, name: &str) -> bool {
    const RELATED: [&str; 6] = ["http", "httpx", "socket", "ssl", "urllib", "urllib3"];
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
    name.contains('.') && names.new.exceptions.contains_key(name)
        || names.old.exception_modules.iter().any(|module| {
            name.strip_prefix(module.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
}
