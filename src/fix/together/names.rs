//! What names say of calls and objects that are not known.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Entity, Lookup};
use crate::model::libraries::{Catalogue, Wordy};
use crate::python::ast::{Arguments, Expr, Keyword, SourceOrderVisitor, walk_expr};
use std::collections::BTreeSet;

/// How many steps from a name to what made its value are followed.
const MAX_STEPS: usize = 3;

/// Words that end what a name says of what its function does.
const HOW: [&str; 12] = [
    "at", "by", "for", "from", "in", "into", "on", "to", "until", "using", "with", "without",
];

/// What the name of a function says that it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Reads,
    /// It changes something: the word that says so.
    Writes(String),
    /// It takes what comes next.
    Takes(String),
    /// It waits on purpose, or again and again.
    Paces(String),
    /// It does something, which may be anything.
    Acts(String),
    Nothing,
}

/// What the last part of a dotted name says.
pub(super) fn says(catalogue: &Catalogue, name: &str) -> Says {
    let last = name.rsplit('.').next().unwrap_or(name);
    let mut words = words(last);
    words.retain(|word| word != "async" && word != "a" && word != "do");
    // `fetch_with_retry`, `add_to_queue`: what follows says how or where.
    let how = words
        .iter()
        .skip(1)
        .position(|word| HOW.contains(&word.as_str()));
    words.truncate(how.map_or(words.len(), |index| index + 1));
    let has = |words: &[String], kind: Wordy| {
        words
            .iter()
            .find(|word| catalogue.has_word(kind, word) || is_marked(catalogue, kind, word))
            .cloned()
    };
    if let Some(word) = has(&words, Wordy::Pausing) {
        return Says::Paces(word);
    }
    if let Some(word) = has(&words, Wordy::Taking) {
        return Says::Takes(word);
    }
    // `get_or_create`, `load_and_save`: more than the first word says.
    let several = words.iter().any(|word| word == "or" || word == "and");
    // `get_authorized_client`: it may ask for leave first.
    let several = several
        || words
            .iter()
            .any(|word| word == "authorized" || word == "authenticated");
    let first = words.first().cloned().into_iter().collect::<Vec<_>>();
    if has(&first, Wordy::Reading).is_some() && !several {
        return Says::Reads;
    }
    if let Some(word) = has(&words, Wordy::Writing) {
        return Says::Writes(word);
    }
    if let Some(word) = has(&words, Wordy::Acting) {
        return Says::Acts(word);
    }
    match has(&words, Wordy::Reading) {
        Some(word) if several => Says::Acts(word),
        Some(_) => Says::Reads,
        None => Says::Nothing,
    }
}

/// `asave`: "asynchronous", and the word.
fn is_marked(catalogue: &Catalogue, kind: Wordy, word: &str) -> bool {
    word.strip_prefix('a')
        .is_some_and(|bare| catalogue.has_word(kind, bare))
}

/// Why an object in an expression may serve only one call at a time, or what it comes from. Of `own`,
/// the names of objects that no other call uses, only the strongest words speak.
pub(super) fn exclusive<'a>(
    cx: &Cx<'a>,
    receiver: Option<&'a Expr>,
    arguments: Option<&'a Arguments>,
    own: &[&str],
) -> Option<String> {
    let mut origin = Origin {
        cx,
        own,
        receives: true,
        seen: BTreeSet::new(),
        steps: MAX_STEPS,
        made: 0,
        found: None,
    };
    if let Some(receiver) = receiver {
        origin.visit_expr(receiver);
    }
    origin.receives = false;
    if let Some(arguments) = arguments {
        arguments
            .args
            .iter()
            .for_each(|argument| origin.visit_expr(argument));
        let keywords = arguments.keywords.iter();
        keywords.for_each(|keyword| origin.visit_keyword(keyword));
    }
    origin.found
}

/// Why an object of a library, by the name of a method of its, may serve only one call at a time.
pub(super) fn of_library(cx: &Cx<'_>, name: &str) -> Option<String> {
    let (class, _) = name.rsplit_once('.')?;
    let mut origin = Origin {
        cx,
        own: &[],
        receives: true,
        seen: BTreeSet::new(),
        steps: 0,
        made: 0,
        found: None,
    };
    origin.of_module(class);
    origin.found
}

/// Why a call that is not known may show how far a loop is.
pub(super) fn progress(catalogue: &Catalogue, name: &str) -> Option<String> {
    let mut words = words(name).into_iter();
    let word = words.find(|word| catalogue.paces(word))?;
    Some(format!("`{word}` speaks of pacing"))
}

