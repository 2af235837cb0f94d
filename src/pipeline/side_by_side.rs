//! Side by side: jobs that do not depend on each other, on as many threads as the run may use.
//!
//! Nothing that is written depends on it: every job makes its own datasets, answers come in the order of the jobs, and of several failures
//! the one of the earliest job is told, which is the one that a single thread would have met.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, RwLock};

use crate::pipeline::error::PipelineError;

/// Bytes of stack of a thread: planning SQL goes deep, above all in a build without optimisation.
pub const STACK: usize = 16 << 20;

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
    on_threads(threads.clamp(1, jobs.len().max(1)), walk);
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

/// Walks on so many threads at once, and waits for all of them.
fn on_threads(threads: usize, walk: impl Fn() + Sync) {
    let span = tracing::Span::current();
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            for number in 0..threads {
                let thread = std::thread::Builder::new().name(format!("steps-{number}")).stack_size(STACK);
                let begun = thread.spawn_scoped(scope, || span.in_scope(&walk));
                // Whatever the machine refuses, the threads that it gave do all the jobs; without any, this one does.
                if begun.is_err() && number == 0 {
                    span.in_scope(&walk);
                }
            }
        });
    });
}

/// Where the jobs of [`in_order_of_needs`] stand.
#[derive(Debug)]
struct Standing {
    taken: Vec<bool>,
    done: Vec<bool>,
    failed: bool,
}

/// Whoever waits for a job that a thread died of must not wait for ever.
struct Died<'a>(&'a Mutex<Standing>, &'a Condvar);

impl Drop for Died<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
            self.1.notify_all();
        }
    }
}

/// Does `work` for every job on up to `threads` threads, each job once those that it needs are done: `needs` has the places of these, all of them earlier jobs.
/// Of the jobs that may begin the earliest does. One that finds too little memory beside the others is done once more, alone. Answers come in the order of the
/// jobs.
pub fn in_order_of_needs<J, T>(
    threads: usize,
    jobs: &[J],
    needs: &[Vec<usize>],
    work: impl AsyncFn(&J) -> Result<T, PipelineError> + Sync,
) -> Result<Vec<T>, PipelineError>
where
    J: Sync,
    T: Send,
{
    let standing =
        Mutex::new(Standing { taken: vec![false; jobs.len()], done: vec![false; jobs.len()], failed: false });
    let moved = Condvar::new();
    // Held by all who work, and by one alone who needs all memory.
    let room = RwLock::new(());
    let lock = || standing.lock().unwrap_or_else(PoisonError::into_inner);
    let next = || {
        let mut now = lock();
        loop {
            let ready = |at: &usize| !now.taken[*at] && needs[*at].iter().all(|need| now.done[*need]);
            if now.failed {
                return None;
            }
            if let Some(at) = (0..jobs.len()).find(ready) {
                now.taken[at] = true;
                return Some(at);
            }
            if now.taken.iter().all(|taken| *taken) {
                return None;
            }
            now = moved.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
    };
    let workers = threads.clamp(1, jobs.len().max(1));
    let runtime = tokio::runtime::Handle::current();
    let answers: Mutex<Vec<(usize, Result<T, PipelineError>)>> = Mutex::new(Vec::new());
    on_threads(workers, || {
        let _died = Died(&standing, &moved);
        while let Some(at) = next() {
            let beside = {
                let _room = room.read().unwrap_or_else(PoisonError::into_inner);
                runtime.block_on(work(&jobs[at]))
            };
            let answer = match beside {
                Err(error) if workers > 1 && error.is_too_little_memory() => {
                    tracing::info!(job = at, "too little memory beside others; done again, alone");
                    let _room = room.write().unwrap_or_else(PoisonError::into_inner);
                    runtime.block_on(work(&jobs[at]))
                }
                answer => answer,
            };
            let mut now = lock();
            now.done[at] = true;
            now.failed |= answer.is_err();
            drop(now);
            answers.lock().unwrap_or_else(PoisonError::into_inner).push((at, answer));
            moved.notify_all();
        }
        // Nothing is left to take, or something failed: whoever waits for a need is to see it.
        moved.notify_all();
    });
    let mut all = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, answer)| answer).collect()
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
    async fn a_job_begins_once_what_it_needs_is_done() {
        let needs = [vec![], vec![0], vec![0], vec![1, 2], vec![], vec![4, 3]];
        for threads in [1, 2, 5] {
            let done: Mutex<Vec<usize>> = Mutex::new(Vec::new());
            let jobs: Vec<usize> = (0..needs.len()).collect();
            let work = async |job: &usize| {
                let before = done.lock().unwrap().clone();
                assert!(needs[*job].iter().all(|need| before.contains(need)), "{job} after {before:?}");
                tokio::time::sleep(std::time::Duration::from_millis(3)).await;
                done.lock().unwrap().push(*job);
                Ok(job * 10)
            };
            assert_eq!(in_order_of_needs(threads, &jobs, &needs, work).unwrap(), [0, 10, 20, 30, 40, 50]);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_finds_too_little_memory_is_done_again_alone() {
        let (working, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let jobs = [1_u64, 2, 3, 4];
        let needs = vec![Vec::new(); jobs.len()];
        let work = async |job: &u64| {
            let beside = working.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            working.fetch_sub(1, Ordering::SeqCst);
            if *job == 3 && tried.fetch_add(1, Ordering::SeqCst) == 0 {
                let full = datafusion::error::DataFusionError::ResourcesExhausted("full".to_owned());
                return Err(crate::engine::EngineError::sql("job")(full).into());
            }
            if *job == 3 {
                assert_eq!(beside, 0, "alone");
            }
            Ok(*job)
        };
        assert_eq!(in_order_of_needs(3, &jobs, &needs, work).unwrap(), [1, 2, 3, 4]);
        assert_eq!(tried.into_inner(), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_failure_of_the_earliest_job_is_told() {
        for threads in [1, 2, 4] {
            let error = side_by_side(threads, &[1, 2, 101, 100, 5], squared).unwrap_err();
            assert!(error.to_string().contains("job 101"), "{error}");
        }
    }
}
