//! What an `except` clause does with the exception that it caught.

use super::clauses::{Clause, Listed};
use super::errors::{self, Handlers};
use super::values::asks_identity;
use super::{Names, response};
use crate::fix::Cx;
use crate::model::file::{Target, Why, references_within, walk};
use crate::python::ast::{
    AnyNodeRef, BoolOp, CmpOp, ExceptHandlerExceptHandler, Expr, ExprAttribute, ExprBoolOp,
    ExprCall, StmtFunctionDef, StmtTry, TraversalSignal,
};
use crate::python::span;
use crate::text::Edit;

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

/// Functions that print or record an exception, whichever it is.
const RECORDING: [&str; 6] = [
    "sentry_sdk.capture_exception",
    "traceback.format_exception",
    "traceback.format_exception_only",
    "traceback.format_tb",
    "traceback.print_exception",
    "traceback.print_tb",
];

/// Looks at every use of the exception. With `answers`, a clause catches nothing but errors that an
/// answer told of.
pub(super) fn look<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    function: Option<&'a StmtFunctionDef>,
    statement: &'a StmtTry,
    handler: &'a ExceptHandlerExceptHandler,
    answers: bool,
    handlers: &mut Handlers<'a>,
) -> Result<bool, Why> {
    let mut reads_new = false;
    let Some(name) = &handler.name else {
        return Ok(false);
    };
    let name = name.as_str();
    for read in references_within(handler.into()) {
        if read.id != name {
            continue;
        }
        let node = AnyNodeRef::from(read);
        match cx.module.parent(node) {
            Some(AnyNodeRef::StmtRaise(_)) => {}
            Some(AnyNodeRef::InterpolatedElement(_)) => {
                handlers.reviews.insert(new_words(names));
            }
            Some(AnyNodeRef::ExprBinOp(operation)) if operation.left.is_string_literal_expr() => {
                handlers.reviews.insert(new_words(names));
            }
            Some(AnyNodeRef::ExprAttribute(attribute)) if attribute.attr.as_str() == "response" => {
                reads_new |= of_response(cx, names, function, attribute, answers, handlers)?;
            }
            Some(arguments @ AnyNodeRef::Arguments(_)) => {
                let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(arguments) else {
                    return Err(unclear(names, name));
                };
                given(cx, names, statement, call, answers, handlers)?
                    .then_some(())
                    .ok_or_else(|| unclear(names, name))?;
            }
            _ => return Err(unclear(names, name)),
        }
    }
    Ok(reads_new)
}

fn new_words(names: Names<'_>) -> String {
    format!("{} words its error messages differently", names.new.to)
}

fn unclear(names: Names<'_>, name: &str) -> Why {
    Why::new(format!(
        "what is done with the exception `{name}` may not work with one of {}",
        names.new.to
    ))
}

