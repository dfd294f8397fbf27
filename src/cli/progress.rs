//! The bar of a long work: rate and time left on a terminal, nothing elsewhere. Warnings go above it.

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::tell;
use crate::run::Event;

/// Turns events into a bar and lines of text.
pub(crate) struct Progress {
    bar: ProgressBar,
    failed: AtomicUsize,
}

impl Progress {
    /// A bar, drawn only when `shown`.
    pub(crate) fn new(shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bar: ProgressBar::with_draw_target(None, target), failed: AtomicUsize::new(0) }
    }

    /// Takes one event.
    pub(crate) fn take(&self, event: Event) {
        match event {
            Event::Started { attempts, .. } => {
                let template = "{bar:30} {pos}/{len} attempts  {per_sec}  {eta} left  {msg}";
                if let Ok(style) = ProgressStyle::with_template(template) {
                    self.bar.set_style(style);
                }
                self.bar.set_length(attempts as u64);
            }
            Event::Written { attempts, failed } => {
                self.bar.inc(attempts as u64);
                if failed > 0 {
                    let failed = self.failed.fetch_add(failed, Ordering::Relaxed) + failed;
                    self.bar.set_message(format!("{failed} failed"));
                }
            }
            Event::Reopened { method, reason } => {
                self.say(&format!("warning: `{method}` broke and is opened anew: {reason}\n"))
            }
            Event::Warning(text) => self.say(&format!("warning: {text}\n")),
        }
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, text: &str) {
        self.bar.suspend(|| tell(text));
    }
}
