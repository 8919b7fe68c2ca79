//! Tests of the example `storefront`, run against the fake server as a newcomer runs it: the printed numbers match the
//! items that arrived, and the items show the events of the shop.

#![allow(clippy::unwrap_used, reason = "what cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};
use std::sync::mpsc;
use std::time::Duration;

use sentry_tests::FakeSentry;
use serde_json::Value;

/// A timeout that is longer than the example needs, so that only a hang exceeds it.
const LONG: Duration = Duration::from_secs(120);

/// Builds the example, and returns the path of its program. `cargo test` has already built it, unless this test runs
/// alone. The whole workspace is selected, so that the dependencies have the same features.
fn storefront() -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut build = Command::new(cargo);
    // Cargo's variables about the test's package are removed, because they would make build scripts of other crates
    // rerun.
    for (name, _) in std::env::vars()
        .filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
    {
        build.env_remove(name);
    }
    let build = build
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--workspace", "--example", "storefront"])
        .args(["--message-format", "json"])
        .output()
        .unwrap();
    assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
    let messages = String::from_utf8(build.stdout).unwrap();
    let mut programs = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(str::to_owned));
    programs.next_back().expect("cargo names the program that it built")
}

/// Runs the example without environment variables that would change the sent data.
fn run(server: &FakeSentry) -> Output {
    let mut command = Command::new(storefront());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SENTRY_")) {
        command.env_remove(name);
    }
    for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command
        .env("SENTRY_DSN", server.dsn())
        .env("RUST_BACKTRACE", "0")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100");
    let (done, output) = mpsc::channel();
    std::thread::spawn(move || done.send(command.output().unwrap()));
    output.recv_timeout(LONG).expect("the example ends in time")
}

/// Returns the numbers of the summary.
fn summary(output: &Output) -> BTreeMap<String, usize> {
    let text = String::from_utf8_lossy(&output.stdout);
    let row = |line: &str| {
        let (name, rest) = line.split_once("  ")?;
        Some((name.to_owned(), rest.split_whitespace().next()?.parse().ok()?))
    };
    text.lines().filter_map(row).collect()
}

/// Returns the trace context of a transaction or an event.
fn place(payload: &Value) -> &Value {
    &payload["contexts"]["trace"]
}

fn named<'a>(transactions: &'a [Value], name: &str) -> Vec<&'a Value> {
    transactions.iter().filter(|transaction| transaction["transaction"] == name).collect()
}

/// Returns the span of this name in a transaction.
#[track_caller]
fn span_named<'a>(transaction: &'a Value, name: &str) -> &'a Value {
    let mut spans = transaction["spans"].as_array().unwrap().iter();
    spans.find(|span| span["description"] == name).unwrap_or_else(|| panic!("no {name} in {transaction:#}"))
}

/// Returns the only event whose outermost exception has this type.
#[track_caller]
fn only_event<'a>(events: &'a [Value], ty: &str) -> &'a Value {
    let of_type = |event: &&Value| {
        let outermost = event["exception"]["values"].as_array().and_then(|values| values.last());
        outermost.is_some_and(|exception| exception["type"] == ty)
    };
    let found: Vec<&Value> = events.iter().filter(of_type).collect();
    assert_eq!(found.len(), 1, "events of type {ty}: {found:#?}");
    found[0]
}

#[test]
fn the_example_sends_what_it_prints_and_every_trace_is_whole() {
    let server = FakeSentry::start();
    let output = run(&server);
    assert!(output.status.success(), "{output:?}");
    server.assert_valid();

    let transactions = server.transactions();
    page_order_and_payment_are_one_trace(&transactions);
    the_failing_card_is_one_event(&server, &transactions);
    the_panic_is_one_event(&server, &transactions);
    check_ins_are_pairs(&server);
    the_summary_is_true(&server, &summary(&output));
    let shown = String::from_utf8_lossy(&output.stderr);
    the_local_view_shows_it_too(&shown);
    the_picture_in_the_readme_is_true(&shown);
}

fn page_order_and_payment_are_one_trace(transactions: &[Value]) {
    let payments = named(transactions, "serverAction/take_payment");
    assert_eq!(payments.len(), 4, "three good cards and a bad one");
    for payment in payments {
        let trace = &place(payment)["trace_id"];
        let of_trace = |name| {
            let all = named(transactions, name);
            let mut of_trace = all.into_iter().filter(|transaction| place(transaction)["trace_id"] == *trace);
            of_trace.next().unwrap_or_else(|| panic!("no {name} in the trace of {payment:#}"))
        };
        let (page, order) = (of_trace("GET /lamps/{sku}"), of_trace("POST /orders"));
        assert!(place(page)["parent_span_id"].is_null(), "the page is the head of the trace");
        let written = span_named(page, "serverAction/order_page");
        assert_eq!(place(order)["parent_span_id"], written["span_id"], "the order is made from the page");
        let spans = order["spans"].as_array().unwrap();
        let request = spans.iter().find(|span| span["op"] == "http.client").unwrap();
        assert_eq!(place(payment)["parent_span_id"], request["span_id"], "the payment is below the request");
    }
}

