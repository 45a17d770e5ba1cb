//! The bytes of a report as text, and what stands for a path in it.

use std::borrow::Cow;

/// Text in UTF-8, or in UTF-16 as a shell of Windows redirects it. What is neither is replaced: a log
/// may hold anything.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, length)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    // Reports begin in ASCII, so that UTF-16 without its mark shows at once.
    match bytes {
        [0, _, ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(bytes).0,
        [_, 0, ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0,
        _ => String::from_utf8_lossy(bytes),
    }
}

/// The path of a `file:` URI or of a relative one, as people write it.
pub(super) fn path_of_uri(uri: &str) -> String {
    let scheme = uri
        .get(..5)
        .is_some_and(|it| it.eq_ignore_ascii_case("file:"));
    if !scheme {
        return decoded(uri);
    }
    let rest = &uri[5..];
    let path = match rest.strip_prefix("//") {
        Some(after) => match after.find('/') {
            Some(at) => match &after[..at] {
                "" | "localhost" => &after[at..],
                // A drive in the place of the host, as some write it.
                host if host.ends_with(':') => after,
                _ => rest,
            },
            None => after,
        },
        None => rest,
    };
    let path = decoded(path);
    match path.strip_prefix('/') {
        Some(below) if has_drive(below) => below.to_owned(),
        _ => path,
    }
}

/// A path with slashes, if it is one of Windows.
pub(super) fn with_slashes(path: &str) -> String {
    match has_drive(path) || !path.contains('/') {
        true => path.replace('\\', "/"),
        false => path.to_owned(),
    }
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// `%20` and its like as the bytes they stand for; what stands for no UTF-8 stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_paths() {
        let check = |uri: &str, path: &str| assert_eq!(path_of_uri(uri), path);
        check("src/app.py", "src/app.py");
        check("src/my%20app.py", "src/my app.py");
        check("file:///srv/gr%C3%BCn.py", "/srv/grün.py");
        check("file://localhost/srv/a.py", "/srv/a.py");
        check("FILE:/srv/a.py", "/srv/a.py");
        check("file:///C:/src/a.py", "C:/src/a.py");
        check("file://C:/src/a.py", "C:/src/a.py");
        check("100%.py", "100%.py");
        check("%ff.py", "%ff.py");
        assert_eq!(with_slashes("src\\app.py"), "src/app.py");
        assert_eq!(with_slashes("/a/b\\c.py"), "/a/b\\c.py");
    }

    #[test]
    fn texts_of_other_shells_are_read() {
        let wide = |text: &str| {
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>()
        };
        assert_eq!(text(b"\xef\xbb\xbf[]"), "[]");
        assert_eq!(text(&[b"\xff\xfe".to_vec(), wide("[é]")].concat()), "[é]");
        assert_eq!(text(&wide("[]")), "[]");
        assert_eq!(text(b"\xfe\xff\0[\0]"), "[]");
        assert_eq!(text(b"a\xffb"), "a\u{fffd}b");
    }
}
