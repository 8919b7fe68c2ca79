//! The sink: an HTTP server that reads, counts and discards spans of the end-to-end runs, in its own process.
//!
//! `bench-sink ADDRESS MARKER` prints its address, then serves. A span is counted for each `MARKER` in an uncompressed
//! body. `GET /totals` returns the counts so far, and resets them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

#[derive(Default)]
struct Totals {
    requests: u64,
    bytes: u64,
    body_bytes: u64,
    compressed: u64,
    spans: u64,
}

static TOTALS: Mutex<Totals> =
    Mutex::new(Totals { requests: 0, bytes: 0, body_bytes: 0, compressed: 0, spans: 0 });

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let marker = arguments.next().unwrap_or_else(|| "\"span_id\"".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("{}", listener.local_addr()?);
    for connection in listener.incoming() {
        let (connection, marker) = (connection?, marker.clone());
        // An error of a connection concerns only its contender.
        std::thread::spawn(move || serve(connection, marker.as_bytes()).unwrap_or_default());
    }
    Ok(())
}

fn serve(connection: TcpStream, marker: &[u8]) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::with_capacity(64 * 1024, connection);
    while let Some(request) = read_request(&mut reader, &mut writer)? {
        let answer = if request.line.starts_with("GET /totals") {
            let totals =
                std::mem::take(&mut *TOTALS.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
            let Totals { requests, bytes, body_bytes, compressed, spans } = totals;
            format!(
                "{{\"requests\":{requests},\"bytes\":{bytes},\"body_bytes\":{body_bytes},\"compressed\":{compressed},\"spans\":{spans}}}"
            )
        } else {
            let spans = if request.compressed { 0 } else { occurrences(&request.body, marker) };
            let mut totals = TOTALS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            totals.requests += 1;
            totals.bytes += (request.head + request.body.len()) as u64;
            totals.body_bytes += request.body.len() as u64;
            totals.compressed += u64::from(request.compressed);
            totals.spans += spans;
            if request.protobuf { String::new() } else { "{}".to_owned() }
        };
        let kind = if request.protobuf { "application/x-protobuf" } else { "application/json" };
        // The answer is written in one piece, as servers do.
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
        writer.write_all(answer.as_bytes())?;
    }
    Ok(())
}

struct Request {
    line: String,
    head: usize,
    body: Vec<u8>,
    compressed: bool,
    protobuf: bool,
}

fn read_request(
    reader: &mut BufReader<TcpStream>,
    writer: &mut TcpStream,
) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    let mut head = reader.read_line(&mut line)?;
    if head == 0 {
        return Ok(None);
    }
    let (mut length, mut chunked, mut compressed, mut protobuf) = (0, false, false, false);
    loop {
        let mut header = String::new();
        head += reader.read_line(&mut header)?;
        let header = header.trim_end().to_ascii_lowercase();
        let Some((name, value)) = header.split_once(':') else { break };
        match (name, value.trim()) {
            ("content-length", value) => length = value.parse().unwrap_or(0),
            ("transfer-encoding", value) => chunked = value.contains("chunked"),
            ("content-encoding", value) => compressed = value != "identity",
            ("content-type", value) => protobuf = value.contains("protobuf"),
            ("expect", _) => writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?,
            _ => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            let mut size = String::new();
            head += reader.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
            reader.by_ref().take(size as u64).read_to_end(&mut body)?;
            let mut end = String::new();
            head += reader.read_line(&mut end)?;
            if size == 0 {
                break;
            }
        }
    } else {
        reader.by_ref().take(length).read_to_end(&mut body)?;
    }
    Ok(Some(Request { line, head, body, compressed, protobuf }))
}

fn occurrences(body: &[u8], marker: &[u8]) -> u64 {
    let (mut count, mut rest) = (0, body);
    while let Some(place) = rest.iter().position(|byte| *byte == marker[0]) {
        rest = &rest[place..];
        let found = rest.starts_with(marker);
        count += u64::from(found);
        rest = &rest[if found { marker.len() } else { 1 }..];
    }
    count
}
