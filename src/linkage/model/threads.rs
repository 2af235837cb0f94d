//! Threads: jobs done side by side, whose answers come in the order of the jobs whoever did them.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does so many jobs on several threads; the answers come in the order of the jobs.
pub fn over<T: Send>(threads: usize, jobs: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    over_with(threads, jobs, || (), |(), at| job(at))
}

/// Does one job on a thread of its own, where there may be two, and another one here.
pub(super) fn beside<A: Send, B>(threads: usize, there: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> (A, B) {
    if threads < 2 {
        return (there(), here());
    }
    std::thread::scope(|scope| {
        let there = scope.spawn(there);
        let here = here();
        (there.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), here)
    })
}

/// The same, each thread with something of its own.
pub(super) fn over_with<W, T: Send>(
    threads: usize,
    jobs: usize,
    worker: impl Fn() -> W + Sync,
    job: impl Fn(&mut W, usize) -> T + Sync,
) -> Vec<T> {
    if threads < 2 || jobs < 2 {
        let mut own = worker();
        return (0..jobs).map(|at| job(&mut own, at)).collect();
    }
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let work = || {
            let (mut own, mut mine) = (worker(), Vec::new());
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= jobs {
                    return mine;
                }
                mine.push((at, job(&mut own, at)));
            }
        };
        let workers: Vec<_> = (0..threads.min(jobs)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}
