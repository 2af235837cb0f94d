//! What is not reproducible in a plan: anything whose answer may differ between two runs over the same rows.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Volatility};

/// Every reason, in plain words, why this plan could give different bytes on another run; empty where there is none.
#[must_use]
pub fn faults(plan: &LogicalPlan) -> Vec<String> {
    let mut found = Vec::new();
    // The closures never fail, so neither do the walks.
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Limit(limit) = node
            && !is_sorted(&limit.input)
        {
            found.push(
                "LIMIT without ORDER BY takes whichever rows come first; add ORDER BY over a total order".to_owned(),
            );
        }
        let _ = node.apply_expressions(|expression| {
            let _ = expression.apply(|e| {
                found.extend(fault_of(e, node));
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

fn is_sorted(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Sort(_) => true,
        LogicalPlan::Projection(p) => is_sorted(&p.input),
        LogicalPlan::SubqueryAlias(a) => is_sorted(&a.input),
        _ => false,
    }
}

fn fault_of(expression: &Expr, node: &LogicalPlan) -> Option<String> {
    match expression {
        Expr::ScalarFunction(call) if call.func.signature().volatility != Volatility::Immutable => {
            Some(format!("{}() gives another answer each time; pass the value as a parameter", call.func.name()))
        }
        Expr::AggregateFunction(call) => aggregate_fault(call, node),
        Expr::WindowFunction(call) => window_fault(call),
        _ => None,
    }
}

fn aggregate_fault(call: &AggregateFunction, node: &LogicalPlan) -> Option<String> {
    let name = call.func.name().to_lowercase();
    if name.starts_with("approx_") {
        return Some(format!("{name}() is approximate; use the exact form"));
    }
    let takes_floats = || {
        let inputs = node.inputs();
        call.params.args.iter().any(|arg| {
            let is_float = |t: &DataType| matches!(t, DataType::Float16 | DataType::Float32 | DataType::Float64);
            inputs.iter().any(|input| arg.get_type(input.schema()).is_ok_and(|t| is_float(&t)))
        })
    };
    let order_matters = ["first_value", "last_value", "nth_value", "array_agg", "string_agg"];
    let sums =
        ["sum", "avg", "mean", "stddev", "stddev_pop", "var", "var_pop", "var_sample", "corr", "covar", "regr_slope"];
    if order_matters.contains(&name.as_str()) && call.params.order_by.is_empty() {
        return Some(format!("{name}() depends on the order of rows; give it ORDER BY over a total order"));
    }
    if sums.contains(&name.as_str()) && takes_floats() {
        return Some(format!(
            "{name}() over floating point depends on the order of rows; cast to DECIMAL or to an integer first"
        ));
    }
    None
}

fn window_fault(call: &WindowFunction) -> Option<String> {
    let name = call.fun.name().to_lowercase();
    let needs_order =
        ["row_number", "rank", "dense_rank", "lag", "lead", "first_value", "last_value", "nth_value", "ntile"];
    (needs_order.contains(&name.as_str()) && call.params.order_by.is_empty())
        .then(|| format!("{name}() OVER (...) without ORDER BY takes rows as they come; order it by a total order"))
}

#[cfg(test)]
mod tests {
    use crate::engine::{Engine, Limits};

    async fn faults(sql: &str) -> Vec<String> {
        let engine = Engine::new(Limits::default()).unwrap();
        let plan = engine.plan("t", sql).await.unwrap();
        super::faults(&plan)
    }

    #[tokio::test]
    async fn finds_what_may_differ() {
        let t = "(values (1, 1.5e0), (2, 2.5e0)) as t(a, b)";
        for (sql, word) in [
            (format!("select sum(b) from {t}"), "floating point"),
            (format!("select avg(b) from {t}"), "floating point"),
            (format!("select approx_distinct(a) from {t}"), "approximate"),
            (format!("select first_value(a) from {t}"), "order of rows"),
            (format!("select a, random() from {t}"), "random"),
            (format!("select a, now() from {t}"), "now"),
            (format!("select a from {t} limit 1"), "LIMIT"),
            (format!("select row_number() over (partition by a) from {t}"), "row_number"),
        ] {
            let found = faults(&sql).await;
            assert!(found.iter().any(|f| f.contains(word)), "{sql}: {found:?}");
        }
    }

    #[tokio::test]
    async fn leaves_the_rest_alone() {
        let t = "(values (1, 1.5), (2, 2.5)) as t(a, b)";
        for sql in [
            format!("select sum(a), count(*), max(b) from {t}"),
            format!("select first_value(a order by a, b) from {t}"),
            format!("select a from {t} order by a limit 1"),
            format!("select row_number() over (partition by a order by b) from {t}"),
        ] {
            assert_eq!(faults(&sql).await, Vec::<String>::new(), "{sql}");
        }
    }
}
