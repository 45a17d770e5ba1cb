//! Where a client lives: the smallest range of statements that holds the requests of one block.

use super::{Request, minds_cookies, session::Session};
use crate::fix::Cx;
use crate::model::file::{Lookup, Why};
use crate::python::ast::{AnyNodeRef, Expr, Stmt, StmtFunctionDef, TraversalSignal};
use crate::python::span;
use crate::text::Span;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What sends a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Under {
    /// A client that is opened around the request, so that its lines move to the right.
    pub deeper: bool,
    /// A client that other tasks may send with at the same time.
    pub shared: bool,
    /// A client that is there already, and is told nothing of what requests rely on.
    pub reached: bool,
}

impl Under {
    /// A client that is there already.
    pub const REACHED: Self = Self {
        deeper: false,
        shared: true,
        reached: true,
    };
}

/// The statement to put under a client, as a place in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor<'a> {
    pub block: &'a [Stmt],
    pub index: usize,
    /// The last statement that goes under the client with it.
    last: usize,
    /// The request stands in a loop, and is sent more than once.
    pub repeated: bool,
}

impl Anchor<'_> {
    fn same_block(&self, other: &Anchor<'_>) -> bool {
        std::ptr::eq(self.block, other.block)
    }

    pub fn span(&self) -> Span {
        span(&self.block[self.index]).cover(span(&self.block[self.last]))
    }

    /// The same with what follows it, up to the end of some lines of its block.
    pub fn through(mut self, lines: Option<Span>) -> Self {
        let end = lines.map_or(0, Span::end);
        while span(&self.block[self.last]).end() < end && self.last + 1 < self.block.len() {
            self.last += 1;
        }
        self
    }
}

/// The innermost statement around a request that is not part of a loop; refused where a client
/// would have to be opened in a header.
pub(super) fn anchor<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    node: AnyNodeRef<'a>,
) -> Result<Anchor<'a>, Why> {
    let mut repeated = false;
    let mut in_header = false;
    let mut found = cx.module.statement(node);
    let mut inner = node;
    for ancestor in cx.module.ancestors(node) {
        match ancestor {
            AnyNodeRef::StmtFunctionDef(other) if std::ptr::eq(other, function) => break,
            AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_) => {
                repeated = true;
                found = Some(ancestor);
                // The client is opened before the loop, and so before every header in it.
                in_header = false;
            }
            AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_) => {
                repeated = true;
            }
            _ => {}
        }
        in_header |= is_header(ancestor, inner) && !is_held(inner, node);
        inner = ancestor;
    }
    if in_header {
        return Err(Why::new("the request stands in the header of a block"));
    }
    let statement = found.ok_or_else(|| Why::new("the request is not part of a statement"))?;
    let block = cx
        .module
        .block(statement)
        .ok_or_else(|| Why::new("the request's statement is not part of a block"))?;
    Ok(Anchor {
        block: block.statements,
        index: block.index,
        last: block.index,
        repeated,
    })
}

/// Whether an item of a `with` statement is the request itself.
fn is_held(item: AnyNodeRef<'_>, request: AnyNodeRef<'_>) -> bool {
    matches!(item, AnyNodeRef::WithItem(item) if span(&item.context_expr) == span(request))
}

/// The statement of a request that needs no client around it.
pub(super) fn in_place<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Result<Anchor<'a>, Why> {
    let statement = cx.module.statement(node);
    let block = statement.and_then(|statement| cx.module.block(statement));
    let block = block.ok_or_else(|| Why::new("the request is not part of a statement"))?;
    Ok(Anchor {
        block: block.statements,
        index: block.index,
        repeated: false,
        last: block.index,
    })
}

