//! What speaks against assuming that calls which are not known may overlap.

use super::module::Module;
use super::resolve::Lookup;
use super::scope::BindingKind;
use super::syntax::walk;
use crate::model::libraries::Wordy;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, TraversalSignal};
use std::collections::BTreeSet;

/// How many steps from a name to what made its value are followed.
const MAX_STEPS: usize = 3;

impl<'a> Module<'a> {
    /// Why runs of a call that is not known might not overlap, if anything says so: a name that
    /// speaks of writing, an object that serves one call at a time, or nothing that tells one run
    /// from another. `own` says that the object whose method it is differs from run to run.
    pub(super) fn objection(&self, call: &'a ExprCall, name: &str, own: bool) -> Option<String> {
        if let Some(library) = self
            .catalogue()
            .exclusive_modules()
            .find(|name| self.imports_module(name))
        {
            return Some(format!(
                "objects of `{library}` may serve only one call at a time"
            ));
        }
        if let Some(word) = words(name).find(|word| self.catalogue().speaks_of_writing(word)) {
            return Some(format!("`{word}` speaks of writing"));
        }
        if !own && call.arguments.is_empty() {
            return Some("it is the same call for every item".to_owned());
        }
        if let Expr::Attribute(method) = &*call.func
            && !own
            && self.catalogue().takes_the_next(&method.attr)
        {
            return Some("it may take what comes next".to_owned());
        }
        let word = self
            .one_at_a_time((&*call.func).into())
            .or_else(|| self.one_at_a_time((&call.arguments).into()))?;
        Some(format!(
            "`{word}` speaks of something that serves one call at a time"
        ))
    }

    /// The word that says that an object, or what it comes from, serves one call at a time.
    pub fn one_at_a_time(&self, node: AnyNodeRef<'a>) -> Option<String> {
        let mut names = BTreeSet::new();
        self.names_of_origin(node, MAX_STEPS, &mut names);
        // The last word says what kind of thing it is: `db_session`, not `session_id`.
        let mut last = names.iter().filter_map(|name| words(name).last());
        last.find(|word| {
            let one = word.strip_suffix('s').unwrap_or(word);
            [word, one]
                .iter()
                .any(|word| self.catalogue().has_word(Wordy::Solitary, word))
        })
    }

    /// Every name in an expression, and in what gave those names their values.
    fn names_of_origin(&self, node: AnyNodeRef<'a>, steps: usize, found: &mut BTreeSet<&'a str>) {
        let Some(steps) = steps.checked_sub(1) else {
            return;
        };
        walk(node, &mut |inner| {
            match inner {
                AnyNodeRef::ExprName(name) => {
                    found.insert(name.id.as_str());
                    let scope = self.scope_of(inner);
                    if let Some(Lookup::Bound(_, bindings)) =
                        scope.map(|scope| self.lookup(scope, &name.id))
                    {
                        for &id in bindings {
                            let origin = match self.binding(id).kind {
                                BindingKind::Assign(value)
                                | BindingKind::With(value, _)
                                | BindingKind::Element(value) => Some(value),
                                BindingKind::Parameter(parameter) => {
                                    parameter.annotation.as_deref()
                                }
                                _ => None,
                            };
                            if let Some(origin) = origin {
                                self.names_of_origin(origin.into(), steps, found);
                            }
                        }
                    }
                }
                AnyNodeRef::ExprAttribute(attribute) => {
                    found.insert(attribute.attr.as_str());
                }
                AnyNodeRef::Keyword(keyword) => {
                    found.extend(keyword.arg.as_ref().map(|name| name.as_str()));
                }
                AnyNodeRef::ExprSubscript(subscript) => {
                    if let Expr::StringLiteral(key) = &*subscript.slice {
                        found.insert(key.value.to_str());
                    }
                }
                _ => {}
            }
            TraversalSignal::Traverse
        });
    }
}

/// The words of a dotted name in snake case or camel case, in lower case.
pub(super) fn words(name: &str) -> impl Iterator<Item = String> + use<> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        let boundary = !character.is_alphanumeric() || character.is_uppercase() && after_lower;
        if boundary {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    words.into_iter().filter(|word| !word.is_empty())
}
