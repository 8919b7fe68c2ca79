//! Lambda, as far as a function sees it: its variables, and
//! [the runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_http::Error;
use sentry_fake_server::FakeSentry;
use serde_json::{Value, json};

/// The longest time for an invocation.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A request of the function.
struct Call {
    path: String,
    body: String,
    connection: TcpStream,
}

/// Runs this program as the function, and invokes it.
pub fn invoke() -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let sentry = FakeSentry::start();
    let mut function = Command::new(std::env::current_exe()?)
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "greetings")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "7")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/greetings")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
        .env("AWS_REGION", "eu-central-1")
        .env("SENTRY_DSN", sentry.dsn())
        .env_remove("SENTRY_LOCAL")
        .spawn()?;
    let (say, calls) = channel();
    std::thread::spawn(move || {
        listener.incoming().flatten().try_for_each(|connection| serve(connection, &say))
    });
    let checked = check(&calls, &sentry);
    // The function waits for an event. Lambda ends it like this, too.
    function.kill()?;
    function.wait()?;
    checked
}

fn check(calls: &Receiver<Call>, sentry: &FakeSentry) -> Result<(), Error> {
    let caller = "771a43a4192642f0b136d5159a501700-1234567890abcdef-1";
    for (number, name) in ["Ada", "nobody"].iter().enumerate() {
        let next = calls.recv_timeout(TIMEOUT)?;
        assert!(next.path.ends_with("/invocation/next"), "{}", next.path);
        assert_eq!(sentry.transactions().len(), number, "the items that arrived before the freeze");
        event(&next.connection, number, name, caller)?;
        let answer = calls.recv_timeout(TIMEOUT)?;
        println!("{}\n  {}", answer.path, answer.body);
        reply(&answer.connection, "202 Accepted", "", "")?;
    }
    calls.recv_timeout(TIMEOUT)?;
    sentry.assert_valid();
    for transaction in sentry.transactions() {
        let trace = &transaction["contexts"]["trace"];
        println!(
            "{} {} coldstart {}",
            trace["op"], transaction["transaction"], trace["data"]["faas.coldstart"]
        );
        assert_eq!(trace["trace_id"], caller[..32], "the trace of the caller");
        assert_eq!(transaction["spans"].as_array().map(Vec::len), Some(2));
    }
    let events = sentry.events();
    assert_eq!(events.len(), 1, "{events:#?}");
    let event = &events[0];
    println!("{} in {}", event["exception"]["values"][0]["value"], event["contexts"]["cloud_resource"]);
    assert_eq!(event["contexts"]["cloud_resource"]["cloud.region"], "eu-central-1");
    assert_eq!(event["contexts"]["aws.lambda"]["aws_request_id"], "request-1");
    println!("everything had arrived before the function was frozen");
    Ok(())
}

/// Answers a request for the next event with an HTTP request, as a function URL passes it on.
fn event(connection: &TcpStream, number: usize, name: &str, caller: &str) -> Result<(), Error> {
    let path = format!("/greetings/{name}");
    let body: Value = json!({
        "version": "2.0",
        "routeKey": "GET /greetings/{name}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "greetings.example", "sentry-trace": caller},
        "requestContext": {
            "accountId": "123456789012", "apiId": "api", "domainName": "greetings.example", "domainPrefix": "greetings",
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "10.0.0.1", "userAgent": "curl"},
            "requestId": "id", "routeKey": "GET /greetings/{name}", "stage": "$default",
            "time": "29/Nov/2026:12:00:00 +0000", "timeEpoch": 1_795_953_600_000_u64,
        },
        "isBase64Encoded": false,
    });
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH)? + TIMEOUT;
    let headers = format!(
        "lambda-runtime-aws-request-id: request-{number}\r\n\
         lambda-runtime-deadline-ms: {}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:greetings\r\n\
         lambda-runtime-trace-id: Root=1-5e1b4151-5ac6c58f5b1b1b1b1b1b1b1b\r\n\
         content-type: application/json\r\n",
        deadline.as_millis()
    );
    Ok(reply(connection, "200 OK", &headers, &body.to_string())?)
}

fn reply(mut connection: &TcpStream, status: &str, headers: &str, body: &str) -> io::Result<()> {
    write!(connection, "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// Reads the requests of a connection until it is closed.
fn serve(connection: TcpStream, say: &Sender<Call>) -> Option<()> {
    let say = say.clone();
    std::thread::spawn(move || {
        let mut input = BufReader::new(connection.try_clone().ok()?);
        loop {
            let head = head(&mut input)?;
            let path = head.first()?.split(' ').nth(1)?.to_owned();
            let mut body = Vec::new();
            let header = |name: &str| head.iter().find_map(|line| line.strip_prefix(name));
            if let Some(length) = header("content-length: ").and_then(|length| length.parse().ok()) {
                body.resize(length, 0);
                input.read_exact(&mut body).ok()?;
            } else if header("transfer-encoding: ").is_some() {
                body = chunks(&mut input)?;
            }
            let body = String::from_utf8_lossy(&body).into_owned();
            say.send(Call { path, body, connection: connection.try_clone().ok()? }).ok()?;
        }
        #[expect(unreachable_code, reason = "the type of the thread's result")]
        Some(())
    });
    Some(())
}

fn head(input: &mut impl BufRead) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok().filter(|&length| length > 0)?;
        match line.trim_end() {
            "" => return Some(lines),
            line => lines.push(line.to_ascii_lowercase()),
        }
    }
}

fn chunks(input: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        input.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim_end(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        input.read_exact(&mut chunk).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunk.get(..size)?);
    }
}
