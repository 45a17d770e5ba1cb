//! What is in a loop: its awaits, the names it binds, and whether one round can feed the next.

use crate::fix::Cx;
use crate::model::file::{Lookup, ScopeId, ScopeKind, Why, references_within, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprAwait, ExprCall, ExprName, Stmt, TraversalSignal};
use crate::python::span;

/// Whether a loop or comprehension awaits something for each item by itself, not in a loop or
/// function inside it.
pub(super) fn awaits_each<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    match node {
        AnyNodeRef::StmtFor(statement) => statement
            .body
            .iter()
            .any(|inner| !awaits(AnyNodeRef::from(inner)).is_empty()),
        _ => {
            // The first iterable is evaluated once.
            let first = first_iterable(node).map(span);
            awaits_within(node).iter().any(|found| {
                !first.is_some_and(|first| first.contains(span(*found)))
                    && owner_is(cx, node, found)
            })
        }
    }
}

/// Whether an `await` belongs to this comprehension and not to one inside it.
fn owner_is<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, found: &'a ExprAwait) -> bool {
    cx.module
        .ancestors(found.into())
        .find(|ancestor| {
            matches!(
                ancestor,
                AnyNodeRef::ExprListComp(_)
                    | AnyNodeRef::ExprSetComp(_)
                    | AnyNodeRef::ExprDictComp(_)
                    | AnyNodeRef::ExprGenerator(_)
            )
        })
        .is_some_and(|owner| span(owner) == span(node))
}

fn first_iterable(node: AnyNodeRef<'_>) -> Option<&Expr> {
    let generators = match node {
        AnyNodeRef::ExprListComp(list) => &list.generators,
        AnyNodeRef::ExprSetComp(set) => &set.generators,
        AnyNodeRef::ExprDictComp(dict) => &dict.generators,
        _ => return None,
    };
    generators.first().map(|clause| &clause.iter)
}

/// The awaits under a statement that run once for each time it does.
pub(super) fn awaits(node: AnyNodeRef<'_>) -> Vec<&ExprAwait> {
    collect(node, &|inner| {
        matches!(
            inner,
            AnyNodeRef::StmtFunctionDef(_)
                | AnyNodeRef::StmtClassDef(_)
                | AnyNodeRef::ExprLambda(_)
                | AnyNodeRef::StmtFor(_)
                | AnyNodeRef::StmtWhile(_)
                | AnyNodeRef::ExprListComp(_)
                | AnyNodeRef::ExprSetComp(_)
                | AnyNodeRef::ExprDictComp(_)
                | AnyNodeRef::ExprGenerator(_)
        )
    })
}

/// All awaits under a node, outside functions.
pub(super) fn awaits_within(node: AnyNodeRef<'_>) -> Vec<&ExprAwait> {
    collect(node, &|inner| {
        matches!(
            inner,
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_)
        )
    })
}

/// Whether there is an `async with` or `async for` under a node, outside functions.
pub(super) fn is_async_within(node: AnyNodeRef<'_>) -> bool {
    let mut found = false;
    walk(node, &mut |inner| {
        found |= match inner {
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => {
                return TraversalSignal::Skip;
            }
            AnyNodeRef::StmtFor(each) => each.is_async,
            AnyNodeRef::StmtWith(with) => with.is_async,
            AnyNodeRef::Comprehension(clause) => clause.is_async,
            _ => false,
        };
        TraversalSignal::Traverse
    });
    found
}

/// Whether a node waits for anything itself, outside functions.
pub(super) fn waits(node: AnyNodeRef<'_>) -> bool {
    is_async_within(node) || !awaits_within(node).is_empty()
}

