//! The monitor of crashes: a second process, which must not disturb the program.

use super::*;

#[test]
fn a_program_that_ends_sends_no_event_and_leaves_no_process() {
    let ended = crash("", &[]);
    assert!(ended.status.success());
    assert!(ended.server.events().is_empty());
    assert_eq!(ended.server.sessions().pop().unwrap()["status"], "exited");
}

/// Then the executable of the process is the linker, whose first argument is a program.
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
#[test]
fn no_argument_is_executed_if_the_dynamic_linker_was_started() {
    let server = FakeSentry::start();
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("touched-{}", std::process::id()));
    let mut command = Command::new("/lib64/ld-linux-x86-64.so.2");
    command
        .arg(env!("CARGO_BIN_EXE_crashes"))
        .arg("/usr/bin/touch")
        .arg(&file)
        .env("SENTRY_DSN", server.dsn());
    assert!(command.env("SENTRY_DEBUG", "1").env("LINGER", "1").output().unwrap().status.success());
    assert!(!file.exists());
}

/// As in `while wait(NULL) > 0`, and with handlers of SIGCHLD.
#[test]
fn the_monitor_is_no_child_for_which_a_program_waits() {
    let ended = crash("children", &[]);
    assert!(ended.status.success(), "{:?}", ended.status);
}

/// The program may have a lock by it, or be at the end of a pipe that somebody reads.
#[test]
fn the_monitor_keeps_nothing_open_that_the_program_has_inherited() {
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "wait", &[]);
    program.wait_until_ready();
    let is_open = |process: u32| PathBuf::from(format!("/proc/{process}/fd/{INHERITED}")).exists();
    assert!(is_open(program.child.id()) && !is_open(program.monitor()));
    kill(program.child.id(), libc::SIGKILL);
    program.end();
}

#[test]
fn files_of_the_program_stay_open_when_the_monitor_ends() {
    for (how, environment) in [("files", &[("MONITOR", "fails")][..]), ("closes everything", &[])] {
        let ended = crash(how, environment);
        assert!(ended.status.success(), "{how}: {}", ended.stderr);
    }
}

#[test]
fn a_killed_program_leaves_no_process() {
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "wait", &[]);
    program.wait_until_ready();
    program.monitor();
    kill(program.child.id(), libc::SIGKILL);
    program.end();
    assert!(server.events().is_empty());
}

#[test]
fn the_monitor_outlives_signals_for_the_program() {
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "wait", &[]);
    program.wait_until_ready();
    let monitor = program.monitor();
    [libc::SIGTERM, libc::SIGINT, libc::SIGHUP].into_iter().for_each(|signal| kill(monitor, signal));
    kill(program.child.id(), libc::SIGBUS);
    let (status, _) = program.end();
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    let crashed = Crashed { server, status, stderr: String::new() };
    assert_eq!(exception(&crashed.event())["type"], "SIGBUS");
    assert!(minidump(&crashed.envelope()).is_some());
}

#[test]
fn without_a_monitor_the_event_is_sent_without_a_minidump() {
    for how in ["fails", "hangs"] {
        let crashed = crash("isolated", &[("MONITOR", how), ("SENTRY_DEBUG", "1")]);
        let event = crashed.event();
        assert_eq!(
            (exception(&event)["type"].as_str(), &event["tags"]["request"]),
            (Some("SIGSEGV"), &json!("42"))
        );
        assert!(minidump(&crashed.envelope()).is_none());
        let notes = crashed.stderr.matches("the crash monitor ended before it was ready").count();
        assert_eq!(notes, usize::from(how == "fails"), "{}", crashed.stderr);
    }
}

#[test]
fn the_monitor_sends_what_it_knows_if_the_program_hangs() {
    let crashed = crash("isolated", &[("CALLBACK", "hangs"), ("PATIENCE", "1")]);
    let event = crashed.event();
    assert_eq!(exception(&event)["type"], "SIGSEGV");
    assert_eq!(event["release"], "shop@1.4.2");
    assert_eq!(event["tags"], json!({ "seen": "by before_send" }), "the scopes are out of reach");
    check_minidump(&minidump(&crashed.envelope()).unwrap(), &exception(&event)["thread_id"]);
}

#[test]
fn children_of_a_fork_report_their_crashes() {
    for how in ["fork", "fork and record"] {
        let crashed = crash(how, &[]);
        assert!(crashed.status.success(), "the parent goes on: {}", crashed.stderr);
        let is_crash = |event: &Value| event["level"] == "fatal";
        let event = only(crashed.server.events().into_iter().filter(is_crash).collect::<Vec<_>>());
        assert_eq!(event["tags"]["shelf"], "lamps");
        let dumps: Vec<_> = crashed.server.envelopes().iter().filter_map(minidump).collect();
        check_minidump(&only(dumps), &exception(&event)["thread_id"]);
    }
}

/// The program may have handlers in its libraries that delete its files.
#[test]
fn handlers_of_the_end_run_in_the_program_alone() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("at-exit-{}", std::process::id()));
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "lines", &[("AT_EXIT", file.to_str().unwrap())]);
    program.wait_until_ready();
    program.monitor();
    let id = program.child.id();
    drop(program.child.stdin.take());
    assert!(program.end().0.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{id}\n"));
    std::fs::remove_file(file).unwrap();
}

