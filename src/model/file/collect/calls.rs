//! Calls, and code that calls without saying so.

use super::Collector;
use crate::model::file::deeds::{Deed, Slot};
use crate::model::file::facts::{
    Argument, ArgumentValue, Call, CallKind, CallPlace, NameHash, Passed,
};
use crate::model::file::syntax::dotted;
use crate::model::file::terms::{Index, Term, TermId};
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Number, UnaryOp};
use crate::python::span;
use crate::text::Span;

/// Among so many deeds one is looked for that says the same.
const MAX_NEAR: usize = 16;

impl<'a> Collector<'_, 'a> {
    /// A `with` or `for` that may call something of the project.
    pub(super) fn implicit(&mut self, value: &'a Expr, kind: CallKind, at: AnyNodeRef<'a>) {
        let term = self.builder.term(value);
        // A `with` of something unknown may hold a lock or a transaction.
        let is_literal = matches!(self.builder.terms.get(term), Term::Literal(_) | Term::None);
        let is_async = matches!(kind, CallKind::AsyncWith | CallKind::AsyncIterate);
        if self.is_unknown(term) && kind == CallKind::Iterate || is_literal && !is_async {
            return;
        }
        let (function, place) = self.place(at);
        let here = span(value);
        self.push(function, place, kind, here, None, term, at);
        self.received(value);
    }

    /// Who else may hold the object that the last call noted is about.
    pub(super) fn received(&mut self, object: &'a Expr) {
        let receiver = self.module.held(object);
        if let Some(last) = self.facts.calls.last_mut()
            && receiver.is_some()
        {
            last.passed = Some(Box::new(Passed {
                receiver,
                ..Passed::default()
            }));
        }
    }

    /// Whether a callee is a member of a module of Python's own, as `os.path.join` is.
    fn is_module(&self, callee: TermId) -> bool {
        match self.builder.terms.get(callee) {
            Term::Member(of, _) => match self.builder.terms.get(*of) {
                Term::Import(0, name) => is_stdlib(name.split('.').next().unwrap_or(name)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a callee may be a function of the project.
    fn may_be_own(&self, callee: TermId) -> bool {
        match self.builder.terms.get(callee) {
            Term::Member(of, _) | Term::Call(of) | Term::Item(of) | Term::Await(of) => {
                self.may_be_own(*of)
            }
            Term::Import(0, name) => !is_stdlib(name.split('.').next().unwrap_or(name)),
            Term::Builtin(_)
            | Term::Literal(_)
            | Term::Unknown(_)
            | Term::Parameter(..)
            | Term::None => false,
            _ => true,
        }
    }

    /// Notes that a loop goes through something.
    pub(super) fn iterate(&mut self, items: &'a Expr, at: AnyNodeRef<'a>, is_async: bool) {
        if is_async {
            self.awaits(at);
            self.implicit(items, CallKind::AsyncIterate, at);
        } else {
            self.implicit(items, CallKind::Iterate, at);
        }
    }

    /// Who else may hold the arguments of a call, and which of them are functions.
    fn passed(&mut self, call: &'a ExprCall, callee: TermId) {
        let may_be_own = self.may_be_own(callee);
        let mut given = Vec::new();
        let mut callbacks = Vec::new();
        let positions = call.arguments.args.iter().enumerate();
        let slots = positions
            .map(|(at, value)| (Slot::Position(u16::try_from(at).unwrap_or(u16::MAX)), value));
        let keywords = call.arguments.keywords.iter();
        let keywords = keywords.filter_map(|keyword| {
            let name = keyword.arg.as_ref()?;
            Some((Slot::Keyword(NameHash::of(name)), &keyword.value))
        });
        for (slot, value) in slots.chain(keywords) {
            if matches!(value, Expr::Name(_) | Expr::Attribute(_)) {
                let term = self.builder.term(value);
                if matches!(
                    self.builder.terms.get(term),
                    Term::Function(_) | Term::Member(..) | Term::Import(..)
                ) {
                    callbacks.push((slot, term));
                }
            }
            if may_be_own && let Some(held) = self.module.held(value) {
                given.push((slot, held));
            }
        }
        let receiver = match &*call.func {
            // A module is no object that a method could change.
            Expr::Attribute(method) if !self.is_module(callee) => self.module.held(&method.value),
            _ if !may_be_own => None,
            callee => self.module.held(callee),
        };
        if given.is_empty() && callbacks.is_empty() && receiver.is_none() {
            return;
        }
        if let Some(last) = self.facts.calls.last_mut() {
            last.passed = Some(Box::new(Passed {
                receiver,
                given: given.into(),
                callbacks: callbacks.into(),
            }));
        }
    }

    /// Notes what a node does to an object that others may hold.
    pub(super) fn deed(&mut self, node: AnyNodeRef<'a>) {
        let Some((held, fills, what)) = self.module.deed(node) else {
            return;
        };
        let (Some(function), _) = self.place(node) else {
            return;
        };
        let known = |deed: &Deed| {
            deed.function == function
                && deed.held == held
                && deed.fills == fills
                && *deed.what == *what
        };
        // Those of one function stand together.
        let mut near = self.facts.deeds.iter().rev().take(MAX_NEAR);
        if near.any(known) {
            return;
        }
        self.facts.deeds.push(Deed {
            function,
            at: u32::try_from(span(node).start()).unwrap_or(u32::MAX),
            held,
            fills,
            what: what.into(),
        });
    }

    pub(super) fn call(&mut self, call: &'a ExprCall) {
        let node = AnyNodeRef::from(call);
        let (function, place) = self.place(node);
        let callee = match self.module.is_for_type_checkers(&call.func) {
            true => self.builder.terms.add(Term::Unknown(
                "it is imported for type checkers only".into(),
            )),
            false => self.builder.term(&call.func),
        };
        if let Expr::Attribute(method) = &*call.func
            && self.module.catalogue().is_filling_method(&method.attr)
        {
            self.write(node, &method.value, "changes");
        }
        self.names_in_strings(call);
        self.given_errors(call);
        self.reflection(call, callee);
        self.next_item(call, callee);
        self.push(
            function,
            place,
            CallKind::Call,
            span(call),
            plain_end(call),
            callee,
            node,
        );
        let arguments = self.arguments(call);
        let starred = call.arguments.args.iter().any(Expr::is_starred_expr)
            || call
                .arguments
                .keywords
                .iter()
                .any(|keyword| keyword.arg.is_none());
        let positional =
            (!starred).then_some(u16::try_from(call.arguments.args.len()).unwrap_or(u16::MAX));
        if let Some(last) = self.facts.calls.last_mut() {
            last.arguments = arguments;
            last.positional = positional;
        }
        self.passed(call, callee);
    }

    #[expect(clippy::too_many_arguments, reason = "each is one field of the fact")]
    pub(super) fn push(
        &mut self,
        function: Option<Index>,
        place: CallPlace,
        kind: CallKind,
        at: Span,
        callee_end: Option<u32>,
        callee: TermId,
        node: AnyNodeRef<'a>,
    ) {
        let place = match self.module.in_annotation(node) {
            true => CallPlace::Annotation,
            false => place,
        };
        let known = !self.is_unknown(callee);
        self.facts.calls.push(Call {
            function,
            kind,
            at,
            callee_end,
            callee,
            place,
            awaited: self.module.is_awaited(node),
            wraps: known && self.module.binds_tighter(node),
            printed: known && self.module.prints_itself(node),
            held: known.then(|| self.held(node)).flatten(),
            arguments: Box::default(),
            positional: None,
            passed: None,
        });
    }

    pub(super) fn arguments(&mut self, call: &'a ExprCall) -> Box<[Argument]> {
        let positional = call.arguments.args.iter().enumerate();
        let positional = positional.map(|(position, value)| (None, position, value));
        let keywords = call.arguments.keywords.iter();
        let keywords = keywords
            .filter_map(|keyword| Some((Some(keyword.arg.as_ref()?.as_str()), 0, &keyword.value)));
        let all: Vec<(Option<&str>, usize, &'a Expr)> = positional.chain(keywords).collect();
        let last = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        };
        let depends = self.module.catalogue().depends_on_objects(last);
        all.into_iter()
            .filter_map(|(keyword, position, value)| {
                let object = || depends.then(|| self.module.class_of(value)).flatten();
                let value = match value {
                    Expr::BooleanLiteral(literal) => {
                        ArgumentValue::Constant(if literal.value { "True" } else { "False" }.into())
                    }
                    Expr::NoneLiteral(_) => ArgumentValue::Constant("None".into()),
                    Expr::NumberLiteral(number) => match &number.value {
                        Number::Int(int) => ArgumentValue::Constant(int.to_string().into()),
                        _ => return None,
                    },
                    Expr::UnaryOp(negated) if negated.op == UnaryOp::USub => {
                        ArgumentValue::Constant("-".into())
                    }
                    Expr::Name(_) | Expr::Attribute(_) if depends => {
                        let term = self.builder.term(value);
                        // What is a member of something may be another object by then.
                        match self.builder.terms.get(term) {
                            Term::Function(_) | Term::Import(..) | Term::Member(..) => return None,
                            _ => ArgumentValue::Object(object()?.into()),
                        }
                    }
                    Expr::Call(_) => ArgumentValue::Object(object()?.into()),
                    _ => return None,
                };
                Some(Argument {
                    keyword: keyword.map(Into::into),
                    position: position as u32,
                    value,
                })
            })
            .collect()
    }
}

/// The end of a callee that is a plain name or a chain of attributes, without parentheses.
fn plain_end(call: &ExprCall) -> Option<u32> {
    let callee = span(&*call.func);
    let plain = dotted(&call.func).is_some()
        && callee.start() == span(call).start()
        && callee.end() == span(&call.arguments).start();
    plain.then_some(callee.end() as u32)
}
