//! Runs of steps in a block whose calls need nothing of each other.

use super::flow;
use super::steps::{Awaited, Step};
use crate::fix::Cx;
use crate::fix::together::{Judged, Runs, judge};
use crate::python::ast::{AnyNodeRef, ExprCall, Stmt};
use crate::python::span;
use crate::text::Span;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Steps whose calls may overlap.
pub(super) struct Row<'a> {
    pub steps: Vec<Step<'a>>,
    pub judged: Judged,
}

impl<'a> Row<'a> {
    /// The awaited calls, in order.
    pub fn awaits(&self) -> impl Iterator<Item = Awaited<'a>> + '_ {
        self.steps
            .iter()
            .flat_map(|step| step.awaits.iter().copied())
    }

    /// Whether it does nothing but call one function again and again, for what it does.
    pub fn is_of_one_function(&self, cx: &Cx<'a>) -> bool {
        let called: BTreeSet<&str> = self
            .awaits()
            .map(|awaited| cx.module.source(&awaited.call.func))
            .collect();
        called.len() == 1 && self.steps.iter().all(|step| step.statement.is_expr_stmt())
    }

    /// From the first statement to the last.
    pub fn span(&self) -> Span {
        let mut all = self.steps.iter().map(|step| span(step.statement));
        let first = all.next().unwrap_or_else(|| Span::empty(0));
        all.fold(first, Span::cover)
    }
}

/// A row that may go on.
#[derive(Default)]
struct Open<'a> {
    steps: Vec<Step<'a>>,
    /// What is known of its calls together; nothing where they may not overlap, or are too few.
    judged: Option<Judged>,
}

impl<'a> Open<'a> {
    /// Ends the row and keeps it, if there are calls in it that may overlap.
    fn close(&mut self, found: &mut Vec<Row<'a>>) {
        let mut steps = std::mem::take(&mut self.steps);
        while steps.last().is_some_and(|step| step.awaits.is_empty()) {
            steps.pop();
        }
        let Some(judged) = self.judged.take() else {
            return;
        };
        let row = Row { steps, judged };
        if row.awaits().count() > 1 {
            found.push(row);
        }
    }
}

/// Goes through blocks and finds rows.
pub(super) struct Finder<'c, 'a> {
    cx: &'c Cx<'a>,
    proven: RefCell<BTreeMap<Span, bool>>,
}

impl<'c, 'a> Finder<'c, 'a> {
    pub fn new(cx: &'c Cx<'a>) -> Self {
        Self {
            cx,
            proven: RefCell::default(),
        }
    }

    /// The rows of one block, each as long as can be. What is judged alone need not hold in a row: calls
    /// that are the same but for what they are given are judged together.
    pub fn rows(&self, block: &'a [Stmt]) -> Vec<Row<'a>> {
        let mut found = Vec::new();
        let mut open = Open::default();
        for statement in block {
            let Some(step) = Step::of(self.cx, statement) else {
                open.close(&mut found);
                continue;
            };
            if step.awaits.is_empty() {
                if !open.steps.is_empty() && step.is_unseen() {
                    open.steps.push(step);
                } else {
                    open.close(&mut found);
                }
                continue;
            }
            if !self.may_begin(&step) {
                open.close(&mut found);
                continue;
            }
            if !self.follows(&open.steps, &step) {
                open.close(&mut found);
            }
            let is_last = step.is_last;
            open.steps.push(step);
            let mut judged = self.judged(&open.steps);
            if judged.is_none() && open.steps.len() > 1 {
                let last = open.steps.pop();
                open.close(&mut found);
                open.steps.extend(last);
                judged = self.judged(&open.steps);
            }
            open.judged = judged;
            if is_last {
                open.close(&mut found);
            }
        }
        open.close(&mut found);
        found
    }

    /// Whether the calls of a step may overlap with each other.
    fn may_begin(&self, step: &Step<'a>) -> bool {
        let limit = self.cx.options.max_concurrency;
        let apart = (1..step.awaits.len()).all(|index| {
            let earlier = Step {
                awaits: step.awaits[..index].to_vec(),
                targets: Vec::new(),
                ..*step
            };
            self.needs_nothing(&[&earlier], step.awaits[index].call)
        });
        apart && (limit == 0 || step.awaits.len() <= limit)
    }

    /// Whether a step may be awaited with those before it.
    fn follows(&self, before: &[Step<'a>], step: &Step<'a>) -> bool {
        let limit = self.cx.options.max_concurrency;
        let count = |steps: &[Step<'a>]| steps.iter().map(|step| step.awaits.len()).sum::<usize>();
        if limit != 0 && count(before) + step.awaits.len() > limit {
            return false;
        }
        if before
            .iter()
            .any(|earlier| earlier.gives_the_same(self.cx, step))
        {
            return false;
        }
        let before: Vec<&Step<'a>> = before.iter().collect();
        let mut calls = step.awaits.iter();
        before.is_empty() || calls.all(|awaited| self.needs_nothing(&before, awaited.call))
    }

    fn needs_nothing(&self, before: &[&Step<'a>], call: &'a ExprCall) -> bool {
        let is_proven = |call: &'a ExprCall| self.is_proven(call);
        flow::needs(self.cx, before, call, &is_proven).is_none()
    }

    /// Whether all that a call does is known, and changes nothing.
    fn is_proven(&self, call: &'a ExprCall) -> bool {
        let at = span(call);
        if let Some(&known) = self.proven.borrow().get(&at) {
            return known;
        }
        let judged = judge(self.cx, &[call], &[], Runs::Several);
        let known = judged.is_ok_and(|judged| judged.confirm.is_empty());
        self.proven.borrow_mut().insert(at, known);
        known
    }

    fn judged(&self, steps: &[Step<'a>]) -> Option<Judged> {
        let calls: Vec<&ExprCall> = steps
            .iter()
            .flat_map(|step| step.awaits.iter().map(|awaited| awaited.call))
            .collect();
        // One call alone is no row.
        if calls.len() < 2 {
            return None;
        }
        let last = steps.len().saturating_sub(1);
        let plain: Vec<AnyNodeRef<'a>> = steps
            .iter()
            .enumerate()
            .filter(|(index, step)| match *index == last {
                true => step.moves(),
                false => step.only().is_none(),
            })
            .map(|(_, step)| AnyNodeRef::from(step.value))
            .collect();
        judge(self.cx, &calls, &plain, Runs::Several).ok()
    }
}
