//! Tokens: the identity records of a source as keyed hashes, all that linking ever sees.

use std::sync::Arc;

use futures::StreamExt;

use crate::engine::{Dataset, DatasetWriter, EngineError, Place, WriteOptions};
use crate::foundation::{Fingerprinter, Zone, schema, sql_name};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::identify::Identified;
use crate::standardize::{Deriver, SPEC_VERSION};
use crate::tokenize::{Maker, Tokenizer};

/// Makes the tokens of one source.
pub async fn tokens(ground: &Ground<'_>, identified: &Identified) -> Result<Option<Dataset>, PipelineError> {
    if let Some(sent) = &identified.sent_tokens {
        return Ok(Some(sent.clone()));
    }
    let Some(identities) = &identified.identities else { return Ok(None) };
    let recipes = &ground.project.linkage.tokens;
    let mut print = Fingerprinter::new("tokens/2").with("identities", identities.content()).with("spec", SPEC_VERSION);
    for recipe in recipes {
        let domain = recipe.domain.as_ref().map(|d| d.value.as_str()).unwrap_or_default();
        print = print.with("recipe", recipe.definition()).with("domain", domain);
    }
    for (label, value) in ground.keys.check_values() {
        print = print.with("key", label).with("value", value);
    }
    let fingerprint = print.finish();
    let name = format!("tokens/{}", identified.source);
    let schema = schema::tokens(&recipes.iter().map(|r| r.name.value.clone()).collect::<Vec<_>>());
    let make = async |place: Place| {
        let tokenizer = Tokenizer::new(recipes, ground.keys.ring(), SPEC_VERSION).map_err(PipelineError::bug)?;
        let options = WriteOptions {
            sorted_by: vec!["identity_ref".into()],
            hashed: tokenizer.hashed_columns(),
            no_statistics: true,
            ..WriteOptions::default()
        };
        let mut writer = DatasetWriter::create(&place, Arc::clone(&schema), &options).await?;
        let table = format!("identities {}", identified.source);
        ground.runner.serial.register_folder(&table, &identities.place).await?;
        let mut rows = ground.runner.serial.stream(&table, &format!("SELECT * FROM {}", sql_name(&table))).await?;
        let mut deriver = Deriver::new(&tokenizer.parts()).map_err(PipelineError::bug)?;
        let mut maker = Maker::of_hub(&tokenizer).map_err(PipelineError::bug)?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(EngineError::sql(table.as_str()))?;
            let parts = deriver.derive(&batch).map_err(PipelineError::bug)?;
            writer.write(maker.tokens(&batch, &parts).map_err(PipelineError::bug)?).await?;
        }
        Ok(writer.finish("tokens", fingerprint.as_str(), Zone::Restricted, serde_json::Map::new()).await?)
    };
    ground.runner.step(&name, "tokens", Zone::Restricted, &fingerprint, make).await.map(Some)
}
