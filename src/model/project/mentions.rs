//! Where functions are spoken of other than by calls that are seen, by name.

use super::evaluate::Evaluator;
use super::{Project, Target, Value};
use crate::model::file::{CallKind, Facts, NameHash, Reflected, Term, TermId, both_names};
use crate::text::FileId;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Every file's mentions by the name that is mentioned; each list in the order of files.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Attributes of objects of which nothing is known, and calls of what cannot be told.
    pub loose: FxHashMap<NameHash, FileId>,
    pub strings: FxHashMap<NameHash, FileId>,
    /// Attributes of other objects that are assigned to.
    pub patched: FxHashMap<NameHash, FileId>,
    /// Calls that seem to lead outside, though parts of their full names are modules of the project.
    pub elsewhere: FxHashMap<Box<str>, BTreeMap<Box<str>, FileId>>,
    /// Methods that protocols ask for.
    pub protocols: FxHashMap<Box<str>, FileId>,
    /// Look-ups by names that are computed.
    pub reflected: Vec<(FileId, Reflected)>,
    /// What is read and may be a function, by the last part of its name.
    values: FxHashMap<Box<str>, Vec<(FileId, TermId)>>,
    /// Other names that imports give to something of a name.
    aliases: FxHashMap<Box<str>, Vec<Box<str>>>,
}

impl Mentions {
    pub fn collect(project: &Project) -> Self {
        let mut mentions = Self::default();
        for (file, facts) in project.files() {
            let note = |index: &mut FxHashMap<NameHash, FileId>, names: &[NameHash]| {
                for name in names {
                    index.entry(*name).or_insert(file);
                }
            };
            note(&mut mentions.loose, &facts.loose);
            note(&mut mentions.strings, &facts.strings);
            note(&mut mentions.patched, &facts.patched);
            let reflected = facts.reflected.iter().cloned();
            mentions.reflected.extend(reflected.map(|it| (file, it)));
            for term in &facts.values {
                for name in last_name(facts, *term).into_iter().flat_map(both_names) {
                    let values = mentions.values.entry(name.into()).or_default();
                    values.push((file, *term));
                }
            }
            mentions.rename(facts);
            mentions.unclear_calls(project, file, facts);
            mentions.protocols_of(project, file, facts);
        }
        mentions
    }

    fn rename(&mut self, facts: &Facts) {
        for (name, term) in &facts.names {
            let all = match facts.terms.get(term.0 as usize) {
                Some(Term::Any(all)) => all,
                _ => std::slice::from_ref(term),
            };
            let imported = all
                .iter()
                .filter_map(|term| match facts.terms.get(term.0 as usize) {
                    Some(Term::Import(..) | Term::Star(..)) => last_name(facts, *term),
                    _ => None,
                });
            for real in imported.filter(|real| *real != &**name) {
                let aliases = self.aliases.entry(real.into()).or_default();
                if !aliases.contains(name) {
                    aliases.push(name.clone());
                }
            }
        }
    }

    /// Calls whose target is not known, by every name that it may have.
    fn unclear_calls(&mut self, project: &Project, file: FileId, facts: &Facts) {
        for (index, call) in facts.calls.iter().enumerate() {
            match project.graph().target(file, index) {
                Some(Target::Unknown(_)) if call.kind == CallKind::Call => {
                    let mut names = Vec::new();
                    last_names(facts, call.callee, &mut names);
                    for name in names.into_iter().flat_map(both_names) {
                        self.loose.entry(NameHash::of(name)).or_insert(file);
                    }
                }
                Some(Target::Library(full)) => {
                    let mut parts = full.rsplit('.');
                    if let Some(name) = parts.next()
                        && parts.any(|part| project.modules().has(part))
                    {
                        let known = self.elsewhere.entry(name.into()).or_default();
                        known.entry(full.clone()).or_insert(file);
                    }
                }
                _ => {}
            }
        }
    }

    fn protocols_of(&mut self, project: &Project, file: FileId, facts: &Facts) {
        let mut evaluator = Evaluator::new(project);
        for class in &facts.classes {
            let is_protocol = class.bases.iter().any(|base| {
                matches!(evaluator.evaluate(file, *base),
                    Value::Library(name) if name.ends_with(".Protocol"))
            });
            for (name, _) in class.members.iter().filter(|_| is_protocol) {
                self.protocols.entry(name.clone()).or_insert(file);
            }
        }
    }

    /// A name, and all others that imports give to what has it.
    pub fn names<'n>(&'n self, name: &'n str) -> Vec<&'n str> {
        let mut names: Vec<&str> = vec![name];
        let mut next = 0;
        while let Some(at) = names.get(next).copied() {
            next += 1;
            for alias in self.aliases.get(at).into_iter().flatten() {
                if !names.contains(&&**alias) {
                    names.push(alias);
                }
            }
        }
        names
    }

    /// What is read under one of several names.
    pub fn values(&self, names: &[&str]) -> Vec<(FileId, TermId)> {
        let found = names.iter().filter_map(|name| self.values.get(*name));
        found.flatten().copied().collect()
    }
}

/// The last part of the name of what a term stands for.
fn last_name(facts: &Facts, term: TermId) -> Option<&str> {
    match facts.terms.get(term.0 as usize)? {
        Term::Function(index) => Some(&facts.functions.get(index.0 as usize)?.name),
        Term::Member(_, name) | Term::Star(name, _) => Some(name),
        Term::Import(_, name) => Some(name.rsplit('.').next().unwrap_or(name)),
        _ => None,
    }
}

/// The same for each thing that a term may stand for.
fn last_names<'f>(facts: &'f Facts, term: TermId, found: &mut Vec<&'f str>) {
    match facts.terms.get(term.0 as usize) {
        Some(Term::Any(all)) => {
            for one in all {
                last_names(facts, *one, found);
            }
        }
        _ => found.extend(last_name(facts, term)),
    }
}
