//! The goals of this project, as ratios in the same run.

use serde_json::{Value, json};

use crate::contenders::{FASTRACE, FASTRACE_PER_TRACE, OFFICIAL, OURS, TRACING};
use crate::end_to_end::Row;
use crate::rounds::Costs;

/// A figure and its limit.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) limit: f64,
}

impl Judged {
    pub(crate) fn is_met(&self) -> bool {
        self.value <= self.limit
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({"what": self.what, "value": self.value, "limit": self.limit, "met": self.is_met()})
    }
}

/// The case, the peer, and the maximum share of the peer's time.
const TIMES: [(&str, &str, f64); 17] = [
    ("off_sync", TRACING, 1.2),
    ("off_async", TRACING, 1.2),
    ("off_async_call", TRACING, 1.2),
    ("unsampled_sync", FASTRACE, 0.25),
    ("unsampled_sync", OFFICIAL, 0.01),
    ("child_sync", FASTRACE, 0.5),
    ("child_attributes", FASTRACE, 0.3),
    ("root", FASTRACE, 0.45),
    ("child_async", FASTRACE, 0.2),
    ("error_stack", OFFICIAL, 0.05),
    ("error_no_stack", OFFICIAL, 0.5),
    ("breadcrumb", OFFICIAL, 0.8),
    ("scope_fork", OFFICIAL, 0.8),
    ("action_form", OFFICIAL, 0.25),
    ("job", OFFICIAL, 0.25),
    ("tower", OFFICIAL, 0.25),
    ("actix", OFFICIAL, 0.25),
];

/// The case, and the maximum number of allocations.
const ALLOCATIONS: [(&str, f64); 3] = [("child_sync", 0.0), ("child_attributes", 1.0), ("child_async", 0.0)];

/// Compares the measurements with the goals. A case that was not measured is not judged.
pub(crate) fn judge(calls: &Costs, loads: &[Row]) -> Vec<Judged> {
    let mut judged = Vec::new();
    for (case, peer, limit) in TIMES {
        if let (Some(ours), Some(theirs)) = (calls.get(case, OURS), calls.get(case, peer)) {
            let value = ours.median() / theirs.median();
            judged.push(Judged { what: format!("{case}: time, share of {peer}'s"), value, limit });
        }
    }
    for (case, limit) in ALLOCATIONS {
        if let Some(ours) = calls.get(case, OURS) {
            // A pool that fills up once does not count as an allocation per call.
            let value = (ours.allocations * 100.0).round() / 100.0;
            judged.push(Judged { what: format!("{case}: allocations"), value, limit });
        }
    }
    let load = |contender: &str, gzip: bool, free: bool| {
        loads.iter().find(|row| row.contender == contender && row.gzip == gzip && (row.rate == 0) == free)
    };
    for (free, how) in [(false, "at a service's rate"), (true, "as fast as it can")] {
        let Some(ours) = load(OURS, false, free) else { continue };
        let per_trace = if free { 1.0 } else { 0.55 };
        for (peer, limit) in [(FASTRACE, 0.7), (FASTRACE_PER_TRACE, per_trace), (OFFICIAL, 0.2)] {
            if let Some(theirs) = load(peer, false, free) {
                // Spans that were thrown away are not counted as delivered.
                let what = format!("end to end, {how}: CPU per span that arrived, share of {peer}'s");
                judged.push(Judged { what, value: ours.cpu_of_arrived / theirs.cpu_of_arrived, limit });
            }
        }
        judged.push(Judged {
            what: format!("end to end, {how}: peak memory, MiB"),
            value: ours.peak_mib,
            limit: 10.0,
        });
        if !free {
            judged.push(Judged {
                what: format!("end to end, {how}: share of spans lost"),
                value: ours.lost,
                limit: 0.0,
            });
        }
        judged.push(Judged {
            what: format!("end to end, {how}: bytes per span"),
            value: ours.bytes_a_span,
            limit: 240.0,
        });
        if let Some(gzip) = load(OURS, true, free) {
            let more = gzip.cpu_of_arrived - ours.cpu_of_arrived;
            judged.push(Judged {
                what: format!("end to end, {how}, gzip: bytes per span"),
                value: gzip.bytes_a_span,
                limit: 60.0,
            });
            judged.push(Judged {
                what: format!("end to end, {how}, gzip: additional µs per span"),
                value: more,
                limit: 0.9,
            });
            judged.push(Judged {
                what: format!("end to end, {how}, gzip: peak memory, MiB"),
                value: gzip.peak_mib,
                limit: 20.0,
            });
        }
    }
    judged
}
