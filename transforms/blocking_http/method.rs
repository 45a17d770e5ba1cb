//! The method of a request as its first argument: of one whose own function takes no body, and of one
//! whose answer is streamed.

use super::Names;
use crate::fix::Cx;
use crate::model::file::Why;
use crate::model::libraries::HttpFunction;
use crate::python::ast::{AnyNodeRef, ExprCall};
use crate::text::{Edit, Span};

/// `get(url, json=body)` to `request("GET", url, json=body)`, where the URL comes `first`.
pub(super) fn name_method<'a>(
    cx: &Cx<'a>,
    names: Names<'_>,
    function: &HttpFunction,
    call: &ExprCall,
    first: Option<usize>,
    moved: &str,
) -> Result<Edit, Why> {
    let layout = cx.module.layout();
    let inside_string = cx
        .module
        .ancestors(call.into())
        .any(|ancestor| matches!(ancestor, AnyNodeRef::InterpolatedElement(_)));
    let first = first.filter(|_| !inside_string).ok_or_else(|| {
        Why::new(format!(
            "{} has no body in `{}`, and the method has no place here",
            names.new.to, function.method
        ))
    })?;
    let quote = layout.quote();
    let method = function.method.to_uppercase();
    let line = layout.line_start(first);
    let gap = match Span::new(line, first)
        .of(cx.module.text())
        .trim()
        .is_empty()
    {
        true => format!("{}{}{}", layout.newline(), layout.indent_at(first), moved),
        false => " ".to_owned(),
    };
    let text = format!("{quote}{method}{quote},{gap}");
    Ok(Edit::insert(first, text))
}
