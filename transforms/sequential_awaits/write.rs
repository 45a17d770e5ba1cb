//! The code that takes the place of a row.

use super::names::{self, Named};
use super::rows::Row;
use super::statement;
use super::steps::{Awaited, Step};
use crate::fix::together::surroundings;
use crate::fix::together::{Between, Code, Sheet, Tasks, Way, Writer, call_code};
use crate::fix::{Cx, Fix};
use crate::model::file::{Place, Why, dotted, references_within, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

const AT_ONCE: &str = "await all of them at once with asyncio.gather";
const AS_TASKS: &str = "await all of them at once, as tasks";

type Written = Result<(&'static str, Vec<Edit>), Why>;

pub(super) fn fix<'a>(
    cx: &Cx<'a>,
    row: &Row<'a>,
    named: &Named,
) -> Result<Result<Fix, EditError>, Why> {
    let Some(first) = row.steps.first() else {
        return Err(Why::new("there is nothing to await"));
    };
    let node = AnyNodeRef::from(first.statement);
    may_stand(cx, row)?;
    let Place::Coroutine { function, .. } = cx.module.place(node) else {
        return Err(Why::new("`await` is not legal here"));
    };
    let coroutines = row
        .awaits()
        .all(|awaited| cx.gives(awaited.call).is_coroutine());
    let writer = Writer::new(cx, node, function, &row.judged, coroutines);
    let form = Form {
        cx,
        row,
        within: span(function),
        writer: &writer,
        named,
    };
    let (title, edits) = form.edits()?;
    let reason = reason(cx, row, &writer);
    let fix = Fix::judged(title, reason, cx.file, edits);
    Ok(fix.map(|fix| {
        writer
            .needs()
            .into_iter()
            .fold(fix, |fix, need| fix.needing(cx.file, Some(need)))
    }))
}

/// Refuses where something around the row forbids that its calls overlap. A `try` sees what it saw
/// before where results are read in order: names are bound after all calls are done, one by one.
fn may_stand<'a>(cx: &Cx<'a>, row: &Row<'a>) -> Result<(), Why> {
    match row.steps.first() {
        Some(first) => surroundings(cx, first.value.into()),
        None => Err(Why::new("there is nothing to await")),
    }
}

/// Whether what the calls do is not certain and something around them speaks against it as well: that
/// is not worth a word.
pub(super) fn is_doubtful_twice<'a>(cx: &Cx<'a>, row: &Row<'a>) -> bool {
    !row.judged.confirm.is_empty() && may_stand(cx, row).is_err()
}

/// What a person must confirm, if anything.
fn reason<'a>(cx: &Cx<'a>, row: &Row<'a>, writer: &Writer<'_, 'a>) -> Option<String> {
    let mut clauses: Vec<String> = row.judged.confirm.iter().cloned().collect();
    let is_proven = clauses.is_empty();
    let targets = row.steps.iter().flat_map(|step| &step.targets);
    if let Some(target) = targets.into_iter().find(|target| !binds_only_names(target)) {
        clauses.push(format!(
            "`{}` gets its value only when all of the calls are done",
            cx.module.describe(target)
        ));
    }
    let is_looked_at = |step: &Step<'a>| surroundings(cx, step.statement.into()).is_err();
    if row.steps.iter().any(is_looked_at) {
        clauses.push(
            "if it is cancelled while it waits, the `try` around it finds none of the results"
                .to_owned(),
        );
    }
    let bare = |step: &&Step<'a>| matches!(step.statement, Stmt::Expr(_));
    if let Some(awaited) = row.steps.iter().filter(bare).find_map(Step::only) {
        clauses.push(format!(
            "the result of `{}` is not used: another call may need what it does",
            cx.module.describe(&awaited.call.func)
        ));
    }
    if let Some(call) = row
        .awaits()
        .skip(1)
        .map(|awaited| awaited.call)
        .find(may_raise)
    {
        clauses.push(format!(
            "the arguments of `{}` are evaluated before the calls in front of it have run",
            cx.module.describe(&call.func)
        ));
    }
    match writer.failing() {
        Some(failing) => clauses.push(failing.to_owned()),
        None if is_proven || !row.judged.may_fail => {}
        None => clauses
            .push("if one call fails, those behind it have been made all the same".to_owned()),
    }
    (!clauses.is_empty()).then(|| clauses.join("; "))
}

