//! Members of a response: what becomes of each where it is read.

use super::Follow;
use super::judge;
use crate::model::file::{Place, Target, Why};
use crate::model::libraries::Member;
use crate::python::ast::{
    AnyNodeRef, ConversionFlag, Expr, ExprAttribute, ExprCall, ExprContext, StmtFunctionDef,
    UnaryOp,
};
use crate::python::span;
use crate::text::{Edit, Span};

/// Codecs that every Python has, as they are commonly written.
const CODECS: [&str; 12] = [
    "utf-8",
    "utf8",
    "utf-8-sig",
    "utf-16",
    "ascii",
    "latin-1",
    "latin1",
    "iso-8859-1",
    "cp1252",
    "windows-1252",
    "gbk",
    "shift_jis",
];

impl<'a> Follow<'_, 'a> {
    /// A member of the response.
    pub(super) fn member(
        &mut self,
        attribute: &'a ExprAttribute,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        let name = attribute.attr.as_str();
        let table = &self.names.new.streamed;
        let streamed = table.get(name).filter(|_| self.sent.streams);
        let inside = self.open.is_none_or(|open| open.contains(span(attribute)));
        if streamed.is_some() && !inside {
            return Err(Why::new(format!(
                "`.{name}` is read after the streamed response was closed"
            )));
        }
        let member = streamed
            .or_else(|| self.names.new.response.get(name))
            .ok_or_else(|| {
                Why::new(format!(
                    "`.{name}` of a response has no known counterpart in {}",
                    self.names.new.to
                ))
            })?;
        if name == "raw" && inside && self.sent.streams && self.copied(attribute, function)? {
            return Ok(());
        }
        if attribute.ctx != ExprContext::Load {
            return self.set(member, attribute);
        }
        let review = judge(member.class, &member.why)?;
        if name == "raise_for_status" {
            self.checked.push(attribute.into());
        }
        if member.gone_after_errors {
            self.gone = Some(name);
        }
        let reads_text = name == "text" || name == "encoding";
        self.read |= reads_text;
        let is_known = self
            .encoded
            .is_some_and(|known| known.contains(span(attribute)));
        if !(reads_text && is_known) {
            self.uses.reviews.extend(review);
        }
        if let Some(first) = &member.first {
            self.run_first(first, attribute, function)?;
        }
        if !member.uses.is_empty() {
            let base = self.base(attribute);
            return self.object(member, attribute, base, function);
        }
        match member.method {
            true => self.method(member, attribute, function),
            false => self.attribute(member, attribute, function),
        }
    }

    /// The text of what a member is taken of, if it is a plain name.
    fn base(&self, attribute: &ExprAttribute) -> Option<String> {
        match &*attribute.value {
            Expr::Name(name) => Some(name.id.to_string()),
            _ => None,
        }
    }

    /// An assignment to a member.
    fn set(&mut self, member: &'a Member, attribute: &'a ExprAttribute) -> Result<(), Why> {
        let name = attribute.attr.as_str();
        let parent = self.cx.module.parent(attribute.into());
        let (Some(row), Some(AnyNodeRef::StmtAssign(assign))) = (&member.assigned, parent) else {
            return Err(Why::new(format!(
                "`.{name}` of the response is assigned to"
            )));
        };
        let is_codec = matches!(&*assign.value, Expr::StringLiteral(text)
            if CODECS.contains(&text.value.to_str().to_ascii_lowercase().as_str()));
        if !is_codec {
            return Err(Why::new(format!(
                "`.{name}` of the response is assigned to, and its value is not seen to be a codec"
            )));
        }
        if self.read {
            return Err(Why::new(format!(
                "`.{name}` of the response is assigned to after its text was read"
            )));
        }
        self.uses.reviews.extend(judge(row.class, &row.why)?);
        let block = self.cx.module.block(assign.into());
        let after = block.and_then(|block| block.statements.get(block.index..));
        if let Some([first, .., last]) = after {
            self.encoded = Some(span(first).cover(span(last)));
        }
        Ok(())
    }

    /// A statement that must run before the one in which a member is read.
    fn run_first(
        &mut self,
        first: &str,
        attribute: &'a ExprAttribute,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        let cx = self.cx;
        let node = AnyNodeRef::from(attribute);
        self.can_await(node, function)?;
        let outside = || Why::new("the body is read where it cannot be waited for first");
        let statement = cx.module.statement(node).ok_or_else(outside)?;
        let runs_once = match statement {
            AnyNodeRef::StmtWhile(_) => false,
            AnyNodeRef::StmtIf(chosen) => span(&*chosen.test).contains(span(node)),
            AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWith(_) => true,
            other => !matches!(other, AnyNodeRef::StmtTry(_) | AnyNodeRef::StmtMatch(_)),
        };
        let at = span(statement);
        let layout = cx.module.layout();
        let starts_line =
            layout.line_start(at.start()) + layout.indent_at(at.start()).len() == at.start();
        if !runs_once || !starts_line || cx.module.block(statement).is_none() {
            return Err(outside());
        }
        let base = self.base(attribute).ok_or_else(outside)?;
        self.line(statement, first.replace("{}", &base), false);
        Ok(())
    }

    /// Refused where `await` is not legal, or in another function than the request's.
    pub(super) fn can_await(
        &self,
        node: AnyNodeRef<'a>,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        match self.cx.module.place(node) {
            Place::Coroutine {
                function: place,
                comprehensions: 0,
            } if std::ptr::eq(place, function) => Ok(()),
            _ => Err(Why::new("the body is read where `await` is not legal")),
        }
    }

    /// A method, which must be called at once.
    fn method(
        &mut self,
        member: &'a Member,
        attribute: &'a ExprAttribute,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        let name = attribute.attr.as_str();
        let node = AnyNodeRef::from(attribute);
        let cx = self.cx;
        let Some(called) = self.call_of(node) else {
            return Err(Why::new(format!("`.{name}` is not called at once")));
        };
        let call = AnyNodeRef::from(called);
        let parent = cx.module.parent(call);
        self.check_arguments(member, called, name)?;
        let is_statement = matches!(parent, Some(AnyNodeRef::StmtExpr(_)));
        if member.statement_only && !is_statement {
            return Err(Why::new(format!(
                "the result of `.{name}()` is used, and differs in the new library"
            )));
        }
        if !self
            .function_of(call)
            .is_some_and(|place| std::ptr::eq(place, function))
        {
            return Err(Why::new(format!(
                "`.{name}()` may raise in another function than the request's"
            )));
        }
        if member.minds_redirects && !self.sent.ends_redirects {
            self.guard(member, attribute, parent)?;
        }
        if let Some(expression) = &member.called {
            if expression.starts_with("await ") {
                self.can_await(call, function)?;
            }
            self.uses.raising.push((function, call));
            let base = self.base(attribute).ok_or_else(|| self.nameless(name))?;
            return self.expression(expression, &base, call);
        }
        if let Some(to) = &member.to {
            self.replace(node, span(&attribute.attr), to)?;
        }
        if let Some(default) = &member.default
            && called.arguments.is_empty()
        {
            let inside = span(&called.arguments).start() + 1;
            self.edit(Edit::insert(inside, default.as_str()));
        }
        if member.awaits {
            self.can_await(call, function)?;
            if !is_statement {
                return Err(Why::new(format!("the result of `.{name}()` is used")));
            }
            self.edit(Edit::insert(span(call).start(), "await "));
        }
        if member.iterates {
            self.iterated(member, called, function)?;
        }
        self.uses.raising.push((function, call));
        Ok(())
    }

    /// A method that raises for redirections is called only where the old one would raise.
    fn guard(
        &mut self,
        member: &'a Member,
        attribute: &'a ExprAttribute,
        statement: Option<AnyNodeRef<'a>>,
    ) -> Result<(), Why> {
        let layout = self.cx.module.layout();
        let base = self.base(attribute);
        match (&member.guard, base, statement) {
            (Some(guard), Some(base), Some(statement))
                if layout.alone(span(statement)) && !layout.has_comments(span(statement)) =>
            {
                let text = format!("if {}:", guard.replace("{}", &base));
                self.line(statement, text, true);
                Ok(())
            }
            _ => Err(Why::new(format!(
                "`{}` of {} raises for redirections that are not followed",
                attribute.attr, self.names.new.to
            ))),
        }
    }

    pub(super) fn check_arguments(
        &self,
        member: &Member,
        call: &ExprCall,
        name: &str,
    ) -> Result<(), Why> {
        let Some(known) = &member.arguments else {
            return Ok(());
        };
        let mut positional = call.arguments.args.iter();
        let mut keywords = call.arguments.keywords.iter();
        let fits = call.arguments.args.len() <= known.len()
            && !positional.any(Expr::is_starred_expr)
            && keywords.all(|keyword| {
                let name = keyword.arg.as_ref();
                name.is_some_and(|name| known.iter().any(|known| known == name.as_str()))
            });
        match fits {
            true => Ok(()),
            false => Err(Why::new(format!(
                "an argument of `.{name}()` has no counterpart in {}",
                self.names.new.to
            ))),
        }
    }

    /// The call whose callee is a node.
    pub(super) fn call_of(&self, node: AnyNodeRef<'a>) -> Option<&'a ExprCall> {
        match self.cx.module.parent(node) {
            Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == span(node) => Some(call),
            _ => None,
        }
    }

    /// An attribute whose value is the same, by another name or in an expression.
    fn attribute(
        &mut self,
        member: &'a Member,
        attribute: &'a ExprAttribute,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        let node = AnyNodeRef::from(attribute);
        if let Some(to) = &member.to {
            self.replace(node, span(&attribute.attr), to)?;
        }
        let Some(expression) = &member.expression else {
            return Ok(());
        };
        if let Some(class) = &member.is
            && self.converts(attribute, class)
        {
            return Ok(());
        }
        if expression.starts_with("await ") {
            self.can_await(node, function)?;
            self.uses.raising.push((function, node));
        }
        match self.base(attribute) {
            Some(base) => self.expression(expression, &base, node),
            None => self.around(expression, attribute),
        }
    }

    /// An expression in the place of a member of a name.
    pub(super) fn expression(
        &mut self,
        expression: &str,
        base: &str,
        node: AnyNodeRef<'a>,
    ) -> Result<(), Why> {
        let cx = self.cx;
        let layout = cx.module.layout();
        let text = expression.replace("{}", base);
        let parent = cx.module.parent(node);
        let parenthesized = match (parent, node.as_expr_ref()) {
            (Some(parent), Some(expression)) => layout.parentheses(expression, parent).is_some(),
            _ => false,
        };
        match (text.strip_prefix("not "), parent) {
            (Some(positive), Some(AnyNodeRef::ExprUnaryOp(outer))) if outer.op == UnaryOp::Not => {
                self.replace(node, span(outer), positive)
            }
            (Some(_), Some(parent)) if binds_tighter_than_not(parent) && !parenthesized => {
                self.replace(node, span(node), format!("({text})"))
            }
            _ if text.starts_with("await ") && cx.module.binds_tighter(node) && !parenthesized => {
                self.replace(node, span(node), format!("({text})"))
            }
            _ => self.replace(node, span(node), text),
        }
    }

    /// An expression around what a member is taken of at once.
    fn around(&mut self, expression: &str, attribute: &'a ExprAttribute) -> Result<(), Why> {
        let cx = self.cx;
        let node = AnyNodeRef::from(attribute);
        let named = || {
            Why::new(format!(
                "`.{}` becomes an expression: give the response a name first",
                attribute.attr
            ))
        };
        let mut parts = expression.split("{}");
        let (Some(before), Some(after), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(named());
        };
        let after = after.strip_prefix('.').ok_or_else(named)?;
        let between = Span::new(span(&*attribute.value).end(), span(&attribute.attr).start());
        if between.of(cx.module.text()).trim_matches([' ', ')']) != "." {
            return Err(named());
        }
        let parent = cx.module.parent(node);
        let (mut before, mut after) = (before.to_owned(), after.to_owned());
        match (before.as_str(), parent) {
            ("not ", Some(AnyNodeRef::ExprUnaryOp(outer))) if outer.op == UnaryOp::Not => {
                let not = Span::new(span(outer).start(), span(attribute).start());
                if not.of(cx.module.text()).trim() != "not" {
                    return Err(named());
                }
                self.edit(Edit::delete(not));
                before.clear();
            }
            ("not ", Some(parent)) if binds_tighter_than_not(parent) => {
                before.insert(0, '(');
                after.push(')');
            }
            _ => {}
        }
        self.replace(node, span(&attribute.attr), after)?;
        if self.is_request(span(&*attribute.value)) {
            self.uses.prefix = before;
        } else if !before.is_empty() {
            self.edit(Edit::insert(span(attribute).start(), before));
        }
        Ok(())
    }

    /// Whether the attribute is the argument of `class(...)`, or converted to text by an f-string.
    pub(super) fn converts(&self, attribute: &'a ExprAttribute, class: &str) -> bool {
        match self.cx.module.parent(attribute.into()) {
            Some(AnyNodeRef::InterpolatedElement(element)) => {
                class == "str"
                    && element.conversion == ConversionFlag::None
                    && element.debug_text.is_none()
                    && element.format_spec.is_none()
            }
            Some(arguments @ AnyNodeRef::Arguments(_)) => match self.cx.module.parent(arguments) {
                Some(AnyNodeRef::ExprCall(call)) => {
                    matches!(self.cx.module.target(call), Target::Builtin(name)
                            if name == class || class == "str" && name == "print")
                }
                _ => false,
            },
            _ => false,
        }
    }
}

pub(super) fn binds_tighter_than_not(parent: AnyNodeRef<'_>) -> bool {
    matches!(
        parent,
        AnyNodeRef::ExprCompare(_)
            | AnyNodeRef::ExprBinOp(_)
            | AnyNodeRef::ExprUnaryOp(_)
            | AnyNodeRef::ExprAttribute(_)
            | AnyNodeRef::ExprSubscript(_)
            | AnyNodeRef::ExprCall(_)
            | AnyNodeRef::ExprStarred(_)
            | AnyNodeRef::ExprAwait(_)
    )
}
