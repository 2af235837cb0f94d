//! Sent rows: rows on their way out of an agency: they lie aside on its disk until every record's tokens are known, and leave with them.
//!
//! Memory holds one row of tokens an identity record, however many rows the file has.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use futures::StreamExt;

use crate::engine::{DatasetWriter, Engine, EngineError, Place, WriteOptions};
use crate::foundation::{schema, sql_name};
use crate::pipeline::error::PipelineError;
use crate::pipeline::sent_form::{column, footer, recipe_names, sent_schema};
use crate::pipeline::spec::{ContractDocument, LinkageDocument};
use crate::pipeline::tables::{IDENTITY_REF, RECORD_REF, travelling};
use crate::standardize::{Blank, Deriver, IdentityBuilder};
use crate::tokenize::{Maker, Tokenizer};

/// Identity records whose tokens are made at once.
const RECORDS: usize = 1 << 13;

/// The sender's tokens of all identity records, in the order of their references.
#[derive(Debug)]
pub struct RecordTokens {
    refs: Vec<[u8; 16]>,
    batches: Vec<RecordBatch>,
    /// Records, but for the one of rows that say nothing of who they are.
    pub identified: usize,
}

impl RecordTokens {
    /// Makes the tokens of what a builder has gathered.
    pub fn make(builder: IdentityBuilder, tokenizer: &Tokenizer) -> Result<Self, PipelineError> {
        let blank = builder.blank();
        let mut deriver = Deriver::new(&tokenizer.parts()).map_err(PipelineError::bug)?;
        let mut maker = Maker::of_sender(tokenizer);
        let mut made = Self { refs: Vec::with_capacity(builder.len()), batches: Vec::new(), identified: 0 };
        for records in builder.finish(RECORDS, Blank::Kept) {
            let records = records.map_err(PipelineError::bug)?;
            let groups = deriver.derive(&records).map_err(PipelineError::bug)?;
            let tokens = maker.tokens(&records, &groups).map_err(PipelineError::bug)?;
            let refs: &FixedSizeBinaryArray = column(&tokens, IDENTITY_REF)?.as_fixed_size_binary();
            for row in 0..refs.len() {
                let mut reference = [0; 16];
                reference.copy_from_slice(refs.value(row));
                made.identified += usize::from(reference != blank);
                made.refs.push(reference);
            }
            made.batches.push(tokens);
        }
        Ok(made)
    }

    /// Where the tokens of a record stand: batch and row.
    fn place(&self, reference: &[u8]) -> Result<(usize, usize), PipelineError> {
        let at = self.refs.binary_search_by(|known| known.as_slice().cmp(reference));
        let at = at.map_err(|_| PipelineError::Bug("a row without an identity record".to_owned()))?;
        Ok((at / RECORDS, at % RECORDS))
    }
}

/// Rows that lie aside.
#[derive(Debug)]
pub struct Gathered<'a> {
    contract: &'a ContractDocument,
    linkage: &'a LinkageDocument,
    schema: SchemaRef,
    part: &'a Place,
}

impl<'a> Gathered<'a> {
    /// Rows of a contract, gathered below a folder that is removed in the end.
    #[must_use]
    pub fn new(contract: &'a ContractDocument, linkage: &'a LinkageDocument, part: &'a Place) -> Self {
        let reference = |name: &str| Field::new(name, DataType::FixedSizeBinary(schema::REF_BYTES), false);
        let mut fields = travelling(contract);
        fields.push(Field::new("line", DataType::Int64, false));
        fields.extend([RECORD_REF, IDENTITY_REF].map(reference));
        Self { contract, linkage, schema: Arc::new(Schema::new(fields)), part }
    }

    fn aside(&self) -> Place {
        self.part.join("rows")
    }

    /// The writer of rows.
    pub async fn open(&self) -> Result<DatasetWriter, PipelineError> {
        let hashed = vec![RECORD_REF.to_owned(), IDENTITY_REF.to_owned()];
        let options = WriteOptions { hashed, no_statistics: true, ..WriteOptions::default() };
        Ok(DatasetWriter::create(&self.aside(), Arc::clone(&self.schema), &options).await?)
    }

