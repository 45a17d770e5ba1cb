//! Building blocks of fixes.

use super::Cx;
use crate::model::file::{Entity, ImportName, Lookup, Place, ScopeId, Why};
use crate::model::libraries::{EventLoop, Runs};
use crate::model::manifests::Provision;
use crate::python::ast::{AnyNodeRef, ExprCall};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, Span};

/// How code at some place can name a member of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// `asyncio.sleep`, `aio.sleep` or `sleep`.
    pub text: String,
    /// The import that has to be added first.
    pub need: Option<ImportName>,
}

/// The way in which code at `node` can name `module.member`: by a name that is bound already, or by
/// an import to be added. Refused where the module's name means something else there.
pub fn reach(cx: &Cx<'_>, module: &str, member: &str, node: AnyNodeRef<'_>) -> Result<Reach, Why> {
    // The lifetime of nodes is that of the module's tree; `node` is one of them.
    let Some(scope) = cx.module.scope_of(node) else {
        return Err(Why::new("the place is not part of the file's tree"));
    };
    let node = cx.module.own(node);
    if let Some(name) = node.and_then(|node| cx.module.imported_as(module, node)) {
        return Ok(Reach {
            text: format!("{name}.{member}"),
            need: None,
        });
    }
    let qualified = format!("{module}.{member}");
    if let Some(name) = node.and_then(|node| cx.module.imported_as(&qualified, node)) {
        return Ok(Reach {
            text: name.to_owned(),
            need: None,
        });
    }
    let import = ImportName::new(module);
    let bound = import.bound().to_owned();
    let taken = || {
        Err(Why::new(format!(
            "the name `{bound}` is already taken by something else here"
        )))
    };
    match cx.module.lookup(scope, &bound) {
        Lookup::Builtin | Lookup::Star(_) => {}
        Lookup::Bound(ScopeId::MODULE, _) => {
            let same =
                cx.module
                    .bindings_of(ScopeId::MODULE, &bound)
                    .iter()
                    .all(|binding| match cx.module.entity_of(binding) {
                        Entity::External(name) => name == bound,
                        _ => false,
                    });
            if !same {
                return taken();
            }
        }
        Lookup::Bound(..) => return taken(),
    }
    Ok(Reach {
        text: format!("{module}.{member}"),
        need: Some(import),
    })
}

/// The edits that turn `f(args)` into `await callee(args)`, in parentheses where the grammar asks
/// for them: `await` binds looser than attributes, subscripts and calls (language reference, 6.17).
pub fn await_call(cx: &Cx<'_>, call: &ExprCall, callee: &str) -> Vec<Edit> {
    if cx.module.binds_tighter(call.into()) {
        let awaited = format!("(await {callee}");
        return vec![
            replace_callee(cx, call, &awaited),
            Edit::insert(span(call).end(), ")"),
        ];
    }
    let awaited = match cx.module.is_awaited(call.into()) {
        true => "",
        false => "await ",
    };
    vec![replace_callee(cx, call, &format!("{awaited}{callee}"))]
}

/// The edits that make a call the only argument of an awaited one, as `await callee(lambda: call)`,
/// on lines of their own if the line would be too long.
pub fn await_around(cx: &Cx<'_>, call: &ExprCall, callee: &str, prefix: &str) -> Vec<Edit> {
    let layout = cx.module.layout();
    let whole = span(call);
    let parenthesized = cx.module.binds_tighter(call.into());
    let (open, close) = if parenthesized { ("(", ")") } else { ("", "") };
    let head = format!("{open}await {callee}({prefix}");
    let line = Span::new(
        layout.line_start(whole.start()),
        layout.line_end(whole.start()),
    );
    let width = line.of(cx.module.text()).chars().count() + head.chars().count() + 1 + close.len();
    // What may follow a call that is broken: what is done with its result, up to the end of the line.
    let rest = Span::new(whole.end(), line.end().max(whole.end()));
    let breaks = whole.end() <= line.end()
        && width > cx.options.line_length
        && match parenthesized {
            true => is_whole_value(cx, call) && !layout.has_comments(line),
            false => rest.is_empty(),
        };
    if !breaks {
        let mut edits = vec![
            Edit::insert(whole.start(), head.clone()),
            Edit::insert(whole.end(), format!("){close}")),
        ];
        edits.extend(layout.realign(whole, head.chars().count() as isize));
        return edits;
    }
    let outer = format!("{}{}", layout.newline(), layout.indent_at(whole.start()));
    let unit = layout.indent_unit();
    let (start, end) = match parenthesized {
        true => (
            format!("({outer}{unit}await {callee}({outer}{unit}{unit}{prefix}"),
            format!("{outer}{unit}){outer})"),
        ),
        false => (
            format!("await {callee}({outer}{unit}{prefix}"),
            format!("{outer})"),
        ),
    };
    vec![
        Edit::insert(whole.start(), start),
        Edit::insert(whole.end(), end),
    ]
}

