//! Where code opens what has to be closed: clients, pools, connections.

use super::{Cx, FileId};
use crate::model::libraries::Closing;
use crate::model::project::{Project, Target};
use crate::python::ast::{AnyNodeRef, ExprCall};
use crate::python::span;

/// A call that opens something.
#[derive(Clone, Copy, Debug)]
pub struct Opened<'a> {
    pub call: &'a ExprCall,
    pub entry: &'a Closing,
    /// The expression that gives the object: the call, or the `await` before it.
    pub given: AnyNodeRef<'a>,
    pub is_awaited: bool,
}

/// Whether a file opens anything that has to be closed.
pub fn opens(project: &Project, file: FileId) -> bool {
    let count = project.facts(file).map_or(0, |facts| facts.calls.len());
    (0..count).any(|index| {
        matches!(
            project.graph().target(file, index),
            Some(Target::Library(name)) if project.catalogue().closing(name).is_some()
        )
    })
}

/// Every call that opens something, in source order.
pub fn opened<'a>(cx: &Cx<'a>) -> Vec<Opened<'a>> {
    let calls = cx.module.calls().iter().copied();
    calls
        .filter_map(|call| {
            let name = cx.callee(call).ok()?;
            let entry = cx.module.catalogue().closing(&name)?;
            let awaited = cx.module.parent(call.into());
            let awaited = awaited.filter(|node| node.is_expr_await());
            Some(Opened {
                call,
                entry,
                given: awaited.unwrap_or(call.into()),
                is_awaited: awaited.is_some(),
            })
        })
        .collect()
}

impl<'a> Opened<'a> {
    /// The argument of another's making that the object works on, and so may not belong to it.
    pub fn lent(&self) -> Option<&'a str> {
        let arguments = &self.call.arguments;
        let lent = arguments.keywords.iter().find_map(|keyword| {
            let name = keyword.arg.as_ref()?.as_str();
            let is_lent = self.entry.lent.iter().any(|lent| lent == name);
            let own = keyword.value.is_call_expr() || keyword.value.is_none_literal_expr();
            (is_lent && !own).then_some(name)
        });
        let hidden = arguments
            .keywords
            .iter()
            .any(|keyword| keyword.arg.is_none());
        lent.or((hidden && !self.entry.lent.is_empty()).then_some("**"))
    }

    /// Whether it is handed out in the way that the library has it.
    pub fn is_regular(&self) -> bool {
        self.is_awaited == self.entry.awaited
    }

    /// The text of the call, for messages.
    pub fn describe(&self, cx: &Cx<'a>) -> String {
        cx.module.describe(&self.call.func)
    }

    /// Whether a node is, or holds, what opens the object.
    pub fn is_in(&self, node: AnyNodeRef<'_>) -> bool {
        span(node).contains(span(self.call))
    }
}
