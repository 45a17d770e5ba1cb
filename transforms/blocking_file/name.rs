//! Names for the functions that blocks become.

use crate::fix::Cx;
use crate::python::ast::{Expr, ExprCall, StmtFunctionDef};
use crate::python::span;
use crate::text::Span;
use std::collections::BTreeSet;

/// A name that nothing in the function uses, after what the block does with which file.
pub(super) fn function_name(
    cx: &Cx<'_>,
    function: &StmtFunctionDef,
    openers: &[&ExprCall],
    taken: &mut BTreeSet<(Span, String)>,
) -> String {
    let whole = span(function);
    let opener = openers.first().copied();
    let mut verbs = openers.iter().map(|opener| verb(opener));
    let verb = match verbs.next() {
        Some(verb) if verbs.all(|other| other == verb) => verb,
        _ => "use",
    };
    let object = opener.and_then(object).unwrap_or_else(|| "file".to_owned());
    let base = format!("{verb}_{object}");
    let numbered = (2..).map(|number| format!("{base}_{number}"));
    let name = std::iter::once(base.clone())
        .chain(numbered)
        .find(|name| !cx.module.uses_name(whole, name) && !taken.contains(&(whole, name.clone())))
        .unwrap_or(base);
    taken.insert((whole, name.clone()));
    name
}

/// What the mode says that is done.
fn verb(opener: &ExprCall) -> &'static str {
    let callee = match &opener.func {
        func if func.is_name_expr() => 1,
        func if func
            .as_attribute_expr()
            .is_some_and(|method| method.attr.as_str() == "open") =>
        {
            1
        }
        _ => return "use",
    };
    let path_method = opener.func.as_attribute_expr().is_some()
        && opener.arguments.args.first().is_some_and(is_mode);
    let position = if path_method { 0 } else { callee };
    let keyword = opener
        .arguments
        .find_keyword("mode")
        .map(|keyword| &keyword.value);
    match keyword.or_else(|| opener.arguments.args.get(position)) {
        None => "read",
        Some(Expr::StringLiteral(mode)) => {
            let mode = mode.value.to_str();
            let writes = mode.contains(['w', 'a', 'x']);
            match (writes, mode.contains('+')) {
                (_, true) => "use",
                (true, false) => "write",
                (false, false) => "read",
            }
        }
        Some(_) => "use",
    }
}

fn is_mode(argument: &Expr) -> bool {
    matches!(argument, Expr::StringLiteral(text) if {
        let text = text.value.to_str();
        !text.is_empty() && text.len() <= 3 && text.chars().all(|letter| "rwaxbt+".contains(letter))
    })
}

/// What the file is called, as far as the expression for its path tells.
fn object(opener: &ExprCall) -> Option<String> {
    let path = match &*opener.func {
        Expr::Attribute(method) if method.attr.as_str() == "open" => match &*method.value {
            // `gzip.open(path)`
            Expr::Name(_)
                if opener
                    .arguments
                    .args
                    .first()
                    .is_some_and(|first| !is_mode(first)) =>
            {
                opener.arguments.args.first()?
            }
            path => path,
        },
        _ => opener.arguments.args.first()?,
    };
    let words = word_of(path)?.to_lowercase();
    let mut words: Vec<&str> = words
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    while words.last().is_some_and(|last| {
        matches!(
            *last,
            "path"
                | "pathname"
                | "filepath"
                | "file"
                | "filename"
                | "name"
                | "fname"
                | "fn"
                | "loc"
                | "location"
                | "fp"
        )
    }) {
        words.pop();
    }
    let name = words.join("_");
    let fits = name.len() > 1
        && name.len() <= 24
        && name.starts_with(|first: char| first.is_ascii_lowercase());
    (fits && !name.ends_with("file")).then_some(name)
}

fn word_of(path: &Expr) -> Option<String> {
    match path {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(attribute.attr.to_string()),
        Expr::StringLiteral(text) => {
            let text = text.value.to_str();
            Some(text.rsplit(['/', '\\']).next().unwrap_or(text).to_owned())
        }
        Expr::BinOp(operation) => word_of(&operation.right),
        Expr::Call(call) => word_of(call.arguments.args.last()?),
        _ => None,
    }
}
