//! What a file of the catalogue may say of effects: what callables do besides computing their result.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Callables that do the same besides computing their result.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Effects {
    /// Qualified names, as in `Blocking::calls`.
    pub calls: Vec<String>,
    /// Nothing, if what they do concerns nobody else.
    pub does: Vec<Effect>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    ReadsNetwork,
    WritesNetwork,
    ReadsDisk,
    WritesDisk,
    ReadsDatabase,
    WritesDatabase,
    Process,
    Terminal,
    Waits,
    ReadsClock,
    ReadsRandom,
    /// It waits on purpose.
    Sleeps,
    /// It takes, holds or gives back a lock or something like it.
    Holds,
    /// It sets or looks at what belongs to one task: context variables, the task itself.
    Context,
    Logs,
    /// It changes the object whose method it is.
    Changes,
    /// It puts something into the object whose method it is.
    Fills,
}

impl Effect {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadsNetwork => "reads from the network",
            Self::WritesNetwork => "writes to the network",
            Self::ReadsDisk => "reads from the disk",
            Self::WritesDisk => "writes to the disk",
            Self::ReadsDatabase => "reads from a database",
            Self::WritesDatabase => "writes to a database",
            Self::Process => "runs a process",
            Self::Terminal => "uses the terminal",
            Self::Waits => "waits",
            Self::ReadsClock => "asks for the time",
            Self::ReadsRandom => "draws random numbers",
            Self::Sleeps => "waits on purpose",
            Self::Holds => "holds a lock",
            Self::Context => "uses what belongs to one task",
            Self::Logs => "writes log lines",
            Self::Changes => "changes its object",
            Self::Fills => "puts something into its object",
        }
    }
}

/// A class whose objects are used from coroutines.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Class {
    /// One object may be used by several tasks at a time.
    pub concurrent: bool,
    /// One object serves one call at a time.
    pub exclusive: bool,
    /// It is a lock, or something like it.
    pub holds: bool,
    /// What its methods read and write.
    pub world: Part,
    /// Methods that read and change nothing elsewhere.
    pub reads: Vec<String>,
    /// Methods that write; of a class that is concurrent, so do all that are not listed elsewhere.
    pub writes: Vec<String>,
    /// Methods that do nothing that others notice.
    pub pure: Vec<String>,
    /// What `async with object.method(...) as name` gives the name, for methods that open something.
    pub opens: BTreeMap<String, String>,
}

/// A part of the world outside the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    #[default]
    Network,
    Disk,
    Database,
    Process,
    /// Nothing outside: what is written stays in the program.
    Memory,
}
