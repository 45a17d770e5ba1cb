//! What may put something else in the place of a function than what its definition makes: decorators
//! and metaclasses of classes, `__init_subclass__`, `__new__`, and writes to classes and modules.

use super::evaluate::Evaluator;
use super::{ClassRef, FunctionRef, Place, Project, Value};
use crate::model::file::{Function, Owner, ReflectedOn};

/// Methods by which a class has a say in what its objects are, and the classes made from it.
const MAKERS: [&str; 2] = ["__init_subclass__", "__new__"];

impl Project {
    /// Why something else than a function's definition may answer to its name, as a sentence.
    pub fn may_be_replaced(&self, function: FunctionRef) -> Option<String> {
        let of = self.function(function)?;
        let mut evaluator = Evaluator::new(self);
        let family = match of.owner {
            Owner::Class(index) => evaluator.family(ClassRef {
                file: function.file,
                index,
            }),
            _ => Vec::new(),
        };
        self.is_altered(&family, of)
            .or_else(|| self.is_rewritten(&mut evaluator, function, &family, of))
    }

    fn is_altered(&self, family: &[ClassRef], of: &Function) -> Option<String> {
        family.iter().find_map(|kin| {
            let class = self.class(*kin)?;
            let name = &class.name;
            if class.altered {
                return Some(format!(
                    "a decorator or metaclass of `{name}` may replace `{}`",
                    of.name
                ));
            }
            let mut members = class.members.iter().map(|(member, _)| &**member);
            let maker = members.find(|member| MAKERS.contains(member))?;
            Some(format!(
                "`{name}` has a `{maker}`, which may put something else in the place of `{}`",
                of.name
            ))
        })
    }

    /// Whether a file writes to the class or module of a function, under its name or one that is
    /// computed.
    fn is_rewritten(
        &self,
        evaluator: &mut Evaluator<'_>,
        function: FunctionRef,
        family: &[ClassRef],
        of: &Function,
    ) -> Option<String> {
        let owns = |value: &Value| match value {
            Value::Class(class) => family.contains(class),
            Value::Module(Place::File(file)) => *file == function.file && of.owner == Owner::Module,
            _ => false,
        };
        for (file, facts) in self.files() {
            let path = || self.modules().path(file).display();
            let written = facts
                .rewrites
                .iter()
                .find(|(base, name)| *name == of.name && owns(&evaluator.evaluate(file, *base)));
            if written.is_some() {
                return Some(format!("{} assigns to `{}`", path(), of.qualified));
            }
            let computed = facts.reflected.iter().filter(|it| !it.methods);
            for reflected in computed {
                let base = match reflected.of {
                    ReflectedOn::Here => Value::Module(Place::File(file)),
                    ReflectedOn::Term(term) => evaluator.evaluate(file, term),
                    ReflectedOn::Something => continue,
                };
                if owns(&base) && of.name.starts_with(&*reflected.prefix) {
                    return Some(format!(
                        "a name that {} computes may be `{}`",
                        path(),
                        of.qualified
                    ));
                }
            }
        }
        None
    }
}
