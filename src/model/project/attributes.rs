//! Whether an attribute of a class's objects is used in the class's own file only. Any use of its
//! name that is not certain to be something else counts.

use super::evaluate::Evaluator;
use super::uses::QUIET_BASES;
use super::{ClassRef, Project, Value};
use crate::model::file::{NameHash, Term, TermId, Why};
use crate::text::FileId;

impl Project {
    /// Whether no code outside the file of a class can reach an attribute of its objects.
    pub fn attribute_stays(&self, class: ClassRef, name: &str) -> Result<(), Why> {
        let mentions = self.mentions();
        let path = |file: FileId| self.modules().path(file).display().to_string();
        let hash = NameHash::of(name);
        if let Some(file) = mentions.strings.get(&hash) {
            return Err(Why::new(format!(
                "a string in {} names `{name}`",
                path(*file)
            )));
        }
        let mut evaluator = Evaluator::new(self);
        let family = evaluator.family(class);
        for kin in &family {
            let Some(other) = self.class(*kin) else {
                continue;
            };
            for base in &other.bases {
                match evaluator.evaluate(kin.file, *base) {
                    Value::Unknown(_) => {
                        return Err(Why::new(format!(
                            "`{}` has a base that was not seen",
                            other.name
                        )));
                    }
                    Value::Library(base) if !QUIET_BASES.contains(&&*base) => {
                        return Err(Why::new(format!(
                            "`{base}`, which `{}` is made from, may use `{name}`",
                            other.name
                        )));
                    }
                    _ => {}
                }
            }
            if other.members.iter().any(|(known, _)| **known == *name) {
                return Err(Why::new(format!(
                    "the body of `{}` says something of `{name}` as well",
                    other.name
                )));
            }
        }
        for (file, facts) in self.files() {
            if file == class.file {
                continue;
            }
            if facts.loose.contains(&hash) || facts.patched.contains(&hash) {
                return Err(Why::new(format!(
                    "`.{name}` is used in {} on an object of which too little is known",
                    path(file)
                )));
            }
            for term in &facts.terms {
                let Term::Member(of, member) = term else {
                    continue;
                };
                if **member == *name && self.may_be_object(&mut evaluator, file, *of, &family) {
                    return Err(Why::new(format!("`.{name}` is used in {}", path(file))));
                }
            }
        }
        Ok(())
    }

    fn may_be_object(
        &self,
        evaluator: &mut Evaluator<'_>,
        file: FileId,
        of: TermId,
        family: &[ClassRef],
    ) -> bool {
        match evaluator.evaluate(file, of) {
            Value::Object(class) | Value::Class(class) | Value::Super(class) => {
                family.contains(&class)
            }
            Value::Unknown(_) => true,
            _ => false,
        }
    }

    /// The classes that a class's objects may be of, and those it is made from.
    pub fn family_of(&self, class: ClassRef) -> Vec<ClassRef> {
        Evaluator::new(self).family(class)
    }
}