/// The word by which a context manager lets one task in after the other.
pub(super) fn locks(catalogue: &Catalogue, name: &str) -> Option<String> {
    let mut words = words(name).into_iter();
    words.find(|word| catalogue.has_word(Wordy::Locking, word))
}

/// Why an object of this name, or of a class of this name, may serve only one call at a time.
pub(super) fn speaks_of_one(
    catalogue: &Catalogue,
    name: &str,
    own: bool,
    receives: bool,
) -> Option<String> {
    let words = words(name);
    // The last word says what kind of thing it is: `db_session`, not `session_id`.
    let last = words.last()?;
    let one = last.strip_suffix('s').unwrap_or(last);
    let is = |kind: Wordy| catalogue.has_word(kind, last) || catalogue.has_word(kind, one);
    let shared = is(Wordy::Exclusive) || receives && is(Wordy::Ambiguous);
    (is(Wordy::Solitary) || !own && shared)
        .then(|| format!("`{name}` speaks of something that serves one call at a time"))
}

struct Origin<'c, 'a> {
    cx: &'c Cx<'a>,
    own: &'c [&'c str],
    /// It is the object whose method is called.
    receives: bool,
    /// Names whose origin has been looked at.
    seen: BTreeSet<&'a str>,
    steps: usize,
    /// How many calls that made an object it stands in.
    made: usize,
    found: Option<String>,
}

impl<'a> SourceOrderVisitor<'a> for Origin<'_, 'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if self.found.is_some() {
            return;
        }
        if let Some(class) = self.cx.module.class_of(expression) {
            match self.cx.module.catalogue().class(&class) {
                Some(known) if known.concurrent || known.holds => return,
                Some(known) if known.exclusive => {
                    self.found = Some(format!("objects of `{class}` serve one call at a time"));
                    return;
                }
                _ => self.of_module(&class),
            }
        }
        match expression {
            Expr::Name(name) => {
                let own = self.own.contains(&name.id.as_str());
                if !self.is_module(expression) {
                    self.named(&name.id, own);
                }
                self.imported(expression);
                if self.seen.insert(name.id.as_str()) {
                    self.origins(expression, &name.id, own);
                }
            }
            Expr::Attribute(attribute) => {
                let own = is_own(&attribute.value, self.own);
                self.named(&attribute.attr, own);
                self.imported(expression);
                self.visit_expr(&attribute.value);
            }
            Expr::Subscript(subscript) => {
                if let Expr::StringLiteral(key) = &*subscript.slice {
                    self.named(key.value.to_str(), false);
                }
                walk_expr(self, expression);
            }
            Expr::Call(call) => {
                // The name of a function says what it gives.
                let is_origin = self.steps < MAX_STEPS;
                self.made += usize::from(is_origin);
                walk_expr(self, expression);
                self.made -= usize::from(is_origin);
                if let Expr::Attribute(method) = &*call.func {
                    self.named(&method.attr, false);
                }
            }
            _ => walk_expr(self, expression),
        }
    }

    fn visit_keyword(&mut self, keyword: &'a Keyword) {
        if let Some(name) = &keyword.arg
            && !keyword.value.is_literal_expr()
            && !self.is_concurrent(&keyword.value)
        {
            self.named(name, false);
        }
        self.visit_expr(&keyword.value);
    }
}

