//! Amazon's cloud: Lambda and ECS tell in the environment, EC2 by its metadata service.
//!
//! [Lambda's variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html),
//! [ECS task metadata](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html),
//! [EC2 identity documents](https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html)

use serde_json::Value as Json;

use super::environment::Environment;
use super::metadata::Metadata;
use super::{Fields, put};

/// The lifetime of the token for the metadata service, in seconds: it is used at once.
const TOKEN_LIFETIME: &str = "60";

/// Returns the resource, if the program runs at Amazon.
pub(super) fn resource(environment: &Environment) -> Option<Fields> {
    if environment.has("AWS_LAMBDA_FUNCTION_NAME") {
        let mut fields = of_platform("aws_lambda");
        put(&mut fields, "cloud.region", environment.get("AWS_REGION"));
        return Some(fields);
    }
    if let Some(base) = environment.get("ECS_CONTAINER_METADATA_URI_V4") {
        return Some(ecs(&base));
    }
    let disabled = environment.get("AWS_EC2_METADATA_DISABLED");
    if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    ec2(environment)
}

fn of_platform(platform: &str) -> Fields {
    let mut fields = Fields::new();
    put(&mut fields, "cloud.provider", Some("aws"));
    put(&mut fields, "cloud.platform", Some(platform));
    fields
}

fn ecs(base: &str) -> Fields {
    let mut fields = of_platform("aws_ecs");
    let task = Metadata::new().get(&format!("{base}/task"), None);
    if let Some(task) = task.and_then(|task| serde_json::from_str::<Json>(&task).ok()) {
        // arn:aws:ecs:us-west-2:111122223333:task/default/158d1c8083dd49d6
        let mut arn = task["TaskARN"].as_str().unwrap_or_default().split(':').skip(3);
        put(&mut fields, "cloud.region", arn.next());
        put(&mut fields, "cloud.account.id", arn.next());
        put(&mut fields, "cloud.availability_zone", task["AvailabilityZone"].as_str());
    }
    fields
}

fn ec2(environment: &Environment) -> Option<Fields> {
    let base = environment.metadata("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let metadata = Metadata::new();
    let lifetime = ("X-aws-ec2-metadata-token-ttl-seconds", TOKEN_LIFETIME);
    let token = metadata.put(&format!("{base}/latest/api/token"), lifetime)?;
    let mut fields = of_platform(if environment.is_pod() { "aws_eks" } else { "aws_ec2" });
    let url = format!("{base}/latest/dynamic/instance-identity/document");
    let document = metadata.get(&url, Some(("X-aws-ec2-metadata-token", &token)));
    if let Some(document) = document.and_then(|document| serde_json::from_str::<Json>(&document).ok()) {
        for (key, name) in [
            ("cloud.account.id", "accountId"),
            ("cloud.region", "region"),
            ("cloud.availability_zone", "availabilityZone"),
            ("host.id", "instanceId"),
            ("host.type", "instanceType"),
        ] {
            put(&mut fields, key, document[name].as_str());
        }
    }
    Some(fields)
}
