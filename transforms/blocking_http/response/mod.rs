//! What a coroutine does with a response: which members change their names, and whether all uses
//! are in sight, under whatever name the response goes, and in whichever function of the file.

mod abroad;
mod functions;
mod members;
mod objects;
mod pieces;
mod reaching;
mod reading;
mod streaming;
mod truth;
mod variables;

use super::values::asks_identity;
use super::{Names, judge};
use crate::fix::{Cx, prints_itself, reach};
use crate::model::file::{ImportName, Why};
use crate::python::ast::{
    AnyNodeRef, ConversionFlag, Expr, ExprAttribute, ExprCall, StmtFunctionDef,
};
use crate::python::span;
use crate::text::{Edit, FileId, Span};
use abroad::Arriving;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// The uses of one response.
#[derive(Debug, Default)]
pub(super) struct Uses<'a> {
    pub edits: Vec<Edit>,
    /// What goes before the awaited request, where a member of the response is taken at once.
    pub prefix: String,
    pub reviews: Vec<&'a str>,
    /// Calls that may raise the library's exceptions, each with its function.
    pub raising: Vec<(&'a StmtFunctionDef, AnyNodeRef<'a>)>,
    /// The other calls whose responses go by the same name.
    pub siblings: Vec<&'a ExprCall>,
    pub needs: Vec<ImportName>,
    /// What a person must confirm about other files.
    pub remarks: Vec<String>,
    /// What reads the response in other files.
    pub abroad: BTreeMap<FileId, Abroad>,
    /// Statements that get lines of their own.
    lines: Vec<Line>,
    pub opened: Opened,
    /// The name that a response gets whose body takes a statement to read.
    pub named: Option<reading::Named>,
}

/// What changes in another file.
#[derive(Debug, Default)]
pub(super) struct Abroad {
    pub edits: Vec<Edit>,
    pub needs: Vec<ImportName>,
    reviews: Vec<String>,
}

/// How the response is opened, where it is not just given by an awaited call.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// By a context manager of the client.
    pub streams: bool,
    /// Lines that were under a `with` which goes, and stay where they are under the client.
    pub kept: Option<Span>,
    /// Lines that go under the context manager.
    pub deeper: Option<Span>,
}

/// A line that is put before a statement, or that the statement goes under.
#[derive(Debug)]
struct Line {
    text: String,
    statement: Span,
    /// The statement and what follows in its block.
    rest: Span,
    /// The statement goes under it.
    header: bool,
    /// What goes under it in the statement's place.
    body: Option<String>,
}

impl Uses<'_> {
    /// The edits of what reads the response; `levels` tells of a place by how many levels it moves to
    /// the right.
    pub fn edits(&self, cx: &Cx<'_>, levels: impl Fn(Span) -> usize) -> Vec<Edit> {
        let layout = cx.module.layout();
        let mut edits = self.edits.clone();
        for line in &self.lines {
            let depth = layout.indent_unit().repeat(levels(line.statement));
            let under = if line.header {
                layout.indent_unit()
            } else {
                ""
            };
            let indent = layout.indent_at(line.statement.start());
            let text = format!("{}{}{indent}{depth}{under}", line.text, layout.newline());
            edits.push(match line.header {
                true => {
                    let old = line.statement.of(cx.module.text());
                    let body = line.body.as_deref().unwrap_or(old);
                    Edit::replace(line.statement, format!("{text}{body}"))
                }
                false => Edit::insert(line.statement.start(), text),
            });
        }
        edits
    }
}

/// What is known of the request before its response is followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub streams: bool,
    /// The answer is certain to be no redirection.
    pub ends_redirects: bool,
}

/// Follows the response of `call` through its function; refused where it leaves what can be seen.
pub(super) fn follow<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    function: &'a StmtFunctionDef,
    call: &'a ExprCall,
    sent: Sent,
) -> Result<Uses<'a>, Why> {
    let mut follow = Follow::new(cx, names, Some(call), sent);
    match (sent.streams, &names.new.request.reads) {
        (true, _) => follow.streamed(function)?,
        (false, Some(reads)) => follow.read_at_once(reads, function, call)?,
        (false, None) => follow.value(call.into(), function, false)?,
    }
    follow.check_gone()?;
    Ok(follow.uses)
}

