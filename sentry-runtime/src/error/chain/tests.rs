//! Tests with typical errors of users, and with misbehaving errors.

use super::*;

/// An error with configurable methods.
struct Odd {
    debug: fn(&mut fmt::Formatter<'_>) -> fmt::Result,
    display: fn(&mut fmt::Formatter<'_>) -> fmt::Result,
    source: fn() -> Option<&'static (dyn Error + 'static)>,
}

const ODD: Odd = Odd { debug: |f| f.write_str("Odd"), display: |f| f.write_str("odd"), source: || None };

impl fmt::Debug for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.debug)(f)
    }
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.display)(f)
    }
}

impl Error for Odd {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        (self.source)()
    }
}

#[derive(Debug)]
struct Link {
    number: usize,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {}", self.number)
    }
}

impl Error for Link {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Links are dropped one by one, because the recursive drop of a long chain would overflow the stack.
        let mut next = self.cause.take();
        while let Some(mut link) = next.and_then(|cause| cause.downcast::<Link>().ok()) {
            next = link.cause.take();
        }
    }
}

fn link(length: usize) -> Link {
    (1..length)
        .fold(Link { number: 0, cause: None }, |cause, number| Link { number, cause: Some(Box::new(cause)) })
}

fn types(chain: &Chain) -> Vec<&str> {
    chain.entries.iter().map(|entry| &*entry.ty).collect()
}

fn only(error: &dyn Error) -> ChainEntry {
    let chain = read(error, &[]);
    assert_eq!(chain.entries.len(), 1);
    ChainEntry::clone(&chain.entries[0])
}

#[test]
fn a_chain_is_read_outermost_first() {
    let cause: Box<dyn Error + Send + Sync> = Box::new("x".parse::<u8>().unwrap_err());
    let chain = read(&Link { number: 2, cause: Some(cause) }, &[]);
    assert_eq!(types(&chain), ["Link", "ParseIntError"]);
    assert_eq!(chain.entries[0].module.as_deref(), Some("sentry::error::chain::tests"));
    assert_eq!(chain.entries[1].module, None);
    assert_eq!(chain.entries[0].value, "link 2");
    assert_eq!(chain.entries[1].value, "invalid digit found in string");
    assert!(!chain.cut);
}

#[test]
fn hidden_types_are_guessed_from_debug_output() {
    let hidden: Box<dyn Error + Send + Sync> = Box::new(Link { number: 1, cause: None });
    assert_eq!(types(&read(&*hidden, &[])), ["Link"]);
    for name in [type_name::<Box<dyn Error + Send + Sync>>(), "anyhow::Error", "&mut dyn core::error::Error"]
    {
        assert_eq!(types(&read_named(&*hidden, name, &[])), ["Link"], "{name}");
    }
    assert_eq!(types(&read_named(&*hidden, "alloc::boxed::Box<shop::PayError>", &[])), ["PayError"]);
    for (debug, ty) in [
        (Odd { debug: |f| f.write_str("shop::Failed<u8> { .. }"), ..ODD }, "Failed<u8>"),
        (Odd { debug: |f| f.write_str("NotFound(\"x\")"), ..ODD }, "NotFound"),
        (Odd { debug: |f| f.write_str("it went wrong"), ..ODD }, "Error"),
        (Odd { debug: |f| f.write_str("Something: went wrong"), ..ODD }, "Error"),
        (Odd { debug: |_| Ok(()), ..ODD }, "Error"),
        (Odd { debug: |_| Err(fmt::Error), ..ODD }, "Error"),
        (Odd { debug: |_| panic!("in Debug"), ..ODD }, "Error"),
    ] {
        let error: &dyn Error = &debug;
        assert_eq!(only(error).ty, ty);
    }
}

#[test]
fn text_errors_are_called_error() {
    let text: Box<dyn Error> = "the till is empty".into();
    let entry = only(&*text);
    assert_eq!((&*entry.ty, entry.value.as_str()), ("Error", "the till is empty"));
}

#[test]
fn an_error_called_error_says_whose() {
    assert_eq!(named("serde_json::error::Error").unwrap().0, "serde_json::Error");
    assert_eq!(named("shop::pay::Error").unwrap().0, "pay::Error");
    assert_eq!(named("Error").unwrap().0, "Error");
    assert_eq!(types(&read(&fmt::Error, &[])), ["fmt::Error"]);
    let io = std::io::Error::other(Link { number: 1, cause: None });
    let chain = read(&io, &[]);
    assert_eq!(types(&chain), ["io::Error"]);
    assert_eq!(chain.entries[0].value, "link 1");
}

#[test]
fn generic_types_are_readable() {
    let name = named("shop::Failed<alloc::vec::Vec<shop::Item>>").unwrap();
    assert_eq!(name, ("Failed<Vec<Item>>".into(), Some("shop".into())));
}

#[test]
fn long_chains_and_rings_are_cut_and_say_so() {
    assert!(!read(&link(MAX_ENTRIES), &[]).cut);
    let long = read(&link(100_000), &[]);
    assert_eq!((long.entries.len(), long.cut), (MAX_ENTRIES, true));
    assert_eq!(long.entries[0].value, "link 99999");
    assert!(long.entries[MAX_ENTRIES - 1].value.ends_with("the chain is cut after 50)"));

    static RING: Odd = Odd { source: || Some(&RING), ..ODD };
    assert!(read(&RING, &[]).cut);
}

#[test]
fn megabytes_are_never_kept() {
    let stubborn = Odd {
        display: |f| {
            for _ in 0..100_000 {
                // The code ignores that the writer refused the text.
                let _ = f.write_str("äöü äöü äöü äöü ");
            }
            Ok(())
        },
        ..ODD
    };
    let value = only(&stubborn).value;
    assert!(value.len() <= MAX_TEXT + '…'.len_utf8() && value.len() > MAX_TEXT - 4);
    assert!(value.ends_with('…'));
}

#[test]
fn errors_that_misbehave_get_a_placeholder() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the payload's drop");
        }
    }
    let panics = Odd { display: |_| std::panic::panic_any(Bomb), ..ODD };
    assert_eq!(only(&panics).value, "<the error's Display panicked>");
    let fails = Odd { display: |f| f.write_str("half").and(Err(fmt::Error)), ..ODD };
    assert_eq!(only(&fails).value, "half<the error's Display failed>");
    let silent = Odd { display: |_| Ok(()), ..ODD };
    assert_eq!(only(&silent).value, "<no message>");
    let no_source = Odd { source: || panic!("in source"), ..ODD };
    assert_eq!(only(&no_source).value, "odd");
}

/// Its `Display` and `Debug` write for ever, and ignore the errors of the writer.
struct Deaf;

impl fmt::Display for Deaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        loop {
            let _ = f.write_str("again ");
        }
    }
}

impl fmt::Debug for Deaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        loop {
            let _ = f.write_str("Again (");
        }
    }
}

impl Error for Deaf {}

#[test]
fn a_writer_that_ignores_errors_has_an_end() {
    let chain = read_dynamic(&Deaf, "dyn core::error::Error", &[]);
    assert!(chain.entries[0].value.starts_with("again ") && chain.entries[0].value.ends_with('…'));
    assert_eq!(chain.entries[0].ty, "Error");
}
