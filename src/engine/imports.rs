//! Imports, settled once per file: where a needed one goes, and which ones our edits made useless.

mod own;

use crate::model::file::{Binding, BindingKind, Guard, ImportName, Imported, Module};
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{AnyNodeRef, ExceptHandler, Stmt, TokenKind, is_docstring_stmt};
use crate::python::span;
use crate::text::{Edit, Span};
use std::path::Path;

/// The groups of imports, in the order in which PEP 8 and isort have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Future,
    Stdlib,
    ThirdParty,
    /// Of the project itself, by its full name.
    FirstParty,
    Local,
}

/// An import statement at the top of a file.
struct TopImport<'a> {
    statement: &'a Stmt,
    section: Section,
    is_from: bool,
    /// What isort sorts by within a kind.
    key: String,
}

fn section_of(module: &str) -> Section {
    match module {
        "__future__" => Section::Future,
        _ if module.starts_with('.') => Section::Local,
        _ if is_stdlib(module) => Section::Stdlib,
        _ => Section::ThirdParty,
    }
}

fn section_of_need(need: &ImportName) -> Section {
    match need.member() {
        Some(_) => Section::FirstParty,
        None => section_of(need.module()),
    }
}

/// The import statements before the first definition, each alone on its lines.
fn top_imports<'a>(module: &Module<'a>) -> Vec<TopImport<'a>> {
    module
        .tree()
        .body()
        .iter()
        .take_while(|statement| !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)))
        .filter(|statement| module.layout().alone(span(*statement)))
        .filter_map(|statement| {
            let (is_from, name) = match statement {
                Stmt::Import(import) => (false, import.names.first()?.name.to_string()),
                Stmt::ImportFrom(import) => {
                    let name = import.module.as_ref().map_or("", |name| name.as_str());
                    (true, format!("{}{name}", ".".repeat(import.level as usize)))
                }
                _ => return None,
            };
            Some(TopImport {
                statement,
                section: section_of(&name),
                is_from,
                key: name.to_lowercase(),
            })
        })
        .collect()
}

/// The edits that add imports to a file, one insertion for each place.
pub(super) fn insertions(module: &Module<'_>, needs: &[&ImportName]) -> Vec<Edit> {
    let imports = top_imports(module);
    let mut edits: Vec<(Edit, Section)> = Vec::new();
    let mut sorted: Vec<&&ImportName> = needs.iter().collect();
    sorted.sort_by_key(|need| (section_of_need(need), need.module()));
    for need in sorted {
        let section = section_of_need(need);
        let edit = match section {
            Section::FirstParty => own::insertion(module, &imports, need),
            _ => insertion(module, &imports, need),
        };
        match edits
            .iter_mut()
            .find(|(other, _)| other.span() == edit.span())
        {
            Some((other, last)) => {
                *other = joined(module, other, &edit, *last != section);
                *last = section;
            }
            None => edits.push((edit, section)),
        }
    }
    edits.into_iter().map(|(edit, _)| edit).collect()
}

/// Two imports for the same place, the second sorted after the first.
fn joined(module: &Module<'_>, first: &Edit, second: &Edit, different: bool) -> Edit {
    let newline = module.layout().newline();
    let (before, after) = (first.text().trim_end(), second.text().trim_start());
    let gap = if different { newline } else { "" };
    let lead = &first.text()[..first.text().len() - first.text().trim_start().len()];
    Edit::insert(
        first.span().start(),
        format!("{lead}{}{newline}{gap}{after}", before.trim_start()),
    )
}

/// Text on lines of its own below an import.
fn below(module: &Module<'_>, import: &TopImport<'_>, text: &str) -> Edit {
    let layout = module.layout();
    let end = span(import.statement).end();
    // The last line of a file may lack its end.
    let lead = match layout.line_end(end) == module.text().len() {
        true => layout.newline(),
        false => "",
    };
    Edit::insert(layout.next_line(end), format!("{lead}{text}"))
}

/// Text on lines of its own above an import and the comments that belong to it.
fn above(module: &Module<'_>, import: &TopImport<'_>, text: &str) -> Edit {
    let start = module.layout().line_start(span(import.statement).start());
    Edit::insert(above_comments(module, start), text)
}

