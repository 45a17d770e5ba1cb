//! The code that takes the place of a loop, as ruff format would leave it.

use super::shape;
use crate::fix::together::Judged;
use crate::fix::{Cx, Reach, reach};
use crate::model::file::{ImportName, Lookup, Target, Why, references_within};
use crate::python::ast::{AnyNodeRef, Comprehension, Expr, ExprAwait, ExprCall, StmtFunctionDef};
use crate::python::span;
use crate::text::Span;
use std::cell::RefCell;

/// A call for each item, as the parts of a comprehension.
pub(super) struct Gathered {
    /// Statements to put first, each with its line ending, already indented.
    pub lead: String,
    /// What one round is: `load(client, name)`.
    call: String,
    /// `for name in names if name`, one clause each.
    clauses: Vec<String>,
    gather: String,
    pub needs: Vec<ImportName>,
}

/// What is needed to write code at one place.
pub(super) struct Place<'c, 'a> {
    pub cx: &'c Cx<'a>,
    pub function: &'a StmtFunctionDef,
    pub indent: &'a str,
    pub named: &'c Named,
}

/// The functions that fixes of one file define, each with the function it stands in: two fixes
/// must not use one name for different things.
pub(super) type Named = RefCell<Vec<(Span, String)>>;

impl<'a> Place<'_, 'a> {
    /// The concurrent form of `call` over `clauses`. `names` are the loop's own names; with more
    /// items than may run at a time, or a number that is not known, a semaphore bounds them.
    pub fn gather(
        &self,
        call: &'a ExprCall,
        clauses: Vec<String>,
        names: &[&str],
        length: Option<usize>,
    ) -> Result<Gathered, Why> {
        let module = self.cx.module;
        let text = shape::one_line(self.cx, call)?;
        let gather = self.asyncio("gather", call)?;
        let mut needs: Vec<ImportName> = gather.need.into_iter().collect();
        let limit = self.cx.options.max_concurrency;
        if limit == 0 || length.is_some_and(|length| length <= limit) {
            return Ok(Gathered {
                lead: String::new(),
                call: text,
                clauses,
                gather: gather.text,
                needs,
            });
        }
        let semaphore = self.asyncio("Semaphore", call)?;
        needs.extend(semaphore.need);
        let within = span(self.function);
        let limit_name = module.fresh_name(within, &["semaphore", "limit"]);
        let callee = module.describe(&call.func);
        let callee = callee
            .rsplit('.')
            .next()
            .unwrap_or(&callee)
            .trim_start_matches('_')
            .to_owned();
        let bounded = self.name_for(&format!("bounded_{callee}"));
        let read = references_within(AnyNodeRef::from(call));
        let mut parameters: Vec<&str> = Vec::new();
        for &name in names {
            let is_read = read.iter().any(|reference| reference.id == name);
            if is_read && !parameters.contains(&name) {
                parameters.push(name);
            }
        }
        let parameters = parameters.join(", ");
        let (indent, unit, newline) = (self.indent, self.unit(), module.layout().newline());
        let lead = [
            format!("{indent}{limit_name} = {}({limit})", semaphore.text),
            String::new(),
            format!("{indent}async def {bounded}({parameters}):"),
            format!("{indent}{unit}async with {limit_name}:"),
            format!("{indent}{unit}{unit}return await {text}"),
            String::new(),
            String::new(),
        ]
        .join(newline);
        Ok(Gathered {
            lead,
            call: format!("{bounded}({parameters})"),
            clauses,
            gather: gather.text,
            needs,
        })
    }

    /// A name for a function that no code and no other fix uses in this function.
    fn name_for(&self, base: &str) -> String {
        let within = span(self.function);
        let mut named = self.named.borrow_mut();
        let is_taken = |name: &str| {
            let other = |(other, taken): &(Span, String)| *other == within && taken == name;
            self.cx.module.uses_name(within, name) || named.iter().any(other)
        };
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let name = std::iter::once(base.to_owned())
            .chain(numbered)
            .find(|name| !is_taken(name))
            .unwrap_or_default();
        named.push((within, name.clone()));
        name
    }

    /// An expression that keeps all items of an iterable.
    pub fn kept(&self, items: &'a Expr) -> Result<String, Why> {
        let text = shape::operand(self.cx, items)?;
        let module = self.cx.module;
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
        let scope = self.cx.module.scope_of(node);
        match scope.map(|scope| self.cx.module.lookup(scope, name)) {
            Some(Lookup::Builtin) => Ok(()),
            _ => Err(Why::new(format!("`{name}` may not be the builtin here"))),
        }
    }

    /// One step of indentation.
    fn unit(&self) -> &'a str {
        match self.indent.contains('\t') {
            true => "\t",
            false => self.cx.module.layout().indent_unit(),
        }
    }

    fn asyncio(&self, member: &str, call: &'a ExprCall) -> Result<Reach, Why> {
        reach(self.cx, "asyncio", member, call.into())
    }

    /// Whether a statement fits on one line.
    pub fn fits(&self, statement: &str) -> bool {
        let width = self.indent.chars().count() + statement.chars().count();
        width <= self.cx.options.line_length
    }

    /// `[element for ... if ...]` as the value of a name, broken where it is long.
    pub fn list_of(&self, element: &str, clauses: &[String]) -> String {
        let flat = format!("[{element} {}]", clauses.join(" "));
        if self.fits(&format!("rounds = {flat}")) {
            return flat;
        }
        let (indent, newline) = (self.indent, self.cx.module.layout().newline());
        let separator = format!("{newline}{indent}{}", self.unit());
        let lines = clauses.join(&separator);
        format!("[{separator}{element}{separator}{lines}{newline}{indent}]")
    }

    /// `prefix await asyncio.gather(*[...]) suffix` on one line, or broken where it is too long.
    pub fn line(&self, prefix: &str, gathered: &Gathered, suffix: &str) -> String {
        let layout = self.cx.module.layout();
        let (indent, unit, newline) = (self.indent, self.unit(), layout.newline());
        let limit = self.cx.options.line_length;
        let width = |text: &str| text.chars().count();
        let clauses = gathered.clauses.join(" ");
        let head = format!("{indent}{prefix}await {}(", gathered.gather);
        let inner = format!("*[{} {clauses}]", gathered.call);
        let flat = format!("{head}{inner}){suffix}");
        if width(&flat) <= limit {
            return flat;
        }
        // What stands alone in parentheses gets lines of its own.
        if prefix.ends_with('(') && suffix.starts_with(')') {
            let deeper = format!("{indent}{unit}");
            let place = Place {
                cx: self.cx,
                function: self.function,
                indent: &deeper,
                named: self.named,
            };
            let argument = place.line("", gathered, "");
            return format!("{indent}{prefix}{newline}{argument}{newline}{indent}{suffix}");
        }
        let broken = format!("{indent}{unit}{inner}");
        let middle = if width(&broken) <= limit {
            broken
        } else {
            let deep = format!("{indent}{unit}{unit}");
            let lines: Vec<String> = std::iter::once(&gathered.call)
                .chain(&gathered.clauses)
                .map(|line| format!("{deep}{line}"))
                .collect();
            let lines = lines.join(newline);
            format!("{indent}{unit}*[{newline}{lines}{newline}{indent}{unit}]")
        };
        format!("{head}{newline}{middle}{newline}{indent}){suffix}")
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

impl Gathered {
    /// `await asyncio.gather(*[...])`.
    pub fn expression(&self) -> String {
        format!(
            "await {}(*[{} {}])",
            self.gather,
            self.call,
            self.clauses.join(" ")
        )
    }
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

/// What a person must confirm of a gathered loop.
pub(super) fn review(judged: &Judged) -> String {
    let failing = "if one call fails, the others still run to their end, and the error raised is the first in time";
    let clauses = judged.confirm.iter().map(String::as_str);
    let clauses: Vec<&str> = clauses.chain([failing]).collect();
    clauses.join("; ")
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

/// An `await` with the parentheses of its own around it.
pub(super) fn with_parentheses(cx: &Cx<'_>, awaited: &ExprAwait) -> Span {
    let parent = cx.module.parent(awaited.into());
    parent
        .and_then(|parent| cx.module.layout().parentheses(awaited.into(), parent))
        .unwrap_or_else(|| span(awaited))
}

/// Where an expression ends, the parentheses of its own included.
pub(super) fn end_with_parentheses(cx: &Cx<'_>, expression: &Expr) -> usize {
    let parent = cx.module.parent(expression.into());
    parent
        .and_then(|parent| cx.module.layout().parentheses(expression.into(), parent))
        .unwrap_or_else(|| span(expression))
        .end()
}
