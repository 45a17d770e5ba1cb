//! The calls of a loop, as a comprehension of them: what takes the place of its rounds.

use super::raising::{self, Varying};
use super::shape;
use crate::fix::Cx;
use crate::fix::together::{Code, Tasks, Way, Writer, call_code};
use crate::model::file::{Lookup, Target, Why, references_within};
use crate::python::ast::{AnyNodeRef, Comprehension, Expr, ExprCall, ExprRef, StmtFor};
use crate::python::span;
use crate::text::Span;
use std::cell::RefCell;

/// A call for each item, as the parts of a comprehension.
pub(super) struct Rounds {
    /// Statements to put first, each with its line ending, already indented.
    pub lead: String,
    /// What one round is: `load(client, name)`.
    each: Code,
    /// What `each` gives is a coroutine, and no other awaitable.
    is_coroutine: bool,
    /// What is called, in a word: `load`.
    word: String,
    /// `for name in names if name`, one clause each.
    pub clauses: Vec<String>,
}

/// How the results of all rounds are read, in their order.
pub(super) struct Results {
    /// The lines that make all calls and wait for them.
    pub lines: String,
    /// The list: `tasks`.
    pub all: String,
    /// A name for what is in it: `task`.
    pub one: String,
    /// What the call of a round gave: `task.result()`.
    pub value: String,
}

/// A place where code is written.
pub(super) struct Place<'c, 'a> {
    pub writer: Writer<'c, 'a>,
    pub named: &'c Named,
    /// There is a place for statements above.
    pub leads: bool,
}

/// The names that fixes of one file bind, each with the function it stands in: two fixes must not use
/// one name for different things.
pub(super) type Named = RefCell<Vec<(Span, String)>>;

/// Whether no more calls than may run at a time are made.
pub(super) fn is_bounded(cx: &Cx<'_>, length: Option<usize>) -> bool {
    let limit = cx.options.max_concurrency;
    limit == 0 || length.is_some_and(|length| length <= limit)
}

/// Whether what is made of a call for each item is a coroutine.
pub(super) fn makes_coroutines<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    varying: Varying<'_>,
    length: Option<usize>,
) -> bool {
    !is_bounded(cx, length) || raising::call(cx, call, varying) || cx.gives(call).is_coroutine()
}

/// What goes above a function that is put before a statement.
pub(super) fn gap_above<'a>(cx: &Cx<'a>, statement: AnyNodeRef<'a>) -> &'a str {
    let above = &cx.module.text()[..span(statement).start()];
    let above = above.trim_end_matches([' ', '\t']);
    let is_first = above.trim_end().ends_with(':');
    let is_spaced = above.ends_with("\n\n") || above.ends_with("\r\n\r\n");
    match is_first || is_spaced {
        true => "",
        false => cx.module.layout().newline(),
    }
}

/// What a loop over results goes through beside them.
pub(super) struct Items {
    /// The items or a name for the list of them, and what is in it; nothing if they are not read.
    pub beside: Option<String>,
    /// The line that makes that list.
    pub line: String,
    /// The clauses over which calls are made.
    pub clauses: Vec<String>,
}

impl Rounds {
    /// Calls of a coroutine function, over these clauses.
    pub fn of(each: Code, word: String, clauses: Vec<String>) -> Self {
        Self {
            lead: String::new(),
            each,
            is_coroutine: true,
            word,
            clauses,
        }
    }
}

