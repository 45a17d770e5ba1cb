//! What waits in the body of a generator, as a coroutine says it.

use super::between;
use crate::fix::{Cx, reach};
use crate::model::file::{ImportName, Term, Why, walk};
use crate::model::libraries::{Generators, Waits};
use crate::model::project::{FunctionRef, Gives, Value};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprRef, StmtFunctionDef, StmtRaise, TraversalSignal,
};
use crate::python::span;
use crate::text::{Edit, Span};

/// The body of a generator as that of a coroutine.
#[derive(Default)]
pub(super) struct Body {
    pub edits: Vec<Edit>,
    pub need: Option<ImportName>,
    /// What a person must confirm.
    pub doubt: Option<String>,
}

pub(super) fn rewritten<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    generators: &Generators,
) -> Result<Body, Why> {
    let mut nodes = Vec::new();
    for statement in &function.body {
        walk(statement.into(), &mut |node| match node {
            AnyNodeRef::StmtFunctionDef(_)
            | AnyNodeRef::StmtClassDef(_)
            | AnyNodeRef::ExprLambda(_)
            | AnyNodeRef::ExprGenerator(_) => TraversalSignal::Skip,
            _ => {
                nodes.push(node);
                TraversalSignal::Traverse
            }
        });
    }
    let mut body = Body::default();
    for node in nodes {
        match node {
            AnyNodeRef::ExprYieldFrom(waits) if generators.waits == Waits::YieldFrom => {
                awaited(cx, &mut body, node, &waits.value)?;
            }
            AnyNodeRef::ExprYield(waits) => match (waits.value.as_deref(), generators.waits) {
                (None | Some(Expr::NoneLiteral(_)), _) => {
                    let sleep = reach(cx, "asyncio", "sleep", node)?;
                    body.need = body.need.or(sleep.need);
                    let text = format!("await {}(0)", sleep.text);
                    body.edits.push(Edit::replace(span(node), text));
                }
                (Some(value), Waits::Yield) => collected(cx, &mut body, node, value, generators)?,
                (Some(_), Waits::YieldFrom) => {
                    return Err(Why::new(
                        "it yields a value, which only the event loop itself would see",
                    ));
                }
            },
            AnyNodeRef::ExprYieldFrom(_) => {
                return Err(Why::new(
                    "it waits with `yield from` here, and with `yield` there",
                ));
            }
            AnyNodeRef::StmtRaise(raise) => returned(cx, &mut body, raise, generators),
            _ => {}
        }
    }
    Ok(body)
}

/// `yield from x` as `await x`.
fn awaited<'a>(
    cx: &Cx<'a>,
    body: &mut Body,
    node: AnyNodeRef<'a>,
    value: &'a Expr,
) -> Result<(), Why> {
    if is_plain_generator(cx, value) {
        return Err(Why::new(format!(
            "`{}` is a plain generator, which `await` refuses: decorate that one as well, or make both \
             `async def`",
            cx.module.describe(value)
        )));
    }
    if let Some(AnyNodeRef::WithItem(item)) = cx.module.parent(node)
        && let Some(AnyNodeRef::StmtWith(statement)) = cx.module.parent(item.into())
    {
        let outer = outer(cx, node);
        if statement.items.len() > 1 || statement.is_async {
            return Err(Why::new("a `with` that takes a lock has other items, too"));
        }
        body.edits
            .push(Edit::insert(span(statement).start(), "async "));
        let text = span(value).of(cx.module.text());
        body.edits.push(Edit::replace(outer, text));
        return Ok(());
    }
    if body.doubt.is_none() && !is_awaitable(cx, value) {
        body.doubt = Some(format!(
            "`await` takes no plain generators, as `yield from` did: is `{}` awaitable?",
            cx.module.describe(value)
        ));
    }
    put_await(cx, body, node, value)
}

