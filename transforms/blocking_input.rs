//! `input` in a coroutine stops every task until somebody types a line.

use crate::fix::{Cx, FileId, Finding, Info, Transform, report_blocking};
use crate::model::libraries::Kind;
use crate::model::project::Project;

pub struct BlockingInput;

static INFO: Info = Info {
    id: "blocking-input",
    codes: &["ASYNC250"],
    summary: "`input` in a coroutine",
    why: "While `input` waits for a line, the event loop waits with it, for as long as a person takes. \
          In a thread the same call lets the other tasks run. It cannot be cancelled: the program \
          still waits for the line when it ends.",
    before: "\
import asyncio


async def ask(question):
    return input(question).strip()
",
    after: "\
import asyncio


async def ask(question):
    return (await asyncio.to_thread(input, question)).strip()
",
    when_review: "\
- **Review** inside a `with` block whose context manager may be a thread lock or change global state.
- **Manual** where `await` is not legal, in files of other event loops, and below Python 3.9.",
    needles: &["input"],
};

impl Transform for BlockingInput {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.graph().waits_for(file, Kind::Input)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        report_blocking(cx, &INFO, Kind::Input, found);
    }
}
