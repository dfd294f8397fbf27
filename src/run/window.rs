//! The ordered window: workers take numbers from one queue and hand results in as they come; the writer gets them in
//! the order of the queue. At most `room` results are ever taken and not yet written, so memory is bounded whatever
//! the size of the dataset, and a slow sample holds up its successors' writing but not their work.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long results may wait for the writer. Waking it for each of them would take a worker's core from it every time,
/// which with fast methods is a twentieth of a run.
const UNWRITTEN: Duration = Duration::from_millis(20);

/// The window over the results of a range of numbers.
pub(crate) struct Window<T> {
    /// The number behind the last.
    total: usize,
    room: usize,
    state: Mutex<State<T>>,
    room_made: Condvar,
    arrived: Condvar,
}

struct State<T> {
    /// The next number to hand to a worker.
    next: usize,
    /// The number of the first slot: everything before it was taken by the writer.
    first: usize,
    slots: VecDeque<Option<T>>,
    workers: usize,
    /// Workers that wait for room.
    waiting: usize,
    stopped: bool,
}

impl<T> Window<T> {
    /// A window for `workers` workers over the results of `numbers` with space for `room` at a time (at least one a worker).
    pub(crate) fn new(numbers: Range<usize>, room: usize, workers: usize) -> Self {
        let room = room.max(workers).max(1);
        let (next, first, total) = (numbers.start, numbers.start, numbers.end);
        let state = State { next, first, slots: VecDeque::with_capacity(room), workers, waiting: 0, stopped: false };
        Self { total, room, state: Mutex::new(state), room_made: Condvar::new(), arrived: Condvar::new() }
    }

    /// The state is plain data, valid after any panic of a worker.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next number to work on; waits while the window is full. `None` when all are taken or the run was stopped.
    pub(crate) fn claim(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.next >= self.total {
                return None;
            }
            if state.next < state.first + self.room {
                let number = state.next;
                state.next += 1;
                state.slots.push_back(None);
                return Some(number);
            }
            state.waiting += 1;
            state = self.room_made.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
    }

    /// Hands in the result of a claimed number. The writer is woken when half of the window waits for it, or the end does.
    pub(crate) fn put(&self, number: usize, result: T) {
        let mut state = self.lock();
        let slot = number - state.first;
        if let Some(place) = state.slots.get_mut(slot) {
            *place = Some(result);
        }
        let urgent = state.next >= self.total || 2 * (state.next - state.first) >= self.room;
        if slot == 0 && urgent {
            self.arrived.notify_one();
        }
    }

    /// The next result in order; waits for it. `None` when all were given out, or when the run was stopped (or a
    /// worker was lost) and this result will never come: what was given out so far is then a clean prefix.
    pub(crate) fn take(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(slot) = state.slots.front_mut() {
                if let Some(result) = slot.take() {
                    state.slots.pop_front();
                    state.first += 1;
                    if state.waiting > 0 {
                        self.room_made.notify_all();
                    }
                    return Some(result);
                }
            } else if state.first >= self.total {
                return None;
            }
            if state.workers == 0 {
                return None;
            }
            (state, _) = self.arrived.wait_timeout(state, UNWRITTEN).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// No number is handed out any more; those at work are finished.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.room_made.notify_all();
        self.arrived.notify_all();
    }

    /// A worker's presence, given up when dropped, by a panic too.
    pub(crate) fn presence(&self) -> Presence<'_, T> {
        Presence(self)
    }
}

/// See [`Window::presence`].
pub(crate) struct Presence<'a, T>(&'a Window<T>);

impl<T> Drop for Presence<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.workers -= 1;
        if state.workers == 0 {
            self.0.arrived.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_out_in_order_however_unevenly_the_workers_work() {
        let window = Window::new(0..500, 8, 4);
        let most = AtomicUsize::new(0);
        thread::scope(|scope| {
            for worker in 0..4 {
                let (window, most) = (&window, &most);
                scope.spawn(move || {
                    let _presence = window.presence();
                    while let Some(number) = window.claim() {
                        most.fetch_max(number, Ordering::Relaxed);
                        if number % 7 == worker {
                            thread::sleep(Duration::from_micros(300));
                        }
                        window.put(number, number);
                    }
                });
            }
            for expected in 0..500 {
                assert_eq!(window.take(), Some(expected));
                assert!(most.load(Ordering::Relaxed) <= expected + 8, "the window holds 8 at most");
            }
            assert_eq!(window.take(), None);
        });
    }

    #[test]
    fn a_stopped_run_gives_a_clean_prefix() {
        let window = Window::new(0..1000, 16, 2);
        let taken = thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let _presence = window.presence();
                    while let Some(number) = window.claim() {
                        window.put(number, number);
                    }
                });
            }
            let mut taken = Vec::new();
            while let Some(number) = window.take() {
                taken.push(number);
                if number == 100 {
                    window.stop();
                }
            }
            taken
        });
        assert_eq!(taken, (0..taken.len()).collect::<Vec<_>>());
        assert!((101..=117).contains(&taken.len()), "{} results after a stop at 100", taken.len());
    }

    #[test]
    fn a_worker_that_dies_with_its_sample_ends_the_run_instead_of_hanging_it() {
        let window: Window<usize> = Window::new(0..10, 4, 1);
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let _presence = window.presence();
                let first = window.claim().unwrap();
                window.put(first, first);
                let _lost = window.claim();
                panic!("a worker died");
            });
            assert_eq!(window.take(), Some(0));
            assert_eq!(window.take(), None);
            assert!(worker.join().is_err());
        });
    }
}
