//! Tests of the frames that the local view prints for a crash.

use super::*;

fn frame(function: &str, line: u32, in_app: bool) -> Value {
    json!({ "function": function, "filename": "src/main.rs", "lineno": line, "in_app": in_app })
}

/// Returns the output for a crash with these frames, the innermost first.
fn crash(signal: &str, frames: &[Value]) -> String {
    let frames: Vec<_> = frames.iter().rev().collect();
    seen(
        60,
        &[(
            ItemType::Event,
            json!({
                "event_id": "9b0c5f5a9a6f4e0b8e9a6f1b2c3d4e5f", "level": "fatal",
                "exception": { "values": [{
                    "type": signal, "value": "Lamp", "stacktrace": { "frames": frames },
                    "mechanism": { "type": "signalhandler", "handled": false }
                }] }
            }),
        )],
    )
}

fn frames(output: &str) -> Vec<String> {
    let lines = output.lines().filter_map(|line| line.strip_prefix("    in "));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_function_that_calls_itself_is_one_frame() {
    let mut stack = vec![frame("overflow", 8, true); 120];
    stack.extend([frame("overflow", 9, true), frame("main", 20, true), frame("main", 20, true)]);
    assert_eq!(
        frames(&crash("SIGSEGV", &stack)),
        ["overflow src/main.rs:8 × 120", "overflow src/main.rs:9", "main src/main.rs:20"]
    );
}

#[test]
fn frames_that_are_not_shown_are_counted_with_their_repetitions() {
    let mut stack: Vec<_> = (0..8).map(|line| frame("place", line, true)).collect();
    stack.extend(vec![frame("overflow", 8, true); 120]);
    assert!(crash("SIGSEGV", &stack).contains("and 120 more in this program"));
}

#[test]
fn the_library_in_which_a_program_crashed_is_shown() {
    let stack = [
        frame("memcpy", 1, false),
        frame("copy_nonoverlapping", 2, false),
        frame("place", 3, true),
        frame("run", 4, false),
        frame("main", 5, true),
    ];
    assert_eq!(
        frames(&crash("SIGSEGV", &stack)),
        ["memcpy src/main.rs:1", "place src/main.rs:3", "main src/main.rs:5"]
    );
    // The innermost frames of an abort belong to the C library.
    assert_eq!(
        frames(&crash("SIGABRT", &stack)),
        ["copy_nonoverlapping src/main.rs:2", "place src/main.rs:3", "main src/main.rs:5"]
    );
    assert_eq!(
        frames(&crash("SIGABRT", &stack[..2])),
        ["memcpy src/main.rs:1"],
        "no frame belongs to the program"
    );
}

#[test]
fn a_program_without_names_shows_no_function_that_began_it() {
    let unnamed = |in_app: bool| json!({ "instruction_addr": "0x7001", "in_app": in_app });
    let begin = frame("__libc_start_call_main", 58, false);
    let stack = [unnamed(true), unnamed(true), begin.clone()];
    let seen = crash("SIGSEGV", &stack);
    assert!(frames(&seen).is_empty());
    assert!(seen.contains("no names: the program has no symbols"), "{seen}");
    // The functions of the library in which the program crashed have names.
    let stack = [frame("kill", 1, false), frame("abort", 2, false), unnamed(false), begin];
    assert_eq!(frames(&crash("SIGSEGV", &stack)), ["kill src/main.rs:1"]);
    assert_eq!(frames(&crash("SIGABRT", &stack)), ["abort src/main.rs:2"]);
    assert!(!crash("SIGSEGV", &[frame("main", 1, true)]).contains("no names"));
}
