//! Clusters: which records are one person so far. A union-find whose members can be walked.

/// Disjoint sets of rows. A set's root is its smallest row, so that roots do not depend on the order of unions.
#[derive(Clone, Debug)]
pub struct Clusters {
    parent: Vec<u32>,
    next: Vec<u32>,
    size: Vec<u32>,
}

impl Clusters {
    /// Every row by itself.
    #[must_use]
    pub fn singletons(rows: u32) -> Self {
        Self { parent: (0..rows).collect(), next: (0..rows).collect(), size: vec![1; rows as usize] }
    }

    /// The smallest row of the set that holds `row`.
    pub fn root(&mut self, row: u32) -> u32 {
        let mut at = row;
        while self.parent[at as usize] != at {
            let above = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = above;
            at = above;
        }
        at
    }

    /// Joins two sets, given by their roots; the smaller root stays.
    pub fn union(&mut self, a: u32, b: u32) {
        if a == b {
            return;
        }
        let (root, child) = (a.min(b), a.max(b));
        self.parent[child as usize] = root;
        self.size[root as usize] += self.size[child as usize];
        // Two rings become one when two of their members exchange successors.
        self.next.swap(root as usize, child as usize);
    }

    /// How many rows the set of a root has.
    #[must_use]
    pub fn size(&self, root: u32) -> u32 {
        self.size[root as usize]
    }

    /// The rows of the set that holds `row`, in no particular order.
    pub fn members(&self, row: u32) -> impl Iterator<Item = u32> {
        let mut at = Some(row);
        std::iter::from_fn(move || {
            let here = at?;
            let next = self.next[here as usize];
            at = (next != row).then_some(next);
            Some(here)
        })
    }

    /// The set of every row, numbered from 0 in the order of their smallest rows.
    #[must_use]
    pub fn numbers(&mut self) -> Vec<u32> {
        let mut next = 0;
        let mut numbers = vec![0; self.parent.len()];
        for row in (0_u32..).take(self.parent.len()) {
            let root = self.root(row);
            numbers[row as usize] = if root == row {
                next += 1;
                next - 1
            } else {
                numbers[root as usize]
            };
        }
        numbers
    }

    /// All sets, each ascending, in the order of their smallest rows.
    #[must_use]
    pub fn sets(&self) -> Vec<Vec<u32>> {
        let roots = self.parent.iter().enumerate().filter(|&(row, &parent)| row == parent as usize).map(|(_, &p)| p);
        roots
            .map(|root| {
                let mut rows: Vec<u32> = self.members(root).collect();
                rows.sort_unstable();
                rows
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_join_and_can_be_walked() {
        let mut clusters = Clusters::singletons(6);
        for (a, b) in [(4, 5), (2, 4), (0, 3)] {
            let (a, b) = (clusters.root(a), clusters.root(b));
            clusters.union(a, b);
        }
        assert_eq!(clusters.sets(), [vec![0, 3], vec![1], vec![2, 4, 5]]);
        assert_eq!(clusters.size(2), 3);
        assert_eq!(clusters.root(5), 2);
        assert_eq!(clusters.numbers(), [0, 1, 2, 0, 2, 2]);
    }
}
