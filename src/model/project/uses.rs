//! Whether a function is used in no other way than by calls that are seen. Any use of its name that
//! is not certain to be something else counts.

use super::classes::Found;
use super::evaluate::Evaluator;
use super::{ClassRef, FunctionRef, Place, Project, Value};
use crate::model::file::{Function, NameHash, Owner, Reflected, ReflectedOn, Why};
use crate::text::FileId;

/// Classes of libraries that call no method of those made from them.
pub(super) const QUIET_BASES: [&str; 8] = [
    "abc.ABC",
    "object",
    "typing.Generic",
    "typing.Protocol",
    "typing.NamedTuple",
    "builtins.object",
    "typing_extensions.Protocol",
    "Exception",
];

impl Project {
    /// Whether a method belongs to its class alone: none of the same name above it, below it, or
    /// beside it where one class is made from several.
    pub fn stands_alone(&self, function: FunctionRef, class: ClassRef) -> Result<(), Why> {
        let Some(of) = self.function(function) else {
            return Err(Why::new("a method on the way is not known"));
        };
        if let Some(file) = self.mentions().protocols.get(&of.name) {
            return Err(Why::new(format!(
                "a protocol in {} asks for `{}`",
                self.modules().path(*file).display(),
                of.name
            )));
        }
        let mut evaluator = Evaluator::new(self);
        for kin in evaluator.family(class) {
            let Some(other) = self.class(kin) else {
                continue;
            };
            let mut named = other.members.iter().chain(&other.attributes);
            if kin != class && named.any(|(name, _)| *name == of.name) {
                return Err(Why::new(format!(
                    "`{}.{}` would have to change with it",
                    other.name, of.name
                )));
            }
            for base in &other.bases {
                match evaluator.evaluate(kin.file, *base) {
                    Value::Unknown(_) => {
                        return Err(self.says(
                            function,
                            &format!("belongs to `{}`, with a base that was not seen", other.name),
                        ));
                    }
                    Value::Library(base) if !QUIET_BASES.contains(&&*base) => {
                        return Err(self.says(
                            function,
                            &format!(
                                "may be called by `{base}`, which `{}` is made from",
                                other.name
                            ),
                        ));
                    }
                    _ => {}
                }
            }
        }
        match evaluator.find(class, &of.name, false) {
            Found::Method(own) if own == function => Ok(()),
            _ => Err(self.says(function, "is not all that its class has of that name")),
        }
    }

    /// Whether nothing but calls that are seen uses a function.
    pub fn is_only_called(&self, function: FunctionRef) -> Result<(), Why> {
        let Some(of) = self.function(function) else {
            return Err(Why::new("a function on the way is not known"));
        };
        let mentions = self.mentions();
        let names = mentions.names(&of.name);
        let path = |file: FileId| self.modules().path(file).display().to_string();
        for name in &names {
            if self.modules().is_started(name) {
                return Err(Why::new(format!(
                    "the settings of the project start `{name}`"
                )));
            }
            if let Some(file) = mentions.loose.get(&NameHash::of(name)) {
                return Err(Why::new(format!(
                    "`{name}` is used in {} on an object of which too little is known",
                    path(*file)
                )));
            }
            if let Some(file) = mentions.strings.get(&NameHash::of(name)) {
                return Err(Why::new(format!(
                    "a string in {} names `{name}`",
                    path(*file)
                )));
            }
            if let Some(file) = mentions.patched.get(&NameHash::of(name)) {
                return Err(Why::new(format!("{} assigns to `.{name}`", path(*file))));
            }
            let mut elsewhere = mentions.elsewhere.get(*name).into_iter().flatten();
            if let Some((_, file)) = elsewhere.find(|(full, _)| self.may_be(function, full)) {
                return Err(Why::new(format!(
                    "which `{name}` is called in {} does not show",
                    path(*file)
                )));
            }
        }
        let mut evaluator = Evaluator::new(self);
        for (file, term) in mentions.values(&names) {
            let is_it = match evaluator.evaluate(file, term) {
                Value::Function(other) | Value::Method(other, _) => other == function,
                Value::Library(full) => self.may_be(function, &full),
                Value::Unknown(_) => true,
                _ => false,
            };
            if is_it {
                return Err(Why::new(format!(
                    "`{}` is passed on in {}",
                    of.qualified,
                    path(file)
                )));
            }
        }
        for (file, reflected) in &mentions.reflected {
            if self.finds(&mut evaluator, *file, reflected, function, &names) {
                return Err(Why::new(format!(
                    "a name that {} computes may be `{}`",
                    path(*file),
                    of.qualified
                )));
            }
        }
        Ok(())
    }

    /// Whether a name that leads nowhere in the project may still mean a function of it, as it does
    /// where `sys.path` is changed.
    fn may_be(&self, function: FunctionRef, full: &str) -> bool {
        let path = self.modules().path(function.file).with_extension("");
        let mut parts = full.rsplit('.').skip(1);
        parts.any(|part| path.iter().any(|own| own.to_str() == Some(part)))
    }

    /// Whether a look-up by a computed name may find a function.
    fn finds(
        &self,
        evaluator: &mut Evaluator<'_>,
        file: FileId,
        reflected: &Reflected,
        function: FunctionRef,
        names: &[&str],
    ) -> bool {
        let prefix = &*reflected.prefix;
        let mut fitting = names.iter().filter(|name| name.starts_with(prefix));
        let value = match reflected.of {
            ReflectedOn::Here => Value::Module(Place::File(file)),
            ReflectedOn::Term(term) => evaluator.evaluate(file, term),
            ReflectedOn::Something => Value::unknown("it may be anything"),
        };
        match value {
            Value::Module(place) => fitting.any(|name| {
                matches!(evaluator.module_member(&place, name),
                    Value::Function(other) if other == function)
            }),
            Value::Object(_) if !reflected.methods => false,
            Value::Class(class) | Value::Object(class) => {
                let owner = self.function(function).map(|of: &Function| of.owner);
                let Some(Owner::Class(index)) = owner else {
                    return false;
                };
                let own = ClassRef {
                    file: function.file,
                    index,
                };
                fitting.next().is_some() && evaluator.family(class).contains(&own)
            }
            Value::Unknown(_) if prefix.is_empty() => {
                let words = self.facts(file).map_or(&[] as &[_], |facts| &*facts.words);
                fitting.any(|name| words.contains(&NameHash::of(name)))
            }
            Value::Unknown(_) => fitting.next().is_some(),
            _ => false,
        }
    }
}