/// A member of the response that an exception holds, which a request of `call` may have raised.
pub(super) fn read<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    function: &'a StmtFunctionDef,
    call: &'a ExprCall,
    attribute: &'a ExprAttribute,
) -> Result<Uses<'a>, Why> {
    let sent = Sent {
        streams: false,
        ends_redirects: true,
    };
    let mut follow = Follow::new(cx, names, Some(call), sent);
    follow.member(attribute, function)?;
    match follow.uses.needs.is_empty() && follow.uses.lines.is_empty() {
        true => Ok(follow.uses),
        false => Err(Why::new(
            "an exception's response is read in a way that takes more",
        )),
    }
}

struct Follow<'c, 'a> {
    cx: &'c Cx<'a>,
    names: Names<'a>,
    /// The request, if it is in this file.
    call: Option<&'a ExprCall>,
    /// Where the response comes from otherwise.
    arriving: Option<Arriving>,
    sent: Sent,
    uses: Uses<'a>,
    /// What was followed already.
    seen: FxHashSet<Span>,
    /// Where the body of a streamed response can be read.
    open: Option<Span>,
    /// The raw body is to be decoded.
    decoded: bool,
    /// The text was read.
    read: bool,
    /// Where the encoding is known, for it was set there.
    encoded: Option<Span>,
    /// Where `raise_for_status` is called, and what is gone once it has raised.
    checked: Vec<AnyNodeRef<'a>>,
    gone: Option<&'a str>,
}

impl<'c, 'a> Follow<'c, 'a> {
    fn new(cx: &'c Cx<'a>, names: Names<'a>, call: Option<&'a ExprCall>, sent: Sent) -> Self {
        Self {
            cx,
            names,
            call,
            arriving: None,
            sent,
            uses: Uses::default(),
            seen: FxHashSet::default(),
            open: None,
            decoded: false,
            read: false,
            encoded: None,
            checked: Vec::new(),
            gone: None,
        }
    }

    /// Whether something is the request itself.
    fn is_request(&self, at: Span) -> bool {
        self.call.is_some_and(|call| span(call) == at)
    }

    /// What an expression that is the response is used for. With `may_be_none`, it may be `None`.
    fn value(
        &mut self,
        node: AnyNodeRef<'a>,
        function: &'a StmtFunctionDef,
        may_be_none: bool,
    ) -> Result<(), Why> {
        if !self.seen.insert(span(node)) {
            return Ok(());
        }
        let Some(parent) = self.cx.module.parent(node) else {
            return Err(self.leaves(node));
        };
        let here = span(node);
        match parent {
            AnyNodeRef::StmtExpr(_) => Ok(()),
            AnyNodeRef::ExprAttribute(attribute) => self.member(attribute, function),
            AnyNodeRef::StmtAssign(assign) => {
                for target in &assign.targets {
                    self.assigned(target, function, may_be_none)?;
                }
                Ok(())
            }
            AnyNodeRef::StmtAnnAssign(assign) => {
                self.annotation(&assign.annotation)?;
                self.assigned(&assign.target, function, may_be_none)
            }
            AnyNodeRef::ExprNamed(named) => {
                self.assigned(&named.target, function, may_be_none)?;
                self.value(parent, function, may_be_none)
            }
            AnyNodeRef::ExprIf(choice) if span(&*choice.test) != here => {
                let none =
                    self.other_sources(&choice.body)? | self.other_sources(&choice.orelse)?;
                self.value(parent, function, may_be_none | none)
            }
            AnyNodeRef::ExprTuple(_) | AnyNodeRef::ExprList(_) => {
                self.paired(node, parent, function, may_be_none)
            }
            AnyNodeRef::StmtReturn(_) => self.returned(function),
            AnyNodeRef::ExprAwait(_) => Err(Why::new(
                "awaiting a response of requests fails: what was meant is not clear",
            )),
            AnyNodeRef::WithItem(item) => self.held(item, function),
            AnyNodeRef::ExprCompare(compare) if asks_identity(compare) => Ok(()),
            AnyNodeRef::InterpolatedElement(element)
                if element.debug_text.is_none()
                    && (element.conversion != ConversionFlag::None
                        || element.format_spec.is_none()) =>
            {
                self.row("response-printed")
            }
            AnyNodeRef::Arguments(_) => self.passed(node, parent, function, may_be_none),
            _ if truth::is_tested(self.cx, node, parent) => self.tested(node, parent, may_be_none),
            _ => Err(self.leaves(node)),
        }
    }

