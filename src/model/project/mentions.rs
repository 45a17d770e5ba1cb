//! Where functions are spoken of other than by calls that are seen, by name.

use super::Project;
use crate::model::file::{Facts, NameHash, Term, TermId};
use crate::text::FileId;
use rustc_hash::FxHashMap;

/// Every file's mentions by the name that is mentioned; each list in the order of files.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Attributes of objects of which nothing is known.
    pub loose: FxHashMap<NameHash, FileId>,
    pub strings: FxHashMap<NameHash, FileId>,
    /// Attributes of other objects that are assigned to.
    pub patched: FxHashMap<NameHash, FileId>,
    /// What is read and may be a function, by the last part of its name.
    values: FxHashMap<Box<str>, Vec<(FileId, TermId)>>,
    /// Other names that modules give to something of a name.
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
            for term in &facts.values {
                if let Some(name) = last_name(facts, *term) {
                    let values = mentions.values.entry(name.into()).or_default();
                    values.push((file, *term));
                }
            }
            for (name, term) in &facts.names {
                if let Some(real) = last_name(facts, *term).filter(|real| *real != &**name) {
                    let aliases = mentions.aliases.entry(real.into()).or_default();
                    if !aliases.contains(name) {
                        aliases.push(name.clone());
                    }
                }
            }
        }
        mentions
    }

    /// What is read under a name, or under another that a module gives it.
    pub fn values(&self, name: &str) -> Vec<(FileId, TermId)> {
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
        let found = names.into_iter().filter_map(|name| self.values.get(name));
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
