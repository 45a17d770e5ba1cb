//! The arguments of a request: which keywords change their names, which values mean the same.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Lookup, Target, Why};
use crate::model::libraries::{Accepts, Http, HttpFunction};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Number, Operator};
use crate::python::span;
use crate::text::{Edit, Span};

/// How far a name is followed to the value it was given.
const MAX_STEPS: usize = 4;

/// What a request asks of the client that sends it, and the edits inside its parentheses.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub edits: Vec<Edit>,
    /// The request relies on the library's default of following redirects.
    pub follows_redirects: bool,
    /// It must not follow redirects, and says so nowhere.
    pub stays: bool,
    /// It relies on waiting without limit.
    pub waits_forever: bool,
    /// The value of `verify`, which belongs to the client.
    pub verify: Option<String>,
    /// The callee's method; `request` with a leading method argument where a body is sent by a
    /// method that takes none.
    pub method: String,
    /// Callables to import and the names they replace.
    pub callables: Vec<(Span, &'static str)>,
}

struct Argument<'a> {
    name: &'a str,
    /// The name to write before a positional argument, or the place of a keyword.
    keyword: Option<Span>,
    value: &'a Expr,
    whole: Span,
}

/// Maps the arguments of a call of `function`; refused where a value has no certain counterpart.
pub(super) fn map<'a>(
    cx: &Cx<'a>,
    http: &'static Http,
    function: &'static HttpFunction,
    call: &'a ExprCall,
) -> Result<Arguments, Why> {
    let items = items(cx, function, call)?;
    let mut mapped = Arguments {
        method: function.method.clone(),
        ..Arguments::default()
    };
    let find = |name: &str| items.iter().find(|item| item.name == name);
    let url = find("url").ok_or_else(|| Why::new("the URL is not among the arguments"))?;
    for (index, item) in items.iter().enumerate() {
        let keyword = http
            .keywords
            .get(item.name)
            .filter(|_| item.name != "method")
            .or_else(|| http.keywords.get("url").filter(|_| item.name == "method"));
        let Some(keyword) = keyword else {
            return Err(Why::new(format!(
                "`{}` is not known as an argument of requests",
                item.name
            )));
        };
        let refused = || Err(Why::new(&keyword.why));
        let nothing = is_none(item.value);
        match keyword.accepts {
            Accepts::Anything => {}
            Accepts::Nothing => {
                if nothing || is_false(item.value) {
                    mapped.edits.push(deletion(&items, index));
                    continue;
                }
                return refused();
            }
            Accepts::Boolean => match item.value {
                Expr::BooleanLiteral(_) => {
                    mapped.verify = Some(cx.module.source(item.value).to_owned());
                    mapped.edits.push(deletion(&items, index));
                    continue;
                }
                _ => return refused(),
            },
            Accepts::PlainMapping if nothing => {}
            Accepts::PlainMapping => {
                if !is_mapping(cx, item.value, is_plain) || !has_no_query(cx, url.value, MAX_STEPS)
                {
                    return refused();
                }
            }
            Accepts::StringMapping => {
                if !nothing && !is_mapping(cx, item.value, is_text) {
                    return refused();
                }
            }
            Accepts::Body => {
                if !nothing && !is_mapping(cx, item.value, is_plain) {
                    if !matches!(
                        item.value,
                        Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::FString(_)
                    ) {
                        return refused();
                    }
                    mapped.edits.push(renamed(item, "content"));
                    continue;
                }
            }
            Accepts::Timeout => {
                if matches!(item.value, Expr::NumberLiteral(number) if is_zero(&number.value)) {
                    return refused();
                }
                if let Expr::Tuple(pair) = item.value {
                    let [connect, read] = &pair.elts[..] else {
                        return refused();
                    };
                    let (connect, read) = (cx.module.source(connect), cx.module.source(read));
                    let text = format!("httpx.Timeout({read}, connect={connect}, pool=None)");
                    mapped.callables.push((span(item.value), "httpx.Timeout"));
                    mapped.edits.push(Edit::replace(span(item.value), text));
                }
            }
            Accepts::Auth => match item.value {
                _ if nothing => {}
                Expr::Tuple(pair)
                    if pair.elts.len() == 2
                        && pair.elts.iter().all(|part| is_text(cx, part, MAX_STEPS)) => {}
                Expr::Call(auth) => {
                    let Target::External(name) = cx.module.target(auth) else {
                        return refused();
                    };
                    let Some(counterpart) = http.callables.get(&name) else {
                        return refused();
                    };
                    mapped.callables.push((span(&*auth.func), counterpart));
                    mapped
                        .edits
                        .push(Edit::replace(span(&*auth.func), counterpart.as_str()));
                }
                _ => return refused(),
            },
        }
        if item.name != "method" && item.name != "url" || item.keyword.is_some() {
            let to = keyword.to.as_deref().unwrap_or(item.name);
            if item.keyword.is_none() || to != item.name && item.name != "method" {
                mapped.edits.push(renamed(item, to));
            }
        }
    }
    let has = |name: &str| find(name).is_some_and(|item| !is_none(item.value));
    if !function.takes_body && (has("json") || has("data")) {
        let start = items
            .iter()
            .map(|item| item.whole.start())
            .min()
            .unwrap_or_default();
        let quote = cx.module.layout().quote();
        let method = function.method.to_uppercase();
        mapped
            .edits
            .push(Edit::insert(start, format!("{quote}{method}{quote}, ")));
        mapped.method = "request".to_owned();
    }
    if find("allow_redirects").is_none() {
        mapped.follows_redirects = function.follows_redirects;
        mapped.stays = !function.follows_redirects;
    }
    mapped.waits_forever = find("timeout").is_none();
    Ok(mapped)
}

