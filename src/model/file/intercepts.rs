//! What in a file takes the place of an HTTP library, as tests do: modules that stand in for it, and
//! patches of its functions.

use super::{BindingKind, Module};
use crate::model::libraries::Http;
use crate::python::ast::{Expr, ExprCall};
use crate::python::span;
use crate::text::Span;

/// A place at which a file replaces an HTTP library, or changes what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intercept {
    pub at: Span,
    /// The library that is replaced.
    pub library: Box<str>,
    /// What replaces it, for a message.
    pub what: Box<str>,
    /// The module that stands in for it.
    pub by: Option<Box<str>>,
    /// The module whose name for the library is replaced: `app.client` in `app.client.requests.get`.
    pub within: Option<Box<str>>,
    /// It certainly is one, and not only a call that is given such a name.
    pub certain: bool,
}

/// Functions that replace what they are given the name of.
const PATCHES: [&str; 6] = ["patch", "object", "multiple", "setattr", "spy", "stub"];

impl<'a> Module<'a> {
    /// Every place at which the file replaces a library, in source order.
    pub fn intercepts(&self, library: &str, http: &Http) -> Vec<Intercept> {
        let mut found = Vec::new();
        let new = |at: Span, what: String, by: Option<&str>| Intercept {
            at,
            library: library.into(),
            what: what.into(),
            by: by.map(Into::into),
            within: None,
            certain: true,
        };
        for name in &http.interceptors {
            let import = self.bindings().iter().find_map(|binding| {
                let BindingKind::Import(index) = binding.kind else {
                    return None;
                };
                let import = self.import(index);
                let target = import.target();
                let inside = target.strip_prefix(name.as_str())?;
                let is_it = inside.is_empty() || inside.starts_with('.');
                is_it.then(|| span(import.node()))
            });
            let import = import.or_else(|| self.imports_module(name).then(|| Span::new(0, 0)));
            found.extend(import.map(|at| new(at, format!("`{name}`"), Some(name))));
        }
        for binding in self.bindings() {
            let is_fixture = matches!(binding.kind, BindingKind::Parameter(_))
                && http
                    .interceptor_fixtures
                    .iter()
                    .any(|name| name == binding.name);
            if is_fixture {
                found.push(new(
                    binding.at,
                    format!("`{}`", binding.name),
                    Some(binding.name),
                ));
            }
        }
        if self.text().contains(library) {
            let of_library = |name: &str| name.split('.').next() == Some(library);
            for write in self.attribute_writes() {
                if let Expr::Attribute(attribute) = write
                    && self
                        .qualified(&attribute.value)
                        .is_some_and(|name| of_library(&name))
                {
                    let what = format!("an assignment to `{}`", self.describe(write));
                    found.push(new(span(*write), what, None));
                }
            }
            for call in self.calls() {
                found.extend(self.patch(library, call));
            }
        }
        found.sort_by_key(|intercept| intercept.at);
        found
    }

    /// What a call replaces of a library.
    fn patch(&self, library: &str, call: &'a ExprCall) -> Option<Intercept> {
        let first = call.arguments.args.first()?;
        let function = match &*call.func {
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            Expr::Name(name) => name.id.as_str(),
            _ => "",
        };
        let patches = PATCHES.contains(&function);
        let mut certain = patches;
        let mut within = None;
        match first {
            Expr::StringLiteral(path) => {
                within = before_in_path(path.value.to_str(), library)?;
            }
            Expr::Name(_) if self.qualified(first).as_deref() == Some(library) => {}
            Expr::Attribute(part) if patches && part.attr.as_str() == library => {
                within = self.qualified(&part.value);
            }
            Expr::Name(_) | Expr::Attribute(_) if patches => {
                let name = call.arguments.args.get(1)?;
                let named =
                    matches!(name, Expr::StringLiteral(name) if name.value.to_str() == library);
                within = named.then(|| self.qualified(first))?;
                certain = within.is_some();
            }
            _ => return None,
        }
        Some(Intercept {
            at: span(call),
            library: library.into(),
            what: format!("a patch of `{}`", self.source(first)).into(),
            by: None,
            within: within.map(Into::into),
            certain,
        })
    }
}

/// What stands before a name in a dotted path, as `mock.patch` takes it; nothing if the text is no
/// path, or lacks the name.
fn before_in_path(text: &str, name: &str) -> Option<Option<String>> {
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() < 2 || !parts.iter().all(|part| is_name(part)) {
        return None;
    }
    let at = parts.iter().position(|part| *part == name)?;
    Some((at > 0).then(|| parts[..at].join(".")))
}
