//! The health view: accepted, sent and discarded items by reason, queues, and rate limits.

use serde_json::{Map, Value, json};

use super::{Facts, Store};

pub(crate) fn answer(store: &Store, facts: &Facts) -> Value {
    let index = &store.index;
    let accepted: Map<String, Value> = index
        .accepted
        .iter()
        .map(|(category, quantity)| ((*category).to_owned(), (*quantity).into()))
        .collect();
    let mut losses: Vec<_> = index.losses.iter().collect();
    losses.sort_by(|(a, of_a), (b, of_b)| of_b.quantity.cmp(&of_a.quantity).then(a.cmp(b)));
    let discarded: Vec<Value> = losses
        .into_iter()
        .map(|([service, reason, category], loss)| {
            json!({
                "service": &**service,
                "reason": &**reason,
                "category": &**category,
                "quantity": loss.quantity,
                "last_seen": loss.last_seen,
            })
        })
        .collect();
    let programs: Vec<&Value> = index.programs.stats.values().collect();
    let queues: Vec<Value> = programs
        .iter()
        .filter(|program| program["queues"].is_object())
        .map(|program| json!({ "service": program["service"], "pid": program["pid"], "queues": program["queues"] }))
        .collect();
    let limits: Vec<Value> = programs
        .iter()
        .flat_map(|program| {
            let limited = program["rate_limited"].as_array().map_or(&[][..], Vec::as_slice);
            limited.iter().map(|category| json!({ "service": program["service"], "category": category }))
        })
        .collect();
    let rejected: Vec<Value> =
        facts.rejected.iter().map(|(reason, count)| json!({ "reason": reason, "count": count })).collect();
    json!({
        "accepted": accepted,
        "discarded": discarded,
        "programs": programs,
        "queues": queues,
        "rate_limits": limits,
        "ingest": {
            "requests": facts.requests,
            "envelopes": facts.envelopes.max(index.envelopes),
            "bytes": facts.bytes,
            "damaged": index.damaged,
            "rejected": rejected,
        },
        "dashboard": { "dropped": facts.dropped, "evicted": index.evicted },
    })
}
