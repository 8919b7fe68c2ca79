//! Tests of the queue, which also run under Miri and valgrind.

use super::*;

static BUDGET: Budget<Box<usize>> = Budget::new(1000);

fn queue<T>(budget: &'static Budget<T>) -> Option<(Producer<T>, Consumer<T>)> {
    let producer = Producer::unopened();
    let consumer = producer.open(budget, true)?;
    Some((producer, consumer))
}

/// Miri is slow; a few chunks suffice.
const ITEMS: usize = if cfg!(miri) { 5 * CHUNK } else { 10_000 };

#[test]
fn items_arrive_in_order_across_threads() {
    let (producer, mut consumer) = queue(&BUDGET).unwrap();
    let writer = std::thread::spawn(move || {
        for number in 0..ITEMS {
            assert!(producer.push(Box::new(number)).is_ok());
        }
    });
    let (mut seen, mut ended) = (Vec::new(), false);
    while !ended {
        ended = consumer.drain(|item| seen.push(*item));
    }
    writer.join().unwrap();
    assert_eq!(seen, (0..ITEMS).collect::<Vec<_>>());
}

#[test]
fn without_a_chunk_the_item_comes_back() {
    static SMALL: Budget<usize> = Budget::new(2);
    let (producer, mut consumer) = queue(&SMALL).unwrap();
    let taken = (0..).take_while(|&number| producer.push(number).is_ok()).count();
    assert_eq!(taken, 2 * CHUNK);
    let mut seen = 0;
    consumer.drain(|_| seen += 1);
    assert_eq!(seen, taken);
    assert!(producer.push(0).is_ok(), "read chunks are used again");
    drop(producer);
    assert!(consumer.drain(drop));
}

#[test]
fn a_chunk_that_another_core_has_read_is_evicted() {
    use super::super::cache_lines::pretended::{evicted, move_to};
    static BUDGET: Budget<usize> = Budget::new(8);
    let (producer, mut consumer) = queue(&BUDGET).unwrap();
    let write = |chunks: usize| (0..chunks * CHUNK).for_each(|number| producer.push(number).unwrap());
    // The chunk that is written next is still in the cache of the producer's core.
    write(2);
    consumer.drain(drop);
    assert_eq!(evicted(), 0, "the same core wrote the chunks");
    write(2);
    move_to(1);
    consumer.drain(drop);
    assert_eq!(evicted(), 2);
    // The producer has moved to the consumer's core as well, but it began the chunk on its first core.
    write(2);
    consumer.drain(drop);
    assert_eq!(evicted(), 3);
    drop(producer);
    drop(consumer);
    assert_eq!(evicted(), 3);
}

#[test]
fn what_was_not_read_is_dropped_with_the_queue() {
    static COUNTED: Budget<Arc<()>> = Budget::new(10);
    let probe = Arc::new(());
    let (producer, consumer) = queue(&COUNTED).unwrap();
    for _ in 0..CHUNK + 3 {
        assert!(producer.push(Arc::clone(&probe)).is_ok());
    }
    drop(producer);
    drop(consumer);
    assert_eq!(Arc::strong_count(&probe), 1);
    assert_eq!(COUNTED.live.load(Ordering::Relaxed), 0);
}

#[test]
fn only_an_open_queue_with_room_is_written_at_once() {
    static BUDGET: Budget<usize> = Budget::new(4);
    let producer = Producer::unopened();
    let write = || producer.write_at_once(|| 0) || producer.write(|| 0) || producer.make_room();
    assert!(producer.is_unopened() && !producer.writes_at_once() && !write());
    let mut consumer = producer.open(&BUDGET, true).unwrap();
    assert!(producer.writes_at_once() && producer.open(&BUDGET, true).is_none());
    let at_once = (0..).take_while(|&number| producer.write_at_once(|| number)).count();
    assert_eq!(at_once, CHUNK - 1);
    assert!(producer.write(|| at_once), "the last slot fills the chunk");
    assert!(producer.make_room() && producer.write_at_once(|| CHUNK));
    producer.close();
    assert!(!producer.is_unopened() && !producer.writes_at_once() && !write());
    assert!(producer.open(&BUDGET, true).is_none(), "a closed queue cannot be opened again");
    let mut seen = Vec::new();
    assert!(consumer.drain(|item| seen.push(item)));
    assert_eq!(seen, (0..=CHUNK).collect::<Vec<_>>());
}

#[test]
fn a_queue_that_was_not_opened_for_it_is_not_written_at_once() {
    static BUDGET: Budget<usize> = Budget::new(4);
    let producer = Producer::unopened();
    let mut consumer = producer.open(&BUDGET, false).unwrap();
    assert!(!producer.writes_at_once() && !producer.write_at_once(|| 1));
    assert!(producer.has_room_to_spare() && !producer.write(|| 2));
    consumer.drain(|item| assert_eq!(item, 2));
    drop(producer);
}

#[test]
fn an_item_may_write_another_one_while_it_is_made() {
    static BUDGET: Budget<Box<usize>> = Budget::new(4);
    let (producer, mut consumer) = queue(&BUDGET).unwrap();
    let inner = |number| producer.write_at_once(|| Box::new(number));
    producer.write(|| Box::new(usize::from(inner(5))));
    producer.write_at_once(|| Box::new(usize::from(inner(6))));
    let mut seen = Vec::new();
    consumer.drain(|item| seen.push(*item));
    assert_eq!(seen, [5, 1, 6, 1]);
    drop(producer);
}

#[test]
fn the_queue_of_another_process_is_left_alone() {
    static BUDGET: Budget<usize> = Budget::new(4);
    let producer = Producer::unopened();
    let mut parents = producer.open(&BUDGET, true).unwrap();
    producer.write(|| 1);
    producer.reset_after_fork();
    assert!(producer.is_unopened() && !producer.write(|| 2));
    let mut own = producer.open(&BUDGET, true).unwrap();
    producer.write(|| 3);
    let mut seen = Vec::new();
    assert!(!parents.drain(|item| seen.push(item)) && !own.drain(|item| seen.push(item)));
    assert_eq!(seen, [1, 3]);
    drop(producer);
    // Miri and valgrind report leaks, so the test frees the queue; a real child process leaves this to its end.
    parents.closed.store(true, Ordering::Release);
    // SAFETY: the producer has forgotten its reference.
    unsafe { Arc::decrement_strong_count(Arc::as_ptr(&parents.closed)) };
}
