//! One kernel, once, to be counted under callgrind (`just instructions`): `instructions NAME`, or `instructions --list`.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the data is made up here, and small"
)]

mod workloads;

/// callgrind counts what happens between entering and leaving this function; its name is known to `.ci/instructions.py`.
#[inline(never)]
fn counted_by_callgrind(run: &mut dyn FnMut() -> u64) -> u64 {
    std::hint::black_box(run())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` adds its own flag.
    let name = arguments.iter().find(|argument| *argument != "--bench").map_or("--list", String::as_str);
    if name == "--list" {
        for workload in workloads::all() {
            println!("{} {}", workload.name, workload.elements);
        }
        return;
    }
    let Some(workload) = workloads::all().into_iter().find(|workload| workload.name == name) else {
        eprintln!("error: there is no kernel '{name}': --list shows them");
        std::process::exit(2);
    };
    let mut run = (workload.prepare)();
    // The first run fills what is filled once (lazy tables, the allocator's pools).
    let first = std::hint::black_box(run());
    let second = counted_by_callgrind(&mut run);
    assert_eq!(first, second, "two runs of {name} did not agree");
}
