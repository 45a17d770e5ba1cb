//! Effects as a function has them, and what they are to whoever calls it.

use super::evaluate::Evaluator;
use super::{Does, FunctionRef, Project};
use crate::model::file::{Call, CallKind, Held, Holder, NameHash, Owner, Slot, Term};
use crate::text::FileId;

/// An effect, and, where the function around holds what is changed, who that is to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub does: Does,
    pub around: Option<Holder>,
}

/// The first step on the way to an effect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    /// How many calls it is to the code that has the effect.
    pub depth: u32,
    pub file: FileId,
    pub at: u32,
    pub via: Via,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Via {
    /// The code itself has it: what is called or changed.
    Here(Box<str>),
    /// The function that is called has it.
    Function(FunctionRef, Key),
}

/// A call of a function of the project.
#[derive(Debug)]
pub(super) struct Edge {
    pub callee: FunctionRef,
    pub file: FileId,
    pub at: u32,
    /// The call, by its place among those of the file.
    pub call: u32,
    pub runs: Runs,
}

/// How a function comes to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    Called,
    /// It makes the object whose method it is.
    Constructs,
    /// Somebody else calls it, with what is not seen.
    Elsewhere,
}

impl Key {
    pub fn new(does: Does) -> Self {
        Self { does, around: None }
    }

    /// The same effect on what somebody else holds; none if it concerns nobody then.
    pub fn on(&self, held: Option<Held>) -> Option<Self> {
        let held = held?;
        let exclusive = matches!(self.does, Does::Exclusive(..));
        let by = match held.by {
            Holder::Entered if exclusive => return None,
            Holder::Entered => Holder::Somebody,
            by => by,
        };
        let does = match self.does.clone() {
            Does::Changes(_, what) => Does::Changes(by, what),
            Does::Fills(_, what) => Does::Fills(by, what),
            Does::Exclusive(_, class) => Does::Exclusive(by, class),
            other => other,
        };
        let around = held.around;
        Some(Self { does, around })
    }

    fn holder(&self) -> Option<Holder> {
        match self.does {
            Does::Changes(holder, _) | Does::Fills(holder, _) | Does::Exclusive(holder, _) => {
                Some(holder)
            }
            _ => None,
        }
    }

    /// What is equal of effects that differ only in how they are written.
    pub fn kind(&self) -> (u8, Option<Holder>, Option<Holder>, bool) {
        let (kind, awaited) = match &self.does {
            Does::Reads(world) => (20 + *world as u8, false),
            Does::Writes(world) => (40 + *world as u8, false),
            Does::Sleeps => (1, false),
            Does::Holds(_) => (2, false),
            Does::Context => (3, false),
            Does::Logs => (4, false),
            Does::Changes(..) => (5, false),
            Does::Fills(..) => (6, false),
            Does::Exclusive(..) => (7, false),
            Does::Unknown(_, awaited) => (8, *awaited),
            Does::ClaimedPure => (9, false),
        };
        (kind, self.holder(), self.around, awaited)
    }
}

impl Edge {
    /// What an effect of the callee is to the caller; nothing if it concerns nobody else.
    pub fn mapped(&self, project: &Project, caller: Option<FunctionRef>, key: &Key) -> Option<Key> {
        let somebody = Some(Held::by(Holder::Somebody));
        let Some(holder) = key.holder() else {
            return Some(key.clone());
        };
        let (Some(call), Some(callee)) = (
            project.call(self.file, self.call as usize),
            project.function(self.callee),
        ) else {
            return key.on(somebody);
        };
        match (holder, self.runs) {
            (Holder::Global | Holder::Somebody | Holder::Entered, _) => Some(key.clone()),
            (Holder::Receiver, Runs::Constructs) => None,
            (Holder::Receiver, Runs::Called) => key.on(call.receiver()),
            (Holder::Parameter(position), Runs::Called | Runs::Constructs) => {
                key.on(self.argument(project, call, position))
            }
            (Holder::Receiver | Holder::Parameter(_), Runs::Elsewhere) => key.on(somebody),
            (Holder::Closure, _) => {
                let owner = caller.and_then(|caller| {
                    let same_file = caller.file == self.callee.file;
                    same_file
                        .then(|| project.function(caller).map(|of| (caller.index, of.owner)))?
                });
                match (callee.owner, owner) {
                    (Owner::Function(around), Some((caller, _))) if around == caller => {
                        key.on(key.around.map(Held::by))
                    }
                    (own @ Owner::Function(_), Some((_, other))) if own == other => {
                        Some(key.clone())
                    }
                    _ => key.on(somebody),
                }
            }
        }
    }

    /// Who holds what a call passes for a parameter.
    fn argument(&self, project: &Project, call: &Call, parameter: u16) -> Option<Held> {
        let somebody = Some(Held::by(Holder::Somebody));
        let of = project.function(self.callee)?;
        if call.kind != CallKind::Call {
            return None;
        }
        let name = of.parameters.get(parameter as usize)?;
        if let Some(held) = call.given(Slot::Keyword(NameHash::of(name))) {
            return Some(held);
        }
        let Some(count) = call.positional else {
            return somebody;
        };
        let evaluator = Evaluator::new(project);
        let is_static = evaluator.is_marked(
            self.callee,
            |decorator| matches!(decorator, Term::Builtin(name) if &**name == "staticmethod"),
        );
        let bound = matches!(of.owner, Owner::Class(_)) && !is_static;
        let position = parameter.checked_sub(u16::from(bound))?;
        match position < count {
            true => call.given(Slot::Position(position)),
            false => None,
        }
    }
}
