//! The end-to-end runs: spans from a contender's process to a sink in another process, their cost, and their arrival.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::Result;
use crate::contenders::{Contender, OURS};
use crate::rounds::{answer, median};

/// The number of spans per second of a busy service.
const RATE: u64 = 50_000;
const SPANS: u64 = 200_000;

/// The result of one contender: the medians of its rounds.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) contender: &'static str,
    pub(crate) gzip: bool,
    /// Spans per second; zero is as fast as the contender can.
    pub(crate) rate: u64,
    /// CPU seconds of the whole process per million spans created.
    pub(crate) cpu: f64,
    /// CPU seconds of the whole process per million spans that arrived.
    pub(crate) cpu_of_arrived: f64,
    pub(crate) wall_s: f64,
    pub(crate) peak_mib: f64,
    pub(crate) bytes_a_span: f64,
    pub(crate) requests: f64,
    /// The share of spans that did not arrive.
    pub(crate) lost: f64,
    /// The loss that the contender itself counts, if it counts.
    pub(crate) counted: Option<f64>,
}

impl Row {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "contender": self.contender, "gzip": self.gzip, "rate": self.rate,
            "cpu_s_per_million_spans": self.cpu, "cpu_s_per_million_arrived": self.cpu_of_arrived,
            "wall_s": self.wall_s, "peak_mib": self.peak_mib, "bytes_a_span": self.bytes_a_span,
            "requests": self.requests, "lost": self.lost, "counted_as_lost": self.counted,
        })
    }
}

/// Runs every contender that supports it, at both rates; ours also with compression, if the machine has an address
/// that is not a loopback address.
pub(crate) fn run(contenders: &[Contender], target: &Path, rounds: usize) -> Result<Vec<Row>> {
    let program = target.join("release").join("bench-sink");
    let mut runs = Vec::new();
    for contender in
        contenders.iter().filter(|contender| contender.cases.iter().any(|case| case == "end_to_end"))
    {
        for rate in [RATE, 0] {
            runs.push((contender, rate, None));
        }
    }
    let ours = contenders.iter().find(|contender| contender.title == OURS);
    match (own_address(), ours) {
        (Some(address), Some(ours)) => runs.extend([(ours, RATE, Some(address)), (ours, 0, Some(address))]),
        _ => eprintln!(
            "gzip is not measured: this machine has a loopback address only, where nothing is compressed"
        ),
    }
    let mut samples: Vec<Vec<Row>> = vec![Vec::new(); runs.len()];
    for round in 1..=rounds {
        eprintln!("end to end, round {round} of {rounds}");
        for (at, (contender, rate, address)) in runs.iter().enumerate() {
            samples[at].push(one(&program, contender, *rate, *address)?);
        }
    }
    Ok(samples.iter().map(|samples| middle(samples)).collect())
}

fn middle(samples: &[Row]) -> Row {
    let of = |value: fn(&Row) -> f64| median(&samples.iter().map(value).collect::<Vec<_>>());
    Row {
        cpu: of(|row| row.cpu),
        cpu_of_arrived: of(|row| row.cpu_of_arrived),
        wall_s: of(|row| row.wall_s),
        peak_mib: of(|row| row.peak_mib),
        bytes_a_span: of(|row| row.bytes_a_span),
        requests: of(|row| row.requests),
        lost: of(|row| row.lost),
        counted: samples[0].counted.map(|_| of(|row| row.counted.unwrap_or(0.0))),
        ..samples[0].clone()
    }
}

fn one(sink: &Path, contender: &Contender, rate: u64, gzip_to: Option<IpAddr>) -> Result<Row> {
    // OTLP is protobuf: there spans are counted by their name, elsewhere by the key of their id.
    let marker = if contender.title.contains("opentelemetry") { "span_of_load" } else { "\"span_id\"" };
    let host = gzip_to.map_or_else(|| "127.0.0.1".to_owned(), |address| address.to_string());
    let mut sink = Sink::start(sink, &host, marker)?;
    let mut command = Command::new(&contender.program);
    command.args(["--spans", &format!("http://{}", sink.address)]);
    command.args(["--count", &SPANS.to_string(), "--rate", &rate.to_string()]);
    if gzip_to.is_some() {
        command.arg("--gzip");
    }
    let answer = answer(&mut command)?;
    let totals = sink.totals()?;
    let number = |of: &Value, key: &str| of[key].as_f64().unwrap_or(f64::NAN);
    let made = number(&answer, "spans");
    let counted = answer["known_lost"].as_f64();
    // Spans in compressed bodies cannot be counted, so the contender's own count is used.
    let arrived = if gzip_to.is_some() { made - counted.unwrap_or(0.0) } else { number(&totals, "spans") };
    if gzip_to.is_some() && number(&totals, "compressed") == 0.0 {
        return Err("bodies were to be compressed, and were not".into());
    }
    Ok(Row {
        contender: contender.title,
        gzip: gzip_to.is_some(),
        rate,
        cpu: number(&answer, "cpu_s") / made * 1e6,
        cpu_of_arrived: number(&answer, "cpu_s") / arrived * 1e6,
        wall_s: number(&answer, "wall_s"),
        peak_mib: number(&answer, "peak_kib") / 1024.0,
        bytes_a_span: number(&totals, "bytes") / arrived,
        requests: number(&totals, "requests"),
        lost: 1.0 - arrived / made,
        counted: counted.map(|lost| lost / made),
    })
}

/// Returns the address of this machine in its network. Nothing is sent: connecting a datagram socket only chooses
/// a route.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// The sink's process, which ends when the value is dropped.
#[derive(Debug)]
struct Sink {
    process: Child,
    address: String,
}

impl Sink {
    fn start(program: &Path, host: &str, marker: &str) -> Result<Self> {
        let address = format!("{host}:0");
        let mut process = Command::new(program).args([&address, marker]).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        let output = process.stdout.take().ok_or("the sink has no output")?;
        BufReader::new(output).read_line(&mut address)?;
        Ok(Self { process, address: address.trim().to_owned() })
    }

    fn totals(&mut self) -> Result<Value> {
        let mut connection = TcpStream::connect(&self.address)?;
        write!(connection, "GET /totals HTTP/1.1\r\nHost: sink\r\n\r\n")?;
        connection.shutdown(std::net::Shutdown::Write)?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("the sink did not answer")?;
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}
