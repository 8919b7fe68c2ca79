//! Tests of runs that overlap, on one thread and on several.

use sentry_tests::support::{block_on, observe, only, options, yield_once};

use crate::DiskFull;

#[sentry::monitor("side-by-side")]
async fn side_by_side(number: u32, fails: bool) -> Result<(), DiskFull> {
    sentry::set_tag("run", number);
    yield_once().await;
    yield_once().await;
    if fails { Err(DiskFull) } else { Ok(()) }
}

#[test]
fn overlapping_runs_do_not_mix() {
    let seen = observe(options(), || {
        let (mut a, mut b) = (Box::pin(side_by_side(1, true)), Box::pin(side_by_side(2, false)));
        let (mut a_done, mut b_done) = (false, false);
        block_on(std::future::poll_fn(move |context| {
            a_done = a_done || a.as_mut().poll(context).is_ready();
            b_done = b_done || b.as_mut().poll(context).is_ready();
            if a_done && b_done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        }));
    });
    let check_ins = seen.check_ins();
    assert_eq!(check_ins.len(), 4);
    let started: Vec<_> = check_ins.iter().filter(|c| c["status"] == "in_progress").collect();
    assert_eq!(started.len(), 2);
    assert_ne!(started[0]["check_in_id"], started[1]["check_in_id"]);
    let end = |status: &str| only(check_ins.iter().filter(|c| c["status"] == status).collect::<Vec<_>>());
    assert_ne!(end("ok")["check_in_id"], end("error")["check_in_id"]);
    for ended in [end("ok"), end("error")] {
        assert!(started.iter().any(|start| start["check_in_id"] == ended["check_in_id"]
            && start["contexts"]["trace"] == ended["contexts"]["trace"]));
    }
    let event = seen.event();
    assert_eq!(event["tags"]["run"], "1");
    assert_eq!(event["contexts"]["trace"]["trace_id"], end("error")["contexts"]["trace"]["trace_id"]);
}

#[test]
fn runs_on_several_threads_do_not_mix() {
    #[sentry::monitor("threads")]
    fn job(fails: bool) -> Result<(), DiskFull> {
        if fails { Err(DiskFull) } else { Ok(()) }
    }
    let seen = observe(options(), || {
        std::thread::scope(|scope| {
            for number in 0..8 {
                scope.spawn(move || job(number % 2 == 0).is_ok());
            }
        });
    });
    let check_ins = seen.check_ins();
    let count = |status: &str| check_ins.iter().filter(|c| c["status"] == status).count();
    assert_eq!((count("in_progress"), count("ok"), count("error")), (8, 4, 4));
    let mut ids: Vec<_> = check_ins.iter().map(|c| c["check_in_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
    assert_eq!(seen.events().len(), 4);
}
