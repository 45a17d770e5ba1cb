//! Blocking calls in coroutines as the catalogue knows them, and what it says to do about them.

use super::shared::{is_of_this_task, is_used_by_methods};
use super::{
    Cx, Finding, Fix, Info, await_call, chain, held_review, may_await, meant, reach, to_thread,
};
use crate::model::file::{Why, walk};
use crate::model::libraries::{Blocking, Counterpart, Fallback, Kind};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, Keyword, StmtWith, TraversalSignal, WithItem,
};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

/// A call in a coroutine that blocks the event loop.
pub struct BlockingCall<'a> {
    pub call: &'a ExprCall,
    /// What is called, by its qualified name.
    pub name: String,
    pub entry: &'a Blocking,
}

/// A `with` statement in a coroutine that blocks the event loop, at its start or at its end.
pub struct BlockingWith<'a> {
    pub with: &'a StmtWith,
    pub item: &'a WithItem,
    /// The method that blocks, by its qualified name.
    pub name: String,
    pub entry: &'a Blocking,
}

/// The calls of a kind that block the event loop: in coroutines, and not awaited, which would say
/// that something else is called.
pub fn blocking_calls<'a>(cx: &Cx<'a>, kind: Kind) -> Vec<BlockingCall<'a>> {
    let calls = cx.module.calls().iter().copied();
    calls
        .filter(|call| cx.module.inside_coroutine((*call).into()))
        // Nothing but a sleep is awaited by mistake: anything else is not what it seems to be.
        .filter(|call| kind == Kind::Sleep || !cx.module.is_awaited((*call).into()))
        .filter_map(|call| blocking_call(cx, call))
        .filter(|blocking| blocking.entry.kind == kind)
        // Of files, opening and reading are told apart, as other linters do.
        .filter(|blocking| kind == Kind::File || !chain::is_inside(cx, blocking.call))
        .filter(|blocking| !is_collected_in_thread(cx, blocking))
        .collect()
}

/// Reports every call of a kind that blocks the event loop.
pub fn report_blocking(cx: &Cx<'_>, info: &Info, kind: Kind, found: &mut Vec<Finding>) {
    for blocking in blocking_calls(cx, kind) {
        // Of a private class only the code itself knows the name.
        let name = match blocking.name.contains("._") {
            true => cx.module.describe(&blocking.call.func),
            false => blocking.name.clone(),
        };
        let message = format!("`{name}` blocks the event loop");
        let fix = remedy(cx, &blocking);
        found.push(cx.finding(info, span(blocking.call), message, fix));
    }
}

/// What is known of a call that blocks, wherever it stands.
pub fn blocking_call<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<BlockingCall<'a>> {
    let name = cx.callee(call).ok()?;
    let entry = cx.module.catalogue().blocking(&name)?;
    (!is_harmless(cx, entry, call)).then_some(BlockingCall { call, name, entry })
}

/// The synchronous `with` statements of coroutines that call a blocking method of a kind.
pub fn blocking_withs<'a>(cx: &Cx<'a>, kind: Kind) -> Vec<BlockingWith<'a>> {
    let mut statements = Vec::new();
    walk(cx.module.tree().module().into(), &mut |node| {
        if let AnyNodeRef::StmtWith(with) = node
            && !with.is_async
            && cx.module.inside_coroutine(node)
        {
            statements.push(with);
        }
        match node.is_expression() {
            true => TraversalSignal::Skip,
            false => TraversalSignal::Traverse,
        }
    });
    let items = statements
        .into_iter()
        .flat_map(|with| with.items.iter().map(move |item| (with, item)));
    items
        .filter_map(|(with, item)| {
            let class = cx.module.class_of(&item.context_expr)?;
            ["__enter__", "__exit__"].iter().find_map(|method| {
                let name = format!("{class}.{method}");
                let entry = cx.module.catalogue().blocking(&name)?;
                let blocks = entry.kind == kind && !is_unlikely(cx, entry);
                blocks.then_some(BlockingWith {
                    with,
                    item,
                    name,
                    entry,
                })
            })
        })
        .collect()
}