fn the_failing_card_is_one_event(server: &FakeSentry, transactions: &[Value]) {
    let events = server.events();
    let event = only_event(&events, "ShopError");
    let exceptions = event["exception"]["values"].as_array().unwrap();
    let chain: Vec<_> =
        exceptions.iter().rev().map(|exception| exception["value"].as_str().unwrap()).collect();
    assert!(chain[0].starts_with("order ") && chain[0].ends_with(" was not paid"), "{chain:?}");
    assert_eq!(chain[1..], ["the card was declined: insufficient funds"]);

    // The spans of all functions have failed, and the event belongs to the innermost of them.
    let same_trace = |transaction: &&&Value| place(transaction)["trace_id"] == place(event)["trace_id"];
    let orders = named(transactions, "POST /orders");
    let order = orders.iter().find(same_trace).unwrap();
    assert_eq!(place(order)["status"], "invalid_argument", "as the answer says: 402");
    assert_eq!(event["transaction"], "POST /orders");
    assert_eq!(event["request"]["method"], "POST");
    let spans = order["spans"].as_array().unwrap();
    let failed: Vec<&Value> = spans.iter().filter(|span| span["status"] == "internal_error").collect();
    let names: BTreeSet<_> = failed.iter().map(|span| span["description"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["Payments::charge", "orders::place", "serverAction/place_order"]));
    let charge = failed.iter().find(|span| span["op"] == "payment").unwrap();
    assert_eq!(place(event)["span_id"], charge["span_id"]);

    // The form is attached, with personal data and secrets filtered.
    let field = |field: &str| &event["extra"][format!("server_action_form_data.{field}")];
    assert_eq!(*field("sku"), "lantern");
    assert_eq!(*field("quantity"), 1);
    assert_eq!(*field("card_number"), "[Filtered]");
    assert_eq!(*field("email"), "[Filtered]");
    for item in server.items() {
        let text = item.payload.to_string();
        for secret in ["4242 4242", "4000 0000", "ada@example.com"] {
            assert!(!text.contains(secret), "`{secret}` left the process in {text}");
        }
    }
    assert_eq!(event["tags"]["lamp"], "lantern");
    let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
    let categories: Vec<_> = crumbs.iter().map(|crumb| crumb["category"].as_str().unwrap()).collect();
    assert_eq!(categories, ["storefront::orders", "http"], "only what happened in this request");
}

fn the_panic_is_one_event(server: &FakeSentry, transactions: &[Value]) {
    let events = server.events();
    let event = only_event(&events, "panic");
    let exception = &event["exception"]["values"][0];
    assert_eq!(exception["value"], "index out of bounds: the len is 6 but the index is 6");
    assert_eq!(exception["mechanism"]["handled"], false);
    let pages = named(transactions, "GET /deals/{day}");
    assert_eq!(pages.len(), 1);
    assert_eq!(place(pages[0])["status"], "internal_error");
    assert_eq!(place(pages[0])["trace_id"], place(event)["trace_id"]);
}

fn check_ins_are_pairs(server: &FakeSentry) {
    let check_ins = server.check_ins();
    let mut runs: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for check_in in &check_ins {
        assert_eq!(check_in["monitor_slug"], "restock-shelves");
        runs.entry(check_in["check_in_id"].as_str().unwrap()).or_default().push(check_in);
    }
    assert_eq!(runs.len(), 3);
    let mut ends = Vec::new();
    for run in runs.values() {
        assert_eq!(run.len(), 2, "{run:#?}");
        assert_eq!(run[0]["status"], "in_progress");
        assert_eq!(run[0]["monitor_config"]["schedule"]["unit"], "minute");
        assert!(run[1]["duration"].as_f64().is_some_and(|duration| duration > 0.0));
        ends.push(run[1]["status"].as_str().unwrap());
    }
    ends.sort_unstable();
    assert_eq!(ends, ["error", "ok", "ok"]);
    only_event(&server.events(), "RestockError");
}

fn the_summary_is_true(server: &FakeSentry, printed: &BTreeMap<String, usize>) {
    let transactions = server.transactions();
    let traces: BTreeSet<_> = transactions.iter().map(|t| place(t)["trace_id"].as_str()).collect();
    let is_request =
        |name: &str| ["GET /", "POST /", "serverAction/"].iter().any(|start| name.starts_with(start));
    let requests = transactions.iter().filter(|t| t["transaction"].as_str().is_some_and(is_request));
    // A transaction counts as its root span and its other spans.
    let spans = transactions.iter().map(|t| 1 + t["spans"].as_array().map_or(0, Vec::len));
    let arrived = [
        ("requests", requests.count()),
        ("orders paid", 3),
        ("traces", traces.len()),
        ("transactions", transactions.len()),
        ("spans", spans.sum()),
        ("errors", server.events().len()),
        ("check-ins", server.check_ins().len()),
        ("dropped", 0),
    ];
    let arrived: BTreeMap<String, usize> = arrived.map(|(name, number)| (name.to_owned(), number)).into();
    assert_eq!(*printed, arrived);
    assert_eq!(server.events().len(), 3, "card, panic and supplier; a page that does not exist is no error");
    assert!(server.client_reports().is_empty(), "{:#?}", server.client_reports());
}

