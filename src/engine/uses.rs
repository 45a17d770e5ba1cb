//! Whether a text uses a library, in whatever way a text may.

use crate::python::ast::{AnyNodeRef, TokenKind, TraversalSignal};
use crate::python::{Lines, deep_stack, parse, span};
use std::path::Path;

/// The line, from 1, in which a text uses a module or may do so: it imports it, or a string names it.
/// A text that is no Python uses it where it seems to import it.
pub(super) fn use_in(path: &Path, text: &str, module: &str) -> Option<usize> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let at = match ending {
        Some("py" | "pyi" | "pyw") | None => deep_stack(|| in_python(text, module)),
        Some(_) => imports_somewhere(text, module),
    };
    at.map(|at| Lines::new(text).position(at).line)
}

fn in_python(text: &str, module: &str) -> Option<usize> {
    let Ok(tree) = parse(text) else {
        return words(text, module).next();
    };
    let mut found = None;
    let is_it = |name: &str| name == module || name.starts_with(&format!("{module}."));
    for statement in tree.body() {
        crate::model::file::walk(AnyNodeRef::from(statement), &mut |node| {
            let imports = match node {
                AnyNodeRef::StmtImport(import) => {
                    import.names.iter().any(|alias| is_it(&alias.name))
                }
                AnyNodeRef::StmtImportFrom(import) => {
                    import.level == 0 && import.module.as_ref().is_some_and(|name| is_it(name))
                }
                _ => false,
            };
            if imports && found.is_none() {
                found = Some(span(node).start());
            }
            match node.is_expression() {
                true => TraversalSignal::Skip,
                false => TraversalSignal::Traverse,
            }
        });
    }
    found.or_else(|| {
        let strings = tree
            .tokens()
            .iter()
            .filter(|token| matches!(token.kind(), TokenKind::String | TokenKind::FStringMiddle));
        let mut naming = strings.filter(|token| {
            let text = span(token).of(text);
            match token.is_triple_quoted_string() {
                // Prose, or code that somebody may run.
                true => imports_somewhere(text, module).is_some(),
                false => names(text, module),
            }
        });
        naming.next().map(|token| span(token).start())
    })
}

/// Whether a string may name the module: without white space, or about what is to be installed.
fn names(string: &str, module: &str) -> bool {
    let speaks = ["import", "install", "module", "package", "depend"]
        .iter()
        .any(|word| string.to_lowercase().contains(word));
    let single = !string
        .trim_matches(['"', '\''])
        .contains(char::is_whitespace);
    let mut found = words(string, module);
    (single || speaks)
        && found.any(|at| {
            // A part of a path, such as `/requests/1`, is none of a dotted name.
            !string[..at].ends_with('/') && !string[at + module.len()..].starts_with('/')
        })
}

/// Where text seems to import a module.
fn imports_somewhere(text: &str, module: &str) -> Option<usize> {
    words(text, module).find(|at| {
        let before = text[..*at].trim_end_matches([' ', '\t']);
        before.len() < *at && (before.ends_with("import") || before.ends_with("from"))
    })
}

/// Where a name stands in a text as a word.
fn words<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).filter_map(move |(at, found)| {
        let inside = text[..at].ends_with(is_word) || text[at + found.len()..].starts_with(is_word);
        (!inside).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<usize>) {
        assert_eq!(
            use_in(Path::new("app.py"), text, "requests"),
            expected,
            "{text}"
        );
    }

    #[test]
    fn imports_and_names_in_strings_are_uses() {
        check("x = 1\nimport requests\n", Some(2));
        check(
            "def f():\n    from requests.auth import HTTPBasicAuth\n",
            Some(2),
        );
        check("import requests_toolbelt\n", None);
        check("from .requests import get\n", None);
        check("mock.patch('app.requests.get')\n", Some(1));
        check("raise ImportError('install requests first')\n", Some(1));
        check("print('too many requests')\n", None);
        check("# all requests\nrequests = []\n", None);
        check(
            "\"\"\"Answers requests.\n\n>>> import requests\n\"\"\"\n",
            Some(1),
        );
        check("app.get('/requests/1')\n", None);
        check("def (: requests\n", Some(1));
    }

    #[test]
    fn other_files_use_it_where_they_import_it() {
        let check = |text| use_in(Path::new("a.ipynb"), text, "requests");
        assert_eq!(check("\"source\": [\"import requests\\n\"]"), Some(1));
        assert_eq!(check("\"source\": [\"the requests\\n\"]"), None);
    }
}
