//! What people decided about findings: how a finding is known again in code that moves, the ledger
//! that keeps the decisions, and what they come to in a run. Values in, values out.

mod anchors;
mod baseline;
mod items;
mod ledger;
mod session;
mod standing;

pub use anchors::{Among, Anchor, Anchors};
pub use baseline::{baseline_text, parse_baseline};
pub use items::{Item, Way, items};
pub use ledger::{Decision, Ledger, LedgerError, Merged, Verdict};
pub use session::{Answer, Asked, Effect, Key, Mode, Session, Tally};
pub use standing::{Held, Standing, decision, decisions, fingerprint, held, renewed, rule};
