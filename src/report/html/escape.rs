//! Text of code as it may stand in a page: nothing of it is markup, and nothing of it is hidden.

/// Characters that would not be seen, or that would change the order in which others are seen. The script
/// of the page has the same.
fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\t' && c != '\n'
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A text for between tags, or for an attribute in quotes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ if is_hidden(c) => out.push_str(&format!("\u{27e8}U+{:04X}\u{27e9}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}

/// JSON for inside of a `script` element, which only a `<` could end.
pub fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        let text = "<b class=\"x\" id='y'>&amp;</b>";
        let expected = "&lt;b class=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/b&gt;";
        assert_eq!(escaped(text), expected);
    }

    #[test]
    fn what_cannot_be_seen_is_told() {
        assert_eq!(escaped("a\u{202e}b\u{7}"), "a⟨U+202E⟩b⟨U+0007⟩");
        assert_eq!(escaped("gr\u{fc}n\tx"), "gr\u{fc}n\tx");
    }

    #[test]
    fn data_does_not_end_its_element() {
        let json = in_script(r#"["</script><!--"]"#);
        assert!(!json.contains('<'), "{json}");
        let read: Vec<String> = serde_json::from_str(&json).unwrap();
        assert_eq!(read, ["</script><!--"]);
    }
}
