//! Bodies that a library reads only when told: after the request, where the old library read them,
//! so that errors come where they came, and what is done with the response need not move.

use super::{Follow, Names, judge};
use crate::fix::{Cx, may_await, prints_itself};
use crate::model::file::{Place, Why};
use crate::model::libraries::Member;
use crate::python::ast::{AnyNodeRef, Expr, ExprAttribute, ExprCall, StmtFunctionDef};
use crate::python::span;
use crate::text::{Edit, Span};

impl<'a> Follow<'_, 'a> {
    /// Reads the body after the request, and follows the response.
    pub(super) fn read_at_once(
        &mut self,
        reads: &str,
        function: &'a StmtFunctionDef,
        call: &'a ExprCall,
    ) -> Result<(), Why> {
        let cx = self.cx;
        match cx.module.parent(call.into()) {
            Some(statement @ AnyNodeRef::StmtExpr(_)) => {
                self.uses.named = Some(unused(cx, reads, function, statement, call)?);
                Ok(())
            }
            Some(AnyNodeRef::ExprAttribute(attribute)) => {
                let name = attribute.attr.as_str();
                let member = self.names.new.response.get(name).ok_or_else(|| {
                    Why::new(format!(
                        "`.{name}` of a response has no known counterpart in {}",
                        self.names.new.to
                    ))
                })?;
                self.uses.reviews.extend(judge(member.class, &member.why)?);
                let (named, whole) = at_once(cx, self.names, member, function, attribute)?;
                self.uses.named = Some(named);
                self.uses.raising.push((function, whole));
                Ok(())
            }
            Some(AnyNodeRef::StmtAssign(assign)) => {
                let [Expr::Name(name)] = &assign.targets[..] else {
                    return Err(first(self.names));
                };
                self.uses
                    .edits
                    .push(after(cx, reads, assign.into(), &name.id)?);
                self.value(call.into(), function, false)
            }
            _ => Err(first(self.names)),
        }
    }

    /// Refused where a member may be read that `raise_for_status` takes away.
    pub(super) fn check_gone(&self) -> Result<(), Why> {
        match self.gone {
            Some(name) if self.checked.iter().any(|check| is_tried(self.cx, *check)) => {
                Err(Why::new(format!(
                    "`.{name}` is gone in {} once `raise_for_status` has raised",
                    self.names.new.to
                )))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a node stands in the body of a `try`.
fn is_tried<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    cx.module.ancestors(node).any(|ancestor| {
        matches!(ancestor, AnyNodeRef::StmtTry(statement)
            if statement.body.iter().any(|inner| span(inner).contains(span(node))))
    })
}

fn first(names: Names<'_>) -> Why {
    Why::new(format!(
        "the body is read by a statement of its own in {}: give the response a name first",
        names.new.to
    ))
}

/// A response that gets a name, since reading its body takes a statement of its own.
#[derive(Debug)]
pub(in crate::transforms::blocking_http) struct Named {
    /// From the start of the statement to the request: what moves behind it.
    pub before: Span,
    pub name: String,
    /// The next line.
    pub after: Edit,
}

/// The name of a response that nothing uses.
fn unused<'a>(
    cx: &Cx<'a>,
    reads: &str,
    function: &'a StmtFunctionDef,
    statement: AnyNodeRef<'a>,
    call: &'a ExprCall,
) -> Result<Named, Why> {
    if span(statement) != span(call) {
        return Err(Why::new("the request stands in parentheses"));
    }
    let name = name(cx, function);
    Ok(Named {
        before: Span::empty(span(call).start()),
        after: after(cx, reads, statement, &name)?,
        name,
    })
}

fn name<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef) -> String {
    let names = ["response", "http_response"];
    cx.module.fresh_name(span(function), &names)
}

/// The line after a statement that reads the body of the response it names.
fn after<'a>(cx: &Cx<'a>, reads: &str, statement: AnyNodeRef<'a>, name: &str) -> Result<Edit, Why> {
    let layout = cx.module.layout();
    let whole = span(statement);
    if !layout.alone(whole) {
        return Err(Why::new("the statement shares its line with others"));
    }
    let (newline, unit) = (layout.newline(), layout.indent_unit());
    // It stands under the client.
    let indent = layout.indent_at(whole.start());
    let line = format!("{newline}{indent}{unit}{}", reads.replace("{}", name));
    Ok(Edit::insert(layout.line_end(whole.end()), line))
}

