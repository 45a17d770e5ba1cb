//! Which of the values that go by a local name may be read where: one name may hold a response
//! first and its body later.
//!
//! Everything that is not certain adds values. What is read in functions within the function may be
//! any of them.

use crate::fix::Cx;
use crate::model::file::{Binding, BindingKind, ScopeId, Target, walk};
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, Expr, ExprName, Stmt, StmtFunctionDef, TraversalSignal,
};
use crate::python::span;
use crate::text::Span;
use rustc_hash::FxHashMap;

/// How many values of one name are told apart.
const MOST: usize = 64;

/// The values of one name, and where each is read.
pub(super) struct Reaching<'m, 'a> {
    pub bindings: Vec<&'m Binding<'a>>,
    reads: Vec<&'a ExprName>,
    at: FxHashMap<Span, Values>,
}

/// Those of the values that a name may hold; nothing where no code arrives.
type State = Option<Values>;

/// A bit for each binding.
type Values = u64;

/// Looks at a local name of `function`; `None` where it has too many values.
pub(super) fn reaching<'m, 'a>(
    cx: &'m Cx<'a>,
    function: &'a StmtFunctionDef,
    scope: ScopeId,
    name: &str,
) -> Option<Reaching<'m, 'a>> {
    let bindings = cx.module.bindings_of(scope, name);
    if bindings.len() > MOST {
        return None;
    }
    let reads = cx.module.reads_of(scope, name);
    let mut flow = Flow {
        cx,
        scope,
        name,
        bindings: &bindings,
        at: FxHashMap::default(),
        loops: Vec::new(),
        tries: Vec::new(),
    };
    let start = flow.bits(|binding| matches!(binding.kind, BindingKind::Parameter(_)));
    flow.block(&function.body, Some(start));
    let at = flow.at;
    Some(Reaching {
        bindings,
        reads,
        at,
    })
}

impl<'m, 'a> Reaching<'m, 'a> {
    /// The places that may read one of the bindings, each with all that it may read.
    pub fn reads_of(&self, which: usize) -> Vec<(&'a ExprName, Vec<&'m Binding<'a>>)> {
        let own = 1 << which;
        self.reads
            .iter()
            .map(|read| (*read, self.values(read)))
            .filter(|(_, values)| values & own != 0)
            .map(|(read, values)| (read, self.chosen(values)))
            .collect()
    }

    /// What a name may hold where it is read.
    pub fn held(&self, read: &ExprName) -> Vec<&'m Binding<'a>> {
        self.chosen(self.values(read))
    }

    fn values(&self, read: &ExprName) -> Values {
        self.at.get(&span(read)).copied().unwrap_or(Values::MAX)
    }

    fn chosen(&self, values: Values) -> Vec<&'m Binding<'a>> {
        let numbered = self.bindings.iter().enumerate();
        numbered
            .filter(|(index, _)| values & (1 << index) != 0)
            .map(|(_, binding)| *binding)
            .collect()
    }
}

/// What leaves a loop or goes to its start.
#[derive(Default)]
struct Loop {
    breaks: State,
    continues: State,
}

struct Flow<'f, 'm, 'a> {
    cx: &'m Cx<'a>,
    scope: ScopeId,
    name: &'f str,
    bindings: &'f [&'m Binding<'a>],
    at: FxHashMap<Span, Values>,
    loops: Vec<Loop>,
    /// What the handlers of the `try` statements around may find.
    tries: Vec<Values>,
}

fn join(one: State, other: State) -> State {
    match (one, other) {
        (Some(one), Some(other)) => Some(one | other),
        (one, other) => one.or(other),
    }
}

