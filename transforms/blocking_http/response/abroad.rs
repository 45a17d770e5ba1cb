//! Responses that other files of the project read: what becomes of their code goes into the same
//! fix, and is refused where more would have to change there than what reads the response.

use super::super::errors;
use super::super::raising::Elsewhere;
use super::{Abroad, Follow, Sent};
use crate::fix::Cx;
use crate::model::file::Why;
use crate::model::project::FunctionRef;
use crate::python::ast::{AnyNodeRef, ExprCall};
use crate::python::span;
use crate::text::{FileId, Span};

use super::super::Names;

/// What is known of a response that comes from another file.
#[derive(Clone, Copy)]
pub(super) struct Arriving {
    /// The function that returns it.
    pub from: FunctionRef,
    /// It is awaited.
    pub awaited: bool,
    pub may_be_none: bool,
    pub sent: Sent,
}

impl<'a> Follow<'_, 'a> {
    /// Follows what a call in another file gives.
    pub(super) fn arrives(
        &mut self,
        file: FileId,
        call: Span,
        arriving: Arriving,
    ) -> Result<(), Why> {
        let path = self.cx.project.modules().path(file).display().to_string();
        let (from, to) = (self.names.new.from.as_str(), self.names.new.to.as_str());
        let found = self
            .cx
            .look_into(file, |cx| look(cx, (from, to), call, arriving));
        let found = match found {
            Some(Ok(found)) => found,
            Some(Err(why)) => return Err(Why::new(format!("in {path}, {why}"))),
            None => {
                return Err(Why::new(format!(
                    "{path} reads the response, and cannot change"
                )));
            }
        };
        for other in found.reviews {
            if !self.uses.remarks.contains(&other) {
                self.uses.remarks.push(other);
            }
        }
        let known = self.uses.abroad.entry(file).or_default();
        for edit in found.edits {
            if !known.edits.contains(&edit) {
                known.edits.push(edit);
            }
        }
        known.needs.extend(found.needs);
        Ok(())
    }
}

fn look(
    cx: &Cx<'_>,
    (from, to): (&str, &str),
    call: Span,
    arriving: Arriving,
) -> Result<Abroad, Why> {
    let catalogue = cx.module.catalogue();
    let library = catalogue.libraries().find(|library| library.name == from);
    let names = match (
        library.and_then(|it| it.http.as_ref()),
        catalogue.mapping(from, to),
    ) {
        (Some(old), Some(new)) => Names { old, new },
        _ => return Err(Why::new("the library is not known")),
    };
    let mut nodes = cx.module.calls().iter().copied();
    let call: &ExprCall = nodes
        .find(|node| span(*node) == call)
        .ok_or_else(|| Why::new("the function is called without being named"))?;
    let elsewhere = Elsewhere::look(cx, names);
    if let Some(other) = &elsewhere.intercepted {
        return Err(Why::new(format!("requests of {to} would not meet {other}")));
    }
    let mut follow = Follow::new(cx, names, None, arriving.sent);
    follow.arriving = Some(arriving);
    let node = AnyNodeRef::from(call);
    let caller = follow
        .function_of(node)
        .ok_or_else(|| Why::new("the response arrives where it cannot be followed"))?;
    let given = match (arriving.awaited, cx.module.parent(node)) {
        (false, _) => node,
        (true, Some(awaited @ AnyNodeRef::ExprAwait(_))) => awaited,
        _ => return Err(Why::new("the call is not awaited where it stands")),
    };
    follow.uses.raising.push((caller, node));
    follow.value(given, caller, arriving.may_be_none)?;
    let uses = follow.uses;
    if !uses.siblings.is_empty() || !uses.abroad.is_empty() {
        return Err(Why::new("the response meets those of other requests"));
    }
    let mut reviews: Vec<String> = uses.remarks.clone();
    reviews.extend(uses.reviews.iter().map(|review| (*review).to_owned()));
    for (function, node) in &uses.raising {
        let handlers = errors::around(cx, names, true, function, *node)?;
        if !handlers.clauses.is_empty() {
            return Err(Why::new("an `except` clause minds the errors of requests"));
        }
        reviews.extend(handlers.reviews.iter().map(|review| (*review).to_owned()));
        if handlers.leaks
            && let Some(who) = elsewhere.catches(call, &[])
        {
            return Err(Why::new(who));
        }
    }
    Ok(Abroad {
        edits: uses.edits(cx, |_| 0),
        needs: uses.needs,
        reviews,
    })
}
