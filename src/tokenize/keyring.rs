//! The keyring: the keys at hand and every key derived from them, by HKDF-SHA-256.

use std::path::Path;

use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::foundation::{KeyedHash, Secret};
use crate::tokenize::error::{Result, TokenizeError};
use crate::tokenize::key::{Key, KeyKind, mac};
use crate::tokenize::spec::{KeysSpec, RecipeSpec};

/// The salt of every derivation: it keeps these keys apart from any other use of the same secret.
const SALT: &[u8] = b"throughline v1";

/// The keys at hand: an agency has the send key only, the hub both.
#[derive(Clone, Debug)]
pub struct Keyring {
    send: Option<Key>,
    hub: Option<Key>,
}

impl Keyring {
    /// A keyring of keys at hand.
    #[must_use]
    pub const fn new(send: Option<Key>, hub: Option<Key>) -> Self {
        Self { send, hub }
    }

    /// Opens what the document refers to. Relative paths count from `base`; `synthetic` says that every source is synthetic.
    pub fn open(keys: &KeysSpec, base: &Path, synthetic: bool) -> Result<Self> {
        let open = |reference: &Option<crate::foundation::Located<String>>, kind| {
            reference.as_ref().map(|reference| Key::open(reference, kind, base, synthetic)).transpose()
        };
        Ok(Self { send: open(&keys.send, KeyKind::Send)?, hub: open(&keys.hub, KeyKind::Hub)? })
    }

    /// The public keys of demonstrations and tests. The caller makes sure that every source is synthetic.
    #[must_use]
    pub fn demo() -> Self {
        Self { send: Some(Key::demo(KeyKind::Send)), hub: Some(Key::demo(KeyKind::Hub)) }
    }

    /// The same keyring as an agency has it: the send key alone.
    #[must_use]
    pub fn sender(&self) -> Self {
        Self { send: self.send.clone(), hub: None }
    }

    /// Whether the hub's key is here.
    #[must_use]
    pub const fn has_hub(&self) -> bool {
        self.hub.is_some()
    }

    /// The keys of `identity_ref` and `record_ref`: the sender's step, and the hub's where its key is here.
    pub fn references(&self) -> Result<(KeyedHash, Option<KeyedHash>)> {
        let send = derived(self.need(KeyKind::Send, "a reference to a record")?.secret(), &[b"ref"]);
        Ok((send, self.hub.as_ref().map(|hub| derived(hub.secret(), &[b"ref"]))))
    }

    /// The hub's step of references alone, to wrap those of a sender.
    pub fn wrap_references(&self) -> Result<KeyedHash> {
        Ok(derived(self.need(KeyKind::Hub, "wrapping references")?.secret(), &[b"ref"]))
    }

    /// The key of person ids.
    pub fn person(&self) -> Result<KeyedHash> {
        Ok(derived(self.need(KeyKind::Hub, "minting person ids")?.secret(), &[b"person"]))
    }

    /// The key of one research project's ids. No two projects' ids can be joined.
    pub fn research(&self, project: &str) -> Result<KeyedHash> {
        let hub = self.need(KeyKind::Hub, "making a project's research ids")?;
        Ok(derived(hub.secret(), &[b"research", project.as_bytes()]))
    }

    /// Label and check value of every key at hand, for manifests. They tell keys apart and reveal none.
    #[must_use]
    pub fn key_check_values(&self) -> Vec<(String, String)> {
        [&self.hub, &self.send]
            .into_iter()
            .flatten()
            .map(|key| (key.kind().name().to_owned(), key.check_value()))
            .collect()
    }

    /// Refuses keys other than those whose check values are expected, such as a previous manifest's.
    pub fn expect(&self, expected: &[(String, String)]) -> Result<()> {
        for (label, found) in self.key_check_values() {
            let other =
                expected.iter().find(|(l, value)| *l == label && !bool::from(value.as_bytes().ct_eq(found.as_bytes())));
            if let Some((_, expected)) = other {
                return Err(TokenizeError::WrongKey { label, found, expected: expected.clone() });
            }
        }
        Ok(())
    }

    /// The key of a recipe under the send key.
    pub(crate) fn recipe_send(&self, recipe: &RecipeSpec, spec_version: &str) -> Result<Secret> {
        Ok(of_recipe(self.need(KeyKind::Send, "making tokens")?.secret(), recipe, spec_version))
    }

    /// The key of a recipe under the hub key, where it is here.
    pub(crate) fn recipe_hub(&self, recipe: &RecipeSpec, spec_version: &str) -> Option<Secret> {
        self.hub.as_ref().map(|hub| of_recipe(hub.secret(), recipe, spec_version))
    }