    fn leaves(&self, node: AnyNodeRef<'a>) -> Why {
        match node {
            AnyNodeRef::ExprName(name) => Why::new(format!(
                "`{}` is handed on, and what reads it there is not in sight",
                name.id
            )),
            _ => Why::new("the response leaves the statement, and what reads it is not in sight"),
        }
    }

    /// Minds a line of the table that code relies on.
    fn row(&mut self, name: &str) -> Result<(), Why> {
        let row = self.names.new.rows.get(name).ok_or_else(|| {
            Why::new("the response is used in a way that has no known counterpart")
        })?;
        self.uses.reviews.extend(judge(row.class, &row.why)?);
        Ok(())
    }

    /// An annotation that says what type a response has.
    fn annotation(&mut self, annotation: &'a Expr) -> Result<(), Why> {
        let row = self.names.new.rows.get("response-type");
        match (self.cx.module.qualified(annotation), row) {
            (Some(name), Some(row)) if self.names.old.responses.contains(&name) => {
                let (module, member) = row.becomes.rsplit_once('.').unwrap_or(("", &row.becomes));
                let reach = reach(self.cx, module, member, annotation.into())?;
                self.uses.needs.extend(reach.need);
                let edit = Edit::replace(span(annotation), reach.text);
                self.edit(edit);
                Ok(())
            }
            (None, _) if annotation.is_none_literal_expr() => Ok(()),
            (Some(name), _) if name == "typing.Any" => Ok(()),
            _ => Err(Why::new(format!(
                "the annotation `{}` says what type the response has",
                self.cx.module.source(annotation)
            ))),
        }
    }

    /// Adds an edit, unless it is there already.
    fn edit(&mut self, edit: Edit) {
        if !self.uses.edits.contains(&edit) {
            self.uses.edits.push(edit);
        }
    }

    /// Replaces code of the response's uses, unless a comment would be lost; the new text keeps
    /// apart from the words around it.
    fn replace(
        &mut self,
        node: AnyNodeRef<'a>,
        at: Span,
        text: impl Into<String>,
    ) -> Result<(), Why> {
        let text = text.into();
        let cx = self.cx;
        if cx.module.layout().has_comments(at) {
            return Err(Why::new(
                "a comment stands inside an expression that changes",
            ));
        }
        if prints_itself(cx, node) {
            return Err(Why::new(
                "an f-string prints the text of an expression that changes",
            ));
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let source = cx.module.text();
        let before = match source[..at.start()].ends_with(is_word) && text.starts_with(is_word) {
            true => " ",
            false => "",
        };
        let after = match source[at.end()..].starts_with(is_word) && text.ends_with(is_word) {
            true => " ",
            false => "",
        };
        self.edit(Edit::replace(at, format!("{before}{text}{after}")));
        Ok(())
    }

    /// A line before or around a statement, unless it was run before in the same block.
    fn line(&mut self, node: AnyNodeRef<'a>, text: String, header: bool) {
        let statement = span(node);
        let covers = |line: &Line| {
            line.text == text
                && (line.statement == statement || !header && line.rest.contains(statement))
        };
        if self.uses.lines.iter().any(covers) {
            return;
        }
        let block = self.cx.module.block(node);
        let last = block.and_then(|block| block.statements.last());
        self.uses.lines.push(Line {
            text,
            statement,
            rest: last.map_or(statement, |last| statement.cover(span(last))),
            header,
            body: None,
        });
    }

    /// Puts a compound statement in the place of a simple one.
    fn put_under(&mut self, node: AnyNodeRef<'a>, header: String, body: String) {
        let statement = span(node);
        self.uses.lines.push(Line {
            text: header,
            statement,
            rest: statement,
            header: true,
            body: Some(body),
        });
    }
}
