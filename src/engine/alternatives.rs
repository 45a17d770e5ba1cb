//! Other ways to mend what is found: what would be offered if the settings were others.

use crate::fix::{Alternative, Cut, Failure, Finding, Fix, Options};

/// A way to mend something, as settings under which it is the one that is offered.
struct Way {
    name: &'static str,
    settings: fn(Options) -> Options,
}

const WAYS: [Way; 6] = [
    Way {
        name: "async",
        settings: |options| Options {
            cuts: [Some(Cut::Async), None, None],
            ..options
        },
    },
    Way {
        name: "thread",
        settings: |options| Options {
            cuts: [Some(Cut::Thread), None, None],
            counterparts: false,
            ..options
        },
    },
    Way {
        name: "endpoint",
        settings: |options| Options {
            cuts: [Some(Cut::Endpoint), None, None],
            ..options
        },
    },
    Way {
        name: "sequential-equivalent",
        settings: |options| failing(options, Failure::SequentialEquivalent),
    },
    Way {
        name: "first-error",
        settings: |options| failing(options, Failure::FirstError),
    },
    Way {
        name: "cancel-siblings",
        settings: |options| failing(options, Failure::CancelSiblings),
    },
];

fn failing(options: Options, failure: Failure) -> Options {
    Options { failure, ..options }
}

/// Adds to findings with a fix what else could be done about them. `look` examines the same text under
/// other settings.
pub(super) fn add(found: &mut [Finding], options: Options, look: &dyn Fn(Options) -> Vec<Finding>) {
    for way in &WAYS {
        let settings = (way.settings)(options);
        if settings == options {
            continue;
        }
        let others = look(settings);
        for finding in found.iter_mut() {
            let same =
                |other: &&Finding| other.transform == finding.transform && other.at == finding.at;
            let (Some(fix), Some(other)) = (finding.fix(), others.iter().find(same)) else {
                continue;
            };
            let known =
                |new: &Fix| fix == new || finding.alternatives.iter().any(|it| it.fix == *new);
            if let Some(new) = other.fix().filter(|new| !known(new)) {
                finding.alternatives.push(Alternative {
                    name: way.name,
                    fix: new.clone(),
                });
            }
        }
    }
}
