//! The services that send, and their runs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::rows::Resource;
use super::text::{Text, cut};

/// The known facts about a service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) platform: Option<Text>,
    pub(crate) sdk: Option<Text>,
    pub(crate) release: Option<Text>,
    pub(crate) environment: Option<Text>,
    /// The folder that relative paths of its source files are in, once a stack trace told it.
    pub(crate) root: Option<Text>,
    /// The relative path of the file by which that folder was learned.
    known: Option<Text>,
    pub(crate) first_seen: f64,
    pub(crate) last_seen: f64,
}

/// A run of a program, from its start to its end.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) number: u32,
    pub(crate) service: Text,
    pub(crate) release: Option<Text>,
    pub(crate) file: Option<Arc<str>>,
    /// When the program said it began, as text: tells restarts apart.
    process: Option<Text>,
    pub(crate) started: f64,
    pub(crate) last_seen: f64,
}

impl Run {
    /// The id of the run in addresses.
    pub(crate) fn id(&self) -> String {
        format!("run-{}", self.number)
    }
}

/// All services and runs.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    pub(crate) services: HashMap<Text, Service>,
    pub(crate) runs: VecDeque<Run>,
    /// The programs' own descriptions, by process: the newest of each.
    pub(crate) stats: BTreeMap<String, Value>,
    next: u32,
}

/// The statement of one item about the program that sent it.
#[derive(Debug)]
pub(crate) struct Sighting<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) platform: Option<Text>,
    pub(crate) sdk: Option<Text>,
    /// The start of the process, if the item tells it.
    pub(crate) process: Option<Text>,
    pub(crate) file: Option<&'a Arc<str>>,
    pub(crate) at: f64,
}

impl Programs {
    const MAX_SERVICES: usize = 500;
    const MAX_RUNS: usize = 256;
    const MAX_STATS: usize = 64;
    /// The maximum length of a program's description of itself, as JSON.
    pub(crate) const MAX_STATS_BYTES: usize = 8192;
    /// After such a silence (in seconds), a program that does not tell its start is taken for a new run.
    const SILENCE: f64 = 600.0;

    /// Notes that a program sent something, and returns the number of its run.
    pub(crate) fn see(&mut self, sighting: &Sighting<'_>) -> u32 {
        self.see_service(sighting);
        self.see_run(sighting)
    }

    fn see_service(&mut self, sighting: &Sighting<'_>) {
        let name = &sighting.resource.service;
        if !self.services.contains_key(name) {
            if self.services.len() >= Self::MAX_SERVICES {
                let mut seen: Vec<f64> = self.services.values().map(|service| service.last_seen).collect();
                let (_, &mut middle, _) = seen.select_nth_unstable_by(Self::MAX_SERVICES / 2, f64::total_cmp);
                self.services.retain(|_, service| service.last_seen > middle);
            }
            let service = Service {
                platform: None,
                sdk: None,
                release: None,
                environment: None,
                root: None,
                known: None,
                first_seen: sighting.at,
                last_seen: sighting.at,
            };
            self.services.insert(Text::clone(name), service);
        }
        let Some(service) = self.services.get_mut(name) else { return };
        service.first_seen = service.first_seen.min(sighting.at);
        service.last_seen = service.last_seen.max(sighting.at);
        let resource = sighting.resource;
        for (field, value) in [
            (&mut service.platform, &sighting.platform),
            (&mut service.sdk, &sighting.sdk),
            (&mut service.release, &resource.release),
            (&mut service.environment, &resource.environment),
        ] {
            if value.is_some() && field != value {
                field.clone_from(value);
            }
        }
    }

    fn see_run(&mut self, sighting: &Sighting<'_>) -> u32 {
        let resource = sighting.resource;
        let is_same = |run: &&mut Run| {
            let process = match (&run.process, &sighting.process) {
                (Some(a), Some(b)) => a == b,
                _ => sighting.file.is_some() || (sighting.at - run.last_seen).abs() < Self::SILENCE,
            };
            process
                && run.service == resource.service
                && run.release == resource.release
                && run.file.as_ref() == sighting.file
        };
        if let Some(run) = self.runs.iter_mut().rev().find(is_same) {
            run.started = run.started.min(sighting.at);
            run.last_seen = run.last_seen.max(sighting.at);
            if run.process.is_none() {
                run.process.clone_from(&sighting.process);
            }
            return run.number;
        }
        self.next += 1;
        self.runs.push_back(Run {
            number: self.next,
            service: Text::clone(&resource.service),
            release: resource.release.clone(),
            file: sighting.file.cloned(),
            process: sighting.process.clone(),
            started: sighting.at,
            last_seen: sighting.at,
        });
        if self.runs.len() > Self::MAX_RUNS {
            self.runs.pop_front();
        }
        self.next
    }

