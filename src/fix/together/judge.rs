//! Whether awaited calls commute: what they do, over all files, and what is left to confirm.

use super::is_asyncio;
use crate::fix::Cx;
use crate::model::file::{Effects, Why, references_within};
use crate::python::ast::{AnyNodeRef, ExprCall};
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

/// Judges awaited calls, and what else would run between them (`plain`: conditions, keys, what a
/// round does with its result). Refused, with the reason, where they certainly must not overlap, or
/// where something is not known and speaks against it.
pub fn judge<'a>(
    cx: &Cx<'a>,
    calls: &[&'a ExprCall],
    plain: &[AnyNodeRef<'a>],
    runs: Runs<'_, 'a>,
) -> Result<Judged, Why> {
    let items = match runs {
        // What is not known may be assumed only where the file is visibly written for asyncio.
        Runs::Each(names) if differs(calls, names) && is_asyncio(cx) => Some(names),
        _ => None,
    };
    let mut effects = Effects::default();
    for call in calls {
        let more = cx.module.awaited_effects(call, items)?;
        if !more.waits {
            return Err(Why::new(format!(
                "nothing that `{}` is known to wait for could overlap",
                cx.module.describe(&call.func)
            )));
        }
        effects = joined(effects, more);
    }
    for &node in plain {
        effects = joined(effects, cx.module.plain_effects(node, items)?);
    }
    let mut judged = Judged {
        may_fail: true,
        ..Judged::default()
    };
    if !effects.assumed.is_empty() {
        let calls = effects.assumed.iter().map(|name| format!("`{name}`"));
        let calls: Vec<String> = calls.collect();
        judged.confirm.insert(format!(
            "what {} does is not seen here: the calls must not depend on each other, nor use anything that serves one call at a time",
            calls.join(", ")
        ));
    }
    if effects.logs {
        let order = "log lines may come in another order";
        judged.confirm.insert(order.to_owned());
    }
    Ok(judged)
}

fn differs(calls: &[&ExprCall], names: &[&str]) -> bool {
    let mut read = calls
        .iter()
        .flat_map(|call| references_within((*call).into()));
    read.any(|name| names.contains(&name.id.as_str()))
}

fn joined(mut all: Effects, more: Effects) -> Effects {
    all.waits |= more.waits;
    all.logs |= more.logs;
    all.assumed.extend(more.assumed);
    all
}
