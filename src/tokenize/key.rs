//! A key: 32 random bytes of one kind, in a small text file that tells a damaged key from a wrong one.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::foundation::Secret;
use crate::tokenize::error::{Result, TokenizeError};

/// The first line of a key file.
const HEAD: &str = "throughline-key v1";
/// Bytes of a secret.
const BYTES: usize = 32;
/// A key file is far smaller; reading stops here.
const LONGEST: u64 = 4096;

/// Who holds a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Agencies and the hub.
    Send,
    /// The hub alone.
    Hub,
}

impl KeyKind {
    /// The word in key files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Hub => "hub",
        }
    }
}

/// A key of one kind.
#[derive(Clone, Debug)]
pub struct Key {
    kind: KeyKind,
    secret: Secret,
}

impl Key {
    /// The key that a reference names. Relative paths count from `base`. `synthetic` says that every source is synthetic.
    pub fn open(reference: &str, kind: KeyKind, base: &Path, synthetic: bool) -> Result<Self> {
        if let Some(name) = reference.strip_prefix("env:") {
            let text =
                Zeroizing::new(std::env::var(name).map_err(|_| TokenizeError::NoVariable { name: name.to_owned() })?);
            return Self::parse(&text, kind, reference);
        }
        if let Some(path) = reference.strip_prefix("file:") {
            return Self::parse(&read(&base.join(path))?, kind, reference);
        }
        if reference == "demo" {
            return if synthetic { Ok(Self::demo(kind)) } else { Err(TokenizeError::DemoOnRealData) };
        }
        // What has no scheme may be a key that someone pasted here: it is not repeated.
        let shown = reference.split_once(':').map_or("...".to_owned(), |(scheme, _)| format!("{scheme}:..."));
        Err(TokenizeError::BadReference { reference: shown })
    }

    /// The public key of demonstrations and tests.
    #[must_use]
    pub fn demo(kind: KeyKind) -> Self {
        let bytes = mac(b"throughline demonstration", kind.name().as_bytes()).to_vec();
        Self { kind, secret: Secret::new(bytes) }
    }

    /// Reads the text of a key file.
    fn parse(text: &str, needed: KeyKind, place: &str) -> Result<Self> {
        let no_key = |reason| TokenizeError::NotAKey { place: place.to_owned(), reason };
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        if lines.next() != Some(HEAD) {
            return Err(no_key("its first line is not `throughline-key v1`"));
        }
        let mut field = |name: &str, reason| {
            let line = lines.next().and_then(|line| line.split_once(':')).filter(|(key, _)| *key == name);
            line.map(|(_, value)| value.trim()).ok_or_else(|| no_key(reason))
        };
        let kind = match field("kind", "its second line is not `kind: send` or `kind: hub`")? {
            "send" => KeyKind::Send,
            "hub" => KeyKind::Hub,
            _ => return Err(no_key("its kind is neither `send` nor `hub`")),
        };
        let id = field("id", "its third line is not `id:`")?;
        let secret = field("secret", "its fourth line is not `secret:`")?;
        let damaged = || TokenizeError::Damaged { place: place.to_owned(), id: shown_id(id) };
        let bytes = hex::decode(secret).map(Zeroizing::new).map_err(|_| damaged())?;
        if bytes.len() != BYTES {
            return Err(damaged());
        }
        if bytes.iter().all(|b| *b == bytes[0]) {
            return Err(no_key("its secret is one byte over and over"));
        }
        let key = Self { kind, secret: Secret::new(bytes.to_vec()) };
        if key.id() != id {
            return Err(damaged());
        }
        if kind != needed {
            let place = place.to_owned();
            return Err(TokenizeError::WrongKind { place, found: kind.name(), needed: needed.name() });
        }
        Ok(key)
    }

    /// The key's kind.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key material, for derivation only.
    pub(crate) const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The key check value: the keyed hash of a fixed text, 64 bits in hex. It tells keys apart and reveals none.
    #[must_use]
    pub fn check_value(&self) -> String {
        hex::encode(
            &mac(self.secret.expose(), format!("throughline key check v1 {}", self.kind.name()).as_bytes())[..8],
        )
    }

    /// The key's id: the first 8 hex digits of its check value.
    #[must_use]
    pub fn id(&self) -> String {
        self.check_value()[..8].to_owned()
    }
}

/// The text of a new key file, from the system's randomness. Write it with mode 0600.
pub fn new_key_file(kind: KeyKind) -> Result<Zeroizing<String>> {
    let mut bytes = vec![0; BYTES];
    getrandom::fill(&mut bytes).map_err(|e| TokenizeError::NoRandomness(e.to_string()))?;
    let key = Key { kind, secret: Secret::new(bytes) };
    let hex = Zeroizing::new(hex::encode(key.secret.expose()));
    let mut text = Zeroizing::new(String::with_capacity(160));
    let _ = write!(*text, "{HEAD}\nkind: {}\nid: {}\nsecret: {}\n", kind.name(), key.id(), *hex);
    Ok(text)
}

