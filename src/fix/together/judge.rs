//! Whether awaited calls commute: what they do, over all files, and what is left to confirm.
//!
//! What is proven needs no confirmation. What is not known may be assumed where nothing speaks against
//! it: less in a row of different calls, whose order was chosen, than for calls that are the same but
//! for what they are given.

use super::against;
use super::chosen;
use super::doubts;
use super::names::{self, Says};
use super::summary;
use super::surroundings::{any_loop, is_asyncio};
use super::survey::{Seen, Survey};
use crate::fix::Cx;
use crate::model::file::{Holder, Why, references_within};
use crate::model::project::{Does, World};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall};
use crate::python::span;
use std::collections::BTreeSet;

/// What is known of calls that are to overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What a person must confirm, each a clause; nothing if all that the calls do is proven to
    /// commute.
    pub confirm: BTreeSet<String>,
    /// How that is known, fact by fact, for `asyncfix why`.
    pub evidence: Vec<String>,
    /// Some call may raise, as far as can be seen.
    pub may_fail: bool,
}

/// How calls that are to overlap come about.
#[derive(Clone, Copy, Debug)]
pub enum Runs<'n, 'a> {
    /// The same call for each item of a loop; the names that differ from round to round.
    Each(&'n [&'a str]),
    /// Different calls in a row.
    Several,
}

/// How many calls that are not known are named.
const NAMED: usize = 4;

/// Words of files in which requests of one client may need each other's answers.
const LOGIN: [&str; 8] = [
    "auth",
    "authorization",
    "cookie",
    "cookies",
    "login",
    "logout",
    "token",
    "tokens",
];

/// Judges awaited calls, and what else would run between them (`plain`: conditions, keys, what a
/// round does with its result). Refused, with the reason, where they certainly must not overlap, or
/// where something is not known and speaks against it.
pub fn judge<'a>(
    cx: &Cx<'a>,
    calls: &[&'a ExprCall],
    plain: &[AnyNodeRef<'a>],
    runs: Runs<'_, 'a>,
) -> Result<Judged, Why> {
    for call in calls {
        against::other_scheduler(cx, call)?;
        chosen::never(cx, call)?;
    }
    let seen = match runs {
        Runs::Each(names) => each(cx, calls, plain, names)?,
        Runs::Several => several(cx, calls, plain)?,
    };
    if !seen.waits {
        let names = calls.iter().map(|call| cx.module.describe(&call.func));
        return Err(Why::new(format!(
            "nothing that {} is known to wait for could overlap",
            listed(names.collect())
        )));
    }
    let mut judged = judged(cx, calls, seen);
    let reads = |call: &&'a ExprCall| {
        let name = cx.module.describe(&call.func);
        names::says(cx.module.catalogue(), &name) == Says::Reads
    };
    if !judged.confirm.is_empty() {
        for call in calls {
            chosen::watched(cx, call, matches!(runs, Runs::Each(_)))?;
        }
    }
    match runs {
        _ if judged.confirm.is_empty() => {
            agreed(cx, calls, &mut judged)?;
            judged.confirm.extend(doubts::doubt(cx, calls));
        }
        Runs::Each(names) => against::in_turn(cx, calls, names)?,
        Runs::Several if calls.iter().all(reads) => {}
        Runs::Several => against::in_turn(cx, calls, &[])?,
    }
    Ok(judged)
}

/// Asks the whole project, before something passes as proven: classes of other files may replace a
/// method, and what is imported may be something else than it seems.
fn agreed<'a>(cx: &Cx<'a>, calls: &[&'a ExprCall], judged: &mut Judged) -> Result<(), Why> {
    for call in calls {
        let Some(index) = cx.index_of(call) else {
            continue;
        };
        let name = cx.module.describe(&call.func);
        for found in cx.project.effects_of_call(cx.file, index).found {
            let what = format!("`{name}` {} ({})", found.effect, found.way.join(", "));
            match found.effect {
                Does::Reads(World::Random) => {
                    judged.confirm.insert(format!(
                        "`{name}` draws random numbers, which each call may get in another order"
                    ));
                }
                Does::Reads(_) | Does::ClaimedPure | Does::Exclusive(Holder::Entered, _) => {}
                Does::Changes(..) | Does::Context | Does::Sleeps | Does::Exclusive(..) => {
                    return Err(Why::new(what));
                }
                _ => {
                    judged.confirm.insert(what);
                }
            }
        }
    }
    Ok(())
}

