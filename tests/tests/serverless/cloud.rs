//! Tests of the context `cloud_resource`, from the environment and from metadata services.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use sentry_tests::FakeSentry;
use sentry_tests::support::{only, programs};
use serde_json::{Value, json};

/// An HTTP server with fixed answers by `METHOD path`, and 404 for everything else.
struct Metadata {
    address: String,
    /// The heads of the requests, in lower case.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Metadata {
    fn start(answers: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let head = head(&stream);
                let body =
                    answers.iter().find(|(path, _)| head.starts_with(&format!("{} ", path.to_lowercase())));
                seen.lock().unwrap().push(head.clone());
                let (status, body) = body.map_or(("404 Not Found", ""), |(_, body)| ("200 OK", *body));
                let length = body.len();
                let _ = write!(
                    &stream,
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            }
        });
        Self { address, requests }
    }

    fn lines(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|head| head.split(" http/").next().unwrap().to_owned()).collect()
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n").to_lowercase()
}

/// Runs the program and returns its last message.
fn run(server: &FakeSentry, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
    let dsn = server.dsn();
    let mut variables = vec![("SENTRY_DSN", dsn.as_str())];
    variables.extend(environment);
    let ended = programs::run(env!("CARGO_BIN_EXE_cloud"), arguments, &variables);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    server.assert_valid();
    server.events().last().unwrap().clone()
}

const EC2: &[(&str, &str)] = &[
    ("PUT /latest/api/token", "the-token"),
    (
        "GET /latest/dynamic/instance-identity/document",
        r#"{"accountId":"499517922981","region":"us-east-1","availabilityZone":"us-east-1e",
            "instanceId":"i-07d3301208fe0a55a","instanceType":"t2.large","privateIp":"10.0.0.7"}"#,
    ),
];

#[test]
fn events_and_transactions_name_the_instance_of_ec2() {
    let metadata = Metadata::start(EC2);
    let server = FakeSentry::start();
    let event =
        run(&server, &["cloud_resource"], &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.address)]);
    let expected = json!({
        "cloud.account.id": "499517922981",
        "cloud.provider": "aws",
        "cloud.platform": "aws_ec2",
        "cloud.region": "us-east-1",
        "cloud.availability_zone": "us-east-1e",
        "host.id": "i-07d3301208fe0a55a",
        "host.type": "t2.large",
    });
    assert_eq!(event["contexts"]["cloud_resource"], expected);
    assert_eq!(only(server.transactions())["contexts"]["cloud_resource"], expected);
    assert!(event["sdk"]["integrations"].as_array().unwrap().contains(&json!("cloud_resource")));
    let requests = metadata.requests.lock().unwrap();
    assert!(requests[0].contains("x-aws-ec2-metadata-token-ttl-seconds: 60"), "{requests:?}");
    assert!(requests[1].contains("x-aws-ec2-metadata-token: the-token"), "{requests:?}");
    assert_eq!(requests.len(), 2);
}

#[test]
fn streamed_segments_have_the_fields_of_the_cloud_as_attributes() {
    let metadata = Metadata::start(EC2);
    let server = FakeSentry::start();
    let environment = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.address.as_str())];
    run(&server, &["cloud_resource", "stream"], &environment);
    let segment = only(server.streamed_spans());
    let attribute = |name: &str| segment["attributes"][name]["value"].clone();
    assert_eq!(attribute("cloud.region"), "us-east-1");
    assert_eq!(attribute("cloud.platform"), "aws_ec2");
    assert_eq!(attribute("host.id"), "i-07d3301208fe0a55a");
}

#[test]
fn a_pod_at_google_names_its_cluster_and_asks_for_single_values() {
    let metadata = Metadata::start(&[
        ("GET /computeMetadata/v1/project/project-id", "my-project"),
        ("GET /computeMetadata/v1/instance/zone", "projects/1234/zones/us-central1-a"),
        ("GET /computeMetadata/v1/instance/id", "5432109876"),
        ("GET /computeMetadata/v1/instance/machine-type", "projects/1234/machineTypes/n1-standard-1"),
    ]);
    let server = FakeSentry::start();
    let environment = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("GCE_METADATA_HOST", metadata.address.as_str()),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
        ("HOSTNAME", "shop-7d4b9-x2x1z"),
        ("OTEL_RESOURCE_ATTRIBUTES", "k8s.node.name=node%201,service.name=shop,k8s.namespace.name=shops"),
    ];
    let event = run(&server, &["cloud_resource"], &environment);
    assert_eq!(
        event["contexts"]["cloud_resource"],
        json!({
            "cloud.account.id": "my-project",
            "cloud.provider": "gcp",
            "cloud.platform": "gcp_kubernetes_engine",
            "cloud.region": "us-central1",
            "cloud.availability_zone": "us-central1-a",
            "host.id": "5432109876",
            "host.type": "n1-standard-1",
        })
    );
    assert_eq!(
        event["contexts"]["k8s"],
        json!({"k8s.pod.name": "shop-7d4b9-x2x1z", "k8s.namespace.name": "shops", "k8s.node.name": "node 1"})
    );
    assert!(metadata.requests.lock().unwrap().iter().all(|head| head.contains("metadata-flavor: google")));
    assert!(metadata.lines().iter().all(|line| !line.contains("recursive")), "{:?}", metadata.lines());
}

#[test]
fn lambda_and_ecs_need_no_instance_metadata() {
    let server = FakeSentry::start();
    let lambda = [("AWS_LAMBDA_FUNCTION_NAME", "resize"), ("AWS_REGION", "eu-west-1")];
    assert_eq!(
        run(&server, &["cloud_resource"], &lambda)["contexts"]["cloud_resource"],
        json!({"cloud.provider": "aws", "cloud.platform": "aws_lambda", "cloud.region": "eu-west-1"})
    );

    let task = r#"{"TaskARN":"arn:aws:ecs:us-west-2:111122223333:task/default/158d","AvailabilityZone":"us-west-2d"}"#;
    let metadata = Metadata::start(Box::leak(Box::new([("GET /v4/abc/task", task)])));
    let base = format!("http://{}/v4/abc", metadata.address);
    let server = FakeSentry::start();
    assert_eq!(
        run(&server, &["cloud_resource"], &[("ECS_CONTAINER_METADATA_URI_V4", &base)])["contexts"]["cloud_resource"],
        json!({
            "cloud.provider": "aws",
            "cloud.platform": "aws_ecs",
            "cloud.region": "us-west-2",
            "cloud.account.id": "111122223333",
            "cloud.availability_zone": "us-west-2d",
        })
    );
}

#[test]
fn a_metadata_service_that_is_silent_delays_nothing() {
    // The listener accepts connections, but never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let server = FakeSentry::start();
    let event = run(&server, &["-"], &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &address)]);
    assert_eq!(event["contexts"]["cloud_resource"], Value::Null);
    assert_eq!(server.transactions().len(), 1);
}
