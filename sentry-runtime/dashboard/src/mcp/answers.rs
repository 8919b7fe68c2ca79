//! What the tools answer: short texts.

use std::fmt::Write as _;

use serde_json::Value;

use crate::analysis::rules::ms;
use crate::model::text::cut;
use crate::query::{Facts, Store, answer_at, now};

/// Entries of an answer, unless the call says how many, and the most.
const LIMIT: u64 = 20;
const MAX_LIMIT: u64 = 200;
/// Frames of a stack that are written.
const FRAMES: usize = 6;

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

/// Writes an entry of any list in short.
pub(super) fn brief(row: &Value) -> String {
    let text = |key: &str| row[key].as_str();
    if let Some(slug) = text("slug") {
        let mut out = format!("{slug} {}", text("status").unwrap_or("no run"));
        if let Some(schedule) = text("schedule_text") {
            let _ = write!(out, ", {schedule}");
        }
        if let Some(zone) = text("timezone") {
            let _ = write!(out, " ({zone})");
        }
        let stats = &row["stats"];
        let _ = write!(
            out,
            "; ok {} error {} missed {} timeout {}",
            stats["ok"], stats["error"], stats["missed"], stats["timeout"]
        );
        return out;
    }
    if let Some(kind) = text("kind") {
        let detail = one_line(text("detail").unwrap_or_default(), 500);
        let title = one_line(text("title").unwrap_or_default(), 200);
        return format!(
            "{kind} ({}, {} traces) {title}{}\n  {detail}\n  trace {} span {}",
            text("severity").unwrap_or_default(),
            row["count"],
            place(&row["code"]),
            text("trace_id").unwrap_or_default(),
            text("span_id").unwrap_or_default(),
        );
    }
    if text("body").is_some() {
        let body = one_line(text("body").unwrap_or_default(), 400);
        let level = text("level").unwrap_or_default();
        return format!(
            "{level} [{}] {body}{}",
            text("service").unwrap_or_default(),
            labelled(" trace ", &row["trace_id"])
        );
    }
    if text("event_id").is_some() {
        let mut out = format!("{} {}", text("level").unwrap_or_default(), title(row));
        if let Some(file) = text("file") {
            let _ = write!(out, " @ {file}:{}", row["line"]);
        }
        let _ = write!(
            out,
            " event {}{}",
            text("event_id").unwrap_or_default(),
            labelled(" trace ", &row["trace_id"])
        );
        return out;
    }
    let mut out = format!(
        "{} {} {}",
        text("trace_id").unwrap_or_default(),
        one_line(text("name").unwrap_or("<no root yet>"), 160),
        ms(row["duration_ms"].as_f64().unwrap_or(0.0)),
    );
    if let Some(status) = text("status").filter(|status| *status != "ok") {
        let _ = write!(out, " {status}");
    }
    if let Some(code) = row["http_status"].as_u64() {
        let _ = write!(out, " {code}");
    }
    for (key, word) in [("spans", "spans"), ("errors", "errors"), ("hints", "hints")] {
        if let Some(count) = row[key].as_u64().filter(|count| *count > 0) {
            let _ = write!(out, " {count} {word}");
        }
    }
    let _ = write!(out, " [{}]", names(&row["services"]));
    out
}

fn title(row: &Value) -> String {
    let value = one_line(row["value"].as_str().unwrap_or_default(), 300);
    match row["type"].as_str() {
        Some(kind) if value.is_empty() => kind.to_owned(),
        Some(kind) => format!("{kind}: {value}"),
        None => value,
    }
}

fn write_exception(out: &mut String, exception: &Value) {
    let _ = writeln!(out, "  {}", title(exception));
    let frames = exception["frames"].as_array().map_or(&[][..], Vec::as_slice);
    let is_ours = |frame: &&Value| frame["in_app"] == true;
    let any_ours = frames.iter().any(|frame| is_ours(&frame));
    for frame in frames.iter().filter(|frame| !any_ours || is_ours(frame)).take(FRAMES) {
        let file = frame["abs_path"].as_str().or(frame["filename"].as_str()).unwrap_or("?");
        let _ = write!(out, "    at {}", one_line(frame["function"].as_str().unwrap_or("?"), 120));
        let _ = write!(out, " {}:{}", cut(file, 200), frame["lineno"].as_u64().unwrap_or(0));
        match frame["context_line"].as_str().map(str::trim).filter(|line| !line.is_empty()) {
            Some(line) => _ = writeln!(out, "  {}", one_line(line, 160)),
            None => out.push('\n'),
        }
    }
}

fn head(shown: usize, total: u64, what: &str) -> String {
    if total > shown as u64 { format!("{shown} of {total} {what}\n") } else { format!("{total} {what}\n") }
}

fn labelled(label: &str, text: &Value) -> String {
    text.as_str().map(|text| format!("{label}{text}")).unwrap_or_default()
}

/// The first digits of an id: enough to ask for it.
fn short(label: &str, id: &Value) -> String {
    id.as_str().map(|id| format!("{label}{}", cut(id, 12))).unwrap_or_default()
}

fn names(list: &Value) -> String {
    let names = list.as_array().map_or(&[][..], Vec::as_slice);
    names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn place(code: &Value) -> String {
    match (code["file"].as_str(), code["line"].as_u64()) {
        (Some(file), Some(line)) => format!(" @ {file}:{line}"),
        (Some(file), None) => format!(" @ {file}"),
        _ => String::new(),
    }
}

fn one_line(text: &str, limit: usize) -> String {
    cut(text, limit).replace(['\n', '\r'], " ")
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
