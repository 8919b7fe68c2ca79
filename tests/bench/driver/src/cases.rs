//! The cases and their headings in the tables.

/// The cases: the name that the contenders use, and the heading in the table.
pub(crate) const CASES: [(&str, &str); 41] = [
    ("off_sync", "nothing initialised, sync"),
    ("off_async", "nothing initialised, async, one await"),
    ("off_async_call", "the same, `#[inline(never)]`"),
    ("no_parent", "initialised, no parent, only if there is one"),
    ("unsampled_sync", "not sampled, sync child"),
    ("unsampled_async", "not sampled, async child, one await"),
    ("child_sync", "sampled, sync child"),
    ("child_attributes", "sampled, sync child with 3 attributes"),
    ("root", "sampled root without children"),
    ("child_async", "sampled, async child, one await"),
    ("depth_64", "sampled, 64 deep, per span"),
    ("moving", "future that moves to another thread"),
    ("threads_1", "sync child, 1 thread"),
    ("threads_2", "sync child, 2 threads, per thread"),
    ("threads_8", "sync child, 8 threads, per thread"),
    ("error_no_stack", "error captured, no stack"),
    ("error_stack", "error captured, with stack"),
    ("message", "message captured"),
    ("breadcrumb", "breadcrumb"),
    ("set_tag", "tag set"),
    ("scope_fork", "scope of its own, with a tag"),
    ("action", "sampled `#[server_action]` as root"),
    ("action_async", "sampled `#[server_action]` as root, one await"),
    ("action_form", "the same with headers of a sampled caller and a form of five fields"),
    ("job", "`#[monitor]` job with both check-ins"),
    ("tower", "request through the layer for tower"),
    ("actix", "request through the middleware for actix-web"),
    ("off_action", "nothing initialised, `#[server_action]`"),
    ("off_job", "nothing initialised, `#[monitor]`"),
    ("off_job_async", "nothing initialised, `#[monitor]`, one await"),
    ("keep_child", "not sampled, option `keep`, sync child"),
    ("keep_root", "not sampled, option `keep`, root without children"),
    ("flight_child", "not sampled, option `flight_recorder`, sync child"),
    ("polls_async", "option `track_polls`, async child, one await"),
    ("watched_async", "option `blocked_poll_warning`, async child, one await"),
    ("repeats_child", "sync child with a counted operation"),
    ("vars_child", "sync child that would show its arguments, and succeeds"),
    ("vars_async", "async child that would show its arguments, and succeeds, one await"),
    ("timed_sync", "a call that is timed"),
    ("timed_async", "an async call that is timed, option `track_polls`, one await"),
    ("task", "a task of Tokio that is spawned and polled twice, option `track_polls`"),
];

/// Returns whether a case runs on one thread; otherwise the instructions of the calling thread are not meaningful.
pub(crate) fn is_single_threaded(case: &str) -> bool {
    !case.starts_with("threads_") && case != "moving"
}

/// The plots of `grow/<plot>/<number>`: the name, the heading, and what varies.
pub(crate) const PLOTS: [(&str, &str, &str); 8] = [
    ("segment", "Cost of a child span on the calling thread", "spans of the segment"),
    (
        "segment_process",
        "CPU of the whole process per span (beyond 1000 in a segment, spans are dropped)",
        "spans of the segment",
    ),
    ("depth", "Cost of a span on the calling thread", "nested open spans"),
    ("poll_tags", "An annotated future: made, polled twice, ended", "tags of the scope"),
    ("poll_scopes", "An annotated future: made, polled twice, ended", "scopes around"),
    ("poll_spans", "An annotated future: made, polled twice, ended", "open spans around"),
    ("threads", "Cost of a child span, per thread", "threads at once"),
    ("capture", "Error captured with its stack, while a segment is open", "spans of the open segment"),
];
