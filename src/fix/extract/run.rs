//! Statements of one block, and whether they may stand in a function of their own.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Place, ScopeId, ScopeKind, Why, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt, StmtFunctionDef, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// Builtins that look at the function that calls them.
const FRAME_BUILTINS: [&str; 6] = ["locals", "vars", "dir", "eval", "exec", "super"];

/// What looks at the exception that is being handled.
const EXCEPTION_READERS: [&str; 5] = [
    "exc_info",
    "exception",
    "format_exc",
    "print_exc",
    "format_exception",
];

/// Every call that runs when the statements run: not those in lambdas, which run when somebody calls
/// them.
pub fn calls_within<'a>(cx: &Cx<'a>, statements: &[Stmt]) -> Vec<&'a ExprCall> {
    let (Some(first), Some(last)) = (statements.first(), statements.last()) else {
        return Vec::new();
    };
    let whole = span(first).cover(span(last));
    let Some(scope) = cx.module.scope_of(first.into()) else {
        return Vec::new();
    };
    let calls = cx.module.calls().iter().copied();
    calls
        .filter(|call| whole.contains(span(*call)))
        .filter(|call| runs_in(cx, (*call).into(), scope))
        .collect()
}

/// Whether a node is evaluated where the code of `scope` is, be it in a comprehension.
pub(super) fn runs_in(cx: &Cx<'_>, node: AnyNodeRef<'_>, scope: ScopeId) -> bool {
    let mut at = cx.module.scope_of(node);
    while let Some(id) = at.filter(|&id| id != scope) {
        match cx.module.scope(id).kind {
            ScopeKind::Comprehension(_) | ScopeKind::Generator(_) | ScopeKind::Class(_) => {
                at = cx.module.scope(id).parent;
            }
            _ => return false,
        }
    }
    at.is_some()
}

pub(super) struct Run<'a> {
    pub statements: &'a [Stmt],
    pub coroutine: &'a StmtFunctionDef,
    pub scope: ScopeId,
    pub span: Span,
}

impl<'a> Run<'a> {
    pub fn new(cx: &Cx<'a>, statements: &'a [Stmt]) -> Result<Self, Why> {
        let (Some(first), Some(last)) = (statements.first(), statements.last()) else {
            return Err(Why::new("there is nothing to move"));
        };
        let Place::Coroutine { function, .. } = cx.module.place(first.into()) else {
            return Err(Why::new("it does not stand directly in a coroutine"));
        };
        let run = Self {
            statements,
            coroutine: function,
            scope: cx
                .module
                .body_scope(function)
                .ok_or_else(|| Why::new("the coroutine was not seen when the file was read"))?,
            span: span(first).cover(span(last)),
        };
        match cx.module.layout().alone(run.span) {
            true => Ok(run),
            false => Err(Why::new("other code stands on the same lines")),
        }
    }

