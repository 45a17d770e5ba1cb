//! What kind of word each piece of a text is, for colours. By tokens alone: a name says nothing of what
//! it stands for, unless what is beside it does.

use super::ast::TokenKind;
use super::{deep_stack, parse, span};
use crate::text::Span;

/// What gets a colour of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Keyword,
    Text,
    Number,
    Comment,
    /// The name in a definition.
    Definition,
    Call,
}

/// The coloured pieces of a text, in its order; none where it does not parse.
pub fn coloured(text: &str) -> Vec<(Span, Colour)> {
    deep_stack(|| {
        let Ok(tree) = parse(text) else {
            return Vec::new();
        };
        let tokens: Vec<_> = tree.tokens().iter().collect();
        let kind = |index: Option<usize>| Some(tokens.get(index?)?.kind());
        let coloured = tokens.iter().enumerate().filter_map(|(index, token)| {
            let before = || kind(index.checked_sub(1));
            let behind = || kind(Some(index + 1));
            let colour = colour(token.kind(), before, behind)?;
            Some((span(*token), colour))
        });
        coloured.collect()
    })
}

fn colour(
    kind: TokenKind,
    before: impl Fn() -> Option<TokenKind>,
    behind: impl Fn() -> Option<TokenKind>,
) -> Option<Colour> {
    match kind {
        TokenKind::Comment => Some(Colour::Comment),
        TokenKind::Int | TokenKind::Float | TokenKind::Complex => Some(Colour::Number),
        TokenKind::String
        | TokenKind::FStringStart
        | TokenKind::FStringMiddle
        | TokenKind::FStringEnd
        | TokenKind::TStringStart
        | TokenKind::TStringMiddle
        | TokenKind::TStringEnd => Some(Colour::Text),
        TokenKind::Name => match (before(), behind()) {
            (Some(TokenKind::Def | TokenKind::Class), _) => Some(Colour::Definition),
            (_, Some(TokenKind::Lpar)) => Some(Colour::Call),
            _ => None,
        },
        _ if kind.is_keyword() => Some(Colour::Keyword),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_colours_by_what_they_are() {
        let text = "async def f(x):  # why\n    return g(x, f\"a{x}\", 'b', 1.5)\n";
        let found: Vec<(&str, Colour)> = coloured(text)
            .into_iter()
            .map(|(at, colour)| (at.of(text), colour))
            .collect();
        let expected = [
            ("async", Colour::Keyword),
            ("def", Colour::Keyword),
            ("f", Colour::Definition),
            ("# why", Colour::Comment),
            ("return", Colour::Keyword),
            ("g", Colour::Call),
            ("f\"", Colour::Text),
            ("a", Colour::Text),
            ("\"", Colour::Text),
            ("'b'", Colour::Text),
            ("1.5", Colour::Number),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn names_that_are_keywords_elsewhere_are_names() {
        assert_eq!(coloured("match = case\n"), []);
        assert_eq!(coloured("x = (\n"), []);
    }
}
