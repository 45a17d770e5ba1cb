//! The catalogue. Each transform is one file (a folder where one idea is large); what they know of
//! libraries is data in `libraries/`.

mod abandoned_tasks;
mod async_iteration_mismatch;
mod await_in_loop;
mod blocking_chain;
mod blocking_database;
mod blocking_file;
mod blocking_http;
mod blocking_input;
mod blocking_lock;
mod blocking_network;
mod blocking_sleep;
mod blocking_subprocess;
mod busy_wait;
mod client_per_request;
mod dangling_task;
mod deprecated_asyncio;
mod ensure_future;
mod event_loop_lookup;
mod executor_hop;
mod generator_coroutine;
mod ignored_gather_errors;
mod invalid_suppression;
mod loop_argument;
mod manual_timeout;
mod missing_await;
mod mocked_requests;
mod nested_event_loop;
mod sequential_awaits;
mod swallowed_cancellation;
mod timeout_alias;
mod unclosed_client;
mod unused_suppression;
mod wait_for_timeout;
mod wait_on_coroutines;

use crate::fix::{Info, Transform};

/// Every transform, in the order in which they take their turns.
///
/// The order is behaviour, and a snapshot holds it. Blocking calls come first, since an `await`
/// put in their place may be what a later transform looks at; what speaks of comments comes last.
pub const CATALOGUE: &[&dyn Transform] = &[
    &generator_coroutine::GeneratorCoroutine,
    &loop_argument::LoopArgument,
    &event_loop_lookup::EventLoopLookup,
    &nested_event_loop::NestedEventLoop,
    &missing_await::MissingAwait,
    &async_iteration_mismatch::AsyncIterationMismatch,
    &swallowed_cancellation::SwallowedCancellation,
    &blocking_sleep::BlockingSleep,
    &blocking_http::BlockingHttp,
    &mocked_requests::MockedRequests,
    &blocking_database::BlockingDatabase,
    &blocking_input::BlockingInput,
    &blocking_subprocess::BlockingSubprocess,
    &blocking_network::BlockingNetwork,
    &blocking_lock::BlockingLock,
    &blocking_file::BlockingFile,
    &blocking_chain::BlockingChain,
    &executor_hop::ExecutorHop,
    &busy_wait::BusyWait,
    &manual_timeout::ManualTimeout,
    &await_in_loop::AwaitInLoop,
    &sequential_awaits::SequentialAwaits,
    &wait_on_coroutines::WaitOnCoroutines,
    &ensure_future::EnsureFuture,
    &dangling_task::DanglingTask,
    &abandoned_tasks::AbandonedTasks,
    &ignored_gather_errors::IgnoredGatherErrors,
    &unclosed_client::UnclosedClient,
    &client_per_request::ClientPerRequest,
    &wait_for_timeout::WaitForTimeout,
    &timeout_alias::TimeoutAlias,
    &deprecated_asyncio::DeprecatedAsyncio,
    &invalid_suppression::InvalidSuppression,
    &unused_suppression::UnusedSuppression,
];

/// The transform with this identifier, or one of its codes.
pub fn find(name: &str) -> Option<&'static Info> {
    CATALOGUE
        .iter()
        .map(|transform| transform.info())
        .find(|info| info.id == name || info.codes.contains(&name))
}

/// The identifier that is most like a name, if one is much like it.
pub fn nearest(name: &str) -> Option<&'static str> {
    let ids = CATALOGUE.iter().map(|transform| transform.info().id);
    let likeness = ids.map(|id| (strsim::jaro_winkler(name, id), id));
    likeness
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, id)| id)
}
