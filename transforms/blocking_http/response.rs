//! What a coroutine does with a response: which members change their names, and whether all uses
//! are in sight.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Target, Why};
use crate::model::libraries::{Http, Member};
use crate::python::ast::{
    AnyNodeRef, CmpOp, ConversionFlag, Expr, ExprAttribute, ExprCall, ExprContext, Stmt,
    StmtFunctionDef, UnaryOp,
};
use crate::python::span;
use crate::text::Edit;

/// The uses of one response.
#[derive(Debug, Default)]
pub(super) struct Uses<'a> {
    pub edits: Vec<Edit>,
    pub reviews: Vec<&'static str>,
    /// Method calls that may raise the library's exceptions.
    pub raising: Vec<AnyNodeRef<'a>>,
    /// The other calls whose responses go by the same name.
    pub siblings: Vec<&'a ExprCall>,
}

/// Follows the response of `call` through its function; refused where it leaves what can be seen.
pub(super) fn follow<'a>(
    cx: &Cx<'a>,
    http: &'static Http,
    function: &'a StmtFunctionDef,
    call: &'a ExprCall,
) -> Result<Uses<'a>, Why> {
    let mut uses = Uses::default();
    match cx.module.parent(call.into()) {
        Some(AnyNodeRef::StmtExpr(_)) => {}
        Some(AnyNodeRef::ExprAttribute(attribute)) => {
            direct(cx, http, attribute, &mut uses)?;
        }
        Some(AnyNodeRef::StmtAssign(assign)) => {
            let [Expr::Name(name)] = &assign.targets[..] else {
                return Err(Why::new(
                    "the response is assigned to more than a plain name",
                ));
            };
            variable(cx, http, function, &name.id, &mut uses)?;
        }
        Some(AnyNodeRef::ExprAwait(_)) => {
            return Err(Why::new(
                "awaiting a response of requests fails: what was meant is not clear",
            ));
        }
        _ => {
            return Err(Why::new(
                "the response leaves the statement, and what reads it is not in sight",
            ));
        }
    }
    Ok(uses)
}

/// A member taken at once: `requests.get(url).json()`.
fn direct<'a>(
    cx: &Cx<'a>,
    http: &'static Http,
    attribute: &'a ExprAttribute,
    uses: &mut Uses<'a>,
) -> Result<(), Why> {
    let member = member(http, attribute)?;
    if member.expression.is_some() {
        return Err(Why::new(format!(
            "`.{}` becomes an expression: give the response a name first",
            attribute.attr
        )));
    }
    take(cx, member, attribute, uses)
}

/// All reads of the variable that holds the response.
fn variable<'a>(
    cx: &Cx<'a>,
    http: &'static Http,
    function: &'a StmtFunctionDef,
    name: &'a str,
    uses: &mut Uses<'a>,
) -> Result<(), Why> {
    let scope = cx
        .module
        .body_scope(function)
        .filter(|&scope| !cx.module.bindings_of(scope, name).is_empty())
        .ok_or_else(|| Why::new(format!("`{name}` belongs to more than this function")))?;
    let mut may_be_none = false;
    for binding in cx.module.bindings_of(scope, name) {
        match binding.kind {
            BindingKind::Assign(Expr::NoneLiteral(_)) => may_be_none = true,
            BindingKind::Assign(Expr::Call(other)) => uses.siblings.push(other),
            _ => {
                return Err(Why::new(format!(
                    "`{name}` also holds something that is not a response"
                )));
            }
        }
    }
    for read in cx.module.reads_of(scope, name) {
        let node = AnyNodeRef::from(read);
        match cx.module.parent(node) {
            Some(AnyNodeRef::ExprAttribute(attribute)) => {
                take(cx, member(http, attribute)?, attribute, uses)?;
            }
            Some(AnyNodeRef::ExprCompare(compare))
                if compare
                    .ops
                    .iter()
                    .all(|op| matches!(op, CmpOp::Is | CmpOp::IsNot)) => {}
            Some(parent) if !may_be_none && is_tested(cx, node, parent) => {
                uses.edits.push(truth(name, node, parent));
            }
            _ => {
                return Err(Why::new(format!(
                    "`{name}` is handed on, and what reads it there is not in sight"
                )));
            }
        }
    }
    Ok(())
}