fn binds_only_names(target: &Expr) -> bool {
    match target {
        Expr::Name(_) => true,
        Expr::Tuple(tuple) => tuple.elts.iter().all(binds_only_names),
        Expr::List(list) => list.elts.iter().all(binds_only_names),
        Expr::Starred(starred) => binds_only_names(&starred.value),
        _ => false,
    }
}

/// Whether evaluating the arguments of a call may raise an error, other than by a name that is wrong.
fn may_raise(call: &&ExprCall) -> bool {
    let mut may = false;
    walk(AnyNodeRef::from(&call.arguments), &mut |node| {
        may |= matches!(
            node,
            AnyNodeRef::ExprCall(_)
                | AnyNodeRef::ExprSubscript(_)
                | AnyNodeRef::ExprBinOp(_)
                | AnyNodeRef::ExprCompare(_)
                | AnyNodeRef::ExprStarred(_)
                | AnyNodeRef::Comprehension(_)
        );
        may |= matches!(node, AnyNodeRef::Keyword(keyword) if keyword.arg.is_none());
        TraversalSignal::Traverse
    });
    may || matches!(&*call.func, Expr::Attribute(method) if dotted(&method.value).is_none())
}

/// One row, and what is needed to write it anew.
struct Form<'f, 'a> {
    cx: &'f Cx<'a>,
    row: &'f Row<'a>,
    /// The function it stands in.
    within: Span,
    writer: &'f Writer<'f, 'a>,
    named: &'f Named,
}

