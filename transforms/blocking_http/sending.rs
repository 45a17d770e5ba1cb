//! The edits that send requests with asynchronous clients, and open those around them.

use super::arguments::Arguments;
use super::raising::Sent;
use super::{Names, Native, Request, clauses, clients, leaving, minds_cookies, session::Session};
use crate::fix::{Cx, FileId, Fix, await_call, held_review, lines, reach, undeclared};
use crate::model::file::{ImportName, Why};
use crate::python::ast::Expr;
use crate::python::span;
use crate::text::{Edit, Span};
use std::collections::{BTreeMap, BTreeSet};

/// What the clients of one fix come to.
#[derive(Default)]
struct Changes {
    edits: Vec<Edit>,
    needs: Vec<ImportName>,
    reviews: BTreeSet<String>,
    /// Edits in other files, and what they need there.
    others: BTreeMap<FileId, Vec<Edit>>,
    others_need: Vec<(FileId, ImportName)>,
    helpers: BTreeSet<&'static str>,
}

/// What the new library does once all requests that can be sent by it are.
pub(super) fn sent(requests: &[Request<'_>], sessions: &[Session<'_>]) -> Sent {
    let mut sent = Sent::default();
    for request in requests {
        if let (Some(session), Ok(_)) = (request.session, &request.native) {
            sent.calls
                .extend(sessions.get(session).into_iter().flat_map(Session::calls));
        }
    }
    for request in requests {
        if let Ok(plan) = &request.native {
            sent.callees.insert(span(&*request.call.func));
            sent.calls.insert(span(request.call));
            sent.calls
                .extend(plan.uses.raising.iter().map(|(_, method)| span(*method)));
        }
    }
    sent
}

/// One fix for groups of requests, each group with a client of its own.
pub(super) fn fix<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    requests: &[Request<'a>],
    sessions: &[Session<'a>],
    groups: &[clients::Group],
    sent: &Sent,
) -> Result<Fix, Why> {
    let mut changes = Changes::default();
    for group in groups {
        let plans: Vec<(&Request<'a>, &Native<'a>)> = group
            .members
            .iter()
            .filter_map(|&member| Some((&requests[member], requests[member].native.as_ref().ok()?)))
            .collect();
        match group.session.and_then(|session| sessions.get(session)) {
            Some(session) => changes.send_by(cx, session, groups, group, &plans, sent)?,
            None => changes.send(cx, groups, group, &plans, sent)?,
        }
    }
    let new = names.new;
    if changes.needs.contains(&ImportName::new(&new.to)) {
        let hazard = new.rows.get("installing").map(|row| &row.why);
        let hazard = hazard.map_or(String::new(), |why| format!(", and {why}"));
        let missing = undeclared(cx, &new.to, &new.from);
        changes
            .reviews
            .extend(missing.map(|missing| format!("{missing}{hazard}")));
    }
    changes.reviews.extend(replaced(cx, names));
    let title = match new.client.functions {
        Some(_) => format!("send with {}", new.to),
        None => format!("send with {}", new.client.class),
    };
    let reviews: Vec<String> = changes.reviews.into_iter().collect();
    let reason = (!reviews.is_empty()).then(|| reviews.join("; "));
    let overlap = |_| Why::new(format!("what has to change for {} overlaps here", new.to));
    let mut fix = Fix::judged(title, reason, cx.file, changes.edits).map_err(overlap)?;
    for (file, edits) in changes.others {
        fix = fix.and(file, edits).map_err(overlap)?;
    }
    let needs = changes.needs.into_iter();
    let mut fix = needs.fold(fix, |fix, need| fix.needing(cx.file, Some(need)));
    for (file, need) in changes.others_need {
        fix = fix.needing(file, Some(need));
    }
    let fix = changes.helpers.into_iter().fold(fix, Fix::helped);
    Ok(fix.depending(cx.file, &new.to, &new.from))
}

/// What a client has to be told for its requests.
fn told<'a>(names: Names<'a>, plans: &[(&Request<'_>, &Native<'_>)]) -> Vec<&'a str> {
    let client = &names.new.client;
    let any =
        |check: fn(&Arguments<'_>) -> bool| plans.iter().any(|(_, plan)| check(&plan.arguments));
    let arguments = [
        (true, &client.always),
        (any(|it| it.follows_by_default()), &client.follows),
        (any(|it| it.may_follow()), &client.may_follow),
        (any(|it| it.waits_forever), &client.waits_forever),
        (any(|it| it.unverified), &client.unverified),
    ];
    let needed = arguments.into_iter().filter(|(needed, _)| *needed);
    needed
        .filter_map(|(_, argument)| argument.as_deref())
        .collect()
}

