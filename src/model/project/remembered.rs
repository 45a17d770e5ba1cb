//! Answers that cost much and are asked for again.

use super::callers::Driven;
use super::edges::{Key, Step};
use super::habits::Habits;
use super::intercepts::Intercepted;
use super::loops::LoopRunners;
use super::mentions::Mentions;
use super::{Colouring, FunctionRef, Summary};
use crate::model::file::Why;
use crate::text::FileId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What was found out of one state of a project.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    pub mentions: OnceLock<Mentions>,
    pub intercepted: OnceLock<Intercepted>,
    /// The top-level modules that any file imports.
    pub imported: OnceLock<FxHashSet<Box<str>>>,
    /// The same by top-level package.
    pub imported_beside: Answers<Box<str>, Arc<FxHashSet<Box<str>>>>,
    pub loop_runners: OnceLock<LoopRunners>,
    pub driven: OnceLock<Vec<Driven>>,
    pub habits: OnceLock<Habits>,
    pub colourings: Answers<(FunctionRef, bool), Result<Colouring, Why>>,
    pub threads: Answers<FunctionRef, Result<Option<String>, Why>>,
    /// What functions do, as it looks from inside and from outside.
    pub doings: Answers<FunctionRef, Arc<BTreeMap<Key, Step>>>,
    pub summaries: Answers<FunctionRef, Arc<Summary>>,
    /// Whether something in a file is a `threading.local`.
    pub thread_locals: Answers<FileId, bool>,
}

/// Answers by question. Two threads may both find one out; it is the same.
#[derive(Debug)]
pub(super) struct Answers<Q, A>(Mutex<FxHashMap<Q, A>>);

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Q: Eq + Hash, A: Clone> Answers<Q, A> {
    pub fn known(&self, question: &Q) -> Option<A> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(question).cloned()
    }

    pub fn get(&self, question: Q, find_out: impl FnOnce() -> A) -> A {
        self.known(&question).unwrap_or_else(|| {
            let answer = find_out();
            let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            answers.insert(question, answer.clone());
            answer
        })
    }
}
