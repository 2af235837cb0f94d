//! Carrying a linkage on: where no token, rule or review has changed since the release before, nobody can have, and its linkage stands. A release that
//! came of another rule or price index then costs no relinking; it still gets an index version and a ledger of its own, in which nothing happened.

use crate::engine::{Dataset, DatasetMeta, DatasetWriter};
use crate::foundation::{Fingerprint, Zone};
use crate::identity::{ledger_batch, ledger_schema};
use crate::pipeline::error::PipelineError;
use crate::pipeline::ground::Ground;
use crate::pipeline::link_parts::{Outcome, sorted};
use crate::pipeline::runner::store_path;
use crate::publish::Pointer;

/// The facts by which a linkage is known again.
const LINKED_AS: &str = "linked_as";
const PERSON_KEY: &str = "person_key";

type Facts = serde_json::Map<String, serde_json::Value>;

/// Leaves in the facts of a linkage what it was made of.
pub(super) fn remember(ground: &Ground<'_>, linked_as: &Fingerprint, facts: &mut Facts) {
    facts.insert(LINKED_AS.to_owned(), linked_as.as_str().into());
    facts.insert(PERSON_KEY.to_owned(), ground.keys.id().into());
}

/// The linkage of the release before, where it was made of what is linked now and is still in the store.
pub(super) async fn unchanged(
    ground: &Ground<'_>,
    parent: &Pointer,
    linked_as: &Fingerprint,
) -> Result<Option<Dataset>, PipelineError> {
    let root = &ground.runner.root;
    let Some(index) = Dataset::open(&root.join(&parent.index).join("crosswalk")).await? else { return Ok(None) };
    let place = root.join(&store_path(Zone::Restricted, "link", &index.meta.fingerprint));
    let Some(before) = Dataset::open(&place).await? else { return Ok(None) };
    let says = |fact: &str| before.meta.facts.get(fact).and_then(serde_json::Value::as_str);
    let same = says(LINKED_AS) == Some(linked_as.as_str()) && says(PERSON_KEY) == Some(ground.keys.id().as_str());
    Ok(same.then_some(before))
}

/// Makes the linkage of the release before that of this one. A reference is a hash of who a record is and of its source person, so the same tokens are
/// of the same records too.
pub(super) async fn carry(before: &Dataset, parent: &Pointer, outcome: &Outcome<'_>) -> Result<Dataset, PipelineError> {
    let version = parent.index_version + 1;
    outcome.place.remove_all().await?;
    for kind in ["match_log", "persons", "crosswalk", "records"] {
        let missing = || PipelineError::Damaged {
            place: before.place.join(kind).to_string(),
            reason: "it is missing".to_owned(),
        };
        let part = Dataset::open(&before.place.join(kind)).await?.ok_or_else(missing)?;
        let meta = DatasetMeta { fingerprint: outcome.fingerprint.to_string(), ..part.meta.clone() };
        part.copy(&outcome.place.join(kind), meta).await?;
    }
    let mut ledger =
        DatasetWriter::create(&outcome.place.join("ledger"), ledger_schema(), &sorted("person_id")).await?;
    ledger.write(ledger_batch(&[], version, outcome.linked_as.as_str()).map_err(PipelineError::bug)?).await?;
    ledger.finish("ledger", outcome.fingerprint.as_str(), Zone::Restricted, Facts::new()).await?;

    let mut facts = before.meta.facts.clone();
    let persons = before.count("persons");
    let counts = [
        ("version", version),
        ("next_counter", parent.next_counter),
        ("carried", persons),
        ("minted", 0),
        ("merged", 0),
        ("split", 0),
        ("retired", 0),
    ];
    facts.extend(counts.map(|(name, count)| (name.to_owned(), count.into())));
    let meta = DatasetMeta { fingerprint: outcome.fingerprint.to_string(), facts, ..before.meta.clone() };
    Ok(before.copy(&outcome.place, meta).await?)
}
