//! What is known about Python libraries: the catalogue of `transforms/libraries/*.toml`, and what
//! users add to it.

mod callbacks;
mod check;
mod closing;
mod doing;
mod effects;
mod files;
mod http;
mod names;
mod protocols;
mod schema;
mod tasks;
#[cfg(test)]
mod tests;
mod words;

pub use callbacks::*;
pub use check::Mistakes;
pub use closing::Closing;
pub use doing::Doing;
pub use effects::*;
pub use http::*;
pub use names::expand;
pub use protocols::Protocol;
pub use schema::*;
pub use tasks::{Generators, Tasks, Waits};

use names::{add, merge};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, LazyLock};

/// Every library that is known, ready to be asked.
#[derive(Debug, Default)]
pub struct Catalogue {
    libraries: Vec<Arc<Library>>,
    mappings: Vec<Arc<Mapping>>,
    /// Library and entry of each blocking callable, by qualified name.
    blocking: FxHashMap<String, (usize, usize)>,
    effects: FxHashMap<String, (usize, usize)>,
    closing: FxHashMap<String, (usize, usize)>,
    schedulers: FxHashMap<String, (usize, usize)>,
    endpoints: FxHashMap<String, (usize, usize)>,
    endpoint_bases: FxHashMap<String, (usize, usize)>,
    gives: FxHashMap<String, String>,
    aliases: FxHashMap<String, String>,
    bases: FxHashMap<String, Vec<String>>,
    decorators: FxHashMap<String, Yields>,
    protocols: FxHashMap<String, Vec<Protocol>>,
    roles: FxHashMap<String, tasks::Role>,
    /// Every class that anything is known of.
    classes: FxHashSet<String>,
    /// The last parts of the names of what users say blocks.
    added_words: Vec<String>,
    /// The classes whose calls stay together, in one thread.
    together: FxHashSet<String>,
    /// The last parts of the names of calls that do not block when they are given certain objects.
    depending: FxHashSet<String>,
    /// Words that say of calls that they may not block, by the modules of these calls.
    telling: Vec<(String, String)>,
}

static BUILTIN: LazyLock<Result<Arc<Catalogue>, String>> = LazyLock::new(|| {
    Ok(Arc::new(Catalogue::new(
        files::libraries()?,
        http::mappings()?,
    )))
});

impl Catalogue {
    /// What asyncfix itself knows. A catalogue that cannot be read is empty; a test sees to it that
    /// it can.
    pub fn builtin() -> Arc<Self> {
        BUILTIN.as_ref().map(Arc::clone).unwrap_or_default()
    }

    /// The same, and what a user says of other libraries, which goes before what is known already.
    pub fn with(&self, more: Vec<Library>) -> Result<Self, Mistakes> {
        check::check(self, &more)?;
        let calls = more
            .iter()
            .flat_map(|library| &library.blocking)
            .flat_map(|entry| &entry.calls)
            .flat_map(|call| expand(call));
        let mut added_words: Vec<String> = calls
            .filter_map(|call| Some(call.rsplit('.').next()?.to_owned()))
            .collect();
        added_words.sort();
        added_words.dedup();
        let more = more.into_iter().map(Arc::new);
        Ok(Self {
            added_words,
            ..Self::new(
                more.chain(self.libraries.iter().cloned()).collect(),
                self.mappings.clone(),
            )
        })
    }

