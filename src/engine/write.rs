//! The writer of datasets: rows in, byte-stable Parquet out. Same rows in the same order give the same bytes on any machine.

use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::compute::BatchCoalescer;
use arrow::datatypes::{DataType, SchemaRef};
use bytes::Bytes;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use futures::future::BoxFuture;
use object_store::buffered::BufWriter;
use parquet::arrow::AsyncArrowWriter;
use parquet::arrow::async_writer::AsyncFileWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest as _, Sha256};

use crate::engine::dataset::Part;
use crate::engine::{Dataset, DatasetMeta, EngineError, Place};
use crate::foundation::Zone;

/// Rows handed to the column writers at once. The page limits are looked at once an array, so this is part of the format.
const BATCH_ROWS: usize = 8_192;
/// Rows in a row group.
const GROUP_ROWS: usize = 1 << 18;
/// Rows in a part.
const PART_ROWS: u64 = 1 << 23;
/// What stands in every file as its writer; never the version of a library, so that an upgrade alone changes no byte.
const CREATED_BY: &str = "throughline";

/// How one dataset is written.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// The columns by which the rows come sorted, ascending, nulls first.
    pub sorted_by: Vec<String>,
    /// The columns that get a bloom filter: ids that people look up.
    pub bloom: Vec<String>,
    /// Key-value pairs for the file's footer.
    pub metadata: Vec<(String, String)>,
    /// Columns of keyed hashes that seldom stand twice, or of runs of such: no dictionary and no compression makes them smaller, so neither
    /// is tried.
    pub hashed: Vec<String>,
    /// A column of text without nulls, the first by which the rows come sorted: each of its values gets parts of its own.
    pub divided_by: Option<String>,
    /// Whether statistics are left out, as for columns of direct identity, whose least and greatest values are values of persons.
    pub no_statistics: bool,
}

/// A file whose bytes are hashed on their way.
struct Hashed {
    file: BufWriter,
    hash: Sha256,
}

impl AsyncFileWriter for Hashed {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, parquet::errors::Result<()>> {
        self.hash.update(&bytes);
        AsyncFileWriter::write(&mut self.file, bytes)
    }

    fn complete(&mut self) -> BoxFuture<'_, parquet::errors::Result<()>> {
        self.file.complete()
    }
}

/// Writes one dataset, part by part.
pub struct DatasetWriter {
    place: Place,
    schema: SchemaRef,
    properties: WriterProperties,
    coalescer: BatchCoalescer,
    divided_by: Option<usize>,
    of: Option<String>,
    open: Option<AsyncArrowWriter<Hashed>>,
    open_rows: u64,
    parts: Vec<Part>,
    rows: u64,
}

