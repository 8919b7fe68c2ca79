//! The program that sent an item.

use std::sync::Arc;

use serde_json::Value;

use super::Frame;
use crate::model::index::Index;
use crate::model::json::{list, text};
use crate::model::programs::Sighting;
use crate::model::rows::Resource;
use crate::model::text::{Text, cut};
use crate::model::value::{Value as Attribute, first_text, typed};

/// The statements of an item about its program.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) service: Option<Text>,
    pub(super) release: Option<Text>,
    pub(super) environment: Option<Text>,
    pub(super) server_name: Option<Text>,
    pub(super) platform: Option<Text>,
    pub(super) sdk_name: Option<Text>,
    pub(super) sdk_version: Option<Text>,
    pub(super) process: Option<Text>,
}

/// The longest name of a service, release and so on.
const MAX_NAME: usize = 200;

/// Keys of attributes that describe the program and not the operation: rows of a program share them.
const OF_PROGRAM: [&str; 17] = [
    "sentry.sdk.",
    "sentry.release",
    "sentry.environment",
    "sentry.dist",
    "sentry.platform",
    "sentry.trace_lifecycle",
    "server.address",
    "app.start_time",
    "process.",
    "os.",
    "device.",
    "host.",
    "service.",
    "telemetry.",
    "user.",
    "browser.",
    "sentry.timestamp.sequence",
];

/// Returns whether an attribute describes the program (or its user), and whether it is worth keeping at all.
pub(super) fn is_of_program(key: &str) -> bool {
    OF_PROGRAM.iter().any(|prefix| key.starts_with(prefix))
}

impl Index {
    fn name(&mut self, name: &str) -> Text {
        self.texts.get(cut(name.trim(), MAX_NAME))
    }

    fn named(&mut self, value: &Value, key: &str) -> Option<Text> {
        let name = text(value, key).map(str::trim).filter(|name| !name.is_empty())?;
        Some(self.name(name))
    }

    /// Reads it from the fields of an event, a transaction or a check-in.
    pub(super) fn source_of_event(&mut self, event: &Value) -> Source {
        let sdk = event.get("sdk").unwrap_or(&Value::Null);
        let data = event.pointer("/contexts/trace/data/service.name").map(typed).and_then(Value::as_str);
        let otel = event.pointer("/contexts/otel/resource/service.name").map(typed).and_then(Value::as_str);
        let service = tag(event, "service.name").or(data).or(otel).map(ToOwned::to_owned);
        let started = event.pointer("/contexts/app/app_start_time").and_then(Value::as_str);
        Source {
            service: service.map(|service| self.name(&service)),
            release: self.named(event, "release"),
            environment: self.named(event, "environment"),
            server_name: self.named(event, "server_name"),
            platform: self.named(event, "platform"),
            sdk_name: self.named(sdk, "name"),
            sdk_version: self.named(sdk, "version"),
            process: started.map(|started| self.name(started)),
        }
    }

    /// Reads it from the attributes of a span, a log or a metric.
    pub(super) fn source_of_attributes(&mut self, attributes: &[(Text, Attribute)]) -> Source {
        let one = |keys: &[&str]| first_text(attributes, keys).cloned();
        Source {
            service: one(&["service.name"]),
            release: one(&["sentry.release"]),
            environment: one(&["sentry.environment"]),
            server_name: one(&["server.address", "host.name"]),
            platform: one(&["sentry.platform"]),
            sdk_name: one(&["sentry.sdk.name"]),
            sdk_version: one(&["sentry.sdk.version"]),
            process: None,
        }
    }

    /// Completes what an item says by the envelope's header, and returns what its rows share and the number of the run.
    pub(super) fn place(
        &mut self,
        source: Source,
        attributes: Vec<(Text, Attribute)>,
        frame: &Frame<'_>,
    ) -> (Arc<Resource>, Seen) {
        let trace = frame.header.get("trace").unwrap_or(&Value::Null);
        let sdk = frame.header.get("sdk").unwrap_or(&Value::Null);
        let release = source.release.or_else(|| self.named(trace, "release"));
        let environment = source.environment.or_else(|| self.named(trace, "environment"));
        let sdk_name = source.sdk_name.or_else(|| self.named(sdk, "name"));
        let sdk_version = source.sdk_version.or_else(|| self.named(sdk, "version"));
        let service = source.service.or_else(|| {
            let of_release = release.as_deref().and_then(|release| release.split_once('@'));
            let name = of_release.map(|(name, _)| name.to_owned()).filter(|name| !name.trim().is_empty());
            let name = name.or_else(|| Some(source.server_name.as_deref()?.to_owned()));
            Some(self.name(&name?))
        });
        let service = service.unwrap_or_else(|| {
            let project = frame.meta.project.as_deref().unwrap_or("1");
            let name = match &sdk_name {
                Some(sdk) => format!("{sdk} {project}"),
                None => format!("project {project}"),
            };
            self.name(&name)
        });
        let resource =
            self.resource(Resource { service, release, environment, attributes: attributes.into() });
        let sdk = sdk_name.map(|name| match sdk_version {
            Some(version) => self.name(&format!("{name} {version}")),
            None => name,
        });
        (resource, Seen { platform: source.platform, sdk, process: source.process })
    }

    /// Notes that the program of these rows was seen, and returns the number of its run.
    pub(super) fn see(&mut self, resource: &Resource, seen: Seen, at: f64, frame: &Frame<'_>) -> u32 {
        let Seen { platform, sdk, process } = seen;
        let file = frame.meta.file.as_ref();
        self.programs.see(&Sighting { resource, platform, sdk, process, file, at })
    }

    /// The attributes of a program that sends events and transactions, under the names that spans have them.
    pub(super) fn attributes_of(&mut self, source: &Source) -> Vec<(Text, Attribute)> {
        [
            ("sentry.release", &source.release),
            ("sentry.environment", &source.environment),
            ("server.address", &source.server_name),
            ("sentry.platform", &source.platform),
            ("sentry.sdk.name", &source.sdk_name),
            ("sentry.sdk.version", &source.sdk_version),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((self.texts.get(key), Attribute::Text(Text::clone(value.as_ref()?)))))
        .collect()
    }
}

/// The statements of an item about its program beyond the resource that its rows share.
pub(super) struct Seen {
    platform: Option<Text>,
    sdk: Option<Text>,
    process: Option<Text>,
}

/// Returns the value of a tag. Old SDKs send tags as a list of pairs.
pub(super) fn tag<'a>(event: &'a Value, key: &str) -> Option<&'a str> {
    match event.get("tags")? {
        Value::Object(tags) => tags.get(key)?.as_str(),
        _ => list(event, "tags")
            .iter()
            .take(256)
            .find(|pair| pair.get(0).is_some_and(|of| of == key))?
            .get(1)?
            .as_str(),
    }
    .filter(|text| !text.is_empty())
}
