//! Tests of one program with a dashboard.

use std::net::TcpListener;

use sentry_tests::FakeSentry;
use sentry_tests::support::LONG;

use crate::shown::{Page, Shown, TOKEN};

#[test]
fn a_program_without_a_server_shows_everything() {
    // The dashboard shows everything, even if the options sample nothing.
    let (mut shown, line) = {
        let shown = Shown::start(&[
            ("SENTRY_DASHBOARD", "127.0.0.1:0"),
            ("SENTRY_SAMPLE_RATE", "0"),
            ("SENTRY_TRACES_SAMPLE_RATE", "0"),
        ]);
        let line = shown.line();
        (shown, line)
    };
    let page = Page::of(&line);
    for order in ["span checkout", "error card declined", "log low stock"] {
        shown.order(order);
    }
    assert_eq!(page.wait("trace", "checkout")["name"], "checkout");
    assert_eq!(page.wait("error", "declined")["service"], "shown");
    assert_eq!(page.wait("log", "stock")["body"], "low stock");
    assert_eq!(shown.end(), [""; 0], "the URL is printed once, and nothing else");
}

#[test]
fn beside_a_server_the_page_shows_what_the_server_gets() {
    let server = FakeSentry::start();
    let shown = Shown::start(&[("SENTRY_DASHBOARD", "127.0.0.1:0"), ("SENTRY_DSN", &server.dsn())]);
    let (line, mut shown) = (shown.line(), shown);
    let page = Page::of(&line);
    shown.order("span checkout");
    shown.order("error card declined");
    shown.order("flush");
    page.wait("error", "declined");
    assert_eq!(server.events().len(), 1);
    assert!(server.transactions().is_empty(), "no rate was set");
    assert!(page.traces().iter().all(|name| name != "checkout"));
    server.assert_valid();
}

#[test]
fn health_shows_what_the_program_counts() {
    let (mut shown, page) = Shown::serving();
    shown.order("error card declined");
    shown.order("flush");
    page.wait("error", "declined");
    let deadline = std::time::Instant::now() + LONG;
    loop {
        let health = page.get("/api/health");
        if health["accepted"]["error"] == 1 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{health}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_port_that_another_program_uses_is_left_to_it() {
    // The other listener accepts connections, but never answers.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    let (mut shown, line) = Shown::at(&taken.to_string());
    assert!(line.contains(&format!("another program uses {taken}")), "{line}");
    let page = Page::of(&line);
    assert_ne!(page.address, taken);
    shown.order("span checkout");
    page.wait("trace", "checkout");
}

#[test]
fn an_address_that_cannot_be_used_costs_the_page_alone() {
    let server = FakeSentry::start();
    for (address, reason) in [("203.0.113.1:80", "other machines"), ("0.0.0.0:0", "allow_remote")] {
        let shown = Shown::start(&[("SENTRY_DASHBOARD", address), ("SENTRY_DSN", &server.dsn())]);
        let (line, mut shown) = (shown.line(), shown);
        assert!(line.contains("there is no dashboard") && line.contains(reason), "{line}");
        shown.order("error card declined");
        shown.order("flush");
        assert_eq!(shown.end(), [""; 0], "printed once");
    }
    assert_eq!(server.events().len(), 2);
}

#[test]
fn it_is_off_unless_asked() {
    for value in ["", "0", "off"] {
        let mut shown = Shown::start(&[("SENTRY_DASHBOARD", value)]);
        shown.order("span checkout");
        assert_eq!(shown.end(), [""; 0]);
    }
}

#[test]
fn an_open_page_does_not_hold_up_the_end() {
    let (mut shown, page) = Shown::serving();
    shown.order("span checkout");
    let mut live = std::net::TcpStream::connect(page.address).unwrap();
    let request =
        format!("GET /api/live HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {TOKEN}\r\n\r\n", page.address);
    std::io::Write::write_all(&mut live, request.as_bytes()).unwrap();
    let mut first = [0; 1];
    std::io::Read::read_exact(&mut live, &mut first).unwrap();
    // The test ends when the program has ended.
    assert_eq!(shown.end(), [""; 0]);
}
