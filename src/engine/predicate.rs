//! A predicate: one SQL boolean expression over the columns of a batch, compiled once and evaluated row by row in columns.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::logical_expr::ExprSchemable;
use datafusion::physical_plan::PhysicalExpr;

use crate::engine::{Engine, EngineError};

/// A compiled expression. It is true, false or null for each row.
#[derive(Clone, Debug)]
pub struct Predicate {
    text: String,
    expression: Arc<dyn PhysicalExpr>,
}

impl Predicate {
    /// Compiles `text` against the columns it may use.
    pub fn compile(engine: &Engine, text: &str, schema: &SchemaRef) -> Result<Self, EngineError> {
        let fault = || EngineError::sql(format!("expression `{text}`"));
        let columns = DFSchema::try_from(schema.as_ref().clone()).map_err(fault())?;
        let expression = engine.context().parse_sql_expr(text, &columns).map_err(fault())?;
        let data_type = expression.get_type(&columns).map_err(fault())?;
        if data_type != DataType::Boolean {
            let reason = format!("it is {data_type}, not true or false");
            return Err(fault()(datafusion::error::DataFusionError::Plan(reason)));
        }
        let expression = engine.context().create_physical_expr(expression, &columns).map_err(fault())?;
        Ok(Self { text: text.to_owned(), expression })
    }

    /// True, false or null for each row of the batch.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, EngineError> {
        let fault = || EngineError::sql(format!("expression `{}`", self.text));
        let value = self.expression.evaluate(batch).map_err(fault())?;
        let array = value.into_array(batch.num_rows()).map_err(fault())?;
        if *array.data_type() == DataType::Null {
            return Ok(BooleanArray::from(vec![None; array.len()]));
        }
        Ok(array.as_boolean().clone())
    }
}
