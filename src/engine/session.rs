//! The session: DataFusion with this run's memory, threads and spill folder, and the tables that have been registered with it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::datasource::MemTable;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{GreedyMemoryPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};

use crate::engine::{EngineError, Place, one_row};

/// What a run may use of the machine.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes that DataFusion's operators may hold together.
    pub memory: usize,
    /// Partitions of a plan, and threads of the readers.
    pub threads: usize,
    /// Where operators spill; the system's own folder where none is named.
    pub spill: Option<PathBuf>,
}

impl Default for Limits {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { memory: 2 << 30, threads, spill: None }
    }
}

/// DataFusion, with the house's settings.
#[derive(Clone)]
pub struct Engine {
    context: SessionContext,
    limits: Limits,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Engine {
    /// A new session with these limits and no tables.
    pub fn new(limits: Limits) -> Result<Self, EngineError> {
        let top = NonZeroUsize::new(3).unwrap_or(NonZeroUsize::MIN);
        let pool = TrackConsumersPool::new(GreedyMemoryPool::new(limits.memory), top);
        let mode =
            limits.spill.clone().map_or(DiskManagerMode::OsTmpDirectory, |dir| DiskManagerMode::Directories(vec![dir]));
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(pool))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode))
            .build_arc()
            .map_err(EngineError::sql("starting the engine"))?;
        let mut config =
            SessionConfig::new().with_target_partitions(limits.threads.max(1)).with_information_schema(false);
        let options = config.options_mut();
        options.sql_parser.collect_spans = true;
        options.execution.parquet.pushdown_filters = true;
        // Text as plain arrays: a view keeps the buffers of every array it came through, and each join hands all of them on with each batch, so
        // that chains of joins over a million persons took hours and tens of gigabytes (DataFusion 55.2).
        options.execution.parquet.schema_force_view_types = false;
        options.sql_parser.map_string_types_to_utf8view = false;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .with_optimizer_rules(one_row::rules())
            .with_physical_optimizer_rules(rules())
            .build();
        Ok(Self { context: SessionContext::new_with_state(state), limits })
    }

    /// What this session may use.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// DataFusion's own context, for rooms that register functions or run their fixtures.
    #[must_use]
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Makes the Parquet files of a folder a table.
    pub async fn register_folder(&self, table: &str, folder: &Place) -> Result<(), EngineError> {
        self.register_parquet(table, &folder.folder_url()).await
    }

    /// Makes the Parquet files of several folders one table.
    pub async fn register_folders(&self, table: &str, folders: &[Place]) -> Result<(), EngineError> {
        if let [folder] = folders {
            return self.register_folder(table, folder).await;
        }
        self.drop_table(table)?;
        let what = || EngineError::sql(format!("opening table `{table}`"));
        let urls: Vec<String> = folders.iter().map(Place::folder_url).collect();
        let frame = self.context.read_parquet(urls, ParquetReadOptions::default()).await.map_err(what())?;
        self.context.register_table(quoted(table), frame.into_view()).map(|_| ()).map_err(what())
    }

    /// Makes one Parquet file a table.
    pub async fn register_file(&self, table: &str, file: &Place) -> Result<(), EngineError> {
        // Whatever its name ends with, it is that file and none beside it.
        self.drop_table(table)?;
        let ending = std::path::Path::new(file.name()).extension().map(|e| format!(".{}", e.to_string_lossy()));
        let options = ParquetReadOptions { file_extension: ending.as_deref().unwrap_or(""), ..Default::default() };
        let what = format!("opening table `{table}`");
        self.context.register_parquet(quoted(table), &file.file_url(), options).await.map_err(EngineError::sql(what))
    }

    async fn register_parquet(&self, table: &str, url: &str) -> Result<(), EngineError> {
        self.drop_table(table)?;
        let what = format!("opening table `{table}`");
        self.context
            .register_parquet(quoted(table), url, ParquetReadOptions::default())
            .await
            .map_err(EngineError::sql(what))
    }

    /// Makes batches in memory a table; for small ones.
    pub fn register_batches(
        &self,
        table: &str,
        schema: SchemaRef,
        batches: Vec<RecordBatch>,
    ) -> Result<(), EngineError> {
        self.drop_table(table)?;
        let what = || EngineError::sql(format!("making table `{table}`"));
        let memory = MemTable::try_new(schema, vec![batches]).map_err(what())?;
        self.context.register_table(quoted(table), Arc::new(memory)).map(|_| ()).map_err(what())
    }

    /// Makes a table with columns and no rows, against which SQL can be planned.
    pub fn register_empty(&self, table: &str, schema: SchemaRef) -> Result<(), EngineError> {
        self.register_batches(table, schema, Vec::new())
    }

    /// Forgets a table, if there is one of that name.
    pub fn drop_table(&self, table: &str) -> Result<(), EngineError> {
        self.context
            .deregister_table(quoted(table))
            .map(|_| ())
            .map_err(EngineError::sql(format!("dropping table `{table}`")))
    }

    /// Plans one statement without running it. `what` names it in errors.
    pub async fn plan(&self, what: &str, sql: &str) -> Result<LogicalPlan, EngineError> {
        self.context.state().create_logical_plan(sql).await.map_err(EngineError::sql(what))
    }

    /// Runs one statement and streams its rows, in the order that the statement asks for.
    pub async fn stream(&self, what: &str, sql: &str) -> Result<SendableRecordBatchStream, EngineError> {
        let frame = self.context.sql(sql).await.map_err(EngineError::sql(what))?;
        frame.execute_stream().await.map_err(EngineError::sql(what))
    }

    /// Runs one statement and collects its rows; for small answers.
    pub async fn collect(&self, what: &str, sql: &str) -> Result<Vec<RecordBatch>, EngineError> {
        let frame = self.context.sql(sql).await.map_err(EngineError::sql(what))?;
        frame.collect().await.map_err(EngineError::sql(what))
    }
}

