//! Documents as they are written: the pipeline, and the documents that join what several rooms may say.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::spec::{
    CheckSpec, ColumnSpec, ControlSpec, DeliverySpec, GateSpec, ReferenceSpec, Sector, UniqueSpec,
};
use crate::extract::spec::Format;
use crate::foundation::Located;
use crate::linkage::model::spec::{BlockingSpec, ComparisonSpec, DecideSpec, FieldSpec};
use crate::linkage::spec::{GuardSpec, ModelPassSpec, PassSpec, RolesSpec};
use crate::tokenize::{KeysSpec, RecipeSpec};

/// `pipelines/NAME.yaml`: one scheduled job.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineDocument {
    /// The job's name; also the file's.
    pub pipeline: Located<String>,
    /// What it does, for people.
    pub title: String,
    /// Why the data are used, as the agreements word it.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Who receives what it publishes.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// The data-sharing agreements it rests on.
    #[serde(default)]
    pub agreements: Vec<String>,
    /// What the release is called, such as `2025` or `2025Q3`.
    pub period: Located<String>,
    /// The files it reads, by source.
    pub sources: IndexMap<String, SourceSpec>,
    /// Whether schools and districts stand in linked tables, and in all that is made of them, as they were reported, or as what they are today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_as_of: Option<Located<OrgAsOf>>,
    /// A CSV with the columns `file`, `received` and `status` (`accepted` or `withdrawn`) that says when each file came. Files that it does not
    /// name were received on the day of the first successful run that saw them.
    #[serde(default)]
    pub delivery_log: Option<Located<String>>,
    /// A CSV with the columns `left_ref`, `right_ref` and `decision` (`must_link` or `cannot_link`): what people who looked have decided of pairs
    /// of records, as `throughline review import` writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_decisions: Option<Located<String>>,
    /// The linkage document it uses.
    pub linkage: Located<String>,
    /// How much less a group of learners may be found than the best served one, before the release is stopped (exit 5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linkage_gate: Option<LinkageGateSpec>,
    /// The packs of business rules it applies, by folder of `config/rules`.
    #[serde(default)]
    pub rules: Vec<Located<String>>,
    /// The marts it writes.
    #[serde(default)]
    pub marts: Vec<Located<String>>,
    /// The request files that it writes for the Clearinghouse, by document of `config/requests`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Located<String>>,
    /// A few numbers for the first page of the summary.
    #[serde(default)]
    pub headlines: Vec<HeadlineSpec>,
    /// What a reader of the summary should know, where there is any of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_know: Vec<NoticeSpec>,
    /// The keys it hashes under, by reference: `env:NAME`, `file:PATH` (mode 0600), or `demo` where every source is synthetic.
    pub keys: KeysSpec,
    /// The project that research files are made for; ids of two projects cannot be joined.
    pub research: ResearchSpec,
    /// Where it writes.
    pub output: OutputSpec,
}

/// One source of a pipeline.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// The contract its files keep.
    pub contract: Located<String>,
    /// Its files: a path from the project's folder or a URL; `*` and `?` in the last part.
    pub files: Located<String>,
    /// Whether its people are made up. SSNs that were never issued count as valid only here.
    #[serde(default)]
    pub synthetic: bool,
    /// Whether the run may go on without any file of this source.
    #[serde(default)]
    pub optional: bool,
    /// Whether the agency hashed identities on its side with `throughline tokenize`.
    #[serde(default)]
    pub tokenized: bool,
    /// The last day that its data cover in full, where the agency says so: a quarter or a term of which only a part has come is then not taken for whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_through: Option<Located<String>>,
}

/// As of when organisations stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrgAsOf {
    /// As the files report them.
    #[default]
    Reported,
    /// As what the source `organization_changes` says they have become, with `--as-of` by that day; the district of a row is its school's.
    Current,
}

/// What stops a release because of how its records were linked.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkageGateSpec {
    /// Attributes of learners by whose values groups are compared, columns of `learner_attributes`.
    pub by: Vec<Located<String>>,
    /// How much less of a group may be found than of the best served one, such as 0.05.
    pub max_gap: f64,
    /// What counts as found.
    #[serde(default)]
    pub on: GateOn,
    /// Groups of fewer learners open no gap: their shares say too little.
    #[serde(default = "a_thousand")]
    pub fewest: u64,
}

fn a_thousand() -> u64 {
    1_000
}

/// What counts as found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateOn {
    /// A learner whose records are in more than one source.
    #[default]
    SeveralSources,
    /// A learner with a record that holds both a name and a Social Security number, by which wages can be found.
    Bridge,
}

/// One number of the summary.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadlineSpec {
    /// What it is, in a few words.
    pub says: String,
    /// SQL over rules and marts: one row, first the numerator, then the denominator.
    pub sql: Located<String>,
}

