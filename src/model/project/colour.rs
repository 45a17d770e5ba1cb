//! Which functions have to become coroutine functions together, and which calls must be awaited
//! then: a closure over callers that ends at coroutines. Refused unless every use is a call that is
//! seen, where `await` is legal.

use super::{ClassRef, FunctionRef, Project, Target};
use crate::model::file::{CallKind, CallPlace, Function, Owner, Term, Why};
use crate::text::FileId;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// More functions than these are not changed at a time.
const MAX_FUNCTIONS: usize = 25;

/// What it takes to make functions coroutine functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colouring {
    /// The plain functions to change, sorted.
    pub functions: BTreeSet<FunctionRef>,
    /// The calls to await, by file and place among its calls, sorted.
    pub awaits: BTreeSet<(FileId, u32)>,
    /// Those of the functions that others may call, from outside the files that were seen.
    pub public: BTreeSet<String>,
    /// What a person must confirm, as clauses.
    pub reviews: BTreeSet<String>,
}

impl Project {
    /// What has to change for a plain function to become a coroutine function. `nested` says that
    /// `await` is legal in comprehensions inside others (Python 3.11).
    pub fn colouring(&self, start: FunctionRef, nested: bool) -> Result<Colouring, Why> {
        self.remembered
            .colourings
            .get((start, nested), || self.colour(start, nested))
    }

    fn colour(&self, start: FunctionRef, nested: bool) -> Result<Colouring, Why> {
        let mut found = Colouring {
            functions: BTreeSet::new(),
            awaits: BTreeSet::new(),
            public: BTreeSet::new(),
            reviews: BTreeSet::new(),
        };
        let mut waiting = vec![start];
        while let Some(function) = waiting.pop() {
            if !found.functions.insert(function) {
                continue;
            }
            if found.functions.len() > MAX_FUNCTIONS {
                return Err(Why::new(format!(
                    "more than {MAX_FUNCTIONS} functions would have to change with it"
                )));
            }
            self.may_become_async(function, &mut found)?;
            let callers = self.graph().callers(function);
            if callers.is_empty() {
                return Err(self.says(function, "is called by nobody that was seen"));
            }
            for (file, index) in callers {
                let caller = self.awaitable(function, *file, *index, nested, &mut found)?;
                found.awaits.insert((*file, *index));
                if self.function(caller).is_some_and(|of| !of.is_async) {
                    waiting.push(caller);
                }
            }
        }
        Ok(found)
    }

    pub(super) fn says(&self, function: FunctionRef, what: &str) -> Why {
        let name = self.function(function).map_or("", |of| &of.qualified);
        Why::new(format!("`{name}` {what}"))
    }

    fn at(&self, file: FileId, offset: usize) -> String {
        let line = self.facts(file).map_or(0, |facts| facts.line_of(offset));
        format!("{}:{line}", self.modules().path(file).display())
    }

    /// Whether a definition allows `async` before it.
    fn may_become_async(&self, function: FunctionRef, found: &mut Colouring) -> Result<(), Why> {
        let Some((of, facts)) = self.function(function).zip(self.facts(function.file)) else {
            return Err(Why::new("a function on the way is not known"));
        };
        let refuse = |what: &str| Err(self.says(function, what));
        if of.is_generator {
            return refuse("is a generator");
        }
        if of.name.starts_with("__") && of.name.ends_with("__") {
            return refuse("is called by Python itself");
        }
        if self
            .modules()
            .path(function.file)
            .extension()
            .is_some_and(|end| end == "pyi")
        {
            return refuse("is known by its stub only");
        }
        let plain = of.decorators.iter().all(|decorator| {
            matches!(
                facts.terms.get(decorator.0 as usize),
                Some(Term::Builtin(name)) if matches!(&**name, "staticmethod" | "classmethod")
            )
        });
        if !plain {
            return refuse("is decorated");
        }
        if of.stops {
            return refuse("may raise `StopIteration`, which a coroutine function cannot,");
        }
        if self.modules().has_stub(function.file) {
            return refuse("is declared in a stub as well");
        }
        let alike = |other: &&Function| other.qualified == of.qualified;
        if facts.functions.iter().filter(alike).count() > 1 {
            return refuse("is defined more than once");
        }
        if of.name.starts_with("test") {
            return refuse("is called by a test runner");
        }
        if let Owner::Class(class) = of.owner {
            self.stands_alone(
                function,
                ClassRef {
                    file: function.file,
                    index: class,
                },
            )?;
        }
        self.is_only_called(function)?;
        if let Some((what, _)) = &of.writes {
            found.reviews.insert(format!(
                "`{}` {what}, and other tasks may run before it is through",
                of.qualified
            ));
        }
        let exported = facts.all.iter().flatten().any(|name| *name == of.name);
        let is_public = !of.name.starts_with('_') && !matches!(of.owner, Owner::Function(_));
        if exported || is_public {
            found.public.insert(of.qualified.to_string());
        }
        Ok(())
    }

    /// The function that makes a call, if the call may be awaited there.
    fn awaitable(
        &self,
        callee: FunctionRef,
        file: FileId,
        index: u32,
        nested: bool,
        found: &mut Colouring,
    ) -> Result<FunctionRef, Why> {
        let Some(call) = self.call(file, index as usize) else {
            return Err(Why::new("a call on the way is not known"));
        };
        let at = || self.at(file, call.at.start());
        let refuse = |what: &str| Err(self.says(callee, &format!("{what} in {}", at())));
        if call.kind != CallKind::Call {
            return refuse("is called without being named");
        }
        let several = matches!(
            self.graph().target(file, index as usize),
            Some(Target::Functions(functions)) if functions.len() > 1
        );
        if several {
            return refuse("is one of several functions that may be called");
        }
        if call.awaited {
            return refuse("is awaited already");
        }
        if call.printed {
            return refuse("is called in an f-string that prints the call itself,");
        }
        match call.place {
            CallPlace::Body(0 | 1) => {}
            CallPlace::Body(_) if nested => {}
            CallPlace::Body(_) => {
                return refuse(
                    "is called in a nested comprehension, where `await` needs Python 3.11,",
                );
            }
            CallPlace::Generator => return refuse("is called in a generator expression"),
            CallPlace::Lambda => return refuse("is called in a lambda"),
            CallPlace::ClassBody | CallPlace::Module => return refuse("is called at import time"),
            CallPlace::Annotation => return refuse("is called in an annotation"),
        }
        if let Some(held) = &call.held {
            found.reviews.insert(format!("{held} ({})", at()));
        }
        match call.function {
            Some(index) => Ok(FunctionRef { file, index }),
            None => refuse("is called at import time"),
        }
    }

    /// The names of functions that may have to become coroutine functions; whoever mentions one has
    /// to be looked at.
    pub fn colourable_names(&self) -> BTreeSet<&str> {
        let mut leaves: FxHashSet<FunctionRef> = self.graph().leaves(self).collect();
        leaves.extend(self.loop_leaves());
        let colourings = leaves
            .into_par_iter()
            .filter_map(|leaf| self.colouring(leaf, true).ok());
        let functions: Vec<FunctionRef> = colourings
            .flat_map_iter(|colouring| colouring.functions)
            .collect();
        let functions = functions.into_iter();
        functions
            .filter_map(|function| Some(self.mentions().names(&self.function(function)?.name)))
            .flatten()
            .collect()
    }
}
