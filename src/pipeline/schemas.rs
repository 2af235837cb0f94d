//! The JSON Schemas of the documents that people write and of the records that runs write.

use schemars::{JsonSchema, schema_for};

use crate::clearinghouse::RequestSpec;
use crate::marts::spec::MartSpec;
use crate::pipeline::record::RunResults;
use crate::pipeline::spec::{ContractDocument, LinkDocument, LinkageDocument, PipelineDocument};
use crate::publish::Manifest;
use crate::rules::{OverrideSpec, RuleSpec};

/// Every schema by file name.
#[must_use]
pub fn all() -> Vec<(String, String)> {
    vec![
        one::<PipelineDocument>("pipeline"),
        one::<ContractDocument>("contract"),
        one::<LinkageDocument>("linkage"),
        one::<LinkDocument>("link"),
        one::<RuleSpec>("rule"),
        one::<OverrideSpec>("override"),
        one::<MartSpec>("mart"),
        one::<RequestSpec>("request"),
        one::<Manifest>("manifest"),
        one::<RunResults>("run_results"),
    ]
}

fn one<T: JsonSchema>(name: &str) -> (String, String) {
    let mut text = serde_json::to_string_pretty(&schema_for!(T)).unwrap_or_default();
    text.push('\n');
    (format!("{name}.schema.json"), text)
}
