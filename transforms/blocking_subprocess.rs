//! A process that is started or waited for in a coroutine stops every task until it is done.
//!
//! The call moves to a thread: `asyncio.create_subprocess_exec` takes no text, timeout or check, and
//! its processes are other objects. Left alone: `Popen.poll`, `kill` and whatever else returns at once.

use crate::fix::{Cx, FileId, Finding, Info, Transform, report_blocking};
use crate::model::libraries::Kind;
use crate::model::project::Project;

pub struct BlockingSubprocess;

static INFO: Info = Info {
    id: "blocking-subprocess",
    codes: &["ASYNC220", "ASYNC221", "ASYNC222"],
    summary: "a process that a coroutine waits for",
    why: "While `subprocess.run` waits for a process, the event loop waits with it. In a thread the \
          same call lets the other tasks run, with the same result, timeout and exceptions. \
          `asyncio.create_subprocess_exec` would need no thread, but has neither `text`, `timeout` \
          nor `check`.\n\n\
          A cancelled task no longer waits, but its process goes on, as it does today.",
    before: "\
import subprocess


async def revision(folder):
    result = subprocess.run([\"git\", \"rev-parse\", \"HEAD\"], cwd=folder, stdout=-1, text=True)
    return result.stdout.strip()
",
    after: "\
import asyncio
import subprocess


async def revision(folder):
    result = await asyncio.to_thread(
        subprocess.run, [\"git\", \"rev-parse\", \"HEAD\"], cwd=folder, stdout=-1, text=True
    )
    return result.stdout.strip()
",
    when_review: "\
- **Review** with `preexec_fn`, which is not safe while other threads run, and where other tasks may \
talk to the same process meanwhile.
- **Review** inside a `with` block whose context manager may be a thread lock or change global state.
- **Manual** for `os.wait`, which takes the exit status of any process, those of the event loop too; \
for lazy iterators of pools; where `await` is not legal; in files of other event loops; and below \
Python 3.9.",
    needles: &[],
};

impl Transform for BlockingSubprocess {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.graph().waits_for(file, Kind::Subprocess)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        report_blocking(cx, &INFO, Kind::Subprocess, found);
    }
}