    fn need(&self, kind: KeyKind, needed_for: &'static str) -> Result<&Key> {
        let key = match kind {
            KeyKind::Send => &self.send,
            KeyKind::Hub => &self.hub,
        };
        key.as_ref().ok_or(TokenizeError::MissingKey { kind: kind.name(), needed_for })
    }
}

/// The check value of a derived key: as safe to publish as a key's own.
pub(crate) fn check_value(secret: &Secret) -> String {
    hex::encode(&mac(secret.expose(), b"throughline recipe check v1")[..8])
}

fn of_recipe(secret: &Secret, recipe: &RecipeSpec, spec_version: &str) -> Secret {
    let definition = recipe.definition();
    let digest = Sha256::digest(definition.as_bytes());
    expand(secret, &[b"recipe", recipe.name.as_bytes(), definition.as_bytes(), &digest, spec_version.as_bytes()])
}

fn derived(secret: &Secret, labels: &[&[u8]]) -> KeyedHash {
    KeyedHash::new(&expand(secret, labels))
}

/// A key of 32 bytes for a purpose; each word of the purpose is length-prefixed.
fn expand(secret: &Secret, labels: &[&[u8]]) -> Secret {
    let mut info = Vec::new();
    for label in labels {
        info.extend_from_slice(&u32::try_from(label.len()).unwrap_or(u32::MAX).to_be_bytes());
        info.extend_from_slice(label);
    }
    Secret::new(hkdf_sha256(SALT, secret.expose(), &info, 32))
}

/// HKDF-SHA-256 (RFC 5869): extract with a salt, expand for an info.
fn hkdf_sha256(salt: &[u8], secret: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    match Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut out) {
        Ok(()) => out,
        Err(_) => unreachable!("HKDF gives up to 8160 bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex_text: &str) -> Vec<u8> {
        hex::decode(hex_text).unwrap()
    }

    #[test]
    fn hkdf_is_that_of_rfc_5869() {
        let run = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
        let cases = [
            (
                run(0x00, 0x0c),
                vec![0x0b; 22],
                run(0xf0, 0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                run(0x60, 0xaf),
                run(0x00, 0x4f),
                run(0xb0, 0xff),
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
            ),
            (
                vec![],
                vec![0x0b; 22],
                vec![],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ];
        for (salt, secret, info, expected) in cases {
            let expected = bytes(expected);
            assert_eq!(hkdf_sha256(&salt, &secret, &info, expected.len()), expected);
        }
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let cases: [(Vec<u8>, Vec<u8>, &str); 7] = [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            ((1..=25).collect(), vec![0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (vec![0x0c; 20], b"Test With Truncation".to_vec(), "a3b6167473100ee06e0c796c2955552b"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
                    .to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, expected) in cases {
            let expected = bytes(expected);
            assert_eq!(mac(&key, &message)[..expected.len()], expected[..]);
            assert_eq!(KeyedHash::new(&Secret::new(key)).raw(&message)[..], expected[..16]);
        }
    }

    #[test]
    fn every_purpose_has_its_own_key() {
        let ring = Keyring::demo();
        let hash = |key: KeyedHash| key.raw(b"x");
        let (send, hub) = ring.references().unwrap();
        let recipe = |name: &str, part: &str, version: &str| {
            let spec = RecipeSpec::new(name, &[part], None);
            hash(KeyedHash::new(&ring.recipe_send(&spec, version).unwrap()))
        };
        let all = [
            hash(send),
            hash(hub.unwrap()),
            hash(ring.person().unwrap()),
            hash(ring.research("a").unwrap()),
            hash(ring.research("b").unwrap()),
            recipe("a", "ssn", "1"),
            recipe("b", "ssn", "1"),
            recipe("a", "sex", "1"),
            recipe("a", "ssn", "2"),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn a_sender_cannot_do_the_hub_s_work() {
        let sender = Keyring::demo().sender();
        assert!(sender.references().unwrap().1.is_none());
        assert!(matches!(sender.person(), Err(TokenizeError::MissingKey { kind: "hub", .. })));
        assert_eq!(sender.key_check_values().len(), 1);
    }

    #[test]
    fn a_wrong_key_is_named() {
        let values = Keyring::demo().key_check_values();
        assert!(Keyring::demo().expect(&values).is_ok());
        let other = vec![("hub".to_owned(), "0".repeat(16))];
        assert!(matches!(Keyring::demo().expect(&other), Err(TokenizeError::WrongKey { .. })));
    }
}
