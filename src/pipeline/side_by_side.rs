//! Side by side: jobs that do not depend on each other, on as many threads as the run may use.
//!
//! Nothing that is written depends on it: every job makes its own datasets, answers come in the order of the jobs, and of several failures
//! the one of the earliest job is told, which is the one that a single thread would have met.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::pipeline::error::PipelineError;

/// Bytes of stack of a thread: planning SQL goes deep, above all in a build without optimisation.
pub const STACK: usize = 16 << 20;

/// What jobs share, one at a time. A job that panicked while it held this has failed the run by itself.
pub fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work` for every job on up to `threads` threads, jobs taken in their order; answers in the order of the jobs.
///
/// The calling thread waits, so a runtime of several threads is needed beneath it.
pub fn side_by_side<J, T>(
    threads: usize,
    jobs: &[J],
    work: impl AsyncFn(&J) -> Result<T, PipelineError> + Sync,
) -> Result<Vec<T>, PipelineError>
where
    J: Sync,
    T: Send,
{
    let runtime = tokio::runtime::Handle::current();
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let answers: Vec<Mutex<Option<Result<T, PipelineError>>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let walk = || {
        // A job that was taken is done to its end, so every job before a failed one has its answer.
        while !failed.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(at) else { return };
            let answer = runtime.block_on(work(job));
            if answer.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            if let Ok(mut slot) = answers[at].lock() {
                *slot = Some(answer);
            }
        }
    };
    let span = tracing::Span::current();
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            for number in 0..threads.clamp(1, jobs.len().max(1)) {
                let thread = std::thread::Builder::new().name(format!("steps-{number}")).stack_size(STACK);
                let begun = thread.spawn_scoped(scope, || span.in_scope(walk));
                // Whatever the machine refuses, the threads that it gave do all the jobs; without any, this one does.
                if begun.is_err() && number == 0 {
                    span.in_scope(walk);
                }
            }
        });
    });
    let mut done = Vec::with_capacity(jobs.len());
    for slot in answers {
        match slot.into_inner() {
            Ok(Some(answer)) => done.push(answer?),
            // Only jobs after a failed one have no answer, and the failed one was returned above.
            _ => return Err(PipelineError::Bug("a job ended without an answer".to_owned())),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn squared(n: &u64) -> Result<u64, PipelineError> {
        tokio::time::sleep(std::time::Duration::from_millis(5 * (n % 3))).await;
        if *n >= 100 { Err(PipelineError::Gate(format!("job {n}"))) } else { Ok(n * n) }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn answers_come_in_the_order_of_the_jobs() {
        let jobs: Vec<u64> = (0..20).collect();
        for threads in [1, 2, 7] {
            let squares: Vec<u64> = jobs.iter().map(|n| n * n).collect();
            assert_eq!(side_by_side(threads, &jobs, squared).unwrap(), squares);
        }
        assert_eq!(side_by_side(2, &[], squared).unwrap(), Vec::<u64>::new());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_failure_of_the_earliest_job_is_told() {
        for threads in [1, 2, 4] {
            let error = side_by_side(threads, &[1, 2, 101, 100, 5], squared).unwrap_err();
            assert!(error.to_string().contains("job 101"), "{error}");
        }
    }
}
