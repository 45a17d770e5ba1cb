//! Calls and displays as ruff format would lay them out.

use crate::fix::Cx;
use crate::model::file::{Why, walk};
use crate::python::ast::{AnyNodeRef, Expr, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// Code that can be written on one line or, where that is too long, on several.
pub(super) enum Code {
    Text(String),
    Bracketed(Bracketed),
}

/// What stands in brackets: the arguments of a call, the items of a display.
pub(super) struct Bracketed {
    /// `load(`, `items=[`.
    pub open: String,
    pub items: Vec<Item>,
    pub close: &'static str,
    /// A comma after the last item asks for one line each.
    pub each: bool,
}

/// One item, with the comments that belong to it.
pub(super) struct Item {
    pub above: Vec<String>,
    pub code: Code,
    pub behind: Option<String>,
}

/// Where code is to stand, and how lines are broken there.
#[derive(Clone, Copy)]
pub(super) struct Page<'p> {
    pub indent: &'p str,
    pub unit: &'p str,
    pub newline: &'p str,
    pub limit: usize,
}

impl Item {
    pub fn of(code: Code) -> Self {
        Self {
            above: Vec::new(),
            code,
            behind: None,
        }
    }

    fn is_commented(&self) -> bool {
        !self.above.is_empty() || self.behind.is_some()
    }
}

impl Code {
    pub fn call(open: impl Into<String>, items: Vec<Item>) -> Self {
        Self::Bracketed(Bracketed {
            open: open.into(),
            items,
            close: ")",
            each: false,
        })
    }

    /// The text of what cannot be broken.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bracketed(_) => None,
        }
    }

    /// All on one line; nothing where that cannot be.
    fn flat(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Bracketed(bracketed) => {
                if bracketed.each {
                    return None;
                }
                let items = bracketed.flat_items()?;
                Some(format!("{}{items}{}", bracketed.open, bracketed.close))
            }
        }
    }

    /// The code where `before` characters stand in front of it on its line and `behind` after it.
    pub fn on(&self, page: Page<'_>, before: usize, behind: usize) -> String {
        let flat = self.flat();
        let bracketed = match (self, flat) {
            (Self::Text(text), _) => return text.clone(),
            (_, Some(flat)) if before + width(&flat) + behind <= page.limit => return flat,
            (Self::Bracketed(bracketed), _) => bracketed,
        };
        let Page { indent, newline, .. } = page;
        let deeper = format!("{indent}{}", page.unit);
        let (open, close) = (&bracketed.open, bracketed.close);
        let joined = bracketed.flat_items().filter(|joined| {
            !bracketed.each && width(&deeper) + width(joined) <= page.limit
        });
        if let Some(joined) = joined {
            return format!("{open}{newline}{deeper}{joined}{newline}{indent}{close}");
        }
        let inner = Page {
            indent: &deeper,
            ..page
        };
        let bare = bracketed.items.len() == 1 && !bracketed.each;
        let mut text = format!("{open}{newline}");
        for item in &bracketed.items {
            for comment in &item.above {
                text.push_str(&format!("{deeper}{comment}{newline}"));
            }
            let code = item.code.on(inner, width(&deeper), usize::from(!bare));
            let comma = if bare { "" } else { "," };
            text.push_str(&format!("{deeper}{code}{comma}"));
            if let Some(comment) = &item.behind {
                text.push_str(&format!("  {comment}"));
            }
            text.push_str(newline);
        }
        format!("{text}{indent}{close}")
    }
}

impl Bracketed {
    fn flat_items(&self) -> Option<String> {
        if self.items.iter().any(Item::is_commented) {
            return None;
        }
        let items: Option<Vec<String>> = self.items.iter().map(|item| item.code.flat()).collect();
        Some(items?.join(", "))
    }
}

pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// An expression as code; `instead` gives the text that takes the place of what stands somewhere in it.
pub(super) fn code_of<'a>(
    cx: &Cx<'a>,
    expression: &'a Expr,
    instead: &dyn Fn(Span) -> Option<String>,
) -> Result<Code, Why> {
    let whole = span(expression);
    if let Some(text) = instead(whole) {
        return Ok(Code::Text(text));
    }
    let text = cx.module.source(expression);
    let holds_other = holds(expression, |awaited| instead(awaited).is_some());
    let is_one_line = !text.contains(['\n', '\r']);
    let bare = text.len() == whole.len();
    let bracketed = |open: String, close, items: Vec<(String, &'a Expr)>| {
        let end = items.last().map(|(_, item)| end_of(cx, item));
        let mut all = Vec::new();
        for (prefix, item) in items {
            let code = code_of(cx, item, instead)?;
            all.push(Item::of(prefixed(prefix, code)));
        }
        let rest = end.map(|end| Span::new(end, whole.end()).of(cx.module.text()));
        let each = rest.is_some_and(|rest| rest.contains(','));
        Ok(Code::Bracketed(Bracketed {
            open,
            items: all,
            close,
            each,
        }))
    };
    let plain = |items: &'a [Expr]| items.iter().map(|item| (String::new(), item)).collect();
    match expression {
        _ if cx.module.layout().has_comments(whole) => Err(Why::new(
            "comments stand inside one of the calls: move them above it first",
        )),
        Expr::Call(call) if bare && !(is_one_line && call.arguments.is_empty() && !holds_other) => {
            let callee = cx.module.source(&call.func);
            let lazy = call.arguments.args.iter().any(Expr::is_generator_expr);
            let starred_after = call
                .arguments
                .args
                .last()
                .zip(call.arguments.keywords.first())
                .is_some_and(|(last, first)| span(last).start() > span(first).start());
            let callee_waits = holds(&call.func, |_| true);
            if callee.contains(['\n', '\r']) || lazy || starred_after || callee_waits {
                return as_text(is_one_line && !holds_other, text);
            }
            let given = call.arguments.args.iter();
            let given = given.map(|item| (String::new(), item));
            let named = call.arguments.keywords.iter().map(|keyword| {
                let prefix = match &keyword.arg {
                    Some(name) => format!("{name}="),
                    None => "**".to_owned(),
                };
                (prefix, &keyword.value)
            });
            bracketed(format!("{callee}("), ")", given.chain(named).collect())
        }
        Expr::List(list) if bare && !list.elts.is_empty() => {
            bracketed("[".to_owned(), "]", plain(&list.elts))
        }
        Expr::Set(set) if bare => bracketed("{".to_owned(), "}", plain(&set.elts)),
        Expr::Tuple(tuple) if tuple.parenthesized && tuple.elts.len() > 1 => {
            bracketed("(".to_owned(), ")", plain(&tuple.elts))
        }
        Expr::Dict(dict) if bare && !dict.items.is_empty() => {
            let mut items = Vec::new();
            for item in &dict.items {
                let prefix = match &item.key {
                    Some(key) => {
                        let key = cx.module.source(key);
                        if key.contains(['\n', '\r']) {
                            return as_text(is_one_line && !holds_other, text);
                        }
                        format!("{key}: ")
                    }
                    None => "**".to_owned(),
                };
                items.push((prefix, &item.value));
            }
            bracketed("{".to_owned(), "}", items)
        }
        _ => as_text(is_one_line && !holds_other, text),
    }
}

fn as_text(fits: bool, text: &str) -> Result<Code, Why> {
    match fits {
        true => Ok(Code::Text(text.to_owned())),
        false => Err(Why::new(
            "one of the calls is laid out over several lines in a way that would be lost",
        )),
    }
}

fn prefixed(prefix: String, code: Code) -> Code {
    match code {
        Code::Text(text) => Code::Text(format!("{prefix}{text}")),
        Code::Bracketed(bracketed) => Code::Bracketed(Bracketed {
            open: format!("{prefix}{}", bracketed.open),
            ..bracketed
        }),
    }
}

/// Whether an `await` under an expression is such.
fn holds(expression: &Expr, is_such: impl Fn(Span) -> bool) -> bool {
    let mut found = false;
    walk(AnyNodeRef::from(expression), &mut |node| {
        found |= node.is_expr_await() && is_such(span(node));
        TraversalSignal::Traverse
    });
    found
}

fn end_of(cx: &Cx<'_>, expression: &Expr) -> usize {
    let parent = cx.module.parent(expression.into());
    parent
        .and_then(|parent| cx.module.layout().parentheses(expression.into(), parent))
        .unwrap_or_else(|| span(expression))
        .end()
}