fn insertion(module: &Module<'_>, imports: &[TopImport<'_>], need: &ImportName) -> Edit {
    let layout = module.layout();
    let newline = layout.newline();
    let section = section_of(need.module());
    let key = need.module().to_lowercase();
    let after = |import: &TopImport<'_>, text: String| below(module, import, &text);
    let before = |import: &TopImport<'_>, text: String| above(module, import, &text);

    let same: Vec<usize> = (0..imports.len())
        .filter(|&index| imports[index].section == section)
        .collect();
    if let (Some(&first), Some(&last)) = (same.first(), same.last()) {
        let plain: Vec<usize> = same
            .iter()
            .copied()
            .filter(|&index| !imports[index].is_from)
            .collect();
        // With a `from` import above a plain one, the two kinds are sorted together.
        let mixed = plain.last().is_some_and(|&last| {
            same.iter()
                .any(|&index| imports[index].is_from && index < last)
        });
        let ordered = if mixed { &same } else { &plain };
        let next = ordered
            .iter()
            .copied()
            .find(|&index| imports[index].key > key);
        return match (next, ordered.last()) {
            (Some(next), _) => {
                let previous =
                    next.checked_sub(1)
                        .map(|index| &imports[index])
                        .filter(|previous| {
                            previous.section == section && {
                                let end = layout.next_line(span(previous.statement).end());
                                let gap =
                                    &module.text()[end..span(imports[next].statement).start()];
                                gap.trim_start().starts_with('#')
                            }
                        });
                match previous {
                    // A comment above the next import belongs to that one.
                    Some(previous) => after(previous, format!("{need}{newline}")),
                    None => before(&imports[next], format!("{need}{newline}")),
                }
            }
            (None, Some(&last)) => after(&imports[last], format!("{need}{newline}")),
            (None, None) if !mixed => before(&imports[first], format!("{need}{newline}")),
            (None, None) => after(&imports[last], format!("{need}{newline}")),
        };
    }
    if let Some(previous) = imports.iter().rev().find(|import| import.section < section) {
        let tail = gap_at(module, layout.next_line(span(previous.statement).end()));
        return after(previous, format!("{newline}{need}{newline}{tail}"));
    }
    if let Some(next) = imports.first() {
        return before(next, format!("{need}{newline}{newline}"));
    }
    first_import(module, need)
}

/// Where the first import of a file goes: below the docstring and `from __future__ import`, which
/// must stay first, or else above the first statement.
fn first_import(module: &Module<'_>, need: &ImportName) -> Edit {
    let layout = module.layout();
    let newline = layout.newline();
    let text = module.text();
    let body = module.tree().body();
    let head = body
        .iter()
        .enumerate()
        .take_while(|(index, statement)| {
            *index == 0 && is_docstring_stmt(statement)
                || matches!(statement, Stmt::ImportFrom(import)
                    if import.module.as_ref().is_some_and(|name| name.as_str() == "__future__"))
        })
        .count();
    // A statement behind a semicolon has no place above it.
    let starts_line = |statement: &&Stmt| {
        let start = span(*statement).start();
        text[layout.line_start(start)..start].trim().is_empty()
    };
    let next = (head..body.len()).find(|&index| starts_line(&&body[index]));
    let Some(above) = next.unwrap_or(body.len()).checked_sub(1) else {
        let at = next.map_or(text.len(), |next| {
            layout.line_start(span(&body[next]).start())
        });
        let gap = next.map_or(String::new(), |next| gap_above(&body[next], newline));
        return Edit::insert(above_comments(module, at), format!("{need}{newline}{gap}"));
    };
    let at = layout.next_line(span(&body[above]).end());
    let lead = if text[..at].ends_with(['\n', '\r']) {
        ""
    } else {
        newline
    };
    let tail = gap_at(module, at);
    Edit::insert(at, format!("{lead}{newline}{need}{newline}{tail}"))
}

/// The blank lines that must follow an import put at `at`, unless some are there.
fn gap_at(module: &Module<'_>, at: usize) -> String {
    if at == module.text().len() || module.text()[at..].starts_with(['\n', '\r']) {
        return String::new();
    }
    let newline = module.layout().newline();
    let next = module
        .tree()
        .body()
        .iter()
        .find(|next| span(*next).start() >= at);
    next.map_or(String::new(), |next| gap_above(next, newline))
}

