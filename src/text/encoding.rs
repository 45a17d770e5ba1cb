//! The encodings of Python source files: a UTF-8 signature, PEP 263 cookies, and the way back.

use encoding_rs::EncoderResult;
use std::borrow::Cow;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// How the bytes of a file stand for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Ascii,
    /// ISO 8859-1 proper. The WHATWG's label of this name means windows-1252, Python's does not.
    Latin1,
    Other(&'static encoding_rs::Encoding),
}

/// Why the bytes of a file cannot be read as Python source.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DecodeError {
    #[error("not valid UTF-8 at byte {0}, and no encoding is declared (PEP 263)")]
    Utf8(usize),
    #[error("byte {at} is not valid in the declared encoding {name}")]
    Declared { name: String, at: usize },
    #[error("the declared encoding {0} is unknown")]
    Unknown(String),
    #[error(
        "the declared encoding {0} does not give the same bytes back, so no edit could be written"
    )]
    NotReversible(String),
    #[error("it starts with a UTF-8 signature but declares the encoding {0}")]
    SignatureAndCookie(String),
    #[error("it contains NUL bytes: not Python source")]
    Nul,
    #[error("it is larger than {} MB", .0 >> 20)]
    TooLarge(usize),
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Ascii => "ascii",
            Self::Latin1 => "iso-8859-1",
            Self::Other(encoding) => encoding.name(),
        }
    }

    /// The encoding that Python's codec registry gives for `label`, as far as it is known here.
    fn for_label(label: &str) -> Option<Self> {
        let label = label.to_ascii_lowercase().replace('_', "-");
        Some(match label.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "utf-8-sig" | "utf8-ucs2" | "utf8-ucs4"
            | "cp65001" => Self::Utf8,
            "ascii" | "us-ascii" | "646" => Self::Ascii,
            "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859"
            | "cp819" => Self::Latin1,
            _ if label.starts_with("utf-8-") => Self::Utf8,
            _ if label.starts_with("latin-1-") || label.starts_with("iso-8859-1-") => Self::Latin1,
            _ => {
                let label = match label.as_str() {
                    "mac-roman" | "macroman" => "macintosh",
                    "mac-cyrillic" | "maccyrillic" => "x-mac-cyrillic",
                    "cp932" | "ms932" => "shift-jis",
                    "cp936" => "gbk",
                    "cp949" | "uhc" => "euc-kr",
                    "cp950" => "big5",
                    other => other,
                };
                let found = encoding_rs::Encoding::for_label(label.as_bytes())
                    // WHATWG spells a few labels with an underscore where Python has both.
                    .or_else(|| {
                        encoding_rs::Encoding::for_label(label.replace('-', "_").as_bytes())
                    })?;
                // UTF-16 cannot be a source encoding, and "replacement" is not one at all.
                if found.output_encoding() != found {
                    return None;
                }
                Self::Other(found)
            }
        })
    }

    fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
        let bad = |at| DecodeError::Declared {
            name: self.name().to_owned(),
            at,
        };
        match self {
            Self::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(error) => Err(DecodeError::Utf8(error.valid_up_to())),
            },
            Self::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
                Some(at) => Err(bad(at)),
                None => self::Encoding::Utf8.decode(bytes),
            },
            Self::Latin1 => Ok(encoding_rs::mem::decode_latin1(bytes)),
            Self::Other(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .ok_or_else(|| bad(first_malformed(encoding, bytes))),
        }
    }

    /// The bytes for `text`, or the first character that has none in this encoding.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, char> {
        let limit = match self {
            Self::Utf8 => return Ok(Cow::Owned(text.as_bytes().to_vec())),
            Self::Ascii => '\u{7f}',
            Self::Latin1 => '\u{ff}',
            Self::Other(encoding) => return encode_with(encoding, text),
        };
        match text.chars().find(|&character| character > limit) {
            Some(character) => Err(character),
            None => Ok(Cow::Owned(text.chars().map(|c| c as u8).collect())),
        }
    }
}

fn encode_with(
    encoding: &'static encoding_rs::Encoding,
    text: &str,
) -> Result<Cow<'static, [u8]>, char> {
    let mut encoder = encoding.new_encoder();
    let mut bytes = Vec::with_capacity(text.len() + 16);
    let mut rest = text;
    loop {
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => return Ok(Cow::Owned(bytes)),
            EncoderResult::OutputFull => bytes.reserve(rest.len() * 2 + 16),
            EncoderResult::Unmappable(character) => return Err(character),
        }
    }
}

fn first_malformed(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() * 3 + 16);
    let (_, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    read.saturating_sub(1)
}

