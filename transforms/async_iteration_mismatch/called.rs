//! What may be said of calls in a file, without its text.

use crate::fix::FileId;
use crate::model::file::CallKind;
use crate::model::project::{Gives, Project, Target};

/// Whether a file calls what gives a generator or a context manager of one world, in a way that may be
/// wrong.
pub(super) fn fires(project: &Project, file: FileId) -> bool {
    let Some(facts) = project.facts(file) else {
        return false;
    };
    let mut calls = facts.calls.iter().enumerate();
    calls.any(|(index, call)| {
        let runs_nothing = call.kind == CallKind::Call
            && matches!(project.graph().target(file, index), Some(Target::Nothing));
        runs_nothing
            && match project.gives(file, index) {
                Gives::AsyncGenerator(_) => true,
                Gives::AsyncManager(_) | Gives::Generator(_) | Gives::Manager(_) => call.awaited,
                _ => false,
            }
    })
}