    /// In case of doubt, the first library has the say.
    fn new(libraries: Vec<Arc<Library>>, mappings: Vec<Arc<Mapping>>) -> Self {
        let mut catalogue = Self::default();
        for (at, library) in libraries.iter().enumerate() {
            for (index, entry) in library.blocking.iter().enumerate() {
                add(&mut catalogue.blocking, &entry.calls, (at, index));
                catalogue.note(entry);
            }
            for entry in &library.blocking {
                if entry.fallback == Fallback::Together && !entry.opens {
                    let names = entry.calls.iter().flat_map(|name| expand(name));
                    let owners = names.filter_map(|name| Some(name.rsplit_once('.')?.0.to_owned()));
                    catalogue.together.extend(owners);
                }
            }
            for (index, entry) in library.effects.iter().enumerate() {
                add(&mut catalogue.effects, &entry.calls, (at, index));
            }
            for (index, entry) in library.closing.iter().enumerate() {
                add(&mut catalogue.closing, &entry.calls, (at, index));
            }
            for (index, entry) in library.schedulers.iter().enumerate() {
                add(&mut catalogue.schedulers, &entry.calls, (at, index));
            }
            for (index, entry) in library.endpoints.iter().enumerate() {
                add(&mut catalogue.endpoints, &entry.decorators, (at, index));
                add(&mut catalogue.endpoint_bases, &entry.bases, (at, index));
            }
            merge(&mut catalogue.gives, &library.gives);
            merge(&mut catalogue.aliases, &library.aliases);
            merge(&mut catalogue.bases, &library.bases);
            merge(&mut catalogue.decorators, &library.decorators);
            merge(&mut catalogue.protocols, &library.protocols);
            tasks::note(&mut catalogue.roles, library);
        }
        for library in &libraries {
            catalogue.classes.extend(library.classes.keys().cloned());
            catalogue
                .classes
                .extend(library.counterparts.keys().cloned());
            catalogue
                .classes
                .extend(library.bases.keys().flat_map(|name| expand(name)));
        }
        let methods = catalogue.blocking.keys().chain(catalogue.gives.keys());
        let owners = methods.filter_map(|name| Some(name.rsplit_once('.')?.0.to_owned()));
        let is_class = |name: &String| {
            let last = name.rsplit('.').next().unwrap_or(name);
            last.starts_with(|first: char| first.is_ascii_uppercase())
        };
        catalogue.classes.extend(owners.filter(is_class));
        catalogue.classes.extend(catalogue.gives.values().cloned());
        catalogue.libraries = libraries;
        catalogue.mappings = mappings;
        catalogue
    }

    /// Keeps what the facts of files must tell for an entry.
    fn note(&mut self, entry: &Blocking) {
        for call in entry.calls.iter().flat_map(|call| expand(call)) {
            if entry.unless_given.is_some() {
                let last = call.rsplit('.').next().unwrap_or(&call);
                self.depending.insert(last.to_owned());
            }
            let module = call.split('.').next().unwrap_or(&call);
            for word in &entry.unless_said {
                self.telling.push((module.to_owned(), word.clone()));
            }
        }
        self.telling.sort();
        self.telling.dedup();
    }

    /// Whether a call of this last name may depend on what it is given.
    pub fn depends_on_objects(&self, name: &str) -> bool {
        self.depending.contains(name)
    }

    /// Words that say of the calls of a module that they may not block, with the module.
    pub fn telling(&self) -> impl Iterator<Item = (&str, &str)> {
        self.telling
            .iter()
            .map(|(module, word)| (module.as_str(), word.as_str()))
    }

    pub fn libraries(&self) -> impl Iterator<Item = &Library> {
        self.libraries.iter().map(|library| &**library)
    }

    /// The names of the top-level modules of libraries that are installed.
    pub fn library_names(&self) -> impl Iterator<Item = &str> {
        let installed = self
            .libraries()
            .filter(|library| library.distribution.is_some());
        installed.map(|library| library.name.as_str())
    }

    /// What the names of one HTTP library become in another.
    pub fn mapping(&self, from: &str, to: &str) -> Option<&Mapping> {
        let mut mappings = self.mappings.iter();
        mappings
            .find(|mapping| mapping.from == from && mapping.to == to)
            .map(|mapping| &**mapping)
    }

    /// The library whose top-level module has this name.
    pub fn library(&self, name: &str) -> Option<&Library> {
        self.libraries().find(|library| library.name == name)
    }

    /// What is known of a callable that blocks, by its qualified name; a method may be that of a base.
    pub fn blocking(&self, qualified: &str) -> Option<&Blocking> {
        self.inherited(qualified, &|name| {
            let entry = |name: &str| {
                let (library, entry) = self.blocking.get(name)?;
                self.libraries[*library].blocking.get(*entry)
            };
            entry(name).or_else(|| {
                let (class, method) = name.rsplit_once('.')?;
                let public = !method.starts_with('_');
                entry(&format!("{class}.*"))
                    .filter(|all| public && !all.except.iter().any(|other| other == method))
            })
        })
    }

    pub fn scheduler(&self, qualified: &str) -> Option<&Scheduler> {
        self.inherited(qualified, &|name| {
            let (library, entry) = self.schedulers.get(name)?;
            self.libraries[*library].schedulers.get(*entry)
        })
    }

    /// How a framework calls what this decorator marks.
    pub fn endpoint(&self, decorator: &str) -> Option<&Endpoint> {
        self.inherited(decorator, &|name| {
            let (library, entry) = self.endpoints.get(name)?;
            self.libraries[*library].endpoints.get(*entry)
        })
    }