impl<'a> Place<'_, 'a> {
    /// What a loop goes through under conditions, and what is needed of it beside results.
    pub fn items(
        &self,
        statement: &'a StmtFor,
        conditions: &[String],
        is_read: bool,
    ) -> Result<Items, Why> {
        let cx = self.writer.cx;
        let iterable = shape::operand(cx, &statement.iter)?;
        let target = shape::on_one_line(cx, &statement.target)?;
        let mut clauses = vec![format!("for {target} in {iterable}")];
        clauses.extend(conditions.iter().cloned());
        if !is_read {
            return Ok(Items {
                beside: None,
                line: String::new(),
                clauses,
            });
        }
        self.needs_builtin(statement.into(), "zip")?;
        let short = matches!(
            &*statement.iter,
            Expr::Name(_) | Expr::Tuple(_) | Expr::List(_)
        ) || iterable.chars().count() <= 30;
        let repeatable = cx.module.is_repeatable(&statement.iter);
        let fits = self.fits(&format!(
            "for {target}, result in zip({iterable}, results):"
        ));
        if repeatable && fits && short && conditions.is_empty() {
            return Ok(Items {
                beside: Some(iterable),
                line: String::new(),
                clauses,
            });
        }
        let items = self.name_for(&["items"]);
        let kept = match conditions {
            [] => Code::text(self.kept(&statement.iter)?),
            _ => {
                let inner = inner_target(&statement.target, target);
                Code::comprehension("[", Code::text(inner), &clauses)
            }
        };
        Ok(Items {
            line: self.writer.line(&format!("{items} = "), &kept, ""),
            clauses: vec![format!("for {target} in {items}")],
            beside: Some(items),
        })
    }

    /// The header of a loop over results, beside the items where those are read.
    pub fn header(
        &self,
        statement: &'a StmtFor,
        items: &Items,
        results: &Results,
    ) -> Result<String, Why> {
        let cx = self.writer.cx;
        let (one, every) = (&results.one, Code::text(&results.all));
        let Some(beside) = &items.beside else {
            return Ok(self.writer.line(&format!("for {one} in "), &every, ":"));
        };
        let target = shape::on_one_line(cx, &statement.target)?;
        let inner = inner_target(&statement.target, target);
        let zipped = Code::call("zip", vec![Code::text(beside), every]);
        Ok(self
            .writer
            .line(&format!("for {inner}, {one} in "), &zipped, ":"))
    }

    /// `call` over `clauses`. With more items than may run at a
    /// time, or a number that is not known, a semaphore bounds them. What may raise while a call is
    /// made does so in a function of its own, as part of the round.
    pub fn rounds(
        &self,
        call: &'a ExprCall,
        clauses: Vec<String>,
        varying: Varying<'_>,
        length: Option<usize>,
    ) -> Result<Rounds, Why> {
        let writer = &self.writer;
        let cx = writer.cx;
        let each = call_code(cx, call)?;
        let bounded = is_bounded(cx, length);
        if bounded && !(raising::call(cx, call, varying) && self.leads) {
            return Ok(Rounds {
                lead: String::new(),
                each,
                is_coroutine: cx.gives(call).is_coroutine(),
                word: word_of(cx, &[call]),
                clauses,
            });
        }
        let each = each.after("await ");
        self.one_round(call.into(), &[call], &each, clauses, varying, length)
    }

    /// A function of its own that returns `code`, which is that of `node` and makes `calls`, for each
    /// round; bounded where there may be more of them than may run at a time.
    pub fn one_round(
        &self,
        node: AnyNodeRef<'a>,
        calls: &[&'a ExprCall],
        code: &Code,
        clauses: Vec<String>,
        varying: Varying<'_>,
        length: Option<usize>,
    ) -> Result<Rounds, Why> {
        let writer = &self.writer;
        let cx = writer.cx;
        let bounded = is_bounded(cx, length);
        let word = word_of(cx, calls);
        let callee = match calls {
            [only] => cx.module.describe(&only.func),
            _ => word.clone(),
        };
        let callee = callee
            .rsplit('.')
            .next()
            .unwrap_or(&callee)
            .trim_matches('_');
        let is_name = |character: char| character.is_alphanumeric() || character == '_';
        let callee = match callee.chars().all(is_name) && !callee.is_empty() {
            true => callee,
            false => word.as_str(),
        };
        let inner = match bounded {
            true => self.name_for_one(&word),
            false => self.name_for(&[&format!("bounded_{callee}"), &format!("limited_{callee}")]),
        };
        let read = references_within(node);
        let mut parameters: Vec<&str> = Vec::new();
        for &name in varying.names {
            let is_read = read.iter().any(|reference| reference.id == name);
            if is_read && !parameters.contains(&name) {
                parameters.push(name);
            }
        }
        let arguments = parameters.iter().copied().map(Code::text).collect();
        let parameters = parameters.join(", ");
        let newline = cx.module.layout().newline();
        let (indent, unit) = (&writer.indent, writer.unit());
        let mut lead = String::new();
        let mut deeper = format!("{indent}{unit}");
        let header = format!("{indent}async def {inner}({parameters}):{newline}");
        if bounded {
            lead.push_str(gap_above(cx, writer.at));
            lead.push_str(&header);
        } else {
            let semaphore = writer.asyncio("Semaphore")?;
            let limit = cx.options.max_concurrency;
            let limit_name = writer.fresh(&["semaphore", "limit"]);
            lead.push_str(&format!(
                "{indent}{limit_name} = {semaphore}({limit}){newline}{newline}{header}"
            ));
            lead.push_str(&format!("{deeper}async with {limit_name}:{newline}"));
            deeper.push_str(unit);
        }
        lead.push_str(&writer.line_at(&deeper, "return ", code, ""));
        lead.push_str(newline);
        Ok(Rounds {
            lead,
            each: Code::call(&inner, arguments),
            is_coroutine: true,
            word,
            clauses,
        })
    }

    /// `await asyncio.gather(*[...])`.
    pub fn gathered(&self, rounds: &Rounds) -> Result<Code, Why> {
        let gather = self.writer.asyncio("gather")?;
        let all = Code::comprehension("*[", rounds.each.clone(), &rounds.clauses);
        Ok(Code::call(&gather, vec![all]).after("await "))
    }

    /// The lines that make all calls and wait for them, and how their results are read. With `is_own`,
    /// what reads them is a comprehension, whose names are its own.
    pub fn results(&self, rounds: &Rounds, is_own: bool) -> Result<Results, Why> {
        if self.writer.way == Way::Gather {
            let all = self.name_for(&["results", &format!("{}_results", rounds.word)]);
            let one = self.one("result", &rounds.word, is_own);
            let gathered = self.gathered(rounds)?;
            return Ok(Results {
                lines: self.writer.line(&format!("{all} = "), &gathered, ""),
                value: one.clone(),
                all,
                one,
            });
        }
        let all = self.name_for(&["tasks", &format!("{}_tasks", rounds.word)]);
        let one = self.one("task", &rounds.word, is_own);
        let starter = self.writer.starter(rounds.is_coroutine)?;
        let started = Code::call(&starter, vec![rounds.each.clone()]);
        let list = Code::comprehension("[", started, &rounds.clauses);
        Ok(Results {
            lines: self
                .writer
                .together(&[(all.clone(), list)], Tasks::List(&all))?,
            value: format!("{one}.result()"),
            all,
            one,
        })
    }

    fn one(&self, name: &str, word: &str, is_own: bool) -> String {
        match is_own {
            true => self.writer.fresh(&[name]),
            false => self.name_for(&[name, &format!("{word}_{name}")]),
        }
    }

    /// A name for the function that is one round.
    pub fn name_for_one(&self, word: &str) -> String {
        self.name_for(&[&format!("{word}_one"), &format!("{word}_each")])
    }

    /// A name that no code and no other fix uses in this function: the first of these that can be had.
    pub fn name_for(&self, names: &[&str]) -> String {
        let within = span(self.writer.function);
        let mut named = self.named.borrow_mut();
        let is_taken = |name: &str| {
            let other = |(other, taken): &(Span, String)| *other == within && taken == name;
            self.writer.cx.module.uses_name(within, name) || named.iter().any(other)
        };
        let last = names.last().copied().unwrap_or_default();
        let numbered = (2..).map(|number| format!("{last}_{number}"));
        let given = names.iter().map(|&name| name.to_owned());
        let name = given
            .chain(numbered)
            .find(|name| !is_taken(name))
            .unwrap_or_default();
        named.push((within, name.clone()));
        name
    }

    /// An expression that keeps all items of an iterable.
    pub fn kept(&self, items: &'a Expr) -> Result<String, Why> {
        let cx = self.writer.cx;
        let text = shape::operand(cx, items)?;
        let module = cx.module;
        let is_list = match items {
            Expr::List(_) | Expr::ListComp(_) | Expr::Tuple(_) => true,
            Expr::Call(call) => matches!(
                module.target(call),
                Target::Builtin("list" | "sorted" | "tuple")
            ),
            _ => false,
        };
        let is_collection =
            matches!(items, Expr::Name(_) | Expr::Subscript(_)) && module.is_repeatable(items);
        if is_list || is_collection {
            return Ok(text);
        }
        self.needs_builtin(AnyNodeRef::from(items), "list")?;
        Ok(format!("list({text})"))
    }

    /// Refuses where a builtin that the new code uses means something else.
    pub fn needs_builtin(&self, node: AnyNodeRef<'a>, name: &str) -> Result<(), Why> {
        let module = self.writer.cx.module;
        let scope = module.scope_of(node);
        match scope.map(|scope| module.lookup(scope, name)) {
            Some(Lookup::Builtin) => Ok(()),
            _ => Err(Why::new(format!("`{name}` may not be the builtin here"))),
        }
    }

    /// Whether a statement fits on one line.
    pub fn fits(&self, statement: &str) -> bool {
        let width = self.writer.indent.chars().count() + statement.chars().count();
        width <= self.writer.cx.options.line_length
    }
}

