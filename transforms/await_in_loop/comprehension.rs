//! List, set and dict comprehensions.

use super::render::{self, Gathered, Named, Place};
use super::{flow, shape};
use crate::fix::together::{Runs, judge, surroundings};
use crate::fix::{Cx, Fix};
use crate::model::file::{Place as Where, Why, references_within};
use crate::python::ast::{AnyNodeRef, Comprehension, Expr, ExprAwait};
use crate::python::span;
use crate::text::{Edit, EditError, Edits, Span};

pub(super) fn fix<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    named: &Named,
) -> Result<Result<Fix, EditError>, Why> {
    let (generators, elements): (&[Comprehension], Vec<&Expr>) = match node {
        AnyNodeRef::ExprListComp(list) => (&list.generators, vec![&list.elt]),
        AnyNodeRef::ExprSetComp(set) => (&set.generators, vec![&set.elt]),
        AnyNodeRef::ExprDictComp(dict) => {
            let key = dict
                .key
                .as_deref()
                .ok_or_else(|| Why::new("it unpacks mappings"))?;
            (&dict.generators, vec![key, &dict.value])
        }
        _ => return Err(Why::new("it is no comprehension")),
    };
    if generators.iter().any(|clause| clause.is_async) {
        return Err(Why::new("`async for` gives one item at a time"));
    }
    let first = generators
        .first()
        .ok_or_else(|| Why::new("it has no `for`"))?;
    let awaits: Vec<&ExprAwait> = shape::awaits_within(node)
        .into_iter()
        .filter(|found| !span(&first.iter).contains(span(*found)))
        .collect();
    let (awaited, call) = shape::only_call(cx, node, &awaits)?;

    let mut names = Vec::new();
    for clause in generators {
        names.extend(shape::target_names(&clause.target)?);
    }
    surroundings(cx, node)?;
    shape::differs(call, &names)?;
    shape::binds_nothing(node)?;
    cx.module.going_through(&first.iter)?;
    flow::not_consumed(cx, node, &first.iter)?;
    let conditions = || generators.iter().flat_map(|clause| &clause.ifs);
    for condition in conditions() {
        shape::condition(cx, condition, &names)?;
    }
    // Every iterable but the first is asked for in each round.
    let iterables = generators.iter().skip(1).map(|clause| &clause.iter);
    let plain: Vec<AnyNodeRef<'a>> = elements
        .iter()
        .copied()
        .chain(conditions())
        .chain(iterables)
        .map(AnyNodeRef::from)
        .collect();
    let judged = judge(cx, &[call], &plain, Runs::Each(&names))?;
    if !judged.confirm.is_empty()
        && let Some(word) = generators
            .iter()
            .find_map(|clause| cx.module.one_at_a_time((&clause.iter).into()))
    {
        return Err(Why::new(format!(
            "what the call does is not known, and `{word}` speaks of something that serves one call at a time"
        )));
    }
    if cx.module.layout().has_comments(span(node)) {
        return Err(Why::new("it holds comments"));
    }
    let Where::Coroutine { function, .. } = cx.module.place(node) else {
        return Err(Why::new("`await` is not legal here"));
    };
    let statement = cx
        .module
        .statement(node)
        .ok_or_else(|| Why::new("it is not part of a statement"))?;
    let line_indent = cx.module.layout().indent_at(span(node).start());
    let place = Place {
        cx,
        function,
        indent: cx.module.layout().indent_at(span(statement).start()),
        named,
    };
    let length = match generators {
        [only] => cx.module.length_of(&only.iter),
        _ => None,
    };
    let exact = elements
        .iter()
        .any(|element| span(*element) == span(awaited));
    let form = Form {
        place: &place,
        node,
        statement,
        generators,
        elements: &elements,
        awaited,
        names: &names,
    };
    let (gathered, text) = match node {
        AnyNodeRef::ExprListComp(_) if exact => {
            let gathered = place.gather(call, render::clauses(cx, generators)?, &names, length)?;
            let text = laid_out(&place, line_indent, node, &gathered)?;
            let broken = text.contains(['\n', '\r']);
            if broken && !cx.module.layout().alone(span(statement)) {
                return Err(too_long());
            }
            (gathered, text)
        }
        _ => {
            let beside = form.beside()?;
            let clauses = form.inner_clauses(&beside)?;
            let mut gathered = place.gather(call, clauses, &names, length)?;
            let text = form.over_results(&mut gathered, &beside)?;
            (gathered, text)
        }
    };
    let mut edits = vec![Edit::replace(span(node), text)];
    if !gathered.lead.is_empty() {
        edits.push(above(cx, statement, &gathered.lead)?);
    }
    let title = "await all items at once with asyncio.gather";
    let fix = Fix::review(title, render::review(&judged), cx.file, edits);
    Ok(fix.map(|fix| {
        gathered
            .needs
            .into_iter()
            .fold(fix, |fix, need| fix.needing(cx.file, Some(need)))
    }))
}

