//! The queries of a test: accepted data by kind, and waiting for more data.

use std::sync::PoisonError;
use std::time::Duration;

use serde_json::Value;

use super::{FakeSentry, Record};
use crate::envelope::{Envelope, Item};
use crate::request::Request;

impl FakeSentry {
    /// Returns all requests.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// Returns the accepted envelopes, in order of arrival.
    #[must_use]
    pub fn envelopes(&self) -> Vec<Envelope> {
        self.lock().accepted().cloned().collect()
    }

    /// Returns the items of all accepted envelopes.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        self.lock().accepted().flat_map(|envelope| envelope.items.clone()).collect()
    }

    /// Returns the payloads of all accepted items of a type.
    #[must_use]
    pub fn payloads(&self, ty: &str) -> Vec<Value> {
        self.lock()
            .accepted()
            .flat_map(|envelope| envelope.items_of(ty))
            .map(|item| item.payload.clone())
            .collect()
    }

    /// Returns the accepted events.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.payloads("event")
    }

    /// Returns the accepted transactions.
    #[must_use]
    pub fn transactions(&self) -> Vec<Value> {
        self.payloads("transaction")
    }

    /// Returns the spans of all accepted batches of spans, in order of arrival.
    #[must_use]
    pub fn streamed_spans(&self) -> Vec<Value> {
        let batches = self.payloads("span");
        batches.iter().filter_map(|batch| batch["items"].as_array()).flatten().cloned().collect()
    }

    /// Returns the accepted check-ins.
    #[must_use]
    pub fn check_ins(&self) -> Vec<Value> {
        self.payloads("check_in")
    }

    /// Returns the accepted logs, one by one, in the order in which they were written.
    #[must_use]
    pub fn logs(&self) -> Vec<Value> {
        self.contained("log")
    }

    /// Returns the accepted metrics, one by one.
    #[must_use]
    pub fn metrics(&self) -> Vec<Value> {
        self.contained("trace_metric")
    }

    fn contained(&self, ty: &str) -> Vec<Value> {
        let items = |payload: Value| payload["items"].as_array().cloned().unwrap_or_default();
        self.payloads(ty).into_iter().flat_map(items).collect()
    }

    /// Returns the accepted session updates.
    #[must_use]
    pub fn sessions(&self) -> Vec<Value> {
        self.payloads("session")
    }

    /// Returns the groups of all accepted session aggregates.
    #[must_use]
    pub fn session_groups(&self) -> Vec<Value> {
        let groups = |payload: Value| payload["aggregates"].as_array().cloned().unwrap_or_default();
        self.payloads("sessions").into_iter().flat_map(groups).collect()
    }

    /// Returns the accepted feedback.
    #[must_use]
    pub fn feedback(&self) -> Vec<Value> {
        self.payloads("feedback")
    }

    /// Returns the accepted client reports.
    #[must_use]
    pub fn client_reports(&self) -> Vec<Value> {
        self.payloads("client_report")
    }

    /// Returns the number of lost items of a category and reason, according to the client reports.
    #[must_use]
    pub fn reported(&self, reason: &str, category: &str) -> u64 {
        self.client_reports()
            .iter()
            .filter_map(|report| report["discarded_events"].as_array())
            .flatten()
            .filter(|entry| entry["reason"] == reason && entry["category"] == category)
            .filter_map(|entry| entry["quantity"].as_u64())
            .sum()
    }

    /// Waits until `items` items were accepted, at most `timeout`. Returns whether they were.
    #[must_use]
    pub fn wait_for(&self, items: usize, timeout: Duration) -> bool {
        self.wait(timeout, |record| {
            record.accepted().map(|envelope| envelope.items.len()).sum::<usize>() >= items
        })
    }

    /// Waits until `items` items of a type were accepted, at most `timeout`. Returns whether they were.
    #[must_use]
    pub fn wait_for_type(&self, ty: &str, items: usize, timeout: Duration) -> bool {
        self.wait(timeout, |record| {
            record.accepted().flat_map(|envelope| envelope.items_of(ty)).count() >= items
        })
    }

    /// Waits until `spans` spans arrived in batches of spans, at most `timeout`. Returns whether they did.
    #[must_use]
    pub fn wait_for_streamed_spans(&self, spans: usize, timeout: Duration) -> bool {
        self.wait(timeout, |record| {
            let batches = record.accepted().flat_map(|envelope| envelope.items_of("span"));
            batches.filter_map(|item| item.payload["items"].as_array()).map(Vec::len).sum::<usize>() >= spans
        })
    }

    /// Waits until `requests` requests were read, accepted or not, at most `timeout`. Returns whether they were.
    #[must_use]
    pub fn wait_for_requests(&self, requests: usize, timeout: Duration) -> bool {
        self.wait(timeout, |record| record.requests.len() >= requests)
    }

    fn wait(&self, timeout: Duration, mut done: impl FnMut(&Record) -> bool) -> bool {
        let record = self.lock();
        let (record, _) = self
            .shared
            .changed
            .wait_timeout_while(record, timeout, |record| !done(record))
            .unwrap_or_else(PoisonError::into_inner);
        done(&record)
    }
}
