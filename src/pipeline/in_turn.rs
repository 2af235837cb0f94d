//! In turn: jobs that rest on one another, each begun when those before it that it rests on are done, two at a time. A job is seldom busy on all
//! threads from its first row to its last: while one sorts its last rows and writes them, the next one reads.
//!
//! They share the run's memory. One that finds too little of it is done again when it has all to itself, so that whatever fits alone is made.

use tokio::sync::{RwLock, watch};

use crate::pipeline::error::PipelineError;
use crate::pipeline::side_by_side::side_by_side;

/// Jobs at once. More would share memory and win nothing: two keep the threads busy.
const AT_ONCE: usize = 2;

/// Does `work` for every job; answers in the order of the jobs. `rests_on` has for each the places of earlier jobs that must be done before.
pub(super) fn in_turn<J, T>(
    threads: usize,
    jobs: &[J],
    rests_on: &[Vec<usize>],
    work: impl AsyncFn(&J) -> Result<T, PipelineError> + Sync,
) -> Result<Vec<T>, PipelineError>
where
    J: Sync,
    T: Send,
{
    let done: Vec<watch::Sender<Option<bool>>> = jobs.iter().map(|_| watch::Sender::new(None)).collect();
    let memory = RwLock::new(());
    let places: Vec<usize> = (0..jobs.len()).collect();
    // Jobs are taken in their order, so the first that is not done never waits for another.
    side_by_side(threads.min(AT_ONCE), &places, async |&at| {
        for &before in rests_on.get(at).into_iter().flatten().filter(|before| **before < at) {
            let mut ended = done[before].subscribe();
            let ended = ended.wait_for(Option::is_some).await.is_ok_and(|well| *well == Some(true));
            if !ended {
                // The failure of the earlier job is the one that is told.
                return Err(PipelineError::Bug("a job was begun whose ground had failed".to_owned()));
            }
        }
        let shared = memory.read().await;
        let mut made = work(&jobs[at]).await;
        drop(shared);
        if made.as_ref().is_err_and(PipelineError::is_out_of_memory) {
            tracing::info!("too little memory beside another; once more alone");
            let _alone = memory.write().await;
            made = work(&jobs[at]).await;
        }
        done[at].send_replace(Some(made.is_ok()));
        made
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use datafusion::error::DataFusionError;

    use super::*;
    use crate::engine::EngineError;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_job_rests_on_is_done_before_it() {
        let jobs: Vec<usize> = (0..12).collect();
        // Each rests on the one three before it, and the last on all.
        let mut rests_on: Vec<Vec<usize>> = jobs.iter().map(|at| at.checked_sub(3).into_iter().collect()).collect();
        rests_on[11] = (0..11).collect();
        let ended: Vec<AtomicUsize> = jobs.iter().map(|_| AtomicUsize::new(0)).collect();
        let work = async |at: &usize| {
            assert!(rests_on[*at].iter().all(|before| ended[*before].load(Ordering::SeqCst) == 1), "job {at}");
            tokio::time::sleep(std::time::Duration::from_millis(7 * (*at as u64 % 3))).await;
            ended[*at].store(1, Ordering::SeqCst);
            Ok(at * 10)
        };
        for threads in [1, 2, 5] {
            for one in &ended {
                one.store(0, Ordering::SeqCst);
            }
            assert_eq!(
                in_turn(threads, &jobs, &rests_on, work).unwrap(),
                (0..12).map(|at| at * 10).collect::<Vec<_>>()
            );
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_earliest_failure_is_told_and_nobody_waits_for_it() {
        let work = async |at: &usize| match at {
            1 => Err(PipelineError::Gate("job 1".to_owned())),
            _ => Ok(*at),
        };
        let rests_on = [vec![], vec![], vec![1], vec![2]];
        for threads in [1, 2] {
            let error = in_turn(threads, &[0, 1, 2, 3], &rests_on, work).unwrap_err();
            assert!(error.to_string().contains("job 1"), "{error}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_finds_too_little_memory_beside_another_has_it_all_once() {
        let (running, tries) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = async |at: &usize| {
            let beside = running.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            if *at == 3 {
                tries.fetch_add(1, Ordering::SeqCst);
                if tries.load(Ordering::SeqCst) == 1 {
                    let source = DataFusionError::ResourcesExhausted("too little".to_owned());
                    return Err(EngineError::sql("job 3")(source).into());
                }
                assert_eq!(beside, 0, "it is alone now");
            }
            Ok(*at)
        };
        let rests_on = vec![vec![]; 6];
        assert_eq!(in_turn(2, &[0, 1, 2, 3, 4, 5], &rests_on, work).unwrap(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(tries.load(Ordering::SeqCst), 2);
    }
}
