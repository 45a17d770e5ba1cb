//! What a coroutine does with a response: which members change their names, and whether all uses
//! are in sight.

use super::{Names, judge};
use crate::fix::{Cx, prints_itself};
use crate::model::file::{BindingKind, Place, Target, Why, walk};
use crate::model::libraries::Member;
use crate::python::ast::{
    AnyNodeRef, CmpOp, ConversionFlag, Expr, ExprAttribute, ExprCall, ExprContext, StmtFunctionDef,
    TraversalSignal, UnaryOp,
};
use crate::python::span;
use crate::text::{Edit, Span};

/// The uses of one response.
#[derive(Debug, Default)]
pub(super) struct Uses<'a> {
    pub edits: Vec<Edit>,
    pub reviews: Vec<&'a str>,
    /// Method calls that may raise the library's exceptions.
    pub raising: Vec<AnyNodeRef<'a>>,
    /// The other calls whose responses go by the same name.
    pub siblings: Vec<&'a ExprCall>,
    /// A method tells redirections from other answers.
    pub minds_redirects: bool,
}

/// Follows the response of `call` through its function; refused where it leaves what can be seen.
pub(super) fn follow<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    function: &'a StmtFunctionDef,
    call: &'a ExprCall,
) -> Result<Uses<'a>, Why> {
    let mut uses = Uses::default();
    match cx.module.parent(call.into()) {
        Some(AnyNodeRef::StmtExpr(_)) => {}
        Some(AnyNodeRef::ExprAttribute(attribute)) => {
            direct(cx, names, function, attribute, &mut uses)?;
        }
        Some(AnyNodeRef::StmtAssign(assign)) => {
            let [Expr::Name(name)] = &assign.targets[..] else {
                return Err(Why::new(
                    "the response is assigned to more than a plain name",
                ));
            };
            variable(cx, names, function, &name.id, &mut uses)?;
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
    names: Names<'a>,
    function: &'a StmtFunctionDef,
    attribute: &'a ExprAttribute,
    uses: &mut Uses<'a>,
) -> Result<(), Why> {
    let member = member(names, attribute)?;
    if member.expression.is_some() {
        return Err(Why::new(format!(
            "`.{}` becomes an expression: give the response a name first",
            attribute.attr
        )));
    }
    take(cx, member, function, attribute, uses)
}

/// All reads of the variable that holds the response.
fn variable<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    function: &'a StmtFunctionDef,
    name: &'a str,
    uses: &mut Uses<'a>,
) -> Result<(), Why> {
    let scope = cx
        .module
        .body_scope(function)
        .filter(|&scope| !cx.module.bindings_of(scope, name).is_empty())
        .ok_or_else(|| Why::new(format!("`{name}` belongs to more than this function")))?;
    if let Some(how) = unseen_reads(cx, function, name) {
        return Err(Why::new(format!(
            "`{how}` may read `{name}`, or says what it is"
        )));
    }
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
                take(cx, member(names, attribute)?, function, attribute, uses)?;
            }
            Some(AnyNodeRef::ExprCompare(compare))
                if compare
                    .ops
                    .iter()
                    .all(|op| matches!(op, CmpOp::Is | CmpOp::IsNot)) => {}
            Some(parent) if !may_be_none && is_tested(cx, node, parent) => {
                let (at, text) = truth(name, node, parent);
                uses.edits.push(replaced(cx, node, at, text)?);
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

/// What reads a local variable without its name, or says what type it has.
fn unseen_reads<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef, name: &str) -> Option<String> {
    let mut found = None;
    walk(function.into(), &mut |node| {
        let unseen = match node {
            AnyNodeRef::ExprCall(call) => matches!(
                cx.module.target(call),
                Target::Builtin("dir" | "eval" | "exec" | "locals" | "vars")
            ),
            AnyNodeRef::StmtAnnAssign(assign) => {
                matches!(&*assign.target, Expr::Name(target) if target.id == name)
            }
            _ => false,
        };
        if unseen && found.is_none() {
            found = Some(span(node).of(cx.module.text()).to_owned());
        }
        TraversalSignal::Traverse
    });
    found
}

