//! Tests of names from the system that are not UTF-8, and of secrets in the environment.

use std::process::{Command, Stdio};

use sentry_tests::FakeSentry;
use sentry_tests::support::{observe, options};

const CAPTURES: &str = env!("CARGO_BIN_EXE_captures");

/// Runs the program and returns the server.
fn captured(mut command: Command) -> FakeSentry {
    let server = FakeSentry::start();
    let output = command.env("SENTRY_DSN", server.dsn()).stdin(Stdio::null()).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "flushed true\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success());
    server.assert_valid();
    assert_eq!((server.events().len(), server.check_ins().len()), (3, 1), "{:#?}", server.items());
    assert_eq!(server.transactions().len(), 1);
    server
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_are_sent_as_far_as_they_are_readable() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let broken = OsStr::from_bytes(b"br\xffken\n\x01");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(broken);
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join(broken);
    // A copy would fail at times: a file that is open for writing cannot be run, and a program that another test starts
    // meanwhile inherits open files.
    std::fs::hard_link(CAPTURES, &program).unwrap();
    let mut command = Command::new(&program);
    command.env_clear().arg(broken).env(broken, broken).current_dir(&folder);
    for name in [
        "SENTRY_RELEASE",
        "SENTRY_ENVIRONMENT",
        "SENTRY_TRACE",
        "SENTRY_BAGGAGE",
        "HOME",
        "USER",
        "http_proxy",
    ] {
        command.env(name, broken);
    }
    let server = captured(command);
    let event = &server.events()[0];
    assert_eq!(event["contexts"]["app"]["app_name"], "br\u{fffd}ken\n\u{1}");
    assert_eq!(event["environment"], "development", "as if it were not set");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_environment_and_the_command_line_stay_at_home() {
    // The secret is not written as one literal, so that source lines do not contain it.
    let secret = ["s3cr", "et-v4lue"].concat();
    let mut command = Command::new(CAPTURES);
    command.env_clear().args([&secret, &format!("--password={secret}"), "--user=ada-l0velace"]);
    for name in [
        "PATH_OF_MINE",
        "AWS_SECRET_ACCESS_KEY",
        "DATABASE_URL",
        "HOME",
        "USER",
        "LOGNAME",
        "SSH_CONNECTION",
        "PWD",
    ] {
        command.env(name, format!("/home/{secret}"));
    }
    for pii in ["0", "1"] {
        command.env("WITH_PII", pii);
        let mut again = Command::new(command.get_program());
        again.env_clear().args(command.get_args());
        again.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let server = captured(again);
        for request in server.requests() {
            let all = format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body));
            assert!(!all.contains(&secret) && !all.contains("ada-l0velace"), "with PII {pii}: {all}");
        }
    }
}

/// Creating the memory for a thread's first records must not need several copies of it on the stack.
#[test]
fn a_small_thread_has_room_for_what_is_recorded() {
    #[sentry::span]
    fn annotated() {}
    let seen = observe(options(), || {
        let small = std::thread::Builder::new().stack_size(48 * 1024);
        small.spawn(|| (0..140).for_each(|_| annotated())).unwrap().join().unwrap();
    });
    assert_eq!(seen.transactions().len(), 140, "the records need more than one chunk");
}
