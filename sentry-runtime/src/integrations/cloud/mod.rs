//! Cloud resource context: where the program runs. Needs the feature `cloud`.
//!
//! ```no_run
//! use sentry::integrations::cloud::CloudResource;
//!
//! let _guard = sentry::init(sentry::ClientOptions::new().integration(CloudResource::new()));
//! ```
//!
//! Events and transactions get the context `cloud_resource`, and in a Kubernetes pod the context `k8s`. Segments of
//! `TraceLifecycle::Stream` get the fields of `cloud_resource` as attributes. What the program sets itself has precedence.
//!
//! | field | example | known on |
//! |---|---|---|
//! | `cloud.provider` | `aws`, `gcp` | all |
//! | `cloud.platform` | `aws_ec2`, `aws_ecs`, `aws_eks`, `aws_lambda`, `gcp_compute_engine`, `gcp_kubernetes_engine`, `gcp_cloud_run` | all |
//! | `cloud.account.id` | `499517922981`, `my-project` | EC2, ECS, EKS, Google Cloud |
//! | `cloud.region` | `us-east-1` | all |
//! | `cloud.availability_zone` | `us-east-1e` | EC2, ECS, EKS, Google Cloud |
//! | `host.id`, `host.type` | `i-07d3301208fe0a55a`, `t2.large` | EC2, EKS, Google Cloud |
//! | `k8s.pod.name`, `k8s.namespace.name` | `shop-7d4b9-x2x1z`, `default` | Kubernetes |
//! | other `k8s.…` | `k8s.node.name`, `k8s.cluster.name` | where `OTEL_RESOURCE_ATTRIBUTES` has them |
//!
//! # How it finds out
//! A thread of its own reads the environment (of AWS Lambda, Amazon ECS, Cloud Run and Kubernetes, and the variable
//! `OTEL_RESOURCE_ATTRIBUTES`), and asks the metadata service of the machine, at the link-local address 169.254.169.254:
//! first that of AWS, then that of Google Cloud. Each request has a timeout of one second and uses no proxy. No thread
//! of the program waits: what is captured before the answer arrives is sent without the context.
//!
//! `AWS_EC2_METADATA_DISABLED=true` turns off the requests to AWS, `AWS_EC2_METADATA_SERVICE_ENDPOINT` and
//! `GCE_METADATA_HOST` change the addresses, as they do for the libraries of AWS and Google.
//!
//! In a pod on EC2, the metadata service answers only if the hop limit of the instance is at least 2.
//!
//! [Contexts](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/contexts/),
//! [the same integration of the Python SDK](https://docs.sentry.io/platforms/python/integrations/cloudresourcecontext/)

mod aws;
mod environment;
mod gcp;
mod kubernetes;
mod metadata;

use std::sync::Arc;

use environment::Environment;

use crate::base::diagnostics;
use crate::base::thread_role;
use crate::client::Client;
use crate::client::integration::Integration;
use crate::protocol::{Context, Map, Value};

/// The fields of a context.
type Fields = Map<String, Value>;

/// Adds the context `cloud_resource`, see the [module](self).
#[derive(Debug, Clone, Default)]
pub struct CloudResource {
    metadata_address: Option<String>,
}

impl CloudResource {
    /// Returns the integration, to be added by [`ClientOptions::integration`](crate::ClientOptions::integration).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the host and port of the metadata service, for a machine that has it elsewhere, and for tests. Has precedence
    /// over the environment.
    ///
    /// ```
    /// use sentry::integrations::cloud::CloudResource;
    ///
    /// let resource = CloudResource::new().metadata_address("127.0.0.1:4000");
    /// ```
    #[must_use]
    pub fn metadata_address(mut self, address: impl Into<String>) -> Self {
        self.metadata_address = Some(address.into());
        self
    }
}

impl Integration for CloudResource {
    fn name(&self) -> &str {
        "cloud_resource"
    }

    fn setup(&self, client: &Arc<Client>) {
        let (asked, client) = (self.metadata_address.clone(), Arc::downgrade(client));
        let find = move || {
            thread_role::mark();
            let found = find(&Environment::of_process(asked));
            if let Some(client) = client.upgrade() {
                client.integrations().set_resource(found);
            }
        };
        if let Err(error) = std::thread::Builder::new().name("sentry-cloud".to_owned()).spawn(find) {
            diagnostics::debug(format_args!(
                "the cloud resource stays unknown: no thread could be started: {error}"
            ));
        }
    }
}

/// Returns the contexts of the machine, by their names.
fn find(environment: &Environment) -> Vec<(String, Context)> {
    let mut cloud = aws::resource(environment).or_else(|| gcp::resource(environment)).unwrap_or_default();
    cloud.extend(environment.resource_attributes(&["cloud.", "host."]));
    let pod = kubernetes::pod(environment).unwrap_or_default();
    let named = [("cloud_resource", cloud), ("k8s", pod)];
    named
        .into_iter()
        .filter(|(_, fields)| !fields.is_empty())
        .map(|(name, fields)| (name.to_owned(), Context::from(fields)))
        .collect()
}

/// Adds a field, if its value is known.
fn put(fields: &mut Fields, key: &str, value: Option<impl Into<String>>) {
    if let Some(value) = value.map(Into::into).filter(|value| !value.is_empty()) {
        fields.insert(key.to_owned(), Value::String(value));
    }
}