fn collect<'a>(node: AnyNodeRef<'a>, stop: &dyn Fn(AnyNodeRef<'a>) -> bool) -> Vec<&'a ExprAwait> {
    let mut found = Vec::new();
    walk(node, &mut |inner| {
        if stop(inner) {
            return TraversalSignal::Skip;
        }
        if let AnyNodeRef::ExprAwait(awaited) = inner {
            found.push(awaited);
        }
        TraversalSignal::Traverse
    });
    found
}

/// The call under the only `await` of a round, which must run in every round.
pub(super) fn only_call<'a>(
    cx: &Cx<'a>,
    within: AnyNodeRef<'a>,
    found: &[&'a ExprAwait],
) -> Result<(&'a ExprAwait, &'a ExprCall), Why> {
    let [awaited] = found else {
        return Err(Why::new(
            "a round awaits more than one thing, one after the other",
        ));
    };
    let Expr::Call(call) = &*awaited.value else {
        return Err(Why::new(format!(
            "`{}` is awaited without a call, and runs already",
            cx.module.describe(&awaited.value)
        )));
    };
    let mut inner = span(*awaited);
    for ancestor in cx.module.ancestors((*awaited).into()) {
        if span(ancestor) == span(within) && ancestor.is_statement() == within.is_statement() {
            break;
        }
        let sometimes = match ancestor {
            AnyNodeRef::ExprIf(expression) => span(&*expression.test) != inner,
            AnyNodeRef::ExprBoolOp(expression) => {
                expression.values.first().map(span) != Some(inner)
            }
            // `a < b < c` looks at `c` only if the first comparison holds.
            AnyNodeRef::ExprCompare(expression) => expression
                .comparators
                .iter()
                .skip(1)
                .any(|operand| span(operand) == inner),
            _ => false,
        };
        if sometimes {
            return Err(Why::new(
                "whether a round awaits depends on a condition inside an expression",
            ));
        }
        inner = span(ancestor);
    }
    let mut lazy = false;
    walk(AnyNodeRef::from(&call.arguments), &mut |node| {
        lazy |= matches!(
            node,
            AnyNodeRef::ExprLambda(_) | AnyNodeRef::ExprGenerator(_) | AnyNodeRef::ExprNamed(_)
        );
        TraversalSignal::Traverse
    });
    if lazy {
        return Err(Why::new(
            "an argument of the call is evaluated later, or binds a name",
        ));
    }
    if cx.module.source(&call.func).contains("super()") {
        return Err(Why::new("`super()` works only in the method itself"));
    }
    Ok((awaited, call))
}

/// The plain names that a target binds; refused for anything else.
pub(super) fn target_names(target: &Expr) -> Result<Vec<&str>, Why> {
    match target {
        Expr::Name(name) => Ok(vec![name.id.as_str()]),
        Expr::Tuple(tuple) => {
            let parts: Result<Vec<_>, _> = tuple.elts.iter().map(target_names).collect();
            Ok(parts?.concat())
        }
        _ => Err(Why::new("the loop's target is more than plain names")),
    }
}

/// Names read under any of the nodes.
pub(super) fn names_read<'a>(nodes: impl IntoIterator<Item = AnyNodeRef<'a>>) -> Vec<&'a str> {
    nodes
        .into_iter()
        .flat_map(references_within)
        .filter(|name| name.ctx.is_load())
        .map(|name| name.id.as_str())
        .collect()
}

/// Names that the statements bind, and those at the root of objects they change.
pub(super) fn names_written<'a>(
    cx: &Cx<'a>,
    statements: impl IntoIterator<Item = &'a Stmt>,
) -> Vec<&'a str> {
    // A comprehension's names are its own, but for those of `:=`.
    let is_own = |name: &'a ExprName| {
        let scope = cx.module.scope_of(name.into());
        let inner = scope.map(|scope| cx.module.scope(scope).kind);
        matches!(
            inner,
            Some(ScopeKind::Comprehension(_) | ScopeKind::Generator(_))
        ) && !matches!(
            cx.module.parent(name.into()),
            Some(AnyNodeRef::ExprNamed(_))
        )
    };
    let mut written = Vec::new();
    for statement in statements {
        walk(AnyNodeRef::from(statement), &mut |node| {
            match node {
                AnyNodeRef::ExprName(name) if !name.ctx.is_load() && !is_own(name) => {
                    written.push(name.id.as_str());
                }
                AnyNodeRef::ExprAttribute(attribute) if !attribute.ctx.is_load() => {
                    written.extend(root_name(&attribute.value));
                }
                AnyNodeRef::ExprSubscript(subscript) if !subscript.ctx.is_load() => {
                    written.extend(root_name(&subscript.value));
                }
                AnyNodeRef::PatternMatchAs(pattern) => {
                    written.extend(pattern.name.as_ref().map(|name| name.as_str()));
                }
                AnyNodeRef::PatternMatchStar(pattern) => {
                    written.extend(pattern.name.as_ref().map(|name| name.as_str()));
                }
                AnyNodeRef::PatternMatchMapping(pattern) => {
                    written.extend(pattern.rest.as_ref().map(|name| name.as_str()));
                }
                // A method that fills its object.
                AnyNodeRef::ExprCall(call) => {
                    if let Expr::Attribute(method) = &*call.func
                        && cx.module.catalogue().is_filling_method(&method.attr)
                    {
                        written.extend(root_name(&method.value));
                    }
                }
                _ => {}
            }
            TraversalSignal::Traverse
        });
    }
    written
}

