//! The answers of the MCP tools, as short texts.

use std::fmt::Write as _;

use serde_json::Value;

use super::lines::{brief, encode, head, labelled, names, one_line, place, short, title, write_exception};
use crate::analysis::rules::ms;
use crate::model::text::cut;
use crate::query::{Facts, Store, answer_at, now};

/// Entries of an answer, unless the call says how many, and the most.
const LIMIT: u64 = 20;
const MAX_LIMIT: u64 = 200;

struct Call<'a> {
    store: &'a Store,
    facts: &'a Facts,
    arguments: &'a Value,
    now: f64,
}

/// Answers a call of a tool; `None`: there is none of that name. An error tells the caller how to call it.
pub(super) fn answer(
    store: &Store,
    facts: &Facts,
    tool: &str,
    arguments: &Value,
) -> Option<Result<String, String>> {
    let call = Call { store, facts, arguments, now: now() };
    Some(match tool {
        "search_errors" => Ok(call.errors()),
        "search_logs" => Ok(call.logs()),
        "search_traces" => Ok(call.traces()),
        "get_traces" => call.trace(),
        "list_jobs" => Ok(call.jobs()),
        "slow_handlers" => Ok(call.functions()),
        "hints" => Ok(call.hints()),
        "compare_runs" => call.compare_runs(),
        _ => return None,
    })
}