/// Each request on its own, with no lines to put under a client.
fn each(function: &StmtFunctionDef, anchors: &[(usize, Anchor<'_>)]) -> Vec<Group> {
    anchors
        .iter()
        .map(|(member, anchor)| Group {
            members: vec![*member],
            lines: Span::empty(anchor.span().start()),
            function: span(function),
            shared: false,
            yields: false,
            session: None,
        })
        .collect()
}

/// Whether `inner` belongs to the header of the compound statement `outer`.
fn is_header(outer: AnyNodeRef<'_>, inner: AnyNodeRef<'_>) -> bool {
    let compound = matches!(
        outer,
        AnyNodeRef::StmtIf(_)
            | AnyNodeRef::ElifElseClause(_)
            | AnyNodeRef::StmtFor(_)
            | AnyNodeRef::StmtWhile(_)
            | AnyNodeRef::StmtWith(_)
            | AnyNodeRef::StmtMatch(_)
            | AnyNodeRef::MatchCase(_)
    );
    let part_of_block = inner.is_statement()
        || matches!(
            inner,
            AnyNodeRef::ElifElseClause(_) | AnyNodeRef::MatchCase(_)
        );
    compound && !part_of_block
}

/// Requests, by index, that share one client, and the statements it is open for.
#[derive(Debug)]
pub(super) struct Group {
    pub members: Vec<usize>,
    pub lines: Span,
    /// The function it is in.
    pub function: Span,
    /// More than one request goes through the client.
    pub shared: bool,
    /// Values are handed out while the client is open.
    pub yields: bool,
    /// The session that is the client, by its place among all.
    pub session: Option<usize>,
}

/// Groups requests: those whose statements stand in one block share a client, and so do those
/// further in. With `apart`, only what stands in one statement is grouped.
pub(super) fn group(
    function: &StmtFunctionDef,
    anchors: &[(usize, Anchor<'_>)],
    apart: bool,
) -> Vec<Group> {
    let mut groups: Vec<(Anchor<'_>, Group)> = Vec::new();
    for (member, anchor) in anchors {
        let known = groups.iter_mut().find(|(other, group)| {
            anchor.same_block(other) && (!apart || group.lines.contains(anchor.span()))
        });
        match known {
            Some((_, group)) => {
                group.members.push(*member);
                group.lines = group.lines.cover(anchor.span());
                group.shared = true;
            }
            None => groups.push((
                *anchor,
                Group {
                    members: vec![*member],
                    lines: anchor.span(),
                    function: span(function),
                    shared: anchor.repeated,
                    yields: false,
                    session: None,
                },
            )),
        }
    }
    let mut merged: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
    // The widest first, so that what lies inside joins it.
    merged.sort_by_key(|group| (group.lines.start(), std::cmp::Reverse(group.lines.end())));
    let mut result: Vec<Group> = Vec::new();
    for group in merged {
        match result
            .iter_mut()
            .find(|outer| outer.lines.contains(group.lines))
        {
            Some(outer) => {
                outer.members.extend(group.members);
                outer.shared = true;
            }
            None => result.push(group),
        }
    }
    for group in &mut result {
        group.yields = yields(function, group.lines);
    }
    result
}

/// Refuses a value that is not the same before the statements of a group.
pub(super) fn computed_before<'a>(cx: &Cx<'a>, group: &Group, value: &'a Expr) -> Result<(), Why> {
    let source = cx.module.source(value);
    let mut certain = !source.contains(['\n', '\r', '#']);
    crate::model::file::walk(value.into(), &mut |node| {
        certain &= match node {
            AnyNodeRef::ExprName(name) => {
                let scope = cx.module.scope_of(name.into());
                let lookup = scope.map(|scope| cx.module.lookup(scope, &name.id));
                match lookup {
                    Some(Lookup::Bound(_, bindings)) => bindings
                        .iter()
                        .all(|id| !group.lines.contains(cx.module.binding(*id).at)),
                    _ => true,
                }
            }
            AnyNodeRef::ExprCall(_)
            | AnyNodeRef::ExprAwait(_)
            | AnyNodeRef::ExprNamed(_)
            | AnyNodeRef::ExprYield(_) => false,
            _ => true,
        };
        TraversalSignal::Traverse
    });
    match certain {
        true => Ok(()),
        false => Err(Why::new(format!(
            "`{}` belongs to the client, and may be another before the request",
            cx.module.describe(value)
        ))),
    }
}

/// Whether the statements in `lines` hand out values while the client is open.
fn yields(function: &StmtFunctionDef, lines: Span) -> bool {
    let mut found = false;
    crate::model::file::walk(function.into(), &mut |node| {
        found |= matches!(
            node,
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_)
        ) && lines.contains(span(node));
        TraversalSignal::Traverse
    });
    found
}

/// Puts groups together that hold responses of one name, or change one `except` clause.
pub(super) fn together(requests: &[Request<'_>], groups: Vec<Group>) -> Vec<Vec<Group>> {
    let mut sets: Vec<Vec<Group>> = Vec::new();
    // In which set the call or `try` statement at a place is.
    let mut known: FxHashMap<Span, usize> = FxHashMap::default();
    for group in groups {
        let mut ties: Vec<Span> = Vec::new();
        for &member in &group.members {
            ties.push(span(requests[member].call));
            if let Ok(plan) = &requests[member].native {
                ties.extend(plan.uses.siblings.iter().map(|sibling| span(*sibling)));
                let clauses = plan.handlers.clauses.iter();
                ties.extend(clauses.flat_map(|clause| [clause.within, clause.at()]));
            }
        }
        let target = ties.iter().find_map(|tie| known.get(tie).copied());
        let target = target.unwrap_or_else(|| {
            sets.push(Vec::new());
            sets.len() - 1
        });
        for tie in ties {
            let other = known.insert(tie, target);
            if let Some(other) = other.filter(|other| *other != target) {
                let moved = std::mem::take(&mut sets[other]);
                sets[target].extend(moved);
                known
                    .values_mut()
                    .filter(|set| **set == other)
                    .for_each(|set| *set = target);
            }
        }
        sets[target].push(group);
    }
    sets.retain(|set| !set.is_empty());
    sets
}

/// The requests that share a client, function by function.
pub(super) fn groups<'a>(
    cx: &Cx<'a>,
    requests: &[Request<'a>],
    sessions: &[Session<'a>],
) -> Vec<Group> {
    let apart = minds_cookies(cx.module.text());
    let mut functions: BTreeMap<Span, (&StmtFunctionDef, Vec<_>)> = BTreeMap::new();
    for (index, request) in requests.iter().enumerate() {
        if let (Some(function), Ok(plan)) = (request.function, &request.native)
            && let Some(anchor) = plan.anchor
        {
            let of_function = functions.entry(span(function));
            let (_, anchors) = of_function.or_insert_with(|| (function, Vec::new()));
            anchors.push((index, anchor));
        }
    }
    let opened = functions.into_values().flat_map(|(function, anchors)| {
        let (alone, together): (Vec<_>, Vec<_>) = anchors
            .into_iter()
            .partition(|(index, _)| requests[*index].needs_no_client());
        let mut groups = each(function, &alone);
        groups.extend(group(function, &together, apart));
        groups
    });
    let of_sessions = sessions.iter().enumerate().filter_map(|(index, session)| {
        let members = requests.iter().enumerate();
        let members: Vec<usize> = members
            .filter(|(_, request)| request.session == Some(index) && request.native.is_ok())
            .map(|(member, _)| member)
            .collect();
        let group = Group {
            members,
            lines: session.lines().unwrap_or_else(|| Span::empty(0)),
            function: session.home.within,
            shared: false,
            yields: false,
            session: Some(index),
        };
        (!group.members.is_empty()).then_some(group)
    });
    opened.chain(of_sessions).collect()
}