/// The arguments by the names they have in requests, in source order.
fn items<'a>(
    cx: &Cx<'a>,
    function: &'static HttpFunction,
    call: &'a ExprCall,
) -> Result<Vec<Argument<'a>>, Why> {
    let leading: &[&str] = match function.method.as_str() {
        "request" => &["method", "url"],
        _ => &["url"],
    };
    let mut names = leading
        .iter()
        .copied()
        .chain(function.positional.iter().map(String::as_str));
    let mut items = Vec::new();
    for value in &call.arguments.args {
        if matches!(value, Expr::Starred(_)) {
            return Err(Why::new("arguments are unpacked from a sequence"));
        }
        let name = names
            .next()
            .ok_or_else(|| Why::new("there are more positional arguments than requests takes"))?;
        let whole = cx
            .module
            .layout()
            .parentheses(value.into(), AnyNodeRef::from(&call.arguments))
            .unwrap_or_else(|| span(value));
        items.push(Argument {
            name,
            keyword: None,
            value,
            whole,
        });
    }
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else {
            return Err(Why::new("arguments are unpacked from a mapping"));
        };
        items.push(Argument {
            name: name.as_str(),
            keyword: Some(span(name)),
            value: &keyword.value,
            whole: span(keyword),
        });
    }
    Ok(items)
}

fn renamed(item: &Argument<'_>, to: &str) -> Edit {
    match item.keyword {
        Some(keyword) => Edit::replace(keyword, to),
        None => Edit::insert(item.whole.start(), format!("{to}=")),
    }
}

fn deletion(items: &[Argument<'_>], index: usize) -> Edit {
    let whole = items[index].whole;
    Edit::delete(match (index.checked_sub(1), items.get(index + 1)) {
        (Some(previous), _) => Span::new(items[previous].whole.end(), whole.end()),
        (None, Some(next)) => Span::new(whole.start(), next.whole.start()),
        (None, None) => whole,
    })
}

fn is_none(expression: &Expr) -> bool {
    matches!(expression, Expr::NoneLiteral(_))
}

fn is_false(expression: &Expr) -> bool {
    matches!(expression, Expr::BooleanLiteral(literal) if !literal.value)
}

fn is_zero(number: &Number) -> bool {
    match number {
        Number::Int(int) => int.as_u8() == Some(0),
        Number::Float(float) => *float == 0.0,
        Number::Complex { .. } => false,
    }
}

type Check = for<'a> fn(&Cx<'a>, &'a Expr, usize) -> bool;

/// A dict display with text keys and values that all pass, written here or given to a name once.
fn is_mapping<'a>(cx: &Cx<'a>, expression: &'a Expr, value_passes: Check) -> bool {
    match expression {
        Expr::Dict(dict) => dict.items.iter().all(|item| {
            item.key
                .as_ref()
                .is_some_and(|key| is_text(cx, key, MAX_STEPS))
                && value_passes(cx, &item.value, MAX_STEPS)
        }),
        Expr::Name(_) => given_once(cx, expression).is_some_and(|value| {
            matches!(value, Expr::Dict(_)) && is_mapping(cx, value, value_passes)
        }),
        _ => false,
    }
}

/// The only value that a name is ever given, if nothing else can change it: a plain assignment, and
/// every use of it as an argument of a call.
fn given_once<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Option<&'a Expr> {
    let Expr::Name(name) = expression else {
        return None;
    };
    let scope = cx.module.scope_of(AnyNodeRef::from(name))?;
    let Lookup::Bound(owner, [only]) = cx.module.lookup(scope, &name.id) else {
        return None;
    };
    let BindingKind::Assign(value) = cx.module.binding(*only).kind else {
        return None;
    };
    let kept = !matches!(value, Expr::Dict(_))
        || cx.module.reads_of(owner, &name.id).iter().all(|read| {
            matches!(
                cx.module.parent((*read).into()),
                Some(AnyNodeRef::Keyword(_))
            )
        });
    kept.then_some(value)
}

