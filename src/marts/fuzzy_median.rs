//! The fuzzy median: the mean of the 45th and the 55th percentile of amounts, in place of a median that is one person's own amount.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Field};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, AggregateUDF, Volatility, create_udaf};

use crate::marts::spec::MEDIAN;

/// Its name in SQL.
pub const NAME: &str = "fuzzy_median";

/// The mean of the amounts that stand at 45 and at 55 per cent of the way from the least to the greatest, the one rounded down to a place and the other up,
/// cut off toward zero; of one amount that amount. The order of the amounts is not kept.
#[must_use]
pub fn of<T: Ord + Copy + Into<i128>>(amounts: &mut [T]) -> Option<i128> {
    let last = amounts.len().checked_sub(1)?;
    let (low, high) = (last * 45 / 100, (last * 55).div_ceil(100));
    let low = *amounts.select_nth_unstable(low).1;
    let high = *amounts.select_nth_unstable(high).1;
    Some(i128::midpoint(low.into(), high.into()))
}

/// `fuzzy_median(amount)` over `decimal(14,2)`: null where there is no amount.
#[must_use]
pub fn function() -> AggregateUDF {
    let list = DataType::List(Arc::new(Field::new_list_field(MEDIAN.arrow(), true)));
    let fresh =
        Arc::new(|_: datafusion::logical_expr::function::AccumulatorArgs<'_>| -> Result<Box<dyn Accumulator>> {
            Ok(Box::new(Amounts::default()))
        });
    let kind = Arc::new(MEDIAN.arrow());
    create_udaf(NAME, vec![MEDIAN.arrow()], kind, Volatility::Immutable, fresh, Arc::new(vec![list]))
}

/// The amounts of one group.
#[derive(Debug, Default)]
struct Amounts(Vec<i128>);

impl Amounts {
    fn take(&mut self, amounts: &ArrayRef) {
        self.0.extend(amounts.as_primitive::<Decimal128Type>().iter().flatten());
    }

    fn scalar(amount: Option<i128>) -> ScalarValue {
        ScalarValue::Decimal128(amount, 14, 2)
    }
}

impl Accumulator for Amounts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.take(&values[0]);
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(Self::scalar(of(&mut self.0)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.capacity() * size_of::<i128>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let all: Vec<ScalarValue> = self.0.iter().map(|amount| Self::scalar(Some(*amount))).collect();
        Ok(vec![ScalarValue::List(ScalarValue::new_list(&all, &MEDIAN.arrow(), true))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for amounts in states[0].as_list::<i32>().iter().flatten() {
            self.take(&amounts);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_nobody_s_own_amount_where_there_are_several() {
        assert_eq!(of::<i64>(&mut []), None);
        assert_eq!(of(&mut [7_i64]), Some(7));
        // Of 21 amounts 0, 100, ..., 2000 the places are 9 and 11.
        let mut amounts: Vec<i64> = (0..21).rev().map(|n| n * 100).collect();
        assert_eq!(of(&mut amounts), Some(1_000));
        assert_eq!(of(&mut [10_i64, 20]), Some(15));
        // Of 101 the places are 45 and 55.
        let mut amounts: Vec<i64> = (0..101).map(|n| n * n).collect();
        assert_eq!(of(&mut amounts), Some(i128::midpoint(45 * 45, 55 * 55)));
    }
}
