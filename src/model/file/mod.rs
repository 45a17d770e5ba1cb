//! What one file says: its scopes, names, imports and calls.

mod annotations;
mod assume;
mod build;
mod collect;
mod deeds;
mod effects;
mod facts;
mod imports;
mod intercepts;
mod items;
mod made;
mod module;
mod narrowed;
mod promises;
mod reaching;
mod resolve;
mod rounds;
mod scope;
mod shared;
mod syntax;
mod terms;
mod types;

pub use deeds::{Deed, Held, Holder, Slot};
pub use effects::Effects;
pub use facts::{
    Argument, ArgumentValue, Call, CallKind, CallPlace, Class, Facts, Function, Given, NameHash,
    Owner, Passed, Reachable, Reflected, ReflectedOn, Try, both_names,
};
pub use imports::{ImportName, Imported};
pub use intercepts::Intercept;
pub use module::Module;
pub use resolve::{Entity, Lookup, Target, Why};
pub use scope::{Binding, BindingId, BindingKind, Guard, Place, Scope, ScopeId, ScopeKind};
pub use syntax::{Block, dotted, references_within, root, walk};
pub use terms::{Index, Term, TermBuilder, TermId, Terms};
