//! Runs of steps in a block whose calls need nothing of each other.

use super::flow;
use super::steps::{Awaited, Step};
use crate::fix::Cx;
use crate::fix::together::{Judged, Runs, judge};
use crate::python::ast::{AnyNodeRef, ExprCall, Stmt};
use crate::python::span;
use crate::text::Span;
use std::cell::RefCell;
use std::collections::BTreeMap;

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

    /// From the first statement to the last.
    pub fn span(&self) -> Span {
        let mut all = self.steps.iter().map(|step| span(step.statement));
        let first = all.next().unwrap_or_else(|| Span::empty(0));
        all.fold(first, Span::cover)
    }
}

/// What is known of single calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alone {
    /// All it does is known, and changes nothing.
    Proven,
    Assumed,
    Refused,
}

/// Goes through blocks and finds rows.
pub(super) struct Finder<'c, 'a> {
    cx: &'c Cx<'a>,
    alone: RefCell<BTreeMap<Span, Alone>>,
}

impl<'c, 'a> Finder<'c, 'a> {
    pub fn new(cx: &'c Cx<'a>) -> Self {
        Self {
            cx,
            alone: RefCell::default(),
        }
    }

    /// The rows of one block, each as long as can be.
    pub fn rows(&self, block: &'a [Stmt]) -> Vec<Row<'a>> {
        let mut found = Vec::new();
        let mut open = Row {
            steps: Vec::new(),
            judged: Judged::default(),
        };
        let close = |open: &mut Row<'a>, found: &mut Vec<Row<'a>>| {
            let judged = std::mem::take(&mut open.judged);
            let mut steps = std::mem::take(&mut open.steps);
            while steps.last().is_some_and(|step| step.awaits.is_empty()) {
                steps.pop();
            }
            let row = Row { steps, judged };
            if row.awaits().count() > 1 {
                found.push(row);
            }
        };
        for statement in block {
            let Some(step) = Step::of(self.cx, statement) else {
                close(&mut open, &mut found);
                continue;
            };
            if step.awaits.is_empty() {
                if self.may_stand_between(&open.steps, &step) {
                    open.steps.push(step);
                } else {
                    close(&mut open, &mut found);
                }
                continue;
            }
            if !self.may_begin(&step) {
                close(&mut open, &mut found);
                continue;
            }
            if !self.follows(&open.steps, &step) {
                close(&mut open, &mut found);
            }
            let is_last = step.is_last;
            open.steps.push(step);
            match self.judged(&open.steps) {
                Some(judged) => open.judged = judged,
                None => {
                    let last = open.steps.pop();
                    close(&mut open, &mut found);
                    open.steps.extend(last);
                    match self.judged(&open.steps) {
                        Some(judged) => open.judged = judged,
                        None => open.steps.clear(),
                    }
                }
            }
            if is_last {
                close(&mut open, &mut found);
            }
        }
        close(&mut open, &mut found);
        found
    }

    /// Whether the calls of a step may overlap with anything, and with each other.
    fn may_begin(&self, step: &Step<'a>) -> bool {
        let limit = self.cx.options.max_concurrency;
        let known = step
            .awaits
            .iter()
            .all(|awaited| self.alone(awaited.call) != Alone::Refused);
        let apart = (1..step.awaits.len()).all(|index| {
            let earlier = Step {
                awaits: step.awaits[..index].to_vec(),
                targets: Vec::new(),
                ..*step
            };
            self.needs_nothing(&[&earlier], step.awaits[index].call)
        });
        known && apart && (limit == 0 || step.awaits.len() <= limit)
    }

    /// Whether nobody can tell that a statement comes after calls that follow it.
    fn may_stand_between(&self, before: &[Step<'a>], step: &Step<'a>) -> bool {
        let calls: Vec<&ExprCall> = before
            .iter()
            .flat_map(|step| step.awaits.iter().map(|awaited| awaited.call))
            .collect();
        if calls.is_empty() {
            return false;
        }
        let confirm = |plain: &[AnyNodeRef<'a>]| {
            let judged = judge(self.cx, &calls, plain, Runs::Several);
            judged.map(|judged| judged.confirm).ok()
        };
        confirm(&[]).is_some_and(|alone| confirm(&[step.value.into()]) == Some(alone))
    }

    /// Whether a step may be awaited with those before it.
    fn follows(&self, before: &[Step<'a>], step: &Step<'a>) -> bool {
        let limit = self.cx.options.max_concurrency;
        let count = |steps: &[Step<'a>]| steps.iter().map(|step| step.awaits.len()).sum::<usize>();
        if limit != 0 && count(before) + step.awaits.len() > limit {
            return false;
        }
        let before: Vec<&Step<'a>> = before.iter().collect();
        let mut calls = step.awaits.iter();
        calls.all(|awaited| self.needs_nothing(&before, awaited.call))
    }

    fn needs_nothing(&self, before: &[&Step<'a>], call: &'a ExprCall) -> bool {
        let is_proven = |call: &'a ExprCall| self.alone(call) == Alone::Proven;
        flow::needs(self.cx, before, call, &is_proven).is_none()
    }

    fn alone(&self, call: &'a ExprCall) -> Alone {
        let at = span(call);
        if let Some(&known) = self.alone.borrow().get(&at) {
            return known;
        }
        let known = match judge(self.cx, &[call], &[], Runs::Several) {
            Ok(judged) if judged.confirm.is_empty() => Alone::Proven,
            Ok(_) => Alone::Assumed,
            Err(_) => Alone::Refused,
        };
        self.alone.borrow_mut().insert(at, known);
        known
    }

    fn judged(&self, steps: &[Step<'a>]) -> Option<Judged> {
        let calls: Vec<&ExprCall> = steps
            .iter()
            .flat_map(|step| step.awaits.iter().map(|awaited| awaited.call))
            .collect();
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
