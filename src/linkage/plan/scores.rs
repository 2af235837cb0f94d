//! The levels and weights of a model's pairs as queries, and the patterns that it learns from; their answers read back.

use std::fmt::Write as _;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};

use super::column;
use super::functions::{NEAR, RARITY};
use super::pairs::{Asked, sides};
use crate::linkage::model::{Agreement, Comparison, MISSING, Scored, Trained};
use crate::linkage::rules::{ModelPass, Rules};
use crate::linkage::{LinkageError, TokenTable};

/// The level of one comparison, between the records `l` and `r`.
fn level(comparison: &Comparison) -> String {
    let of = |side: &str, field: usize| format!("\"{side}\".\"f{field}\"");
    let both = |here: usize, there: usize| format!("{} IS NOT NULL AND {} IS NOT NULL", of("l", here), of("r", there));
    let mut sql = String::from("CASE");
    if let Some(field) = comparison.unless {
        let _ = write!(sql, " WHEN {} THEN {MISSING}", both(field, field));
    }
    let mut told: Vec<String> = Vec::new();
    for (level, at) in comparison.levels.iter().zip(1..) {
        let (here, there) = match *level {
            Agreement::Same(here, there) => (here, there),
            _ => (comparison.field, comparison.field),
        };
        let fits = if *level == Agreement::Near {
            format!("{} AND {NEAR}(\"l\".\"neighbours\", \"r\".\"neighbours\")", both(here, there))
        } else if here == there {
            format!("{} = {}", of("l", here), of("r", there))
        } else {
            format!("{} = {} OR {} = {}", of("l", here), of("r", there), of("r", here), of("l", there))
        };
        let _ = write!(sql, " WHEN {fits} THEN {at}");
        if here == there {
            told.push(both(here, there));
        }
    }
    if !told.is_empty() {
        let _ = write!(sql, " WHEN {} THEN {}", told.join(" OR "), comparison.otherwise());
    }
    format!("{sql} ELSE {MISSING} END")
}

impl Asked<'_> {
    /// Pairs with the level of every comparison, `level_0` and so on, and the value on which a comparison of frequencies agrees.
    fn levelled(&self, pairs: &str) -> String {
        let list = &self.model.comparisons;
        let levels = list.iter().enumerate().map(|(at, c)| format!(",\n  {} AS \"level_{at}\"", level(c)));
        let counted = list.iter().enumerate().filter(|(_, c)| c.frequencies);
        let values = counted.map(|(at, c)| format!(",\n  \"l\".\"f{}\" AS \"value_{at}\"", c.field));
        let columns: String = levels.chain(values).collect();
        format!(
            "SELECT \"p\".\"left_ref\", \"p\".\"right_ref\", \"p\".\"rule\"{columns}\n  FROM ({pairs}) \"p\"\n  \
             JOIN \"records\" \"l\" ON \"l\".\"identity_ref\" = \"p\".\"left_ref\" JOIN \"records\" \"r\" ON \"r\".\"identity_ref\" = \"p\".\"right_ref\""
        )
    }
}