    /// Accepted rows as they lie aside: what travels, and both references.
    pub fn row_batch(
        &self,
        accepted: &RecordBatch,
        identities: FixedSizeBinaryArray,
        records: FixedSizeBinaryArray,
    ) -> Result<RecordBatch, PipelineError> {
        let last = self.schema.fields().len() - 2;
        let kept = self.schema.fields()[..last].iter().map(|field| column(accepted, field.name()).map(Arc::clone));
        let mut columns = kept.collect::<Result<Vec<ArrayRef>, _>>()?;
        columns.push(Arc::new(records));
        columns.push(Arc::new(identities));
        Self::shaped(columns, &self.schema)
    }

    fn shaped(columns: Vec<ArrayRef>, schema: &SchemaRef) -> Result<RecordBatch, PipelineError> {
        let cast = |(array, field): (ArrayRef, &Arc<Field>)| {
            arrow::compute::cast(&array, field.data_type()).map_err(EngineError::arrow(field.name().as_str()))
        };
        let columns = columns.into_iter().zip(schema.fields()).map(cast).collect::<Result<Vec<_>, _>>()?;
        Ok(RecordBatch::try_new(Arc::clone(schema), columns).map_err(EngineError::arrow("rows to send"))?)
    }

    /// Writes the file that leaves, which says under which contract `name` it was made.
    pub async fn write(
        &self,
        engine: &Engine,
        tokenizer: &Tokenizer,
        tokens: &RecordTokens,
        name: &str,
        out: &Place,
    ) -> Result<u64, PipelineError> {
        let schema = sent_schema(self.contract, &recipe_names(self.linkage));
        let metadata = vec![footer(name, self.linkage, tokenizer)];
        let options = WriteOptions { metadata, no_statistics: true, ..WriteOptions::default() };
        let scratch = self.part.join("sent");
        let mut writer = DatasetWriter::create(&scratch, Arc::clone(&schema), &options).await?;
        engine.register_folder("rows aside", &self.aside()).await?;
        let mut rows = engine.stream("rows aside", &format!("SELECT * FROM {}", sql_name("rows aside"))).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(EngineError::sql("rows aside"))?;
            writer.write(Self::with_tokens(&batch, tokens, &schema)?).await?;
        }
        drop(rows);
        let (written, parts) = writer.finish_parts().await?;
        let [one] = &parts[..] else {
            self.part.remove_all().await?;
            return Err(PipelineError::Bug(
                "a tokenised file has more rows than one Parquet file holds; split the agency's file".to_owned(),
            ));
        };
        hand_over(&scratch.join(&one.file), out).await?;
        self.part.remove_all().await?;
        Ok(written)
    }

    fn with_tokens(
        rows: &RecordBatch,
        tokens: &RecordTokens,
        schema: &SchemaRef,
    ) -> Result<RecordBatch, PipelineError> {
        let refs: &FixedSizeBinaryArray = column(rows, IDENTITY_REF)?.as_fixed_size_binary();
        let places = (0..refs.len()).map(|row| tokens.place(refs.value(row))).collect::<Result<Vec<_>, _>>()?;
        let columns = schema.fields().iter().map(|field| -> Result<ArrayRef, PipelineError> {
            if let Some(array) = rows.column_by_name(field.name()) {
                return Ok(Arc::clone(array));
            }
            let name = field.name().strip_prefix("token_").unwrap_or(field.name());
            let arrays = tokens.batches.iter().map(|batch| column(batch, name).map(AsRef::as_ref));
            let arrays = arrays.collect::<Result<Vec<&dyn Array>, _>>()?;
            Ok(interleave(&arrays, &places).map_err(EngineError::arrow("tokens"))?)
        });
        Self::shaped(columns.collect::<Result<Vec<_>, _>>()?, schema)
    }
}

/// Puts the finished file where it is wanted; on one disk that is a rename.
async fn hand_over(file: &Place, out: &Place) -> Result<(), PipelineError> {
    if let (Some(from), Some(to)) = (file.local(), out.local())
        && std::fs::rename(from, to).is_ok()
    {
        return Ok(());
    }
    Ok(out.write(file.read().await?).await?)
}