/// The blank lines between an import and a statement of another kind or section below it.
fn gap_above(next: &Stmt, newline: &str) -> String {
    match next {
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) => newline.repeat(2),
        _ => newline.to_owned(),
    }
}

/// The start of the comment lines directly above `at`, unless they are the head of the file.
fn above_comments(module: &Module<'_>, at: usize) -> usize {
    let layout = module.layout();
    let mut top = at;
    while top > 0 {
        let line = layout.line_start(top - 1);
        // `top - 1` may be the `\n` of a `\r\n`, whose line starts at itself.
        let line = match module.text()[..top].ends_with("\r\n") {
            true => layout.line_start(top - 2),
            false => line,
        };
        if !module.text()[line..top].trim_start().starts_with('#') {
            return top;
        }
        top = line;
    }
    at
}

/// The edits that remove the imports which `before` uses and `after` does not: those that our own
/// edits made useless. Edits are of the text of `after`.
pub(super) fn removals(path: &Path, before: &Module<'_>, after: &Module<'_>) -> Vec<Edit> {
    // Others import names from a package's `__init__`.
    if path.file_name().is_some_and(|name| name == "__init__.py") {
        return Vec::new();
    }
    let useless: Vec<&Imported<'_>> = after
        .bindings()
        .iter()
        .filter_map(|binding| {
            let BindingKind::Import(index) = binding.kind else {
                return None;
            };
            let import = after.import(index);
            let useless = after.reads_of(binding.scope, binding.name).is_empty()
                && after
                    .bindings_of(binding.scope, binding.name)
                    .into_iter()
                    .all(|other| is_same_import(after, binding, other))
                && was_used(before, after, binding)
                && !import.is_reexport()
                && !import.loads_submodule()
                && !after.is_exported(binding.name)
                && !in_strings(after, import)
                && (after.guard(binding) == Guard::Always || is_only_for_block(after, binding));
            useless.then_some(import)
        })
        .collect();
    useless
        .chunk_by(|one, other| span(one.node()) == span(other.node()))
        .flat_map(|imports| removal(after, imports))
        .collect()
}

/// Whether two bindings import the same.
fn is_same_import(module: &Module<'_>, one: &Binding<'_>, other: &Binding<'_>) -> bool {
    match (&one.kind, &other.kind) {
        (BindingKind::Import(one), BindingKind::Import(other)) => {
            module.import(*one).target() == module.import(*other).target()
        }
        _ => false,
    }
}