/// The query that compares every pair of [`pair_sql`](super::pair_sql) under a trained model: both references, the level of each comparison
/// (`level_0` and so on, in their order) and `weight` in thousandths of a bit, the prior's included. How often values come is counted in `table`. It
/// finds what [`Scorer`](crate::linkage::model::Scorer) does, and calls [`functions`](super::functions).
#[must_use]
pub fn score_sql(model: &ModelPass, rules: &Rules, table: &str, trained: &Trained) -> String {
    let asked = Asked { model, rules, table };
    let mut sql = format!("WITH {},\n\"levelled\" AS (\n  {})", asked.blocks(), asked.levelled(&asked.all_pairs()));
    let mut weight = trained.prior().to_string();
    let mut joins = String::new();
    let mut levels = String::new();
    for (at, (comparison, weights)) in model.comparisons.iter().zip(&trained.weights).enumerate() {
        let _ = write!(levels, ", \"level_{at}\"");
        let _ = write!(weight, " + CASE \"level_{at}\"");
        for (level, weight_of) in weights.iter().enumerate().skip(1) {
            let _ = write!(weight, " WHEN {level} THEN {weight_of}");
        }
        weight.push_str(" ELSE 0 END");
        if comparison.frequencies {
            let field = comparison.field;
            let _ = write!(
                sql,
                ",\n\"c{at}\" AS (\n  SELECT \"f{field}\" AS \"value\", count(*) AS \"n\", sum(count(*)) OVER () AS \"with\" FROM \"records\" \
                 WHERE \"f{field}\" IS NOT NULL GROUP BY \"f{field}\")"
            );
            let _ =
                write!(joins, "\n  LEFT JOIN \"c{at}\" ON \"level_{at}\" = 1 AND \"c{at}\".\"value\" = \"value_{at}\"");
            // Seventeen digits give a float back as it was.
            let _ = write!(
                weight,
                " + coalesce({RARITY}(CAST({:.17e} AS DOUBLE), \"c{at}\".\"n\", CAST(\"c{at}\".\"with\" AS BIGINT)), 0)",
                trained.u[at][1]
            );
        }
    }
    format!(
        "{sql}\nSELECT \"left_ref\", \"right_ref\"{levels}, {weight} AS \"weight\"\n  FROM \"levelled\"{joins}\n  ORDER BY \"left_ref\", \"right_ref\""
    )
}

/// The query that counts the patterns of one rule's pairs, whatever earlier rules bring together: the levels and `pairs`. From these of all rules a
/// model learns.
#[must_use]
pub fn pattern_sql(model: &ModelPass, rules: &Rules, table: &str, rule: usize) -> String {
    let asked = Asked { model, rules, table };
    let levels: Vec<String> = (0..model.comparisons.len()).map(|at| format!("\"level_{at}\"")).collect();
    let levels = levels.join(", ");
    format!(
        "WITH {},\n\"levelled\" AS (\n  {})\nSELECT {levels}, count(*) AS \"pairs\" FROM \"levelled\" GROUP BY {levels}",
        asked.blocks(),
        asked.levelled(&asked.pairs(rule, false))
    )
}

/// Reads the answer to [`score_sql`], in the order of rows of `table`.
pub fn read_scores(
    table: &TokenTable,
    model: &ModelPass,
    batches: &[RecordBatch],
) -> Result<Vec<Scored>, LinkageError> {
    let mut scored = Vec::new();
    for batch in batches {
        let [left, right] = sides(table, batch)?;
        let weights = column(batch, "weight", &DataType::Int64)?;
        let weights = weights.as_primitive::<Int64Type>();
        for (place, pattern) in patterns(model, batch)?.into_iter().enumerate() {
            let weight = i32::try_from(weights.value(place)).unwrap_or(i32::MAX);
            scored.push(Scored { left: left[place], right: right[place], weight, pattern });
        }
    }
    scored.sort_unstable_by_key(|pair| (pair.left, pair.right));
    Ok(scored)
}

/// Reads the answer to [`pattern_sql`]: each pattern and how many pairs have it, in the order of patterns.
pub fn read_patterns(model: &ModelPass, batches: &[RecordBatch]) -> Result<Vec<(u64, u64)>, LinkageError> {
    let mut counts = Vec::new();
    for batch in batches {
        let pairs = column(batch, "pairs", &DataType::Int64)?;
        let pairs = pairs.as_primitive::<Int64Type>().values().iter().map(|n| u64::try_from(*n).unwrap_or(0));
        counts.extend(patterns(model, batch)?.into_iter().zip(pairs));
    }
    counts.sort_unstable();
    Ok(counts)
}

/// The levels of each row of an answer, as one number.
fn patterns(model: &ModelPass, batch: &RecordBatch) -> Result<Vec<u64>, LinkageError> {
    let mut patterns = vec![0; batch.num_rows()];
    for (at, comparison) in model.comparisons.iter().enumerate() {
        let levels = column(batch, &format!("level_{at}"), &DataType::Int64)?;
        let levels = levels.as_primitive::<Int64Type>();
        for (pattern, level) in patterns.iter_mut().zip(levels.values()) {
            *pattern = *pattern * comparison.count() as u64 + u64::try_from(*level).unwrap_or(0);
        }
    }
    Ok(patterns)
}
