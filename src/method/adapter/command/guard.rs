//! A guard between the harness and a program: a process that ends the program, with all that it started, when the harness
//! is gone, however it went. A killed harness cannot clean up after itself; its guard can.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::process::{
    Pid, Signal, WaitOptions, getpgrp, getpid, getppid, kill_process, kill_process_group, set_child_subreaper,
    set_parent_process_death_signal, wait,
};
use signal_hook::consts::{SIGCHLD, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

/// How long the program may take to end once it was told.
const GRACE: Duration = Duration::from_secs(2);

/// Runs `program` with this process's standard streams, as long as the process `parent` lives, and gives the exit code:
/// the program's, or 128 and the signal that ended it.
///
/// Ended by SIGTERM, or because the parent is gone, the program gets two seconds. Whatever it leaves running when it ends
/// is killed, also what has left its process group.
///
/// # Errors
/// When the program cannot be started.
pub fn guard(parent: u32, program: &OsString, args: &[OsString]) -> io::Result<u8> {
    let mut signals = Signals::new([SIGCHLD, SIGTERM, SIGUSR1])?;
    // What the program starts and leaves behind becomes a child of ours.
    set_child_subreaper(Some(getpid()))?;
    // Comes whenever the thread that started us ends; only when the process is gone we have another parent.
    set_parent_process_death_signal(Some(Signal::USR1))?;
    let is_orphan = || getppid().is_none_or(|now| u32::try_from(now.as_raw_nonzero().get()) != Ok(parent));
    let child = Command::new(program).args(args).spawn()?;
    let child =
        i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("no process id"))?;
    let mut told = false;
    if is_orphan() {
        tell(child, &mut told);
    }
    for signal in &mut signals {
        match signal {
            SIGCHLD => {
                while let Ok(Some((ended, status))) = wait(WaitOptions::NOHANG) {
                    if ended == child {
                        end_the_rest();
                        return Ok(code(status.exit_status(), status.terminating_signal()));
                    }
                }
            }
            SIGUSR1 if !is_orphan() => {}
            _ => tell(child, &mut told),
        }
    }
    Ok(0)
}

/// Tells the program to end, and kills it when it does not.
fn tell(child: Pid, told: &mut bool) {
    if std::mem::replace(told, true) {
        return;
    }
    let _ = kill_process_group(getpgrp(), Signal::TERM);
    // Until it is reaped, which is the end of this process, the number is the program's.
    thread::spawn(move || {
        thread::sleep(GRACE);
        let _ = kill_process(child, Signal::KILL);
    });
}

/// Kills what is left of the program's descendants: children of ours, since their parents are gone.
fn end_the_rest() {
    loop {
        let left = children();
        if left.is_empty() {
            return;
        }
        for child in left {
            let _ = kill_process(child, Signal::KILL);
        }
        if wait(WaitOptions::empty()).is_err() {
            return;
        }
    }
}

/// The children of this process.
fn children() -> Vec<Pid> {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let lists: Vec<String> = lists.collect();
    lists.iter().flat_map(|list| list.split_whitespace()).filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect()
}

fn code(exit: Option<i32>, signal: Option<i32>) -> u8 {
    let code = exit.unwrap_or_else(|| signal.map_or(1, |signal| 128 + signal));
    u8::try_from(code).unwrap_or(u8::MAX)
}