/// Whether a line may be broken where the new call stands, so that a formatter would leave it: it is
/// not inside brackets that began on this line, or alone in one pair.
pub(super) fn may_break(prefix: &str, suffix: &str) -> bool {
    let count = |text: &str, brackets: [char; 3]| text.matches(brackets).count();
    let open = |text: &str| count(text, ['(', '[', '{']);
    let closed = |text: &str| count(text, [')', ']', '}']);
    let code = suffix.split('#').next().unwrap_or(suffix).trim_end();
    if open(prefix) == closed(prefix) {
        return matches!(code, "" | "," | ":");
    }
    let one = open(prefix) == closed(prefix) + 1 && closed(code) == open(code) + 1;
    prefix.ends_with('(') && code.starts_with(')') && one
}

/// `for a, b in pairs if a if b`, as written.
pub(super) fn clauses<'a>(
    cx: &Cx<'a>,
    generators: &'a [Comprehension],
) -> Result<Vec<String>, Why> {
    let mut found = Vec::new();
    for clause in generators {
        found.push(format!(
            "for {} in {}",
            shape::on_one_line(cx, &clause.target)?,
            shape::operand(cx, &clause.iter)?
        ));
        for condition in &clause.ifs {
            found.push(format!("if {}", shape::on_one_line(cx, condition)?));
        }
    }
    Ok(found)
}

