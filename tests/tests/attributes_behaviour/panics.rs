//! Tests that a panic keeps its payload, its location, and the locations that `#[track_caller]` passes on.

use crate::support::{block_on, panic_of, pause, same, statuses, twins};

twins! {
    fn indexes(all: &[u8]) -> u8 { all[3] }
    fn indexes_fallible(all: &[u8]) -> Result<u8, ()> { Ok(all[3]) }
    async fn indexes_later(all: &[u8]) -> u8 { pause().await; all[3] }
    fn payload() -> Result<(), ()> { std::panic::panic_any(5_u64) }
    fn message(a: u8) -> u8 { panic!("no {a}") }
    fn unwraps() -> Result<u8, ()> { Ok(None::<u8>.unwrap()) }
    fn expects(a: Result<u8, String>) -> u8 { a.expect("it is there") }
    #[track_caller]
    fn blames_caller() -> u8 { None.unwrap() }
    #[track_caller]
    fn blames_caller_fallible() -> Result<u8, ()> { Ok(None.unwrap()) }
    fn overflows(a: u8) -> Result<u8, ()> { Ok(a.checked_add(1).unwrap()) }
    fn caught() -> bool { std::panic::catch_unwind(|| message(1)).is_err() }
    pub fn run() -> Vec<(String, String)> {
        vec![
            panic_of(|| indexes(&[])),
            panic_of(|| indexes_fallible(&[])),
            panic_of(|| block_on(indexes_later(&[]))),
            panic_of(|| payload()),
            panic_of(|| message(3)),
            panic_of(|| unwraps()),
            panic_of(|| expects(Err("gone".into()))),
            panic_of(|| blames_caller()),
            panic_of(|| blames_caller_fallible()),
            panic_of(|| overflows(255)),
            panic_of(|| assert!(!caught())),
        ]
    }
}
same!(panics_stay_the_same, |spans| {
    assert_eq!(statuses(&spans, "indexes_later"), ["internal_error"]);
    assert_eq!(statuses(&spans, "payload"), ["internal_error"]);
    assert_eq!(statuses(&spans, "caught"), ["ok"]);
});
