//! The edits that make clients of sessions.

use super::super::raising::names_within;
use super::home::{Home, How, Making};
use super::uses::Uses;
use super::{Session, judge};
use crate::fix::{Cx, FileId, reach};
use crate::model::file::{ImportName, Why};
use crate::model::project::FunctionRef;
use crate::python::ast::{AnyNodeRef, Expr};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, Span};
use std::collections::BTreeMap;

/// What changes besides the requests.
pub(in super::super) struct Change {
    pub edits: Vec<Edit>,
    /// Those that move lines to the right, where nothing else changes their start.
    pub indents: Vec<Edit>,
    pub needs: Vec<ImportName>,
    pub reviews: Vec<String>,
    /// Edits in this file and others that make coroutine functions of those that close the session.
    pub others: BTreeMap<FileId, Vec<Edit>>,
}

impl<'a> Session<'a> {
    /// `arguments` is what the client has to be told for the requests.
    pub fn change(&self, cx: &Cx<'a>, arguments: &[&str]) -> Result<Change, Why> {
        let uses = self.uses.as_ref().map_err(Why::clone)?;
        let row = |written: &str| self.names.new.session.get(written);
        let close = row("close()").and_then(|row| row.to.as_deref());
        let makers = self.names.old.sessions.iter().flat_map(|it| &it.makers);
        let makers: Vec<&str> = makers.map(String::as_str).collect();
        let class = &self.names.new.client.class;
        let becomes = Becomes {
            makers: &makers,
            class,
            close: close.unwrap_or("close"),
        };
        let mut change = Change::begin(cx, &self.home, uses, becomes)?;
        if self.home.kept && !uses.closed.is_empty() {
            let name = &self.home.name;
            change
                .reviews
                .push(format!("`{name}` cannot send any more once it is closed"));
        }
        for making in &self.home.makings {
            if let How::With(_) = making.how {
                let row = row("with").ok_or_else(|| {
                    Why::new(format!("a client of {} has no `with`", self.names.new.to))
                })?;
                let review = judge(row.class, &row.why)?;
                change.reviews.extend(review.map(str::to_owned));
            }
            let mut options = making.options.clone();
            let mut told: Vec<String> = Vec::new();
            for argument in arguments {
                let name = argument.split('=').next();
                let given = options.iter().position(|(option, _)| Some(*option) == name);
                told.push(match given.map(|index| options.remove(index)) {
                    Some((option, value)) => format!("{option}={value}"),
                    None => (*argument).to_owned(),
                });
            }
            let rest = options.iter();
            told.extend(rest.map(|(option, value)| format!("{option}={value}")));
            change.make(cx, making, class, &told)?;
        }
        Ok(change)
    }
}

/// What a session becomes.
#[derive(Clone, Copy)]
pub(in super::super) struct Becomes<'b> {
    pub makers: &'b [&'b str],
    pub class: &'b str,
    /// What closing it is called.
    pub close: &'b str,
}