/// DataFusion's physical rules without the one that loses rows. A filter above a RIGHT JOIN on a column of its left side is pushed into the scan of the right side where both
/// have a column of that name (55.2); the logical rule, which knows whose a column is, still pushes filters down.
fn rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    PhysicalOptimizer::new().rules.into_iter().filter(|rule| rule.name() != FILTER_PUSHDOWN).collect()
}

/// The rule's name.
const FILTER_PUSHDOWN: &str = "FilterPushdown";

/// A table name as DataFusion takes it, case kept.
fn quoted(table: &str) -> datafusion::common::TableReference {
    datafusion::common::TableReference::bare(table)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
    use arrow::datatypes::Int64Type;
    use parquet::arrow::ArrowWriter;

    use super::*;

    fn table(folder: &std::path::Path, name: &str, rows: &[(&str, &str, &str, i64)]) -> String {
        let batch = RecordBatch::try_from_iter([
            ("school", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.0))) as ArrayRef),
            ("program", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.1)))),
            ("tag", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.2)))),
            ("n", Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.3)))),
        ])
        .unwrap();
        let path = folder.join(format!("{name}.parquet"));
        let mut writer = ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        path.to_string_lossy().into_owned()
    }

    const ANTI: &str = "SELECT t.n, t.school FROM o RIGHT JOIN t ON o.school = t.school AND o.program = t.program WHERE o.school IS NULL ORDER BY t.n";
    const DERIVED: &str = "SELECT t.n, t.tag FROM o RIGHT JOIN t ON o.school = t.school AND o.program = t.program \
                           WHERE COALESCE(o.tag, 'none') = 'none' ORDER BY t.n";

    async fn ask(context: &SessionContext, files: [&str; 2], sql: &str) -> Vec<i64> {
        for (name, file) in ["o", "t"].into_iter().zip(files) {
            let _ = context.deregister_table(name);
            context.register_parquet(name, file, ParquetReadOptions::default()).await.unwrap();
        }
        let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
        batches.iter().flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
    }

    /// A constant of a UNION that the filter above does not want, beside a table of one row made by an aggregate.
    const CONSTANT: [&str; 2] = [
        "SELECT n FROM (SELECT 'x' AS kind, n FROM t UNION ALL SELECT 'c', n FROM (SELECT max(n) AS n FROM t)) WHERE kind IN ('x', 'z') ORDER BY n",
        "SELECT n FROM (SELECT 'x' AS kind, n FROM t UNION ALL SELECT 'c', n FROM (SELECT max(n) AS top FROM o) AS r CROSS JOIN t WHERE t.tag = 'y') \
         WHERE kind IN ('x', 'z') ORDER BY n",
    ];

    #[tokio::test]
    async fn a_filter_above_a_constant_reaches_no_row_of_an_aggregate() {
        let folder = tempfile::tempdir().unwrap();
        let o = table(folder.path(), "o", &[("s1", "p1", "x", 0)]);
        let t = table(folder.path(), "t", &[("s1", "p1", "y", 1), ("s1", "p2", "y", 2), ("s2", "p1", "y", 4)]);
        let engine = Engine::new(Limits::default()).unwrap();
        for sql in CONSTANT {
            assert_eq!(ask(engine.context(), [&o, &t], sql).await, [1, 2, 4], "{sql}");
        }
        // What an aggregate says of a subquery that a row is joined with, and one row by LIMIT, are what they were.
        for (sql, expected) in [
            ("SELECT n FROM t WHERE n > (SELECT avg(n) FROM t AS a WHERE a.school = t.school) ORDER BY n", vec![2]),
            ("SELECT max(n) FROM t LIMIT 1", vec![4]),
            ("SELECT count(*) FROM t WHERE n > (SELECT min(n) FROM t)", vec![2]),
            ("SELECT max(n) FROM t HAVING max(n) > 4", vec![]),
        ] {
            assert_eq!(ask(engine.context(), [&o, &t], sql).await, expected, "{sql}");
        }
        // Once the engine answers this right by itself, `one_row` may go.
        let plain = SessionContext::new();
        assert_ne!(ask(&plain, [&o, &t], CONSTANT[1]).await, [1, 2, 4], "DataFusion has mended its rule");
    }

    #[tokio::test]
    async fn a_filter_above_a_right_join_loses_no_rows() {
        let folder = tempfile::tempdir().unwrap();
        let o = table(folder.path(), "o", &[("s1", "p1", "x", 0)]);
        let t = table(folder.path(), "t", &[("s1", "p1", "y", 1), ("s1", "p2", "y", 2), ("s2", "p1", "y", 4)]);
        let engine = Engine::new(Limits::default()).unwrap();
        for sql in [ANTI, DERIVED] {
            assert_eq!(ask(engine.context(), [&o, &t], sql).await, [2, 4], "{sql}");
        }
        // Once the engine answers this right by itself, `rules` may go.
        let plain = SessionContext::new();
        assert_ne!(ask(&plain, [&o, &t], ANTI).await, [2, 4], "DataFusion has mended its rule");
        assert!(PhysicalOptimizer::new().rules.iter().any(|rule| rule.name() == FILTER_PUSHDOWN));
    }
}
