//! Which code a suppressing comment speaks of.
//!
//! At the end of a line, of the statement that it stands in: all lines of a simple statement, the header
//! of one with a block, all of a function or class whose `def` or `class` line it is. On a line of its own, of
//! what begins on the line below, in the same way. Other comments may stand between, empty lines may not.

use super::{Directive, Kind};
use crate::python::ast::{
    AnyNodeRef, Decorator, SourceOrderVisitor, Stmt, TokenKind, TraversalSignal, walk_node,
};
use crate::python::{Layout, Tree, span};
use crate::text::Span;

/// The code that a comment speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    File,
    /// What is found on these lines, also if it goes on over more of them.
    Lines(Span),
    /// What begins in a function or class.
    Within(Span),
    /// There is no statement where it speaks of one.
    Nothing,
}

impl Reach {
    /// Whether a place belongs to it.
    pub fn covers(&self, place: Span) -> bool {
        match self {
            Self::File => true,
            Self::Lines(lines) => lines.overlaps(place) || lines.contains_offset(place.start()),
            Self::Within(lines) => lines.contains_offset(place.start()),
            Self::Nothing => false,
        }
    }

    /// What each of these comments speaks of.
    pub fn of(directives: &[Directive], layout: &Layout<'_>, tree: &Tree) -> Vec<Self> {
        let places = directives.iter().any(|directive| !directive.of_file);
        let map = Map::new(tree, places);
        directives
            .iter()
            .map(|directive| match directive.of_file {
                true => Self::File,
                false => map.reach(directive, layout),
            })
            .collect()
    }
}

/// A statement, or what it has before its block.
struct Head {
    /// The statement without a block, or the head up to its colon.
    at: Span,
    /// It has a block.
    has_block: bool,
    /// The function or class whose head it is, decorators included.
    of: Option<Span>,
}

impl Head {
    fn simple(at: Span) -> Self {
        Self {
            at,
            has_block: false,
            of: None,
        }
    }
}

struct Map<'t> {
    tree: &'t Tree,
    heads: Vec<Head>,
}

impl<'t> Map<'t> {
    fn new(tree: &'t Tree, is_needed: bool) -> Self {
        let mut map = Self {
            tree,
            heads: Vec::new(),
        };
        if is_needed {
            walk_node(&mut map, AnyNodeRef::from(tree.module()));
        }
        map
    }

    fn reach(&self, directive: &Directive, layout: &Layout<'_>) -> Reach {
        let comment = directive.comment;
        let line = layout.whole_lines(comment);
        let is_within = |head: &&Head| layout.whole_lines(head.at).contains(comment);
        let is_last = |head: &&Head| layout.line_start(head.at.end()) == line.start();
        let is_first = |head: &&Head| layout.line_start(head.at.start()) == line.start();
        // Of a head over several lines, the other lines are only themselves.
        let is_meant = |head: &&Head| {
            is_within(head)
                && (!head.has_block || is_last(head) || head.of.is_some() && is_first(head))
        };
        let around: Vec<&Head> = self.heads.iter().filter(is_meant).collect();
        if !around.is_empty() {
            return self.of_heads(directive, &around, line, layout);
        }
        let own_line = layout.line_start(comment.start()) + layout.indent_at(comment.start()).len();
        if own_line != comment.start() || directive.kind == Kind::Noqa {
            return Reach::Lines(line);
        }
        let mut below = line.end();
        // Only ruff's own reach over empty lines.
        let reaches_over = |start: usize| {
            layout.is_comment_line(start)
                || directive.kind == Kind::Ignore && layout.is_blank_line(start)
        };
        while below < layout.next_line(below) && reaches_over(below) {
            below = layout.next_line(below);
        }
        let begins = |head: &&Head| {
            layout.line_start(head.of.unwrap_or(head.at).start()) == below
                || layout.line_start(head.at.start()) == below
        };
        let heads: Vec<&Head> = self.heads.iter().filter(begins).collect();
        let below = Span::new(below, layout.next_line(below));
        match heads.is_empty() {
            true if self.heads.iter().any(|head| is_within(&head)) => Reach::Lines(below),
            true => Reach::Nothing,
            false => self.of_heads(directive, &heads, below, layout),
        }
    }