/// The text of a source file without its signature, the encoding, and whether a signature was there.
///
/// Python's rules (PEP 263 and the language reference, "Encoding declarations"): UTF-8 unless one
/// of the first two lines is a comment that declares another encoding, the second line only after
/// a blank or comment line; a signature together with any other encoding is an error.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding, bool), DecodeError> {
    let (bom, body) = match bytes.strip_prefix(BOM) {
        Some(body) => (true, body),
        None => (false, bytes),
    };
    let cookie = cookie(body);
    let encoding = match cookie {
        None => Encoding::Utf8,
        Some(label) => {
            Encoding::for_label(label).ok_or_else(|| DecodeError::Unknown(label.to_owned()))?
        }
    };
    if bom && encoding != Encoding::Utf8 {
        return Err(DecodeError::SignatureAndCookie(encoding.name().to_owned()));
    }
    let text = encoding.decode(body)?;
    if memchr::memchr(0, body).is_some() {
        return Err(DecodeError::Nul);
    }
    if matches!(encoding, Encoding::Other(_)) && encoding.encode(&text).as_deref() != Ok(body) {
        return Err(DecodeError::NotReversible(encoding.name().to_owned()));
    }
    Ok((text, encoding, bom))
}

/// Writes `text` as a file's bytes; the error is the character that the encoding lacks.
pub fn encode(text: &str, encoding: Encoding, bom: bool) -> Result<Vec<u8>, char> {
    let body = encoding.encode(text)?;
    Ok(if bom {
        [BOM, &body].concat()
    } else {
        body.into_owned()
    })
}

/// The label of a PEP 263 cookie: `^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)`.
fn cookie(bytes: &[u8]) -> Option<&str> {
    let mut lines = bytes.split(|&byte| byte == b'\n' || byte == b'\r');
    let first = lines.next()?;
    if let Some(label) = cookie_of_line(first) {
        return Some(label);
    }
    let trimmed = first.trim_ascii();
    if !trimmed.is_empty() && trimmed[0] != b'#' {
        return None;
    }
    let mut second = lines.next()?;
    // The empty piece between the two bytes of a `\r\n`.
    if second.is_empty() && bytes.get(first.len()..first.len() + 2) == Some(b"\r\n") {
        second = lines.next()?;
    }
    cookie_of_line(second)
}

fn cookie_of_line(line: &[u8]) -> Option<&str> {
    let line = line.trim_ascii_start();
    if line.first() != Some(&b'#') {
        return None;
    }
    let at = memchr::memmem::find_iter(line, b"coding")
        .map(|at| at + b"coding".len())
        .find(|&at| matches!(line.get(at), Some(b':' | b'=')))?;
    let rest = line[at + 1..].trim_ascii_start();
    let length = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        .count();
    std::str::from_utf8(&rest[..length])
        .ok()
        .filter(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<(&str, &str), &str>) {
        match (decode(bytes), expected) {
            (Ok((text, encoding, bom)), Ok((expected_text, name))) => {
                assert_eq!((text.as_ref(), encoding.name()), (expected_text, name));
                assert_eq!(encode(&text, encoding, bom).unwrap(), bytes);
            }
            (Err(error), Err(expected)) => assert!(
                error.to_string().contains(expected),
                "{error} does not say {expected}"
            ),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn utf8_with_and_without_signature() {
        check("é".as_bytes(), Ok(("é", "utf-8")));
        check(b"\xef\xbb\xbfx = 1\n", Ok(("x = 1\n", "utf-8")));
        check(b"x = '\xff'\n", Err("not valid UTF-8 at byte 5"));
        check(b"\xef\xbb\xbf# coding: latin-1\n", Err("signature"));
    }

    #[test]
    fn cookies_as_pep_263_has_them() {
        check(
            b"# -*- coding: latin-1 -*-\n\xe9",
            Ok(("# -*- coding: latin-1 -*-\né", "iso-8859-1")),
        );
        check(
            b"#!/x\r\n# vim: set fileencoding=cp1252 :\r\n\x80",
            Ok((
                "#!/x\r\n# vim: set fileencoding=cp1252 :\r\n€",
                "windows-1252",
            )),
        );
        check(
            b"\n# coding: koi8-r\n\xc1",
            Ok(("\n# coding: koi8-r\nа", "KOI8-R")),
        );
        check(b"x = 1\n# coding: latin-1\n\xe9", Err("not valid UTF-8"));
        check(b"# coding: wtf-9\n", Err("wtf-9 is unknown"));
        check(b"# coding: ascii\n\xe9", Err("byte 16 is not valid"));
        check(b"# coding: utf-16\n", Err("unknown"));
        check(b"a\0b", Err("NUL"));
    }

    #[test]
    fn a_character_outside_the_encoding_is_named() {
        assert_eq!(Encoding::Latin1.encode("a€"), Err('€'));
        let (_, koi8, _) = decode(b"# coding: koi8-r\n").unwrap();
        assert_eq!(koi8.encode("é"), Err('é'));
    }
}
