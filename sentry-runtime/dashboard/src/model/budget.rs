//! The memory budget: the oldest rows go, those of pinned traces stay.

use std::sync::Arc;

use super::index::{Index, span_key};
use super::issue::ISSUE_BYTES;
use super::rows::{Batch, Event, Level, Log};
use super::trace::TRACE_BYTES;

/// The queue that contains a row.
#[derive(Debug, Clone, Copy)]
enum Queue {
    Batches,
    Events,
    Logs,
}

impl Index {
    /// Returns the number of bytes that are held, estimated.
    pub(crate) fn bytes(&self) -> usize {
        self.row_bytes
            + self.texts.bytes()
            + self.resource_bytes
            + self.functions.bytes()
            + self.traces.len() * TRACE_BYTES
            + self.issues.len() * ISSUE_BYTES
            + self.job_bytes
            + self.metric_bytes
            + self.sessions.bytes()
            + self.programs.bytes()
            + self.losses.len() * 160
            + self.transactions.1.len() * 48
            + self.extra_bytes
    }

    /// Drops the oldest rows until the budget is kept.
    pub(crate) fn keep_budget(&mut self) {
        while self.bytes() > self.limits.memory {
            if self.freed > self.limits.memory / 16 {
                self.sweep();
                continue;
            }
            if !self.drop_oldest() {
                self.sweep();
                return;
            }
        }
    }

    fn sweep(&mut self) {
        self.freed = 0;
        self.resources.retain(|_, resource| Arc::strong_count(resource) > 1);
        self.resource_bytes = self.resources.values().map(|resource| resource.bytes()).sum();
        self.texts.sweep();
    }

    /// Takes the oldest row out of its queue. Returns whether there was one.
    fn drop_oldest(&mut self) -> bool {
        if let Some(trace) = self.unpinned.pop_front() {
            self.drop_kept(trace);
            return true;
        }
        let oldest = [
            (self.batches.oldest(), Queue::Batches),
            (self.events.oldest(), Queue::Events),
            (self.logs.oldest(), Queue::Logs),
        ];
        let Some((_, queue)) = oldest
            .into_iter()
            .filter_map(|(stamp, queue)| Some((stamp?, queue)))
            .min_by_key(|(stamp, _)| *stamp)
        else {
            return false;
        };
        match queue {
            Queue::Batches => {
                if let Some((number, stamp, batch)) = self.batches.pop() {
                    if self.may_keep(batch.trace, batch.bytes()) {
                        self.batches.keep(number, stamp, batch);
                    } else {
                        self.forget_batch(number, &batch);
                    }
                }
            }
            Queue::Events => {
                if let Some((number, stamp, event)) = self.events.pop() {
                    if self.may_keep(event.trace, event.bytes()) {
                        self.events.keep(number, stamp, event);
                    } else {
                        self.forget_event(number, &event);
                    }
                }
            }
            Queue::Logs => {
                if let Some((number, stamp, log)) = self.logs.pop() {
                    if self.may_keep(log.trace, log.bytes()) {
                        self.logs.keep(number, stamp, log);
                    } else {
                        self.forget_log(number, &log);
                    }
                }
            }
        }
        true
    }

    /// Returns whether a row belongs to a pinned trace and there is room for it. A trace that grows without end may not
    /// fill the memory.
    fn may_keep(&mut self, trace: u128, bytes: usize) -> bool {
        let may = trace != 0
            && self.pinned.contains(&trace)
            && self.kept_bytes + bytes <= self.limits.memory / 4 * 3;
        if may {
            self.kept_bytes += bytes;
        }
        may
    }

    /// Drops the rows of a trace that were kept beside the queues.
    fn drop_kept(&mut self, id: u128) {
        let Some(trace) = self.traces.get(&id) else { return };
        let batches: Vec<u64> =
            trace.batches.iter().copied().filter(|&number| self.batches.is_kept(number)).collect();
        let events: Vec<u64> =
            trace.events.iter().copied().filter(|&number| self.events.is_kept(number)).collect();
        let logs: Vec<u64> = trace.logs.iter().copied().filter(|&number| self.logs.is_kept(number)).collect();
        for number in batches {
            if let Some(batch) = self.batches.release(number) {
                self.kept_bytes = self.kept_bytes.saturating_sub(batch.bytes());
                self.forget_batch(number, &batch);
            }
        }
        for number in events {
            if let Some(event) = self.events.release(number) {
                self.kept_bytes = self.kept_bytes.saturating_sub(event.bytes());
                self.forget_event(number, &event);
            }
        }
        for number in logs {
            if let Some(log) = self.logs.release(number) {
                self.kept_bytes = self.kept_bytes.saturating_sub(log.bytes());
                self.forget_log(number, &log);
            }
        }
    }