impl<'a> Origin<'_, 'a> {
    fn named(&mut self, name: &str, own: bool) {
        // What an object was made with: an HTTP client, where sessions are such.
        let is_client = self.made > 0 && is_session(name) && has_http_sessions(self.cx);
        if self.found.is_none() && !is_client {
            let catalogue = self.cx.module.catalogue();
            self.found = speaks_of_one(catalogue, name, own, self.receives);
        }
    }

    /// What gave a name its value.
    fn origins(&mut self, at: &'a Expr, name: &str, own: bool) {
        let Some(steps) = self.steps.checked_sub(1) else {
            return;
        };
        let module = self.cx.module;
        let scope = module.scope_of(at.into());
        let Some(Lookup::Bound(_, bindings)) = scope.map(|scope| module.lookup(scope, name)) else {
            return;
        };
        let outer = std::mem::replace(&mut self.steps, steps);
        for &id in bindings {
            let origin = match module.binding(id).kind {
                BindingKind::Assign(value)
                | BindingKind::With(value, _)
                | BindingKind::Element(value) => Some(value),
                BindingKind::Parameter(parameter) => parameter.annotation.as_deref(),
                _ => None,
            };
            match origin {
                Some(origin) if own => self.giver(origin),
                Some(origin) => self.visit_expr(origin),
                None => {}
            }
        }
        self.steps = outer;
    }

    /// What gave a collection whose items go to one call each: `page.locator("a").all()`, whose items
    /// talk through the page. The collection itself is none of them.
    fn giver(&mut self, items: &'a Expr) {
        match items {
            Expr::Await(awaited) => self.giver(&awaited.value),
            Expr::Call(call) => {
                if let Expr::Attribute(method) = &*call.func {
                    let receives = std::mem::replace(&mut self.receives, true);
                    self.visit_expr(&method.value);
                    self.receives = receives;
                }
            }
            Expr::Name(name) if self.seen.insert(name.id.as_str()) => {
                self.origins(items, &name.id, true);
            }
            _ => {}
        }
    }

    /// `socket` in `socket.gethostname()`: a module, which lends its name to nothing.
    fn is_module(&self, expression: &'a Expr) -> bool {
        matches!(self.cx.module.entity(expression), Entity::External(name) if !name.contains('.'))
    }

    /// A name that comes from a module where most objects serve one call at a time.
    fn imported(&mut self, expression: &'a Expr) {
        if let Entity::External(name) = self.cx.module.entity(expression) {
            self.of_module(&name);
        }
    }

    fn of_module(&mut self, name: &str) {
        let catalogue = self.cx.module.catalogue();
        let within = |module: &&str| {
            name.strip_prefix(*module)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if self.found.is_none()
            && let Some(module) = catalogue.exclusive_modules().find(within)
            && !says_shared(catalogue, name)
        {
            self.found = Some(format!(
                "objects of `{module}` may serve only one call at a time"
            ));
        }
    }

    fn is_concurrent(&self, expression: &'a Expr) -> bool {
        self.cx.module.class_of(expression).is_some_and(|class| {
            let known = self.cx.module.catalogue().class(&class);
            known.is_some_and(|class| class.concurrent)
        })
    }
}

fn is_session(name: &str) -> bool {
    words(name).pop().is_some_and(|word| word == "session")
}

/// Whether the file is one of those where a session is an HTTP client, and nothing else.
fn has_http_sessions(cx: &Cx<'_>) -> bool {
    let catalogue = cx.module.catalogue();
    let imports = |name: &str| cx.module.imports_module(name);
    catalogue
        .libraries()
        .any(|library| library.http_sessions && imports(&library.name))
        && !catalogue.exclusive_modules().any(imports)
}

/// `asyncpg.Pool`, `sqlalchemy.ext.asyncio.AsyncEngine`: made to be shared.
fn says_shared(catalogue: &Catalogue, name: &str) -> bool {
    let last = words(name.rsplit('.').next().unwrap_or(name)).pop();
    last.is_some_and(|word| catalogue.has_word(Wordy::Shared, &word))
}

/// Whether an object belongs to one call only: a name of its own, what hangs on it, or what a
/// collection holds for it.
pub(super) fn is_own(expression: &Expr, own: &[&str]) -> bool {
    match expression {
        Expr::Name(name) => own.contains(&name.id.as_str()),
        Expr::Attribute(attribute) => is_own(&attribute.value, own),
        Expr::Subscript(subscript) => {
            is_own(&subscript.value, own)
                || matches!(&*subscript.slice, Expr::Name(name) if own.contains(&name.id.as_str()))
        }
        // `Path(name)`: made for the call.
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Attribute(method) if is_own(&method.value, own))
                || call
                    .arguments
                    .args
                    .iter()
                    .any(|argument| is_own(argument, own))
        }
        Expr::Await(awaited) => is_own(&awaited.value, own),
        _ => false,
    }
}

/// What kind of thing an object is, by the last word of its name or of the class that made it.
pub(super) fn kind<'a>(cx: &Cx<'a>, object: &'a Expr) -> Option<String> {
    let name = match object {
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        Expr::Name(name) => {
            let scope = cx.module.scope_of(object.into())?;
            let made = cx
                .module
                .bindings_of(scope, &name.id)
                .into_iter()
                .find_map(|binding| match binding.kind {
                    BindingKind::Assign(Expr::Call(call)) => Some(cx.module.describe(&call.func)),
                    _ => None,
                });
            match made {
                Some(made) => return words(&made).pop(),
                None => name.id.as_str(),
            }
        }
        Expr::Subscript(subscript) => return kind(cx, &subscript.value),
        _ => return None,
    };
    words(name).pop()
}

/// The words of a name in snake case or camel case, in lower case, without numbers.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        let boundary = !character.is_alphabetic() || character.is_uppercase() && after_lower;
        if boundary {
            words.push(String::new());
        }
        if character.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
