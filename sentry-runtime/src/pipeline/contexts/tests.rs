//! Tests of the parsers with samples, and of the facts about the machine that runs the tests.

use super::*;

#[test]
fn the_kernel_is_the_version_and_the_distribution_stands_apart() {
    let mut os = typed("os");
    let release = "PRETTY_NAME=\"Amazon Linux 2023.4\"\nNAME=\"Amazon Linux\"\nID=amzn\nVERSION_ID='2023'\nID_LIKE=\"fedora\"\n";
    linux(&mut os, Some("6.1.82-99.168.amzn2023.x86_64\n"), Some(release));
    let wanted = serde_json::json!({
        "type": "os",
        "version": "6.1.82",
        "build": "99.168.amzn2023.x86_64",
        "kernel_version": "6.1.82-99.168.amzn2023.x86_64",
        "distribution_name": "amzn",
        "distribution_version": "2023",
        "distribution_pretty_name": "Amazon Linux 2023.4",
    });
    assert_eq!(Value::Object(os), wanted);
    let mut nothing = typed("os");
    linux(&mut nothing, Some("\n"), Some(""));
    assert_eq!(nothing.len(), 1);
}

#[test]
fn the_start_is_read_behind_the_programs_name() {
    let stat = "7 (a (b) c 1 2) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 250 20";
    let start = start_time(stat, "cpu 1 2\nbtime 1000\n").unwrap();
    assert_eq!(start.duration_since(UNIX_EPOCH).unwrap(), Duration::from_millis(1_002_500));
    assert_eq!(start_time("7 (a", "btime 1000"), None);
    assert_eq!(start_time(stat, ""), None);
}

#[test]
fn files_of_the_system_are_read() {
    assert_eq!(kilobytes("MemFree: 1 kB\nMemTotal:   16 kB\n", "MemTotal:"), Some(16_384));
    assert_eq!(
        cpu_model("vendor_id : x\nmodel name\t: Some CPU @ 2 GHz\n").as_deref(),
        Some("Some CPU @ 2 GHz")
    );
    let list = "<dict><key>ProductVersion</key>\n<string>14.5</string></dict>";
    assert_eq!((plist(list, "ProductVersion"), plist(list, "Other")), (Some("14.5"), None));
    assert_eq!((channel("1.95.0"), channel("1.97.0-nightly")), ("stable", "nightly"));
}

#[test]
fn this_machine_is_described_without_its_name() {
    let facts = facts();
    assert_eq!(facts.runtime["name"], "rustc");
    let version = facts.runtime["version"].as_str().unwrap();
    assert!(version.starts_with("1.") && version.split('.').count() >= 3, "{version}");
    assert!(facts.device["processor_count"].as_u64().unwrap() > 0);
    assert_eq!(facts.app["build_type"], if cfg!(debug_assertions) { "debug" } else { "release" });
    assert!(facts.app["app_start_time"].as_str().unwrap().ends_with('Z'));
    assert!(!facts.os["name"].as_str().unwrap().is_empty());
    for (context, key) in
        [(&facts.os, "os"), (&facts.runtime, "runtime"), (&facts.device, "device"), (&facts.app, "app")]
    {
        assert_eq!(context["type"], key);
    }
    assert!(!facts.device.contains_key("name"));
    if let Some(host) = &facts.server_name {
        assert!(!facts.device.values().any(|value| value == host.as_str()));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_that_of_now() {
    let total = facts().device["memory_size"].as_u64().unwrap();
    let (app, device) = (app_now(), device_now());
    assert!((1..total).contains(&app["app_memory"].as_u64().unwrap()));
    assert!((1..=total).contains(&device["free_memory"].as_u64().unwrap()));
}

#[test]
fn the_memory_is_read_once_for_a_burst_of_events() {
    let (start, mut known, mut reads) = (Instant::now(), None, 0);
    let mut used_at = |after: Duration| {
        let read = || {
            reads += 1;
            Memory { used: Some(reads), free: None }
        };
        still_true(&mut known, start + after, read).used
    };
    let age = MEMORY_AGE;
    let seen = [Duration::ZERO, age / 2, age, age * 3 / 2, age * 2, Duration::ZERO].map(&mut used_at);
    assert_eq!(seen, [1, 1, 2, 2, 3, 3].map(Some));
}