/// The negation of a condition, as a person would write it.
pub(super) fn negated<'a>(cx: &Cx<'a>, condition: &'a Expr) -> Result<String, Why> {
    use crate::python::ast::{CmpOp, UnaryOp};
    let text = shape::on_one_line(cx, condition)?;
    Ok(match condition {
        Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => {
            shape::on_one_line(cx, &unary.operand)?.to_owned()
        }
        Expr::Compare(compare) => {
            let opposite = match &*compare.ops {
                [CmpOp::Eq] => Some("!="),
                [CmpOp::NotEq] => Some("=="),
                [CmpOp::Is] => Some("is not"),
                [CmpOp::IsNot] => Some("is"),
                [CmpOp::In] => Some("not in"),
                [CmpOp::NotIn] => Some("in"),
                _ => None,
            };
            match (opposite, compare.comparators.first()) {
                (Some(opposite), Some(right)) => {
                    let left = shape::on_one_line(cx, &compare.left)?;
                    format!("{left} {opposite} {}", shape::on_one_line(cx, right)?)
                }
                _ => format!("not {text}"),
            }
        }
        Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) | Expr::Subscript(_) => {
            format!("not {text}")
        }
        _ => format!("not ({text})"),
    })
}

/// The comments that would go with the text in `spans`, as lines.
pub(super) fn comments(cx: &Cx<'_>, spans: &[Span], indent: &str) -> String {
    let newline = cx.module.layout().newline();
    spans
        .iter()
        .flat_map(|&span| cx.module.layout().comments_in(span))
        .map(|comment| format!("{indent}{}{newline}", comment.of(cx.module.text())))
        .collect()
}

/// A target as it stands inside another one.
pub(super) fn inner_target(target: &Expr, text: &str) -> String {
    match target {
        Expr::Tuple(tuple) if !tuple.parenthesized => format!("({text})"),
        _ => text.to_owned(),
    }
}

/// An expression with the parentheses of its own around it.
pub(super) fn with_parentheses<'a>(cx: &Cx<'a>, expression: ExprRef<'a>) -> Span {
    let parent = cx.module.parent(expression.into());
    parent
        .and_then(|parent| cx.module.layout().parentheses(expression, parent))
        .unwrap_or_else(|| span(expression))
}

/// Where an expression ends, the parentheses of its own included.
pub(super) fn end_with_parentheses(cx: &Cx<'_>, expression: &Expr) -> usize {
    let parent = cx.module.parent(expression.into());
    parent
        .and_then(|parent| cx.module.layout().parentheses(expression.into(), parent))
        .unwrap_or_else(|| span(expression))
        .end()
}

/// The first word of what is called: `load`.
pub(super) fn word_of<'a>(cx: &Cx<'a>, calls: &[&'a ExprCall]) -> String {
    let callee = calls.first().map(|call| cx.module.describe(&call.func));
    let callee = callee.unwrap_or_default();
    let last = callee.rsplit('.').next().unwrap_or_default();
    let word = last.trim_start_matches('_').split('_').next();
    match word.filter(|word| !word.is_empty() && word.chars().all(char::is_alphanumeric)) {
        Some(word) => word.to_lowercase(),
        None => "do".to_owned(),
    }
}
