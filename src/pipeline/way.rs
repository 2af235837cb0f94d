//! A way: the shortest chain of links from one record to another.

use std::collections::{BTreeMap, VecDeque};

/// The places of the links on the shortest way `from` one record `to` another, in order; empty where there is none. A link is its two records.
#[must_use]
pub fn way(links: &[[&str; 2]], from: &str, to: &str) -> Vec<usize> {
    let mut at: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, link) in links.iter().enumerate() {
        for record in link {
            at.entry(record).or_default().push(number);
        }
    }
    // How each record was reached first.
    let mut by: BTreeMap<&str, Option<(usize, &str)>> = BTreeMap::from([(from, None)]);
    let mut queue = VecDeque::from([from]);
    while let Some(here) = queue.pop_front() {
        for &number in at.get(here).map(Vec::as_slice).unwrap_or_default() {
            for next in links[number] {
                if !by.contains_key(next) {
                    by.insert(next, Some((number, here)));
                    queue.push_back(next);
                }
            }
        }
    }
    let mut way = Vec::new();
    let mut here = to;
    while let Some(Some((number, before))) = by.get(here) {
        way.push(*number);
        here = before;
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_way_is_found() {
        let links = [["a", "b"], ["b", "c"], ["c", "d"], ["d", "a"], ["x", "y"]];
        assert_eq!(way(&links, "a", "c"), [0, 1]);
        assert_eq!(way(&links, "d", "b"), [2, 1], "of ways that are as short, by the links that come first");
        assert!(way(&links, "a", "y").is_empty());
        assert!(way(&links, "a", "a").is_empty());
    }
}
