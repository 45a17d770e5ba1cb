//! One requirement: the name of a distribution and which versions of it, as PEP 508 has it.

/// A name as package indexes compare it (PEP 503).
pub fn normalised(name: &str) -> String {
    let mut result = String::with_capacity(name.len());
    for c in name.trim().chars() {
        let separator = matches!(c, '-' | '_' | '.');
        if separator && !result.ends_with('-') {
            result.push('-');
        } else if !separator {
            result.extend(c.to_lowercase());
        }
    }
    result
}

/// The parts of a requirement's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Normalised.
    pub name: String,
    /// Which versions, with the white space before it: ` >= 2.0`.
    pub versions: String,
    /// It is more than a name and versions: extras, a marker, an address.
    pub special: bool,
}

impl Requirement {
    /// Reads a requirement; nothing if the text does not begin with a name.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
        let (name, versions) = text.split_at(end);
        let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        let known = [
            "", "[", "(", "@", ";", "<", ">", "=", "!", "~", ",", "\\", "--",
        ];
        let rest = versions.trim_start();
        let follows = rest.is_empty() || known.iter().skip(1).any(|sign| rest.starts_with(sign));
        (starts && follows).then(|| Self {
            name: normalised(name),
            versions: versions.trim_end().to_owned(),
            special: rest.starts_with(['[', '(', '@', ';', '\\', '-'])
                || rest.contains([';', '\\', '@'])
                || rest.contains("--"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_indexes_do() {
        assert_eq!(normalised("Types_Requests"), "types-requests");
        assert_eq!(normalised("zope..Interface"), "zope-interface");
    }

    #[test]
    fn requirements_are_read() {
        let read = |text: &str| {
            let read = Requirement::read(text)?;
            Some((read.name, read.versions, read.special))
        };
        let plain =
            |name: &str, versions: &str| Some((name.to_owned(), versions.to_owned(), false));
        assert_eq!(read("requests"), plain("requests", ""));
        assert_eq!(
            read("Requests >= 2.0, <3"),
            plain("requests", " >= 2.0, <3")
        );
        assert!(read("requests[socks]>=2").is_some_and(|it| it.2));
        assert!(read("requests ; python_version < '3'").is_some_and(|it| it.2));
        assert!(read("requests @ https://example.org/requests.whl").is_some_and(|it| it.2));
        assert!(read("requests==2.0 --hash=sha256:00").is_some_and(|it| it.2));
        assert_eq!(read("-r base.txt"), None);
        assert_eq!(read("https://example.org/requests.whl"), None);
        assert_eq!(read("./local"), None);
    }
}
