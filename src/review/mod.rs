//! What people decided about findings: how a finding is known again in code that moves, the ledger
//! that keeps the decisions, and what they come to in a run. Values in, values out.

mod anchors;
mod baseline;
mod ledger;
mod standing;

pub use anchors::{Among, Anchor, Anchors};
pub use baseline::{baseline_text, parse_baseline};
pub use ledger::{Decision, Ledger, LedgerError, Verdict};
pub use standing::{Held, Standing, decision, decisions, fingerprint, held, renewed, rule};