/// Something in the data that people should look at; nothing is said where its number is 0.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeSpec {
    /// What is counted; its number stands behind it.
    pub says: String,
    /// SQL over linked tables, rules and marts: one row with one number.
    pub sql: Located<String>,
}

/// What research files are made for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResearchSpec {
    /// The project's name; its ids are derived under a key of its own.
    pub project: Located<String>,
}

/// Where a pipeline writes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputSpec {
    /// The folder or URL of all output.
    pub root: Located<String>,
}

/// `config/contracts/NAME.yaml`: what the files of a source promise.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractDocument {
    /// The contract's name; also the file's.
    pub contract: Located<String>,
    /// What a row is, for people.
    pub title: String,
    /// Who sends it.
    pub agency: String,
    /// The part of the system it comes from.
    pub sector: Sector,
    /// First day of the records' own period for which the contract holds.
    #[serde(default)]
    pub valid_from: Option<Located<String>>,
    /// Last day of the records' own period for which the contract holds.
    #[serde(default)]
    pub valid_to: Option<Located<String>>,
    /// How the file is laid out.
    pub format: Format,
    /// How deliveries follow one another.
    pub delivery: DeliverySpec,
    /// The natural key of a row.
    #[serde(default)]
    pub grain: Vec<Located<String>>,
    /// The columns that name the person within the source, where it has such.
    #[serde(default)]
    pub source_person: Vec<Located<String>>,
    /// The columns.
    pub columns: Vec<ColumnSpec>,
    /// Checks between the fields of one row.
    #[serde(default)]
    pub checks: Vec<CheckSpec>,
    /// Columns that together stand once among all current rows.
    #[serde(default)]
    pub unique: Vec<UniqueSpec>,
    /// Columns whose values must stand in another source.
    #[serde(default)]
    pub references: Vec<ReferenceSpec>,
    /// Totals that the file itself states.
    #[serde(default)]
    pub controls: Vec<ControlSpec>,
    /// What refuses a delivery as a whole.
    #[serde(default)]
    pub gate: GateSpec,
}

impl ContractDocument {
    /// Whether its rows are about persons.
    #[must_use]
    pub fn has_persons(&self) -> bool {
        self.columns.iter().any(|c| c.identity.is_some())
    }

    /// The position of a column by name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| *c.name == name)
    }
}

/// `config/linkage/NAME.yaml`: tokens, passes and guards.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkageDocument {
    /// The document's name; also the file's.
    pub linkage: Located<String>,
    /// Its version; raise it with every change that may change a link.
    pub version: u32,
    /// The keyed hashes that passes compare.
    pub tokens: Vec<RecipeSpec>,
    /// The exact passes, strongest first.
    pub passes: Vec<PassSpec>,
    /// The model over what they left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelPassSpec>,
    /// Which tokens play which part in guards, bridges and the match log.
    #[serde(default)]
    pub roles: RolesSpec,
    /// What vetoes a link.
    #[serde(default)]
    pub guards: Vec<GuardSpec>,
}

/// `config/linkage/NAME.yaml` for `throughline link`: any files of persons, and the model that links them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkDocument {
    /// The document's name; also the file's.
    pub link: Located<String>,
    /// Its version; raise it with every change that may change a link. A trained model is of one version.
    pub version: u32,
    /// What it links, for people.
    #[serde(default)]
    pub title: String,
    /// Which pairs may be one person.
    pub mode: LinkMode,
    /// Whether the people are made up. SSNs that were never issued count as valid only here.
    #[serde(default)]
    pub synthetic: bool,
    /// The files, by name.
    pub files: IndexMap<String, PersonFileSpec>,
    /// The fields by which records are compared.
    pub fields: Vec<FieldSpec>,
    /// Which pairs are compared at all.
    pub blocking: Vec<BlockingSpec>,
    /// How they are compared.
    pub comparisons: Vec<ComparisonSpec>,
    /// When a pair is a link.
    #[serde(default)]
    pub decide: DecideSpec,
}

/// Which pairs may be one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkMode {
    /// Records of different files.
    LinkOnly,
    /// Records of one file.
    DedupeOnly,
    /// Any two records.
    LinkAndDedupe,
}

/// One file of persons.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonFileSpec {
    /// The file: a path from the project's folder or a URL.
    pub path: Located<String>,
    /// The column that names a record.
    pub id: String,
    /// What this file calls a field, by field, where it is not what the field says.
    #[serde(default)]
    pub columns: IndexMap<String, Located<String>>,
    /// How it is laid out; by default what its ending says, `.parquet` or `.csv`.
    #[serde(default)]
    pub format: Option<Format>,
    /// Whether one person may stand in it more than once. Where not, no two of its records are ever linked, not even through others.
    #[serde(default)]
    pub duplicates: bool,
}
