//! Clients that block, of libraries which have the same client for coroutines: requests are awaited,
//! and arguments, responses and exceptions stay what they are.

use super::super::values::asks_identity;
use super::change::{Becomes, Change};
use super::coroutine_of;
use super::home::{Home, Making, homes};
use super::uses::Uses;
use crate::fix::{Cx, Finding, Fix, Info, await_call, held_review, lines, own_loop, prints_itself};
use crate::model::file::{Lookup, Why};
use crate::model::libraries::Twin;
use crate::python::ast::{AnyNodeRef, Expr, ExprAttribute, ExprCall, ExprContext};
use crate::python::span;
use crate::text::{Edit, Span};
use rustc_hash::{FxHashMap, FxHashSet};

/// The requests of one client, and what becomes of them together.
pub(in super::super) struct Turned<'a> {
    pub requests: Vec<(&'a ExprCall, String)>,
    pub fix: Result<Fix, Why>,
}

impl<'a> Turned<'a> {
    /// Reports the requests, or says why they stay what they are.
    pub fn tell<'t>(
        &'t self,
        cx: &Cx<'a>,
        info: &Info,
        known: &mut FxHashSet<Span>,
        stay: &mut FxHashMap<Span, &'t Why>,
        found: &mut Vec<Finding>,
    ) {
        for (call, name) in &self.requests {
            let at = span(*call);
            match &self.fix {
                Ok(fix) => {
                    known.insert(at);
                    let message = format!("`{name}` blocks the event loop");
                    found.push(cx.finding(info, at, message, Ok(Ok(fix.clone()))));
                }
                Err(why) => {
                    stay.insert(at, why);
                }
            }
        }
    }
}

/// The clients of this file that are used in coroutines.
pub(in super::super) fn twins<'a>(cx: &Cx<'a>) -> Vec<Turned<'a>> {
    let mut found = Vec::new();
    for library in cx.module.catalogue().libraries() {
        for twin in &library.twins {
            for mut home in homes(cx, std::slice::from_ref(&twin.from)) {
                let reads = home.reads.iter();
                let calls = reads.filter_map(|read| sent(cx, twin, *read));
                let requests: Vec<(&ExprCall, String)> = calls
                    .filter(|(call, _)| cx.module.inside_coroutine((*call).into()))
                    .map(|(call, method)| (call, format!("{}.{}", twin.from, method.attr)))
                    .collect();
                if !requests.is_empty() {
                    let fix = turn(cx, twin, &mut home);
                    found.push(Turned { requests, fix });
                }
            }
        }
    }
    found
}

/// A call of a method that is awaited by the other class.
fn sent<'a>(
    cx: &Cx<'a>,
    twin: &Twin,
    read: AnyNodeRef<'a>,
) -> Option<(&'a ExprCall, &'a ExprAttribute)> {
    let AnyNodeRef::ExprAttribute(method) = cx.module.parent(read)? else {
        return None;
    };
    let is_awaited = twin.awaited.iter().any(|name| name == method.attr.as_str());
    match cx.module.parent(method.into())? {
        AnyNodeRef::ExprCall(call) if is_awaited && span(&*call.func) == span(method) => {
            Some((call, method))
        }
        _ => None,
    }
}

