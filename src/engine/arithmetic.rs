//! Arithmetic that is seldom meant: a quotient of two whole numbers, which SQL cuts to a whole number. A rate of .87 becomes 0 by it.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator};

/// Every quotient of two counts in a plan, in words; empty where there is none. Division by a number that stands in the SQL, as quarters of a year are found, is meant;
/// so is that of a sum or difference, as whole numbers are rounded up. A product is none of these: 100 * a / b is a percentage without its fraction.
#[must_use]
pub fn faults(plan: &LogicalPlan) -> Vec<String> {
    let mut found = Vec::new();
    // The closures never fail, so neither do the walks.
    let _ = plan.apply_with_subqueries(|node| {
        let inputs = node.inputs();
        let whole = |e: &Expr| inputs.iter().any(|i| e.get_type(i.schema()).is_ok_and(|t| t.is_integer()));
        let _ = node.apply_expressions(|expression| {
            let _ = expression.apply(|e| {
                if let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Divide, right }) = e
                    && is_count(left)
                    && is_count(right)
                    && whole(left)
                    && whole(right)
                {
                    found.push(format!(
                        "{left} / {right} divides whole numbers and drops what is left over; cast one of them: arrow_cast(..., 'Float64') for a rate, DECIMAL for money"
                    ));
                }
                Ok(TreeNodeRecursion::Continue)
            });
            Ok(TreeNodeRecursion::Continue)
        });
        Ok(TreeNodeRecursion::Continue)
    });
    found.sort();
    found.dedup();
    found
}

/// Whether an expression is a column or an aggregate, as it stands, cast, or times something.
fn is_count(expression: &Expr) -> bool {
    match expression {
        Expr::Column(_) | Expr::AggregateFunction(_) => true,
        Expr::Cast(cast) => is_count(&cast.expr),
        Expr::Alias(alias) => is_count(&alias.expr),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Multiply, right }) => is_sum(left) || is_sum(right),
        _ => false,
    }
}

/// Whether an expression is a count, or a sum or difference with one, as stands within a percentage.
fn is_sum(expression: &Expr) -> bool {
    match expression {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Plus | Operator::Minus, right }) => {
            is_sum(left) || is_sum(right)
        }
        other => is_count(other),
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::{Engine, Limits};

    async fn faults(sql: &str) -> Vec<String> {
        let engine = Engine::new(Limits::default()).unwrap();
        super::faults(&engine.plan("t", sql).await.unwrap())
    }

    #[tokio::test]
    async fn a_quotient_of_counts_is_found_and_others_are_left_alone() {
        let t = "(values (1, 2, 1.5), (2, 3, 2.5)) as t(a, b, c)";
        for sql in [
            format!("select a / b from {t}"),
            format!("select sum(a) / count(*) from {t}"),
            format!("select 100 * a / b from {t}"),
            format!("select sum(a) * 1000 / count(*) from {t}"),
            format!("select 100 * (a - b) / b from {t}"),
            format!("select x.r from (select a, cast(a as int) / b as r from {t}) as x"),
        ] {
            assert_eq!(faults(&sql).await.len(), 1, "{sql}");
        }
        for sql in [
            format!("select a / 4, a % b, (a + b - 1) / b from {t}"),
            format!("select arrow_cast(a, 'Float64') / b, c / b, a * 1.0 / b, 100.0 * a / b from {t}"),
        ] {
            assert_eq!(faults(&sql).await, Vec::<String>::new(), "{sql}");
        }
    }
}
