//! What is known of names alone: what only computes, and words that speak for or against something.

use super::{Catalogue, Library, Wordy};

impl Catalogue {
    /// Whether a function or class outside the file only computes.
    pub fn is_pure(&self, qualified: &str) -> bool {
        self.libraries().any(|library| {
            library.pure_names.iter().any(|name| name == qualified)
                || library.pure_modules.iter().any(|module| {
                    qualified
                        .strip_prefix(module.as_str())
                        .is_some_and(|rest| rest.starts_with('.'))
                })
        })
    }

    /// Whether a name without a module means something here.
    pub(super) fn knows_builtin(&self, name: &str) -> bool {
        self.blocking.contains_key(name)
            || self.schedulers.contains_key(name)
            || self.decorators.contains_key(name)
            || self.is_pure_builtin(name)
    }

    /// The words of which a file has at least one if it calls what only a user says blocks.
    pub fn added_words(&self) -> &[String] {
        &self.added_words
    }

    /// Whether a builtin only computes. Making an exception does.
    pub fn is_pure_builtin(&self, name: &str) -> bool {
        let exception = name.ends_with("Error") || name.ends_with("Exception");
        exception || self.listed(|library| &library.pure_builtins, name)
    }

    /// Whether a method of this name, called with so many arguments by position, reads its object and
    /// changes nothing.
    pub fn is_pure_method(&self, name: &str, arguments: usize) -> bool {
        self.listed(|library| &library.pure_methods, name)
            || self.libraries().any(|library| {
                let from = library.pure_methods_from.get(name);
                from.is_some_and(|from| arguments >= *from)
            })
    }

    /// Whether a method of this name changes the collection it is called on, and nothing else.
    pub fn is_filling_method(&self, name: &str) -> bool {
        self.listed(|library| &library.filling_methods, name)
    }

    pub fn is_private_context(&self, name: &str) -> bool {
        self.listed(|library| &library.private_contexts, name)
    }

    pub fn swallows_errors(&self, name: &str) -> bool {
        self.listed(|library| &library.swallowing_contexts, name)
    }

    /// Whether a method of a logger writes a line.
    pub fn is_logging_method(&self, name: &str) -> bool {
        self.listed(|library| &library.logging_methods, name)
    }

    /// Whether a function writes log lines, by its name: `log_debug`, `log.warning`.
    pub fn logs_by_name(&self, name: &str) -> bool {
        let mut words = name.rsplit(['.', '_']);
        let level = words
            .next()
            .is_some_and(|word| self.is_logging_method(word));
        let log = words.next();
        level && log.is_some_and(|word| word.to_lowercase().trim_end_matches("ger") == "log")
    }

    /// Whether a member of what still has a body to read does not read it.
    pub fn is_quiet_member(&self, name: &str) -> bool {
        self.listed(|library| &library.quiet_members, name)
    }

    /// Whether what a member gives goes on reading when it is gone through.
    pub fn is_lazy_member(&self, name: &str) -> bool {
        self.listed(|library| &library.lazy_members, name)
    }

    /// Whether a function reads at once what it is given.
    pub fn is_reader(&self, name: &str) -> bool {
        self.listed(|library| &library.readers, name)
    }

    /// Whether a function or class reads later what it is given.
    pub fn is_wrapper(&self, name: &str) -> bool {
        self.listed(|library| &library.wrappers, name)
    }

    pub fn is_collection(&self, qualified: &str) -> bool {
        self.listed(|library| &library.collections, qualified)
    }

    /// Whether what a function outside the file gives never ends.
    pub fn is_endless(&self, qualified: &str) -> bool {
        self.listed(|library| &library.endless, qualified)
    }

    /// Whether a word in the name of a function says that it writes; `a` in front of it stands for
    /// "asynchronous", as in `asave`.
    pub fn speaks_of_writing(&self, word: &str) -> bool {
        let known = |word: &str| self.listed(|library| &library.writing_words, word);
        let bare = word.strip_prefix('a').filter(|_| word != "async");
        known(word) || bare.is_some_and(known)
    }

    /// Whether a word in the name of an object, or of several, says that it serves one call at a time.
    pub fn serves_one_at_a_time(&self, word: &str) -> bool {
        let known = |word: &str| self.listed(|library| &library.exclusive_words, word);
        known(word) || word.strip_suffix('s').is_some_and(known)
    }

    /// Modules whose objects may not be used by two tasks at a time.
    pub fn exclusive_modules(&self) -> impl Iterator<Item = &str> {
        self.libraries()
            .flat_map(|library| &library.exclusive_modules)
            .map(String::as_str)
    }

    /// Whether a method of this name takes what comes next from its object.
    pub fn takes_the_next(&self, name: &str) -> bool {
        self.listed(|library| &library.taking_methods, name)
    }

    /// Whether a word in a name says this.
    pub fn has_word(&self, says: Wordy, word: &str) -> bool {
        let of = |library: &Library| {
            let listed = library.words.get(&says);
            listed.is_some_and(|words| words.iter().any(|known| known == word))
        };
        self.libraries().any(of)
    }

    /// Whether a coroutine function waits for the awaitable that it is given first.
    pub fn awaits_argument(&self, qualified: &str) -> bool {
        self.listed(|library| &library.awaits_argument, qualified)
    }

    /// Whether a word in the name of an iterable says that it paces a loop, or shows how far it is.
    pub fn paces(&self, word: &str) -> bool {
        self.listed(|library| &library.pacing_words, word)
    }

    pub(super) fn listed(&self, list: impl Fn(&Library) -> &Vec<String>, name: &str) -> bool {
        self.libraries()
            .any(|library| list(library).iter().any(|known| known == name))
    }
}