    /// Learns the source folder of a service from a file whose absolute and relative paths are known.
    pub(crate) fn learn_root(&mut self, service: &str, absolute: &str, relative: &str) {
        let root = absolute.strip_suffix(relative).and_then(|root| root.strip_suffix(['/', '\\']));
        let Some(root) = root.filter(|root| !root.is_empty() && !relative.is_empty()) else { return };
        if let Some(service) = self.services.get_mut(service)
            && service.root.as_deref() != Some(root)
        {
            service.root = Some(cut(root, 1000).into());
            service.known = Some(cut(relative, 1000).into());
        }
    }

    /// Returns the absolute path of a service's source file, if it is known.
    pub(crate) fn absolute(&self, service: &str, file: &str) -> Option<String> {
        let is_absolute = file.starts_with(['/', '\\']) || file.contains(":\\") || file.contains("://");
        if is_absolute {
            return Some(file.to_owned());
        }
        let service = self.services.get(service)?;
        let root = service.root.as_deref()?;
        // Stack traces may begin with the package's folder, and spans with a folder in it: `shop/src/a.rs`, `src/b.rs`.
        let known = service.known.as_deref().unwrap_or_default();
        let first = file.split(['/', '\\']).next().unwrap_or_default();
        let mut folder = String::new();
        if known.split(['/', '\\']).any(|part| part == first) {
            for part in known.split(['/', '\\']).take_while(|part| *part != first) {
                folder.push_str(part);
                folder.push('/');
            }
        }
        Some(format!("{root}/{folder}{file}"))
    }

    /// Stores a program's description of itself. Beyond the maximum number, the oldest process is forgotten.
    pub(crate) fn tell(&mut self, process: String, stats: Value) {
        self.stats.insert(process, stats);
        if self.stats.len() > Self::MAX_STATS {
            self.stats.pop_first();
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.stats.len() * Self::MAX_STATS_BYTES
            + self.services.len() * 256
            + self.runs.len() * size_of::<Run>()
    }
}

#[cfg(test)]
mod tests {
    use super::{Programs, Resource, Sighting};

    fn see(programs: &mut Programs, process: Option<&str>, at: f64) -> u32 {
        let resource =
            Resource { service: "s".into(), release: None, environment: None, attributes: Box::new([]) };
        programs.see(&Sighting {
            resource: &resource,
            platform: None,
            sdk: None,
            process: process.map(Into::into),
            file: None,
            at,
        })
    }

    #[test]
    fn a_relative_path_is_completed_in_workspaces_and_in_packages() {
        let mut programs = Programs::default();
        see(&mut programs, None, 1000.0);
        assert_eq!(programs.absolute("s", "src/a.rs"), None);
        programs.learn_root("s", "/home/ada/shop/src/main.rs", "shop/src/main.rs");
        assert_eq!(programs.absolute("s", "src/a.rs").as_deref(), Some("/home/ada/shop/src/a.rs"));
        assert_eq!(programs.absolute("s", "shop/src/a.rs").as_deref(), Some("/home/ada/shop/src/a.rs"));
        programs.learn_root("s", "/home/ada/all/shop/src/main.rs", "shop/src/main.rs");
        assert_eq!(programs.absolute("s", "till/src/a.rs").as_deref(), Some("/home/ada/all/till/src/a.rs"));
        assert_eq!(programs.absolute("s", "/elsewhere/a.rs").as_deref(), Some("/elsewhere/a.rs"));
    }

    #[test]
    fn a_restart_and_a_long_silence_begin_a_run() {
        let mut programs = Programs::default();
        let first = see(&mut programs, None, 1000.0);
        assert_eq!(see(&mut programs, Some("a"), 1001.0), first);
        assert_eq!(see(&mut programs, None, 1002.0), first);
        let second = see(&mut programs, Some("b"), 1003.0);
        assert_ne!(second, first);
        assert_eq!(see(&mut programs, Some("a"), 1004.0), first, "the last items of the old process");
        assert_ne!(see(&mut programs, None, 9000.0), second);
        assert_eq!(programs.services.len(), 1);
    }
}