impl<'a> Flow<'_, '_, 'a> {
    fn bits(&self, which: impl Fn(&Binding<'a>) -> bool) -> Values {
        let numbered = self.bindings.iter().enumerate();
        numbered
            .filter(|(_, binding)| which(binding))
            .fold(0, |bits, (index, _)| bits | 1 << index)
    }

    /// Every read under a node, and then what assignment expressions in it bind.
    fn read(&mut self, node: AnyNodeRef<'a>, state: State) -> State {
        let mut values = state?;
        let mut named: Vec<Span> = Vec::new();
        let mut found: Vec<Span> = Vec::new();
        walk(node, &mut |inner| match inner {
            AnyNodeRef::StmtFunctionDef(_)
            | AnyNodeRef::StmtClassDef(_)
            | AnyNodeRef::ExprLambda(_)
            | AnyNodeRef::ExprGenerator(_) => TraversalSignal::Skip,
            AnyNodeRef::ExprName(name) if name.id == self.name => {
                found.push(span(name));
                TraversalSignal::Traverse
            }
            AnyNodeRef::ExprNamed(named_expression) => {
                let target = &*named_expression.target;
                if matches!(target, Expr::Name(name) if name.id == self.name) {
                    named.push(span(target));
                }
                TraversalSignal::Traverse
            }
            _ => TraversalSignal::Traverse,
        });
        // Parts of one expression are not told apart: both what was and what is new may be read.
        let new = self.bits(|binding| named.contains(&binding.at));
        for read in found {
            let after = named.iter().any(|name| name.start() < read.start());
            let seen = if after { values | new } else { values };
            *self.at.entry(read).or_default() |= seen;
        }
        if new != 0 {
            let certain = match node {
                AnyNodeRef::ExprNamed(_) => true,
                AnyNodeRef::ExprCompare(compare) => compare.left.is_named_expr(),
                AnyNodeRef::ExprAttribute(attribute) => attribute.value.is_named_expr(),
                AnyNodeRef::ExprUnaryOp(outer) => outer.operand.is_named_expr(),
                _ => false,
            };
            values = if certain { new } else { values | new };
            self.note(values);
        }
        Some(values)
    }

    /// What the bindings within `part` put in the place of what was.
    fn bind(&mut self, part: Span, state: State) -> State {
        let new = self.bits(|binding| part.contains(binding.at));
        match (state, new) {
            (None, _) => None,
            (state, 0) => state,
            (Some(_), new) => {
                self.note(new);
                Some(new)
            }
        }
    }

    fn note(&mut self, values: Values) {
        self.tries.iter_mut().for_each(|known| *known |= values);
    }

    fn block(&mut self, statements: &'a [Stmt], state: State) -> State {
        statements
            .iter()
            .fold(state, |state, statement| self.statement(statement, state))
    }

    fn statement(&mut self, statement: &'a Stmt, state: State) -> State {
        match statement {
            Stmt::If(chosen) => {
                let mut after = self.read((&*chosen.test).into(), state);
                let mut out = self.block(&chosen.body, after);
                let mut is_complete = false;
                for clause in &chosen.elif_else_clauses {
                    match &clause.test {
                        Some(test) => after = self.read(test.into(), after),
                        None => is_complete = true,
                    }
                    out = join(out, self.block(&clause.body, after));
                }
                if is_complete { out } else { join(out, after) }
            }
            Stmt::For(repeated) => {
                let state = self.read((&*repeated.iter).into(), state);
                let target = span(&*repeated.target);
                self.looped(&repeated.body, &repeated.orelse, state, |flow, state| {
                    flow.bind(target, state)
                })
            }
            Stmt::While(repeated) => {
                let test = &*repeated.test;
                self.looped(&repeated.body, &repeated.orelse, state, |flow, state| {
                    flow.read(test.into(), state)
                })
            }
            Stmt::With(with) => {
                let mut inside = state;
                for item in &with.items {
                    inside = self.read((&item.context_expr).into(), inside);
                    if let Some(target) = &item.optional_vars {
                        inside = self.bind(span(&**target), inside);
                    }
                }
                self.tries.push(inside.unwrap_or_default());
                let out = self.block(&with.body, inside);
                let seen = self.tries.pop();
                let quiet = with
                    .items
                    .iter()
                    .all(|item| self.raises_on(&item.context_expr));
                if quiet { out } else { join(out, seen) }
            }
            Stmt::Try(tried) => {
                self.tries.push(state.unwrap_or_default());
                let body = self.block(&tried.body, state);
                let raised = self.tries.pop().filter(|_| state.is_some());
                self.tries.push(raised.unwrap_or_default());
                let mut out = self.block(&tried.orelse, body);
                for ExceptHandler::ExceptHandler(handler) in &tried.handlers {
                    let mut caught = raised;
                    if let Some(types) = &handler.type_ {
                        caught = self.read((&**types).into(), caught);
                    }
                    if let Some(name) = &handler.name {
                        caught = self.bind(span(name), caught);
                    }
                    out = join(out, self.block(&handler.body, caught));
                }
                let anything = self.tries.pop().filter(|_| state.is_some());
                if tried.finalbody.is_empty() {
                    return out;
                }
                let last = self.block(&tried.finalbody, join(out, anything));
                // Code after it runs only where nothing was raised.
                let binds = self.bits(|binding| {
                    let mut own = tried.finalbody.iter();
                    own.any(|statement| span(statement).contains(binding.at))
                });
                if binds == 0 {
                    out.and(last.and(out))
                } else {
                    last
                }
            }
            Stmt::Match(matched) => {
                let mut rest = self.read((&*matched.subject).into(), state);
                let mut out = None;
                for case in &matched.cases {
                    let new = self.bits(|binding| span(&case.pattern).contains(binding.at));
                    rest = rest.map(|values| values | new);
                    if let Some(guard) = &case.guard {
                        rest = self.read((&**guard).into(), rest);
                    }
                    out = join(out, self.block(&case.body, rest));
                }
                join(out, rest)
            }
            Stmt::Return(_) | Stmt::Raise(_) => {
                self.read(statement.into(), state);
                None
            }
            Stmt::Break(_) => {
                if let Some(around) = self.loops.last_mut() {
                    around.breaks = join(around.breaks, state);
                }
                None
            }
            Stmt::Continue(_) => {
                if let Some(around) = self.loops.last_mut() {
                    around.continues = join(around.continues, state);
                }
                None
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                let new = self.bits(|binding| {
                    span(binding.node) == span(statement) && binding.scope == self.scope
                });
                match (state, new) {
                    (Some(_), new) if new != 0 => Some(new),
                    _ => state,
                }
            }
            simple => {
                let state = self.read(simple.into(), state);
                // Assignment expressions are among what was read.
                let mut inside: Vec<Span> = Vec::new();
                walk(simple.into(), &mut |node| {
                    if let AnyNodeRef::ExprNamed(named) = node {
                        inside.push(span(&*named.target));
                    }
                    TraversalSignal::Traverse
                });
                let whole = span(simple);
                let new = self
                    .bits(|binding| whole.contains(binding.at) && !inside.contains(&binding.at));
                match (state, new) {
                    (Some(_), new) if new != 0 => {
                        self.note(new);
                        Some(new)
                    }
                    _ => state,
                }
            }
        }
    }

    /// A loop whose head is run by `head` before each round.
    fn looped(
        &mut self,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
        state: State,
        mut head: impl FnMut(&mut Self, State) -> State,
    ) -> State {
        let mut entry = state;
        loop {
            self.loops.push(Loop::default());
            let inside = head(self, entry);
            let end = self.block(body, inside);
            let left = self.loops.pop().unwrap_or_default();
            let again = join(entry, join(end, left.continues));
            if again == entry {
                // The head was run, or, of a `for`, found nothing.
                let out = self.block(orelse, join(entry, inside));
                return join(out, left.breaks);
            }
            entry = again;
        }
    }

    /// Whether a context manager lets every exception pass.
    fn raises_on(&self, manager: &'a Expr) -> bool {
        let Expr::Call(call) = manager else {
            return false;
        };
        match self.cx.module.target(call) {
            Target::Builtin(name) => name == "open",
            _ => false,
        }
    }
}