/// Whether an argument, or what the file says elsewhere, makes it a call that does not wait.
fn is_harmless<'a>(cx: &Cx<'a>, entry: &Blocking, call: &'a ExprCall) -> bool {
    let harmless = entry.unless.iter().any(|(keyword, literal)| {
        argument(entry, call, keyword).is_some_and(|value| is(cx, value, literal))
    });
    let unpacked = call.arguments.args.iter().any(Expr::is_starred_expr)
        || call.arguments.keywords.iter().any(|it| it.arg.is_none());
    let lacks_all = !unpacked
        && !entry.only_with.is_empty()
        && entry.only_with.iter().all(|keyword| {
            argument(entry, call, keyword).is_none_or(|value| is(cx, value, "None"))
        });
    let needs = entry.given.as_deref();
    let lacks = needs.is_some_and(|class| !is_given(cx, class, call));
    let spares = entry.unless_given.as_deref();
    let spared = spares.is_some_and(|class| is_given(cx, class, call));
    harmless || lacks_all || lacks || spared || is_unlikely(cx, entry)
}

fn is_unlikely(cx: &Cx<'_>, entry: &Blocking) -> bool {
    let mut words = entry.unless_said.iter();
    words.any(|word| cx.module.text().contains(word.as_str()))
}

/// What a call passes for a parameter, by keyword or by position.
fn argument<'a>(entry: &Blocking, call: &'a ExprCall, keyword: &str) -> Option<&'a Expr> {
    let named = call.arguments.find_keyword(keyword);
    let position = entry.positions.get(keyword);
    let by_position = || call.arguments.args.get(*position?);
    named.map(|named| &named.value).or_else(by_position)
}

/// Whether an expression is a literal, or a constant of a library, as the catalogue writes it.
fn is<'a>(cx: &Cx<'a>, value: &'a Expr, literal: &str) -> bool {
    match value {
        Expr::BooleanLiteral(value) => literal == if value.value { "True" } else { "False" },
        Expr::NoneLiteral(_) => literal == "None",
        Expr::NumberLiteral(_) => {
            let text = span(value).of(cx.module.text());
            literal.parse::<f64>().is_ok() && text.parse::<f64>() == literal.parse()
        }
        Expr::Name(_) | Expr::Attribute(_) => {
            cx.module.qualified(value).as_deref() == Some(literal)
        }
        _ => false,
    }
}

/// Whether an argument is an object of a class.
fn is_given<'a>(cx: &Cx<'a>, given: &str, call: &'a ExprCall) -> bool {
    let is = |value: &'a Expr| {
        let class = cx.module.class_of(value);
        class.is_some_and(|class| cx.module.catalogue().is_subclass(&class, given))
    };
    let keywords = call.arguments.keywords.iter();
    call.arguments
        .args
        .iter()
        .chain(keywords.map(|keyword| &keyword.value))
        .any(is)
}

/// What the catalogue says to do: call the counterpart, move the call to a thread, or nothing.
pub fn remedy<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> Result<Result<Fix, EditError>, Why> {
    remedy_since(cx, blocking, None)
}

/// The same, where something better was tried; `because` says why it is not done.
pub fn remedy_since<'a>(
    cx: &Cx<'a>,
    blocking: &BlockingCall<'a>,
    because: Option<&str>,
) -> Result<Result<Fix, EditError>, Why> {
    let entry = blocking.entry;
    let counterpart = entry.counterpart.as_ref();
    let native = counterpart.map(|counterpart| call_counterpart(cx, blocking.call, counterpart));
    let because = match native {
        Some(Ok(fix)) => return Ok(fix),
        Some(Err(why)) => Some(why.as_str().to_owned()),
        None => because.map(str::to_owned),
    };
    if entry.fallback == Fallback::List
        && let Some(collected) = collecting(cx, blocking.call)
    {
        return to_thread(cx, collected, None, review(cx, blocking));
    }
    let also = |why: Why| match &because {
        Some(because) => Why::new(format!("{because}; and {why}")),
        None => why,
    };
    let review = judge(cx, blocking).map_err(also)?;
    if let Some(inner) = chain::inner(cx, blocking.call) {
        let review = judge(cx, &inner)?.or(review);
        return chain::to_thread(cx, blocking.call, review);
    }
    to_thread(cx, blocking.call, because.as_deref(), review)
}

/// The call that takes every item of what a call gives, where it stands.
fn collecting<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<&'a ExprCall> {
    let outer = call_with_argument(cx, call)?;
    let alone = outer.arguments.len() == 1 && outer.arguments.args.len() == 1;
    let callee = cx.callee(outer).ok()?;
    (alone && ["list", "set", "tuple"].contains(&callee.as_str())).then_some(outer)
}

