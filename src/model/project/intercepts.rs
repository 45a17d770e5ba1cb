//! Which files' requests are replaced from other files, as tests do.

use super::evaluate::Evaluator;
use super::{Place, Project, Target, Value};
use crate::model::file::{Call, Intercept};
use crate::text::FileId;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// By file, where other files replace the libraries that its requests may go through: file and
/// index of each, in order.
pub(super) type Intercepted = FxHashMap<FileId, Vec<(FileId, usize)>>;

impl Project {
    /// Where another file replaces a library for the requests of this one.
    pub fn intercepted(&self, file: FileId, library: &str) -> Option<(FileId, &Intercept)> {
        let known = self
            .remembered
            .intercepted
            .get_or_init(|| self.link_intercepts());
        let of_file = known.get(&file)?.iter();
        let mut intercepts = of_file.filter_map(|(test, index)| {
            let intercept = self.facts(*test)?.intercepts.get(*index)?;
            Some((*test, intercept))
        });
        intercepts.find(|(_, intercept)| *intercept.library == *library)
    }

    fn link_intercepts(&self) -> Intercepted {
        let mut found = Intercepted::default();
        for (test, facts) in self.files() {
            for (index, intercept) in facts.intercepts.iter().enumerate() {
                for file in self.reach_of(test, intercept) {
                    found.entry(file).or_default().push((test, index));
                }
            }
        }
        found
    }

    /// The files whose requests a replacement may meet: the one whose name for the library it
    /// replaces; else those where stands what its file imports, and so on from there, and the same
    /// for the tests that a `conftest.py` is for. A package that only hands names on is passed by.
    pub fn reach_of(&self, test: FileId, intercept: &Intercept) -> BTreeSet<FileId> {
        let within = intercept.within.as_deref().and_then(|module| {
            let place = self.modules().find(test, 0, module)?;
            self.file_of(&place)
        });
        if let Some(file) = within {
            return (file != test).then_some(file).into_iter().collect();
        }
        let path = self.modules().path(test);
        let mut seen = BTreeSet::from([test]);
        if path.file_name().is_some_and(|name| name == "conftest.py") {
            let folder = path.parent();
            let below = self.files().map(|(file, _)| file).filter(|file| {
                folder.is_some_and(|folder| self.modules().path(*file).starts_with(folder))
            });
            seen.extend(below);
        }
        let mut next: Vec<FileId> = seen.iter().copied().collect();
        let mut evaluator = Evaluator::new(self);
        while let Some(file) = next.pop() {
            let facts = self.facts(file).into_iter();
            let imports = facts.flat_map(|facts| facts.imports.iter().chain(&facts.stars));
            for (level, name) in imports {
                let found = self.imported(&mut evaluator, file, *level, name);
                next.extend(found.filter(|file| seen.insert(*file)));
            }
        }
        seen.remove(&test);
        seen
    }

    fn file_of(&self, place: &Place) -> Option<FileId> {
        match place {
            Place::File(file) => Some(*file),
            Place::Folder(_) => None,
        }
    }

    /// The file in which an imported module, function or class stands.
    fn imported(
        &self,
        evaluator: &mut Evaluator<'_>,
        from: FileId,
        level: u32,
        name: &str,
    ) -> Option<FileId> {
        if let Some(place) = self.modules().find(from, level, name) {
            return self.file_of(&place);
        }
        let (module, member) = name.rsplit_once('.').unwrap_or(("", name));
        let place = self.modules().find(from, level, module)?;
        match evaluator.module_member(&place, member) {
            Value::Function(function) | Value::Method(function, _) => Some(function.file),
            Value::Class(class) => Some(class.file),
            Value::Module(place) => self.file_of(&place),
            _ => self.file_of(&place),
        }
    }

    /// The first call in a coroutine of a file that runs something of a library that `is_such`.
    pub fn sends(&self, file: FileId, is_such: impl Fn(&str) -> bool) -> Option<&Call> {
        let calls = self.facts(file)?.calls.iter().enumerate();
        let mut calls = calls.filter(|(index, call)| {
            let in_coroutine = call.function.is_some_and(|function| {
                let functions = self.facts(file).map(|facts| &facts.functions);
                let function = functions.and_then(|all| all.get(function.0 as usize));
                function.is_some_and(|function| function.is_async)
            });
            in_coroutine
                && matches!(self.graph().target(file, *index),
                    Some(Target::Library(name)) if is_such(name))
        });
        calls.next().map(|(_, call)| call)
    }
}
