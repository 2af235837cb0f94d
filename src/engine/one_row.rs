//! One row: a rule of ours in DataFusion's optimizer. An aggregate without groups has one row whatever lies below it, so a filter that names no column,
//! such as the one that a query's `WHERE` leaves above a constant of a UNION, may not go below it: there it takes rows away and the one row stays.
//! DataFusion 55.2 lets it go. Filters do not pass a limit, and one row of one row is what there was.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::logical_plan::{FetchType, Limit, SkipType};
use datafusion::logical_expr::{LogicalPlan, lit};
use datafusion::optimizer::optimizer::{ApplyOrder, Optimizer};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// The rule before which ours stands.
const FILTERS: &str = "push_down_filter";

/// DataFusion's rules, and ours before filters are moved.
pub(super) fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = Optimizer::new().rules;
    let at = rules.iter().position(|rule| rule.name() == FILTERS).unwrap_or(rules.len());
    rules.insert(at, Arc::new(OneRow));
    rules
}

#[derive(Debug)]
struct OneRow;

impl OptimizerRule for OneRow {
    fn name(&self) -> &'static str {
        "one_row"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        None
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        plan.transform_up_with_subqueries(|node| {
            let input = || Arc::new(node.clone());
            Ok(match &node {
                LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => {
                    let one = Limit { skip: None, fetch: Some(Box::new(lit(1_i64))), input: input() };
                    Transformed::yes(LogicalPlan::Limit(one))
                }
                // The optimizer comes by several times.
                LogicalPlan::Limit(outer) if is_of_one_row(outer) && is_guard(&outer.input) => {
                    Transformed::yes(outer.input.as_ref().clone())
                }
                _ => Transformed::no(node),
            })
        })
    }
}

fn is_guard(plan: &LogicalPlan) -> bool {
    let LogicalPlan::Limit(limit) = plan else { return false };
    let LogicalPlan::Aggregate(aggregate) = limit.input.as_ref() else { return false };
    is_of_one_row(limit) && aggregate.group_expr.is_empty()
}

fn is_of_one_row(limit: &Limit) -> bool {
    let skip = matches!(limit.get_skip_type(), Ok(SkipType::Literal(0)));
    skip && matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(1))))
}