/// Puts `await` in the place of `yield` or `yield from`, without the parentheses that only those needed.
fn put_await<'a>(
    cx: &Cx<'a>,
    body: &mut Body,
    node: AnyNodeRef<'a>,
    value: &'a Expr,
) -> Result<(), Why> {
    let parent = cx.module.parent(node);
    let start = parent
        .and_then(|parent| {
            cx.module
                .layout()
                .parentheses(value.into(), node)
                .map(|at| (parent, at))
        })
        .map_or(span(value), |(_, at)| at);
    if cx
        .module
        .layout()
        .has_comments(Span::new(span(node).start(), start.start()))
    {
        return Err(Why::new("a comment stands after `yield`"));
    }
    let own = start != span(value);
    let (open, close) = match own || is_primary(value) {
        true => ("", ""),
        false => ("(", ")"),
    };
    let around = outer(cx, node);
    let needless = matches!(
        parent,
        Some(
            AnyNodeRef::StmtAssign(_)
                | AnyNodeRef::StmtAnnAssign(_)
                | AnyNodeRef::StmtAugAssign(_)
                | AnyNodeRef::StmtExpr(_)
                | AnyNodeRef::StmtReturn(_)
                | AnyNodeRef::StmtIf(_)
                | AnyNodeRef::StmtWhile(_)
                | AnyNodeRef::Arguments(_)
                | AnyNodeRef::Keyword(_)
                | AnyNodeRef::ExprTuple(_)
                | AnyNodeRef::ExprList(_)
                | AnyNodeRef::ExprCompare(_)
                | AnyNodeRef::ExprBoolOp(_)
                | AnyNodeRef::ExprUnaryOp(_)
                | AnyNodeRef::ExprBinOp(_)
        )
    );
    let bare = needless
        && around != span(node)
        && !between(cx, around.start(), around.end()).contains('\n');
    let from = if bare {
        around.start()
    } else {
        span(node).start()
    };
    // After `not` or `return` with nothing between: `return(yield from x)`.
    let touches = bare && cx.module.text()[..from].ends_with(|last: char| last.is_alphanumeric());
    let space = if touches { " " } else { "" };
    body.edits.push(Edit::replace(
        Span::new(from, start.start()),
        format!("{space}await {open}"),
    ));
    let end = if bare { around.end() } else { span(node).end() };
    if end > start.end() || !close.is_empty() {
        body.edits
            .push(Edit::replace(Span::new(start.end(), end), close));
    }
    Ok(())
}

/// The expression with the parentheses around it.
fn outer<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Span {
    let found = node.as_expr_ref().zip(cx.module.parent(node)).and_then(
        |(expression, parent): (ExprRef<'_>, _)| cx.module.layout().parentheses(expression, parent),
    );
    found.unwrap_or_else(|| span(node))
}

/// Whether `await` before an expression takes all of it.
fn is_primary(value: &Expr) -> bool {
    !matches!(
        value,
        Expr::BoolOp(_)
            | Expr::BinOp(_)
            | Expr::UnaryOp(_)
            | Expr::If(_)
            | Expr::Compare(_)
            | Expr::Lambda(_)
            | Expr::Await(_)
            | Expr::Named(_)
            | Expr::Tuple(_)
            | Expr::Yield(_)
            | Expr::YieldFrom(_)
    )
}

/// `yield x` as `await x`, and `yield [a, b]` as `await gen.multi([a, b])`.
fn collected<'a>(
    cx: &Cx<'a>,
    body: &mut Body,
    node: AnyNodeRef<'a>,
    value: &'a Expr,
    generators: &Generators,
) -> Result<(), Why> {
    if let Expr::Call(call) = value
        && cx
            .callee(call)
            .is_ok_and(|name| name.starts_with("concurrent.futures."))
    {
        return Err(Why::new(
            "it yields a future of a thread, which `await` refuses: wrap it with \
             `asyncio.wrap_future`",
        ));
    }
    let is_display = matches!(
        value,
        Expr::List(_) | Expr::Dict(_) | Expr::ListComp(_) | Expr::DictComp(_)
    );
    if is_display {
        let each = generators
            .each
            .as_deref()
            .and_then(|each| each.rsplit_once('.'));
        let (module, member) =
            each.ok_or_else(|| Why::new("it yields a collection, which `await` does not take"))?;
        let each = reach(cx, module, member, node)?;
        body.need = body.need.take().or(each.need);
        put_await(cx, body, node, value)?;
        body.edits
            .push(Edit::insert(span(value).start(), format!("{}(", each.text)));
        body.edits.push(Edit::insert(span(value).end(), ")"));
        body.edits = crate::fix::lines::joined(std::mem::take(&mut body.edits));
        return Ok(());
    }
    put_await(cx, body, node, value)
}

