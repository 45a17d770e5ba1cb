//! Versions of the Python language.

use std::fmt;
use std::str::FromStr;

/// A minor version of Python 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion(u8);

impl PythonVersion {
    /// What is assumed where neither a setting nor `requires-python` says anything: the oldest
    /// version that had support when this was written (PEP 619: until October 2026, and its successor).
    pub const DEFAULT: Self = Self(10);
    pub const OLDEST: Self = Self(7);
    pub const NEWEST: Self = Self(15);
    /// `unittest.IsolatedAsyncioTestCase` exists from here.
    pub const PY38: Self = Self(8);
    /// `asyncio.to_thread` exists from here.
    pub const PY39: Self = Self(9);
    /// The event loop is no argument of asyncio's functions any more.
    pub const PY310: Self = Self(10);
    /// Asynchronous comprehensions inside synchronous ones are legal from here.
    pub const PY311: Self = Self(11);
    /// `asyncio.wait_for` awaits in the same task, and any callable can be marked as a coroutine function.
    pub const PY312: Self = Self(12);

    /// The lowest version that a PEP 440 specifier such as `>=3.9,<4` admits, as far as its lower
    /// bounds tell; `None` without one.
    pub fn lowest_of(specifier: &str) -> Option<Self> {
        specifier
            .split(',')
            .filter_map(|clause| {
                let clause = clause.trim();
                let version = [">=", "~=", "==", ">"]
                    .iter()
                    .find_map(|operator| clause.strip_prefix(operator))?;
                let mut parts = version.trim().trim_end_matches(".*").split('.');
                let major = parts.next()?.trim().parse::<u8>().ok()?;
                let minor = parts.next().map_or(Some(0), |part| part.parse().ok())?;
                (major == 3).then(|| Self(minor).max(Self::OLDEST))
            })
            .max()
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.0)
    }
}

/// A version was written in no known way.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no version of Python 3 from {oldest} to {newest}; write `3.12` or `py312`", oldest = PythonVersion::OLDEST, newest = PythonVersion::NEWEST)]
pub struct VersionError(String);

impl FromStr for PythonVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix("3.")
            .or_else(|| text.strip_prefix("py3"))
            .and_then(|minor| minor.parse().ok())
            .map(Self)
            .filter(|version| (Self::OLDEST..=Self::NEWEST).contains(version))
            .ok_or_else(|| VersionError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_spellings() {
        assert_eq!(
            "py312".parse::<PythonVersion>().unwrap().to_string(),
            "3.12"
        );
        assert_eq!("3.8".parse::<PythonVersion>().unwrap().to_string(), "3.8");
        assert!("2.7".parse::<PythonVersion>().is_err());
        assert!("3.99".parse::<PythonVersion>().is_err());
    }

    #[test]
    fn lower_bounds_of_specifiers() {
        let lowest = |text| PythonVersion::lowest_of(text).map(|version| version.to_string());
        assert_eq!(lowest(">=3.9,<4").as_deref(), Some("3.9"));
        assert_eq!(lowest("~=3.11.2").as_deref(), Some("3.11"));
        assert_eq!(lowest("<4").as_deref(), None);
        assert_eq!(lowest(">=3").as_deref(), Some("3.7"));
    }
}
