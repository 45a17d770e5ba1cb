//! What other tools say of places: the reports of linters and tracebacks, read into claims, and each
//! claim held against what is found there.
//!
//! Reading knows no files but the text it is given, and takes every form it can tell apart without
//! being told which it is.

mod decode;
mod judge;
mod reports;
mod sarif;
mod tracebacks;

pub use judge::{Answer, Ground, Located, Verdict, judge};

/// Something that another tool says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub tool: String,
    /// As the tool calls it; empty where it has no name.
    pub rule: String,
    pub message: String,
    /// Where it is: one place, or the frames of a traceback, the innermost first.
    pub spots: Vec<Spot>,
    pub is_traceback: bool,
    /// How often the same was said.
    pub times: usize,
}

/// Lines of a file, as another tool names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// What the file may be called here, the likeliest first.
    pub paths: Vec<String>,
    /// The first and the last line, from 1; nothing where the whole file is meant.
    pub lines: Option<(usize, usize)>,
    /// Where in the first line, from 1.
    pub column: Option<usize>,
}

/// Why a text gives no claims.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ClaimsError {
    #[error("it is empty")]
    Empty,
    #[error("it is larger than {} MB", .0 >> 20)]
    TooLarge(usize),
    #[error("it is no JSON that can be read: {0}")]
    Json(String),
    #[error("it is JSON, but neither a row of ruff nor SARIF: {0}")]
    Unlike(&'static str),
    #[error("nothing in it looks like a report of ruff, SARIF or a traceback of blockbuster")]
    Unknown,
}

/// Larger reports are refused.
pub const MAX_BYTES: usize = 512 << 20;

/// All claims of a report, in its order, each once.
pub fn read(bytes: &[u8]) -> Result<Vec<Claim>, ClaimsError> {
    if bytes.len() > MAX_BYTES {
        return Err(ClaimsError::TooLarge(MAX_BYTES));
    }
    let text = decode::text(bytes);
    let text = text.trim();
    if text.is_empty() {
        return Err(ClaimsError::Empty);
    }
    let claims = match text.starts_with(['[', '{']) {
        true => match reports::read(text) {
            Ok(claims) => claims,
            // Lines of a log may begin with a bracket as well.
            Err(error) => match tracebacks::read(text) {
                claims if claims.is_empty() => return Err(error),
                claims => claims,
            },
        },
        false => match tracebacks::read(text) {
            claims if claims.is_empty() => return Err(ClaimsError::Unknown),
            claims => claims,
        },
    };
    Ok(counted(claims))
}

/// Equal claims as one.
fn counted(claims: Vec<Claim>) -> Vec<Claim> {
    let mut known: std::collections::HashMap<u64, Vec<usize>> = std::collections::HashMap::new();
    let mut counted: Vec<Claim> = Vec::new();
    for claim in claims {
        let same = known.entry(fingerprint(&claim)).or_default();
        let equal = |index: &&usize| {
            let other: &Claim = &counted[**index];
            (&other.rule, &other.message, &other.spots, &other.tool)
                == (&claim.rule, &claim.message, &claim.spots, &claim.tool)
        };
        match same.iter().find(equal).copied() {
            Some(index) => counted[index].times += claim.times,
            None => {
                same.push(counted.len());
                counted.push(claim);
            }
        }
    }
    counted
}

fn fingerprint(claim: &Claim) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (&claim.rule, &claim.message).hash(&mut hasher);
    for spot in &claim.spots {
        (&spot.paths, spot.lines, spot.column).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
