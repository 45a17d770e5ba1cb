//! What lets event loops nest, where none is run inside another any more.

use super::INFO;
use crate::fix::{Cx, FileId, Finding, Fix, Site, own_statement, remove_statements};
use crate::model::file::{Place, Why};
use crate::model::project::{Project, Target};
use crate::python::ast::{AnyNodeRef, ExprCall};
use crate::python::span;
use crate::text::Span;

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
        let mut finding = cx.finding(
            &INFO,
            span(*call),
            message,
            removal(cx, call, &name).map(Ok),
        );
        finding.chain.extend(nested_run(cx));
        found.push(finding);
    }
}

/// The call for which loops have to nest.
fn nested_run(cx: &Cx<'_>) -> Option<Site> {
    let (file, index) = cx.project.nested_run()?;
    let at = cx.project.call(file, index)?.at;
    Some(Site {
        file,
        at,
        path: cx.project.modules().path(file).to_path_buf(),
        line: cx.project.facts(file)?.line_of(at.start()),
        note: "one loop may run inside another".to_owned(),
    })
}

fn removal(cx: &Cx<'_>, call: &ExprCall, name: &str) -> Result<Fix, Why> {
    if let Some(site) = nested_run(cx) {
        return Err(Why::new(format!(
            "{}:{} may run one loop inside another",
            site.path.display(),
            site.line
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
    let mut reason =
        "nothing that was seen runs one event loop inside another; a notebook, or a library \
                      that is given a coroutine, may"
            .to_owned();
    let layout = cx.module.layout();
    let start = layout.line_start(span(statement).start());
    let above = &cx.module.text()[..start];
    let above = above.strip_suffix('\n').unwrap_or(above);
    let above = above.strip_suffix('\r').unwrap_or(above).len();
    let above = Span::new(layout.line_start(above), start);
    if layout.has_comments(above) && above.of(cx.module.text()).starts_with('#') {
        reason.push_str("; the comment above it stays, and may be about it");
    }
    let library = name.split('.').next().unwrap_or(name).replace('_', "-");
    if cx.project.manifests().declared().contains(&*library) {
        reason.push_str(&format!("; {library} stays among the dependencies"));
    }
    let edits = remove_statements(cx, &[statement])?;
    Fix::review("remove it", reason, cx.file, edits)
        .map_err(|error| Why::new(format!("a mistake in asyncfix: {error}")))
}
