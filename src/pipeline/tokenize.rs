//! Tokenising on the agency's side: a file is read under its contract and leaves as tokens, what guards need, and columns that name nobody.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::contract::rejects::reject_file;
use crate::contract::{CodeSet, Judged};
use crate::engine::{Engine, Limits, Place};
use crate::foundation::{Diagnostic, Diagnostics, Element, Located, Quarantined};
use crate::pipeline::accept;
use crate::pipeline::document::Texts;
use crate::pipeline::error::PipelineError;
use crate::pipeline::sent_rows::{Gathered, RecordTokens};
use crate::pipeline::spec::{ContractDocument, LinkageDocument};
use crate::standardize::{IdentityBuilder, RefKey, SPEC_VERSION, StandardizeOptions, record_refs};
use crate::tokenize::{Keyring, KeysSpec, Tokenizer};

/// What an agency asks for.
#[derive(Clone, Debug)]
pub struct Sending<'a> {
    /// The folder with `config/`.
    pub root: &'a Path,
    /// The agency's file.
    pub file: &'a Path,
    /// The contract it keeps, which is also the source's name at the hub.
    pub contract: &'a str,
    /// The linkage document whose tokens are made.
    pub linkage: &'a str,
    /// The send key, by reference.
    pub key: &'a str,
    /// Where the tokens go.
    pub out: &'a Path,
    /// The people are made up.
    pub synthetic: bool,
}

/// What became of the file.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Records in the file.
    pub records: u64,
    /// Rows that leave.
    pub rows: u64,
    /// Rows set aside, which stay with the agency.
    pub quarantined: u64,
    /// Identity records among the rows.
    pub identities: usize,
    /// The reject file, where rows were set aside.
    pub rejects: Option<PathBuf>,
}

/// Tokenises one file.
pub async fn tokenize(sending: &Sending<'_>) -> Result<Sent, PipelineError> {
    let (contract, linkage, code_sets) = documents(sending)?;
    let spec = KeysSpec { send: Some(Located::nowhere(sending.key.to_owned())), hub: None };
    let ring = Keyring::open(&spec, sending.root, sending.synthetic).map_err(|e| PipelineError::Key(e.to_string()))?;
    let tokenizer =
        Tokenizer::new(&linkage.tokens, &ring, SPEC_VERSION).map_err(|e| PipelineError::Key(e.to_string()))?;
    let (send, _) = ring.references().map_err(|e| PipelineError::Key(e.to_string()))?;
    let key = RefKey::new(send, None);

    // One thread, so that rows keep the order of the file.
    let engine = Engine::new(Limits { threads: 1, ..Limits::default() })?;
    let judge = accept::judge(&engine, &contract, &code_sets, None)?;
    let mapping: Vec<(Element, usize)> =
        contract.columns.iter().enumerate().filter_map(|(i, c)| Some((c.identity?, i))).collect();
    let places = |names: &[Located<String>]| names.iter().filter_map(|n| contract.position(n)).collect::<Vec<_>>();
    let options = StandardizeOptions {
        synthetic: sending.synthetic,
        lost_zeros: contract.columns.iter().any(|c| c.identity == Some(Element::Ssn) && c.lost_zeros),
        ..StandardizeOptions::default()
    };
    let mut builder =
        IdentityBuilder::new(sending.contract, mapping, places(&contract.source_person), options, key.clone());
    let grain = places(&contract.grain);
    let out = Place::parse(&sending.out.to_string_lossy(), Path::new("."))?;
    let part = Place::parse(&format!("{}.part", sending.out.to_string_lossy()), Path::new("."))?;
    let gathered = Gathered::new(&contract, &linkage, &part);
    // First pass: rows lie aside without who they are about, of whom the builder keeps each record once.
    let mut rows = gathered.open().await?;
    let mut rejects: Vec<(Quarantined, String)> = Vec::new();
    let take = async |judged: Judged| {
        let Judged { accepted, quarantined, masked, .. } = judged;
        let identities = builder.push(&accepted).map_err(PipelineError::bug)?;
        let records = record_refs(&key, sending.contract, &accepted, &grain).map_err(PipelineError::bug)?;
        rejects.extend(quarantined.into_iter().zip(masked));
        Ok(rows.write(gathered.row_batch(&accepted, identities, records)?).await?)
    };
    let read = accept::read_each(&engine, &contract, sending.file, judge, take).await;
    let summary = match read {
        Ok(summary) => summary,
        Err(error) => {
            part.remove_all().await?;
            return Err(error);
        }
    };
    rows.finish_parts().await?;
    // Second pass: each row takes the tokens of its record.
    let tokens = RecordTokens::make(builder, &tokenizer)?;
    let written = gathered.write(&engine, &tokenizer, &tokens, sending.contract, &out).await?;
    let rejected = (!rejects.is_empty()).then(|| sending.out.with_extension("rejects.csv"));
    if let Some(path) = &rejected {
        let text = reject_file(rejects.iter().map(|(row, masked)| (row, masked.as_str())));
        Place::parse(&path.to_string_lossy(), Path::new("."))?.write(text).await?;
    }
    Ok(Sent {
        records: summary.records,
        rows: written,
        quarantined: rejects.len() as u64,
        identities: tokens.identified,
        rejects: rejected,
    })
}

fn documents(
    sending: &Sending<'_>,
) -> Result<(ContractDocument, LinkageDocument, BTreeMap<String, CodeSet>), PipelineError> {
    let mut found = Diagnostics::default();
    let mut texts = Texts::default();
    let file = PathBuf::from(format!("config/contracts/{}.yaml", sending.contract));
    let contract: Option<ContractDocument> = texts.yaml(sending.root, &file, &mut found);
    let linkage_file = PathBuf::from(format!("config/linkage/{}.yaml", sending.linkage));
    let linkage: Option<LinkageDocument> = texts.yaml(sending.root, &linkage_file, &mut found);
    let mut code_sets = BTreeMap::new();
    for name in contract.iter().flat_map(|c| &c.columns).filter_map(|c| c.code_set.as_ref()) {
        let file = PathBuf::from(format!("config/code_sets/{}.csv", **name));
        let Some(text) = texts.read(sending.root, &file, &mut found) else { continue };
        match CodeSet::parse(&text) {
            Ok(set) => {
                code_sets.insert(name.value.clone(), set);
            }
            Err(error) => found.push(Diagnostic::error("P006", &file, error.to_string())),
        }
    }
    if let Some(contract) = contract.as_ref().filter(|c| !c.has_persons()) {
        let message = format!("`{}` is about no persons; there is nothing to tokenise", *contract.contract);
        found.push(Diagnostic::error("P007", &file, message).help("send the file as it is"));
    }
    if let Some(linkage) = &linkage {
        found.extend(crate::tokenize::check(&linkage.tokens, crate::standardize::PARTS, &linkage_file));
    }
    match (contract, linkage) {
        (Some(contract), Some(linkage)) if !found.has_errors() => Ok((contract, linkage, code_sets)),
        _ => Err(PipelineError::Documents { found, texts }),
    }
}
