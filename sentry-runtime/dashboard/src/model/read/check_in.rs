//! Check-ins of monitors.

use std::collections::VecDeque;

use serde_json::Value;

use super::{Changes, Frame, JOBS};
use crate::model::index::Index;
use crate::model::job::{CheckIn, Job, RunStatus, Schedule};
use crate::model::json::{id128, number, text, time};
use crate::model::text::{Text, cut};

/// The most monitors that are remembered.
const MAX_JOBS: usize = 1000;

impl Index {
    pub(super) fn read_check_in(&mut self, payload: &Value, frame: &Frame<'_>) -> Changes {
        let (Some(slug), Some(status)) =
            (text(payload, "monitor_slug"), text(payload, "status").and_then(RunStatus::read))
        else {
            return 0;
        };
        let at = time(payload, "timestamp").unwrap_or(frame.at);
        let source = self.source_of_event(payload);
        let shared = self.attributes_of(&source);
        let (resource, seen) = self.place(source, shared, frame);
        self.see(&resource, seen, at, frame);
        let key = (self.texts.get(cut(slug, 200)), resource.environment.clone(), resource.service.clone());
        if !self.jobs.contains_key(&key) {
            self.make_room_for_job();
            let (slug, environment, service) = key.clone();
            let job = Job {
                slug,
                service,
                environment,
                schedule: None,
                timezone: None,
                margin_min: None,
                max_runtime_min: None,
                runs: VecDeque::new(),
                first_seen: at,
                changed: self.seq,
            };
            self.jobs.insert(key.clone(), job);
        }
        let config = payload.get("monitor_config").filter(|config| config.is_object());
        let timezone: Option<Text> =
            config.and_then(|config| text(config, "timezone")).map(|zone| self.texts.get(cut(zone, 100)));
        let Some(job) = self.jobs.get_mut(&key) else { return 0 };
        job.changed = self.seq;
        job.first_seen = job.first_seen.min(at);
        if let Some(config) = config {
            if let Some(schedule) = config.get("schedule").and_then(schedule) {
                job.schedule = Some(schedule);
            }
            job.timezone = timezone.or_else(|| job.timezone.take());
            job.margin_min = number(config, "checkin_margin").or(job.margin_min);
            job.max_runtime_min = number(config, "max_runtime").or(job.max_runtime_min);
        }
        let duration_ms = number(payload, "duration").filter(|seconds| (0.0..1e9).contains(seconds));
        job.add(&CheckIn {
            id: id128(payload, "check_in_id").unwrap_or_default(),
            at,
            status,
            duration_ms: duration_ms.map(|seconds| seconds * 1e3),
            trace: payload
                .pointer("/contexts/trace")
                .and_then(|trace| id128(trace, "trace_id"))
                .unwrap_or_default(),
        });
        self.job_bytes = self.jobs.values().map(Job::bytes).sum();
        self.accept("monitor", 1);
        JOBS
    }

    /// Of too many monitors, the half that ran least recently goes.
    fn make_room_for_job(&mut self) {
        if self.jobs.len() < MAX_JOBS {
            return;
        }
        let mut changed: Vec<u64> = self.jobs.values().map(|job| job.changed).collect();
        let (_, &mut middle, _) = changed.select_nth_unstable(MAX_JOBS / 2);
        self.jobs.retain(|_, job| job.changed > middle);
    }
}

fn schedule(schedule: &Value) -> Option<Schedule> {
    match schedule.get("value")? {
        Value::String(crontab) if crontab.len() <= 200 => Some(Schedule::Crontab(crontab.trim().to_owned())),
        Value::Number(value) => {
            let value = value.as_f64().filter(|value| *value > 0.0)?;
            Some(Schedule::Interval(value, cut(text(schedule, "unit")?, 20).to_owned()))
        }
        _ => None,
    }
}