impl Change {
    /// What changes wherever the session is made.
    pub fn begin<'a>(
        cx: &Cx<'a>,
        home: &Home<'a>,
        uses: &Uses<'a>,
        becomes: Becomes<'_>,
    ) -> Result<Self, Why> {
        let mut change = Self {
            edits: uses.edits.clone(),
            indents: Vec::new(),
            needs: uses.needs.clone(),
            reviews: uses.reviews.iter().cloned().collect(),
            others: BTreeMap::new(),
        };
        let name = &home.name;
        if home.kept {
            change.reviews.push(format!(
                "`{name}` serves one event loop now: other loops and threads must not use it"
            ));
            if uses.closed.is_empty() {
                let close = becomes.close;
                change.reviews.push(format!(
                    "nothing closes `{name}`: its owner has to `await {name}.{close}()` in the end"
                ));
            }
        }
        let opened = |making: &Making<'_>| matches!(making.how, How::With(_));
        if home.later && home.makings.iter().any(opened) {
            change.reviews.push(format!(
                "all tasks that send with `{name}` must be through before its `with` ends"
            ));
        }
        for function in &uses.closing {
            change.close_in(cx, *function)?;
        }
        for annotation in &home.annotations {
            change.declare(cx, home, annotation, becomes)?;
        }
        Ok(change)
    }

    /// How the new class is named at a place.
    fn class(&mut self, cx: &Cx<'_>, class: &str, node: AnyNodeRef<'_>) -> Result<String, Why> {
        let (module, class) = class.rsplit_once('.').unwrap_or(("", class));
        let client = reach(cx, module, class, node)?;
        self.needs.extend(client.need);
        Ok(client.text)
    }

    /// An annotation that names the session's class.
    fn declare<'a>(
        &mut self,
        cx: &Cx<'a>,
        home: &Home<'a>,
        annotation: &'a Expr,
        becomes: Becomes<'_>,
    ) -> Result<(), Why> {
        let is_session = |class: &&'a Expr| {
            let name = cx.module.qualified(class);
            name.is_some_and(|name| becomes.makers.contains(&name.as_str()))
        };
        let to = self.class(cx, becomes.class, annotation.into())?;
        let named = names_within(annotation.into());
        let named = std::iter::once(annotation).chain(named).filter(is_session);
        let edits: Vec<Edit> = named
            .map(|name| Edit::replace(span(name), to.as_str()))
            .collect();
        if edits.is_empty() {
            return Err(Why::new(format!(
                "the annotation of `{}` does not show what to change",
                home.name
            )));
        }
        self.edits.extend(edits);
        Ok(())
    }

    /// Makes a function that closes the session a coroutine function, and its callers await it.
    fn close_in(&mut self, cx: &Cx<'_>, function: FunctionRef) -> Result<(), Why> {
        let nested = cx.options.target >= PythonVersion::PY311;
        let colouring = cx.project.colouring(function, nested)?;
        for function in &colouring.functions {
            if let Some(of) = cx.project.function(*function) {
                let edits = self.others.entry(function.file).or_default();
                edits.push(Edit::insert(of.starts, "async "));
            }
        }
        for (file, index) in &colouring.awaits {
            if let Some(call) = cx.project.call(*file, *index as usize) {
                let edits = self.others.entry(*file).or_default();
                let (before, after) = match call.wraps {
                    true => ("(await ", ")"),
                    false => ("await ", ""),
                };
                edits.push(Edit::insert(call.at.start(), before));
                if !after.is_empty() {
                    edits.push(Edit::insert(call.at.end(), after));
                }
            }
        }
        self.reviews.extend(colouring.reviews);
        let public: Vec<String> = colouring
            .public
            .iter()
            .map(|it| format!("`{it}`"))
            .collect();
        if !public.is_empty() {
            self.reviews.push(format!(
                "{} must be awaited now, by callers outside of these files too",
                public.join(", ")
            ));
        }
        Ok(())
    }

    /// Makes a client where a session was made.
    pub fn make(
        &mut self,
        cx: &Cx<'_>,
        making: &Making<'_>,
        class: &str,
        arguments: &[String],
    ) -> Result<(), Why> {
        let class = self.class(cx, class, making.call.into())?;
        let layout = cx.module.layout();
        let call = span(making.call);
        for folded in &making.folded {
            self.edits.retain(|edit| !folded.contains(edit.span()));
            let lines = layout.whole_lines(*folded);
            // With the line break before it, where the start of the next line changes as well.
            let gone = match making.moved() {
                Some(_) => Span::new(
                    lines.start().saturating_sub(layout.newline().len()),
                    layout.line_end(folded.end()),
                ),
                None => lines,
            };
            self.edits.push(Edit::delete(gone));
        }
        let (start, tail) = match &making.how {
            How::With(with) => {
                self.edits.push(Edit::insert(span(*with).start(), "async "));
                (6, None)
            }
            How::Assigned { lines: None, .. } => (0, None),
            How::Assigned {
                block,
                lines: Some(lines),
            } => {
                let made = span(&block.statements[block.index]);
                let head = Span::new(made.start(), call.start());
                self.edits.push(Edit::replace(head, "async with "));
                let tail = format!(" as {}:", making.name);
                self.indents
                    .extend(layout.indent(layout.whole_lines(*lines)));
                (11_isize - head.len() as isize, Some(tail))
            }
        };
        let line = Span::new(layout.line_start(call.start()), layout.line_end(call.end()));
        let tail = tail.unwrap_or_default();
        let joined = arguments.join(", ");
        let short = format!("{class}({joined})");
        let width = line.of(cx.module.text()).chars().count() as isize - call.len() as isize
            + start
            + (short.chars().count() + tail.chars().count()) as isize;
        let limit = cx.options.line_length;
        let indent = layout.indent_at(call.start());
        let (newline, unit) = (layout.newline(), layout.indent_unit());
        let inner = format!("{newline}{indent}{unit}");
        let text = match (width > limit as isize, joined.is_empty()) {
            (true, false) if inner.len() - newline.len() + joined.len() <= limit => {
                format!("{class}({inner}{joined}{newline}{indent})")
            }
            (true, false) => {
                let lines: Vec<String> = arguments
                    .iter()
                    .map(|argument| format!("{inner}{argument},"))
                    .collect();
                format!("{class}({}{newline}{indent})", lines.concat())
            }
            _ => short,
        };
        self.edits
            .push(Edit::replace(call, format!("{text}{tail}")));
        Ok(())
    }
}
