//! All files together: what an import means, of which class an object is, which function a call
//! runs, and what follows from that.
//!
//! The facts of each file are collected on their own; linking looks at all of them once. Nothing here
//! reads a syntax tree. `class_of` and `target_of` are the seam behind which a type checker could
//! serve the same questions.

mod attributes;
mod awaited;
mod callers;
mod classes;
mod colour;
mod decorators;
mod doings;
mod edges;
mod effects;
mod escapes;
mod evaluate;
mod gives;
mod graph;
mod habits;
mod intercepts;
mod loops;
mod mentions;
mod modules;
mod outside;
mod protocols;
mod remembered;
mod replaced;
mod stars;
mod targets;
mod threads;
mod uses;
mod value;

pub use callers::Answer;
pub use colour::Colouring;
pub use effects::{Does, Found, Summary, World};
pub use escapes::{Caught, Escape, Minds};
pub use gives::Gives;
pub use graph::{Blocked, Graph, Hop, Next, in_coroutine};
pub use habits::{Habit, SCHEDULES};
pub use modules::{Modules, Place};
pub use protocols::Mismatch;
pub use value::{ClassRef, FunctionRef, Target, Value};

pub use crate::model::file::Holder;
use crate::model::file::{Call, Class, Facts, Function, NameHash, TermId};
use crate::model::libraries::Catalogue;
use crate::model::manifests::{Manifests, Provision, normalised};
use crate::text::FileId;
use evaluate::Evaluator;
use mentions::Mentions;
use rayon::prelude::*;
use remembered::Remembered;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Files, linked.
#[derive(Clone, Debug, Default)]
pub struct Project {
    modules: Arc<Modules>,
    facts: Vec<Option<Arc<Facts>>>,
    catalogue: Arc<Catalogue>,
    manifests: Arc<Manifests>,
    /// The classes made from a class of the project.
    children: FxHashMap<ClassRef, Vec<ClassRef>>,
    graph: Graph,
    /// The names of methods that reading an attribute may call; other reads are forgotten.
    properties: Arc<FxHashSet<NameHash>>,
    remembered: Arc<Remembered>,
}

impl Project {
    /// Links files; those whose facts are not there are known by their place alone.
    pub fn link(
        modules: impl Into<Arc<Modules>>,
        facts: Vec<Option<Arc<Facts>>>,
        catalogue: Arc<Catalogue>,
    ) -> Self {
        let mut facts = facts;
        let known = facts.iter().flatten();
        let properties: FxHashSet<NameHash> = known.flat_map(|facts| facts.properties()).collect();
        // Most attributes that are read are no properties, which shows only when all files are known.
        facts.par_iter_mut().flatten().for_each(|facts| {
            if let Some(new) = Arc::get_mut(facts) {
                new.keep_reads_of(&properties);
            }
        });
        let mut project = Self {
            modules: modules.into(),
            facts,
            catalogue,
            properties: Arc::new(properties),
            ..Self::default()
        };
        project.relink();
        project
    }

    /// The same project, which declares its dependencies in these files.
    #[must_use]
    pub fn depending(mut self, manifests: Arc<Manifests>) -> Self {
        self.manifests = manifests;
        self
    }

    fn relinked(&self, facts: Vec<Option<Arc<Facts>>>) -> Self {
        let linked = Self::link(
            Arc::clone(&self.modules),
            facts,
            Arc::clone(&self.catalogue),
        );
        linked.depending(Arc::clone(&self.manifests))
    }

    /// Takes facts of files that changed or were not known, and links again: all of them, or, where
    /// others can see no difference, only what changed.
    #[must_use]
    pub fn with(&self, changed: Vec<(FileId, Facts)>) -> Self {
        let mut facts = self.facts.clone();
        let mut files = FxHashSet::default();
        let mut looks_the_same = true;
        for (file, new) in changed {
            if let Some(slot) = facts.get_mut(file.0 as usize) {
                let old = slot.as_deref();
                looks_the_same &= old.is_some_and(|old| old.looks_like(&new));
                files.insert(file);
                *slot = Some(Arc::new(new));
            }
        }
        if !looks_the_same {
            return self.relinked(facts);
        }
        for file in &files {
            let new = facts.get_mut(file.0 as usize).and_then(Option::as_mut);
            if let Some(new) = new.and_then(Arc::get_mut) {
                new.keep_reads_of(&self.properties);
            }
        }
        let mut project = Self {
            modules: Arc::clone(&self.modules),
            facts,
            catalogue: Arc::clone(&self.catalogue),
            manifests: Arc::clone(&self.manifests),
            children: self.children.clone(),
            properties: Arc::clone(&self.properties),
            ..Self::default()
        };
        project.graph = self.graph.changed(&project, &files);
        project
    }

    fn relink(&mut self) {
        self.children = self.link_classes();
        self.graph = Graph::build(self);
    }

