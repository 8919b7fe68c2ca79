//! The pod of Kubernetes, from the files and variables that every container of it has. Names are those of
//! [OpenTelemetry](https://opentelemetry.io/docs/specs/semconv/resource/k8s/).

use super::environment::Environment;
use super::{Fields, put};

/// The file in which Kubernetes writes the namespace of the pod.
const NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Returns what is known of the pod, if the program runs in one.
pub(super) fn pod(environment: &Environment) -> Option<Fields> {
    let known = environment.resource_attributes(&["k8s."]);
    if !environment.is_pod() {
        return (!known.is_empty()).then_some(known);
    }
    let mut fields = Fields::new();
    // The host's name is the name of the pod, unless the pod sets another one.
    put(&mut fields, "k8s.pod.name", environment.get("HOSTNAME"));
    let namespace = std::fs::read_to_string(NAMESPACE).ok();
    put(&mut fields, "k8s.namespace.name", namespace.as_deref().map(str::trim));
    fields.extend(known);
    Some(fields)
}
