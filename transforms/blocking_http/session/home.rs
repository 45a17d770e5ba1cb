//! Where sessions live: by which names and attributes code can reach them, where they are made, and
//! how long the clients live that they become.

use super::uses::Uses;
use super::{attribute, flow};
use crate::fix::Cx;
use crate::model::file::{Block, Why};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt, StmtWith};
use crate::python::span;
use crate::text::Span;

/// A session, or several that go by the same names.
pub(in super::super) struct Home<'a> {
    /// One of the names, as it is written.
    pub name: String,
    pub makings: Vec<Making<'a>>,
    /// Where it is read, but for where it is passed on to code that is in sight.
    pub reads: Vec<AnyNodeRef<'a>>,
    /// Annotations that say what it is.
    pub annotations: Vec<&'a Expr>,
    /// The code that it belongs to.
    pub within: Span,
    /// An object keeps it.
    pub kept: bool,
    /// Several tasks may send with it at a time.
    pub overlaps: bool,
    /// Something may send with it after the statement in which it is read.
    pub later: bool,
    /// Why not all uses are in sight.
    pub unseen: Option<Why>,
}

/// A call that makes a session.
pub(in super::super) struct Making<'a> {
    pub call: &'a ExprCall,
    pub how: How<'a>,
    /// The name it is given, and its reads.
    pub name: String,
    pub reads: Vec<AnyNodeRef<'a>>,
    /// The name is given no other session.
    pub alone: bool,
    /// What the constructor is told by the statements that follow, and those statements.
    pub options: Vec<(&'a str, String)>,
    pub folded: Vec<Span>,
}

/// How a new session gets its name.
#[derive(Clone, Copy)]
pub(in super::super) enum How<'a> {
    With(&'a StmtWith),
    /// By an assignment in a block; it lives as long as these lines run, where nothing closes it.
    Assigned {
        block: Block<'a>,
        lines: Option<Span>,
    },
}

impl<'a> Making<'a> {
    pub fn new(call: &'a ExprCall, how: How<'a>) -> Self {
        Self {
            call,
            how,
            name: String::new(),
            reads: Vec::new(),
            alone: true,
            options: Vec::new(),
            folded: Vec::new(),
        }
    }

    /// The lines that move under an `async with`.
    pub fn moved(&self) -> Option<Span> {
        match self.how {
            How::With(_) => None,
            How::Assigned { lines, .. } => lines,
        }
    }
}

/// The sessions of this file that names of functions and attributes hold.
pub(super) fn homes<'a>(cx: &Cx<'a>, makers: &'a [String]) -> Vec<Home<'a>> {
    let mut homes = flow::homes(cx, makers);
    homes.extend(attribute::homes(cx, makers));
    homes
}

/// Whether a call makes a session.
pub(super) fn makes<'a>(cx: &Cx<'a>, makers: &[String], call: &'a ExprCall) -> bool {
    cx.callee(call).is_ok_and(|name| makers.contains(&name))
}

impl<'a> Home<'a> {
    /// Finds what the constructors are told, and how long the clients live.
    pub fn settle(&mut self, cx: &Cx<'a>, uses: &Uses<'a>) -> Result<(), Why> {
        let mut folded = Vec::new();
        for making in &mut self.makings {
            let following = match making.how {
                How::With(with) if with.items.len() > 1 => {
                    return Err(Why::new(
                        "the `with` of the session holds something else as well",
                    ));
                }
                How::With(with) => &with.body[..],
                How::Assigned { block, .. } => flow::after(block.statements, block.index),
            };
            making.fold(cx, uses, following)?;
            folded.extend(making.folded.iter().copied());
            let closed = |read: &AnyNodeRef<'_>| uses.closed.contains(&span(*read));
            let is_closed = self.kept || making.reads.iter().any(closed);
            if let How::Assigned { block, lines } = &mut making.how
                && !is_closed
            {
                if !making.alone {
                    return Err(Why::new(format!(
                        "`{}` is made in several places, and closed in none",
                        making.name
                    )));
                }
                let mut whole = life(cx, &making.name, *block, &making.reads)?;
                if self.later {
                    whole = whole.cover(rest(cx, &making.name, *block)?);
                }
                *lines = Some(whole);
            }
        }
        let lives = self.makings.iter().filter_map(Making::moved);
        if lives.count() > 1 {
            return Err(Why::new(format!(
                "several functions make what goes by `{}`, and none closes it",
                self.name
            )));
        }
        let first = || uses.settings.iter().filter(|it| it.only_at_first);
        let differs = uses.requests.iter().any(|(call, _)| {
            first().any(|setting| call.arguments.find_keyword(setting.option).is_some())
        });
        if differs {
            return Err(Why::new(
                "a request is told something else than its session, which a client knows for all",
            ));
        }
        let late = first().find(|setting| !folded.contains(&span(setting.statement)));
        match late {
            Some(late) => Err(Why::new(format!(
                "`{}` is set later than httpx takes it, which is when the client is made",
                late.option
            ))),
            None => Ok(()),
        }
    }
}

