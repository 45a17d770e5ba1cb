//! List, set and dict comprehensions.

use super::raising::Varying;
use super::render::{self, Named, Place, Results, Rounds};
use super::{Outcome, element, flow, outcome, place, raising, shape};
use crate::fix::Cx;
use crate::fix::together::{Code, Runs, Way, Writer, judge, surroundings};
use crate::model::file::{Place as Where, Why, references_within};
use crate::python::ast::{AnyNodeRef, Comprehension, Expr, ExprAwait, ExprRef};
use crate::python::span;
use crate::text::{Edit, Edits, Span};

pub(super) fn fix<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, named: &Named) -> Result<Outcome, Why> {
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
    let mut names = Vec::new();
    for clause in generators {
        names.extend(shape::target_names(&clause.target)?);
    }
    let each = element::each(cx, node, &elements, &awaits, &names)?;
    let moved = each.moved;
    surroundings(cx, node)?;
    for call in &each.calls {
        shape::differs(call, &names)?;
    }
    shape::binds_nothing(node)?;
    cx.module.going_through(&first.iter)?;
    flow::not_consumed(cx, node, &first.iter)?;
    let conditions = || generators.iter().flat_map(|clause| &clause.ifs);
    let awaits_in = |condition: &Expr| span(condition).contains(span(moved));
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
    let judged = judge(cx, &each.calls, &plain, Runs::Each(&names))?;
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
    let length = match generators {
        [only] => cx.module.length_of(&only.iter),
        _ => None,
    };
    let varying = Varying::of(cx, &names, generators.iter().map(|clause| &clause.iter));
    let coroutines = each.makes_coroutines(cx, varying, length);
    let mut writer = Writer::new(cx, statement, function, &judged, coroutines);
    let above = place::lines_above(cx, statement, node);
    if above.is_err() {
        writer.way = Way::Gather;
    }
    let clauses: Vec<_> = generators
        .iter()
        .map(|clause| {
            (
                &clause.iter,
                clause.ifs.iter().take_while(|it| !awaits_in(it)).collect(),
            )
        })
        .collect();
    let mut doubts = raising::doubts(cx, &clauses, varying);
    let leads = place::put_above(cx, statement, node, "").is_ok();
    if !leads && each.raises(cx, varying) {
        doubts.push(
            "an argument of the call may raise: then the calls made before it are not awaited"
                .to_owned(),
        );
    }
    let place = Place {
        writer,
        named,
        leads,
    };
    let exact = elements.iter().any(|element| span(*element) == span(moved));
    let form = Form {
        place: &place,
        node,
        generators,
        elements: &elements,
        moved,
        names: &names,
        above,
    };
    let mut lead = String::new();
    let text = if exact && node.is_expr_list_comp() && place.writer.way == Way::Gather {
        let rounds = each.rounds(&place, render::clauses(cx, generators)?, varying, length)?;
        let text = laid_out(&place, node, &place.gathered(&rounds)?)?;
        let broken = text.contains(['\n', '\r']);
        if broken && !cx.module.layout().alone(span(statement)) {
            return Err(too_long());
        }
        lead.push_str(&rounds.lead);
        text
    } else {
        let (beside, clauses) = form.beside()?;
        let rounds = each.rounds(&place, clauses, varying, length)?;
        form.over_results(&rounds, &beside, &mut lead)?
    };
    let mut edits = vec![put(cx, node, text)];
    if !lead.is_empty() {
        edits.push(place::put_above(cx, statement, node, &lead)?);
    }
    Ok(outcome(
        &place.writer,
        "items",
        judged,
        doubts,
        length,
        edits,
    ))
}

/// The new expression, on one line or broken, in the parentheses that its place asks for.
fn laid_out<'a>(
    place: &Place<'_, 'a>,
    node: AnyNodeRef<'a>,
    gathered: &Code,
) -> Result<String, Why> {
    let cx = place.writer.cx;
    let layout = cx.module.layout();
    let text = cx.module.text();
    let here = span(node);
    let (open, close) = match cx.module.parent(node) {
        Some(AnyNodeRef::ExprAttribute(_)) => ("(", ")"),
        Some(AnyNodeRef::ExprSubscript(outer)) if span(&*outer.value) == here => ("(", ")"),
        _ => ("", ""),
    };
    let indent = layout.indent_at(here.start());
    let line_start = layout.line_start(here.start()) + indent.len();
    let before = Span::new(line_start, here.start()).of(text);
    let after = Span::new(here.end(), layout.line_end(here.end())).of(text);
    let (prefix, suffix) = (format!("{before}{open}"), format!("{close}{after}"));
    let sheet = place.writer.sheet();
    let mut laid = gathered.laid(sheet, indent, &prefix, &suffix);
    let broken = laid.contains(['\n', '\r']);
    // What stands alone in parentheses gets lines of its own.
    if broken && prefix.ends_with('(') && suffix.starts_with(')') {
        let deeper = format!("{indent}{}", sheet.unit);
        let newline = sheet.newline;
        let argument = gathered.laid(sheet, &deeper, "", "");
        laid = format!("{newline}{deeper}{argument}{newline}{indent}");
    }
    let in_text = cx.module.ancestors(node).any(|ancestor| {
        matches!(
            ancestor,
            AnyNodeRef::ExprFString(_) | AnyNodeRef::ExprTString(_)
        )
    });
    if broken && (in_text || !render::may_break(&prefix, &suffix)) {
        return Err(too_long());
    }
    Ok(format!("{open}{laid}{close}"))
}