    pub fn first(&self) -> &'a Stmt {
        &self.statements[0]
    }

    pub fn last(&self) -> &'a Stmt {
        &self.statements[self.statements.len() - 1]
    }

    pub fn holds(&self, node: AnyNodeRef<'_>) -> bool {
        self.span.contains(span(node))
    }

    pub fn walk(&self, visit: &mut dyn FnMut(AnyNodeRef<'a>)) {
        for statement in self.statements {
            walk(statement.into(), &mut |node| {
                visit(node);
                TraversalSignal::Traverse
            });
        }
    }

    pub fn has_return(&self) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= matches!(node, AnyNodeRef::StmtReturn(_)));
        found
    }

    /// Whether the coroutine ends after the statements.
    pub fn ends_coroutine(&self, cx: &Cx<'a>) -> bool {
        let is_body = matches!(
            cx.module.parent(self.last().into()),
            Some(AnyNodeRef::StmtFunctionDef(_))
        );
        is_body
            && self
                .coroutine
                .body
                .last()
                .is_some_and(|last| span(last) == span(self.last()))
    }

    pub fn in_loop(&self, cx: &Cx<'a>) -> bool {
        cx.module
            .ancestors(self.first().into())
            .take_while(|ancestor| !matches!(ancestor, AnyNodeRef::StmtFunctionDef(_)))
            .any(|ancestor| matches!(ancestor, AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_)))
    }

    /// The coroutine's own names that the statements bind, in order of their first binding.
    pub fn bound(&self, cx: &Cx<'a>) -> Vec<&'a str> {
        let mut found: Vec<(usize, &str)> = Vec::new();
        for binding in cx.module.bindings() {
            let known = found.iter().any(|(_, name)| *name == binding.name);
            if binding.scope == self.scope && self.span.contains(binding.at) && !known {
                found.push((binding.at.start(), binding.name));
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, name)| name).collect()
    }

    pub fn fresh_name(&self, cx: &Cx<'_>, names: &[&str], taken: &[String]) -> String {
        let numbered =
            (2..).flat_map(|number| names.iter().map(move |name| format!("{name}_{number}")));
        names
            .iter()
            .map(|&name| name.to_owned())
            .chain(numbered)
            .find(|name| !taken.contains(name) && !cx.module.uses_name(span(self.coroutine), name))
            .unwrap_or_default()
    }

    /// Whether the statements mean the same in a function of their own.
    pub fn may_move(&self, cx: &Cx<'a>) -> Result<(), Why> {
        let mut problem = None;
        self.walk(&mut |node| {
            if problem.is_none() {
                problem = self.trouble(cx, node);
            }
        });
        if let Some(problem) = problem {
            return Err(Why::new(problem));
        }
        self.names_stay(cx)
    }

    fn trouble(&self, cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<String> {
        let own = |text: &str| Some(text.to_owned());
        match node {
            AnyNodeRef::ExprAwait(_) => own("it awaits something itself"),
            AnyNodeRef::StmtFor(statement) if statement.is_async => own("it has an `async for`"),
            AnyNodeRef::StmtWith(statement) if statement.is_async => own("it has an `async with`"),
            AnyNodeRef::Comprehension(clause) if clause.is_async => {
                own("it has an asynchronous comprehension")
            }
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => own("it yields values"),
            AnyNodeRef::StmtReturn(_) if self.is_generator() => {
                own("an asynchronous generator cannot return what it awaits")
            }
            AnyNodeRef::StmtBreak(_) | AnyNodeRef::StmtContinue(_)
                if !self.loops_around(cx, node) =>
            {
                own("it leaves or continues the loop around it")
            }
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => {
                own("it defines a function or class")
            }
            AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) | AnyNodeRef::StmtDelete(_) => {
                own("`global`, `nonlocal` or `del` changes what its names mean")
            }
            AnyNodeRef::StmtRaise(raise) => self.trouble_of_raise(cx, raise.exc.as_deref(), node),
            AnyNodeRef::ExprName(name) if name.id == "__class__" => {
                own("`__class__` belongs to the method")
            }
            AnyNodeRef::ExprCall(call) => self.trouble_of_call(cx, call),
            _ => None,
        }
    }

    fn trouble_of_raise(
        &self,
        cx: &Cx<'a>,
        exception: Option<&'a Expr>,
        node: AnyNodeRef<'a>,
    ) -> Option<String> {
        let Some(exception) = exception else {
            return (!self.handles_around(cx, node))
                .then(|| "it raises again what is handled outside it".to_owned());
        };
        let class = match exception {
            Expr::Call(call) => &*call.func,
            other => other,
        };
        let stops = matches!(class, Expr::Name(name) if name.id.starts_with("Stop"));
        stops.then(|| "`StopIteration` cannot leave a thread".to_owned())
    }

    fn trouble_of_call(&self, cx: &Cx<'a>, call: &'a ExprCall) -> Option<String> {
        let name = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return None,
        };
        if call.func.is_name_expr() && FRAME_BUILTINS.contains(&name) {
            return Some(format!("`{name}()` looks at the function that calls it"));
        }
        if call.func.is_name_expr() && name == "next" && call.arguments.len() == 1 {
            return Some("`StopIteration` of `next` cannot leave a thread".to_owned());
        }
        let reads =
            EXCEPTION_READERS.contains(&name) || call.arguments.find_keyword("exc_info").is_some();
        let handled_outside = cx
            .module
            .ancestors(self.first().into())
            .take_while(|ancestor| !matches!(ancestor, AnyNodeRef::StmtFunctionDef(_)))
            .any(|ancestor| {
                matches!(
                    ancestor,
                    AnyNodeRef::ExceptHandlerExceptHandler(_) | AnyNodeRef::StmtTry(_)
                )
            });
        (reads && handled_outside && !self.handles_around(cx, call.into()))
            .then(|| format!("`{name}` looks at the exception that is handled outside it"))
    }

    fn is_generator(&self) -> bool {
        let mut found = false;
        for statement in &self.coroutine.body {
            walk(statement.into(), &mut |node| {
                found |= matches!(node, AnyNodeRef::ExprYield(_));
                match node {
                    AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => {
                        TraversalSignal::Skip
                    }
                    _ => TraversalSignal::Traverse,
                }
            });
        }
        found
    }

    /// Whether the loop that a `break` or `continue` means is part of the statements.
    fn loops_around(&self, cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
        let mut inner = node;
        for ancestor in cx.module.ancestors(node) {
            let body = match ancestor {
                AnyNodeRef::StmtFor(statement) => &statement.body,
                AnyNodeRef::StmtWhile(statement) => &statement.body,
                _ => {
                    inner = ancestor;
                    continue;
                }
            };
            // In its `else`, the loop around it is meant.
            if body.iter().any(|part| span(part) == span(inner)) {
                return self.holds(ancestor);
            }
            inner = ancestor;
        }
        false
    }

    fn handles_around(&self, cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
        cx.module.ancestors(node).any(|ancestor| {
            matches!(ancestor, AnyNodeRef::ExceptHandlerExceptHandler(_)) && self.holds(ancestor)
        })
    }

    /// A variable that other functions share with the statements would become two.
    fn names_stay(&self, cx: &Cx<'a>) -> Result<(), Why> {
        for binding in cx.module.bindings() {
            let inside = self.span.contains(binding.at);
            if inside
                && cx
                    .module
                    .scope(self.scope)
                    .is_declared_elsewhere(binding.name)
            {
                return Err(Why::new(format!(
                    "`{}` is a variable of the code around the coroutine",
                    binding.name
                )));
            }
            let nested = span(self.coroutine).contains(binding.at)
                && !matches!(binding.kind, BindingKind::Parameter(_))
                && cx.module.scope_of(binding.node).is_some_and(|scope| {
                    scope != self.scope
                        && cx.module.scope(scope).is_declared_elsewhere(binding.name)
                });
            if nested && cx.module.uses_name(self.span, binding.name) {
                return Err(Why::new(format!(
                    "a nested function binds `{}` as well",
                    binding.name
                )));
            }
        }
        for name in self.bound(cx) {
            let earlier = cx
                .module
                .reads_of(self.scope, name)
                .into_iter()
                .any(|read| {
                    let lazy = cx.module.scope_of(read.into()) != Some(self.scope)
                        && !self.is_at_once(cx, read.into());
                    let before = span(read).start() < self.span.start() || self.in_loop(cx);
                    lazy && before && !self.holds(read.into())
                });
            if earlier {
                return Err(Why::new(format!(
                    "a nested function that exists before it reads `{name}`"
                )));
            }
        }
        Ok(())
    }

    /// Whether a node in a scope of its own is evaluated where it stands.
    pub fn is_at_once(&self, cx: &Cx<'a>, node: AnyNodeRef<'_>) -> bool {
        let mut at = cx.module.scope_of(node);
        while let Some(id) = at.filter(|&id| id != self.scope) {
            match cx.module.scope(id).kind {
                ScopeKind::Comprehension(_) | ScopeKind::Class(_) => {
                    at = cx.module.scope(id).parent;
                }
                _ => return false,
            }
        }
        at.is_some()
    }
}