/// A folder that is in use cannot be unmounted.
#[test]
fn the_monitor_does_not_stay_in_the_folder_of_the_program() {
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "wait", &[]);
    program.wait_until_ready();
    let folder = |id: u32| std::fs::read_link(format!("/proc/{id}/cwd")).unwrap();
    assert_ne!(folder(program.child.id()), PathBuf::from("/"));
    assert_eq!(folder(program.monitor()), PathBuf::from("/"));
    kill(program.child.id(), libc::SIGKILL);
    program.end();
}

#[test]
fn a_relative_folder_of_the_spool_is_that_of_the_program() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("relative-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let nowhere = Nowhere::new();
    let dsn = format!("http://key@{}/1", nowhere.address());
    Program::start_in(&dir, &dsn, "null", &[("SPOOL", "kept"), ("PATIENCE", "2")]).end();
    let kept = std::fs::read_dir(dir.join("kept")).unwrap().flatten();
    let has_minidump = kept.flat_map(|entry| files(&entry.path())).any(|file| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(4).any(|part| part == b"MDMP")
    });
    assert!(has_minidump);
    std::fs::remove_dir_all(dir).unwrap();
}

/// Returns the files at a path and in its folders.
fn files(path: &std::path::Path) -> Vec<PathBuf> {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().flat_map(|entry| files(&entry.path())).collect(),
        Err(_) => vec![path.to_owned()],
    }
}

/// Whoever starts the executable with the mark of a monitor must not get the memory of a process that is not their own.
#[test]
fn the_monitor_reads_no_process_but_that_which_started_it() {
    let server = FakeSentry::start();
    let (mut here, there) = std::os::unix::net::UnixStream::pair().unwrap();
    let mut other = Command::new("/bin/sleep").arg("120").spawn().unwrap();
    let mut monitor = Command::new(env!("CARGO_BIN_EXE_crashes"));
    monitor.env_clear().env("SENTRY_DSN", server.dsn()).env("_SENTRY_CRASH_MONITOR", "token");
    let monitor = monitor.stdin(std::os::fd::OwnedFd::from(there)).stdout(Stdio::piped()).spawn().unwrap();
    // SAFETY: zeros are valid for the plain data.
    let mut context: crash_context::CrashContext = unsafe { std::mem::zeroed() };
    let victim = other.id().try_into().unwrap();
    (context.pid, context.tid) = (victim, victim);
    context.siginfo.ssi_signo = libc::SIGSEGV.cast_unsigned();
    let mut frame = vec![b'C'];
    frame.extend(u32::try_from(context.as_bytes().len()).unwrap().to_le_bytes());
    frame.extend(context.as_bytes());
    here.write_all(&frame).unwrap();
    drop(here);
    monitor.wait_with_output().unwrap();
    let _ = (other.kill(), other.wait());
    assert!(server.envelopes().is_empty());
}

/// Under another user the system does not let everybody read the memory of the program.
#[test]
fn a_program_that_drops_its_rights_later_is_reported_completely() {
    // SAFETY: the call has no requirements.
    if unsafe { libc::geteuid() } != 0 {
        return;
    }
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "dropped rights", &[]);
    program.wait_until_ready();
    program.monitor();
    drop(program.child.stdin.take());
    let (status, stderr) = program.end();
    server.assert_valid();
    let crashed = Crashed { server, status, stderr };
    let event = crashed.event();
    assert_eq!(crashed.status.signal(), Some(libc::SIGSEGV), "{}", crashed.stderr);
    check_minidump(&minidump(&crashed.envelope()).unwrap(), &exception(&event)["thread_id"]);
    assert_eq!(event["tags"]["shelf"], "lamps");
}

/// Such a program cannot kill the monitor, which goes on when the program has sent its own event.
#[test]
fn a_program_that_has_dropped_its_rights_is_reported_once_if_the_monitor_is_slow() {
    // SAFETY: the call has no requirements.
    if unsafe { libc::geteuid() } != 0 {
        return;
    }
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "dropped rights", &[]);
    program.wait_until_ready();
    let monitor = program.monitor();
    kill(monitor, libc::SIGSTOP);
    drop(program.child.stdin.take());
    program.child.wait().unwrap();
    kill(monitor, libc::SIGCONT);
    let (status, stderr) = program.end();
    assert_eq!(status.signal(), Some(libc::SIGSEGV), "{stderr}");
    let crashed = Crashed { server, status, stderr };
    assert_eq!(crashed.event()["tags"]["shelf"], "lamps");
}

#[test]
fn a_crash_of_the_monitor_costs_the_minidump_alone() {
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "wait", &[]);
    program.wait_until_ready();
    let monitor = program.monitor();
    kill(monitor, libc::SIGABRT);
    assert_eventually(|| !processes(&program.mark).contains(&monitor));
    kill(program.child.id(), libc::SIGBUS);
    let (status, stderr) = program.end();
    let crashed = Crashed { server, status, stderr };
    assert_eq!(exception(&crashed.event())["type"], "SIGBUS");
    assert_eq!(crashed.event()["tags"]["shelf"], "lamps");
    assert!(minidump(&crashed.envelope()).is_none());
}