/// Puts text in the place of the comprehension. Brackets that were broken for it alone are joined,
/// where their line has room now.
fn put<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, text: String) -> Edit {
    let (layout, whole, here) = (cx.module.layout(), cx.module.text(), span(node));
    let before = whole[..here.start()].trim_end();
    let after = whole[here.end()..].trim_start();
    let inside = Span::new(before.len(), whole.len() - after.len());
    let has_lines = |from, to| Span::new(from, to).of(whole).contains(['\n', '\r']);
    let alone = before.ends_with(['(', '[', '{'])
        && after.starts_with([')', ']', '}'])
        && has_lines(inside.start(), here.start())
        && has_lines(here.end(), inside.end());
    if !alone || text.contains(['\n', '\r']) {
        return Edit::replace(here, text);
    }
    let parent = cx.module.parent(node);
    let own = parent.zip(node.as_expr_ref());
    let own = own.and_then(|(parent, node)| layout.parentheses(node, parent));
    let replaced = own.unwrap_or(inside);
    let opening = Span::new(layout.line_start(replaced.start()), replaced.start()).of(whole);
    let closing = Span::new(replaced.end(), layout.line_end(replaced.end())).of(whole);
    let line = format!("{opening}{text}{closing}");
    match line.chars().count() <= cx.options.line_length {
        true => Edit::replace(replaced, text),
        false => Edit::replace(here, text),
    }
}

fn too_long() -> Why {
    Why::new("the line would be too long: give the comprehension a statement of its own first")
}

/// What the results are gone through with.
struct Beside<'a> {
    /// The list of the items, or the items as they are written.
    items: String,
    /// What is in it.
    target: String,
    /// The line that makes the list.
    line: String,
    /// A condition that awaits, and those after it.
    filters: &'a [Expr],
    /// The items are read beside the results.
    is_read: bool,
}

struct Form<'f, 'a> {
    place: &'f Place<'f, 'a>,
    node: AnyNodeRef<'a>,
    generators: &'a [Comprehension],
    elements: &'f [&'a Expr],
    /// What the calls are made by, and their results take the place of.
    moved: ExprRef<'a>,
    names: &'f [&'a str],
    /// Whether what the comprehension does may be done before its statement.
    above: Result<(), Why>,
}

