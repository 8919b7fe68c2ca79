use crate::scrub::{Scrubber, effort};

/// The pieces that the texts repeat.
#[rustfmt::skip]
const PIECES: [&str; 70] = [
    // Names in quotes.
    "\"token\":[", "\"a\":", "\\\"", "\"", "\"key\":\"", "\"key\" ", "\\", "\"key\":\\", "\\\\\\\"", "{\"key\":", "[[",
    // Names before a colon.
    "key:", "key: ", "password: a ", "tokens: (", "tokens:(", "Token(", "Token(\"", "Token('", "key: {", "key:'a' ",
    "key:`a` ", "key: '", "key: `", "key: \"", "key:\\'", "key:'a\\' ", "key:'''", "password: ([{", "password:(",
    "key:key.", "pass word: ",
    // Lines of YAML, and elements of XML.
    "a: |\n", "password: |\n ", "key: >\n\n", "- key:\n", "<key>", "</", "<password>a", "<", "</key",
    // Words.
    "password='\\'", "password='", "password='''", "password='\\''", "password=\"", "password = \"", "key = ", "--key ",
    "--key a ", "--key \"", "--key '-", "--key \\'-", "Bearer ", "Authorization: ", " ",
    // URLs, keys and numbers of cards.
    "://", "//", "\\/\\/", "://a@", "//a:b ", "//a:b/", "//a:b", "a@tcp(", "4242 ", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----",
    // Placeholders of templates.
    "{a", "{}", "key=%s ",
];
/// The ends of the texts, each of which may be what the filter looks for after a piece.
const ENDS: [&str; 3] = ["", "(true)", " '\"@(1)"];

#[test]
fn the_effort_grows_with_the_text_and_not_with_its_square() {
    let scrubber = Scrubber::new(&[]);
    let effort = |piece: &str, end: &str, len: usize| {
        let text = piece.repeat(len / piece.len()) + end;
        effort::of(|| {
            scrubber.scrub_text(&text);
            scrubber.secret_placeholders(&text);
        })
    };
    // Every search that has a limit reaches its limit already in the short text.
    let (short, long) = (1 << 12, 1 << 14);
    let times = (long / short) as u64;
    let mut slow = Vec::new();
    for (piece, end) in PIECES.iter().flat_map(|piece| ENDS.map(|end| (piece, end))) {
        let (of_short, of_long) = (effort(piece, end, short), effort(piece, end, long));
        if of_long > 2 * times * of_short {
            slow.push((piece, end, of_short, of_long));
        }
    }
    assert!(slow.is_empty(), "piece, end, and the effort for the short and the long text: {slow:#?}");
}

/// Tests for searches with a limit: if one starts at each piece, the effort is linear, but may be a thousand times the
/// length.
#[test]
fn the_effort_is_a_small_number_of_looks_at_each_character() {
    /// No piece needs 16 looks at each character. A search up to a limit from each piece would need a thousand.
    const LOOKS: u64 = 64;
    let scrubber = Scrubber::new(&[]);
    let len: usize = 1 << 15;
    let mut slow = Vec::new();
    for (piece, end) in PIECES.iter().flat_map(|piece| ENDS.map(|end| (piece, end))) {
        let text = piece.repeat(len / piece.len()) + end;
        let effort = effort::of(|| {
            scrubber.scrub_text(&text);
            scrubber.secret_placeholders(&text);
        });
        if effort > LOOKS * text.len() as u64 {
            slow.push((piece, end, effort / text.len() as u64));
        }
    }
    assert!(slow.is_empty(), "piece, end, and looks per character: {slow:#?}");
}
