//! Within: rows of one rule's table that must be found in another's, such as concentrators among participants. One that is not stops the release.

use crate::foundation::sql_name;
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::rules::RuleTable;

/// Tests every table of rules that says within which others it lies.
pub async fn within(ground: &Ground<'_>, tables: &[RuleTable<'_>]) -> Result<(), PipelineError> {
    for table in tables {
        for (other, on) in table.within() {
            let same: Vec<String> = on.iter().map(|column| format!("t.{0} = o.{0}", sql_name(column))).collect();
            let sql = format!(
                "SELECT count(*) AS lost FROM {} AS t LEFT ANTI JOIN {} AS o ON {}",
                sql_name(table.name),
                sql_name(other),
                same.join(" AND ")
            );
            let lost = ground.count(table.name, &sql).await?;
            if lost > 0 {
                let ids: Vec<&str> = table.versions.iter().map(|rule| rule.spec.id.as_str()).collect();
                return Err(PipelineError::Gate(format!(
                    "{lost} rows of `{}` are not found in `{other}`, where all must be (rules {})",
                    table.name,
                    ids.join(", ")
                )));
            }
        }
    }
    Ok(())
}