fn root_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => root_name(&attribute.value),
        Expr::Subscript(subscript) => root_name(&subscript.value),
        Expr::Call(call) => root_name(&call.func),
        _ => None,
    }
}

/// The source of an expression, if it stands on one line.
pub(super) fn on_one_line<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Result<&'a str, Why> {
    let text = cx.module.source(expression);
    match text.contains(['\n', '\r']) {
        true => Err(Why::new("the loop's header is laid out over several lines")),
        false => Ok(text),
    }
}

/// The source of an iterable or condition as it can stand in a comprehension, or in a call.
pub(super) fn operand<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Result<String, Why> {
    let text = on_one_line(cx, expression)?;
    let bare = text.len() == span(expression).len();
    let loose = match expression {
        Expr::Tuple(tuple) => !tuple.parenthesized,
        Expr::If(_) | Expr::Lambda(_) | Expr::Named(_) | Expr::Yield(_) | Expr::YieldFrom(_) => {
            bare
        }
        _ => false,
    };
    Ok(match loose {
        true => format!("({text})"),
        false => text.to_owned(),
    })
}

/// Refuses conditions that bind names, or that may change while the loop waits because they look at
/// something else than the item.
pub(super) fn condition<'a>(cx: &Cx<'a>, condition: &'a Expr, targets: &[&str]) -> Result<(), Why> {
    binds_nothing(AnyNodeRef::from(condition))?;
    let names = references_within(AnyNodeRef::from(condition));
    if names.iter().any(|name| targets.contains(&name.id.as_str())) {
        return Ok(());
    }
    let mut plain = true;
    walk(AnyNodeRef::from(condition), &mut |node| {
        plain &= !matches!(
            node,
            AnyNodeRef::ExprAttribute(_) | AnyNodeRef::ExprCall(_) | AnyNodeRef::ExprSubscript(_)
        );
        TraversalSignal::Traverse
    });
    let local = |name: &&ExprName| {
        let scope = cx.module.scope_of(AnyNodeRef::from(*name));
        matches!(
            scope.map(|scope| cx.module.lookup(scope, &name.id)),
            Some(Lookup::Bound(owner, _)) if owner != ScopeId::MODULE
        )
    };
    match plain && names.iter().all(local) {
        true => Ok(()),
        false => Err(Why::new(format!(
            "`{}` does not look at the item, and may change while the loop waits",
            cx.module.describe(condition)
        ))),
    }
}

/// Refuses expressions with `:=`: what they bind would be bound at another time.
pub(super) fn binds_nothing(node: AnyNodeRef<'_>) -> Result<(), Why> {
    let mut found = false;
    walk(node, &mut |inner| {
        found |= matches!(inner, AnyNodeRef::ExprNamed(_));
        TraversalSignal::Traverse
    });
    match found {
        true => Err(Why::new("it binds a name with `:=`")),
        false => Ok(()),
    }
}

/// Refuses calls that are the same in every round.
pub(super) fn differs(call: &ExprCall, targets: &[&str]) -> Result<(), Why> {
    let names = references_within(AnyNodeRef::from(call));
    match names.iter().any(|name| targets.contains(&name.id.as_str())) {
        true => Ok(()),
        false => Err(Why::new(
            "every round makes the same call: it may wait for another answer",
        )),
    }
}
