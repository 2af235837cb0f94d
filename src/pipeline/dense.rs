//! Dense: a function of SQL that gives a column back in buffers of its own.
//!
//! An aggregate hands out slices of one great batch, and a sort asks for memory as if it held that batch once a slice (DataFusion 55.2);
//! over millions of rows that is more than any machine has. A copy of eight thousand values costs next to nothing beside the sort.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, MutableArrayData, make_array};
use arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

/// The function's name in SQL.
pub const NAME: &str = "dense";

/// The function, to be registered before a job is planned.
#[must_use]
pub fn function() -> ScalarUDF {
    ScalarUDF::from(Dense { signature: Signature::any(1, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Dense {
    signature: Signature,
}

impl ScalarUDFImpl for Dense {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(types[0].clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        Ok(match &args.args[0] {
            ColumnarValue::Array(array) => ColumnarValue::Array(copied(array)?),
            scalar @ ColumnarValue::Scalar(_) => scalar.clone(),
        })
    }

    // Rows that come sorted stay so, and a sort by them is left out.
    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties, DataFusionError> {
        Ok(inputs[0].sort_properties)
    }

    fn preserves_lex_ordering(&self, _: &[ExprProperties]) -> Result<bool, DataFusionError> {
        Ok(true)
    }
}

/// The array itself where most of its buffers are its own values, else a copy of its values.
fn copied(array: &ArrayRef) -> Result<ArrayRef, DataFusionError> {
    let data = array.to_data();
    let own = data.get_slice_memory_size()?;
    if data.get_buffer_memory_size() <= 2 * own {
        return Ok(Arc::clone(array));
    }
    let mut copy = MutableArrayData::new(vec![&data], false, data.len());
    copy.try_extend(0, 0, data.len())?;
    Ok(make_array(copy.freeze()))
}

#[cfg(test)]
mod tests {
    use arrow::array::{BooleanArray, StringArray};

    use super::*;

    #[test]
    fn a_slice_leaves_its_great_batch() {
        let flags: ArrayRef =
            Arc::new((0..100_000).map(|n| (n % 3 > 0).then_some(n % 2 == 0)).collect::<BooleanArray>());
        let words: ArrayRef =
            Arc::new((0..100_000).map(|n| (n % 3 > 0).then(|| format!("w{n}"))).collect::<StringArray>());
        for array in [flags, words] {
            let slice = array.slice(777, 1_000);
            let dense = copied(&slice).unwrap();
            assert_eq!(&dense, &slice);
            assert!(dense.get_buffer_memory_size() * 10 < slice.get_buffer_memory_size());
            assert!(Arc::ptr_eq(&copied(&dense).unwrap(), &dense), "what is dense is not copied again");
        }
    }
}
