//! The tables that rules and marts may read, with the columns they will have: known from the documents, before any data is read.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::contract::spec::ColumnSpec;
use crate::foundation::Sensitivity;
use crate::pipeline::spec::ContractDocument;

/// Where tokens that an agency sent lie, beside the facts of their source.
pub const SENT: &str = "sent";
/// Ids that organisations gave, by person. No document can name the table: SQL is planned against what sources, rules and marts declare.
pub const OWN_IDS: &str = "own ids";
/// The person id of linked tables.
pub const PERSON_ID: &str = "person_id";
/// The reference to the record behind a row, stable over redeliveries.
pub const RECORD_REF: &str = "record_ref";
/// The identity record behind a row; restricted.
pub const IDENTITY_REF: &str = "identity_ref";
/// What linkage says of each person.
pub const PERSON_LINK: &str = "person_link";

/// What changed in persons and their ids since the release before: the ledger.
pub const PERSON_CHANGE: &str = "person_change";

/// How far the data of each source reach, as the pipeline says.
pub const SOURCE_REACH: &str = "source_reach";

/// Whether a column of a contract leaves the restricted zone.
#[must_use]
pub fn travels(column: &ColumnSpec) -> bool {
    matches!(column.sensitivity, Sensitivity::None | Sensitivity::Quasi)
}

/// A plain type for a column at rest: text is text, not a view of it.
fn at_rest(data_type: DataType) -> DataType {
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        other => other,
    }
}

/// The columns of accepted rows as they lie in the store: every contract column, statuses, and the line of the file.
#[must_use]
pub fn accepted(contract: &ContractDocument) -> SchemaRef {
    crate::contract::accepted_schema(&contract.columns)
}

/// The contract's own columns, which the expressions of its checks may use.
#[must_use]
pub fn typed(contract: &ContractDocument) -> SchemaRef {
    let fields = contract.columns.iter().map(|c| Field::new(c.name.as_str(), c.kind.data_type(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The columns of a source that travel: those that name nobody, with their statuses.
#[must_use]
pub fn travelling(contract: &ContractDocument) -> Vec<Field> {
    let travelling = || contract.columns.iter().filter(|c| travels(c));
    let mut fields: Vec<Field> =
        travelling().map(|c| Field::new(c.name.as_str(), at_rest(c.kind.data_type()), true)).collect();
    fields.extend(travelling().filter(|c| c.has_status()).map(|c| Field::new(c.status_name(), DataType::Utf8, false)));
    fields
}

/// Event facts (restricted until linkage has given persons): what travels, the identity record and the record reference, then the delivery
/// and the line that the row came from, which is where an auditor finds the record behind a reference.
#[must_use]
pub fn facts(contract: &ContractDocument) -> SchemaRef {
    let mut fields = travelling(contract);
    if contract.has_persons() {
        let size = DataType::FixedSizeBinary(crate::foundation::schema::REF_BYTES);
        fields.push(Field::new(IDENTITY_REF, size.clone(), false));
        fields.push(Field::new(RECORD_REF, size, false));
    }
    fields.extend(["delivery_seq", "line"].map(|name| Field::new(name, DataType::Int64, false)));
    Arc::new(Schema::new(fields))
}

/// A linked table, named by its source: what travels, the person id and the record reference.
#[must_use]
pub fn linked(contract: &ContractDocument) -> SchemaRef {
    let mut fields = travelling(contract);
    if contract.has_persons() {
        fields.push(Field::new(PERSON_ID, DataType::Utf8, false));
        fields.push(Field::new(RECORD_REF, DataType::FixedSizeBinary(crate::foundation::schema::REF_BYTES), false));
    }
    Arc::new(Schema::new(fields))
}

/// What changed in persons and their ids.
#[must_use]
pub fn person_change() -> SchemaRef {
    crate::identity::ledger_schema()
}

/// What linkage says of each person, and whether any of their records has a valid SSN.
#[must_use]
pub fn person_link() -> SchemaRef {
    crate::linkage::log::person_schema()
}
