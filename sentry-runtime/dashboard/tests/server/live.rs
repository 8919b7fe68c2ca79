//! Tests of the live stream: it reports changes at most ten times per second.

use std::time::{Duration, Instant};

use crate::support::{Server, transaction};

#[test]
fn the_stream_says_what_changed() {
    let server = Server::start();
    server.send(&transaction(1, "before"));
    let mut live = server.live();
    let (name, hello) = live.next();
    assert_eq!(name, "hello");
    assert!(hello["instance"].is_string());
    server.send(&transaction(2, "after"));
    let (name, change) = live.next();
    assert_eq!(name, "change");
    assert!(change["seq"].as_u64() > hello["seq"].as_u64());
    let changed = change["changed"].as_array().unwrap();
    assert!(changed.contains(&"traces".into()), "{change}");
    assert!(!changed.contains(&"logs".into()), "{change}");
    // A later reader gets the same number. A restarted server has another instance id.
    assert_eq!(server.live().next().1["seq"], change["seq"]);
    assert_ne!(Server::start().live().next().1["instance"], hello["instance"]);
}

#[test]
fn many_changes_are_few_events_and_none_is_left_out() {
    let server = Server::start();
    let mut live = server.live();
    live.next();
    let start = Instant::now();
    for number in 1..=300 {
        server.send(&transaction(number, "order"));
    }
    let last = server.json("/api/overview")["seq"].as_u64().unwrap();
    let mut events = 0;
    loop {
        let (_, change) = live.next();
        events += 1;
        if change["seq"].as_u64().unwrap() >= last {
            break;
        }
    }
    let most = start.elapsed().as_millis() / 100 + 2;
    assert!(events <= most, "{events} events in {:?}", start.elapsed());
}

#[test]
fn a_page_that_is_gone_costs_nothing() {
    let server = Server::start();
    // This is more than the number of streams that may be open at the same time.
    for number in 1..=200 {
        let mut live = server.live();
        live.next();
        drop(live);
        server.send(&transaction(number, "order"));
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    while server.get("/api/wait?kind=trace&after=0&timeout=0").status != 200 {
        assert!(Instant::now() < deadline, "the places of closed streams are free again");
    }
}
