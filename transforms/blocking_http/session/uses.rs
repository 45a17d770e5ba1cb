//! What is done with a session: requests, what it is told, what is read of it.

use super::super::values::{Query, asks_identity, query};
use super::home::Home;
use super::values::fits;
use super::{Names, coroutine_of, judge};
use crate::fix::Cx;
use crate::model::file::{ImportName, Place, Why};
use crate::model::libraries::{HttpFunction, SessionUse, Sessions};
use crate::model::project::FunctionRef;
use crate::python::ast::{AnyNodeRef, Expr, ExprAttribute, ExprCall, ExprContext};
use crate::python::span;
use crate::text::{Edit, Span};
use std::collections::BTreeSet;

/// All uses of a session.
#[derive(Default)]
pub(in super::super) struct Uses<'a> {
    pub requests: Vec<(&'a ExprCall, &'a HttpFunction)>,
    pub edits: Vec<Edit>,
    pub needs: Vec<ImportName>,
    pub reviews: BTreeSet<String>,
    /// Other calls on the session.
    pub calls: Vec<Span>,
    /// What the constructor could be told.
    pub settings: Vec<Setting<'a>>,
    /// Statements that tell the session something, and do nothing else.
    pub plain: BTreeSet<Span>,
    /// The reads by which it is closed.
    pub closed: Vec<Span>,
    /// The plain functions that close it, and have to become coroutine functions.
    pub closing: Vec<FunctionRef>,
    /// URLs of requests must have no query.
    queries: bool,
}

/// `session.verify = value`.
pub(in super::super) struct Setting<'a> {
    pub statement: AnyNodeRef<'a>,
    pub option: &'a str,
    pub value: &'a Expr,
    pub only_at_first: bool,
}

/// How a member is used.
struct Use<'a> {
    /// As the mapping has it: `headers[]=`.
    written: String,
    /// What the use consists of, from the session on.
    whole: AnyNodeRef<'a>,
    /// The member whose name the counterpart has in its place.
    member: &'a ExprAttribute,
    given: Vec<&'a Expr>,
    call: Option<&'a ExprCall>,
}

/// The requests alone.
pub(super) fn requests<'a>(
    cx: &Cx<'a>,
    sessions: &'a Sessions,
    home: &Home<'a>,
) -> Vec<(&'a ExprCall, &'a HttpFunction)> {
    let reads = home.reads.iter();
    reads
        .filter_map(|read| request(cx, sessions, *read))
        .collect()
}

fn request<'a>(
    cx: &Cx<'a>,
    sessions: &'a Sessions,
    read: AnyNodeRef<'a>,
) -> Option<(&'a ExprCall, &'a HttpFunction)> {
    let AnyNodeRef::ExprAttribute(attribute) = cx.module.parent(read)? else {
        return None;
    };
    let function = sessions.methods.get(attribute.attr.as_str())?;
    match cx.module.parent(attribute.into())? {
        AnyNodeRef::ExprCall(call) if span(&*call.func) == span(attribute) => {
            Some((call, function))
        }
        _ => None,
    }
}