impl Call<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.arguments.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    fn filter(&self, key: &str) -> Option<&Value> {
        self.arguments.get("filters")?.get(key)
    }

    fn limit(&self) -> u64 {
        let limit = self.filter("limit").or_else(|| self.arguments.get("limit"));
        limit.and_then(Value::as_u64).unwrap_or(LIMIT).clamp(1, MAX_LIMIT)
    }

    /// Asks the API for a list; `fetch` entries of it.
    fn get(&self, path: &str, query: &str, fetch: u64) -> Value {
        let mut query = format!("{query}&limit={fetch}");
        if let Some(seconds) =
            self.filter("timeWindow").and_then(Value::as_f64).filter(|seconds| *seconds > 0.0)
        {
            let _ = write!(query, "&since={}", self.now - seconds);
        }
        if let Some(q) = self.text("q") {
            let _ = write!(query, "&q={}", encode(q));
        }
        let answer = answer_at(self.store, self.facts, path, &query, self.now);
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// Asks for a list, skips what the call skips, and keeps what passes the file's name.
    fn search(&self, path: &str, name: &str, has_file: impl Fn(&Value, &str) -> bool) -> (Vec<Value>, u64) {
        let offset = self.filter("offset").and_then(Value::as_u64).unwrap_or(0).min(10_000);
        let file = self.filter("filename").and_then(Value::as_str).filter(|file| !file.is_empty());
        let fetch = if file.is_some() { 1000 } else { (offset + self.limit()).min(1000) };
        let mut answer = self.get(path, "", fetch);
        let total = answer["total"].as_u64().unwrap_or(0);
        let Value::Array(rows) = answer[name].take() else { return (Vec::new(), total) };
        let rows: Vec<Value> =
            rows.into_iter().filter(|row| file.is_none_or(|file| has_file(row, file))).collect();
        let total = if file.is_some() { rows.len() as u64 } else { total };
        let rows = rows.into_iter().skip(offset as usize).take(self.limit() as usize);
        (rows.collect(), total)
    }

    fn event(&self, id: &Value) -> Value {
        let path = format!("events/{}", id.as_str().unwrap_or_default());
        let answer = answer_at(self.store, self.facts, &path, "", self.now);
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    fn errors(&self) -> String {
        let (issues, total) = self.search("issues", "issues", |issue, file| {
            let event = self.event(&issue["event_id"]);
            let exceptions = event["exceptions"].as_array().cloned().unwrap_or_default();
            exceptions.iter().flat_map(|of| of["frames"].as_array().cloned().unwrap_or_default()).any(
                |frame| {
                    ["filename", "abs_path"]
                        .iter()
                        .any(|key| frame[*key].as_str().is_some_and(|path| path.contains(file)))
                },
            )
        });
        if issues.is_empty() {
            return "No errors.".to_owned();
        }
        let mut out = head(issues.len(), total, "errors");
        for issue in &issues {
            let event = self.event(&issue["event_id"]);
            let _ = writeln!(
                out,
                "\n{}{}{} ×{}, last {} ago, {}",
                issue["level"].as_str().unwrap_or_default(),
                if issue["handled"] == false { " (unhandled) " } else { " " },
                title(issue),
                issue["count"],
                self.ago(&issue["last_seen"]),
                names(&issue["services"]),
            );
            for exception in event["exceptions"].as_array().map_or(&[][..], Vec::as_slice).iter().take(4) {
                write_exception(&mut out, exception);
            }
            if let Some(request) = event["request"]["url"].as_str() {
                let _ = writeln!(
                    out,
                    "  request {} {}",
                    event["request"]["method"].as_str().unwrap_or_default(),
                    cut(request, 200)
                );
            }
            let _ = writeln!(
                out,
                "  event {}{}",
                issue["event_id"].as_str().unwrap_or_default(),
                labelled(" trace ", &issue["trace_id"])
            );
        }
        out
    }

    fn logs(&self) -> String {
        let (logs, total) = self.search("logs", "logs", |log, file| {
            log["code"]["file"].as_str().is_some_and(|path| path.contains(file))
        });
        if logs.is_empty() {
            return "No logs.".to_owned();
        }
        let mut out = head(logs.len(), total, "logs");
        for log in &logs {
            let _ = writeln!(out, "{}", self.log(log));
        }
        out
    }

    fn log(&self, log: &Value) -> String {
        let mut line = format!(
            "{} ago {} [{}] {}",
            self.ago(&log["timestamp"]),
            log["level"].as_str().unwrap_or_default(),
            log["service"].as_str().unwrap_or_default(),
            one_line(log["body"].as_str().unwrap_or_default(), 400),
        );
        line.push_str(&place(&log["code"]));
        line.push_str(&short(" trace ", &log["trace_id"]));
        line
    }

    fn traces(&self) -> String {
        let (traces, total) = self.search("traces", "traces", |trace, file| {
            let path = format!("traces/{}", trace["trace_id"].as_str().unwrap_or_default());
            let answer = answer_at(self.store, self.facts, &path, "limit=500", self.now);
            let whole: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let spans = whole["spans"].as_array().map_or(&[][..], Vec::as_slice);
            spans.iter().any(|span| span["code"]["file"].as_str().is_some_and(|path| path.contains(file)))
        });
        if traces.is_empty() {
            return "No traces.".to_owned();
        }
        let mut out = head(traces.len(), total, "traces");
        for trace in &traces {
            let _ = writeln!(out, "{} {} ago", brief(trace), self.ago(&trace["start"]));
        }
        out
    }

    fn trace(&self) -> Result<String, String> {
        let Some(id) = self.text("traceId") else {
            return Err(
                "`traceId` is missing: 32 hexadecimal digits or the first 8; search_traces lists them"
                    .to_owned(),
            );
        };
        let limit = self.arguments.get("limit").and_then(Value::as_u64).unwrap_or(200);
        let path = format!("traces/{}/text", id.to_ascii_lowercase().replace('/', ""));
        let answer = answer_at(self.store, self.facts, &path, &format!("limit={limit}"), self.now);
        if answer.status != 200 {
            return Err(format!(
                "There is no trace {}; search_traces lists those that are held.",
                cut(id, 64)
            ));
        }
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    fn jobs(&self) -> String {
        let (jobs, total) = self.search("jobs", "jobs", |_, _| true);
        if jobs.is_empty() {
            return "No jobs.".to_owned();
        }
        let mut out = head(jobs.len(), total, "jobs");
        for job in &jobs {
            let _ = writeln!(out, "\n{}", brief(job));
            if let Some(next) = job["next_run"].as_f64() {
                let _ = writeln!(out, "  next run in {}", ms((next - self.now).max(0.0) * 1e3));
            }
            let runs = job["runs"].as_array().map_or(&[][..], Vec::as_slice);
            for run in runs.iter().rev().take(5) {
                let _ = write!(
                    out,
                    "  {} ago {}",
                    self.ago(&run["start"]),
                    run["status"].as_str().unwrap_or_default()
                );
                if let Some(duration) = run["duration_ms"].as_f64() {
                    let _ = write!(out, " {}", ms(duration));
                }
                if let Some(error) = run["error"].as_str() {
                    let _ = write!(out, " {}", one_line(error, 200));
                }
                let _ = writeln!(out, "{}", short(" trace ", &run["trace_id"]));
            }
        }
        out
    }

    fn functions(&self) -> String {
        let tab = self.text("tab").unwrap_or("handlers");
        let sort = self.text("sort").unwrap_or("p95_ms");
        let answer =
            self.get("functions", &format!("tab={}&sort={}", encode(tab), encode(sort)), self.limit());
        let rows = answer["rows"].as_array().map_or(&[][..], Vec::as_slice);
        if rows.is_empty() {
            return format!("No calls of {tab} yet.");
        }
        let mut out = head(rows.len(), answer["total"].as_u64().unwrap_or(0), tab);
        out.push_str("calls errors p50 p95 max self name\n");
        for row in rows {
            let time = |key: &str| ms(row[key].as_f64().unwrap_or(0.0));
            let _ = writeln!(
                out,
                "{} {:.0}% {} {} {} {} {} [{}]{}{}",
                row["calls"],
                row["error_share"].as_f64().unwrap_or(0.0) * 100.0,
                time("p50_ms"),
                time("p95_ms"),
                time("max_ms"),
                time("self_ms"),
                one_line(row["name"].as_str().unwrap_or_default(), 200),
                row["service"].as_str().unwrap_or_default(),
                place(&row["code"]),
                short(" slowest ", &row["slowest_trace_id"]),
            );
        }
        out
    }

    fn hints(&self) -> String {
        let kind = self.text("kind").map(|kind| format!("&kind={}", encode(kind))).unwrap_or_default();
        let answer = self.get("hints", &format!("sort=severity{kind}"), self.limit());
        let hints = answer["hints"].as_array().map_or(&[][..], Vec::as_slice);
        if hints.is_empty() {
            return "No hints.".to_owned();
        }
        let mut out = head(hints.len(), answer["total"].as_u64().unwrap_or(0), "hints");
        for hint in hints {
            let _ = writeln!(out, "\n{}", brief(hint));
        }
        out
    }

    fn compare_runs(&self) -> Result<String, String> {
        let (a, b) = match (self.text("a"), self.text("b")) {
            (Some(a), Some(b)) => (a.to_owned(), b.to_owned()),
            _ => self.latest_runs()?,
        };
        let answer = self.get("compare-runs", &format!("a={}&b={}", encode(&a), encode(&b)), self.limit());
        let Some(rows) = answer["rows"].as_array() else {
            return Err(format!("{} {}", answer["error"].as_str().unwrap_or("No such runs."), self.runs()));
        };
        let mut out = format!(
            "{a} ({}) → {b} ({})\n",
            self.ago(&answer["a"]["started"]),
            self.ago(&answer["b"]["started"])
        );
        out.push_str("p50 → p50 (difference), p95 → p95, calls → calls, name\n");
        let time = |value: &Value| value.as_f64().map_or_else(|| "–".to_owned(), ms);
        for row in rows {
            let delta = row["delta_ms"].as_f64();
            let _ = writeln!(
                out,
                "{} → {} ({}{}), {} → {}, {} → {}, {}",
                time(&row["a_p50_ms"]),
                time(&row["b_p50_ms"]),
                if delta.is_some_and(|delta| delta < 0.0) { "-" } else { "+" },
                delta.map_or_else(|| "?".to_owned(), |delta| ms(delta.abs())),
                time(&row["a_p95_ms"]),
                time(&row["b_p95_ms"]),
                row["a_calls"],
                row["b_calls"],
                one_line(row["name"].as_str().unwrap_or_default(), 160),
            );
        }
        Ok(out)
    }

    /// The two latest runs of a service.
    fn latest_runs(&self) -> Result<(String, String), String> {
        let wanted = self.text("service");
        let runs: Vec<_> = self.store.index.programs.runs.iter().rev().collect();
        for later in runs.iter().filter(|run| wanted.is_none_or(|wanted| *run.service == *wanted)) {
            let earlier = runs.iter().find(|run| run.service == later.service && run.started < later.started);
            if let Some(earlier) = earlier {
                return Ok((earlier.id(), later.id()));
            }
        }
        Err(format!("There are no two runs of a service to compare yet. {}", self.runs()))
    }

    fn runs(&self) -> String {
        let runs = self.store.index.programs.runs.iter().rev().take(20);
        let runs: Vec<String> = runs.map(|run| format!("{} ({})", run.id(), run.service)).collect();
        if runs.is_empty() {
            "No program has sent anything.".to_owned()
        } else {
            format!("Runs: {}.", runs.join(", "))
        }
    }

    fn ago(&self, time: &Value) -> String {
        let seconds = (self.now - time.as_f64().unwrap_or(self.now)).max(0.0);
        match seconds {
            seconds if seconds < 90.0 => format!("{seconds:.0} s"),
            seconds if seconds < 5400.0 => format!("{:.0} min", seconds / 60.0),
            seconds if seconds < 129_600.0 => format!("{:.0} h", seconds / 3600.0),
            seconds => format!("{:.0} d", seconds / 86_400.0),
        }
    }
}
