//! The code that takes the place of a row, as ruff format would leave it.

use super::layout::{Bracketed, Code, Item, Page, code_of, width};
use super::names::{self, Named};
use super::rows::Row;
use super::steps::{Awaited, Step, with_parentheses};
use crate::fix::together::surroundings;
use crate::fix::{Cx, Failure, Fix, reach};
use crate::model::file::{ImportName, Place, Target, Why, walk};
use crate::model::project::Target as Runs;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

/// What is needed to write code in the place of a row.
struct Writer<'c, 'a> {
    cx: &'c Cx<'a>,
    row: &'c Row<'a>,
    /// The function it stands in.
    within: Span,
    page: Page<'c>,
    named: &'c Named,
    needs: Vec<ImportName>,
}

pub(super) fn fix<'a>(
    cx: &Cx<'a>,
    row: &Row<'a>,
    named: &Named,
) -> Result<Result<Fix, EditError>, Why> {
    let Some(first) = row.steps.first() else {
        return Err(Why::new("there is nothing to await"));
    };
    let node = AnyNodeRef::from(first.statement);
    surroundings(cx, node)?;
    let Place::Coroutine { function, .. } = cx.module.place(node) else {
        return Err(Why::new("`await` is not legal here"));
    };
    let layout = cx.module.layout();
    let indent = layout.indent_at(span(first.statement).start());
    let unit = match indent.contains('\t') {
        true => "\t",
        false => layout.indent_unit(),
    };
    let mut writer = Writer {
        cx,
        row,
        within: span(function),
        page: Page {
            indent,
            unit,
            newline: layout.newline(),
            limit: cx.options.line_length,
        },
        named,
        needs: Vec::new(),
    };
    let (title, edits) = writer.edits()?;
    let reason = reason(cx, row);
    let fix = Fix::judged(title, reason, cx.file, edits);
    let needs = writer.needs;
    Ok(fix.map(|fix| {
        needs
            .into_iter()
            .fold(fix, |fix, need| fix.needing(cx.file, Some(need)))
    }))
}

/// What a person must confirm, if anything.
fn reason<'a>(cx: &Cx<'a>, row: &Row<'a>) -> Option<String> {
    let mut clauses: Vec<String> = row.judged.confirm.iter().cloned().collect();
    let is_proven = clauses.is_empty();
    for target in row.steps.iter().flat_map(|step| &step.targets) {
        if !binds_only_names(target) {
            clauses.push(format!(
                "`{}` is given its value only when all of them are done",
                cx.module.describe(target)
            ));
        }
    }
    if let Some(call) = row.awaits().skip(1).map(|awaited| awaited.call).find(may_raise) {
        clauses.push(format!(
            "the arguments of `{}` are evaluated before the calls in front of it have run",
            cx.module.describe(&call.func)
        ));
    }
    if row.judged.may_fail {
        match cx.options.failure {
            Failure::SequentialEquivalent if is_proven => {}
            Failure::SequentialEquivalent => clauses.push(
                "if one call fails, those behind it have been made all the same".to_owned(),
            ),
            Failure::FirstError => clauses.push(
                "if one call fails, the others still run to their end, and the error raised is the first in time".to_owned(),
            ),
            Failure::CancelSiblings => clauses.push(
                "if one call fails, the others are cancelled, and the error raised is the first in time".to_owned(),
            ),
        }
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
    may || matches!(&*call.func, Expr::Attribute(method) if !is_dotted(&method.value))
}

fn is_dotted(expression: &Expr) -> bool {
    crate::model::file::dotted(expression).is_some()
}

const AT_ONCE: &str = "await all of them at once with asyncio.gather";
const AS_TASKS: &str = "await all of them at once, as tasks";

