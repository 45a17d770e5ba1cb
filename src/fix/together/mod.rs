//! Awaited calls that are to run at the same time: whether they may, and how that is written.
//!
//! `judge` says what the calls do and what a person must confirm of it: `survey` and `body` walk
//! through the code that they run, `names` weighs what is not known, and
//! `summary` asks the project about other files. `surroundings` says what stands
//! around them, `against` what they are given, `chosen` whose order was meant, `attempts` what a `try` around them needs. What one call feeds to another is for the
//! transform to see, which knows their shape. `write` starts the calls as tasks, in the way that the
//! settings ask for, and `code` lays them out.

mod against;
mod attempts;
mod body;
mod chosen;
mod code;
mod doubts;
mod judge;
mod names;
mod once;
mod summary;
mod surroundings;
mod survey;
mod unseen;
mod write;

pub use code::{Between, Code, Sheet, argument_span, call_code, changed_call_code, display_code};
pub use judge::{Judged, Runs, judge};
pub use surroundings::{check as surroundings, is_asyncio};
pub use write::{Tasks, Way, Writer};
