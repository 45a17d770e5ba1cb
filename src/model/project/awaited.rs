//! Which classes have objects that nobody can await.

use super::evaluate::Evaluator;
use super::{ClassRef, Project, Value};
use crate::model::stdlib::is_stdlib;
use crate::text::FileId;
use rustc_hash::FxHashSet;

/// Modules of the standard library that have classes of awaitables, or names for them.
const AWAITABLE_MODULES: [&str; 9] = [
    "_typeshed",
    "abc",
    "asyncio",
    "collections",
    "concurrent",
    "contextlib",
    "types",
    "typing",
    "unittest",
];

/// Library classes that say nothing of awaiting.
const QUIET: [&str; 2] = ["abc.ABC", "typing.Generic"];

impl Project {
    /// What a name that a file imports stands for: dots of a relative import, and the dotted name.
    pub fn named(&self, file: FileId, name: &str) -> Value {
        let absolute = name.trim_start_matches('.');
        let level = (name.len() - absolute.len()) as u32;
        Evaluator::new(self).import(file, level, absolute)
    }

    /// Whether no object of a class, or of one made from it, can be awaited, as far as that is known
    /// of all that the class is made from.
    pub fn is_never_awaited(&self, class: ClassRef) -> bool {
        let mut evaluator = Evaluator::new(self);
        let mut seen = FxHashSet::default();
        let mut waiting = vec![class];
        while let Some(at) = waiting.pop() {
            if !seen.insert(at) {
                continue;
            }
            let Some(of) = self.class(at) else {
                return false;
            };
            if of.members.iter().any(|(name, _)| &**name == "__await__") {
                return false;
            }
            for base in &of.bases {
                match evaluator.evaluate(at.file, *base) {
                    Value::Class(base) => waiting.push(base),
                    Value::Library(name) if is_plain(&name) => {}
                    _ => return false,
                }
            }
        }
        true
    }
}

/// Whether nobody can await the objects of a class outside the project.
fn is_plain(class: &str) -> bool {
    let module = class.split('.').next().unwrap_or(class);
    QUIET.contains(&class)
        || is_stdlib(class) && !AWAITABLE_MODULES.contains(&module)
        || !class.contains('.')
}
