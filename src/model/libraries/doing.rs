//! What callables of libraries do besides computing their result.

use super::{Catalogue, Class, Effect, Kind, Part};

/// What is known that a callable of a library does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doing {
    pub effects: Vec<Effect>,
    /// The class of its object, which serves one call at a time.
    pub exclusive: Option<Box<str>>,
    /// The class of its object, which is a lock or something like it.
    pub holds: Option<Box<str>>,
}

impl Doing {
    fn only(effects: &[Effect]) -> Self {
        Self {
            effects: effects.to_vec(),
            ..Self::default()
        }
    }
}

/// What `with` and `async with` call.
const ENTERING: [&str; 4] = ["__aenter__", "__aexit__", "__enter__", "__exit__"];

impl Catalogue {
    /// What a callable outside the project does; nothing if that is not known.
    pub fn doing(&self, qualified: &str) -> Option<Doing> {
        let said = self.inherited(qualified, &|name| {
            let (library, entry) = self.effects.get(name)?;
            self.libraries[*library].effects.get(*entry)
        });
        if let Some(entry) = said {
            return Some(self.of_lock(qualified, Doing::only(&entry.does)));
        }
        if let Some(doing) = self.inherited(qualified, &|name| self.by_class(name)) {
            return Some(doing);
        }
        if let Some(entry) = self.blocking(qualified) {
            let mut doing = Doing::only(&entry.effects);
            match entry.kind {
                Kind::Sleep => doing.effects.push(Effect::Sleeps),
                Kind::Lock => doing.effects.push(Effect::Holds),
                _ => {}
            }
            return Some(self.of_lock(qualified, doing));
        }
        let pure = self.is_pure(qualified)
            || self.is_pure_builtin(qualified)
            || self.is_collection(qualified)
            || self.knows_class(qualified);
        pure.then(Doing::default).or_else(|| builtin(qualified))
    }

    fn of_lock(&self, qualified: &str, mut doing: Doing) -> Doing {
        if doing.effects.contains(&Effect::Holds) {
            let owner = qualified
                .rsplit_once('.')
                .map_or(qualified, |(owner, _)| owner);
            doing.holds = Some(owner.into());
            doing.effects.retain(|effect| *effect != Effect::Holds);
        }
        doing
    }

    /// What the description of its class says of a method.
    fn by_class(&self, name: &str) -> Option<Doing> {
        let (owner, method) = name.rsplit_once('.')?;
        let class = self.class(owner)?;
        let mut doing = Doing {
            exclusive: class.exclusive.then(|| owner.into()),
            holds: class.holds.then(|| owner.into()),
            ..Doing::default()
        };
        let listed = |methods: &[String]| methods.iter().any(|known| known == method);
        if listed(&class.pure) {
            return Some(Doing::default());
        }
        doing.effects = match () {
            () if listed(&class.reads)
                || class.opens.contains_key(method) && !listed(&class.writes) =>
            {
                reading(class)
            }
            () if listed(&class.writes) => writing(class),
            () if ENTERING.contains(&method) => Vec::new(),
            () if class.concurrent => writing(class),
            () if class.exclusive || class.holds => Vec::new(),
            () => return None,
        };
        Some(doing)
    }

    /// Whether an object of the class serves one call at a time.
    pub fn is_exclusive(&self, class: &str) -> bool {
        let class = self.canonical(class);
        self.class(class).is_some_and(|class| class.exclusive)
            || self.bases(class).iter().any(|base| self.is_exclusive(base))
    }
}

fn reading(class: &Class) -> Vec<Effect> {
    match class.world {
        Part::Network => vec![Effect::ReadsNetwork],
        Part::Disk => vec![Effect::ReadsDisk],
        Part::Database => vec![Effect::ReadsDatabase],
        Part::Process => vec![Effect::Process],
        Part::Memory => Vec::new(),
    }
}

fn writing(class: &Class) -> Vec<Effect> {
    match class.world {
        Part::Network => vec![Effect::WritesNetwork],
        Part::Disk => vec![Effect::WritesDisk],
        Part::Database => vec![Effect::WritesDatabase],
        Part::Process => vec![Effect::Process],
        Part::Memory => vec![Effect::Changes],
    }
}

/// What is known of builtins and their methods by nature.
fn builtin(qualified: &str) -> Option<Doing> {
    let last = qualified.rsplit('.').next().unwrap_or(qualified);
    if last.ends_with("Error") || last.ends_with("Exception") {
        return Some(Doing::default());
    }
    let Some((class, method)) = qualified.rsplit_once('.') else {
        return match qualified {
            "print" | "input" => Some(Doing::only(&[Effect::Terminal])),
            "aiter" | "bytearray" | "filter" | "iter" | "map" | "memoryview" | "object"
            | "super" => Some(Doing::default()),
            _ => None,
        };
    };
    match (class, method) {
        ("str" | "bytes" | "int" | "float" | "bool" | "tuple" | "frozenset" | "complex", _) => {
            Some(Doing::default())
        }
        (
            "list"
            | "dict"
            | "set"
            | "bytearray"
            | "collections.deque"
            | "collections.defaultdict"
            | "collections.OrderedDict"
            | "collections.Counter",
            _,
        ) => Some(Doing::only(match method {
            "append" | "appendleft" | "extend" | "extendleft" | "add" | "update" | "setdefault" => {
                &[Effect::Fills]
            }
            "clear"
            | "insert"
            | "pop"
            | "popleft"
            | "popitem"
            | "remove"
            | "discard"
            | "sort"
            | "reverse"
            | "rotate"
            | "subtract"
            | "move_to_end"
            | "difference_update"
            | "intersection_update"
            | "symmetric_difference_update" => &[Effect::Changes],
            _ => &[],
        })),
        _ => None,
    }
}