impl<'a> Home<'a> {
    /// Refuses what is used after it is closed, which a session allows and a client does not.
    pub fn ends_with_close(&self, cx: &Cx<'a>, uses: &Uses<'a>) -> Result<(), Why> {
        if self.kept {
            return Ok(());
        }
        let again = || {
            Why::new(format!(
                "`{}` may be used again after it is closed, which no client allows",
                self.name
            ))
        };
        for closed in &uses.closed {
            let making = self.makings.iter().find(|making| {
                let mut reads = making.reads.iter();
                reads.any(|read| span(*read) == *closed)
            });
            let making = making.ok_or_else(again)?;
            let is_later = |read: &AnyNodeRef<'a>| {
                let read = span(*read);
                read.start() > closed.start() && !uses.closed.contains(&read)
            };
            let read = making.reads.iter().find(|read| span(**read) == *closed);
            let looped = read.is_some_and(|read| {
                let mut around = cx.module.ancestors(*read);
                around.any(|node| {
                    matches!(node, AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_))
                        && !span(node).contains(span(making.call))
                })
            });
            if looped || self.later || making.alone && making.reads.iter().any(is_later) {
                return Err(again());
            }
        }
        Ok(())
    }
}

impl<'a> Making<'a> {
    /// Gives to the constructor what the statements right after it tell the session.
    fn fold(&mut self, cx: &Cx<'a>, uses: &Uses<'a>, following: &'a [Stmt]) -> Result<(), Why> {
        let layout = cx.module.layout();
        for statement in following {
            let at = span(statement);
            if !uses.plain.contains(&at) {
                break;
            }
            let setting = uses.settings.iter().find(|it| span(it.statement) == at);
            let Some(setting) = setting else {
                continue;
            };
            let comment = layout.has_comments(layout.whole_lines(at));
            if comment || !layout.alone(at) || self.options.iter().any(|it| it.0 == setting.option)
            {
                break;
            }
            let value = cx.module.source(setting.value).to_owned();
            self.options.push((setting.option, value));
            self.folded.push(at);
        }
        if matches!(self.how, How::With(_)) && self.folded.len() == following.len() {
            return Err(Why::new("nothing is done with the session"));
        }
        Ok(())
    }
}

/// All that follows in the function whose body a statement stands in.
fn rest<'a>(cx: &Cx<'a>, name: &str, block: Block<'a>) -> Result<Span, Why> {
    let made = &block.statements[block.index];
    let last = block.statements.last().unwrap_or(made);
    let is_body = matches!(
        cx.module.parent(made.into()),
        Some(AnyNodeRef::StmtFunctionDef(_))
    );
    match is_body && cx.module.layout().alone(span(last)) {
        true => Ok(span(last)),
        false => Err(Why::new(format!(
            "`{name}` may be used after the block that makes it, and is closed nowhere"
        ))),
    }
}

/// The statements after an assignment, up to the last that uses the session.
fn life<'a>(
    cx: &Cx<'a>,
    name: &str,
    block: Block<'a>,
    reads: &[AnyNodeRef<'a>],
) -> Result<Span, Why> {
    let made = &block.statements[block.index];
    let following = flow::after(block.statements, block.index);
    let mut last = None;
    for read in reads {
        let holder = following
            .iter()
            .position(|statement| span(statement).contains(span(*read)));
        last = last.max(Some(holder.ok_or_else(|| {
            Why::new(format!(
                "`{name}` is used outside of the block that makes it, and closed nowhere"
            ))
        })?));
    }
    let (Some(first), Some(last)) = (following.first(), last.and_then(|last| following.get(last)))
    else {
        return Err(Why::new("nothing is done with the session"));
    };
    let layout = cx.module.layout();
    let lines = span(first).cover(span(last));
    if !layout.alone(span(made)) || !layout.alone(lines) {
        return Err(Why::new("the statement shares its line with others"));
    }
    Ok(lines)
}