impl std::fmt::Debug for DatasetWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatasetWriter").field("place", &self.place).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl DatasetWriter {
    /// Starts a dataset in a folder. Whatever half-written files lie there are removed.
    pub async fn create(place: &Place, schema: SchemaRef, options: &WriteOptions) -> Result<Self, EngineError> {
        place.remove_all().await?;
        Ok(Self {
            place: place.clone(),
            properties: properties(&schema, options),
            coalescer: BatchCoalescer::new(Arc::clone(&schema), BATCH_ROWS),
            divided_by: options.divided_by.as_ref().and_then(|column| schema.index_of(column).ok()),
            of: None,
            schema,
            open: None,
            open_rows: 0,
            parts: Vec::new(),
            rows: 0,
        })
    }

    /// Adds rows.
    pub async fn write(&mut self, batch: RecordBatch) -> Result<(), EngineError> {
        let Some(column) = self.divided_by else { return self.gather(&batch).await };
        let values = arrow::compute::cast(batch.column(column), &DataType::Utf8);
        let values = values.map_err(EngineError::arrow("dividing rows"))?;
        let values = values.as_string::<i32>();
        let mut start = 0;
        while start < batch.num_rows() {
            let value = values.value(start);
            let rows = (start..batch.num_rows()).take_while(|row| values.value(*row) == value).count();
            if self.of.as_deref() != Some(value) {
                self.gathered().await?;
                self.close_part().await?;
                self.of = Some(value.to_owned());
            }
            self.gather(&batch.slice(start, rows)).await?;
            start += rows;
        }
        Ok(())
    }

    async fn gather(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        self.rows += batch.num_rows() as u64;
        // A batch of millions of rows is gathered a piece at a time, or it would stand here twice.
        for start in (0..batch.num_rows()).step_by(BATCH_ROWS) {
            let piece = batch.slice(start, BATCH_ROWS.min(batch.num_rows() - start));
            self.coalescer.push_batch(piece).map_err(EngineError::arrow("gathering rows"))?;
            while let Some(full) = self.coalescer.next_completed_batch() {
                self.encode(&full).await?;
            }
        }
        Ok(())
    }

    async fn encode(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        if self.open_rows >= PART_ROWS {
            self.close_part().await?;
        }
        if self.open.is_none() {
            let (store, path) = self.place.join(&part_name(self.parts.len())).object();
            let sink = Hashed { file: BufWriter::new(store, path), hash: Sha256::new() };
            let writer = AsyncArrowWriter::try_new(sink, Arc::clone(&self.schema), Some(self.properties.clone()));
            self.open = Some(writer.map_err(self.fault())?);
        }
        let fault = self.fault();
        if let Some(writer) = self.open.as_mut() {
            writer.write(batch).await.map_err(fault)?;
        }
        self.open_rows += batch.num_rows() as u64;
        Ok(())
    }

    async fn close_part(&mut self) -> Result<(), EngineError> {
        if let Some(mut writer) = self.open.take() {
            let fault = self.fault();
            writer.finish().await.map_err(fault)?;
            let sha256 = hex::encode(writer.into_inner().hash.finalize());
            let file = part_name(self.parts.len());
            self.parts.push(Part { file, rows: self.open_rows, sha256, of: self.of.clone() });
            self.open_rows = 0;
        }
        Ok(())
    }

    fn fault(&self) -> impl Fn(parquet::errors::ParquetError) -> EngineError + use<> {
        let place = self.place.to_string();
        move |source| EngineError::Parquet { place: place.clone(), source }
    }

    /// Encodes the rows that are gathered and do not fill a batch.
    async fn gathered(&mut self) -> Result<(), EngineError> {
        self.coalescer.finish_buffered_batch().map_err(EngineError::arrow("gathering rows"))?;
        while let Some(last) = self.coalescer.next_completed_batch() {
            self.encode(&last).await?;
        }
        Ok(())
    }

    /// Writes what is left; a dataset without rows still has one part, so that readers find its columns.
    pub async fn finish_parts(&mut self) -> Result<(u64, Vec<Part>), EngineError> {
        self.gathered().await?;
        if self.parts.is_empty() && self.open.is_none() {
            self.encode(&RecordBatch::new_empty(Arc::clone(&self.schema))).await?;
        }
        self.close_part().await?;
        Ok((self.rows, std::mem::take(&mut self.parts)))
    }

    /// Ends the dataset with its description, which makes it whole.
    pub async fn finish(
        mut self,
        step: &str,
        fingerprint: &str,
        zone: Zone,
        facts: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Dataset, EngineError> {
        let (rows, parts) = self.finish_parts().await?;
        self.describe(step, fingerprint, zone, facts, rows, parts).await
    }

    /// Writes the description of parts that are finished.
    pub async fn describe(
        self,
        step: &str,
        fingerprint: &str,
        zone: Zone,
        facts: serde_json::Map<String, serde_json::Value>,
        rows: u64,
        parts: Vec<Part>,
    ) -> Result<Dataset, EngineError> {
        let meta = DatasetMeta {
            step: step.to_owned(),
            fingerprint: fingerprint.to_owned(),
            zone,
            rows,
            parts,
            columns: DatasetMeta::columns_of(&self.schema),
            facts,
        };
        Dataset::describe(&self.place, meta).await
    }

    /// Adds every row of a stream.
    pub async fn write_stream(&mut self, what: &str, mut rows: SendableRecordBatchStream) -> Result<(), EngineError> {
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(EngineError::sql(what))?;
            let batch = conform(&batch, &self.schema)?;
            self.write(batch).await?;
        }
        Ok(())
    }
}

