//! Tests of the server with a client that writes raw bytes.

use super::*;
use std::io::Read;

const SOON: Duration = Duration::from_secs(60);
const REPORT: &str = "{}\n{\"type\":\"client_report\",\"length\":23}\n{\"discarded_events\":[]}\n";

fn auth() -> String {
    format!("X-Sentry-Auth: Sentry sentry_key={KEY}, sentry_version=7, sentry_client=test/1\r\n")
}

/// Returns the head of a valid request, without the header for the length of the body.
fn head(path: &str, auth: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: test/1\r\n\
         Content-Type: application/x-sentry-envelope\r\n{auth}"
    )
}

fn good(body: &str) -> String {
    format!("{}Content-Length: {}\r\n\r\n{body}", head("/api/1/envelope/", &auth()), body.len())
}

fn connect(server: &FakeSentry) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

/// Reads one answer, which has a content length.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
        if text.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(text).unwrap();
    let length = head.split("Content-Length: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

#[test]
fn a_connection_carries_several_requests_of_every_form() {
    let server = FakeSentry::start();
    let mut stream = connect(&server);
    stream.write_all(good(REPORT).as_bytes()).unwrap();
    assert!(read_answer(&mut stream).starts_with("HTTP/1.1 200 OK\r\n"));

    let chunked = format!(
        "{}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{REPORT}\r\n0\r\n\r\n",
        head("/api/1/envelope/", &auth()),
        REPORT.len()
    );
    stream.write_all(chunked.as_bytes()).unwrap();
    read_answer(&mut stream);

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(REPORT.as_bytes()).unwrap();
    let zipped = encoder.finish().unwrap();
    let head = head("/api/1/envelope/", &auth());
    write!(stream, "{head}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", zipped.len()).unwrap();
    stream.write_all(&zipped).unwrap();
    read_answer(&mut stream);

    assert!(server.wait_for_type("client_report", 3, SOON));
    server.assert_valid();
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.connection == 0 && request.accepted));
    assert_eq!(requests[2].raw_body, zipped);
    assert_eq!(requests[2].body, REPORT.as_bytes());
    assert_eq!(server.envelopes().len(), 3);
    assert_eq!(server.reported("queue_overflow", "error"), 0);
}

#[test]
fn answers_follow_the_script() {
    let server = FakeSentry::start();
    server.answer_next(Answer::status(429).header("Retry-After", "7").body("slow down"));
    server.answer_next(Answer::ok().delay(Duration::from_millis(1)));
    server.answer_all(Answer::status(503));
    let mut stream = connect(&server);
    let mut ask = || {
        stream.write_all(good(REPORT).as_bytes()).unwrap();
        read_answer(&mut stream)
    };
    let limited = ask();
    assert!(limited.starts_with("HTTP/1.1 429 ") && limited.contains("Retry-After: 7\r\n"), "{limited}");
    assert!(limited.ends_with("slow down"));
    assert!(ask().starts_with("HTTP/1.1 200 "));
    assert!(ask().starts_with("HTTP/1.1 503 "));
    assert_eq!(server.requests().len(), 3);
    assert_eq!(server.items().len(), 1, "only what was accepted");
    server.clear();
    assert!(server.requests().is_empty());
}