    /// All of what begins or ends on a line, as far as the comment there speaks of it.
    fn of_heads(
        &self,
        directive: &Directive,
        heads: &[&Head],
        line: Span,
        layout: &Layout<'_>,
    ) -> Reach {
        // Of a linter's comment a function is only its line.
        let whole = heads.iter().find_map(|head| {
            let function = head.of?;
            let borders = [head.at.start(), head.at.end()];
            let is_border = borders.map(|border| layout.line_start(border) == line.start());
            let is_first = layout.line_start(function.start()) == line.start();
            (directive.kind == Kind::Skip && (is_first || is_border.contains(&true)))
                .then_some(function)
        });
        match whole {
            Some(function) => Reach::Within(layout.whole_lines(function)),
            None => {
                let lines = heads.iter().map(|head| layout.whole_lines(head.at));
                Reach::Lines(lines.fold(line, Span::cover))
            }
        }
    }

    /// The head of a block that begins at an offset, up to its last colon.
    fn head(&self, start: usize, block: &[Stmt]) -> Option<Span> {
        let first = span(block.first()?).start();
        let tokens = self.tree.tokens();
        let end = tokens.partition_point(|token| span(token).start() < first);
        let mut before = tokens[..end].iter().rev();
        let colon = before.find(|token| token.kind() == TokenKind::Colon)?;
        let end = span(colon).end();
        (start < end).then(|| Span::new(start, end))
    }

    fn push(&mut self, start: usize, block: &[Stmt], of: Option<Span>) {
        if let Some(at) = self.head(start, block) {
            self.heads.push(Head {
                at,
                has_block: true,
                of,
            });
        }
    }

    /// A function or class, whose decorators have lines of their own.
    fn definition(&mut self, at: Span, name: Span, decorators: &[Decorator], block: &[Stmt]) {
        let lines = decorators.iter().map(|it| Head::simple(span(it)));
        self.heads.extend(lines);
        let start = decorators
            .last()
            .map_or(at.start(), |last| span(last).end());
        let tokens = self.tree.tokens();
        let first = tokens.partition_point(|token| span(token).start() < start);
        let keyword = tokens[first..].iter().find(|token| {
            matches!(
                token.kind(),
                TokenKind::Async | TokenKind::Def | TokenKind::Class
            )
        });
        let start = keyword.map_or(name.start(), |keyword| span(keyword).start());
        self.push(start, block, Some(at));
    }
}

impl<'t> SourceOrderVisitor<'t> for Map<'t> {
    fn enter_node(&mut self, node: AnyNodeRef<'t>) -> TraversalSignal {
        if node.is_expression() {
            return TraversalSignal::Skip;
        }
        let at = span(node);
        match node {
            AnyNodeRef::StmtFunctionDef(it) => {
                self.definition(at, span(&it.name), &it.decorator_list, &it.body);
            }
            AnyNodeRef::StmtClassDef(it) => {
                self.definition(at, span(&it.name), &it.decorator_list, &it.body);
            }
            AnyNodeRef::StmtIf(it) => self.push(at.start(), &it.body, None),
            AnyNodeRef::ElifElseClause(it) => self.push(at.start(), &it.body, None),
            AnyNodeRef::StmtFor(it) => self.push(at.start(), &it.body, None),
            AnyNodeRef::StmtWhile(it) => self.push(at.start(), &it.body, None),
            AnyNodeRef::StmtWith(it) => self.push(at.start(), &it.body, None),
            AnyNodeRef::StmtTry(it) => self.push(at.start(), &it.body, None),
            AnyNodeRef::ExceptHandlerExceptHandler(it) => self.push(at.start(), &it.body, None),
            AnyNodeRef::MatchCase(it) => self.push(at.start(), &it.body, None),
            AnyNodeRef::StmtMatch(it) => {
                let at = Span::new(at.start(), span(&*it.subject).end());
                self.heads.push(Head::simple(at));
            }
            _ if node.is_statement() => self.heads.push(Head::simple(at)),
            _ => {}
        }
        TraversalSignal::Traverse
    }
}

#[cfg(test)]
mod tests {
    use super::super::directives;
    use super::*;
    use crate::python::{deep_stack, parse};