/// Whether a thread takes the items of what a call gives, as in `asyncio.to_thread(list, f())`.
fn is_collected_in_thread<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> bool {
    blocking.entry.fallback == Fallback::List
        && call_with_argument(cx, blocking.call).is_some_and(|outer| {
            cx.callee(outer)
                .is_ok_and(|name| name == "asyncio.to_thread")
        })
}

/// The call that has an expression among its arguments.
fn call_with_argument<'a>(cx: &Cx<'a>, argument: &'a ExprCall) -> Option<&'a ExprCall> {
    let mut around = cx.module.ancestors(argument.into());
    let parent = around.find(|node| !matches!(node, AnyNodeRef::Arguments(_)))?;
    match parent {
        AnyNodeRef::ExprCall(outer) if span(&outer.arguments).contains(span(argument)) => {
            Some(outer)
        }
        _ => None,
    }
}

/// Whether a call may move to a thread, and what a person must confirm first.
fn judge<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> Result<Option<String>, Why> {
    let entry = blocking.entry;
    let why = entry.why.as_deref().unwrap_or("it must stay in its thread");
    match entry.fallback {
        Fallback::Exact => {
            let function = blocking.name.rsplit('.').next().unwrap_or_default();
            Ok(review(cx, blocking).or_else(|| meant(cx, blocking.call, function)))
        }
        Fallback::Review => Ok(Some(why.to_owned())),
        Fallback::List | Fallback::Together | Fallback::None => {
            Err(Why::new(match &entry.instead {
                Some(instead) => format!("{why}; {instead} has it for coroutines"),
                None => why.to_owned(),
            }))
        }
    }
}

/// What is read later of what a call gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// What the call gives.
    Given,
    /// What the object gives whose method is called.
    OfReceiver,
}

/// What more there is to read after a call.
pub fn body<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> Option<Body> {
    match blocking.entry.body.as_deref()? {
        "always" => Some(Body::Given),
        "receiver" => Some(Body::OfReceiver),
        condition => meets(cx, blocking.entry, blocking.call, condition).then_some(Body::Given),
    }
}

/// What a person must confirm before a call goes to a thread together with the reading of its body.
pub fn concerns<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> Option<String> {
    let function = blocking.name.rsplit('.').next().unwrap_or_default();
    reviewed(cx, blocking, true).or_else(|| meant(cx, blocking.call, function))
}

/// Whether a call has an argument, with a value that matters: `stream`, `preload_content=False`.
fn meets<'a>(cx: &Cx<'a>, entry: &Blocking, call: &'a ExprCall, condition: &str) -> bool {
    let (keyword, literal) = match condition.split_once('=') {
        Some((keyword, literal)) => (keyword, Some(literal)),
        None => (condition, None),
    };
    argument(entry, call, keyword).is_some_and(|value| match literal {
        Some(literal) => is(cx, value, literal),
        None => !is(cx, value, "False") && !is(cx, value, "None"),
    })
}

/// What a person must confirm before a call goes to a thread that may go there as a rule.
fn review<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> Option<String> {
    reviewed(cx, blocking, false)
}

/// The same; with `whole`, its body is read in the thread as well.
fn reviewed<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>, whole: bool) -> Option<String> {
    let BlockingCall { call, entry, .. } = blocking;
    let matters = |condition: &str| !whole || entry.body.as_deref() != Some(condition);
    let argument = entry.review_with.iter().find_map(|(condition, why)| {
        let holds = matters(condition) && meets(cx, entry, call, condition);
        holds.then(|| why.clone())
    });
    let unpacks = call.arguments.keywords.iter().any(|it| it.arg.is_none());
    let unpacked = || {
        let (condition, why) = entry.review_with.first_key_value().filter(|_| unpacks)?;
        Some(format!(
            "`{condition}` may be among the unpacked arguments: {why}"
        ))
    };
    let shared = || {
        let why = entry.shared.as_ref()?;
        let receiver = &call.func.as_attribute_expr()?.value;
        let object = cx.module.describe(receiver);
        (!is_of_this_task(cx, receiver))
            .then(|| format!("other tasks may use `{object}` meanwhile: {why}"))
    };
    let unread = || {
        let why = entry.unread.as_ref().filter(|_| !whole)?;
        (!is_used_by_methods(cx, call)).then(|| why.clone())
    };
    argument.or_else(unpacked).or_else(shared).or_else(unread)
}

