//! `throughline schema`: the JSON Schemas of every document, for editors, and of what runs write, for machines.

use std::path::Path;

use crate::cli::args::SchemaArgs;
use crate::error::Error;
use crate::pipeline::schemas;

/// Writes the schemas, or says which are not current.
pub(crate) fn schema(project: &Path, args: &SchemaArgs) -> Result<(), Error> {
    let folder = project.join(&args.out);
    let mut stale = Vec::new();
    for (name, text) in schemas::all() {
        let file = folder.join(&name);
        if args.check {
            if std::fs::read_to_string(&file).ok().as_deref() != Some(text.as_str()) {
                stale.push(name);
            }
        } else {
            let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, text));
            written.map_err(|source| crate::publish::PublishError::Unwritable {
                place: file.display().to_string(),
                source,
            })?;
            println!("{}", file.display());
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Error::Usage {
        message: format!("not current in {}: {}", folder.display(), stale.join(", ")),
        help: "run `throughline schema` and commit what it writes".to_owned(),
    })
}
