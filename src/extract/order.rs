//! Order: work done side by side on many threads, its results handed on in the order of the jobs.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Takes jobs from `next` until it gives none, does `work` on up to `threads` of them at once, and gives the results to `sink` in order.
///
/// At most `in_flight` jobs are begun and not yet given to the sink. The first error of the sink stops everything.
/// The sink runs on the calling thread; with one thread all of it does.
pub(crate) fn in_order<J, R, E>(
    threads: usize,
    in_flight: usize,
    mut next: impl FnMut() -> Option<J> + Send,
    work: impl Fn(J) -> R + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E>
where
    J: Send,
    R: Send,
{
    if threads <= 1 {
        while let Some(job) = next() {
            sink(work(job))?;
        }
        return Ok(());
    }
    let gate = Gate::new(in_flight.max(threads));
    let source = Mutex::new((0_usize, next));
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads {
            let sender = sender.clone();
            let (gate, source, work) = (&gate, &source, &work);
            scope.spawn(move || {
                let _open = OpenOnPanic(gate);
                while gate.enter() {
                    let job = {
                        let mut source = lock(source);
                        let (index, next) = &mut *source;
                        next().map(|job| {
                            *index += 1;
                            (*index - 1, job)
                        })
                    };
                    let Some((index, job)) = job else {
                        gate.stop();
                        break;
                    };
                    if sender.send((index, work(job))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (index, result) in receiver {
            early.insert(index, result);
            while let Some(result) = early.remove(&due) {
                if let Err(error) = sink(result) {
                    gate.stop();
                    return Err(error);
                }
                due += 1;
                gate.leave();
            }
        }
        Ok(())
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many jobs may still begin, and whether any may.
struct Gate {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Gate {
    fn new(free: usize) -> Self {
        Self { state: Mutex::new((free, true)), changed: Condvar::new() }
    }

    /// Waits for a place; false once no more jobs may begin.
    fn enter(&self) -> bool {
        let full = |state: &mut (usize, bool)| state.1 && state.0 == 0;
        let mut state = self.changed.wait_while(lock(&self.state), full).unwrap_or_else(PoisonError::into_inner);
        if state.1 {
            state.0 -= 1;
        }
        state.1
    }

    fn leave(&self) {
        lock(&self.state).0 += 1;
        self.changed.notify_one();
    }

    fn stop(&self) {
        lock(&self.state).1 = false;
        self.changed.notify_all();
    }
}

/// A worker that panics must not leave the others waiting for a result that never comes.
struct OpenOnPanic<'a>(&'a Gate);

impl Drop for OpenOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in [1, 2, 5] {
            let mut jobs = 0..200_u64;
            let mut seen = Vec::new();
            let work = |n: u64| {
                thread::sleep(std::time::Duration::from_micros(n % 7 * 50));
                n * n
            };
            let done: Result<(), ()> = in_order(
                threads,
                3,
                || jobs.next(),
                work,
                |n| {
                    seen.push(n);
                    Ok(())
                },
            );
            assert_eq!(done, Ok(()));
            assert_eq!(seen, (0..200_u64).map(|n| n * n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_in_order_stops_the_rest() {
        for threads in [1, 4] {
            let mut jobs = 0..;
            let mut seen = 0;
            let done = in_order(
                threads,
                8,
                || jobs.next(),
                |n| n,
                |n| {
                    seen = n;
                    if n == 17 { Err(n) } else { Ok(()) }
                },
            );
            assert_eq!(done, Err(17));
            assert_eq!(seen, 17);
        }
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_does_not_hang() {
        let mut jobs = 0..100;
        let _: Result<(), ()> = in_order(3, 3, || jobs.next(), |n| assert!(n != 5), |()| Ok(()));
    }
}