/// The same rows under another schema of the same column order: casts plain types where they differ, such as views to plain text.
pub fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, EngineError> {
    let cast = |(array, field): (&arrow::array::ArrayRef, &arrow::datatypes::FieldRef)| {
        if array.data_type() == field.data_type() {
            Ok(Arc::clone(array))
        } else {
            arrow::compute::cast(array, field.data_type())
                .map_err(EngineError::arrow(format!("column `{}`", field.name())))
        }
    };
    let columns = batch.columns().iter().zip(schema.fields()).map(cast).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(EngineError::arrow("shaping rows for the file"))
}

fn part_name(number: usize) -> String {
    format!("part-{number:05}.parquet")
}

fn properties(schema: &SchemaRef, options: &WriteOptions) -> WriterProperties {
    let position = |name: &String| schema.index_of(name).ok().and_then(|i| i32::try_from(i).ok());
    let sorting: Vec<_> = options
        .sorted_by
        .iter()
        .map_while(position)
        .map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: true })
        .collect();
    let metadata: Vec<_> = options.metadata.iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone())).collect();
    let statistics = if options.no_statistics { EnabledStatistics::None } else { EnabledStatistics::Chunk };
    let mut builder = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(statistics)
        .set_key_value_metadata((!metadata.is_empty()).then_some(metadata))
        .set_sorting_columns((!sorting.is_empty()).then_some(sorting));
    for name in &options.bloom {
        builder = builder.set_column_bloom_filter_enabled(ColumnPath::from(name.clone()), true);
    }
    for name in &options.hashed {
        let column = ColumnPath::from(name.clone());
        builder = builder
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_compression(column, Compression::UNCOMPRESSED);
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    async fn bytes_of(chunks: &[usize]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::parse("d", dir.path()).unwrap();
        let schema = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Int64, false),
            Field::new("name", DataType::Utf8, true),
        ]));
        let options =
            WriteOptions { sorted_by: vec!["id".into()], bloom: vec!["name".into()], ..WriteOptions::default() };
        let mut writer = DatasetWriter::create(&place, Arc::clone(&schema), &options).await.unwrap();
        let mut next = 0_i64;
        for rows in chunks {
            let ids: Vec<i64> = (next..next + i64::try_from(*rows).unwrap()).collect();
            next += i64::try_from(*rows).unwrap();
            let names: Vec<_> = ids.iter().map(|i| format!("n{}", i % 97)).collect();
            let columns: Vec<arrow::array::ArrayRef> =
                vec![Arc::new(Int64Array::from(ids)), Arc::new(StringArray::from(names))];
            writer.write(RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()).await.unwrap();
        }
        let dataset = writer.finish("t", "f", Zone::Linked, serde_json::Map::new()).await.unwrap();
        assert_eq!(dataset.meta.rows, u64::try_from(next).unwrap());
        assert_eq!(Dataset::open(&place).await.unwrap().unwrap().meta, dataset.meta);
        place.join("part-00000.parquet").read().await.unwrap().to_vec()
    }

    #[tokio::test]
    async fn bytes_do_not_depend_on_how_rows_arrive() {
        assert_eq!(bytes_of(&[20_000]).await, bytes_of(&[1, 8_191, 3, 11_805]).await);
    }

    #[tokio::test]
    async fn a_dataset_without_rows_has_its_columns() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::parse("d", dir.path()).unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
        let writer = DatasetWriter::create(&place, schema, &WriteOptions::default()).await.unwrap();
        let dataset = writer.finish("t", "f", Zone::Linked, serde_json::Map::new()).await.unwrap();
        let engine = crate::engine::Engine::new(crate::engine::Limits::default()).unwrap();
        engine.register_folder("t", &dataset.place).await.unwrap();
        let rows = engine.collect("t", "select id from t").await.unwrap();
        assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    }

    #[tokio::test]
    async fn each_value_gets_parts_of_its_own_however_rows_arrive() {
        let schema = Arc::new(Schema::new(vec![
            Field::new("org", DataType::Utf8, false),
            Field::new("n", DataType::Int64, false),
        ]));
        let dir = tempfile::tempdir().unwrap();
        let place = Place::parse("d", dir.path()).unwrap();
        let options = WriteOptions { divided_by: Some("org".into()), ..WriteOptions::default() };
        let mut writer = DatasetWriter::create(&place, Arc::clone(&schema), &options).await.unwrap();
        for (orgs, from) in [(vec!["A", "A", "B"], 0), (vec!["B"], 3), (vec!["C"; 10_000], 4)] {
            let ns = Int64Array::from_iter_values(from..from + i64::try_from(orgs.len()).unwrap());
            let columns: Vec<arrow::array::ArrayRef> = vec![Arc::new(StringArray::from(orgs)), Arc::new(ns)];
            writer.write(RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()).await.unwrap();
        }
        let dataset = writer.finish("t", "f", Zone::Local, serde_json::Map::new()).await.unwrap();
        let parts: Vec<_> = dataset.meta.parts.iter().map(|p| (p.of.as_deref(), p.rows)).collect();
        assert_eq!(parts, [(Some("A"), 2), (Some("B"), 2), (Some("C"), 10_000)]);
        let engine = crate::engine::Engine::new(crate::engine::Limits::default()).unwrap();
        for (part, least) in dataset.meta.parts.iter().zip([0, 2, 4]) {
            engine.register_file("part", &place.join(&part.file)).await.unwrap();
            let rows =
                engine.collect("part", "select min(n) as low, count(distinct org) as orgs from part").await.unwrap();
            let value = |at: usize| rows[0].column(at).as_primitive::<arrow::datatypes::Int64Type>().value(0);
            assert_eq!((value(0), value(1)), (least, 1));
        }
    }

    #[tokio::test]
    async fn a_column_of_hashes_is_stored_as_it_is_and_read_back() {
        use parquet::file::metadata::ParquetMetaDataReader;
        let dir = tempfile::tempdir().unwrap();
        let place = Place::parse("d", dir.path()).unwrap();
        let names = ["hash", "text"];
        let schema = Arc::new(Schema::new(names.map(|n| Field::new(n, DataType::Utf8, false)).to_vec()));
        let rows: StringArray = (0..3_000).map(|i| Some(format!("{}", i % 7))).collect();
        let rows: arrow::array::ArrayRef = Arc::new(rows);
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(&rows), rows]).unwrap();
        let options = WriteOptions { hashed: vec!["hash".into()], ..WriteOptions::default() };
        let mut writer = DatasetWriter::create(&place, schema, &options).await.unwrap();
        writer.write(batch.clone()).await.unwrap();
        let dataset = writer.finish("t", "f", Zone::Linked, serde_json::Map::new()).await.unwrap();

        let bytes = place.join("part-00000.parquet").read().await.unwrap();
        let file = ParquetMetaDataReader::new().parse_and_finish(&bytes).unwrap();
        let stored = |at: usize| {
            let column = file.row_group(0).column(at);
            (column.dictionary_page_offset().is_some(), column.compression() == Compression::UNCOMPRESSED)
        };
        assert_eq!([stored(0), stored(1)], [(false, true), (true, false)]);
        let engine = crate::engine::Engine::new(crate::engine::Limits::default()).unwrap();
        engine.register_folder("t", &dataset.place).await.unwrap();
        let read = engine
            .collect("t", "select arrow_cast(hash, 'Utf8') as hash, arrow_cast(text, 'Utf8') as text from t")
            .await;
        let read = arrow::compute::concat_batches(&batch.schema(), &read.unwrap()).unwrap();
        assert_eq!(read, batch);
    }
}