/// HMAC-SHA-256 in full.
pub(crate) fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(message).finalize().into_bytes().into(),
        Err(_) => unreachable!("HMAC accepts keys of every length"),
    }
}

/// An id as it may be shown: only if it looks like one.
fn shown_id(id: &str) -> String {
    if id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit()) { id.to_owned() } else { "(illegible)".to_owned() }
}

fn read(path: &Path) -> Result<Zeroizing<String>> {
    let unreadable =
        |e: std::io::Error| TokenizeError::Unreadable { path: path.display().to_string(), reason: e.to_string() };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    // The mode of the file that is open, not of whatever stands at the path a moment later.
    only_mine(path, &file.metadata().map_err(unreadable)?)?;
    let mut text = Zeroizing::new(String::with_capacity(256));
    file.take(LONGEST).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

#[cfg(unix)]
fn only_mine(path: &Path, metadata: &std::fs::Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    let of_others = mode & 0o077;
    if of_others == 0 { Ok(()) } else { Err(TokenizeError::OpenToOthers { path: path.display().to_string(), mode }) }
}

#[cfg(not(unix))]
fn only_mine(_: &Path, _: &std::fs::Metadata) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Key> {
        Key::parse(text, KeyKind::Hub, "file:k")
    }

    #[test]
    fn a_new_key_reads_back_and_no_two_are_alike() {
        let (one, two) = (new_key_file(KeyKind::Hub).unwrap(), new_key_file(KeyKind::Hub).unwrap());
        assert_ne!(*one, *two);
        let key = parse(&one).unwrap();
        assert!(one.contains(&format!("id: {}\n", key.id())) && key.check_value().len() == 16);
        assert!(matches!(Key::parse(&one, KeyKind::Send, "k"), Err(TokenizeError::WrongKind { .. })));
    }

    #[test]
    fn a_damaged_key_is_told_from_none_at_all() {
        let text = new_key_file(KeyKind::Hub).unwrap();
        let at = text.find("secret: ").unwrap() + 8;
        let other = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
        let mut changed = text.to_string();
        changed.replace_range(at..=at, other);
        assert!(matches!(parse(&changed), Err(TokenizeError::Damaged { .. })));
        assert!(matches!(parse(&text[..text.len() - 5]), Err(TokenizeError::Damaged { .. })));
        assert!(matches!(parse(""), Err(TokenizeError::NotAKey { .. })));
        assert!(matches!(parse("throughline-key v1\nkind: hub\n"), Err(TokenizeError::NotAKey { .. })));
    }

    #[test]
    fn errors_show_no_secret() {
        let secret = "5ec2e7".repeat(11);
        let shown = Key::open(&secret, KeyKind::Hub, Path::new("."), true).unwrap_err().to_string();
        assert!(!shown.contains("5ec2e7"));
        let text = format!("throughline-key v1\nkind: hub\nid: {secret}\nsecret: {secret}\n");
        assert!(!parse(&text).unwrap_err().to_string().contains("5ec2e7"));
    }

    #[test]
    fn the_demo_key_is_for_synthetic_sources_only() {
        assert!(Key::open("demo", KeyKind::Send, Path::new("."), true).is_ok());
        assert!(matches!(Key::open("demo", KeyKind::Send, Path::new("."), false), Err(TokenizeError::DemoOnRealData)));
        assert_ne!(Key::demo(KeyKind::Send).secret().expose(), Key::demo(KeyKind::Hub).secret().expose());
    }

    #[test]
    fn a_variable_that_is_not_set_holds_no_key() {
        let error = Key::open("env:THROUGHLINE_NO_SUCH_KEY", KeyKind::Hub, Path::new("."), true).unwrap_err();
        assert_eq!(error.to_string(), "the environment variable THROUGHLINE_NO_SUCH_KEY holds no key");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.key");
        std::fs::write(&path, new_key_file(KeyKind::Hub).unwrap().as_bytes()).unwrap();
        for (mode, open) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let key = Key::open("file:hub.key", KeyKind::Hub, folder.path(), false);
            assert_eq!(key.is_ok(), open, "{mode:o}");
            if let Err(error) = key {
                assert!(error.to_string().contains("chmod 600"), "{error}");
            }
        }
        let error = Key::open("file:none.key", KeyKind::Hub, folder.path(), false).unwrap_err();
        assert!(matches!(error, TokenizeError::Unreadable { .. }));
    }
}