/// The new expression, on one line or broken, in the parentheses that its place asks for.
fn laid_out<'a>(
    place: &Place<'_, 'a>,
    indent: &'a str,
    node: AnyNodeRef<'a>,
    gathered: &Gathered,
) -> Result<String, Why> {
    let cx = place.cx;
    let layout = cx.module.layout();
    let text = cx.module.text();
    let here = span(node);
    let (open, close) = match cx.module.parent(node) {
        Some(AnyNodeRef::ExprAttribute(_)) => ("(", ")"),
        Some(AnyNodeRef::ExprSubscript(outer)) if span(&*outer.value) == here => ("(", ")"),
        _ => ("", ""),
    };
    let line_start = layout.line_start(here.start()) + indent.len();
    let before = Span::new(line_start, here.start()).of(text);
    let after = Span::new(here.end(), layout.line_end(here.end())).of(text);
    let line_place = Place {
        cx,
        function: place.function,
        indent,
        named: place.named,
    };
    let (prefix, suffix) = (format!("{before}{open}"), format!("{close}{after}"));
    let line = line_place.line(&prefix, gathered, &suffix);
    let broken = line.contains(['\n', '\r']);
    let in_text = cx.module.ancestors(node).any(|ancestor| {
        matches!(
            ancestor,
            AnyNodeRef::ExprFString(_) | AnyNodeRef::ExprTString(_)
        )
    });
    if broken && (in_text || !render::may_break(&prefix, &suffix)) {
        return Err(too_long());
    }
    let start = indent.len() + before.len();
    Ok(line[start..line.len() - after.len()].to_owned())
}

fn too_long() -> Why {
    Why::new("the line would be too long: give the comprehension a statement of its own first")
}

/// Puts statements above the one that holds the comprehension.
fn above<'a>(cx: &Cx<'a>, statement: AnyNodeRef<'a>, lead: &str) -> Result<Edit, Why> {
    let layout = cx.module.layout();
    let start = span(statement).start();
    let line = layout.line_start(start);
    let own_line = Span::new(line, start)
        .of(cx.module.text())
        .trim()
        .is_empty();
    let repeated = matches!(statement, AnyNodeRef::StmtWhile(_) | AnyNodeRef::StmtIf(_));
    if !own_line || repeated {
        return Err(Why::new("there is no place for a semaphore above it"));
    }
    Ok(Edit::insert(line, lead))
}

/// What the results are gone through with.
enum Beside {
    Nothing,
    /// The items, as they are written.
    Items(String),
    /// The items, kept in a list of this name.
    List(String),
}

struct Form<'f, 'a> {
    place: &'f Place<'f, 'a>,
    node: AnyNodeRef<'a>,
    statement: AnyNodeRef<'a>,
    generators: &'a [Comprehension],
    elements: &'f [&'a Expr],
    awaited: &'a ExprAwait,
    names: &'f [&'a str],
}