fn each<'a>(
    cx: &Cx<'a>,
    calls: &[&'a ExprCall],
    plain: &[AnyNodeRef<'a>],
    names: &[&'a str],
) -> Result<Seen, Why> {
    let differs = |call: &ExprCall| {
        let read = references_within(call.into());
        read.iter().any(|name| names.contains(&name.id.as_str()))
    };
    let pacing = |name: &&&str| cx.module.catalogue().paces(name);
    if let Some(name) = names.iter().find(pacing) {
        return Err(Why::new(format!("`{name}` speaks of pacing")));
    }
    let assumes = !names.is_empty() && calls.iter().any(|call| differs(call));
    let mut survey = Survey::new(cx, names.to_vec(), assumes, calls);
    for call in calls {
        against::same_for_all(cx, call, names)?;
        chosen::in_loop(cx, call, names)?;
        survey.awaited(call, false)?;
        survey.overtakes(call)?;
    }
    for &node in plain {
        survey.body(node)?;
    }
    let mut seen = survey.seen;
    for (name, writes) in &seen.writes {
        seen.confirm.insert(format!(
            "`{name}` {writes}: the order of the calls may matter, and after a failure the later ones are still sent"
        ));
    }
    Ok(seen)
}

fn several<'a>(cx: &Cx<'a>, calls: &[&'a ExprCall], plain: &[AnyNodeRef<'a>]) -> Result<Seen, Why> {
    against::made_twice(cx, calls)?;
    against::shared_arguments(cx, calls)?;
    for call in calls {
        against::written_by_arguments(cx, call)?;
        if let Some(word) = against::given_to_write(call) {
            return Err(Why::new(format!(
                "`{}` is given `{word}`, which speaks of writing: another call may need that",
                cx.module.describe(&call.func)
            )));
        }
        if let Some(given) = chosen::named_to_write(cx, call) {
            return Err(Why::new(format!(
                "`{}` is given `{given}`, which speaks of writing: another call may need that",
                cx.module.describe(&call.func)
            )));
        }
    }
    let parallel = parallel(cx, calls);
    let own = matches!(parallel, Some(Parallel::Receivers));
    let mut survey = Survey::new(cx, Vec::new(), true, calls);
    for &node in plain {
        survey.body(node)?;
    }
    // What stands between the calls stays where it is.
    if let Some(first) = survey.seen.confirm.first() {
        return Err(Why::new(first.clone()));
    }
    for call in calls {
        survey.awaited(call, own)?;
        survey.overtakes(call)?;
    }
    let mut seen = survey.seen;
    if parallel == Some(Parallel::Arguments) && !seen.assumed.is_empty() {
        for call in calls {
            acts_on_one(cx, call)?;
        }
    }
    if !own && seen.over_client {
        for call in calls {
            if call.func.is_attribute_expr() && chosen::is_discarded(cx, call) {
                return Err(Why::new(format!(
                    "the result of `{}` is not used: the next request may need what it leaves in the client",
                    cx.module.describe(&call.func)
                )));
            }
        }
    }
    if parallel.is_none() {
        if let Some((name, writes)) = seen.writes.first() {
            return Err(Why::new(format!(
                "`{name}` {writes}, and another call may need what it writes"
            )));
        }
        if !seen.assumed.is_empty() {
            for call in calls {
                reads_by_name(cx, call)?;
            }
        }
        if let Some(first) = seen.confirm.first() {
            return Err(Why::new(first.clone()));
        }
    }
    if matches!(parallel, Some(Parallel::Receivers)) {
        same_kind(cx, calls)?;
    }
    for (name, writes) in &seen.writes {
        seen.confirm.insert(format!(
            "`{name}` {writes}: the order of the calls may matter"
        ));
    }
    Ok(seen)
}

/// What makes calls in a row the same but for what they are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parallel {
    /// The same function with other arguments.
    Arguments,
    /// The same method of other objects.
    Receivers,
}

fn parallel<'a>(cx: &Cx<'a>, calls: &[&'a ExprCall]) -> Option<Parallel> {
    let text = |expression: &'a Expr| cx.module.source(expression);
    let all_differ = |texts: Vec<String>| {
        let different: BTreeSet<&String> = texts.iter().collect();
        different.len() == texts.len()
    };
    let methods: Option<Vec<_>> = calls
        .iter()
        .map(|call| call.func.as_attribute_expr())
        .collect();
    if let Some(methods) = methods {
        let same = methods
            .iter()
            .all(|method| method.attr.as_str() == methods[0].attr.as_str());
        let receivers = methods.iter().map(|method| text(&method.value).to_owned());
        let receivers: Vec<String> = receivers.collect();
        // `app.start()`, `app.pool.start()`: one is a part of the other.
        let apart = receivers.iter().all(|whole| {
            let within = format!("{whole}.");
            !receivers.iter().any(|part| part.starts_with(&within))
        });
        if same && apart && all_differ(receivers) {
            return Some(Parallel::Receivers);
        }
    }
    let same = calls
        .iter()
        .all(|call| text(&call.func) == text(&calls[0].func));
    let arguments = calls
        .iter()
        .map(|call| span(&call.arguments).of(cx.module.text()).to_owned());
    if !same || !all_differ(arguments.collect()) {
        return None;
    }
    // `bus.step("a")`, `bus.step("b")`: made for what they do to the bus.
    let used = calls
        .iter()
        .all(|call| !chosen::is_discarded(cx, call) || call.func.is_name_expr());
    used.then_some(Parallel::Arguments)
}

