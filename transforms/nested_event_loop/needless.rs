//! What lets event loops nest, where none is run inside another any more.

use super::INFO;
use crate::fix::{Cx, FileId, Finding, Fix, own_statement, remove_statements};
use crate::model::file::{Place, Why};
use crate::model::project::{Project, Target};
use crate::python::ast::{AnyNodeRef, ExprCall};
use crate::python::span;

pub(super) fn may_fire(project: &Project, file: FileId) -> bool {
    let catalogue = project.catalogue();
    let count = project.facts(file).map_or(0, |facts| facts.calls.len());
    (0..count).any(|index| {
        matches!(project.graph().target(file, index), Some(Target::Library(name)) if catalogue.lets_nest(name))
    })
}

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    for call in cx.module.calls() {
        let name = match cx.callee(call) {
            Ok(name) if cx.project.catalogue().lets_nest(&name) => name,
            _ => continue,
        };
        let message =
            format!("`{name}` changes the event loop of the whole program, to let loops nest");
        found.push(cx.finding(&INFO, span(*call), message, removal(cx, call).map(Ok)));
    }
}

fn removal(cx: &Cx<'_>, call: &ExprCall) -> Result<Fix, Why> {
    if let Some((file, index)) = cx.project.nested_run() {
        let facts = cx.project.facts(file);
        let at = cx
            .project
            .call(file, index)
            .map_or(0, |call| call.at.start());
        return Err(Why::new(format!(
            "{}:{} may run one loop inside another",
            cx.project.modules().path(file).display(),
            facts.map_or(0, |facts| facts.line_of(at))
        )));
    }
    let call = cx.module.own(call.into());
    let statement = call.and_then(|call| match cx.module.parent(call)? {
        statement @ AnyNodeRef::StmtExpr(_) => own_statement(cx, statement),
        _ => None,
    });
    let Some(statement) = statement else {
        return Err(Why::new("it is no statement of its own"));
    };
    if !matches!(cx.module.place(statement.into()), Place::Module) {
        return Err(Why::new(
            "whether loops nest where it is called is not known",
        ));
    }
    let reason = "nothing that was seen runs one event loop inside another; a notebook, or a library \
                  that is given a coroutine, may";
    let edits = remove_statements(cx, &[statement])?;
    Fix::review("remove it", reason, cx.file, edits)
        .map_err(|error| Why::new(format!("a mistake in asyncfix: {error}")))
}
