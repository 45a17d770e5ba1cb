//! How calls of functions of one name are treated: awaited in coroutine functions, or not.

use super::{Project, in_coroutine};
use crate::model::file::{Call, CallKind, Facts, NameHash, Owner, Term, TermId};
use crate::text::FileId;
use rustc_hash::FxHashMap;

/// Names of functions that have a coroutine run, of asyncio and of all that are like it.
pub const SCHEDULES: [&str; 17] = [
    "as_completed",
    "create_background_task",
    "create_task",
    "ensure_future",
    "gather",
    "run",
    "run_coroutine",
    "run_coroutine_threadsafe",
    "run_until_complete",
    "shield",
    "spawn",
    "start_soon",
    "to_thread",
    "wait",
    "wait_for",
    "with_timeout",
    "Task",
];

/// What the files of a project do with functions of one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habit {
    /// Calls in coroutine functions that are awaited.
    pub awaited: u32,
    /// Calls in coroutine functions that are neither awaited nor handed to what has them run.
    pub dropped: u32,
    /// Coroutine functions of the name.
    pub coroutines: u32,
    /// Plain functions of the name.
    pub plain: u32,
    /// Methods among the plain functions that stand beside coroutine functions.
    pub plain_methods: u32,
}

impl Habit {
    /// All that is seen of the name speaks for coroutines, but for one call.
    pub fn speaks_for_await(&self) -> bool {
        self.dropped == 1 && self.plain == 0 && self.awaited > 0
    }
}

/// The habits of all names.
pub(super) type Habits = FxHashMap<NameHash, Habit>;

/// What is the same for calls that are written the same, in one file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Name(NameHash),
    Term(TermId),
}

impl Project {
    /// What all files do with functions of a name.
    pub fn habit(&self, name: &str) -> Habit {
        self.habit_of(NameHash::of(name))
    }

    /// Whether a call that is not awaited is one of a method of a parameter without annotation, and all
    /// functions of the name are coroutine functions.
    fn may_be_passed(&self, facts: &Facts, call: &Call) -> bool {
        let term = |id: TermId| facts.terms.get(id.0 as usize);
        match term(call.callee) {
            Some(Term::Member(of, name)) if !call.awaited => {
                let habit = self.habit(name);
                matches!(term(*of), Some(Term::Parameter(..)))
                    && habit.coroutines > 0
                    && habit.plain == 0
            }
            _ => false,
        }
    }

    fn habit_of(&self, name: NameHash) -> Habit {
        let habits = self.remembered.habits.get_or_init(|| self.habits());
        habits.get(&name).copied().unwrap_or_default()
    }

    fn habits(&self) -> Habits {
        let mut habits = Habits::default();
        for (_, facts) in self.files() {
            for (name, awaited) in habitual(facts) {
                let habit = habits.entry(name).or_default();
                *(match awaited {
                    true => &mut habit.awaited,
                    false => &mut habit.dropped,
                }) += 1;
            }
            let is_async = facts.functions.iter().any(|function| function.is_async);
            for function in &facts.functions {
                let habit = habits.entry(NameHash::of(&function.name)).or_default();
                let is_method = matches!(function.owner, Owner::Class(_));
                match function.is_async {
                    true => habit.coroutines += 1,
                    false => habit.plain += 1,
                }
                habit.plain_methods += u32::from(is_async && is_method && !function.is_async);
            }
        }
        habits
    }

    /// Whether some calls of a file are not awaited although others that are written the same are, or
    /// others of the same name in the whole project.
    pub fn mostly_awaits_some(&self, file: FileId) -> bool {
        let Some(facts) = self.facts(file) else {
            return false;
        };
        let mut habits: FxHashMap<Key, (u32, u32)> = FxHashMap::default();
        for call in calls(facts) {
            let key = name_of(facts, call).map_or(Key::Term(call.callee), Key::Name);
            let (awaited, dropped) = habits.entry(key).or_default();
            *(match call.awaited {
                true => awaited,
                false => dropped,
            }) += 1;
        }
        calls(facts).any(|call| self.may_be_passed(facts, call))
            || habits.iter().any(|(key, (awaited, dropped))| {
                let by_name =
                    matches!(key, Key::Name(name) if self.habit_of(*name).speaks_for_await());
                *dropped > 0 && (*awaited > 1 || by_name)
            })
    }
}

/// The calls in the own code of coroutine functions.
fn calls(facts: &Facts) -> impl Iterator<Item = &Call> {
    let all = facts.calls.iter();
    all.filter(|call| call.kind == CallKind::Call && in_coroutine(facts, call))
}

/// The names of calls in coroutine functions, and whether each is awaited; not those that are handed
/// to what has them run.
fn habitual(facts: &Facts) -> Vec<(NameHash, bool)> {
    let schedules = SCHEDULES.map(NameHash::of);
    let mut until = 0;
    let mut found = Vec::new();
    for call in calls(facts) {
        let Some(name) = name_of(facts, call) else {
            continue;
        };
        let handed = call.at.start() < until && !call.awaited;
        if !handed {
            found.push((name, call.awaited));
        }
        if schedules.contains(&name) {
            until = until.max(call.at.end());
        }
    }
    found
}

/// The last name of what is called.
fn name_of(facts: &Facts, call: &Call) -> Option<NameHash> {
    match facts.terms.get(call.callee.0 as usize)? {
        Term::Member(_, name) | Term::Star(name, _) => Some(NameHash::of(name)),
        Term::Import(_, name) => name.rsplit('.').next().map(NameHash::of),
        Term::Function(function) => {
            let function = facts.functions.get(function.0 as usize)?;
            Some(NameHash::of(&function.name))
        }
        Term::Parameter(function, position) => {
            let function = facts.functions.get(function.0 as usize)?;
            let name = function.parameters.get(*position as usize)?;
            Some(NameHash::of(name))
        }
        _ => None,
    }
}