/// The name of a response that is only asked for one member, where the request is the first thing
/// that a statement does.
fn at_once<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    member: &'a Member,
    function: &'a StmtFunctionDef,
    attribute: &'a ExprAttribute,
) -> Result<(Named, AnyNodeRef<'a>), Why> {
    let member_name = attribute.attr.as_str();
    let first = || first(names);
    let mut whole = AnyNodeRef::from(attribute);
    if member.method {
        let parent = cx.module.parent(whole);
        let Some(AnyNodeRef::ExprCall(called)) = parent else {
            return Err(Why::new(format!("`.{member_name}` is not called at once")));
        };
        takes_no_arguments(called, member_name)?;
        whole = called.into();
    }
    let reads = match member.method {
        true => member.called.as_deref(),
        false => member.expression.as_deref(),
    };
    let expression = reads
        .filter(|expression| expression.starts_with("await "))
        .ok_or_else(first)?;
    awaits(cx, whole, function)?;
    let statement = begun(cx, whole).ok_or_else(first)?;
    let layout = cx.module.layout();
    let request = span(&*attribute.value);
    let before = Span::new(span(statement).start(), request.start());
    let rest = Span::new(request.end(), span(whole).end());
    let source = cx.module.text();
    let one_line = |part: Span| !part.of(source).contains(['\n', '\r', '(']);
    let called = Span::new(request.end(), span(&attribute.attr).end());
    if !one_line(before) || !one_line(called) || !layout.alone(span(statement)) {
        return Err(first());
    }
    if layout.has_comments(rest) {
        return Err(Why::new(
            "a comment stands inside an expression that changes",
        ));
    }
    let name = name(cx, function);
    let text = expression.replace("{}", &name);
    let text = match cx.module.binds_tighter(whole) {
        true => format!("({text})"),
        false => text,
    };
    let indent = layout.indent_at(before.start());
    let (newline, unit) = (layout.newline(), layout.indent_unit());
    let moved = before.of(source);
    let line = format!("{newline}{indent}{unit}{moved}{text}");
    let named = Named {
        before,
        name,
        after: Edit::replace(rest, line),
    };
    Ok((named, whole))
}

/// The statement that begins with an expression, but for the target of an assignment.
fn begun<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<AnyNodeRef<'a>> {
    let mut inner = node;
    for outer in cx.module.ancestors(node) {
        let goes_on = match outer {
            AnyNodeRef::ExprAttribute(_) => true,
            AnyNodeRef::ExprSubscript(subscript) => span(&*subscript.value) == span(inner),
            AnyNodeRef::ExprCall(call) => span(&*call.func) == span(inner),
            AnyNodeRef::StmtAssign(_)
            | AnyNodeRef::StmtAnnAssign(_)
            | AnyNodeRef::StmtReturn(_)
            | AnyNodeRef::StmtExpr(_) => {
                return Some(outer);
            }
            _ => return None,
        };
        if !goes_on {
            return None;
        }
        inner = outer;
    }
    None
}

/// The call of a method whose counterpart takes other arguments.
fn takes_no_arguments(call: &ExprCall, name: &str) -> Result<(), Why> {
    match call.arguments.is_empty() {
        true => Ok(()),
        false => Err(Why::new(format!(
            "what `.{name}()` is told has no known counterpart"
        ))),
    }
}

/// `await` has to be legal where a member is, and to wait in the function of the request.
fn awaits<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, function: &'a StmtFunctionDef) -> Result<(), Why> {
    may_await(cx, node)?;
    let here = matches!(cx.module.place(node), Place::Coroutine { function: place, .. }
        if std::ptr::eq(place, function));
    if !here || prints_itself(cx, node) {
        return Err(Why::new(
            "the body is read in another function than the request's",
        ));
    }
    Ok(())
}