/// A call that is given the exception; whether it is known what that comes to.
fn given<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    statement: &'a StmtTry,
    call: &'a ExprCall,
    answers: bool,
    handlers: &mut Handlers<'a>,
) -> Result<bool, Why> {
    let raised = matches!(
        cx.module.parent(call.into()),
        Some(AnyNodeRef::StmtRaise(_))
    );
    match (cx.module.target(call), &*call.func) {
        (Target::Builtin("str" | "print" | "repr"), _) => {
            handlers.reviews.insert(new_words(names));
        }
        (Target::Builtin("type"), _) => {
            handlers.reviews.insert(format!(
                "the classes of errors have other names in {}",
                names.new.to
            ));
        }
        (Target::Builtin("isinstance"), _) => {
            let [_, types] = &*call.arguments.args else {
                return Ok(false);
            };
            let classes = errors::classes(cx, names, errors::listed_in(types), false, handlers)?;
            if classes
                .list
                .iter()
                .any(|class| class.counterparts.is_some())
            {
                handlers.clauses.push(Clause {
                    within: span(statement),
                    bodies: vec![&statement.body],
                    listed: Listed::Classes(types),
                    classes: classes.list,
                    reads_new: false,
                });
            }
        }
        (Target::Builtin("hasattr" | "getattr"), _) => {
            return Ok(answers || is_guarded(cx, call));
        }
        (Target::External(name), _) if RECORDING.contains(&name.as_str()) => {
            handlers.reviews.insert(new_words(names));
        }
        (_, Expr::Attribute(method))
            if LOGGING.contains(&method.attr.as_str())
                || method.attr.as_str() == "format" && method.value.is_string_literal_expr() =>
        {
            handlers.reviews.insert(new_words(names));
        }
        _ if raised => {
            handlers.reviews.insert(new_words(names));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Whether `hasattr(error, "response")` is one of several conditions, and another asks whether the
/// response is there.
fn is_guarded<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let [Expr::Name(error), Expr::StringLiteral(member)] = &*call.arguments.args else {
        return false;
    };
    let asks = |value: &Expr| {
        matches!(value, Expr::Compare(compare)
            if matches!(&*compare.ops, [CmpOp::IsNot])
                && matches!(&*compare.left, Expr::Attribute(attribute)
                    if attribute.attr.as_str() == "response"
                        && matches!(&*attribute.value, Expr::Name(name) if name.id == error.id)))
    };
    member.value.to_str() == "response"
        && matches!(cx.module.parent(call.into()), Some(AnyNodeRef::ExprBoolOp(both))
            if both.op == BoolOp::And && both.values.iter().any(asks))
}

/// `error.response`, which errors of connections do not have in httpx, and which is `None` in
/// requests; whether a member of it goes by another name.
fn of_response<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    function: Option<&'a StmtFunctionDef>,
    attribute: &'a ExprAttribute,
    answers: bool,
    handlers: &mut Handlers<'a>,
) -> Result<bool, Why> {
    if names.new.errors_without_response {
        return Err(Why::new(format!(
            "errors of {} have no `response`",
            names.new.to
        )));
    }
    match cx.module.parent(attribute.into()) {
        Some(AnyNodeRef::ExprAttribute(member)) => {
            let (Some(function), Some(raiser)) = (function, handlers.raiser) else {
                return Err(Why::new("a response is read outside of functions"));
            };
            let uses = response::read(cx, names, function, raiser, member)?;
            let reviews = uses.reviews.into_iter();
            handlers.reviews.extend(reviews.map(str::to_owned));
            let renames = !uses.edits.is_empty();
            handlers.edits.extend(uses.edits);
            Ok(renames)
        }
        Some(AnyNodeRef::ExprCompare(compare)) if asks_identity(compare) => {
            let has_one = answers || names.new.same_builtin_errors;
            if !has_one && !follows_hasattr(cx, compare.into()) {
                let quote = cx.module.layout().quote();
                let error = cx.module.source(&attribute.value);
                handlers.edits.push(Edit::replace(
                    span(attribute),
                    format!("getattr({error}, {quote}response{quote}, None)"),
                ));
            }
            Ok(false)
        }
        _ => Err(Why::new(format!(
            "`{}` is handed on, and an error of {} may have none",
            span(attribute).of(cx.module.text()),
            names.new.to
        ))),
    }
}

/// Whether a condition is asked only where `hasattr` said yes.
fn follows_hasattr<'a>(cx: &Cx<'a>, condition: AnyNodeRef<'a>) -> bool {
    let Some(AnyNodeRef::ExprBoolOp(ExprBoolOp { op, values, .. })) = cx.module.parent(condition)
    else {
        return false;
    };
    let before = values
        .iter()
        .take_while(|value| span(*value) != span(condition));
    *op == BoolOp::And
        && before.into_iter().any(|value| {
            matches!(value, Expr::Call(call)
                if matches!(cx.module.target(call), Target::Builtin("hasattr")))
        })
}

/// Whether a clause raises again what it caught.
pub(super) fn hands_on(handler: &ExceptHandlerExceptHandler) -> bool {
    let mut found = false;
    walk(handler.into(), &mut |node| {
        if let AnyNodeRef::StmtRaise(raised) = node {
            found |= !raised.exc.as_deref().is_some_and(Expr::is_call_expr);
        }
        TraversalSignal::Traverse
    });
    found
}