/// Looks at all uses; refused where one has no counterpart.
pub(super) fn collect<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    sessions: &'a Sessions,
    home: &Home<'a>,
) -> Result<Uses<'a>, Why> {
    if let Some(why) = &home.unseen {
        return Err(why.clone());
    }
    let mut uses = Uses::default();
    for read in &home.reads {
        if let Some(request) = request(cx, sessions, *read) {
            uses.requests.push(request);
            continue;
        }
        match cx.module.parent(*read) {
            Some(AnyNodeRef::ExprAttribute(member)) => {
                uses.take(cx, names, *read, used(cx, member))?;
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
    if uses.queries {
        let with_query = uses.requests.iter().find(|(call, function)| {
            let url = match function.method.as_str() {
                "request" => call.arguments.find_argument_value("url", 1),
                _ => call.arguments.find_argument_value("url", 0),
            };
            !url.is_some_and(|url| query(cx, url) == Query::None)
        });
        if with_query.is_some() {
            return Err(Why::new(
                "`params` of the session take the place of a query in a URL in httpx",
            ));
        }
    }
    Ok(uses)
}

/// How a member of a session is used.
fn used<'a>(cx: &Cx<'a>, member: &'a ExprAttribute) -> Use<'a> {
    let name = member.attr.as_str();
    let mut found = Use {
        written: name.to_owned(),
        whole: member.into(),
        member,
        given: Vec::new(),
        call: None,
    };
    match cx.module.parent(member.into()) {
        Some(AnyNodeRef::StmtAssign(assign))
            if assign.targets.len() == 1 && member.ctx == ExprContext::Store =>
        {
            found.written = format!("{name}=");
            found.whole = assign.into();
            found.given = vec![&assign.value];
        }
        Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == span(member) => {
            found.called(call, format!("{name}()"));
        }
        Some(AnyNodeRef::ExprAttribute(inner)) => {
            let path = format!("{name}.{}", inner.attr);
            match cx.module.parent(inner.into()) {
                Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == span(inner) => {
                    found.member = inner;
                    found.called(call, format!("{path}()"));
                }
                _ => found.written = path,
            }
        }
        Some(AnyNodeRef::ExprSubscript(subscript)) if span(&*subscript.value) == span(member) => {
            let parent = cx.module.parent(subscript.into());
            match (subscript.ctx, parent) {
                (ExprContext::Load, _) => {
                    found.written = format!("{name}[]");
                    found.whole = subscript.into();
                }
                (ExprContext::Store, Some(AnyNodeRef::StmtAssign(assign)))
                    if assign.targets.len() == 1 =>
                {
                    found.written = format!("{name}[]=");
                    found.whole = assign.into();
                    found.given = vec![&assign.value];
                }
                (ExprContext::Del, Some(statement @ AnyNodeRef::StmtDelete(_))) => {
                    found.written = format!("del {name}[]");
                    found.whole = statement;
                }
                _ => {}
            }
        }
        _ => {}
    }
    found
}

impl<'a> Use<'a> {
    fn called(&mut self, call: &'a ExprCall, written: String) {
        self.written = written;
        self.whole = call.into();
        self.call = Some(call);
        let keywords = call.arguments.keywords.iter();
        self.given = call
            .arguments
            .args
            .iter()
            .chain(keywords.map(|keyword| &keyword.value))
            .collect();
    }
}

impl<'a> Uses<'a> {
    /// One use that is no request.
    fn take(
        &mut self,
        cx: &Cx<'a>,
        names: Names<'a>,
        read: AnyNodeRef<'a>,
        used: Use<'a>,
    ) -> Result<(), Why> {
        let row = row(names, &used.written)?;
        let given = fits(cx, names, row, &used.given)?;
        self.reviews
            .extend(judge(row.class, &row.why)?.map(str::to_owned));
        self.edits.extend(given.edits);
        self.needs.extend(given.needs);
        self.queries |= given.queries;
        self.calls.extend(used.call.map(span));
        let parent = cx.module.parent(used.whole);
        let statement = match used.whole.is_statement() {
            true => Some(used.whole),
            false => parent.filter(|parent| matches!(parent, AnyNodeRef::StmtExpr(_))),
        };
        if let (Some(option), Some(statement), [value]) = (&row.option, statement, &used.given[..])
        {
            self.settings.push(Setting {
                statement,
                option,
                value,
                only_at_first: row.only_at_first,
            });
        }
        if let Some(statement) = statement.filter(|_| !row.waits) {
            self.plain.insert(span(statement));
        }
        let layout = cx.module.layout();
        if let (Some(to), Some(call)) = (&row.to, used.call) {
            self.edits
                .push(Edit::replace(span(&used.member.attr), to.as_str()));
            if row.waits {
                self.waits(cx, call)?;
                self.closed.push(span(read));
            }
        }
        if let (Some(expression), Some(call)) = (&row.expression, used.call) {
            if layout.has_comments(span(call)) {
                return Err(Why::new(
                    "a comment stands inside an expression that changes",
                ));
            }
            let object = cx.module.source(&used.member.value);
            let text = expression.replace("{}", object);
            self.edits.push(Edit::replace(span(call), text));
        }
        Ok(())
    }

    /// `session.close()` to `await session.aclose()`.
    pub(super) fn waits(&mut self, cx: &Cx<'a>, call: &'a ExprCall) -> Result<(), Why> {
        let written = cx.module.describe(&call.func);
        if coroutine_of(cx, call.into()).is_none() {
            let around = match cx.module.place(call.into()) {
                Place::Function(_) => cx.index_of(call),
                _ => None,
            };
            let around = around.and_then(|index| cx.project.call(cx.file, index)?.function);
            let index = around.ok_or_else(|| {
                Why::new(format!("`{written}()` stands where `await` is not legal"))
            })?;
            let file = cx.file;
            self.closing.push(FunctionRef { file, index });
        }
        if !matches!(cx.module.parent(call.into()), Some(AnyNodeRef::StmtExpr(_))) {
            return Err(Why::new(format!("the result of `{written}()` is used")));
        }
        self.edits.push(Edit::insert(span(call).start(), "await "));
        Ok(())
    }
}

/// The line of the table for a use; of what a member's members do, that of the member counts too.
fn row<'a>(names: Names<'a>, written: &str) -> Result<&'a SessionUse, Why> {
    let member = written
        .find(['.', '[', '(', '='])
        .map_or(written, |end| written[..end].trim_start_matches("del "));
    names
        .new
        .session
        .get(written)
        .or_else(|| names.new.session.get(member))
        .ok_or_else(|| {
            Why::new(format!(
                "`{written}` of a session has no known counterpart in {}",
                names.new.to
            ))
        })
}
