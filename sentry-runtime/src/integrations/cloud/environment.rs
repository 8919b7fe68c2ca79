//! The environment variables that tell where the program runs.

use percent_encoding::percent_decode_str;

use super::Fields;
use crate::protocol::Value;

/// Returns the value of a variable.
type Read = Box<dyn Fn(&str) -> Option<String>>;

/// The environment, from a function so that tests can replace it.
pub(super) struct Environment {
    read: Read,
    /// The address of the metadata service that the program set.
    metadata_address: Option<String>,
}

impl Environment {
    /// Returns the environment of this process.
    pub(super) fn of_process(metadata_address: Option<String>) -> Self {
        Self { read: Box::new(|name| std::env::var(name).ok()), metadata_address }
    }

    /// Returns the value of a variable, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.read)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns whether this is a pod of Kubernetes.
    pub(super) fn is_pod(&self) -> bool {
        self.has("KUBERNETES_SERVICE_HOST")
    }

    /// Returns the base URL of a metadata service: from the program, a variable, or the default.
    pub(super) fn metadata(&self, variable: &str) -> String {
        const LINK_LOCAL: &str = "169.254.169.254";
        let address = self.metadata_address.clone().or_else(|| self.get(variable));
        let address = address.unwrap_or_else(|| LINK_LOCAL.to_owned());
        let address = address.trim_end_matches('/');
        if address.contains("://") { address.to_owned() } else { format!("http://{address}") }
    }

    /// Returns the entries of `OTEL_RESOURCE_ATTRIBUTES` whose keys have one of these prefixes.
    ///
    /// [Spec](https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable)
    pub(super) fn resource_attributes(&self, prefixes: &[&str]) -> Fields {
        let list = self.get("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let entries = list.split(',').filter_map(|entry| {
            let (key, value) = entry.split_once('=')?;
            let (key, value) = (key.trim(), percent_decode_str(value.trim()).decode_utf8().ok()?);
            let wanted = prefixes.iter().any(|prefix| key.starts_with(prefix)) && !value.is_empty();
            wanted.then(|| (key.to_owned(), Value::String(value.into_owned())))
        });
        entries.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &'static [(&'static str, &'static str)]) -> Environment {
        let read = move |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        Environment { read: Box::new(read), metadata_address: None }
    }

    #[test]
    fn resource_attributes_are_decoded_and_chosen_by_prefix() {
        let list = "k8s.pod.name=shop-1, k8s.node.name=a%20node,service.name=shop,k8s.empty=,odd";
        let found = environment(Box::leak(Box::new([("OTEL_RESOURCE_ATTRIBUTES", list)])))
            .resource_attributes(&["k8s."]);
        assert_eq!(
            serde_json::json!(found),
            serde_json::json!({"k8s.pod.name": "shop-1", "k8s.node.name": "a node"})
        );
    }

    #[test]
    fn addresses_of_metadata_services_may_be_hosts_or_urls() {
        assert_eq!(environment(&[]).metadata("X"), "http://169.254.169.254");
        assert_eq!(environment(&[("X", "metadata:80")]).metadata("X"), "http://metadata:80");
        assert_eq!(environment(&[("X", "http://[fd00:ec2::254]/")]).metadata("X"), "http://[fd00:ec2::254]");
    }
}
