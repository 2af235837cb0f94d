//! The rule book: which rules a pipeline has, what they say, whether they keep their examples, and what later packs say otherwise.

use std::collections::HashMap;
use std::path::Path;

use arrow::datatypes::SchemaRef;

use crate::engine::{Engine, Limits};
use crate::foundation::{Diagnostics, did_you_mean};
use crate::pipeline::compile::compile;
use crate::pipeline::error::PipelineError;
use crate::pipeline::project::{Loaded, Project, load};
use crate::pipeline::{source_reach, tables};
use crate::rules::{Case, Rule, RuleError, RuleTable, Said, run_fixture};

/// The rules of one pipeline.
#[derive(Debug)]
pub struct RuleBook {
    project: Project,
}

/// How a rule kept one of its examples.
#[derive(Debug)]
pub struct Tested<'b> {
    /// The rule.
    pub rule: &'b Rule,
    /// The example.
    pub case: &'b Case,
    /// What it made otherwise; `None` where all is right.
    pub fault: Option<RuleError>,
}

impl RuleBook {
    /// Reads a pipeline's documents, which must be right.
    pub async fn open(root: &Path, file: &Path) -> Result<Self, PipelineError> {
        let Loaded { project, mut found, texts } = load(root, file);
        let Some(project) = project else { return Err(PipelineError::Documents { found, texts }) };
        compile(&project, &mut found).await;
        if found.has_errors() {
            return Err(PipelineError::Documents { found, texts: project.texts });
        }
        Ok(Self { project })
    }

    /// The tables that rules make, in order of name; all of them, or the one that is asked for by its name or by a rule's id.
    pub fn tables(&self, asked: Option<&str>) -> Result<Vec<RuleTable<'_>>, PipelineError> {
        let found = |found: Diagnostics| PipelineError::Documents { found, texts: self.project.texts.clone() };
        let mut tables = crate::rules::tables(&self.project.rules).map_err(found)?;
        let Some(asked) = asked else { return Ok(tables) };
        let names: Vec<String> = tables.iter().map(|table| table.name.to_owned()).collect();
        tables.retain(|t| t.name == asked || t.versions.iter().any(|rule| rule.spec.id.as_str() == asked));
        if tables.is_empty() {
            let near =
                did_you_mean(asked, names.iter().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
            return Err(PipelineError::Asked(format!("no rule makes `{asked}`{}", near.unwrap_or_default())));
        }
        Ok(tables)
    }

    /// What each pack says by itself, from the bottom up.
    #[must_use]
    pub fn said(&self) -> &[Said] {
        &self.project.said
    }

    /// The tables that read a table: those of rules, then marts.
    #[must_use]
    pub fn read_by(&self, table: &str) -> Vec<String> {
        let reads = |rule: &&Rule| rule.reads().is_ok_and(|reads| reads.iter().any(|read| read == table));
        let mut rules: Vec<String> =
            self.project.rules.iter().filter(reads).map(|r| r.spec.rule.value.clone()).collect();
        rules.sort();
        rules.dedup();
        let marts = self
            .project
            .marts
            .iter()
            .filter(|mart| mart.reads().is_ok_and(|reads| reads.iter().any(|read| read == table)));
        rules.extend(marts.map(|mart| mart.name().to_owned()));
        rules
    }

    /// Runs the examples of every rule as its pack says it, or of one table.
    pub async fn test(&self, asked: Option<&str>) -> Result<Vec<Tested<'_>>, PipelineError> {
        let wanted: Vec<String> = self.tables(asked)?.iter().map(|table| table.name.to_owned()).collect();
        let mut schemas: HashMap<String, SchemaRef> = HashMap::new();
        for (source, contract) in &self.project.contracts {
            schemas.insert(source.clone(), tables::linked(contract));
        }
        schemas.insert(tables::PERSON_LINK.to_owned(), tables::person_link());
        schemas.insert(tables::PERSON_CHANGE.to_owned(), tables::person_change());
        schemas.insert(tables::SOURCE_REACH.to_owned(), source_reach::schema());
        for table in self.tables(None)? {
            schemas.insert(table.name.to_owned(), table.schema());
        }
        let engine = Engine::new(Limits { threads: 1, ..Limits::default() })?;
        let mut tested = Vec::new();
        for Said { rule, .. } in &self.project.said {
            if !wanted.contains(&rule.spec.rule.value) {
                continue;
            }
            for case in &rule.fixtures.cases {
                let fault = run_fixture(engine.context(), rule, &rule.fixtures, case, &schemas).await.err();
                tested.push(Tested { rule, case, fault });
            }
        }
        Ok(tested)
    }
}
