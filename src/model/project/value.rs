//! What terms evaluate to.

use super::Place;
use crate::model::file::Index;
use crate::text::FileId;

/// A function of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionRef {
    pub file: FileId,
    pub index: Index,
}

impl FunctionRef {
    pub fn new(file: FileId, index: usize) -> Self {
        Self {
            file,
            index: Index(index as u32),
        }
    }
}

/// A class of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassRef {
    pub file: FileId,
    pub index: Index,
}

impl ClassRef {
    pub fn new(file: FileId, index: usize) -> Self {
        Self {
            file,
            index: Index(index as u32),
        }
    }
}

/// What an expression stands for in the whole project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    None,
    Module(Place),
    Function(FunctionRef),
    /// A function looked up on an object of the class, or on the class itself.
    Method(FunctionRef, ClassRef),
    /// A property looked up on an object of the class.
    Property(FunctionRef, ClassRef),
    Class(ClassRef),
    Object(ClassRef),
    /// `super()` in a method of the class.
    Super(ClassRef),
    /// A builtin, a module, function or class of a library, or a member of one, by qualified name.
    Library(Box<str>),
    /// An object of a library's class.
    LibraryObject(Box<str>),
    /// A builtin collection of such items.
    Container(Box<Value>),
    /// What calling a coroutine function gives; awaited, it gives this.
    Awaitable(Box<Value>),
    /// What calling a generator function gives, the function, and its items.
    Generator(FunctionRef, Box<Value>),
    /// What calling a function decorated with `contextlib.contextmanager` gives, and its target.
    Manager(FunctionRef, Box<Value>),
    Unknown(Box<str>),
}

impl Value {
    pub fn unknown(why: impl Into<Box<str>>) -> Self {
        Self::Unknown(why.into())
    }
}

/// What a call, or code that calls without saying so, runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A callable outside the project, by its qualified name.
    Library(Box<str>),
    /// Functions of the project: the one found, or, where that one is left to others, theirs.
    Functions(Vec<FunctionRef>),
    /// Nothing of interest runs now: a generator is made, a class without `__init__` called.
    Nothing,
    Unknown(Box<str>),
}
