//! A dataset: one step's output, a folder of Parquet parts and a description that is written last and so says it is whole.

use arrow::datatypes::Schema;
use serde::{Deserialize, Serialize};

use crate::engine::{EngineError, Place};
use crate::foundation::{Fingerprinter, Zone};

/// The description's file name; without it a folder is a half-written dataset and counts as none.
pub const META: &str = "_dataset.json";

/// One Parquet file of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// File name within the dataset's folder.
    pub file: String,
    /// Rows in it.
    pub rows: u64,
    /// The SHA-256 of its bytes.
    #[serde(default)]
    pub sha256: String,
    /// The one value of the column by which the parts were divided, where they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// One column, as the description shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnMeta {
    /// Its name.
    pub name: String,
    /// Its Arrow type.
    #[serde(rename = "type")]
    pub data_type: String,
}

/// What a dataset says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetMeta {
    /// The step that made it.
    pub step: String,
    /// The fingerprint of all that it rests on; also its folder's name.
    pub fingerprint: String,
    /// Where it may lie.
    pub zone: Zone,
    /// Rows in all parts.
    pub rows: u64,
    /// Its files, in order.
    pub parts: Vec<Part>,
    /// Its columns, in order.
    pub columns: Vec<ColumnMeta>,
    /// Counts and facts that the step leaves for later steps and for the run record.
    #[serde(default)]
    pub facts: serde_json::Map<String, serde_json::Value>,
}

impl DatasetMeta {
    /// The columns of an Arrow schema.
    #[must_use]
    pub fn columns_of(schema: &Schema) -> Vec<ColumnMeta> {
        let column = |f: &arrow::datatypes::FieldRef| ColumnMeta {
            name: f.name().clone(),
            data_type: f.data_type().to_string(),
        };
        schema.fields().iter().map(column).collect()
    }
}

/// A dataset that is whole.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Its folder.
    pub place: Place,
    /// What it says of itself.
    pub meta: DatasetMeta,
}

impl Dataset {
    /// Opens the dataset in a folder; `None` where there is none, or only a half-written one.
    pub async fn open(place: &Place) -> Result<Option<Self>, EngineError> {
        let Some(bytes) = place.join(META).read_if_there().await? else { return Ok(None) };
        let damaged = |e: serde_json::Error| EngineError::Damaged { place: place.to_string(), reason: e.to_string() };
        let meta: DatasetMeta = serde_json::from_slice(&bytes).map_err(damaged)?;
        // What an earlier version of the program left without checksums says nothing of its rows, and is made again.
        let told = meta.parts.iter().all(|part| !part.sha256.is_empty());
        Ok(told.then(|| Self { place: place.clone(), meta }))
    }

    /// What tells its rows from others, whatever they were made of. What rests on these rows is made again where this is another, and not where
    /// they only came by another way.
    #[must_use]
    pub fn content(&self) -> String {
        let parts = self.meta.parts.iter();
        let print = parts.fold(Fingerprinter::new("content/1"), |print, part| {
            print.with("part", &part.sha256).with("of", part.of.as_deref().unwrap_or_default())
        });
        print.finish().to_string()
    }

    /// Writes the description of parts that lie in a folder, which makes the dataset whole.
    pub async fn describe(place: &Place, meta: DatasetMeta) -> Result<Self, EngineError> {
        let damaged = |e: serde_json::Error| EngineError::Damaged { place: place.to_string(), reason: e.to_string() };
        let mut text = serde_json::to_vec_pretty(&meta).map_err(damaged)?;
        text.push(b'\n');
        place.join(META).write(text).await?;
        Ok(Self { place: place.clone(), meta })
    }

    /// Copies some of its Parquet files; its description stays where it is.
    pub async fn copy_parts(&self, parts: &[Part], to: &Place) -> Result<(), EngineError> {
        for part in parts {
            to.join(&part.file).write(self.place.join(&part.file).read().await?).await?;
        }
        Ok(())
    }

    /// The same rows in another folder, which `meta` describes.
    pub async fn copy(&self, to: &Place, meta: DatasetMeta) -> Result<Self, EngineError> {
        self.copy_parts(&self.meta.parts, to).await?;
        Self::describe(to, meta).await
    }

    /// A count that the step left, or 0.
    #[must_use]
    pub fn count(&self, fact: &str) -> u64 {
        self.meta.facts.get(fact).and_then(serde_json::Value::as_u64).unwrap_or(0)
    }
}