impl Changes {
    /// The requests of one client, and the client.
    fn send<'a>(
        &mut self,
        cx: &Cx<'a>,
        groups: &[clients::Group],
        group: &clients::Group,
        plans: &[(&Request<'a>, &Native<'a>)],
        sent: &Sent,
    ) -> Result<(), Why> {
        let Some((first, unverified)) = plans
            .first()
            .map(|(request, plan)| (*request, plan.arguments.unverified))
        else {
            return Err(Why::new("a client without requests"));
        };
        if group.shared && minds_cookies(cx.module.text()) {
            return Err(Why::new(
                "a client for several requests keeps cookies, which this file may mind",
            ));
        }
        if plans
            .iter()
            .any(|(_, plan)| plan.arguments.unverified != unverified)
        {
            return Err(Why::new("requests of one client differ in `verify`"));
        }
        let new = &first.names.new.client;
        let fresh = || {
            cx.module
                .fresh_name(group.function, &["client", "http_client"])
        };
        let name = first.client.clone().unwrap_or_else(fresh);
        // One that is there already may follow redirects.
        let follows = first.client.is_some()
            || plans
                .iter()
                .any(|(_, plan)| plan.arguments.follows_by_default());
        for (request, plan) in plans {
            self.request(cx, request, plan, group, &name, follows)?;
            self.clauses(cx, groups, request, plan, sent)?;
        }
        if let Some(reason) = held_review(cx, first.call.into()) {
            self.review(reason);
        }
        if let Some(client) = &first.client {
            let row = first.names.new.rows.get("client-reached");
            let why = row.map_or("", |row| row.why.as_str());
            self.review(why.replace("{}", &format!("`{client}`")));
        }
        if first.needs_no_client() {
            return Ok(());
        }
        let client = self.reached(cx, &new.class, first)?;
        if group.shared {
            self.review(
                "the requests share a client, which sends cookies that one answer sets with the next",
            );
        }
        if group.yields {
            self.review("the client stays open while the generator waits for its consumer");
        }
        let mut texts = Vec::new();
        for argument in told(first.names, plans) {
            texts.push(self.named(cx, argument, first)?);
        }
        texts.extend(self.of_client(cx, first, group, plans)?);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let wrapping = lines::wrap(cx, group.lines, &client, &texts, &name);
        self.indent(cx, wrapping, plans);
        Ok(())
    }

    /// A line whose start is replaced or deleted needs no indentation.
    fn indent<'a>(
        &mut self,
        cx: &Cx<'a>,
        indents: Vec<Edit>,
        plans: &[(&Request<'a>, &Native<'a>)],
    ) {
        let free = |indent: &Edit| !self.edits.iter().any(|edit| edit.clashes(indent));
        let within = |lines: Option<Span>, edit: &Edit| {
            lines.is_some_and(|lines| lines.contains(edit.span()))
        };
        let unit = cx.module.layout().indent_unit();
        let mut indents: Vec<Edit> = indents.into_iter().filter(free).collect();
        for (_, plan) in plans {
            let opened = &plan.uses.opened;
            indents.retain(|edit| !within(opened.kept, edit));
            for edit in &mut indents {
                if within(opened.deeper, edit) {
                    *edit = Edit::insert(edit.span().start(), format!("{}{unit}", edit.text()));
                }
            }
        }
        self.edits.extend(indents);
    }

    /// The requests of a session, and the session.
    fn send_by<'a>(
        &mut self,
        cx: &Cx<'a>,
        session: &Session<'a>,
        groups: &[clients::Group],
        group: &clients::Group,
        plans: &[(&Request<'a>, &Native<'a>)],
        sent: &Sent,
    ) -> Result<(), Why> {
        let unverified = plans.iter().filter(|(_, plan)| plan.arguments.unverified);
        if ![0, plans.len()].contains(&unverified.count()) {
            return Err(Why::new("requests of the session differ in `verify`"));
        }
        let follows = plans
            .iter()
            .any(|(_, plan)| plan.arguments.follows_by_default());
        let deeper = session.lines().is_some();
        let mut opened: Vec<Edit> = Vec::new();
        if plans
            .iter()
            .any(|(_, plan)| !plan.arguments.of_client.is_empty())
        {
            return Err(Why::new(
                "a request is told what belongs to the client, which is opened elsewhere",
            ));
        }
        for (request, plan) in plans {
            let Expr::Attribute(callee) = &*request.call.func else {
                return Err(Why::new("the method is not called on its session"));
            };
            let object = cx.module.source(&callee.value);
            if !deeper && plan.uses.opened.kept.is_some() {
                return Err(Why::new("the response is held by a `with` of its own"));
            }
            if !deeper && let Some(lines) = plan.uses.opened.deeper {
                let layout = cx.module.layout();
                opened.extend(layout.indent(layout.whole_lines(lines)));
            }
            self.request(cx, request, plan, group, object, follows)?;
            self.clauses(cx, groups, request, plan, sent)?;
            if let Some(reason) = held_review(cx, request.call.into()) {
                self.review(reason);
            }
        }
        let change = session.change(cx, &told(session.names, plans))?;
        self.edits.extend(change.edits);
        match deeper {
            true => self.indent(cx, change.indents, plans),
            false => self.indent(cx, opened, &[]),
        }
        self.needs.extend(change.needs);
        self.reviews.extend(change.reviews);
        for (file, edits) in change.others {
            self.others.entry(file).or_default().extend(edits);
        }
        Ok(())
    }

    /// The `except` clauses that mind the errors of a request.
    fn clauses<'a>(
        &mut self,
        cx: &Cx<'a>,
        groups: &[clients::Group],
        request: &Request<'a>,
        plan: &Native<'a>,
        sent: &Sent,
    ) -> Result<(), Why> {
        for clause in &plan.handlers.clauses {
            // The clause moves with the statements around it.
            let deeper = groups.iter().any(|group| group.lines.contains(clause.at()));
            let (change, needs) = clauses::rewrite(cx, request.names, clause, sent, deeper)?;
            self.edits.extend(change);
            self.needs.extend(needs);
        }
        Ok(())
    }

    /// How the code can name something of the new library.
    fn reached<'a>(
        &mut self,
        cx: &Cx<'a>,
        qualified: &str,
        request: &Request<'a>,
    ) -> Result<String, Why> {
        let (module, member) = qualified.split_once('.').unwrap_or(("", qualified));
        let reach = reach(cx, module, member, request.call.into())?;
        self.needs.extend(reach.need);
        Ok(reach.text)
    }

    /// An argument in which the new library's names are such that the code can use them.
    fn named<'a>(
        &mut self,
        cx: &Cx<'a>,
        argument: &str,
        request: &Request<'a>,
    ) -> Result<String, Why> {
        let module = format!("{}.", request.names.new.to);
        let Some((before, rest)) = argument.split_once(&module) else {
            return Ok(argument.to_owned());
        };
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let (member, after) = rest.split_at(end.unwrap_or(rest.len()));
        let name = self.reached(cx, &format!("{module}{member}"), request)?;
        Ok(format!("{before}{name}{after}"))
    }

    /// What requests are told that belongs to the client, which must be the same for all, and may be
    /// computed before them.
    fn of_client<'a>(
        &mut self,
        cx: &Cx<'a>,
        first: &Request<'a>,
        group: &clients::Group,
        plans: &[(&Request<'a>, &Native<'a>)],
    ) -> Result<Vec<String>, Why> {
        let written = |plan: &Native<'a>| -> Vec<(&'a str, &'a str)> {
            let told = plan.arguments.of_client.iter();
            told.map(|(text, value)| (*text, cx.module.source(value)))
                .collect()
        };
        let Some((_, plan)) = plans.first() else {
            return Ok(Vec::new());
        };
        let told = written(plan);
        if plans.iter().any(|(_, other)| written(other) != told) {
            return Err(Why::new(
                "requests of one client differ in what is told to the client",
            ));
        }
        for (_, value) in &plan.arguments.of_client {
            clients::computed_before(cx, group, value)?;
        }
        let mut texts = Vec::new();
        for (text, source) in told {
            let written = text.replace("{0}", source);
            // `name=module.callable(...)`
            let callable = text
                .split_once('=')
                .and_then(|(_, value)| value.split_once('('))
                .and_then(|(callable, _)| callable.rsplit_once('.'));
            texts.push(match callable {
                Some((module, member)) => {
                    let reach = reach(cx, module, member, first.call.into())?;
                    self.needs.extend(reach.need);
                    written.replacen(&format!("{module}.{member}"), &reach.text, 1)
                }
                None => written,
            });
        }
        Ok(texts)
    }

    /// One request: its call and the uses of its response.
    fn request<'a>(
        &mut self,
        cx: &Cx<'a>,
        request: &Request<'a>,
        plan: &Native<'a>,
        group: &clients::Group,
        client: &str,
        follows: bool,
    ) -> Result<(), Why> {
        let deeper = group.lines.contains(span(request.call));
        let opened = &plan.uses.opened;
        let told = &request.names.new.client;
        let callee = match &told.functions {
            Some(functions) => {
                let function = functions.replace("{}", &plan.arguments.method);
                self.reached(cx, &function, request)?
            }
            None => format!("{client}.{}", plan.arguments.method),
        };
        let mut edits = match &told.stream {
            Some(stream) if opened.streams => {
                let callee = span(&*request.call.func);
                vec![Edit::replace(callee, format!("{client}.{stream}"))]
            }
            _ => await_call(cx, request.call, &callee),
        };
        if opened.streams {
            edits.extend(plan.arguments.method_of_stream()?);
        }
        if let (Some(named), Some(first)) = (&plan.uses.named, edits.first()) {
            let whole = named.before.cover(first.span());
            let awaited = first.text().trim_start_matches('(');
            let text = format!("{} = {awaited}", named.name);
            edits = vec![Edit::replace(whole, text), named.after.clone()];
        }
        if let Some(first) = edits.first_mut() {
            let text = format!("{}{}", plan.uses.prefix, first.text());
            *first = Edit::replace(first.span(), text);
        }
        edits.extend(plan.arguments.edits(cx, follows));
        for (edit, qualified) in &plan.arguments.callables {
            let name = match qualified.is_empty() {
                true => String::new(),
                false => self.reached(cx, qualified, request)?,
            };
            let text = edit.text().replacen(qualified, &name, 1);
            edits.push(Edit::replace(edit.span(), text));
        }
        let unit = match deeper {
            true => cx.module.layout().indent_unit().len(),
            false => 0,
        };
        lines::realign(cx, request.call, &mut edits, unit);
        lines::break_arguments(cx, request.call, &mut edits, deeper);
        lines::break_around(cx, request.call, &mut edits, deeper);
        let mut edits = lines::joined(edits);
        let holds = |lines: Option<Span>, place: Span| {
            usize::from(lines.is_some_and(|lines| lines.contains(place)))
        };
        edits.extend(plan.uses.edits(cx, |place| {
            usize::from(group.lines.contains(place)) + holds(opened.deeper, place)
                - holds(opened.kept, place)
        }));
        self.needs.extend(plan.uses.needs.iter().cloned());
        for (file, other) in &plan.uses.abroad {
            let known = self.others.entry(*file).or_default();
            let new = other.edits.iter().filter(|edit| !known.contains(edit));
            let new: Vec<Edit> = new.cloned().collect();
            known.extend(new);
            let needs = other.needs.iter().map(|need| (*file, need.clone()));
            self.others_need.extend(needs);
        }
        for remark in &plan.uses.remarks {
            self.review(remark.as_str());
        }
        edits.extend(plan.handlers.edits.iter().cloned());
        self.edits.extend(edits);
        self.edits.extend(plan.arguments.outside.iter().cloned());
        if let Some((helper, need)) = &plan.arguments.helper {
            self.helpers.insert(helper);
            self.needs.extend(need.clone());
        }
        for review in &plan.arguments.reviews {
            self.review(review);
        }
        for review in &plan.uses.reviews {
            self.review(*review);
        }
        for review in &plan.handlers.reviews {
            self.review(review);
        }
        let own = request
            .function
            .map_or("", |function| function.name.as_str());
        if let Some(leaving) = leaving::review(request.names, &plan.handlers.leaving, own) {
            self.review(leaving);
        }
        Ok(())
    }

    fn review(&mut self, reason: impl Into<String>) {
        self.reviews.insert(reason.into());
    }
}

/// What a person must confirm where another file, a test for the most part, replaces the library for
/// requests that are sent by another one now.
fn replaced(cx: &Cx<'_>, names: Names<'_>) -> Option<String> {
    let new = names.new;
    let (file, intercept) = cx.project.intercepted(cx.file, &new.from)?;
    let path = cx.project.modules().path(file).display();
    let line = cx.project.facts(file)?.line_of(intercept.at.start());
    let target = names.old.targets.get(&new.to);
    let meets = intercept
        .by
        .as_ref()
        .is_some_and(|by| target.is_some_and(|it| it.met_by.iter().any(|name| **name == **by)));
    let verb = match meets {
        true => "may not meet",
        false => "does not meet",
    };
    Some(format!(
        "{path}:{line} replaces {} by {}, which {verb} requests of {}",
        new.from, intercept.what, new.to
    ))
}
