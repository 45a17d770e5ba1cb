//! Responses that are opened by `with`, and those whose body is read bit by bit.

use super::Follow;
use crate::model::file::{BindingKind, Block, Target, Why, walk};
use crate::model::libraries::Member;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprName, Stmt, StmtAssign, StmtFunctionDef, StmtWith, TokenKind,
    TraversalSignal, WithItem,
};
use crate::python::span;
use crate::text::{Edit, Span};

/// What takes bytes in whatever pieces they come.
const TAKES_PIECES: [&str; 6] = [
    "write",
    "update",
    "extend",
    "feed",
    "feed_data",
    "decompress",
];

impl<'a> Follow<'_, 'a> {
    /// `with requests.get(url) as response`.
    pub(super) fn held(
        &mut self,
        item: &'a WithItem,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        let (with, target) = self.header(item)?;
        if !self.is_request(span(&item.context_expr)) {
            return Err(Why::new("the response is held where it did not come from"));
        }
        let cx = self.cx;
        let layout = cx.module.layout();
        let call = span(&item.context_expr);
        let header = Span::new(span(with).start(), call.start());
        let (Some(first), Some(last)) = (with.body.first(), with.body.last()) else {
            return Err(Why::new("the `with` has no body"));
        };
        let end = target.map_or(call.end(), |name| span(name).end());
        let Some((TokenKind::Colon, colon)) = layout.token_after(end) else {
            return Err(Why::new(
                "the `with` is written in another way than expected",
            ));
        };
        if layout.line_start(span(first).start()) <= colon.start() {
            return Err(Why::new("the `with` and its body share a line"));
        }
        let body = Span::new(layout.line_start(span(first).start()), span(last).end());
        if self.sends_others(body) {
            return Err(Why::new(
                "another request is sent while the response is held",
            ));
        }
        let tail = Span::new(call.end(), colon.end());
        if layout.has_comments(header) || layout.has_comments(tail) {
            return Err(Why::new("a comment stands inside a statement that changes"));
        }
        let assignment = target.map_or(String::new(), |name| format!("{} = ", name.id));
        self.edit(Edit::replace(header, assignment));
        self.edit(Edit::delete(tail));
        self.uses.opened.kept = Some(body);
        match target {
            Some(name) => self.variable(name, function, false),
            None => Ok(()),
        }
    }

    /// The `with` statement that an item alone makes up, and the name it binds.
    fn header(&self, item: &'a WithItem) -> Result<(&'a StmtWith, Option<&'a ExprName>), Why> {
        let Some(AnyNodeRef::StmtWith(with)) = self.cx.module.parent(item.into()) else {
            return Err(Why::new("the response is held in a way that is not known"));
        };
        let target = match item.optional_vars.as_deref() {
            None => None,
            Some(Expr::Name(name)) => Some(name),
            Some(_) => {
                return Err(Why::new(
                    "the response is assigned to more than a plain name",
                ));
            }
        };
        let header = Span::new(span(with).start(), span(&item.context_expr).start());
        let is_plain = header.of(self.cx.module.text()).trim() == "with";
        match with.items.len() == 1 && !with.is_async && is_plain {
            true => Ok((with, target)),
            false => Err(Why::new(
                "the response is held together with something else",
            )),
        }
    }

    /// Whether another request of the library is sent within some lines.
    fn sends_others(&self, lines: Span) -> bool {
        let calls = self.cx.module.calls();
        let mut inside = calls.iter().filter(|call| lines.contains(span(**call)));
        inside.any(|call| {
            matches!(self.cx.module.target(call), Target::External(name)
                if self.names.old.functions.contains_key(&name))
        })
    }

    /// A response whose body is not read yet.
    pub(super) fn streamed(&mut self, function: &'a StmtFunctionDef) -> Result<(), Why> {
        let Some(call) = self.call else {
            return Err(Why::new("a streamed response is read later"));
        };
        match self.cx.module.parent(call.into()) {
            Some(AnyNodeRef::WithItem(item)) => {
                let (with, target) = self.header(item)?;
                self.opens()?;
                self.edit(Edit::insert(span(with).start(), "async "));
                if let (Some(first), Some(last)) = (with.body.first(), with.body.last()) {
                    self.open = Some(span(first).cover(span(last)));
                }
                match target {
                    Some(name) => self.variable(name, function, false),
                    None => Ok(()),
                }
            }
            Some(AnyNodeRef::StmtAssign(assign)) => self.unscoped(call, assign, function),
            Some(AnyNodeRef::ExprAttribute(attribute))
                if self.reads_whole(attribute.attr.as_str()) =>
            {
                self.at_once(call, function)
            }
            _ => Err(Why::new("a streamed response is read later")),
        }
    }

    fn opens(&mut self) -> Result<(), Why> {
        if self.names.new.client.stream.is_none() {
            return Err(Why::new(format!(
                "how a response is streamed by {} is not known",
                self.names.new.to
            )));
        }
        self.uses.opened.streams = true;
        Ok(())
    }

    fn reads_whole(&self, member: &str) -> bool {
        let streamed = self.names.new.streamed.get(member);
        streamed.is_some_and(|streamed| streamed.expression.is_some() || streamed.first.is_some())
    }

    /// The body is read whole anyway.
    fn at_once(&mut self, call: &'a ExprCall, function: &'a StmtFunctionDef) -> Result<(), Why> {
        self.row("read-at-once")?;
        self.sent.streams = false;
        self.value(call.into(), function, false)
    }

    /// `response = requests.get(url, stream=True)`: the statements up to the last that reads the
    /// response go under the context manager.
    fn unscoped(
        &mut self,
        call: &'a ExprCall,
        assign: &'a StmtAssign,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        let cx = self.cx;
        let [Expr::Name(name)] = &assign.targets[..] else {
            return Err(Why::new(
                "the response is assigned to more than a plain name",
            ));
        };
        let far = || {
            Why::new(format!(
                "`{}` is read elsewhere than after the request, and has to be closed",
                name.id
            ))
        };
        let scope = cx.module.body_scope(function).ok_or_else(far)?;
        let reads = cx.module.reads_of(scope, &name.id);
        let members: Vec<&str> = reads
            .iter()
            .filter_map(|read| match cx.module.parent((*read).into()) {
                Some(AnyNodeRef::ExprAttribute(attribute)) => Some(attribute.attr.as_str()),
                _ => None,
            })
            .collect();
        let in_pieces = |member: &&str| {
            let streamed = self.names.new.streamed.get(*member);
            streamed.is_some_and(|_| !self.reads_whole(member)) || *member == "raw"
        };
        if !members.iter().any(in_pieces) && members.iter().any(|member| self.reads_whole(member)) {
            return self.at_once(call, function);
        }
        let bindings = cx.module.bindings_of(scope, &name.id);
        let block: Block<'a> = cx.module.block(assign.into()).ok_or_else(far)?;
        let rest = block.statements.get(block.index + 1..).unwrap_or_default();
        let holds = |statement: &&'a Stmt| {
            reads
                .iter()
                .any(|read| span(*statement).contains(span(*read)))
        };
        let count = rest.iter().rposition(|it| holds(&it)).ok_or_else(far)? + 1;
        let (Some(first), Some(last)) = (rest.first(), rest.get(count - 1)) else {
            return Err(far());
        };
        let range = span(first).cover(span(last));
        if bindings.len() != 1 || !reads.iter().all(|read| range.contains(span(*read))) {
            return Err(far());
        }
        let layout = cx.module.layout();
        let lines = Span::new(layout.line_start(range.start()), range.end());
        let header = Span::new(span(assign).start(), span(call).start());
        let tail = Span::new(span(call).end(), span(assign).end());
        if !layout.alone(span(assign))
            || !layout.alone(range)
            || !tail.is_empty()
            || layout.has_comments(header)
            || header.of(cx.module.text()).contains('(')
            || self.sends_others(lines)
        {
            return Err(Why::new(
                "the statements that read the streamed response cannot be moved",
            ));
        }
        self.opens()?;
        self.edit(Edit::replace(header, "async with "));
        // Blank lines after the assignment would begin the block.
        let newline = layout.newline().len();
        let gap = Span::new(
            span(assign).end(),
            lines
                .start()
                .saturating_sub(newline)
                .max(span(assign).end()),
        );
        let at = match gap.of(cx.module.text()).trim().is_empty() {
            true => gap,
            false => Span::empty(gap.start()),
        };
        self.edit(Edit::replace(at, format!(" as {}:", name.id)));
        self.uses.opened.deeper = Some(lines);
        self.open = Some(range);
        self.bound(&name.id, function, false, |binding| {
            matches!(binding.kind, BindingKind::Assign(_))
        })
    }

    /// A call that gives an asynchronous iterator.
    pub(super) fn iterated(
        &mut self,
        member: &Member,
        call: &'a ExprCall,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        let cx = self.cx;
        self.can_await(call.into(), function)?;
        match cx.module.parent(call.into()) {
            Some(AnyNodeRef::StmtFor(repeated))
                if span(&*repeated.iter) == span(call) && !repeated.is_async =>
            {
                self.edit(Edit::insert(span(repeated).start(), "async "));
                if member.lines {
                    return self.lines(call, repeated, function);
                }
                let is_default = call.arguments.is_empty();
                let whole = call.arguments.args.first().or_else(|| {
                    call.arguments
                        .keywords
                        .first()
                        .map(|keyword| &keyword.value)
                });
                let any_size = whole.is_some_and(Expr::is_none_literal_expr);
                if is_default
                    || any_size
                    || self.takes_pieces(&repeated.target, &repeated.body, function)
                {
                    return Ok(());
                }
                self.row("chunks")
            }
            _ => Err(Why::new(
                "the body is gone through by something else than a `for` statement",
            )),
        }
    }

    /// Whether it does not matter in which pieces a body comes.
    fn takes_pieces(
        &self,
        target: &'a Expr,
        body: &'a [Stmt],
        function: &'a StmtFunctionDef,
    ) -> bool {
        let cx = self.cx;
        let (Expr::Name(name), Some(scope)) = (target, cx.module.body_scope(function)) else {
            return false;
        };
        let within = |read: &ExprName| body.iter().any(|it| span(it).contains(span(read)));
        let mut leaves = false;
        for statement in body {
            walk(statement.into(), &mut |node| {
                leaves |= matches!(node, AnyNodeRef::StmtBreak(_) | AnyNodeRef::ExprYield(_));
                TraversalSignal::Traverse
            });
        }
        let reads = cx.module.reads_of(scope, &name.id);
        !leaves
            && reads.iter().all(|read| {
                let node = AnyNodeRef::from(*read);
                let Some(parent) = cx.module.parent(node) else {
                    return false;
                };
                within(read)
                    && (super::truth::is_tested(cx, node, parent)
                        || match parent {
                            AnyNodeRef::Arguments(_) => match cx.module.parent(parent) {
                                Some(measured @ AnyNodeRef::ExprCall(call))
                                    if matches!(cx.module.target(call), Target::Builtin("len")) =>
                                {
                                    cx.module
                                        .parent(measured)
                                        .is_some_and(|it| self.adds_up(it))
                                }
                                _ => self.adds_up(parent),
                            },
                            other => self.adds_up(other),
                        })
            })
    }

    /// Whether something is only put to what came before it.
    fn adds_up(&self, parent: AnyNodeRef<'a>) -> bool {
        match parent {
            AnyNodeRef::StmtAugAssign(_) => true,
            AnyNodeRef::Arguments(_) => match self.cx.module.parent(parent) {
                Some(AnyNodeRef::ExprCall(call)) => matches!(&*call.func, Expr::Attribute(method)
                    if TAKES_PIECES.contains(&method.attr.as_str())),
                _ => false,
            },
            _ => false,
        }
    }
}
