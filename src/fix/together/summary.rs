//! Calls of functions in other files, and of libraries: by what the whole project says of them.

use super::chosen;
use super::names::{self, Says};
use super::survey::Survey;
use crate::fix::Cx;
use crate::model::file::{Holder, Why};
use crate::model::project::{Does, FunctionRef, Summary, Target, World};
use crate::python::ast::{Expr, ExprCall};

impl<'a> Survey<'_, 'a> {
    /// What the project knows of a call that this file does not tell more of; nothing where that is no
    /// more than its name.
    pub(super) fn known(&self, call: &'a ExprCall) -> Option<Summary> {
        let index = self.cx.index_of(call)?;
        let mut summary = match self.cx.target_of(call) {
            Target::Functions(functions) => {
                let mut all = Summary::default();
                for function in functions {
                    let one = self.cx.project.effects(function);
                    all.may_fail |= one.may_fail;
                    let makes = self.makes(call, function);
                    let on_new = |does: &Does| {
                        let holder = match does {
                            Does::Changes(holder, _)
                            | Does::Fills(holder, _)
                            | Does::Exclusive(holder, _) => Some(*holder),
                            _ => None,
                        };
                        makes && holder == Some(Holder::Receiver)
                    };
                    let found = one.found.iter().filter(|found| !on_new(&found.effect));
                    all.found.extend(found.cloned());
                }
                all
            }
            Target::Library(_) => self.cx.project.effects_of_call(self.cx.file, index),
            Target::Nothing | Target::Unknown(_) => return None,
        };
        let own = self.cx.module.describe(&call.func);
        let tells = |does: &Does| !matches!(does, Does::Unknown(name, _) if **name == *own);
        summary
            .found
            .retain(|found| tells(&found.effect) || found.way.len() > 1);
        (!summary.found.is_empty()).then_some(summary)
    }

    /// Whether a call makes the object whose method it runs, which nobody else holds yet.
    fn makes(&self, call: &'a ExprCall, function: FunctionRef) -> bool {
        let named =
            matches!(&*call.func, Expr::Attribute(method) if method.attr.as_str() == "__init__");
        let runs = self.cx.project.function(function);
        !named && runs.is_some_and(|runs| &*runs.name == "__init__")
    }

    /// Goes by what is known of a call.
    pub(super) fn summarised(
        &mut self,
        call: &'a ExprCall,
        name: &str,
        own: bool,
        summary: &Summary,
    ) -> Result<(), Why> {
        for found in &summary.found {
            let way = found.way.join(", ");
            let line = format!("`{name}` {} ({way})", found.effect);
            let against = |what: &str| Why::new(format!("`{name}` {what} ({way})"));
            self.seen.evidence.push(line);
            match &found.effect {
                Does::Reads(World::Clock | World::Random) | Does::ClaimedPure => {}
                Does::Reads(world) => {
                    self.seen.waits = true;
                    self.seen.over_client |= *world == World::Network;
                }
                Does::Writes(_) => {
                    self.seen.waits = true;
                    self.seen
                        .writes
                        .push((name.to_owned(), found.effect.to_string()));
                }
                Does::Sleeps | Does::Context | Does::Exclusive(..) => {
                    if !matches!(found.effect, Does::Exclusive(Holder::Entered, _)) {
                        return Err(against(&found.effect.to_string()));
                    }
                }
                Does::Holds(class) => {
                    self.seen.confirm.insert(format!(
                        "`{name}` holds a `{class}`: the calls may still wait for each other"
                    ));
                }
                Does::Logs => self.seen.logs = true,
                Does::Changes(holder, what) => {
                    if !self.is_own_of(call, own, *holder) {
                        return Err(against(&found.effect.to_string()));
                    }
                    self.seen.own_changed.push(what.to_string());
                }
                Does::Fills(holder, what) => {
                    if self.is_own_of(call, own, *holder) {
                        self.seen.own_changed.push(what.to_string());
                    } else if appends(&found.way) {
                        return Err(Why::new(format!(
                            "`{name}` puts its items behind those of `{what}`, in the order of the calls ({way})"
                        )));
                    } else {
                        self.seen.confirm.insert(format!(
                            "`{what}` may be filled at another time, in another order"
                        ));
                    }
                }
                Does::Unknown(callee, awaited) => {
                    self.unknown_below(callee, *awaited)
                        .map_err(|what| against(&what))?;
                }
            }
        }
        Ok(())
    }

    /// Lets a call that is not known, further down, through unless its name speaks against it.
    fn unknown_below(&mut self, callee: &str, awaited: bool) -> Result<(), String> {
        let catalogue = self.cx.module.catalogue();
        let calls = match awaited {
            true => "awaits",
            false => "calls",
        };
        let against = |what: String| Err(format!("{calls} `{callee}`, and {what}"));
        if !self.assumes {
            return against("that is not known".to_owned());
        }
        let parts = holders(callee);
        let exclusive = parts
            .iter()
            .find_map(|part| names::speaks_of_one(catalogue, part, false, true));
        if let Some(why) = exclusive.or_else(|| names::of_library(self.cx, callee)) {
            return against(why);
        }
        if let Some(word) = chosen::swaps_by_name(self.cx, callee) {
            return against(format!("`{word}` speaks of swapping what all tasks see"));
        }
        match names::says(catalogue, callee) {
            Says::Paces(word) => return against(format!("`{word}` speaks of pacing")),
            Says::Writes(word) if awaited => return against(format!("`{word}` speaks of writing")),
            Says::Takes(_) if awaited => return against("it may take what comes next".to_owned()),
            _ => {}
        }
        match awaited {
            true => {
                self.seen.waits = true;
                if !self.seen.assumed.iter().any(|known| known == callee) {
                    self.seen.assumed.push(callee.to_owned());
                }
            }
            false => self.plainly(callee.to_owned()),
        }
        Ok(())
    }

    /// Whether whoever holds what the callee changes is an object of this call alone.
    fn is_own_of(&self, call: &'a ExprCall, own: bool, holder: Holder) -> bool {
        let is_own = |expression: &'a Expr| names::is_own(expression, &self.own);
        match holder {
            Holder::Receiver => {
                own || matches!(&*call.func, Expr::Attribute(method) if is_own(&method.value))
            }
            // Whether the object of a method counts is not asked: what either way points to is own.
            Holder::Parameter(position) => {
                let position = usize::from(position);
                let shift = usize::from(call.func.is_attribute_expr());
                let mut candidates = (position.saturating_sub(shift)..=position)
                    .filter_map(|index| call.arguments.args.get(index))
                    .peekable();
                candidates.peek().is_some() && candidates.all(is_own)
            }
            Holder::Entered => true,
            Holder::Global | Holder::Closure | Holder::Somebody => false,
        }
    }
}