/// Calls the counterpart instead, with its arguments under their names there.
fn call_counterpart(
    cx: &Cx<'_>,
    call: &ExprCall,
    counterpart: &Counterpart,
) -> Result<Result<Fix, EditError>, Why> {
    may_await(cx, call)?;
    if cx.module.is_awaited(call.into()) {
        return Err(Why::new("it is awaited already, which fails today"));
    }
    if cx.module.layout().has_comments(span(&*call.func)) {
        return Err(Why::new("a comment stands inside the callee"));
    }
    let (callee, need) = match counterpart.function.strip_prefix('.') {
        Some(method) => match &*call.func {
            Expr::Attribute(attribute) => (
                format!("{}.{method}", cx.module.source(&attribute.value)),
                None,
            ),
            _ => return Err(Why::new("the method is not called on its object")),
        },
        None => {
            let (module, member) = counterpart
                .function
                .rsplit_once('.')
                .ok_or_else(|| Why::new("the counterpart has no module"))?;
            let reach = reach(cx, module, member, call.into())?;
            (reach.text, reach.need)
        }
    };
    let mut edits = await_call(cx, call, &callee);
    edits.extend(arguments(cx, call, counterpart)?);
    let review = counterpart
        .review
        .clone()
        .or_else(|| held_review(cx, call.into()));
    let title = format!(
        "await {} instead",
        counterpart.function.trim_start_matches('.')
    );
    let fix = Fix::judged(title, review, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, need)))
}

fn arguments(cx: &Cx<'_>, call: &ExprCall, counterpart: &Counterpart) -> Result<Vec<Edit>, Why> {
    let positional = &call.arguments.args;
    if counterpart
        .positional
        .is_some_and(|most| positional.len() > most)
    {
        return Err(Why::new(
            "its positional arguments mean something else there",
        ));
    }
    let unpacked = |value: &Expr| value.is_starred_expr();
    if counterpart.positional.is_some() && positional.iter().any(unpacked) {
        return Err(Why::new("how many arguments are unpacked is not known"));
    }
    let mut edits = Vec::new();
    let strict = !counterpart.lacks.is_empty()
        || !counterpart.drops.is_empty()
        || !counterpart.keywords.is_empty();
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else {
            if strict {
                return Err(Why::new("which keywords are unpacked is not known"));
            }
            continue;
        };
        if counterpart
            .lacks
            .iter()
            .any(|lacking| lacking == name.as_str())
        {
            return Err(Why::new(format!("there is no `{name}` there")));
        }
        if counterpart
            .drops
            .iter()
            .any(|dropped| dropped == name.as_str())
        {
            if !is_plain(&keyword.value) {
                return Err(Why::new(format!(
                    "`{name}` goes, and with it what its value does"
                )));
            }
            edits.push(Edit::delete(removed(call, counterpart, span(keyword))));
        } else if let Some(new) = counterpart.keywords.get(name.as_str()) {
            edits.push(Edit::replace(span(name), new.clone()));
        }
    }
    if edits
        .iter()
        .any(|edit| cx.module.layout().has_comments(edit.span()))
    {
        return Err(Why::new("a comment stands beside an argument that goes"));
    }
    Ok(edits)
}

/// Whether nothing happens when an expression is evaluated.
fn is_plain(value: &Expr) -> bool {
    match value {
        Expr::UnaryOp(operation) => is_plain(&operation.operand),
        value => value.is_literal_expr() || value.is_name_expr(),
    }
}

/// What goes with an argument: the comma before it, or, where nothing before it stays, up to the
/// next one.
fn removed(call: &ExprCall, counterpart: &Counterpart, argument: Span) -> Span {
    let goes = |keyword: &Keyword| {
        let name = keyword.arg.as_ref();
        name.is_some_and(|name| {
            counterpart
                .drops
                .iter()
                .any(|dropped| dropped == name.as_str())
        })
    };
    let positional = call.arguments.args.iter().map(|value| (span(value), true));
    let keywords = call
        .arguments
        .keywords
        .iter()
        .map(|keyword| (span(keyword), !goes(keyword)));
    let mut all: Vec<(Span, bool)> = positional.chain(keywords).collect();
    all.sort();
    let before = all
        .iter()
        .rev()
        .find(|(other, _)| other.end() <= argument.start());
    let some_stays = all
        .iter()
        .any(|(other, stays)| *stays && other.end() <= argument.start());
    match before {
        Some((before, _)) if some_stays => Span::new(before.end(), argument.end()),
        _ => {
            let next = all
                .iter()
                .find(|(other, _)| other.start() >= argument.end());
            let end = next.map_or(span(call).end() - 1, |(next, _)| next.start());
            Span::new(argument.start(), end)
        }
    }
}