fn the_local_view_shows_it_too(printed: &str) {
    for line in ["serverAction/take_pay", "✗ ShopError: order ", "✓ restock-shelves", "✗ restock-shelves"]
    {
        assert!(printed.contains(line), "no `{line}` in:\n{printed}");
    }
}

/// Returns a line of the local view without the ids, times and ports of this run.
fn meaning(line: &str) -> String {
    let mut words = Vec::new();
    for word in line.split_whitespace() {
        let number = word.chars().all(|c| c.is_ascii_digit() || c == '.');
        let bar = word.chars().all(|c| "━╸╺─".contains(c)) && !word.starts_with("└─");
        match word {
            // The rest of the line is an id or a time.
            "event" | "trace" => {
                words.push(word.to_owned());
                break;
            }
            "µs" | "ms" | "s" => {}
            _ if number || bar => {}
            _ => words.push(word.chars().filter(|c| !c.is_ascii_digit()).collect()),
        }
    }
    words.join(" ")
}

/// Returns whether two lines are equal. The length of a cut text depends on the durations in the other lines of its
/// trace.
fn agree(one: &str, other: &str) -> bool {
    /// The length of the start that must be equal.
    const LEAST: usize = 12;
    let uncut = |line: &str| line.split_once('…').map_or(line.len(), |(start, _)| start.len());
    if !one.contains('…') && !other.contains('…') {
        return one == other;
    }
    let (one, other) = (&one[..uncut(one)], &other[..uncut(other)]);
    one.len().min(other.len()) >= LEAST && (one.starts_with(other) || other.starts_with(one))
}

fn the_picture_in_the_readme_is_true(printed: &str) {
    let readme = include_str!("../../README.md");
    let (_, after) = readme.split_once("This is the local view of a web shop").unwrap();
    let picture = after.split("```").nth(1).unwrap().strip_prefix("text\n").unwrap();
    let printed: BTreeSet<String> = printed.lines().map(meaning).collect();
    for line in picture.lines().filter(|line| !line.is_empty()) {
        assert!(
            printed.iter().any(|printed| agree(printed, &meaning(line))),
            "the README shows\n{line}\nbut the program prints\n{printed:#?}"
        );
    }
    assert!(picture.lines().count() > 20, "the picture shows the whole trace");
}

/// A running example; it is stopped when the value is dropped.
struct Serving(std::process::Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the example for a browser, and returns the address of the shop.
fn serve(server: &FakeSentry) -> (Serving, String) {
    use std::io::{BufRead as _, BufReader};
    let mut command = Command::new(storefront());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SENTRY_")) {
        command.env_remove(name);
    }
    command.arg("--serve").env("SENTRY_DSN", server.dsn()).env("SENTRY_DASHBOARD", "0");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (said, address) = mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some((_, rest)) = line.split_once("http://") {
                let _ = said.send(rest.split('/').next().unwrap_or_default().to_owned());
            }
        }
    });
    let serving = Serving(child);
    let address = address.recv_timeout(LONG).expect("the example says where the shop is");
    (serving, address)
}

/// Requests a page of the shop, and returns the first line of the answer.
fn visit(address: &str, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut connection = std::net::TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(LONG)).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_mistakes_that_a_browser_meets_are_shown() {
    let server = FakeSentry::start();
    let (serving, address) = serve(&server);
    assert!(visit(&address, "/stock").contains("200"));
    assert!(visit(&address, "/invoice").contains("500"));
    assert!(server.wait_for_type("transaction", 2, LONG) && server.wait_for_type("event", 1, LONG));
    assert!(server.wait_for_type("log", 1, LONG), "the warning about the blocked thread");
    drop(serving);

    let transactions = server.transactions();
    let stock = named(&transactions, "GET /stock")[0];
    let action = span_named(stock, "serverAction/stock_page");
    assert_eq!(action["data"]["repeated.count"], 4);
    let repeated = &action["data"]["repeated.span"];
    assert_eq!(repeated, "db.query SELECT * FROM lamp WHERE sku = $1");
    let counting = span_named(stock, "stock::count_by_hand");
    assert_eq!(counting["data"]["poll.count"], 1);
    assert!(counting["data"]["poll.max"].as_f64().unwrap() >= 250.0, "{counting:#}");
    let warning = server.logs().into_iter().map(|log| log["body"].as_str().unwrap().to_owned());
    assert!(warning.into_iter().any(|text| text.contains("in `stock::count_by_hand`")));

    let events = server.events();
    let event = only_event(&events, "OutOfPaper");
    let exception = &event["exception"]["values"][0];
    assert_eq!(exception["value"], "the printer is out of paper");
    assert_eq!(exception["mechanism"]["type"], "auto.http.tower");
    assert_eq!(event["contexts"]["response"]["status_code"], 500);
}
