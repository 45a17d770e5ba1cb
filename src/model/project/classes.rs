//! Members of classes, over their bases and the classes made from them.

use super::evaluate::Evaluator;
use super::{ClassRef, FunctionRef, Value};
use crate::model::file::TermId;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// Where a member of a class was found.
pub(super) enum Found {
    Method(FunctionRef),
    Attribute(Value),
    /// Not in the project's classes: a base of this library's class may have it.
    Library(Box<str>),
    Unknown(Box<str>),
}

impl Evaluator<'_> {
    /// Finds a member as attribute access would: in the class itself, then in its bases, the first
    /// before the second. `above` leaves the class itself out, as `super()` does.
    pub fn find(&mut self, class: ClassRef, name: &str, above: bool) -> Found {
        let mut seen = FxHashSet::default();
        let mut outside = None;
        if let Some(found) = self.find_in(class, name, above, &mut seen, &mut outside) {
            return found;
        }
        match outside {
            Some(Value::Library(base)) => Found::Library(base),
            Some(Value::Unknown(why)) => Found::Unknown(why),
            _ => Found::Unknown(format!("the class has no `{name}` that was seen").into()),
        }
    }

    fn find_in(
        &mut self,
        class: ClassRef,
        name: &str,
        above: bool,
        seen: &mut FxHashSet<ClassRef>,
        outside: &mut Option<Value>,
    ) -> Option<Found> {
        if !seen.insert(class) {
            return None;
        }
        let of = self.project.class(class)?;
        if !above {
            let members: Vec<TermId> = of
                .members
                .iter()
                .filter(|(known, _)| **known == *name)
                .map(|(_, term)| *term)
                .collect();
            let mut values: Vec<Value> = members
                .iter()
                .map(|term| self.term(class.file, *term))
                .collect();
            if let Some(Value::Function(function)) = values.last() {
                let assigned = of.attributes.iter().any(|(known, _)| **known == *name);
                return Some(match assigned {
                    true => {
                        Found::Unknown(format!("`{name}` is a method and is assigned to").into())
                    }
                    false => Found::Method(*function),
                });
            }
            values.retain(|value| !matches!(value, Value::None));
            // What is declared goes before what is assigned.
            let declared = !values.is_empty() && !matches!(values[0], Value::Unknown(_));
            if !declared {
                let attributes: Vec<TermId> = of
                    .attributes
                    .iter()
                    .filter(|(known, _)| **known == *name)
                    .map(|(_, term)| *term)
                    .collect();
                values.extend(attributes.iter().map(|term| self.term(class.file, *term)));
                values.retain(|value| !matches!(value, Value::None));
            }
            if let Some(first) = values.first().cloned() {
                let agree = values.iter().all(|value| *value == first);
                return Some(Found::Attribute(match agree {
                    true => first,
                    false => Value::unknown(format!("`{name}` may be one of several things")),
                }));
            }
            if !members.is_empty() {
                return Some(Found::Attribute(Value::None));
            }
        }
        for base in &of.bases {
            match self.term(class.file, *base) {
                Value::Class(base) => {
                    if let Some(found) = self.find_in(base, name, false, seen, outside) {
                        return Some(found);
                    }
                }
                Value::Library(base)
                    if matches!(
                        &*base,
                        "object" | "abc.ABC" | "typing.Generic" | "typing.Protocol"
                    ) => {}
                Value::Library(base) => {
                    outside.get_or_insert(Value::Library(base));
                }
                Value::Unknown(why) => *outside = Some(Value::Unknown(why)),
                _ => {}
            }
        }
        None
    }

    /// Whether one class is made from the other.
    pub fn descends(&mut self, class: ClassRef, from: ClassRef) -> bool {
        let mut seen = FxHashSet::default();
        let mut waiting = vec![class];
        while let Some(at) = waiting.pop() {
            if at == from {
                return true;
            }
            if !seen.insert(at) {
                continue;
            }
            let bases = self
                .project
                .class(at)
                .map_or(&[] as &[TermId], |class| &class.bases);
            for base in bases {
                if let Value::Class(base) = self.term(at.file, *base) {
                    waiting.push(base);
                }
            }
        }
        false
    }

    /// A class, those made from it, and all that these are made from: what may be looked through for
    /// a method of its objects. Sorted.
    pub fn family(&mut self, class: ClassRef) -> Vec<ClassRef> {
        let mut found = BTreeSet::new();
        let mut below = vec![class];
        while let Some(at) = below.pop() {
            if found.insert(at) {
                below.extend(self.project.children.get(&at).into_iter().flatten());
            }
        }
        let mut above: Vec<ClassRef> = found.iter().copied().collect();
        while let Some(at) = above.pop() {
            let bases = self
                .project
                .class(at)
                .map_or(&[] as &[TermId], |of| &of.bases);
            for base in bases {
                if let Value::Class(base) = self.term(at.file, *base)
                    && found.insert(base)
                {
                    above.push(base);
                }
            }
        }
        found.into_iter().collect()
    }

    /// A class made from a class that has something else than a method under a name.
    pub fn replaces(&mut self, class: ClassRef, name: &str) -> Option<Box<str>> {
        let family = self.family(class);
        family.into_iter().find_map(|kin| {
            let of = self.project.class(kin)?;
            let assigned = of.attributes.iter().any(|(known, _)| **known == *name);
            let other = of
                .members
                .iter()
                .filter(|(known, _)| **known == *name)
                .any(|(_, term)| !matches!(self.term(kin.file, *term), Value::Function(_)));
            (assigned || other).then(|| of.name.clone())
        })
    }

    /// The methods of a name in the classes made from a class.
    pub fn overrides(&mut self, class: ClassRef, name: &str) -> Vec<FunctionRef> {
        let mut found = Vec::new();
        let mut seen = FxHashSet::default();
        let mut waiting = vec![class];
        while let Some(at) = waiting.pop() {
            for child in self.project.children.get(&at).into_iter().flatten() {
                if !seen.insert(*child) {
                    continue;
                }
                waiting.push(*child);
                let members = self
                    .project
                    .class(*child)
                    .map_or(&[] as &[_], |class| &class.members);
                let own = members.iter().find(|(known, _)| **known == *name);
                if let Some((_, term)) = own
                    && let Value::Function(function) = self.term(child.file, *term)
                {
                    found.push(function);
                }
            }
        }
        found.sort();
        found
    }
}