/// Whether the last call on the way puts items behind those of a list.
fn appends(way: &[String]) -> bool {
    let last = way.last().map(|line| line.trim_end_matches('`'));
    last.is_some_and(|line| {
        ["append", "appendleft", "extend", "insert"]
            .iter()
            .any(|method| line.ends_with(&format!(".{method}")))
    })
}

/// The names of the objects and classes before the last part of a dotted name, without the modules
/// that a function or a class stands in.
fn holders(callee: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = callee.split('.').collect();
    parts.pop();
    let is_class = |part: &&str| part.trim_start_matches('_').starts_with(char::is_uppercase);
    if matches!(parts.first(), Some(&"self" | &"cls")) {
        return parts;
    }
    match parts.iter().position(is_class) {
        Some(class) => parts.split_off(class),
        None if parts.len() > 2 => Vec::new(),
        None => parts,
    }
}

/// Whether a call may raise, as far as is known.
pub(super) fn may_fail<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let Target::Functions(functions) = cx.target_of(call) else {
        return true;
    };
    functions.is_empty()
        || functions.iter().any(|function| {
            let decorated = cx
                .project
                .function(*function)
                .is_none_or(|known| !known.decorators.is_empty());
            decorated || cx.project.effects(*function).may_fail
        })
}

/// The parts of the world in which one call looks at what another may have changed.
const SHARED: [World; 3] = [World::Network, World::Disk, World::Database];

impl<'a> Survey<'_, 'a> {
    /// Refuses a function that reads from and writes to the same part of the world: another call may
    /// write between the two.
    pub(super) fn overtakes(&self, call: &'a ExprCall) -> Result<(), Why> {
        let Target::Functions(functions) = self.cx.target_of(call) else {
            return Ok(());
        };
        for function in functions {
            let summary = self.cx.project.effects(function);
            let does = |effect: &Does| summary.found.iter().any(|found| found.effect == *effect);
            let both = |world: &&World| does(&Does::Reads(**world)) && does(&Does::Writes(**world));
            if let Some(world) = SHARED.iter().find(both) {
                return Err(Why::new(format!(
                    "`{}` reads from {world} and writes to it: the calls would overtake each other",
                    self.cx.module.describe(&call.func)
                )));
            }
        }
        Ok(())
    }
}