fn member(http: &'static Http, attribute: &ExprAttribute) -> Result<&'static Member, Why> {
    let name = attribute.attr.as_str();
    let member = http.response.get(name).ok_or_else(|| {
        Why::new(format!(
            "`.{name}` of a response has no known counterpart in httpx"
        ))
    })?;
    match &member.blocked {
        Some(why) => Err(Why::new(why)),
        None if attribute.ctx != ExprContext::Load => Err(Why::new(format!(
            "`.{name}` of the response is assigned to"
        ))),
        None => Ok(member),
    }
}

fn take<'a>(
    cx: &Cx<'a>,
    member: &'static Member,
    attribute: &'a ExprAttribute,
    uses: &mut Uses<'a>,
) -> Result<(), Why> {
    let node = AnyNodeRef::from(attribute);
    let name = attribute.attr.as_str();
    let parent = cx.module.parent(node);
    if member.method {
        let Some(AnyNodeRef::ExprCall(called)) = parent.filter(|parent| is_callee(*parent, node))
        else {
            return Err(Why::new(format!("`.{name}` is not called at once")));
        };
        let call = AnyNodeRef::from(called);
        if member.statement_only && !matches!(cx.module.parent(call), Some(AnyNodeRef::StmtExpr(_)))
        {
            return Err(Why::new(format!(
                "the result of `.{name}()` is used, and differs in httpx"
            )));
        }
        uses.raising.push(call);
        return Ok(());
    }
    if member.lookup_only && !parent.is_some_and(|parent| is_lookup(cx, parent, node)) {
        return Err(Why::new(format!(
            "going through `.{name}` gives other keys in httpx"
        )));
    }
    uses.reviews.extend(member.review.as_deref());
    if let Some(to) = &member.to {
        uses.edits.push(Edit::replace(span(&attribute.attr), to));
    }
    if let Some(expression) = &member.expression {
        let response = span(&*attribute.value).of(cx.module.text());
        let text = expression.replace("{}", response);
        if let Some(class) = &member.is
            && converts(cx, attribute, class)
        {
            return Ok(());
        }
        uses.edits.push(match (text.strip_prefix("not "), parent) {
            (Some(positive), Some(AnyNodeRef::ExprUnaryOp(outer))) if outer.op == UnaryOp::Not => {
                Edit::replace(span(outer), positive)
            }
            (Some(_), Some(parent)) if binds_tighter_than_not(parent) => {
                Edit::replace(span(attribute), format!("({text})"))
            }
            _ => Edit::replace(span(attribute), text),
        });
    }
    Ok(())
}

/// Whether the attribute is the argument of `class(...)`, or converted to text by an f-string.
fn converts<'a>(cx: &Cx<'a>, attribute: &'a ExprAttribute, class: &str) -> bool {
    match cx.module.parent(attribute.into()) {
        Some(AnyNodeRef::InterpolatedElement(element)) => {
            class == "str"
                && element.conversion == ConversionFlag::None
                && element.debug_text.is_none()
        }
        Some(arguments @ AnyNodeRef::Arguments(_)) => match cx.module.parent(arguments) {
            Some(AnyNodeRef::ExprCall(call)) => {
                matches!(cx.module.target(call), Target::Builtin(name) if name == class)
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_callee(parent: AnyNodeRef<'_>, node: AnyNodeRef<'_>) -> bool {
    matches!(parent, AnyNodeRef::ExprCall(call) if span(&*call.func) == span(node))
}

/// `headers["x"]`, `headers.get("x")` and `"x" in headers`.
fn is_lookup(cx: &Cx<'_>, parent: AnyNodeRef<'_>, node: AnyNodeRef<'_>) -> bool {
    match parent {
        AnyNodeRef::ExprSubscript(subscript) => {
            span(&*subscript.value) == span(node) && subscript.ctx == ExprContext::Load
        }
        AnyNodeRef::ExprAttribute(method) => {
            method.attr.as_str() == "get"
                && cx
                    .module
                    .parent(parent)
                    .is_some_and(|call| is_callee(call, parent))
        }
        AnyNodeRef::ExprCompare(compare) => {
            compare
                .ops
                .iter()
                .all(|op| matches!(op, CmpOp::In | CmpOp::NotIn))
                && compare
                    .comparators
                    .iter()
                    .any(|side| span(side) == span(node))
        }
        _ => false,
    }
}

fn binds_tighter_than_not(parent: AnyNodeRef<'_>) -> bool {
    matches!(
        parent,
        AnyNodeRef::ExprCompare(_)
            | AnyNodeRef::ExprBinOp(_)
            | AnyNodeRef::ExprUnaryOp(_)
            | AnyNodeRef::ExprAttribute(_)
            | AnyNodeRef::ExprSubscript(_)
            | AnyNodeRef::ExprCall(_)
            | AnyNodeRef::ExprStarred(_)
            | AnyNodeRef::ExprAwait(_)
    )
}

/// Whether only the truth of `node` matters where it stands.
fn is_tested<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, parent: AnyNodeRef<'a>) -> bool {
    let here = span(node);
    match parent {
        AnyNodeRef::StmtIf(statement) => span(&*statement.test) == here,
        AnyNodeRef::StmtWhile(statement) => span(&*statement.test) == here,
        AnyNodeRef::ElifElseClause(clause) => {
            clause.test.as_ref().is_some_and(|test| span(test) == here)
        }
        AnyNodeRef::StmtAssert(statement) => span(&*statement.test) == here,
        AnyNodeRef::ExprIf(expression) => span(&*expression.test) == here,
        AnyNodeRef::ExprUnaryOp(outer) => outer.op == UnaryOp::Not,
        AnyNodeRef::ExprBoolOp(_) => cx
            .module
            .parent(parent)
            .is_some_and(|outer| is_tested(cx, parent, outer)),
        _ => false,
    }
}

/// A response of requests is true when it is no error; one of httpx always is.
fn truth(name: &str, node: AnyNodeRef<'_>, parent: AnyNodeRef<'_>) -> Edit {
    match parent {
        AnyNodeRef::ExprUnaryOp(outer) => Edit::replace(span(outer), format!("{name}.is_error")),
        _ => Edit::replace(span(node), format!("not {name}.is_error")),
    }
}

/// The calls under a list of statements.
pub(super) fn calls_within<'a>(cx: &Cx<'a>, body: &'a [Stmt]) -> Vec<&'a ExprCall> {
    cx.module
        .calls()
        .iter()
        .copied()
        .filter(|call| {
            body.iter()
                .any(|statement| span(statement).contains(span(*call)))
        })
        .collect()
}