type Written = Result<(&'static str, Vec<Edit>), Why>;

impl<'a> Writer<'_, 'a> {
    fn edits(&mut self) -> Written {
        let failure = self.cx.options.failure;
        let is_plain = failure == Failure::FirstError || !self.row.judged.may_fail;
        let steps = &self.row.steps;
        let bare = |step: &Step<'a>| step.only().is_some() && step.targets.is_empty();
        let all_bare = steps
            .iter()
            .all(|step| bare(step) && matches!(step.statement, Stmt::Expr(_)));
        let simple = |step: &Step<'a>| match step.statement {
            Stmt::Expr(_) => bare(step),
            Stmt::Assign(_) => {
                step.only().is_some()
                    && matches!(step.targets[..], [Expr::Name(_) | Expr::Attribute(_)])
            }
            _ => false,
        };
        match (is_plain, all_bare) {
            (true, true) => self.gathered(),
            (true, false) if steps.iter().all(simple) => self.unpacked(),
            (true, false) => self.results(),
            (false, true) => self.listed(),
            (false, false) => self.tasks(),
        }
    }

    /// `await asyncio.gather(f(), g())` where no result is kept.
    fn gathered(&mut self) -> Written {
        let gather = self.asyncio("gather")?;
        let code = Code::call(format!("await {gather}("), self.items(None)?);
        let line = self.line("", &code);
        Ok((AT_ONCE, vec![self.replaced(&line)]))
    }

    /// `a, b = await asyncio.gather(f(), g())`.
    fn unpacked(&mut self) -> Written {
        let gather = self.asyncio("gather")?;
        let code = Code::call(format!("await {gather}("), self.items(None)?);
        let targets: Vec<String> = self
            .row
            .steps
            .iter()
            .map(|step| match step.targets.first() {
                Some(target) => self.cx.module.source(target).to_owned(),
                None => self.unused(),
            })
            .collect();
        let joined = targets.join(", ");
        let Page {
            indent,
            unit,
            newline,
            limit,
        } = self.page;
        let head = format!("{indent}{joined} = await {gather}(");
        let prefix = if width(&head) <= limit {
            format!("{joined} = ")
        } else {
            let lines: String = targets
                .iter()
                .map(|target| format!("{indent}{unit}{target},{newline}"))
                .collect();
            format!("({newline}{lines}{indent}) = ")
        };
        let line = self.line(&prefix, &code);
        Ok((AT_ONCE, vec![self.replaced(&line)]))
    }

    /// The results first, and each in the place of its `await`.
    fn results(&mut self) -> Written {
        let gather = self.asyncio("gather")?;
        let items = self.calls()?.into_iter().map(Item::of).collect();
        let results = names::for_calls(self.cx, self.within, self.row, "result", self.named);
        let code = Code::call(format!("await {gather}("), items);
        let lead = self.line(&format!("{} = ", results.join(", ")), &code);
        Ok((AT_ONCE, self.in_place(&lead, &results)?))
    }

    /// Tasks in a list, for calls whose results nobody keeps.
    fn listed(&mut self) -> Written {
        let Page {
            indent,
            unit,
            newline,
            ..
        } = self.page;
        let creators = self.creators()?;
        let items = self.items(Some(&creators))?;
        let tasks = names::fresh(self.cx, self.within, "tasks", self.named);
        let task = names::fresh(self.cx, self.within, "task", self.named);
        let list = Code::Bracketed(Bracketed {
            open: "[".to_owned(),
            items,
            close: "]",
            each: false,
        });
        let made = self.line(&format!("{tasks} = "), &list);
        let cancel = [
            format!("for {task} in {tasks}:"),
            format!("{unit}{task}.cancel()"),
        ];
        let unpacked = [Code::Text(format!("*{tasks}"))];
        let mut lines = vec![made, self.waited(&unpacked, &cancel)?];
        if self.cx.options.failure == Failure::SequentialEquivalent {
            lines.push(format!("{indent}for {task} in {tasks}:"));
            lines.push(format!("{indent}{unit}{task}.result()"));
        }
        Ok((AS_TASKS, vec![self.replaced(&lines.join(newline))]))
    }

    /// A task for each call first, and its result in the place of the `await`.
    fn tasks(&mut self) -> Written {
        let tasks = names::for_calls(self.cx, self.within, self.row, "task", self.named);
        let creators = self.creators()?;
        let mut lines = Vec::new();
        for ((task, creator), code) in tasks.iter().zip(&creators).zip(self.calls()?) {
            let code = Code::call(format!("{creator}("), vec![Item::of(code)]);
            lines.push(self.line(&format!("{task} = "), &code));
        }
        let all: Vec<Code> = tasks.iter().cloned().map(Code::Text).collect();
        let cancel: Vec<String> = tasks.iter().map(|task| format!("{task}.cancel()")).collect();
        lines.push(self.waited(&all, &cancel)?);
        let results: Vec<String> = tasks.iter().map(|task| format!("{task}.result()")).collect();
        let edits = self.in_place(&lines.join(self.page.newline), &results)?;
        Ok((AS_TASKS, edits))
    }

    /// The lines that wait for tasks as the setting for failures has it.
    fn waited(&mut self, tasks: &[Code], cancel: &[String]) -> Result<String, Why> {
        let gather = self.asyncio("gather")?;
        let Page {
            indent,
            unit,
            newline,
            ..
        } = self.page;
        let texts = |tasks: &[Code]| -> Vec<Item> {
            tasks
                .iter()
                .filter_map(Code::text)
                .map(|text| Item::of(Code::Text(text.to_owned())))
                .collect()
        };
        let mut all = texts(tasks);
        all.push(Item::of(Code::Text("return_exceptions=True".to_owned())));
        let settled = Code::call(format!("await {gather}("), all);
        if self.cx.options.failure != Failure::CancelSiblings {
            return Ok(self.line("", &settled));
        }
        let deeper = format!("{indent}{unit}");
        let inner = Page {
            indent: &deeper,
            ..self.page
        };
        let waited = Code::call(format!("await {gather}("), texts(tasks));
        let mut lines = vec![
            format!("{indent}try:"),
            format!("{deeper}{}", waited.on(inner, width(&deeper), 0)),
            format!("{indent}except BaseException:"),
        ];
        lines.extend(cancel.iter().map(|line| format!("{deeper}{line}")));
        lines.push(format!("{deeper}{}", settled.on(inner, width(&deeper), 0)));
        lines.push(format!("{deeper}raise"));
        Ok(lines.join(newline))
    }

    /// One statement at the row's indentation.
    fn line(&self, prefix: &str, code: &Code) -> String {
        let indent = self.page.indent;
        // Only the last line of what stands in front of the code is on its own.
        let before = prefix.rsplit(['\n', '\r']).next().unwrap_or(prefix);
        let before = match before.len() == prefix.len() {
            true => width(indent) + width(before),
            false => width(before),
        };
        format!("{indent}{prefix}{}", code.on(self.page, before, 0))
    }

    /// The statements of the row, with the comments among them, replaced as a whole.
    fn replaced(&self, text: &str) -> Edit {
        let layout = self.cx.module.layout();
        let lines = layout.whole_lines(self.row.span());
        let ending = match lines.of(self.cx.module.text()).ends_with(['\n', '\r']) {
            true => self.page.newline,
            false => "",
        };
        Edit::replace(lines, format!("{text}{ending}"))
    }

    /// Lines before the row, and a text in the place of each `await`.
    fn in_place(&self, lead: &str, texts: &[String]) -> Result<Vec<Edit>, Why> {
        let module = self.cx.module;
        let layout = module.layout();
        let start = layout.line_start(self.row.span().start());
        let mut edits = vec![Edit::insert(start, format!("{lead}{}", self.page.newline))];
        let mut texts = texts.iter();
        for step in &self.row.steps {
            let replaced: Vec<(Span, &String)> = step
                .awaits
                .iter()
                .map(|awaited| with_parentheses(self.cx, awaited.awaited))
                .zip(texts.by_ref())
                .collect();
            for (whole, _) in &replaced {
                if layout.has_comments(*whole) {
                    return Err(Why::new(
                        "comments stand inside one of the calls: move them above it first",
                    ));
                }
            }
            edits.extend(self.statement(step, &replaced));
        }
        Ok(edits)
    }

    /// The edits of one statement: its awaits replaced, and its value laid out anew where that makes
    /// a line too long, or leaves several lines where one will do.
    fn statement(&self, step: &Step<'a>, replaced: &[(Span, &String)]) -> Vec<Edit> {
        let module = self.cx.module;
        let edits = || {
            let edits = replaced.iter();
            edits
                .map(|(whole, text)| Edit::replace(*whole, text.as_str()))
                .collect()
        };
        if step.only().is_some() || replaced.is_empty() {
            return edits();
        }
        let whole = span(step.statement);
        let line = Span::new(
            module.layout().line_start(whole.start()),
            module.layout().line_end(whole.end()),
        );
        let text = line.of(module.text());
        let gone: usize = replaced.iter().map(|(gone, _)| width(gone.of(module.text()))).sum();
        let new: usize = replaced.iter().map(|(_, text)| width(text)).sum();
        let is_one_line = !text.contains(['\n', '\r']);
        if is_one_line && width(text) + new - gone <= self.page.limit {
            return edits();
        }
        let instead = |at: Span| {
            let awaited = step.awaits.iter().zip(replaced);
            let mut found = awaited.filter(|(awaited, _)| span(awaited.awaited) == at);
            found.next().map(|(_, (_, text))| (*text).clone())
        };
        let start = span(step.value).start();
        let prefix = Span::new(line.start(), start).of(module.text());
        match code_of(self.cx, step.value, &instead) {
            Ok(code) if !prefix.contains(['\n', '\r']) => {
                let text = code.on(self.page, width(prefix), 0);
                vec![Edit::replace(span(step.value), text)]
            }
            _ => edits(),
        }
    }

    /// The calls, as code.
    fn calls(&self) -> Result<Vec<Code>, Why> {
        self.row
            .awaits()
            .map(|awaited| code_of(self.cx, &awaited.awaited.value, &|_| None))
            .collect()
    }

    /// The calls with the comments that stand above them and behind them.
    fn items(&self, creators: Option<&[String]>) -> Result<Vec<Item>, Why> {
        let module = self.cx.module;
        let mut items: Vec<Item> = Vec::new();
        for (index, code) in self.calls()?.into_iter().enumerate() {
            let creator = creators.and_then(|creators| creators.get(index));
            items.push(Item::of(match creator {
                Some(creator) => Code::call(format!("{creator}("), vec![Item::of(code)]),
                None => code,
            }));
        }
        let lines = module.layout().whole_lines(self.row.span());
        for comment in module.layout().comments_in(lines) {
            let text = comment.of(module.text()).to_owned();
            let below = |step: &Step<'a>| span(step.statement).start() > comment.start();
            let next = self.row.steps.iter().position(below);
            let previous = next.unwrap_or(items.len()).checked_sub(1);
            let before = previous.and_then(|index| self.row.steps.get(index));
            let same_line = before.is_some_and(|step| {
                let end = span(step.statement).end();
                comment.start() >= end && module.layout().line_end(end) >= comment.end()
            });
            let inside = before.is_some_and(|step| span(step.statement).end() > comment.start());
            let item = match (same_line, next) {
                _ if inside => None,
                (true, _) => previous.and_then(|index| items.get_mut(index)),
                (false, Some(index)) => items.get_mut(index),
                (false, None) => None,
            };
            match item {
                Some(item) if same_line => item.behind = Some(text),
                Some(item) => item.above.push(text),
                None => {
                    return Err(Why::new(
                        "comments stand inside one of the calls: move them above it first",
                    ));
                }
            }
        }
        Ok(items)
    }

    /// What makes a task of each call: `create_task` takes nothing but coroutines.
    fn creators(&mut self) -> Result<Vec<String>, Why> {
        let calls: Vec<Awaited<'a>> = self.row.awaits().collect();
        calls
            .into_iter()
            .map(|awaited| match makes_coroutine(self.cx, awaited.call) {
                true => self.asyncio("create_task"),
                false => self.asyncio("ensure_future"),
            })
            .collect()
    }

    fn asyncio(&mut self, member: &str) -> Result<String, Why> {
        let Some(first) = self.row.steps.first() else {
            return Err(Why::new("there is nothing to await"));
        };
        let reached = reach(self.cx, "asyncio", member, first.statement.into())?;
        self.needs.extend(reached.need);
        Ok(reached.text)
    }

    /// A name for a result that nobody reads.
    fn unused(&self) -> String {
        match self.cx.module.uses_name(self.within, "_") {
            true => self.cx.module.fresh_name(self.within, &["unused"]),
            false => "_".to_owned(),
        }
    }
}

/// Whether a call is known to give a coroutine, and not another awaitable.
fn makes_coroutine<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    match (cx.module.target(call), cx.target_of(call)) {
        (Target::Function(function, _), _) => function.is_async,
        (_, Runs::Functions(functions)) => functions.iter().all(|function| {
            let function = cx.project.function(*function);
            function.is_some_and(|function| function.is_async)
        }),
        _ => false,
    }
}