/// Whether an import in a block of a function is there for what the block calls, and not to find out
/// whether the library is installed.
fn is_only_for_block(module: &Module<'_>, binding: &Binding<'_>) -> bool {
    if module.guard(binding) == Guard::TypeChecking {
        return false;
    }
    for node in module.ancestors(binding.node) {
        match node {
            AnyNodeRef::StmtFunctionDef(_) => return true,
            AnyNodeRef::StmtClassDef(_) => return false,
            AnyNodeRef::ExceptHandlerExceptHandler(_) => return false,
            AnyNodeRef::StmtTry(statement) => {
                let tells = statement.handlers.iter().any(|handler| {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    handler.type_.as_ref().is_some_and(|types| {
                        let types = module.source(types);
                        types.contains("ImportError") || types.contains("ModuleNotFoundError")
                    })
                });
                if tells {
                    return false;
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether the variable of the same import was read before. Its scope is found by its name there.
fn was_used(before: &Module<'_>, after: &Module<'_>, binding: &Binding<'_>) -> bool {
    let BindingKind::Import(index) = binding.kind else {
        return false;
    };
    let target = after.import(index).target();
    let function = enclosing_name(after, binding);
    before.bindings().iter().any(|old| {
        old.name == binding.name
            && matches!(old.kind, BindingKind::Import(other) if before.import(other).target() == target)
            && enclosing_name(before, old) == function
            && !before.reads_of(old.scope, old.name).is_empty()
    })
}

fn enclosing_name<'a>(module: &Module<'a>, binding: &Binding<'a>) -> Option<&'a str> {
    module.ancestors(binding.node).find_map(|node| match node {
        AnyNodeRef::StmtFunctionDef(function) => Some(function.name.as_str()),
        AnyNodeRef::StmtClassDef(class) => Some(class.name.as_str()),
        _ => None,
    })
}

/// Whether a string may name the import: a quoted annotation, a target of `mock.patch`.
fn in_strings(module: &Module<'_>, import: &Imported<'_>) -> bool {
    let is_module = matches!(import.node(), AnyNodeRef::StmtImport(_));
    module
        .tree()
        .tokens()
        .iter()
        // Prose stands in triple quotes.
        .filter(|token| token.kind() == TokenKind::String && !token.is_triple_quoted_string())
        .any(|token| {
            let text = span(token).of(module.text());
            text.match_indices(import.bound).any(|(at, found)| {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let rest = &text[at + found.len()..];
                if text[..at].ends_with(is_word) || rest.starts_with(is_word) {
                    return false;
                }
                !is_module
                    || rest
                        .strip_prefix('.')
                        .is_some_and(|rest| rest.starts_with(is_word))
            })
        })
}

/// The edits that take names out of one import statement, or all of it.
fn removal(module: &Module<'_>, imports: &[&Imported<'_>]) -> Vec<Edit> {
    let layout = module.layout();
    let Some(first) = imports.first() else {
        return Vec::new();
    };
    let node = first.node();
    let lines = layout.whole_lines(span(node));
    if layout.has_comments(lines) {
        return Vec::new();
    }
    let siblings = first.siblings();
    if imports.len() == siblings.len() {
        let Some(block) = module.block(node) else {
            return Vec::new();
        };
        let in_module = matches!(module.parent(node), Some(AnyNodeRef::ModModule(_)));
        let opens_block = block.index == 0 && !in_module;
        let spare = block.statements.len() > 1 && layout.alone(span(node));
        return spare
            .then(|| Edit::delete(with_spare_blank_lines(module, lines, opens_block)))
            .into_iter()
            .collect();
    }
    let goes = |index: &usize| {
        imports
            .iter()
            .any(|import| span(import.alias) == span(&siblings[*index]))
    };
    let indices: Vec<usize> = (0..siblings.len()).filter(goes).collect();
    indices
        .chunk_by(|one, other| one + 1 == *other)
        .filter_map(|run| {
            let (first, last) = (*run.first()?, *run.last()?);
            let own_lines = run
                .iter()
                .all(|&index| has_own_lines(module, span(&siblings[index])));
            // Lines that end in a backslash cannot be taken out whole.
            if own_lines && span(node).of(module.text()).ends_with(')') {
                let names = span(&siblings[first]).cover(span(&siblings[last]));
                return Some(Edit::delete(layout.whole_lines(names)));
            }
            Some(Edit::delete(
                match (first.checked_sub(1), siblings.get(last + 1)) {
                    (Some(kept), _) => {
                        Span::new(span(&siblings[kept]).end(), span(&siblings[last]).end())
                    }
                    (None, Some(kept)) => {
                        Span::new(span(&siblings[first]).start(), span(kept).start())
                    }
                    (None, None) => return None,
                },
            ))
        })
        .collect()
}

/// Whether nothing but a comma stands beside an imported name.
fn has_own_lines(module: &Module<'_>, name: Span) -> bool {
    let line = module.layout().whole_lines(name).of(module.text());
    line.trim().trim_end_matches(',').trim_end() == name.of(module.text())
}

/// Widens deleted lines so that where blank lines stood above and below, the larger gap remains; none
/// remains at the top of a file or a block.
fn with_spare_blank_lines(module: &Module<'_>, lines: Span, opens_block: bool) -> Span {
    let text = module.text();
    let end = match text.contains('\n') {
        true => '\n',
        false => '\r',
    };
    let is_blank = |line: &&str| line.ends_with(end) && line.trim().is_empty();
    let (above, below) = (&text[..lines.start()], &text[lines.end()..]);
    let above_lines = above.split_inclusive(end).rev().take_while(is_blank);
    let blank_above: usize = above_lines.map(str::len).sum();
    let below_lines = below.split_inclusive(end).take_while(is_blank);
    let blank_below: usize = below_lines.map(str::len).sum();
    if blank_above == above.len() || opens_block {
        Span::new(lines.start(), lines.end() + blank_below)
    } else if blank_above == 0 || blank_below == 0 {
        lines
    } else if blank_above <= blank_below {
        Span::new(lines.start() - blank_above, lines.end())
    } else {
        Span::new(lines.start(), lines.end() + blank_below)
    }
}
