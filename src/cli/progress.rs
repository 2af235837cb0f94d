//! Progress: a bar a step where there is a terminal, a plain line a step where there is none.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::pipeline::runner::{StepRecord, StepStatus, Watch};
use crate::report::{duration, thousands};

/// Shows the steps of a run on standard error.
pub(crate) struct Progress {
    bars: Option<MultiProgress>,
    total: Option<ProgressBar>,
    open: Mutex<HashMap<String, ProgressBar>>,
}

impl Progress {
    /// Bars where standard error is a terminal, plain lines elsewhere.
    pub(crate) fn new() -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        let total = bars.as_ref().map(|bars| {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} steps  {elapsed}");
            bars.add(ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
        });
        Self { bars, total, open: Mutex::new(HashMap::new()) }
    }

    /// Takes the bars away, so that the summary stands alone.
    pub(crate) fn finish(&self) {
        if let Some(bars) = &self.bars {
            let _ = bars.clear();
        }
    }
}

impl Watch for Progress {
    fn planned(&self, steps: usize) {
        if let Some(total) = &self.total {
            total.set_length(steps as u64);
        }
    }

    fn started(&self, step: &str) {
        if let (Some(bars), Ok(mut open)) = (&self.bars, self.open.lock()) {
            let style = ProgressStyle::with_template("{spinner} {msg:<52} {human_pos:>12} rows  {elapsed}");
            let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            let bar = bars.add(bar.with_message(step.to_owned()));
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
            open.insert(step.to_owned(), bar);
        }
    }

    fn rows(&self, step: &str, rows: u64) {
        if let Ok(open) = self.open.lock()
            && let Some(bar) = open.get(step)
        {
            bar.set_position(rows);
        }
    }

    fn done(&self, record: &StepRecord) {
        let line = format!(
            "{:<56} {:>12} rows  {}",
            record.step,
            thousands(record.rows),
            match record.status {
                StepStatus::Made => duration(record.milliseconds),
                StepStatus::Reused => "kept".to_owned(),
            }
        );
        match (&self.bars, self.open.lock()) {
            (Some(bars), Ok(mut open)) => {
                if let Some(bar) = open.remove(&record.step) {
                    bar.finish_and_clear();
                }
                let _ = bars.println(line);
            }
            _ => eprintln!("{line}"),
        }
        if let Some(total) = &self.total {
            total.inc(1);
        }
    }
}