    fn link_classes(&self) -> FxHashMap<ClassRef, Vec<ClassRef>> {
        let pairs: Vec<(ClassRef, ClassRef)> = self
            .files()
            .par_bridge()
            .flat_map_iter(|(file, facts)| {
                let mut evaluator = Evaluator::new(self);
                let mut found = Vec::new();
                for (index, class) in facts.classes.iter().enumerate() {
                    let child = ClassRef::new(file, index);
                    for base in &class.bases {
                        if let Value::Class(parent) = evaluator.evaluate(file, *base) {
                            found.push((parent, child));
                        }
                    }
                }
                found
            })
            .collect();
        let mut children: FxHashMap<ClassRef, Vec<ClassRef>> = FxHashMap::default();
        for (parent, child) in pairs {
            children.entry(parent).or_default().push(child);
        }
        for found in children.values_mut() {
            found.sort();
        }
        children
    }

    fn mentions(&self) -> &Mentions {
        self.remembered
            .mentions
            .get_or_init(|| Mentions::collect(self))
    }

    pub fn modules(&self) -> &Modules {
        &self.modules
    }

    /// What the project declares to depend on.
    pub fn manifests(&self) -> &Manifests {
        &self.manifests
    }

    /// Whether a file may rely on one library in the place of another that it uses, each by the name
    /// of its module.
    pub fn provision(&self, file: FileId, adds: &str, replaces: &str) -> Provision {
        let of = |module: &str| {
            let library = self.catalogue.library(module);
            let distribution = library.and_then(|library| library.distribution.as_deref());
            normalised(distribution.unwrap_or(module))
        };
        let verified = self.catalogue.verified(adds, replaces);
        match self.manifests.root_of(self.modules.folder(file)) {
            Some((_, root)) => root.provision(&of(adds), &of(replaces), verified),
            None => Provision::Unknown,
        }
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The files whose facts are known.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &Facts)> + Send {
        self.facts
            .iter()
            .enumerate()
            .filter_map(|(index, facts)| Some((FileId(index as u32), facts.as_deref()?)))
    }

    pub fn facts(&self, file: FileId) -> Option<&Facts> {
        self.facts.get(file.0 as usize)?.as_deref()
    }

    /// Whether a comment of a file speaks to asyncfix of what to leave alone.
    pub fn speaks_of_skipping(&self, file: FileId) -> bool {
        let facts = self.facts(file);
        facts.is_some_and(|facts| facts.speaks_of_skipping)
    }

    pub fn function(&self, function: FunctionRef) -> Option<&Function> {
        self.facts(function.file)?
            .functions
            .get(function.index.0 as usize)
    }

    pub fn class(&self, class: ClassRef) -> Option<&Class> {
        self.facts(class.file)?.classes.get(class.index.0 as usize)
    }

    pub fn call(&self, file: FileId, call: usize) -> Option<&Call> {
        self.facts(file)?.calls.get(call)
    }

    /// Those of some libraries that any file imports.
    pub fn imported_of<'n>(&self, libraries: &[&'n str]) -> Vec<&'n str> {
        let imported = self
            .remembered
            .imported
            .get_or_init(|| top_levels(self.files().map(|(_, facts)| facts)));
        let mut found = libraries.to_vec();
        found.retain(|library| imported.contains(*library));
        found
    }

    /// Those of some libraries that a file's own package imports anywhere.
    pub fn imported_beside<'n>(&self, file: FileId, libraries: &[&'n str]) -> Vec<&'n str> {
        let package = |file| {
            let name = self.modules.name_of(file);
            Box::<str>::from(name.split('.').next().unwrap_or_default())
        };
        let own = package(file);
        let imported = self.remembered.imported_beside.get(own.clone(), || {
            let beside = self.files().filter(|(other, _)| package(*other) == own);
            Arc::new(top_levels(beside.map(|(_, facts)| facts)))
        });
        let mut found = libraries.to_vec();
        found.retain(|library| imported.contains(*library));
        found
    }

    /// What a term of a file's facts stands for.
    pub fn value(&self, file: FileId, term: TermId) -> Value {
        Evaluator::new(self).evaluate(file, term)
    }

    /// A function as a person would name it: `module.Class.method`.
    pub fn name_of(&self, function: FunctionRef) -> String {
        let module = self.modules.name_of(function.file);
        let own = self
            .function(function)
            .map_or("", |function| &*function.qualified);
        match module.is_empty() {
            true => own.to_owned(),
            false => format!("{module}.{own}"),
        }
    }
}

/// The top-level modules that files import by their absolute names.
fn top_levels<'f>(files: impl Iterator<Item = &'f Facts>) -> FxHashSet<Box<str>> {
    let modules = files.flat_map(|facts| &facts.imports);
    modules
        .filter(|(dots, _)| *dots == 0)
        .map(|(_, name)| Box::from(name.split('.').next().unwrap_or_default()))
        .collect()
}