impl<'a> Form<'_, 'a> {
    fn edits(&self) -> Written {
        let steps = &self.row.steps;
        let only = |step: &Step<'a>| step.only().is_some();
        let all_bare = steps
            .iter()
            .all(|step| only(step) && matches!(step.statement, Stmt::Expr(_)));
        let simple = |step: &Step<'a>| match step.statement {
            Stmt::Expr(_) => only(step),
            Stmt::Assign(_) => {
                only(step) && matches!(step.targets[..], [Expr::Name(_) | Expr::Attribute(_)])
            }
            _ => false,
        };
        match self.writer.way {
            Way::Gather if all_bare => self.gathered(),
            Way::Gather if steps.iter().all(simple) => self.unpacked(),
            Way::Gather => self.results(),
            Way::Group if all_bare => self.grouped(),
            Way::Wait | Way::Cancel if all_bare => self.listed(),
            Way::Wait | Way::Cancel | Way::Group => self.tasks(),
        }
    }

    /// `await asyncio.gather(f(), g())` where no result is kept.
    fn gathered(&self) -> Written {
        let gather = Code::call(&self.writer.asyncio("gather")?, self.commented(None)?);
        let line = self.writer.line("await ", &gather, "");
        Ok((AT_ONCE, vec![self.replaced(&line)]))
    }

    /// `a, b = await asyncio.gather(f(), g())`.
    fn unpacked(&self) -> Written {
        let gather = self.writer.asyncio("gather")?;
        let targets: Vec<String> = self
            .row
            .steps
            .iter()
            .map(|step| match step.targets.first() {
                Some(target) => self.cx.module.source(target).to_owned(),
                None => self.unused(),
            })
            .collect();
        let joined = format!("{} = await ", targets.join(", "));
        let indent = self.writer.indent.chars().count();
        let head = indent + joined.chars().count() + gather.chars().count() + 1;
        let newline = self.cx.module.layout().newline();
        let call = Code::call(&gather, self.commented(None)?);
        let line = if head <= self.cx.options.line_length {
            self.writer.line(&joined, &call, "")
        } else {
            let (indent, unit) = (&self.writer.indent, self.writer.unit());
            let lines: String = targets
                .iter()
                .map(|target| format!("{indent}{unit}{target},{newline}"))
                .collect();
            let rest = self.writer.line(") = await ", &call, "");
            format!("{indent}({newline}{lines}{rest}")
        };
        Ok((AT_ONCE, vec![self.replaced(&line)]))
    }

    /// The results first, and each in the place of its `await`.
    fn results(&self) -> Written {
        let gather = Code::call(&self.writer.asyncio("gather")?, self.calls()?);
        let direct: Vec<Option<String>> = self
            .row
            .steps
            .iter()
            .map(|step| self.direct(step))
            .collect();
        let mut results = names::for_calls(self.cx, self.within, self.row, "result", self.named);
        let mut index = 0;
        for (step, name) in self.row.steps.iter().zip(&direct) {
            if let (Some(name), Some(result)) = (name, results.get_mut(index)) {
                result.clone_from(name);
            }
            index += step.awaits.len();
        }
        let prefix = format!("{} = await ", results.join(", "));
        let lead = self.writer.line(&prefix, &gather, "");
        let direct: Vec<bool> = direct.iter().map(Option::is_some).collect();
        Ok((AT_ONCE, self.in_place(lead, &results, &direct)?))
    }

    /// Tasks in a list, for calls whose results nobody keeps.
    fn listed(&self) -> Written {
        let newline = self.cx.module.layout().newline();
        let starters = self.starters()?;
        let tasks = names::fresh(self.cx, self.within, "tasks", self.named);
        let list = Code::Bracketed {
            open: "[".to_owned(),
            parts: self.commented(Some(&starters))?,
            close: "]",
            between: Between::Commas,
        };
        let mut text = self
            .writer
            .together(&[(tasks.clone(), list)], Tasks::List(&tasks))?;
        if self.writer.way == Way::Wait {
            let (indent, unit) = (&self.writer.indent, self.writer.unit());
            let task = self.writer.fresh(&["task", "one"]);
            text.push_str(&format!("{indent}for {task} in {tasks}:{newline}"));
            text.push_str(&format!("{indent}{unit}{task}.result(){newline}"));
        }
        Ok((AS_TASKS, vec![self.replaced(&text)]))
    }

    /// Tasks of a group, for calls whose results nobody keeps.
    fn grouped(&self) -> Written {
        let starters = self.starters()?;
        let Some(name) = starters
            .first()
            .and_then(|starter| starter.split('.').next())
        else {
            return Err(Why::new("there is nothing to await"));
        };
        let (indent, unit) = (&self.writer.indent, self.writer.unit());
        let newline = self.cx.module.layout().newline();
        let group = self.writer.asyncio("TaskGroup")?;
        let mut text = format!("{indent}async with {group}() as {name}:{newline}");
        let deeper = format!("{indent}{unit}");
        for part in self.commented(Some(&starters))? {
            text.push_str(&self.writer.line_at(&deeper, "", &part, ""));
        }
        Ok((AS_TASKS, vec![self.replaced(&text)]))
    }

    /// A task for each call first, and its result in the place of the `await`.
    fn tasks(&self) -> Written {
        let tasks = names::for_calls(self.cx, self.within, self.row, "task", self.named);
        let starters = self.starters()?;
        let calls = starters.iter().zip(self.calls()?);
        let calls = calls.map(|(starter, call)| Code::call(starter, vec![call]));
        let started: Vec<(String, Code)> = tasks.iter().cloned().zip(calls).collect();
        let lead = self.writer.together(&started, Tasks::Named)?;
        let results: Vec<String> = tasks
            .iter()
            .map(|task| format!("{task}.result()"))
            .collect();
        Ok((AS_TASKS, self.in_place(lead, &results, &[])?))
    }

    /// The statements of the row, with the comments among them, replaced as a whole.
    fn replaced(&self, text: &str) -> Edit {
        let lines = self.cx.module.layout().whole_lines(self.row.span());
        let text = match lines.of(self.cx.module.text()).ends_with(['\n', '\r']) {
            true => text,
            false => text.trim_end_matches(['\n', '\r']),
        };
        Edit::replace(lines, text)
    }

    /// The name that the result of a statement can be given to at once, so that nothing is left of the
    /// statement: no other statement of the row has to do with it.
    fn direct(&self, step: &Step<'a>) -> Option<String> {
        step.only()?;
        let layout = self.cx.module.layout();
        if layout.has_comments(layout.whole_lines(span(step.statement))) {
            return None;
        }
        let name = match (step.statement, &step.targets[..]) {
            (Stmt::Expr(_), []) => return Some(self.unused()),
            (Stmt::Assign(_), [Expr::Name(name)]) => name,
            _ => return None,
        };
        let mut others = self
            .row
            .steps
            .iter()
            .filter(|other| span(other.statement).start() < span(step.statement).start());
        let concerned = others.any(|other| {
            let names = references_within(other.statement.into());
            names.iter().any(|other| other.id == name.id)
        });
        (!concerned).then(|| name.id.to_string())
    }

    /// Lines before the row, and a text in the place of each `await`. Of statements that are given
    /// their results `directly`, nothing is left.
    fn in_place(
        &self,
        mut lead: String,
        texts: &[String],
        directly: &[bool],
    ) -> Result<Vec<Edit>, Why> {
        let layout = self.cx.module.layout();
        let mut edits = Vec::new();
        let start = self.cx.module.layout().line_start(self.row.span().start());
        let mut texts = texts.iter().map(String::as_str);
        for (index, step) in self.row.steps.iter().enumerate() {
            let awaits = step.awaits.iter().copied().zip(texts.by_ref()).collect();
            let lines = layout.whole_lines(span(step.statement));
            match (directly.get(index), index) {
                (Some(true), 0) => edits.push(Edit::replace(lines, std::mem::take(&mut lead))),
                (Some(true), _) => edits.push(Edit::delete(lines)),
                _ => edits.extend(statement::replaced(self.cx, step, awaits)?),
            }
        }
        if !lead.is_empty() {
            edits.insert(0, Edit::insert(start, lead));
        }
        Ok(edits)
    }

    /// The calls, as code.
    fn calls(&self) -> Result<Vec<Code>, Why> {
        self.row
            .awaits()
            .map(|awaited| call_code(self.cx, awaited.call))
            .collect()
    }

    /// The calls, each below the comments that stand above it and behind it.
    fn commented(&self, starters: Option<&[String]>) -> Result<Vec<Code>, Why> {
        let module = self.cx.module;
        let mut codes = self.calls()?;
        if let Some(starters) = starters {
            let each = codes.into_iter().zip(starters);
            codes = each
                .map(|(code, starter)| Code::call(starter, vec![code]))
                .collect();
        }
        let mut comments = vec![Vec::new(); codes.len()];
        let lines = module.layout().whole_lines(self.row.span());
        for comment in module.layout().comments_in(lines) {
            let text = comment.of(module.text());
            // The statement that it stands above, or behind.
            let owner = self.row.steps.iter().position(|step| {
                let end = span(step.statement).end();
                end > comment.start() || module.layout().line_end(end) >= comment.end()
            });
            let inside = owner
                .and_then(|owner| self.row.steps.get(owner))
                .is_some_and(|step| span(step.statement).contains(comment));
            match owner.and_then(|owner| comments.get_mut(owner)) {
                Some(above) if !inside && !is_directive(text) => above.push(text),
                _ => {
                    return Err(Why::new(format!(
                        "the comment `{text}` belongs to the line it stands on"
                    )));
                }
            }
        }
        let sheet = self.writer.sheet();
        let deeper = self.writer.indent.chars().count() + sheet.unit.chars().count();
        let narrow = Sheet {
            limit: sheet.limit.saturating_sub(deeper),
            newline: "\n",
            ..sheet
        };
        let all = codes.into_iter().zip(comments);
        let all = all.map(|(code, above)| match above.is_empty() {
            true => code,
            false => {
                let call = code.laid(narrow, "", "", ",");
                Code::text(format!("{}\n{call}", above.join("\n")))
            }
        });
        Ok(all.collect())
    }

    /// What makes a task of each call.
    fn starters(&self) -> Result<Vec<String>, Why> {
        let calls: Vec<Awaited<'a>> = self.row.awaits().collect();
        calls
            .into_iter()
            .map(|awaited| {
                self.writer
                    .starter(self.cx.gives(awaited.call).is_coroutine())
            })
            .collect()
    }

    /// A name for a result that nobody reads.
    fn unused(&self) -> String {
        match self.cx.module.uses_name(self.within, "_") {
            true => self.writer.fresh(&["unused"]),
            false => "_".to_owned(),
        }
    }
}

/// Whether a comment speaks to a tool about the line it stands on.
fn is_directive(comment: &str) -> bool {
    let text = comment.trim_start_matches('#').trim_start();
    let words = [
        "type:", "noqa", "pragma", "pylint", "fmt:", "mypy", "pyright", "asyncfix", "ruff",
    ];
    words.iter().any(|word| text.starts_with(word))
}
