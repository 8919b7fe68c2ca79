//! Functions: the name, operation and service that spans share. Spans of one function are compared with each other.

use std::collections::HashMap;
use std::sync::Arc;

use super::text::Text;

/// The tab of the table of functions to which a span belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Handler,
    Query,
    Request,
    Job,
    Function,
}

impl Kind {
    /// Tells it from the operation; see <https://develop.sentry.dev/sdk/telemetry/traces/span-operations/>.
    pub(crate) fn of(op: &str) -> Self {
        let any = |prefixes: &[&str]| {
            prefixes.iter().any(|prefix| {
                op.strip_prefix(prefix)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '_', ':']))
            })
        };
        if any(&[
            "http.server",
            "rpc.server",
            "grpc.server",
            "graphql",
            "websocket.server",
            "pageload",
            "navigation",
        ]) || any(&[
            "server_action",
            "function.server_action",
            "function.nextjs",
            "ui.action",
            "function.api_handler",
        ]) {
            Self::Handler
        } else if any(&["db", "cache", "redis", "sql"]) {
            Self::Query
        } else if any(&[
            "http.client",
            "http",
            "rpc.client",
            "grpc.client",
            "rpc",
            "websocket.client",
            "resource",
        ]) {
            Self::Request
        } else if any(&["queue", "cron", "monitor", "function.monitor", "job", "task", "celery", "scheduled"])
        {
            Self::Job
        } else {
            Self::Function
        }
    }

    /// Returns whether a span of this kind waits for something outside of the program.
    pub(crate) fn is_outside(self) -> bool {
        matches!(self, Self::Query | Self::Request)
    }
}

/// A function: all spans of one name, operation and service.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: Text,
    pub(crate) op: Text,
    pub(crate) service: Text,
    pub(crate) kind: Kind,
    /// The number of spans that are held.
    spans: u32,
    /// The latest durations in milliseconds, as a ring.
    recent: Vec<f32>,
    next: u8,
    median: f32,
}

impl Function {
    /// The number of durations that the median is computed from.
    const RECENT: usize = 32;
    /// The number of calls before there is a usual duration.
    const USUAL: usize = 10;

    /// Returns the median of the latest calls in milliseconds, once there were enough.
    pub(crate) fn usual_ms(&self) -> Option<f32> {
        (self.recent.len() >= Self::USUAL).then_some(self.median)
    }

    fn add(&mut self, duration_ms: f32) {
        if self.recent.len() < Self::RECENT {
            self.recent.push(duration_ms);
        } else if let Some(place) = self.recent.get_mut(usize::from(self.next)) {
            *place = duration_ms;
        }
        self.next = (self.next + 1) % Self::RECENT as u8;
        let is_first = self.recent.len() == Self::USUAL;
        if is_first || (self.recent.len() > Self::USUAL && self.next.is_multiple_of(4)) {
            let mut sorted = [0.0; Self::RECENT];
            let sorted = &mut sorted[..self.recent.len()];
            sorted.copy_from_slice(&self.recent);
            let middle = sorted.len() / 2;
            self.median = *sorted.select_nth_unstable_by(middle, f32::total_cmp).1;
        }
    }
}

/// All functions that spans refer to.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    all: Vec<Option<Function>>,
    free: Vec<u32>,
    /// By the addresses of the three interned texts.
    by_key: HashMap<[usize; 3], u32>,
}

/// The bytes of a function: its place in the list, the map and its durations.
const BYTES: usize = size_of::<Option<Function>>() + 64 + 64;

impl Functions {
    /// Counts a span and returns the number of its function.
    pub(crate) fn add(&mut self, name: Text, op: Text, service: Text, duration_ms: f64) -> u32 {
        let key = key(&name, &op, &service);
        let number = match self.by_key.get(&key) {
            Some(&number) => number,
            None => {
                let kind = Kind::of(&op);
                let function =
                    Function { name, op, service, kind, spans: 0, recent: Vec::new(), next: 0, median: 0.0 };
                let number = match self.free.pop() {
                    Some(number) => {
                        self.all[number as usize] = Some(function);
                        number
                    }
                    None => {
                        self.all.push(Some(function));
                        u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
                    }
                };
                self.by_key.insert(key, number);
                number
            }
        };
        if let Some(Some(function)) = self.all.get_mut(number as usize) {
            function.spans += 1;
            function.add(duration_ms as f32);
        }
        number
    }

    /// Counts a span that is no longer held. A function without spans is forgotten.
    pub(crate) fn remove(&mut self, number: u32) {
        let Some(place) = self.all.get_mut(number as usize) else { return };
        let Some(function) = place else { return };
        function.spans -= 1;
        if function.spans == 0 {
            self.by_key.remove(&key(&function.name, &function.op, &function.service));
            *place = None;
            self.free.push(number);
        }
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Function> {
        self.all.get(number as usize)?.as_ref()
    }

    /// Returns one more than the greatest number of a function.
    pub(crate) fn end(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.by_key.len() * BYTES + self.free.len() * 4
    }
}

fn key(name: &Text, op: &Text, service: &Text) -> [usize; 3] {
    [name, op, service].map(|text| Arc::as_ptr(text).cast::<u8>() as usize)
}

#[cfg(test)]
mod tests {
    use super::{Functions, Kind};

    #[test]
    fn operations_have_kinds() {
        assert_eq!(Kind::of("http.server"), Kind::Handler);
        assert_eq!(Kind::of("db.query"), Kind::Query);
        assert_eq!(Kind::of("dbx"), Kind::Function);
        assert_eq!(Kind::of("http.client"), Kind::Request);
        assert_eq!(Kind::of("queue.task.celery"), Kind::Job);
        assert_eq!(Kind::of(""), Kind::Function);
    }

    #[test]
    fn a_function_is_usual_after_some_calls_and_goes_with_its_last_span() {
        let mut functions = Functions::default();
        let [name, op, service] = ["n", "o", "s"].map(super::Text::from);
        for call in 0..16 {
            let usual = functions.get(0).and_then(super::Function::usual_ms);
            assert_eq!(usual.is_some(), call >= 10, "{call}");
            assert_ne!(usual, Some(0.0));
            let number = functions.add(name.clone(), op.clone(), service.clone(), f64::from(call));
            assert_eq!(number, 0);
        }
        assert_eq!(functions.get(0).and_then(super::Function::usual_ms), Some(8.0));
        for _ in 0..16 {
            functions.remove(0);
        }
        assert!(functions.get(0).is_none());
        assert_eq!(functions.add(name, op, service, 1.0), 0, "the place is taken again");
    }
}
