//! From findings to a plan: which fixes go together, what the changed texts are, and whether they
//! still are the programs they should be. Values in, values out.

mod alternatives;
mod choose;
mod decided;
mod dependencies;
mod examine;
mod gate;
mod helpers;
mod imports;
mod plan;
mod rewrite;
mod served;
mod settle;
mod suppress;
mod uses;
mod wanted;
mod wish;

pub use decided::{Decided, Ruled, Ruling};
pub use dependencies::{Mention, Sources};
pub use examine::{HelpersModule, Selection, examine, facts, is_of_interest};
pub use plan::{Applied, Broken, End, FilePatch, Plan, Step};
pub use served::by_fix;
pub use settle::{Loaded, alone, settle};
pub use wanted::Wanted;
pub use wish::Wish;
