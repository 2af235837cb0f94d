//! A predicate: one SQL boolean expression over the columns of a batch, compiled once and evaluated row by row in columns.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::logical_expr::ExprSchemable;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
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
        // Some functions, such as COALESCE, are only other words for an expression that can be evaluated.
        let simple = SimplifyContext::builder()
            .with_schema(Arc::new(columns.clone()))
            .with_config_options(Arc::clone(engine.context().state().config_options()))
            .build();
        let simplifier = ExprSimplifier::new(simple);
        let expression = simplifier.coerce(expression, &columns).map_err(fault())?;
        let expression = simplifier.simplify(expression).map_err(fault())?;
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

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;
    use arrow::datatypes::{Field, Schema};

    use super::*;
    use crate::engine::Limits;

    #[test]
    fn other_words_for_an_expression_are_understood() {
        let engine = Engine::new(Limits::default()).unwrap();
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        let batch = RecordBatch::try_new(
            Arc::clone(&schema),
            vec![Arc::new(Int64Array::from(vec![Some(1), None, Some(5)])) as arrow::array::ArrayRef],
        );
        for (text, expected) in
            [("COALESCE(n, 5) >= 5", [false, true, true]), ("NULLIF(n, 1) IS NULL", [true, true, false])]
        {
            let predicate = Predicate::compile(&engine, text, &schema).unwrap();
            let said = predicate.evaluate(batch.as_ref().unwrap()).unwrap();
            assert_eq!(said.iter().map(Option::unwrap).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