fn turn<'a>(cx: &Cx<'a>, twin: &'a Twin, home: &mut Home<'a>) -> Result<Fix, Why> {
    if let Some(library) = own_loop(cx) {
        return Err(Why::new(format!("the coroutine may run under {library}")));
    }
    if let Some(why) = &home.unseen {
        return Err(why.clone());
    }
    let quoted = ["\"", "'"].map(|quote| format!("{quote}{}", twin.from));
    if quoted
        .iter()
        .any(|text| cx.module.text().contains(text.as_str()))
    {
        return Err(Why::new(format!("a string names `{}`", twin.from)));
    }
    let mut uses = Uses::default();
    let mut requests = Vec::new();
    for read in &home.reads {
        if let Some((call, _)) = sent(cx, twin, *read) {
            may_send(cx, twin, call)?;
            requests.push(call);
            continue;
        }
        match cx.module.parent(*read) {
            Some(AnyNodeRef::ExprAttribute(member)) => {
                uses.use_of_twin(cx, twin, *read, member)?;
            }
            Some(AnyNodeRef::ExprCompare(compare)) if asks_identity(compare) => {}
            _ => {
                return Err(Why::new(format!(
                    "`{}` is handed on, and what is done with it there is not in sight",
                    home.name
                )));
            }
        }
    }
    for making in &home.makings {
        may_make(cx, twin, making)?;
    }
    home.settle(cx, &uses)?;
    let becomes = Becomes {
        makers: &[twin.from.as_str()],
        class: &twin.to,
        close: &twin.close,
    };
    let mut change = Change::begin(cx, home, &uses, becomes)?;
    let moved: Vec<_> = home.makings.iter().filter_map(Making::moved).collect();
    for call in requests {
        let deeper = moved.iter().any(|lines| lines.contains(span(call)));
        let mut edits = await_call(cx, call, cx.module.source(&call.func));
        let unit = if deeper {
            cx.module.layout().indent_unit().len()
        } else {
            0
        };
        lines::realign(cx, call, &mut edits, unit);
        lines::break_arguments(cx, call, &mut edits, deeper);
        lines::break_around(cx, call, &mut edits, deeper);
        change.edits.extend(edits);
        change.reviews.extend(held_review(cx, call.into()));
    }
    if home.overlaps {
        change.reviews.push(format!(
            "requests of `{}` may overlap now, and one that waits for a connection while all are taken counts that in its timeout",
            home.name
        ));
    }
    for making in &home.makings {
        let arguments = &making.call.arguments;
        let positional = arguments
            .args
            .iter()
            .map(|value| cx.module.source(value).to_owned());
        let keywords = arguments.keywords.iter();
        let keywords = keywords.map(|it| span(it).of(cx.module.text()).to_owned());
        let told: Vec<String> = positional.chain(keywords).collect();
        change.make(cx, making, &twin.to, &told)?;
    }
    let free: Vec<Edit> = change
        .indents
        .iter()
        .filter(|indent| !change.edits.iter().any(|edit| edit.clashes(indent)))
        .cloned()
        .collect();
    change.edits.extend(free);
    let title = format!("await the requests of {}", twin.to);
    change.reviews.sort();
    change.reviews.dedup();
    let reason = (!change.reviews.is_empty()).then(|| change.reviews.join("; "));
    let overlap = |_| Why::new(format!("what has to change for {} overlaps here", twin.to));
    let mut fix = Fix::judged(title, reason, cx.file, change.edits).map_err(overlap)?;
    for (file, edits) in change.others {
        fix = fix.and(file, edits).map_err(overlap)?;
    }
    let needs = change.needs.into_iter();
    Ok(needs.fold(fix, |fix, need| fix.needing(cx.file, Some(need))))
}

impl<'a> Uses<'a> {
    /// A use of a client that is no request.
    fn use_of_twin(
        &mut self,
        cx: &Cx<'a>,
        twin: &Twin,
        read: AnyNodeRef<'a>,
        member: &'a ExprAttribute,
    ) -> Result<(), Why> {
        let name = member.attr.as_str();
        let parent = cx.module.parent(member.into());
        if name == "close"
            && let Some(AnyNodeRef::ExprCall(call)) = parent
            && span(&*call.func) == span(member)
        {
            self.edits
                .push(Edit::replace(span(&member.attr), twin.close.as_str()));
            self.closed.push(span(read));
            return self.waits(cx, call);
        }
        let is_set = member.ctx != ExprContext::Load;
        match twin.differs.get(name) {
            Some(why) if is_set || !twin.same.iter().any(|it| it == name) => {
                Err(Why::new(why.as_str()))
            }
            _ if twin.same.iter().any(|it| it == name) => Ok(()),
            _ => Err(Why::new(format!(
                "what becomes of `.{name}` with an asynchronous client is not known"
            ))),
        }
    }
}

