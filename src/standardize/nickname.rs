//! Nicknames: the root that a short, pet or abbreviated first name goes back to, from a list that people can extend.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The list as it is written: `root,nickname`, one pair a line.
const LIST: &str = include_str!("../../config/standardize/nicknames.csv");

fn roots() -> &'static HashMap<&'static str, &'static str> {
    static ROOTS: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let pairs = LIST.lines().skip(1).filter_map(|line| line.split_once(','));
        pairs.map(|(root, nickname)| (nickname.trim(), root.trim())).collect()
    })
}

/// The root of a canonical first name: of the whole name where the list has it, else of its first word.
///
/// A name that the list does not have is its own root; a lone initial has none.
#[must_use]
pub fn nickname_root(canonical: &str) -> Option<String> {
    let joined: String = canonical.split(' ').collect();
    let word = canonical.split(' ').next().unwrap_or_default();
    let root = roots().get(joined.as_str()).or_else(|| roots().get(word)).copied().unwrap_or(word);
    (root.len() > 1).then(|| root.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_list_is_sound() {
        let mut seen = BTreeMap::new();
        for (at, line) in LIST.lines().enumerate().skip(1) {
            let (root, nickname) = line.split_once(',').unwrap();
            for name in [root, nickname] {
                assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase()), "line {}: {name}", at + 1);
            }
            assert_eq!(seen.insert(nickname, root), None, "line {}: {nickname} stands twice", at + 1);
        }
        for (nickname, root) in &seen {
            assert!(!seen.contains_key(root), "{root}, the root of {nickname}, is itself a nickname");
        }
        assert!(seen.len() >= 400, "{} pairs", seen.len());
    }

    #[test]
    fn a_double_name_goes_back_by_its_first_word() {
        assert_eq!(nickname_root("BOB LEE").as_deref(), Some("ROBERT"));
        assert_eq!(nickname_root("J").as_deref(), None);
    }
}
