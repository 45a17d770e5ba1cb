//! Reports in JSON: ruff's, as an array or a row a line, and SARIF.

use super::decode::with_slashes;
use super::{Claim, ClaimsError, Spot, sarif};
use serde::Deserialize;

/// A row of ruff or a whole log of SARIF: which, its keys tell.
#[derive(Deserialize)]
struct Document {
    runs: Option<Vec<sarif::Run>>,
    filename: Option<String>,
    /// Nothing where the file could not be parsed.
    code: Option<String>,
    message: Option<String>,
    location: Option<Location>,
    end_location: Option<Location>,
}

#[derive(Deserialize)]
struct Location {
    row: usize,
    column: usize,
}

pub(super) fn read(text: &str) -> Result<Vec<Claim>, ClaimsError> {
    let wrong = |error: serde_json::Error| ClaimsError::Json(error.to_string());
    let documents: Vec<Document> = match text.starts_with('[') {
        true => serde_json::from_str(text).map_err(wrong)?,
        false => serde_json::Deserializer::from_str(text)
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(wrong)?,
    };
    let mut claims = Vec::new();
    for document in documents {
        match document {
            Document {
                runs: Some(runs), ..
            } => {
                claims.extend(runs.into_iter().flat_map(sarif::claims));
            }
            Document {
                filename: Some(filename),
                ..
            } => {
                claims.push(Claim {
                    tool: "ruff".to_owned(),
                    rule: document.code.unwrap_or_default(),
                    message: document.message.unwrap_or_default(),
                    spots: vec![Spot {
                        paths: vec![with_slashes(&filename)],
                        lines: document.location.as_ref().map(|start| {
                            let end = document.end_location.as_ref();
                            (
                                start.row,
                                end.map_or(start.row, |end| last_line(start, end)),
                            )
                        }),
                        column: document.location.map(|start| start.column),
                    }],
                    is_traceback: false,
                    times: 1,
                });
            }
            _ => {
                return Err(ClaimsError::Unlike(
                    "an object has neither `filename` nor `runs`",
                ));
            }
        }
    }
    Ok(claims)
}

/// A range that ends before the first character of a line has nothing of it.
fn last_line(start: &Location, end: &Location) -> usize {
    match end.column <= 1 && end.row > start.row {
        true => end.row - 1,
        false => end.row.max(start.row),
    }
}
