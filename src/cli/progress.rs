//! The bar of a long work: rate and time left on a terminal, nothing elsewhere. Warnings go above it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::tell;
use crate::finding::counted;
use crate::run::Event;

/// Lines about one method that broke; further ones are only counted, because a row says it too.
const MOST_TOLD: usize = 5;

/// Turns events into a bar and lines of text.
pub(crate) struct Progress {
    bar: ProgressBar,
    failed: AtomicUsize,
    /// Attempts that were made before.
    done: AtomicUsize,
    /// How often each method was opened anew.
    reopened: Mutex<BTreeMap<String, usize>>,
}

impl Progress {
    /// A bar, drawn only when `shown`.
    pub(crate) fn new(shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self {
            bar: ProgressBar::with_draw_target(None, target),
            failed: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            reopened: Mutex::default(),
        }
    }

    /// Takes one event.
    pub(crate) fn take(&self, event: Event) {
        match event {
            Event::Started { attempts, .. } => {
                let template = "{bar:30} {pos}/{len} attempts  {per_sec}  {eta} left  {msg}";
                if let Ok(style) = ProgressStyle::with_template(template) {
                    self.bar.set_style(style);
                }
                self.bar.set_position(self.done.load(Ordering::Relaxed) as u64);
                self.bar.set_length(attempts as u64);
            }
            Event::Resumed { attempts, asked } => {
                self.done.store(attempts, Ordering::Relaxed);
                self.say(&format!(
                    "{attempts} of {} were made before: going on behind them\n",
                    counted(asked, "attempt")
                ));
            }
            Event::Written { attempts, failed } => {
                self.bar.inc(attempts as u64);
                if failed > 0 {
                    let failed = self.failed.fetch_add(failed, Ordering::Relaxed) + failed;
                    self.bar.set_message(format!("{failed} failed"));
                }
            }
            Event::Reopened { method, reason } => {
                let times = {
                    let mut reopened = self.reopened.lock().unwrap_or_else(PoisonError::into_inner);
                    let times = reopened.entry(method.clone()).or_default();
                    *times += 1;
                    *times
                };
                if times <= MOST_TOLD {
                    let more = if times == MOST_TOLD { " (from here on this is counted only)" } else { "" };
                    self.say(&format!("warning: `{method}` broke and is opened anew: {reason}{more}\n"));
                }
            }
            Event::Warning(text) => self.say(&format!("warning: {text}\n")),
        }
    }

    /// Removes the bar, and says how often methods broke of which not every time was told.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
        for (method, times) in &*self.reopened.lock().unwrap_or_else(PoisonError::into_inner) {
            if *times > MOST_TOLD {
                tell(&format!(
                    "warning: `{method}` broke {times} times in all; the columns `reason` and, of a stage, `stage_status` tell where\n"
                ));
            }
        }
    }

    /// Writes `text` above the bar.
    pub(crate) fn say(&self, text: &str) {
        self.bar.suspend(|| tell(text));
    }
}
