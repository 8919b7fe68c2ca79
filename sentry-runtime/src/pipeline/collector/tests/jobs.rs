//! The end of a job that is a lazy root, which is also its last check-in.

use super::*;
use crate::intake::check_in::CheckInContent;
use crate::trace::monitor_site::MonitorSite;
use crate::trace::record::{JobMoment, LazyCheckIn, ProcessScopes};

static MONITOR: MonitorSite = MonitorSite::new(&SITE, "nightly");

fn job_end(bed: &mut Bed) -> Record {
    let (key, client) = (bed.id(), Arc::clone(&bed.client));
    let (start, at) = (clock::now(), clock::now());
    let check_in = LazyCheckIn {
        key,
        start,
        client,
        site: &MONITOR,
        at,
        rate: 1.0,
        sampled: true,
        moment: JobMoment::Failed,
        depth: 0,
    };
    Record::JobEnd(check_in, SpanOutcome::Cancelled)
}

#[test]
fn the_end_of_a_job_is_a_transaction_and_a_check_in() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    let end = job_end(&mut bed);
    let scopes = ProcessScopes { isolation: Arc::default(), current: Arc::default(), salt: 7 };
    bed.collector.take(end, &bed.thread, &mut Some(Box::new(scopes)));
    let [PendingCheckIn { content: CheckInContent::Ended { run, ok: false, .. }, depth: 0 }] =
        &bed.collector.check_ins[..]
    else {
        panic!("one check-in, of a run that failed")
    };
    assert_eq!(run.key(), bed.next);
    bed.finish();
    let transactions = bed.transport.payloads(ItemType::Transaction);
    assert_eq!(transactions.len(), 1);
    assert_eq!(transactions[0]["contexts"]["trace"]["status"], "cancelled");
    assert_eq!(bed.lost(), 0);
}

#[test]
fn a_job_without_its_scopes_is_counted_with_its_check_in() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    let end = job_end(&mut bed);
    bed.take(end);
    bed.finish();
    let lost = [DataCategory::Monitor, DataCategory::Transaction, DataCategory::Span];
    assert_eq!(lost.map(|category| bed.lost_of(category)), [1, 1, 1]);
}
