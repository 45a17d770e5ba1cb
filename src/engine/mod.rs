//! From findings to a plan: which fixes go together, what the changed texts are, and whether they
//! still are the programs they should be. Values in, values out.

mod choose;
mod examine;
mod gate;
mod imports;
mod plan;
mod settle;

pub use examine::{Selection, examine};
pub use plan::{Applied, Broken, End, FilePatch, Plan, Step};
pub use settle::{Loaded, settle};