    /// How a framework calls a method of classes that are made from this one.
    pub fn endpoint_method(&self, base: &str, method: &str) -> Option<&Endpoint> {
        let class = self.canonical(base);
        let own = self
            .endpoint_bases
            .get(class)
            .and_then(|(library, entry)| self.libraries[*library].endpoints.get(*entry));
        let calls = |entry: &Endpoint| {
            entry
                .methods
                .iter()
                .any(|name| match name.strip_suffix('*') {
                    Some(start) => method.starts_with(start),
                    None => name == method,
                })
        };
        own.filter(|entry| calls(entry)).or_else(|| {
            self.bases(class)
                .iter()
                .find_map(|base| self.endpoint_method(base, method))
        })
    }

    /// The class of what a function gives, or of an attribute, or of an object that a class makes.
    pub fn gives(&self, qualified: &str) -> Option<&str> {
        self.inherited(qualified, &|name| self.gives.get(name).map(String::as_str))
    }

    /// The class of an attribute that is computed, as `__getattr__` does it for those of which nothing
    /// else is known.
    pub fn computed(&self, class: &str, attribute: &str) -> Option<&str> {
        let own = format!("{class}.{attribute}");
        let known = attribute.starts_with('_')
            || self.gives(&own).is_some()
            || self.blocking(&own).is_some();
        self.gives(&format!("{class}.__getattr__"))
            .filter(|_| !known)
    }

    pub fn decorator(&self, qualified: &str) -> Option<Yields> {
        self.inherited(qualified, &|name| self.decorators.get(name).copied())
    }

    /// Whether the objects of a class work in one thread only, or serve one at a time.
    pub fn stays_together(&self, class: &str) -> bool {
        let class = self.canonical(class);
        self.together.contains(class)
            || self
                .bases(class)
                .iter()
                .any(|base| self.stays_together(base))
    }

    pub fn counterpart(&self, class: &str) -> Option<&ClassCounterpart> {
        let class = self.canonical(class);
        self.libraries()
            .find_map(|library| library.counterparts.get(class))
    }

    /// The name under which the catalogue knows something.
    pub fn canonical<'n>(&'n self, qualified: &'n str) -> &'n str {
        self.aliases
            .get(qualified)
            .map_or(qualified, String::as_str)
    }

    fn bases(&self, class: &str) -> &[String] {
        self.bases.get(class).map_or(&[], Vec::as_slice)
    }

    /// Whether there is something for coroutines that can be put in the place of what blocks.
    pub fn has_counterpart(&self, qualified: &str) -> bool {
        let by_client = |library: &Library| {
            let http = library.http.as_ref();
            http.is_some_and(|http| http.functions.contains_key(qualified))
        };
        self.blocking(qualified)
            .is_some_and(|entry| entry.kind == Kind::Sleep || entry.counterpart.is_some())
            || self.libraries().any(by_client)
    }

    /// Whether anything is known of a callable or class.
    pub fn knows(&self, qualified: &str) -> bool {
        self.knows_class(qualified)
            || self.blocking(qualified).is_some()
            || self.gives(qualified).is_some()
            || self.scheduler(qualified).is_some()
    }

    /// Whether anything is known of a class.
    pub fn knows_class(&self, qualified: &str) -> bool {
        self.classes.contains(self.canonical(qualified))
    }

    /// Whether one class is the other or made from it, as far as the catalogue knows.
    pub fn is_subclass(&self, class: &str, base: &str) -> bool {
        let class = self.canonical(class);
        class == base
            || self
                .bases(class)
                .iter()
                .any(|class| self.is_subclass(class, base))
    }

    /// Asks for a name, for the name it is an alias of, and, for a member of a class, for the members
    /// of that name in the bases.
    fn inherited<'c, T>(&'c self, qualified: &str, ask: &dyn Fn(&str) -> Option<T>) -> Option<T>
    where
        T: 'c,
    {
        let canonical = self.canonical(qualified);
        if let Some(found) = ask(canonical) {
            return Some(found);
        }
        let (class, member) = canonical.rsplit_once('.')?;
        let class = self.canonical(class);
        let own = format!("{class}.{member}");
        if own != canonical
            && let Some(found) = ask(&own)
        {
            return Some(found);
        }
        self.bases(class)
            .iter()
            .find_map(|base| self.inherited(&format!("{base}.{member}"), ask))
    }

    /// What is known of a class, by its qualified name.
    pub fn class(&self, qualified: &str) -> Option<&Class> {
        let qualified = self.canonical(qualified);
        self.libraries()
            .find_map(|library| library.classes.get(qualified))
    }
}