/// Whether a statement consists of what is done with a call, but for the target of an assignment.
pub(super) fn is_whole_value(cx: &Cx<'_>, call: &ExprCall) -> bool {
    let mut inner = span(call);
    let mut around = cx.module.ancestors(call.into());
    let outside = around.find(|node| {
        let goes_on = match node {
            AnyNodeRef::ExprAttribute(_) => true,
            AnyNodeRef::ExprSubscript(subscript) => span(&*subscript.value) == inner,
            AnyNodeRef::ExprCall(outer) => span(&*outer.func) == inner,
            _ => false,
        };
        inner = span(*node);
        !goes_on
    });
    matches!(
        outside,
        Some(
            AnyNodeRef::StmtAssign(_)
                | AnyNodeRef::StmtAnnAssign(_)
                | AnyNodeRef::StmtExpr(_)
                | AnyNodeRef::StmtReturn(_)
        )
    )
}

/// Replaces the callee, with the parentheses around it if it has any.
fn replace_callee(cx: &Cx<'_>, call: &ExprCall, text: &str) -> Edit {
    let arguments = span(&call.arguments);
    let start = span(call).start();
    let gap = Span::new(span(&*call.func).end(), arguments.start());
    // Between callee and arguments stand only a closing parenthesis, white space or a comment.
    let end = match cx.module.layout().has_comments(gap) {
        true => span(&*call.func).end(),
        false => arguments.start(),
    };
    Edit::replace(Span::new(start, end), text)
}

/// Whether `await` may be written where a call or another expression stands.
pub fn may_await<'n>(cx: &Cx<'_>, node: impl Into<AnyNodeRef<'n>>) -> Result<(), Why> {
    let node = node.into();
    let Place::Coroutine { comprehensions, .. } = cx.module.place(node) else {
        return Err(Why::new(
            "`await` is not legal here: move the call out first",
        ));
    };
    if cx.module.in_annotation(node) {
        return Err(Why::new("`await` is not legal in an annotation"));
    }
    if comprehensions > 1 && cx.options.target < PythonVersion::PY311 {
        return Err(Why::new(
            "`await` in a nested comprehension needs Python 3.11",
        ));
    }
    Ok(())
}

/// What a person must confirm where a new `await` stands inside a `with` that may hold something, or
/// between a read and a write of what other tasks may change.
pub fn held_review(cx: &Cx<'_>, node: AnyNodeRef<'_>) -> Option<String> {
    if let Some(held) = cx.module.held_across(node) {
        return Some(format!(
            "other tasks now run while `with {held}` is held: a thread lock there would deadlock"
        ));
    }
    if let Some(collection) = cx.module.gone_through(node) {
        return Some(format!(
            "other tasks may change `{collection}` while the loop goes through it"
        ));
    }
    let target = cx.module.updated_around(cx.module.own(node)?)?;
    Some(format!(
        "`{}` is read before the wait and written after it: what other tasks write meanwhile is lost",
        cx.module.describe(target)
    ))
}

/// A library that the file imports and whose coroutines may run where asyncio's functions fail.
pub fn foreign_loop<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    imported_loop(cx, |event_loop| event_loop.runs != Runs::Asyncio)
}

/// A library that the file imports and whose event loop is such.
pub(super) fn imported_loop<'a>(
    cx: &Cx<'a>,
    is_such: impl Fn(&EventLoop) -> bool,
) -> Option<&'a str> {
    cx.module
        .catalogue()
        .libraries()
        .filter(|library| library.event_loop.as_ref().is_some_and(&is_such))
        .map(|library| library.name.as_str())
        .find(|name| cx.module.imports_module(name))
}

/// What a person must confirm where code is to use a library that the file does not import yet, in the
/// place of another: that it is installed, unless the project declares it, or will.
pub fn undeclared(cx: &Cx<'_>, adds: &str, replaces: &str) -> Option<String> {
    match cx.project.provision(cx.file, adds, replaces) {
        Provision::Declared | Provision::Addable => None,
        Provision::AddableInParts => Some(format!(
            "{adds} is added where {replaces} is declared, in a group or an optional part: whoever runs this without that needs {adds} as well"
        )),
        Provision::ByHand(files) => Some(format!(
            "{adds} is not imported here yet: it has to be put among the dependencies in {}",
            files.join(", ")
        )),
        Provision::Unknown => Some(format!(
            "{adds} is not imported here yet: it has to be among the dependencies"
        )),
    }
}
