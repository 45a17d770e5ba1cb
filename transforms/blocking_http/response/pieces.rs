//! Bodies that are read line by line, and those that are copied as they are.

use super::Follow;
use super::reaching::reaching;
use crate::model::file::{Target, Why};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprAttribute, ExprCall, ExprContext, ExprName, Stmt, StmtFor,
    StmtFunctionDef,
};
use crate::python::span;
use crate::text::Span;

impl<'a> Follow<'_, 'a> {
    /// `shutil.copyfileobj(response.raw, file)`, and that the copy is to be decoded; whether it is one
    /// of these.
    pub(super) fn copied(
        &mut self,
        attribute: &'a ExprAttribute,
        function: &'a StmtFunctionDef,
    ) -> Result<bool, Why> {
        let cx = self.cx;
        let (node, Expr::Name(base)) = (AnyNodeRef::from(attribute), &*attribute.value) else {
            return Ok(false);
        };
        let Some(parent) = cx.module.parent(node) else {
            return Ok(false);
        };
        if let AnyNodeRef::ExprAttribute(outer) = parent {
            return Ok(self.decodes(outer, base));
        }
        let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(parent) else {
            return Ok(false);
        };
        let Some(statement) = cx.module.parent(call.into()) else {
            return Ok(false);
        };
        let [_, file @ Expr::Name(_)] = &call.arguments.args[..] else {
            return Ok(false);
        };
        let is_copy = matches!(cx.module.target(call), Target::External(name)
            if name == "shutil.copyfileobj")
            && call.arguments.keywords.is_empty()
            && span(&call.arguments.args[0]) == span(attribute)
            && statement.is_stmt_expr();
        if !is_copy || cx.module.layout().has_comments(span(statement)) {
            return Ok(false);
        }
        self.can_await(node, function)?;
        let row = if self.decoded {
            "raw-decoded"
        } else {
            "raw-copied"
        };
        self.row(row)?;
        let header = &self.names.new.rows[row].becomes;
        let chunk = cx.module.fresh_name(span(function), &["chunk"]);
        let header = header.replace("{0}", &base.id).replace("{1}", &chunk);
        let body = format!("{}.write({chunk})", cx.module.source(file));
        self.uses.raising.push((function, call.into()));
        self.put_under(statement, header, body);
        Ok(true)
    }

    /// `response.raw.decode_content = True`, which goes.
    fn decodes(&mut self, outer: &'a ExprAttribute, base: &'a ExprName) -> bool {
        let cx = self.cx;
        let parent = cx.module.parent(outer.into());
        let Some(statement @ AnyNodeRef::StmtAssign(assign)) = parent else {
            return false;
        };
        let block = cx.module.block(statement);
        let next = block.and_then(|block| block.statements.get(block.index + 1));
        let is_true = matches!(&*assign.value, Expr::BooleanLiteral(literal) if literal.value);
        // What follows at once is the copy, which is followed next.
        let follows = next.is_some_and(|next| match next {
            Stmt::Expr(next) => match &*next.value {
                Expr::Call(call) => matches!(call.arguments.args.first(),
                    Some(Expr::Attribute(raw)) if raw.attr.as_str() == "raw"
                        && matches!(&*raw.value, Expr::Name(name) if name.id == base.id)),
                _ => false,
            },
            _ => false,
        });
        if outer.attr.as_str() != "decode_content"
            || outer.ctx != ExprContext::Store
            || !is_true
            || !follows
            || !self.delete_line(statement)
        {
            return false;
        }
        self.decoded = true;
        true
    }

    /// Deletes a statement that has its lines for itself.
    fn delete_line(&mut self, statement: AnyNodeRef<'a>) -> bool {
        let layout = self.cx.module.layout();
        let lines = layout.whole_lines(span(statement));
        let others = self
            .cx
            .module
            .block(statement)
            .is_some_and(|block| block.statements.len() > 1);
        if !others || !layout.alone(span(statement)) || layout.has_comments(lines) {
            return false;
        }
        // With the line break before it, so that what comes next stays as it is.
        let text = self.cx.module.text();
        let before = &text[..layout.line_start(lines.start())];
        let start = before.trim_end_matches(['\r', '\n']).len();
        let end = layout.line_end(span(statement).end());
        self.edit(crate::text::Edit::delete(Span::new(start, end)));
        true
    }

    /// Lines of a body, which are text in the new library: what is done with each must take text as
    /// well as bytes, or decode it.
    pub(super) fn lines(
        &mut self,
        call: &'a ExprCall,
        repeated: &'a StmtFor,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        let cx = self.cx;
        let arguments = &call.arguments;
        let is_text = match (&arguments.args[..], &arguments.keywords[..]) {
            ([], []) => false,
            ([], [only]) => {
                let named = only.arg.as_ref().map(|name| name.as_str());
                let on = matches!(&only.value, Expr::BooleanLiteral(literal) if literal.value);
                if named != Some("decode_unicode") || !on {
                    return Err(Why::new(
                        "lines are asked for in a way that has no counterpart",
                    ));
                }
                let inside = Span::new(span(arguments).start() + 1, span(arguments).end() - 1);
                self.replace(call.into(), inside, "")?;
                true
            }
            _ => {
                return Err(Why::new(
                    "lines are asked for in a way that has no counterpart",
                ));
            }
        };
        if is_text {
            return Ok(());
        }
        let bytes =
            || Why::new("the lines are text in the new library, and are used as bytes here");
        let Expr::Name(target) = &*repeated.target else {
            return Err(bytes());
        };
        let scope = cx.module.body_scope(function).ok_or_else(bytes)?;
        let values = reaching(cx, function, scope, &target.id).ok_or_else(bytes)?;
        let mut own = values.bindings.iter();
        let own = own.position(|it| it.at == span(target)).ok_or_else(bytes)?;
        for (read, held) in values.reads_of(own) {
            let node = AnyNodeRef::from(read);
            let parent = cx.module.parent(node).ok_or_else(bytes)?;
            if held.len() > 1 {
                return Err(bytes());
            }
            match parent {
                AnyNodeRef::ExprAttribute(method) if method.attr.as_str() == "decode" => {
                    self.decoded_line(read, method)?;
                }
                AnyNodeRef::Arguments(_) => match cx.module.parent(parent) {
                    Some(AnyNodeRef::ExprCall(outer))
                        if matches!(cx.module.target(outer), Target::External(name)
                            if name == "json.loads") => {}
                    _ => return Err(bytes()),
                },
                parent if super::truth::is_tested(cx, node, parent) => {}
                _ => return Err(bytes()),
            }
        }
        Ok(())
    }

    /// `line.decode("utf-8")`, which is the line.
    fn decoded_line(&mut self, read: &'a ExprName, method: &'a ExprAttribute) -> Result<(), Why> {
        let cx = self.cx;
        let odd = || Why::new("a line is decoded in a way that has no counterpart");
        let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(method.into()) else {
            return Err(odd());
        };
        let is_utf8 = match (&call.arguments.args[..], &call.arguments.keywords[..]) {
            ([], []) => true,
            ([Expr::StringLiteral(codec)], []) => {
                let codec = codec.value.to_str().to_ascii_lowercase();
                codec == "utf-8" || codec == "utf8"
            }
            _ => false,
        };
        if !is_utf8 {
            return Err(odd());
        }
        if let Some(statement @ AnyNodeRef::StmtAssign(assign)) = cx.module.parent(call.into())
            && matches!(&assign.targets[..], [Expr::Name(target)] if target.id == read.id)
        {
            return match self.delete_line(statement) {
                true => Ok(()),
                false => Err(odd()),
            };
        }
        self.replace(call.into(), span(call), read.id.as_str())
    }
}
