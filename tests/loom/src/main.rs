//! Models of the queue that carries span records from a thread to the pipeline, of the alarm that wakes the pipeline,
//! and of the place in which a thread shows its open run of a monitor.
//!
//! The source is the one that is shipped; only its atomics, cells and locks are the checker's. Each model is run in
//! every order in which the steps of its threads can come, under the weakest memory order that the source asks for.
//! Items are counted references: one that is read twice, or never dropped, fails the model.

#[path = "../../../sentry-runtime/src/base/alarm.rs"]
mod alarm;
mod alarm_parts;
#[allow(dead_code, reason = "the rest of the library uses it")]
#[path = "../../../sentry-runtime/src/trace/ring.rs"]
mod ring;
mod ring_parts;
mod runs;
#[path = "../../../sentry-runtime/src/instrument/monitor/shown_run.rs"]
mod shown_run;
mod shown_run_parts;
mod trace;
mod wake_ups;

use loom::sync::Arc;
use loom::thread;
use ring::{Budget, Consumer, Producer};

/// An item with a number, whose loss or double use the checker sees.
struct Item(usize, #[expect(dead_code, reason = "it is counted")] Arc<()>);

struct Queue {
    producer: Producer<Item>,
    consumer: Consumer<Item>,
    probe: Arc<()>,
}

fn queue(chunks: usize) -> Queue {
    let budget = Box::leak(Box::new(Budget::new(chunks)));
    budget.set_limit(chunks);
    let producer = Producer::unopened();
    let Some(consumer) = producer.open(budget, true) else { panic!("a fresh budget has a chunk") };
    Queue { producer, consumer, probe: Arc::new(()) }
}

/// Writes items until there is no room, and answers how many.
fn write(producer: &Producer<Item>, numbers: std::ops::Range<usize>, probe: &Arc<()>) -> usize {
    let first = numbers.start;
    for number in numbers {
        if !producer.make_room() {
            return number - first;
        }
        // As the recorder does: in place if that is possible, else as the last item of a chunk.
        if !producer.write_at_once(|| Item(number, Arc::clone(probe))) {
            producer.write(|| Item(number, Arc::clone(probe)));
        }
    }
    usize::MAX
}

/// A thread is interrupted so often in a run, wherever that is possible. Without a bound the runs are too many; nearly
/// all mistakes of two threads show with two interruptions.
const INTERRUPTIONS: usize = 3;

fn model(name: &str, run: impl Fn() + Sync + Send + 'static) {
    let started = std::time::Instant::now();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(INTERRUPTIONS);
    builder.check(run);
    println!("{name}: ok after {:.1?}", started.elapsed());
}

fn main() {
    wake_ups::check();
    runs::check();

    model("items arrive once and in order through several chunks", || {
        let Queue { producer, mut consumer, probe } = queue(8);
        let inner = probe.clone();
        let writer = thread::spawn(move || {
            write(&producer, 0..5, &inner);
        });
        let mut seen = Vec::new();
        consumer.drain(|item| seen.push(item.0));
        consumer.drain(|item| seen.push(item.0));
        writer.join().unwrap();
        assert!(consumer.drain(|item| seen.push(item.0)), "the producer is gone and everything is read");
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    });

    model("a queue is given up only when everything was read", || {
        let Queue { producer, mut consumer, probe } = queue(8);
        let inner = probe.clone();
        let writer = thread::spawn(move || {
            write(&producer, 0..3, &inner);
        });
        let mut seen = 0;
        if consumer.drain(|_| seen += 1) {
            assert_eq!(seen, 3);
        }
        writer.join().unwrap();
        consumer.drain(|_| seen += 1);
        assert_eq!(seen, 3);
    });

    model("chunks that were read make room again", || {
        let Queue { producer, mut consumer, probe } = queue(2);
        let inner = probe.clone();
        let writer = thread::spawn(move || {
            let written = write(&producer, 0..6, &inner).min(6);
            (producer, written)
        });
        let mut seen = Vec::new();
        consumer.drain(|item| seen.push(item.0));
        let (producer, written) = writer.join().unwrap();
        assert!(written >= 4, "two chunks of two hold four");
        consumer.drain(|item| seen.push(item.0));
        assert_eq!(seen, (0..written).collect::<Vec<_>>());
        assert_eq!(write(&producer, 9..10, &probe), usize::MAX);
        drop(producer);
        drop(consumer);
    });

    model("two threads share a budget", || {
        let budget: &'static Budget<Item> = Box::leak(Box::new(Budget::new(3)));
        let probe = Arc::new(());
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let probe = probe.clone();
                thread::spawn(move || {
                    let producer = Producer::unopened();
                    let mut consumer = producer.open(budget, true)?;
                    let written = write(&producer, 0..3, &probe).min(3);
                    let mut seen = 0;
                    consumer.drain(|_| seen += 1);
                    drop(producer);
                    (seen == written).then_some(written)
                })
            })
            .collect();
        let written = writers
            .into_iter()
            .map(|writer| writer.join().unwrap().expect("a chunk each, and every item read"));
        assert!(written.sum::<usize>() >= 5, "one of the two gets the third chunk");
    });

    model("what was not read is dropped with the queue", || {
        let Queue { producer, mut consumer, probe } = queue(8);
        let inner = probe.clone();
        let writer = thread::spawn(move || {
            write(&producer, 0..3, &inner);
        });
        consumer.drain(drop);
        writer.join().unwrap();
        drop(consumer);
    });
}