    /// The lines (from 1) that the only comment in a text speaks of: `2` or `2-4`, with `within` before
    /// them where it is all of a function or class.
    fn reach(text: &str) -> String {
        deep_stack(|| {
            let tree = parse(text).unwrap();
            let layout = Layout::new(text, &tree);
            let directives = directives(text, &tree);
            assert_eq!(directives.len(), 1, "{text}");
            let lines = |span: Span| {
                let line = |offset: usize| text[..offset].matches('\n').count() + 1;
                let (first, last) = (line(span.start()), line(span.end() - 1));
                match first == last {
                    true => format!("{first}"),
                    false => format!("{first}-{last}"),
                }
            };
            match Reach::of(&directives, &layout, &tree).remove(0) {
                Reach::File => "file".to_owned(),
                Reach::Lines(span) => lines(span),
                Reach::Within(span) => format!("within {}", lines(span)),
                Reach::Nothing => "nothing".to_owned(),
            }
        })
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let text = text.replace("# S", "# asyncfix: skip so it is");
        assert_eq!(reach(&text), expected, "{text}");
    }

    #[test]
    fn of_a_simple_statement_all_lines() {
        check("a()\nb()  # S\nc()\n", "2");
        check("b(\n    1,  # S\n    2,\n)\nc()\n", "1-4");
        check("b(\n    # S\n    2,\n)\nc()\n", "1-4");
        check("b(\n    2,\n)  # S\nc()\n", "1-3");
        check("a(); b(\n)  # S\nc()\n", "1-2");
        check("if a: b()  # S\nc()\n", "1");
    }

    #[test]
    fn of_a_statement_with_a_block_its_head() {
        check("for x in y:  # S\n    a()\n", "1");
        check(
            "async def f():\n    async with (\n        a() as b,\n    ):  # S\n        c()\n",
            "2-4",
        );
        check(
            "with (\n    a() as b,  # S\n    c() as d,\n):\n    e()\n",
            "2",
        );
        check(
            "with (\n    # S\n    a() as b,\n    c() as d,\n):\n    e()\n",
            "3",
        );
        check("try:\n    a()\nexcept E:  # S\n    b()\n", "3");
        check("if a:\n    b()\nelif c:  # S\n    d()\n", "3");
        check("match a:  # S\n    case 1:\n        b()\n", "1");
        check("match a:\n    case 1 if b():  # S\n        b()\n", "2");
        check("try:  # S\n    a()\nfinally:\n    b()\n", "1");
        check("try:\n    a()\nfinally:  # S\n    b()\n", "3");
        check("# S\nfor x in y:\n    a()\n", "2");
    }

    #[test]
    fn of_a_function_or_class_all_of_it() {
        check("def f():  # S\n    a()\n    b()\nc()\n", "within 1-3");
        check("async def f(\n    a,\n):  # S\n    b()\n", "within 1-4");
        check(
            "async def f(\n    a=b(),  # S\n    c=d(),\n):\n    b()\n",
            "2",
        );
        check("# S\n@a\ndef f():\n    b()\n", "within 2-4");
        check("@a\ndef f():  # S\n    b()\n", "within 1-3");
        check("@a  # S\ndef f():\n    b()\n", "1");
        check("@a\n# S\ndef f():\n    b()\n", "within 1-4");
        check("class C:  # S\n    def f():\n        b()\n", "within 1-3");
        check("def f(): a()  # S\nb()\n", "within 1");
    }

    #[test]
    fn on_a_line_of_its_own_of_what_begins_below() {
        check("# S\na()\nb()\n", "2");
        check("# S\n# more\na(\n)\nb()\n", "3-4");
        check("# S\n\na()\n", "nothing");
        check("a()\n# S\n", "nothing");
    }

    #[test]
    fn a_comment_of_a_linter_speaks_of_a_line() {
        let noqa = |text: &str| reach(&text.replace("# S", "# noqa: ASYNC251"));
        assert_eq!(noqa("def f():  # S\n    a()\n"), "1");
        assert_eq!(noqa("b(\n    2,\n)  # S\n"), "1-3");
        assert_eq!(noqa("# S\nb()\n"), "1");
        let ignore = |text: &str| reach(&text.replace("# S", "# ruff: ignore[ASYNC251]"));
        assert_eq!(ignore("# S\ndef f():\n    a()\n"), "2");
        assert_eq!(ignore("# S\n\nb()\n"), "3");
        assert_eq!(ignore("b()\n# S\n\n"), "nothing");
    }
}