impl<'a> Form<'_, 'a> {
    /// The conditions from the one that awaits on: they are asked of the results.
    fn filters(&self) -> Result<&'a [Expr], Why> {
        let awaits = |condition: &Expr| span(condition).contains(span(self.moved));
        for (index, clause) in self.generators.iter().enumerate() {
            if let Some(first) = clause.ifs.iter().position(awaits) {
                return match index + 1 == self.generators.len() {
                    true => Ok(&clause.ifs[first..]),
                    false => Err(Why::new("whether it goes on depends on what it awaits")),
                };
            }
        }
        Ok(&[])
    }

    /// The results as they are make the set.
    fn is_exact_set(&self) -> bool {
        matches!(self.node, AnyNodeRef::ExprSetComp(_))
            && span(self.elements[0]) == span(self.moved)
            && self.place.needs_builtin(self.node, "set").is_ok()
    }

    /// What the results are gone through with, and the clauses over which the calls are made.
    fn beside(&self) -> Result<(Beside<'a>, Vec<String>), Why> {
        let cx = self.place.writer.cx;
        let filters = self.filters()?;
        let mut clauses = render::clauses(cx, self.generators)?;
        clauses.truncate(clauses.len() - filters.len());
        let is_read = !filters.is_empty()
            || self
                .elements
                .iter()
                .any(|element| self.reads_items(element));
        let mut beside = Beside {
            items: String::new(),
            target: String::new(),
            line: String::new(),
            filters,
            is_read,
        };
        if !is_read {
            return Ok((beside, clauses));
        }
        self.place.needs_builtin(self.node, "zip")?;
        let single = match self.generators {
            [only] if clauses.len() == 1 => Some(only),
            _ => None,
        };
        if let Some(clause) = single {
            let target = shape::on_one_line(cx, &clause.target)?;
            beside.target = render::inner_target(&clause.target, target);
            if cx.module.is_repeatable(&clause.iter) {
                beside.items = shape::operand(cx, &clause.iter)?;
                return Ok((beside, clauses));
            }
        }
        if let Err(why) = &self.above {
            return Err(match single {
                Some(clause) => Why::new(format!(
                    "`{}` may give other items the second time: give the comprehension a statement of its own first",
                    cx.module.describe(&clause.iter)
                )),
                None => why.clone(),
            });
        }
        let items = self.place.name_for(&["items"]);
        let kept = match single {
            Some(clause) => {
                let target = shape::on_one_line(cx, &clause.target)?;
                let kept = self.place.kept(&clause.iter)?;
                clauses = vec![format!("for {target} in {items}")];
                Code::text(kept)
            }
            None => {
                let names = self.names.join(", ");
                let inner = match self.names.len() {
                    1 => names.clone(),
                    _ => format!("({names})"),
                };
                let kept = Code::comprehension("[", Code::text(&inner), &clauses);
                clauses = vec![format!("for {names} in {items}")];
                beside.target = inner;
                kept
            }
        };
        beside.line = self.place.writer.line(&format!("{items} = "), &kept, "");
        beside.items = items;
        Ok((beside, clauses))
    }

    /// The comprehension over the results, beside the items where it needs them. Where the line
    /// would be too long, the results get a name first.
    fn over_results(
        &self,
        rounds: &Rounds,
        beside: &Beside<'a>,
        lead: &mut String,
    ) -> Result<String, Why> {
        lead.push_str(&rounds.lead);
        lead.push_str(&beside.line);
        if self.place.writer.way == Way::Gather {
            let gathered = self.place.gathered(rounds)?.flat();
            let one = self.place.writer.fresh(&["result"]);
            let inline = Results {
                lines: String::new(),
                value: one.clone(),
                one,
                all: gathered,
            };
            let inline = self.all(&inline, beside)?;
            if self.fits_in_place(&inline) {
                return Ok(inline);
            }
            if self.above.is_err() {
                return Err(too_long());
            }
        }
        let results = self.place.results(rounds, true)?;
        lead.push_str(&results.lines);
        self.all(&results, beside)
    }

    fn all(&self, results: &Results, beside: &Beside<'a>) -> Result<String, Why> {
        if results.value == results.one && self.is_exact_set() && !beside.is_read {
            return Ok(format!("set({})", results.all));
        }
        self.text(results, beside)
    }

    fn reads_items(&self, expression: &'a Expr) -> bool {
        references_within(AnyNodeRef::from(expression))
            .iter()
            .any(|name| {
                self.names.contains(&name.id.as_str()) && !span(self.moved).contains(span(*name))
            })
    }

    /// The text of the comprehension over the results, with one of them in the place of the `await`.
    fn text(&self, results: &Results, beside: &Beside<'a>) -> Result<String, Why> {
        let cx = self.place.writer.cx;
        let Results {
            one, all, value, ..
        } = results;
        let header = match beside.is_read {
            false => format!("for {one} in {all}"),
            true => format!(
                "for {}, {one} in zip({}, {all})",
                beside.target, beside.items
            ),
        };
        let whole = span(self.node);
        let (Some(first), Some(last)) = (self.generators.first(), self.generators.last()) else {
            return Err(Why::new("it has no `for`"));
        };
        let kept = last.ifs.len() - beside.filters.len();
        let clause_end = match (beside.filters.is_empty(), kept.checked_sub(1)) {
            (true, _) => span(last).end(),
            (_, Some(before)) => render::end_with_parentheses(cx, &last.ifs[before]),
            _ => render::end_with_parentheses(cx, &last.iter),
        };
        let local =
            |span: Span| Span::new(span.start() - whole.start(), span.end() - whole.start());
        let clauses = Span::new(span(first).start(), clause_end);
        let edits = Edits::new(vec![
            Edit::replace(
                local(render::with_parentheses(cx, self.moved)),
                value.as_str(),
            ),
            Edit::replace(local(clauses), header),
        ])
        .map_err(|error| Why::new(error.to_string()))?;
        let text = edits.apply(whole.of(cx.module.text()));
        let joined = joined(&text).filter(|joined| self.fits_in_place(joined));
        Ok(joined.unwrap_or(text))
    }

    /// Whether the line that the comprehension stands on has room for `text` instead of it.
    fn fits_in_place(&self, text: &str) -> bool {
        let (module, here) = (self.place.writer.cx.module, span(self.node));
        let layout = module.layout();
        let before = Span::new(layout.line_start(here.start()), here.start()).of(module.text());
        let after = Span::new(here.end(), layout.line_end(here.end())).of(module.text());
        format!("{before}{text}{after}")
            .split(['\n', '\r'])
            .all(|line| line.chars().count() <= self.place.writer.cx.options.line_length)
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
