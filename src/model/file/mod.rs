//! What one file says: its scopes, names, imports and calls.

mod assume;
mod build;
mod effects;
mod imports;
mod items;
mod made;
mod module;
mod resolve;
mod scope;
mod syntax;
mod types;

pub use effects::Effects;
pub use imports::{ImportName, Imported};
pub use module::Module;
pub use resolve::{Entity, Lookup, Target, Why};
pub use scope::{Binding, BindingId, BindingKind, Guard, Place, Scope, ScopeId, ScopeKind};
pub use syntax::{Block, dotted, references_within, root, walk};