/// Whether a request may be awaited where it stands, and its arguments mean the same.
fn may_send<'a>(cx: &Cx<'a>, twin: &Twin, call: &'a ExprCall) -> Result<(), Why> {
    let function = coroutine_of(cx, call.into());
    if function.is_none() || cx.module.in_annotation(call.into()) {
        return Err(Why::new(
            "one of its requests stands where `await` is not legal",
        ));
    }
    if prints_itself(cx, call.into()) {
        return Err(Why::new("an f-string prints the text of the call"));
    }
    if cx.module.is_awaited(call.into()) {
        return Err(Why::new("it is awaited already, which fails today"));
    }
    if cx.module.layout().has_comments(span(&*call.func)) {
        return Err(Why::new("a comment stands inside the callee"));
    }
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else {
            return Err(Why::new("which keywords are unpacked is not known"));
        };
        same(cx, twin, name.as_str(), &keyword.value)?;
        let is_whole = match &keyword.value {
            Expr::Dict(_) | Expr::BytesLiteral(_) | Expr::NoneLiteral(_) => true,
            value => super::super::values::is_text(cx, value),
        };
        if let Some(why) = twin.whole.get(name.as_str()).filter(|_| !is_whole) {
            return Err(Why::new(why.as_str()));
        }
    }
    let Some(AnyNodeRef::StmtAssign(assign)) = cx.module.parent(call.into()) else {
        return Ok(());
    };
    let [Expr::Name(response)] = &assign.targets[..] else {
        return Ok(());
    };
    let scope = cx.module.scope_of(response.into());
    let Some(Lookup::Bound(owner, _)) = scope.map(|scope| cx.module.lookup(scope, &response.id))
    else {
        return Ok(());
    };
    let reads = cx.module.reads_of(owner, &response.id);
    let differs = reads
        .into_iter()
        .find_map(|read| match cx.module.parent(read.into()) {
            Some(AnyNodeRef::ExprAttribute(member)) => twin
                .gives_differ
                .iter()
                .find(|name| *name == member.attr.as_str()),
            _ => None,
        });
    match differs {
        Some(name) => Err(Why::new(format!(
            "`.{name}` of a response differs where it was awaited"
        ))),
        None => Ok(()),
    }
}

/// Whether a constructor is given what the other class takes as well.
fn may_make<'a>(cx: &Cx<'a>, twin: &Twin, making: &Making<'a>) -> Result<(), Why> {
    let arguments = &making.call.arguments;
    if cx.module.layout().has_comments(span(making.call)) {
        return Err(Why::new("a comment stands where the client is made"));
    }
    if !arguments.args.is_empty() {
        return Err(Why::new("the client is given something without its name"));
    }
    for keyword in &arguments.keywords {
        let Some(name) = &keyword.arg else {
            return Err(Why::new("what the client is made with is not known"));
        };
        same(cx, twin, name.as_str(), &keyword.value)?;
    }
    Ok(())
}

/// Whether a keyword's value means the same to both.
fn same<'a>(cx: &Cx<'a>, twin: &Twin, name: &str, value: &'a Expr) -> Result<(), Why> {
    let plain = match value {
        Expr::NoneLiteral(_) => true,
        Expr::BooleanLiteral(literal) => !literal.value,
        Expr::Tuple(pair) => name == "auth" && pair.elts.len() == 2,
        Expr::Call(made) => {
            let made = cx.callee(made);
            let module = twin.from.split('.').next().unwrap_or_default();
            name == "auth"
                && made.is_ok_and(|made| {
                    let class = made.strip_prefix(module).unwrap_or_default();
                    [".BasicAuth", ".DigestAuth", ".NetRCAuth"].contains(&class)
                })
        }
        _ => false,
    };
    match twin.differs.get(name).filter(|_| !plain) {
        Some(why) => Err(Why::new(why.as_str())),
        None => Ok(()),
    }
}