    fn forget_batch(&mut self, number: u64, batch: &Batch) {
        let bytes = batch.bytes();
        self.forget_bytes(bytes);
        for span in &batch.spans {
            self.functions.remove(span.function);
            self.known_spans.remove(&span_key(batch.trace, span.id));
        }
        if let Some(trace) = self.traces.get_mut(&batch.trace) {
            remove(&mut trace.batches, number);
            trace.bytes = trace.bytes.saturating_sub(bytes);
            trace.spans = trace.spans.saturating_sub(u32::try_from(batch.spans.len()).unwrap_or(u32::MAX));
            trace.analysed = trace.analysed.min(trace.spans);
            trace.is_partial = true;
        }
        self.forget_trace(batch.trace);
    }

    fn forget_event(&mut self, number: u64, event: &Event) {
        let bytes = event.bytes();
        self.forget_bytes(bytes);
        self.event_ids.remove(&event.id);
        if let Some(issue) = self.issues.get_mut(&event.issue) {
            remove(&mut issue.events, number);
            if issue.events.is_empty() {
                self.issues.remove(&event.issue);
            }
        }
        if let Some(trace) = self.traces.get_mut(&event.trace) {
            remove(&mut trace.events, number);
            trace.bytes = trace.bytes.saturating_sub(bytes);
            trace.errors -= u32::from(event.level >= Level::Error && !event.is_feedback).min(trace.errors);
            trace.is_partial = true;
        }
        self.forget_trace(event.trace);
    }

    fn forget_log(&mut self, number: u64, log: &Log) {
        let bytes = log.bytes();
        self.forget_bytes(bytes);
        if let Some(trace) = self.traces.get_mut(&log.trace) {
            remove(&mut trace.logs, number);
            trace.bytes = trace.bytes.saturating_sub(bytes);
        }
        self.forget_trace(log.trace);
    }

    fn forget_bytes(&mut self, bytes: usize) {
        self.row_bytes = self.row_bytes.saturating_sub(bytes);
        self.freed += bytes;
        self.evicted += 1;
    }

    fn forget_trace(&mut self, id: u128) {
        if self.traces.get(&id).is_some_and(super::trace::Trace::is_empty)
            && let Some(trace) = self.traces.remove(&id)
        {
            self.withdrawn.extend(trace.hints);
            self.pinned.remove(&id);
        }
    }

    /// Pins a trace, so that it is never evicted, or unpins it. Returns whether that succeeded: a trace that is not
    /// known cannot be pinned, nor can pinned traces take more than half of the memory.
    pub(crate) fn pin(&mut self, id: u128, pinned: bool) -> bool {
        let taken: usize =
            self.pinned.iter().filter_map(|id| self.traces.get(id)).map(|trace| trace.bytes).sum();
        let Some(trace) = self.traces.get_mut(&id) else { return !pinned };
        if trace.is_pinned == pinned {
            return true;
        }
        if pinned && taken + trace.bytes > self.limits.memory / 2 {
            return false;
        }
        trace.is_pinned = pinned;
        self.seq += 1;
        trace.changed = self.seq;
        if pinned {
            self.pinned.insert(id);
            self.unpinned.retain(|other| *other != id);
        } else {
            self.pinned.remove(&id);
            self.unpinned.push_back(id);
        }
        true
    }

    /// Drops everything that is not pinned. Counters of losses and the list of services stay.
    pub(crate) fn clear(&mut self) {
        self.seq += 1;
        let evicted = self.evicted;
        while self.drop_oldest() {}
        self.evicted = evicted;
        let (seq, limits) = (self.seq, self.limits);
        let mut fresh = Self::new(limits);
        fresh.seq = seq;
        if self.pinned.is_empty() {
            // The caller still has to withdraw the hints of the dropped traces.
            fresh.programs = std::mem::take(&mut self.programs);
            fresh.losses = std::mem::take(&mut self.losses);
            fresh.accepted = std::mem::take(&mut self.accepted);
            fresh.envelopes = self.envelopes;
            fresh.damaged = self.damaged;
            fresh.evicted = self.evicted;
            fresh.withdrawn = std::mem::take(&mut self.withdrawn);
            *self = fresh;
        } else {
            self.jobs.clear();
            self.job_bytes = 0;
            self.metrics = fresh.metrics;
            self.metric_bytes = 0;
            self.sessions = fresh.sessions;
            self.sweep();
        }
    }
}

fn remove(list: &mut std::collections::VecDeque<u64>, number: u64) {
    if list.front() == Some(&number) {
        list.pop_front();
    } else if let Some(at) = list.iter().position(|other| *other == number) {
        list.remove(at);
    }
}