/// Whether a value is certainly text.
fn is_text<'a>(cx: &Cx<'a>, expression: &'a Expr, steps: usize) -> bool {
    match expression {
        Expr::StringLiteral(_) | Expr::FString(_) => true,
        Expr::BinOp(sum) => match sum.op {
            Operator::Add => is_text(cx, &sum.left, steps) || is_text(cx, &sum.right, steps),
            Operator::Mod => is_text(cx, &sum.left, steps),
            _ => false,
        },
        Expr::Call(call) => match cx.module.target(call) {
            Target::Builtin(name) => name == "str",
            Target::External(name) => matches!(name.as_str(), "json.dumps" | "os.path.join"),
            _ => matches!(&*call.func, Expr::Attribute(method)
                if matches!(method.attr.as_str(), "join" | "format" | "strip" | "lower" | "upper" | "isoformat" | "hexdigest")),
        },
        Expr::Subscript(subscript) => {
            cx.module.qualified(&subscript.value).as_deref() == Some("os.environ")
        }
        Expr::Name(name) => {
            annotated(cx, name.into(), &["str"])
                || steps > 0
                    && given_once(cx, expression).is_some_and(|value| is_text(cx, value, steps - 1))
        }
        _ => false,
    }
}

/// Whether a value is certainly text or a number that both libraries write in the same way.
fn is_plain<'a>(cx: &Cx<'a>, expression: &'a Expr, steps: usize) -> bool {
    match expression {
        Expr::NumberLiteral(_) => true,
        Expr::BinOp(operation) => {
            is_text(cx, expression, steps)
                || is_plain(cx, &operation.left, steps) && is_plain(cx, &operation.right, steps)
        }
        Expr::Call(call) => {
            matches!(
                cx.module.target(call),
                Target::Builtin("int" | "float" | "len" | "round")
            ) || is_text(cx, expression, steps)
        }
        Expr::Name(name) => {
            annotated(cx, name.into(), &["str", "int", "float"])
                || is_text(cx, expression, steps)
                || steps > 0
                    && given_once(cx, expression)
                        .is_some_and(|value| is_plain(cx, value, steps - 1))
        }
        _ => is_text(cx, expression, steps),
    }
}

/// Whether a name is a parameter, never bound again, that is annotated with one of these types and
/// has no default of another.
fn annotated(cx: &Cx<'_>, name: AnyNodeRef<'_>, types: &[&str]) -> bool {
    let AnyNodeRef::ExprName(name) = name else {
        return false;
    };
    let Some(scope) = cx.module.scope_of(name.into()) else {
        return false;
    };
    let Lookup::Bound(_, [only]) = cx.module.lookup(scope, &name.id) else {
        return false;
    };
    let BindingKind::Parameter(parameter) = cx.module.binding(*only).kind else {
        return false;
    };
    // `def f(name: str = None)` is a common way to write an optional parameter.
    let may_be_none = matches!(
        cx.module.parent(parameter.into()),
        Some(AnyNodeRef::ParameterWithDefault(parameter)) if parameter.default.as_deref().is_some_and(is_none)
    );
    !may_be_none
        && parameter.annotation.as_deref().is_some_and(
            |annotation| matches!(annotation, Expr::Name(name) if types.contains(&name.id.as_str())),
        )
}

/// Whether a URL is visibly written without a query.
fn has_no_query<'a>(cx: &Cx<'a>, url: &'a Expr, steps: usize) -> bool {
    match url {
        Expr::StringLiteral(literal) => !literal.value.to_str().contains('?'),
        Expr::FString(_) => !span(url).of(cx.module.text()).contains('?'),
        Expr::BinOp(sum) if matches!(sum.op, Operator::Add | Operator::Mod) => {
            let literal = |part: &Expr| matches!(part, Expr::StringLiteral(_) | Expr::FString(_));
            (literal(&sum.left) || literal(&sum.right))
                && !span(url).of(cx.module.text()).contains('?')
        }
        Expr::Name(_) => {
            steps > 0 && given_once(cx, url).is_some_and(|value| has_no_query(cx, value, steps - 1))
        }
        _ => false,
    }
}

/// Whether the URL of a call is visibly written with its scheme, and so cannot be refused for
/// lacking one.
pub(super) fn is_absolute<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let starts = |expression: &Expr| {
        let text = span(expression).of(cx.module.text());
        let text = text
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .trim_start_matches(['"', '\'']);
        text.starts_with("http://") || text.starts_with("https://")
    };
    call.arguments.args.iter().take(2).any(starts)
}
