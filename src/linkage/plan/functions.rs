//! Named functions: what the queries of a plan call because SQL has no word for it. An engine that runs the queries registers them first.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, FixedSizeBinaryBuilder, Int32Array, ListBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use crate::foundation::schema::REF_BYTES;
use crate::linkage::model::rarity;

/// The tokens of an SSN's neighbourhood, one after another in bytes, as a list of tokens.
pub(super) const NEIGHBOURS: &str = "ssn_neighbours";
/// Whether two neighbourhoods have a token in common: two SSNs that are equal or one slip apart.
pub(super) const NEAR: &str = "ssn_near_each_other";
/// What agreement on a value is worth beyond agreement on any, in thousandths of a bit: of u, of how many hold the value, and any.
pub(super) const RARITY: &str = "value_rarity";

/// The functions, to be registered.
#[must_use]
pub fn functions() -> Vec<ScalarUDF> {
    let list = DataType::List(Arc::new(Field::new_list_field(DataType::FixedSizeBinary(REF_BYTES), true)));
    let one = |name: &str, takes: Vec<DataType>, gives: DataType, of: fn(&[ArrayRef]) -> Result<ArrayRef>| {
        let call = move |values: &[ColumnarValue]| {
            let scalar = values.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
            let made = of(&ColumnarValue::values_to_arrays(values)?)?;
            if !scalar {
                return Ok(ColumnarValue::Array(made));
            }
            Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(&made, 0)?))
        };
        create_udf(name, takes, gives, Volatility::Immutable, Arc::new(call))
    };
    vec![
        one(NEIGHBOURS, vec![DataType::Binary], list, neighbours),
        one(NEAR, vec![DataType::Binary, DataType::Binary], DataType::Boolean, near),
        one(RARITY, vec![DataType::Float64, DataType::Int64, DataType::Int64], DataType::Int32, rarities),
    ]
}

fn bytes(array: &ArrayRef) -> Result<BinaryArray> {
    Ok(cast(array, &DataType::Binary)?.as_binary::<i32>().clone())
}

/// The tokens of one neighbourhood, in the order of kinds and places of a slip.
fn tokens(run: &[u8]) -> &[[u8; 16]] {
    run.as_chunks().0
}

fn neighbours(arrays: &[ArrayRef]) -> Result<ArrayRef> {
    let runs = bytes(&arrays[0])?;
    let mut lists = ListBuilder::new(FixedSizeBinaryBuilder::new(REF_BYTES));
    for run in &runs {
        for token in run.into_iter().flat_map(tokens) {
            lists.values().append_value(token)?;
        }
        lists.append(run.is_some());
    }
    Ok(Arc::new(lists.finish()))
}

fn near(arrays: &[ArrayRef]) -> Result<ArrayRef> {
    let (left, right) = (bytes(&arrays[0])?, bytes(&arrays[1])?);
    if left.len() != right.len() {
        return exec_err!("{NEAR} takes two columns of one length");
    }
    let both = left.iter().zip(&right).map(|(one, other)| {
        let (one, other) = (tokens(one?), tokens(other?));
        Some(one.iter().any(|token| other.contains(token)))
    });
    Ok(Arc::new(both.collect::<BooleanArray>()))
}

fn rarities(arrays: &[ArrayRef]) -> Result<ArrayRef> {
    if arrays.len() != 3 {
        return exec_err!("{RARITY} takes u, how many hold the value, and how many any");
    }
    let exact = arrays[0].as_primitive::<Float64Type>();
    let (count, with) = (arrays[1].as_primitive::<Int64Type>(), arrays[2].as_primitive::<Int64Type>());
    #[allow(clippy::cast_precision_loss)] // counts of records
    let of = |((exact, count), with): ((Option<f64>, Option<i64>), Option<i64>)| {
        Some(rarity(exact?, count? as f64, with? as f64))
    };
    Ok(Arc::new(exact.iter().zip(count).zip(with).map(of).collect::<Int32Array>()))
}