/// `raise gen.Return(x)` as `return x`.
fn returned<'a>(cx: &Cx<'a>, body: &mut Body, raise: &'a StmtRaise, generators: &Generators) {
    let Some(exception) = raise.exc.as_deref().filter(|_| raise.cause.is_none()) else {
        return;
    };
    let (callee, value) = match exception {
        Expr::Call(ExprCall {
            func, arguments, ..
        }) => match (&*arguments.args, &*arguments.keywords) {
            ([], []) => (&**func, None),
            ([value], []) if !value.is_starred_expr() => (&**func, Some(value)),
            _ => return,
        },
        other => (other, None),
    };
    let name = cx.module.qualified(callee);
    if !name.is_some_and(|name| generators.returns.contains(&name)) {
        return;
    }
    let at = span(raise);
    match value {
        None => body.edits.push(Edit::replace(at, "return")),
        Some(value) => {
            let inner = span(value);
            let text = between(cx, inner.start(), inner.end());
            // What spans lines keeps its parentheses.
            let (open, close) = match text.contains('\n') && is_broken(value) {
                true => ("return (", ")"),
                false => ("return ", ""),
            };
            body.edits
                .push(Edit::replace(Span::new(at.start(), inner.start()), open));
            body.edits
                .push(Edit::replace(Span::new(inner.end(), at.end()), close));
        }
    }
}

/// Whether the lines of an expression hang together only by parentheses around it.
fn is_broken(value: &Expr) -> bool {
    !matches!(
        value,
        Expr::Call(_)
            | Expr::List(_)
            | Expr::Dict(_)
            | Expr::Set(_)
            | Expr::ListComp(_)
            | Expr::DictComp(_)
    )
}

/// What a call calls, in the project.
fn function_of<'a>(cx: &Cx<'a>, value: &'a Expr) -> Option<Value> {
    let Expr::Call(call) = value else {
        return None;
    };
    let facts = cx.project.call(cx.file, cx.index_of(call)?)?;
    Some(cx.project.value(cx.file, facts.callee))
}

/// Whether a call gives a generator that no decorator makes a coroutine of.
fn is_plain_generator<'a>(cx: &Cx<'a>, value: &'a Expr) -> bool {
    if matches!(value, Expr::Generator(_) | Expr::List(_) | Expr::Tuple(_)) {
        return true;
    }
    let Some(Value::Function(function) | Value::Method(function, _)) = function_of(cx, value)
    else {
        return false;
    };
    let of = cx.project.function(function);
    of.is_some_and(|of| of.is_generator && !of.is_async && of.decorators.is_empty())
}

/// Whether what is waited for is certain to be awaitable.
fn is_awaitable<'a>(cx: &Cx<'a>, value: &'a Expr) -> bool {
    let Expr::Call(call) = value else {
        return false;
    };
    let called = function_of(cx, value);
    if called.is_some_and(|called| all_coroutines(cx, &called)) {
        return true;
    }
    match cx.gives(call) {
        Gives::Coroutine(_) | Gives::LibraryCoroutine(_) | Gives::Task(_) => true,
        // Whatever else of asyncio can be waited for.
        Gives::Library(name) => {
            name.starts_with("asyncio.") && &*name != "asyncio.as_completed" && {
                let facts = cx
                    .index_of(call)
                    .and_then(|at| cx.project.call(cx.file, at));
                let terms = cx.project.facts(cx.file).map(|facts| &facts.terms);
                facts.zip(terms).is_some_and(|(facts, terms)| {
                    !matches!(terms.get(facts.callee.0 as usize), Some(Term::Unknown(_)))
                })
            }
        }
        _ => false,
    }
}

/// Whether a function of the project gives a coroutine, whichever of the methods of its name it is.
fn all_coroutines(cx: &Cx<'_>, called: &Value) -> bool {
    let project = cx.project;
    let gives_one = |function: FunctionRef| {
        let of = project.function(function);
        of.is_some_and(|of| {
            let plain = of.is_async && !of.is_generator && of.decorators.is_empty();
            plain || super::is_coroutine(project, function.file, of)
        })
    };
    match called {
        Value::Function(function) => gives_one(*function),
        Value::Method(function, class) => {
            let Some(of) = project.function(*function) else {
                return false;
            };
            let family = project.family_of(*class);
            family.into_iter().all(|kin| {
                let members = project.class(kin).into_iter().flat_map(|kin| &kin.members);
                let mut same = members.filter(|(name, _)| **name == *of.name);
                same.all(|(_, term)| match project.value(kin.file, *term) {
                    Value::Function(function) => gives_one(function),
                    _ => false,
                })
            })
        }
        _ => false,
    }
}