impl<'a> Form<'_, 'a> {
    fn only_clause(&self) -> Result<&'a Comprehension, Why> {
        match self.generators {
            [only] => Ok(only),
            _ => Err(Why::new("it has several `for`s, and does more than await")),
        }
    }

    /// The `await` is a condition.
    fn filters(&self, clause: &'a Comprehension) -> bool {
        clause
            .ifs
            .iter()
            .any(|condition| span(condition).contains(span(self.awaited)))
    }

    /// The results as they are make the set.
    fn is_exact_set(&self) -> bool {
        matches!(self.node, AnyNodeRef::ExprSetComp(_))
            && span(self.elements[0]) == span(self.awaited)
            && self.place.needs_builtin(self.node, "set").is_ok()
    }

    fn beside(&self) -> Result<Beside, Why> {
        let module = self.place.cx.module;
        let clause = self.only_clause()?;
        let filters = self.filters(clause);
        let reads = self
            .elements
            .iter()
            .any(|element| self.reads_items(element));
        if !filters && !reads {
            return Ok(Beside::Nothing);
        }
        self.place.needs_builtin(self.node, "zip")?;
        if !filters && !clause.ifs.is_empty() {
            return Err(Why::new(
                "it filters its items, and needs them beside the results",
            ));
        }
        if module.is_repeatable(&clause.iter) {
            return shape::operand(self.place.cx, &clause.iter).map(Beside::Items);
        }
        if !self.is_whole_value() {
            return Err(Why::new(format!(
                "`{}` may give other items the second time: give the comprehension a statement of its own first",
                module.describe(&clause.iter)
            )));
        }
        let function = span(self.place.function);
        Ok(Beside::List(
            module.fresh_name(function, &["items", "rounds"]),
        ))
    }

    /// The clauses of the comprehension inside `gather`.
    fn inner_clauses(&self, beside: &Beside) -> Result<Vec<String>, Why> {
        let cx = self.place.cx;
        let clause = self.only_clause()?;
        let mut all = render::clauses(cx, self.generators)?;
        if self.filters(clause) {
            if clause.ifs.len() > 1 {
                return Err(Why::new("it has several conditions, and awaits in one"));
            }
            all.truncate(1);
        }
        if let Beside::List(items) = beside {
            let target = shape::on_one_line(cx, &clause.target)?;
            all[0] = format!("for {target} in {items}");
        }
        Ok(all)
    }

    /// The comprehension over the results, beside the items where it needs them. Where the line
    /// would be too long, the results get a name first.
    fn over_results(&self, gathered: &mut Gathered, beside: &Beside) -> Result<String, Why> {
        let module = self.place.cx.module;
        let layout = module.layout();
        let clause = self.only_clause()?;
        let filters = self.filters(clause);
        if let Beside::List(items) = beside {
            let kept = self.place.kept(&clause.iter)?;
            let line = format!("{}{items} = {kept}", self.place.indent);
            gathered.lead.push_str(&line);
            gathered.lead.push_str(layout.newline());
        }
        let all = |results: &str| match self.is_exact_set() {
            true => Ok(format!("set({results})")),
            false => self.text(results, beside, filters),
        };
        let inline = all(&gathered.expression())?;
        if self.fits_in_place(&inline) {
            return Ok(inline);
        }
        if !self.is_whole_value() {
            return Err(too_long());
        }
        let results = module.fresh_name(span(self.place.function), &["results", "gathered"]);
        let line = self.place.line(&format!("{results} = "), gathered, "");
        gathered.lead.push_str(&line);
        gathered.lead.push_str(layout.newline());
        all(&results)
    }

    fn reads_items(&self, expression: &'a Expr) -> bool {
        references_within(AnyNodeRef::from(expression))
            .iter()
            .any(|name| {
                self.names.contains(&name.id.as_str()) && !span(self.awaited).contains(span(*name))
            })
    }

    /// Nothing of the statement is evaluated before the comprehension.
    fn is_whole_value(&self) -> bool {
        let value = match self.statement {
            AnyNodeRef::StmtAssign(assign) if assign.targets.iter().all(Expr::is_name_expr) => {
                Some(&*assign.value)
            }
            AnyNodeRef::StmtAnnAssign(assign) if assign.target.is_name_expr() => {
                assign.value.as_deref()
            }
            AnyNodeRef::StmtReturn(statement) => statement.value.as_deref(),
            _ => None,
        };
        // `max([...])`: the name of a function is nothing to evaluate.
        let value = value.map(|value| match value {
            Expr::Call(call) if call.func.is_name_expr() => {
                call.arguments.args.first().unwrap_or(value)
            }
            other => other,
        });
        value.is_some_and(|value| span(value) == span(self.node))
    }

    /// The text of the comprehension, with a name for the `await` and `results` to go through.
    fn text(&self, results: &str, beside: &Beside, filters: bool) -> Result<String, Why> {
        let cx = self.place.cx;
        let clause = self.only_clause()?;
        let result = cx
            .module
            .fresh_name(span(self.place.function), &["result", "value"]);
        let header = match beside {
            Beside::Nothing => format!("for {result} in {results}"),
            Beside::Items(items) | Beside::List(items) => {
                let target = shape::on_one_line(cx, &clause.target)?;
                let target = render::inner_target(&clause.target, target);
                format!("for {target}, {result} in zip({items}, {results})")
            }
        };
        let whole = span(self.node);
        let clause_end = match filters {
            true => render::end_with_parentheses(cx, &clause.iter),
            false => span(clause).end(),
        };
        let local =
            |span: Span| Span::new(span.start() - whole.start(), span.end() - whole.start());
        let clauses = Span::new(span(clause).start(), clause_end);
        let edits = Edits::new(vec![
            Edit::replace(local(render::with_parentheses(cx, self.awaited)), result),
            Edit::replace(local(clauses), header),
        ])
        .map_err(|error| Why::new(error.to_string()))?;
        let text = edits.apply(whole.of(cx.module.text()));
        let joined = joined(&text).filter(|joined| self.fits_in_place(joined));
        Ok(joined.unwrap_or(text))
    }

    /// Whether the line that the comprehension stands on has room for `text` instead of it.
    fn fits_in_place(&self, text: &str) -> bool {
        let (module, here) = (self.place.cx.module, span(self.node));
        let layout = module.layout();
        let before = Span::new(layout.line_start(here.start()), here.start()).of(module.text());
        let after = Span::new(here.end(), layout.line_end(here.end())).of(module.text());
        format!("{before}{text}{after}")
            .split(['\n', '\r'])
            .all(|line| line.chars().count() <= self.place.cx.options.line_length)
    }
}

/// A comprehension of several lines on one, as a formatter would join them; nothing if a part of it
/// is itself laid out over lines.
fn joined(text: &str) -> Option<String> {
    // Python ends lines at a bare carriage return as well.
    let lines: Vec<&str> = text
        .split(['\n', '\r'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let [open, parts @ .., close] = &lines[..] else {
        return None;
    };
    let closed = |line: &&str| {
        line.matches(['(', '[', '{']).count() == line.matches([')', ']', '}']).count()
            && !line.contains("\"\"\"")
            && !line.contains("'''")
    };
    let whole = open.len() == 1 && close.len() == 1 && parts.iter().all(closed);
    whole.then(|| format!("{open}{}{close}", parts.join(" ")))
}