/// A replacement that keeps apart from the words around it, unless a comment would be lost.
fn replaced<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    at: Span,
    text: impl Into<String>,
) -> Result<Edit, Why> {
    let text = text.into();
    if cx.module.layout().has_comments(at) {
        return Err(Why::new(
            "a comment stands inside an expression that changes",
        ));
    }
    if prints_itself(cx, node) {
        return Err(Why::new(
            "an f-string prints the text of an expression that changes",
        ));
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let source = cx.module.text();
    let before = match source[..at.start()].ends_with(is_word) && text.starts_with(is_word) {
        true => " ",
        false => "",
    };
    let after = match source[at.end()..].starts_with(is_word) && text.ends_with(is_word) {
        true => " ",
        false => "",
    };
    Ok(Edit::replace(at, format!("{before}{text}{after}")))
}

fn member<'a>(names: Names<'a>, attribute: &ExprAttribute) -> Result<&'a Member, Why> {
    let name = attribute.attr.as_str();
    let member = names.new.response.get(name).ok_or_else(|| {
        Why::new(format!(
            "`.{name}` of a response has no known counterpart in {}",
            names.new.to
        ))
    })?;
    match judge(member.class, &member.why) {
        Err(why) => Err(why),
        Ok(_) if attribute.ctx != ExprContext::Load => Err(Why::new(format!(
            "`.{name}` of the response is assigned to"
        ))),
        Ok(_) => Ok(member),
    }
}

fn take<'a>(
    cx: &Cx<'a>,
    member: &'a Member,
    function: &'a StmtFunctionDef,
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
                "the result of `.{name}()` is used, and differs in the new library"
            )));
        }
        if !matches!(cx.module.place(call), Place::Coroutine { function: place, .. } if std::ptr::eq(place, function))
        {
            return Err(Why::new(format!(
                "`.{name}()` may raise in another function than the request's"
            )));
        }
        uses.minds_redirects |= member.minds_redirects;
        uses.raising.push(call);
        return Ok(());
    }
    if member.lookup_only && !parent.is_some_and(|parent| is_lookup(cx, parent, node)) {
        return Err(Why::new(format!(
            "going through `.{name}` gives other keys in the new library"
        )));
    }
    uses.reviews.extend(judge(member.class, &member.why)?);
    if let Some(to) = &member.to {
        uses.edits
            .push(replaced(cx, node, span(&attribute.attr), to)?);
    }
    if let Some(expression) = &member.expression {
        let layout = cx.module.layout();
        let response = span(&*attribute.value).of(cx.module.text());
        let text = expression.replace("{}", response);
        if let Some(class) = &member.is
            && converts(cx, attribute, class)
        {
            return Ok(());
        }
        let (at, text) = match (text.strip_prefix("not "), parent) {
            (Some(positive), Some(AnyNodeRef::ExprUnaryOp(outer))) if outer.op == UnaryOp::Not => {
                (span(outer), positive.to_owned())
            }
            (Some(_), Some(parent))
                if binds_tighter_than_not(parent)
                    && layout.parentheses(attribute.into(), parent).is_none() =>
            {
                (span(attribute), format!("({text})"))
            }
            _ => (span(attribute), text),
        };
        uses.edits.push(replaced(cx, node, at, text)?);
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
                && element.format_spec.is_none()
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
fn truth(name: &str, node: AnyNodeRef<'_>, parent: AnyNodeRef<'_>) -> (Span, String) {
    match parent {
        AnyNodeRef::ExprUnaryOp(outer) => (span(outer), format!("{name}.is_error")),
        _ => (span(node), format!("not {name}.is_error")),
    }
}
