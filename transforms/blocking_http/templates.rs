//! What lines of the table make of values and methods: code with places for the parts that are kept.

use super::{Names, judge};
use crate::fix::Cx;
use crate::model::file::Why;
use crate::model::libraries::Row;
use crate::python::ast::Expr;
use crate::text::{Edit, Span};

/// What a value becomes that keeps parts of it, with the name that it begins with.
pub(super) fn filled<'a>(
    cx: &Cx<'a>,
    row: &'a Row,
    name: &str,
    value: Span,
    parts: &'a [Expr],
) -> Result<(Edit, &'a str), Why> {
    let mut text = row.becomes.clone();
    for (index, part) in parts.iter().enumerate() {
        let slot = format!("{{{index}}}");
        let simple = matches!(
            part,
            Expr::Name(_) | Expr::Attribute(_) | Expr::NumberLiteral(_) | Expr::StringLiteral(_)
        );
        if text.matches(&slot).count() > 1 && !simple {
            return Err(Why::new(format!(
                "`{name}` is needed twice: give it a name first"
            )));
        }
        text = text.replace(&slot, cx.module.source(part));
    }
    if cx.module.layout().has_comments(value) {
        return Err(Why::new("a comment stands inside an argument that changes"));
    }
    let callable = row.becomes.split('(').next().unwrap_or_default();
    Ok((Edit::replace(value, text), callable))
}

/// Where the value of an argument stands, with the parentheses around it.
pub(super) fn value_of(cx: &Cx<'_>, name: Option<Span>, argument: Span) -> Span {
    let Some(name) = name else {
        return argument;
    };
    let rest = Span::new(name.end(), argument.end());
    let text = rest.of(cx.module.text());
    let equals = text.find('=').map_or(0, |at| at + 1);
    let gap = text[equals..].len() - text[equals..].trim_start().len();
    Span::new(rest.start() + equals + gap, rest.end())
}

/// What a request is told besides its arguments.
pub(super) fn told<'a>(names: Names<'a>, may_follow: bool, waits_forever: bool) -> Vec<&'a str> {
    let request = &names.new.request;
    let told = [
        request.may_follow.as_deref().filter(|_| may_follow),
        request.waits_forever.as_deref().filter(|_| waits_forever),
    ];
    told.into_iter().flatten().collect()
}

/// What a person must confirm about requests of a method, whatever their arguments are.
pub(super) fn of_method<'a>(
    names: Names<'a>,
    method: &str,
    has_body: bool,
    follows: bool,
) -> Result<Vec<String>, Why> {
    let sends = matches!(method, "post" | "put" | "patch");
    let keeps = !matches!(method, "get" | "head" | "post");
    let cases = [
        (sends && !has_body, "no-body"),
        (!matches!(method, "post" | "patch"), "resent"),
        (keeps && follows, "redirected-method"),
    ];
    let mut reviews = Vec::new();
    for (_, name) in cases.iter().filter(|(applies, _)| *applies) {
        if let Some(row) = names.new.rows.get(*name) {
            reviews.extend(judge(row.class, &row.why)?.map(str::to_owned));
        }
    }
    Ok(reviews)
}
