//! Tests of forks: parent and child each send their own items once.

use std::collections::{BTreeMap, HashSet};

use sentry_tests::FakeSentry;
use sentry_tests::support::only;
use sentry_tests::support::programs::run;
use serde_json::Value;

fn ids(payloads: &[Value], id: impl Fn(&Value) -> &Value) -> HashSet<String> {
    payloads.iter().map(|payload| id(payload).as_str().unwrap().to_owned()).collect()
}

#[test]
fn parent_and_children_send_what_is_theirs_and_nothing_twice() {
    let server = FakeSentry::start();
    let ended = run(env!("CARGO_BIN_EXE_forks"), &[], &[("SENTRY_DSN", &server.dsn())]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{}", ended.stdout);
    let said: BTreeMap<&str, &str> = ended.stdout.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(
        (said["children"], said["around"], said["job"], said["grandchild"]),
        ("20", "true", "true", "true"),
        "{}",
        ended.stdout
    );
    server.assert_valid();

    let events = server.events();
    let mut texts: BTreeMap<String, u64> = BTreeMap::new();
    for event in &events {
        *texts.entry(event["logentry"]["message"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for number in 0..22 {
        assert_eq!(texts.get(&format!("child {number}")), Some(&1), "child {number}: {texts:?}");
    }
    assert_eq!(texts["before the fork"], 20, "the parent's alone");
    assert_eq!(texts["parent"], said["messages"].parse::<u64>().unwrap(), "the parent's alone");
    assert_eq!(texts["inside"], 1);
    assert_eq!(ids(&events, |event| &event["event_id"]).len(), events.len(), "no id is used twice");

    let transactions = server.transactions();
    assert_eq!(ids(&transactions, |it| &it["event_id"]).len(), transactions.len(), "no id is used twice");
    let roots = ids(&transactions, |it| &it["contexts"]["trace"]["span_id"]);
    assert_eq!(roots.len(), transactions.len(), "no span is sent twice");
    let named =
        |name: &str| -> Vec<&Value> { transactions.iter().filter(|it| it["transaction"] == name).collect() };
    assert_eq!(named("in_child").len(), 22);
    let spans = transactions
        .iter()
        .filter(|it| ["busy", "around", "job"].iter().any(|name| it["transaction"] == *name))
        .map(|it| 1 + it["spans"].as_array().unwrap().len() as u64)
        .sum::<u64>();
    let lost: u64 = ["queue_overflow", "buffer_overflow", "network_error", "internal_sdk_error"]
        .iter()
        .map(|reason| server.reported(reason, "span"))
        .sum();
    // `around` with its child and `job` are not in the printed number.
    let recorded = said["spans"].parse::<u64>().unwrap() + 3;
    assert_eq!(spans + lost, recorded, "received and reported, {lost} of them");

    // There are the check-ins of 22 children, and the pair of the job, to which its child adds nothing.
    let check_ins = server.check_ins();
    let job: Vec<_> =
        check_ins.iter().filter(|it| it["monitor_slug"] == "around-a-fork").map(|it| &it["status"]).collect();
    assert_eq!(job, ["in_progress", "ok"]);
    assert_eq!(check_ins.len(), 24);
}

#[test]
fn a_child_goes_on_with_the_trace_in_transactions_of_its_own() {
    let server = FakeSentry::start();
    let ended = run(env!("CARGO_BIN_EXE_forks"), &["around"], &[("SENTRY_DSN", &server.dsn())]);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "around true\n"), "{}", ended.stderr);
    server.assert_valid();
    let transactions = server.transactions();
    assert_eq!(transactions.len(), 2, "{transactions:#?}");
    let around = only(transactions.iter().filter(|it| it["transaction"] == "around").collect());
    let inner = only(transactions.iter().filter(|it| it["transaction"] == "inner").collect());
    let (outer, own) = (&around["contexts"]["trace"], &inner["contexts"]["trace"]);
    assert_eq!(around["spans"].as_array().unwrap().len(), 1, "what ran before the fork");
    assert_eq!((&own["trace_id"], &own["parent_span_id"]), (&outer["trace_id"], &outer["span_id"]));
    let event = only(server.events());
    assert_eq!(event["contexts"]["trace"]["trace_id"], outer["trace_id"]);
    assert_eq!(event["tags"]["before"], "yes", "scopes go on");
}
