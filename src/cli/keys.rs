//! `throughline keys`: new key files, and whether a key can be used.

use std::io::Write;
use std::path::Path;

use crate::cli::args::{KeysArgs, KeysCommand};
use crate::error::Error;
use crate::publish::PublishError;
use crate::tokenize::{Key, KeyKind, new_key_file};

/// Makes or checks a key.
pub(crate) fn keys(args: &KeysArgs) -> Result<(), Error> {
    match &args.command {
        KeysCommand::New { kind, file } => {
            let text = new_key_file(kind_of(kind))?;
            create_private(file, &text)?;
            println!("wrote a new {kind} key to {}", file.display());
            println!("keep a copy in a safe place: without it no token and no id can be made again");
            println!("name it in the pipeline:  keys: {{ {kind}: \"file:{}\" }}", file.display());
        }
        KeysCommand::Check { kind, reference } => {
            let key = Key::open(reference, kind_of(kind), Path::new("."), true)?;
            println!("{kind} key {} can be used; its check value is {}", key.id(), key.check_value());
        }
    }
    Ok(())
}

fn kind_of(text: &str) -> KeyKind {
    if text == "hub" { KeyKind::Hub } else { KeyKind::Send }
}

/// Writes a file that only its owner can read; never over another.
fn create_private(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| {
        if source.kind() == std::io::ErrorKind::AlreadyExists {
            Error::Usage {
                message: format!("{} is there already, and a key is never written over", path.display()),
                help: "choose another file name".to_owned(),
            }
        } else {
            PublishError::Unwritable { place: path.display().to_string(), source }.into()
        }
    })
}