#[test]
fn a_held_answer_waits_for_its_release() {
    let server = FakeSentry::start();
    server.answer_all(Answer::ok().held());
    let mut streams = [connect(&server), connect(&server)];
    for (at, stream) in streams.iter_mut().enumerate() {
        stream.write_all(good(REPORT).as_bytes()).unwrap();
        assert!(server.wait_for(at + 1, SOON), "its request is accepted before the answer is sent");
    }
    for stream in &mut streams {
        stream.set_nonblocking(true).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        stream.set_nonblocking(false).unwrap();
    }
    server.release();
    for stream in &mut streams {
        assert!(read_answer(stream).starts_with("HTTP/1.1 200 "));
        stream.write_all(good(REPORT).as_bytes()).unwrap();
    }
    assert!(server.wait_for(4, SOON));
    streams[0].set_nonblocking(true).unwrap();
    assert_eq!(streams[0].read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock, "held again");
    streams[0].set_nonblocking(false).unwrap();
    // A held request ends with the server.
    drop(server);
    assert_eq!(streams[0].read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn a_connection_can_be_cut_at_any_point() {
    let server = FakeSentry::start();
    for (answer, expected) in [
        (Answer::hangup(), ""),
        (Answer::cut_short(), "HTTP/1.1 20"),
        (Answer::status(503).cut_after(20), "HTTP/1.1 503 Service"),
    ] {
        server.answer_next(answer);
        let mut stream = connect(&server);
        stream.write_all(good(REPORT).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, expected);
    }
    assert!(!server.wait_for(1, Duration::ZERO));
    // A request that is never answered ends with the server.
    server.answer_all(Answer::never());
    let mut stream = connect(&server);
    stream.write_all(good(REPORT).as_bytes()).unwrap();
    assert!(server.wait_for_requests(4, SOON));
    drop(server);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert_eq!(answer, "");
}

#[test]
fn half_a_request_breaks_a_rule_unless_its_sender_was_killed() {
    let server = FakeSentry::start();
    let half = || {
        let mut stream = connect(&server);
        let request = good(REPORT);
        stream.write_all(&request.as_bytes()[..request.len() - 5]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        // Reads until the server has seen the end of the connection.
        let _ = stream.read_to_end(&mut Vec::new());
    };
    half();
    assert_eq!(server.violations(), ["connection 0: the body is shorter than it says"]);
    server.clear();
    server.expect_killed_clients();
    half();
    server.assert_valid();
    let mut stream = connect(&server);
    stream.write_all(b"POST\r\n\r\n").unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
    assert_eq!(server.violations().len(), 1, "nonsense is nonsense");
}

#[test]
fn every_broken_rule_of_a_request_is_named() {
    let server = FakeSentry::start();
    let mut stream = connect(&server);
    let length = REPORT.len();
    for (request, expected) in [
        (good(REPORT).replacen("POST", "PUT", 1), "method PUT"),
        (good(REPORT).replace("/api/1/", "/api/2/"), "path /api/2/"),
        (good(REPORT).replace("application/x-sentry-envelope", "text/plain"), "content type"),
        (good(REPORT).replace("User-Agent: test/1\r\n", ""), "user agent None"),
        (good(REPORT).replace("Sentry sentry_key", "Basic sentry_key"), "does not begin with"),
        (good(REPORT).replace(KEY, "another"), "is not that of the DSN"),
        (good(REPORT).replace("version=7", "version=6"), "is not 7"),
        (good(REPORT).replace("client=test/1", "client"), "is not name=value"),
        (
            good(REPORT).replace("Content-Length", "Content-Encoding: br\r\nContent-Length"),
            "content encoding",
        ),
        (good(REPORT).replace("Content-Length", "Content-Encoding: gzip\r\nContent-Length"), "is not gzip"),
        (
            format!("{}Content-Length: {length}\r\n\r\n{REPORT}", head("/stream", &auth())),
            "sent to Spotlight",
        ),
    ] {
        server.clear();
        stream.write_all(request.as_bytes()).unwrap();
        read_answer(&mut stream);
        let violations = server.violations();
        assert!(
            violations.iter().any(|violation| violation.contains(expected)),
            "{expected}: {violations:?}"
        );
    }
    server.clear();
    let plain = format!("{}Content-Length: {length}\r\n\r\n{REPORT}", head("/stream", ""));
    stream.write_all(plain.as_bytes()).unwrap();
    read_answer(&mut stream);
    server.assert_valid();
}

#[test]
fn nonsense_is_a_violation() {
    let server = FakeSentry::start();
    let mut stream = connect(&server);
    stream.write_all(b"hello\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(server.violations()[0].contains("not a request line"));
    assert!(server.dsn().starts_with(&format!("http://{KEY}@127.0.0.1:")));
}