/// Refuses a call of a row that is not made to read, by its name and what becomes of its result.
fn reads_by_name<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<(), Why> {
    let name = cx.module.describe(&call.func);
    if chosen::is_discarded(cx, call) {
        return Err(Why::new(format!(
            "the result of `{name}` is not used: it is called for what it does, which another call may need"
        )));
    }
    match names::says(cx.module.catalogue(), &name) {
        Says::Reads => Ok(()),
        _ => Err(Why::new(format!(
            "what `{name}` does is not known, and its name does not speak of reading: another call may need what it does"
        ))),
    }
}

/// Refuses a method of one object that does something to it: what is asked first is known to the next.
fn acts_on_one<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<(), Why> {
    let name = cx.module.describe(&call.func);
    match names::says(cx.module.catalogue(), &name) {
        Says::Acts(word) if chosen::is_discarded(cx, call) => Err(Why::new(format!(
            "the result of `{name}` is not used, and `{word}` may mean anything"
        ))),
        Says::Acts(word) if call.func.is_attribute_expr() => Err(Why::new(format!(
            "`{name}` is called on one object again, and `{word}` may mean anything"
        ))),
        _ => Ok(()),
    }
}

/// Refuses the same method of objects of different kinds, unless its name speaks of reading: what
/// opens, starts and closes them has an order.
fn same_kind<'a>(cx: &Cx<'a>, calls: &[&'a ExprCall]) -> Result<(), Why> {
    let kinds: Vec<Option<String>> = calls
        .iter()
        .map(|call| match &*call.func {
            Expr::Attribute(method) => names::kind(cx, &method.value),
            _ => None,
        })
        .collect();
    let same = kinds[0].is_some() && kinds.iter().all(|kind| *kind == kinds[0]);
    let Some(call) = calls.first() else {
        return Ok(());
    };
    let name = cx.module.describe(&call.func);
    if same {
        // What starts and ends several objects has an order more often than not.
        return match names::says(cx.module.catalogue(), &name) {
            Says::Writes(word) if calls.len() > 1 && word != "refresh" => Err(Why::new(format!(
                "`{word}` in `{name}` speaks of writing, and the order of the objects was chosen"
            ))),
            _ => Ok(()),
        };
    }
    match names::says(cx.module.catalogue(), &name) {
        Says::Reads => Ok(()),
        Says::Nothing if !chosen::is_discarded(cx, call) => Ok(()),
        _ => Err(Why::new(format!(
            "the objects differ in kind, and what `{name}` does to one may have to come first"
        ))),
    }
}

fn judged<'a>(cx: &Cx<'a>, calls: &[&'a ExprCall], seen: Seen) -> Judged {
    let mut judged = Judged {
        confirm: seen.confirm,
        evidence: seen.evidence,
        may_fail: calls.iter().any(|call| summary::may_fail(cx, call)),
    };
    if !seen.own.is_empty() {
        judged.confirm.insert(format!(
            "{} is called on another object each time: these must share nothing that the calls change",
            listed(seen.own)
        ));
    }
    if !seen.own_changed.is_empty() {
        judged.confirm.insert(format!(
            "{} is changed: no two of the calls may have the same object",
            listed(seen.own_changed)
        ));
    }
    if !seen.assumed.is_empty() {
        let mut calls = seen.assumed;
        let plain = seen.assumed_plain;
        calls.extend(plain.into_iter().take(NAMED));
        judged.confirm.insert(format!(
            "what {} does is not seen here: the calls must not depend on each other, nor use anything that serves one call at a time",
            listed(calls)
        ));
    } else if !seen.assumed_plain.is_empty() {
        judged.confirm.insert(format!(
            "what {} does is not seen here: it must not change what another call looks at",
            listed(seen.assumed_plain)
        ));
    }
    if seen.logs {
        let order = "log lines may come in another order";
        judged.confirm.insert(order.to_owned());
    }
    if judged.confirm.is_empty() && seen.imports {
        let imports = "modules are imported while the calls run";
        judged.confirm.insert(imports.to_owned());
    }
    if judged.confirm.is_empty()
        && seen.over_client
        && let Some(keyword) = chosen::stands_in(cx)
    {
        judged.confirm.insert(format!(
            "a client of this file is made with `{keyword}=`: what answers its requests may not be the network, and may do more than read"
        ));
    }
    if judged.confirm.is_empty()
        && seen.over_client
        && let Some(word) = speaks_of_login(cx)
    {
        judged.confirm.insert(format!(
            "the client keeps cookies, and the file speaks of `{word}`: one request may need the answer to another"
        ));
    }
    if let Some(library) = any_loop(cx) {
        judged.confirm.insert(format!(
            "{library} may run the coroutine on another event loop than asyncio's, where this fails"
        ));
    } else if !is_asyncio(cx) {
        let runs = "nothing here says that it runs on asyncio";
        judged.confirm.insert(runs.to_owned());
    }
    judged
}

/// The word by which a file may send what an earlier answer gave it.
fn speaks_of_login<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let mut all = cx.module.text().split(|character| !is_name(character));
    all.find(|name| {
        let words = names::words(name);
        words.iter().any(|word| LOGIN.contains(&word.as_str()))
    })
}

/// Names for a sentence: a few, and how many more.
fn listed(names: Vec<String>) -> String {
    let told: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(NAMED) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}
