//! Google Cloud, by its metadata server. Only the values that are sent are asked for: a recursive answer would contain
//! the keys and scripts that its owner stored there.
//!
//! [Metadata values](https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys),
//! [Cloud Run's variables](https://cloud.google.com/run/docs/container-contract)

use super::environment::Environment;
use super::metadata::Metadata;
use super::{Fields, put};

/// Returns the resource, if the program runs at Google.
pub(super) fn resource(environment: &Environment) -> Option<Fields> {
    let base = environment.metadata("GCE_METADATA_HOST");
    let metadata = Metadata::new();
    let ask = |path: &str| {
        metadata.get(&format!("{base}/computeMetadata/v1/{path}"), Some(("Metadata-Flavor", "Google")))
    };
    let project = ask("project/project-id")?;
    let platform = if environment.has("K_SERVICE") {
        "gcp_cloud_run"
    } else if environment.is_pod() {
        "gcp_kubernetes_engine"
    } else {
        "gcp_compute_engine"
    };
    // projects/1234567890/zones/us-central1-a
    let last = |path: &str| ask(path)?.trim().rsplit('/').next().map(str::to_owned);
    let zone = last("instance/zone");
    let region = zone.as_deref().and_then(|zone| zone.rsplit_once('-')).map(|(region, _)| region.to_owned());
    let mut fields = Fields::new();
    put(&mut fields, "cloud.provider", Some("gcp"));
    put(&mut fields, "cloud.platform", Some(platform));
    put(&mut fields, "cloud.account.id", Some(project.trim()));
    put(&mut fields, "cloud.region", region);
    put(&mut fields, "cloud.availability_zone", zone);
    put(&mut fields, "host.id", last("instance/id"));
    if platform != "gcp_cloud_run" {
        put(&mut fields, "host.type", last("instance/machine-type"));
    }
    Some(fields)
}
