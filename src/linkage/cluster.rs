//! Clusters: which records are one person so far. A union-find whose members can be walked.

/// Disjoint sets of rows. A set's root is its smallest row, so that roots do not depend on the order of unions.
#[derive(Clone, Debug)]
pub struct Clusters {
    rows: Vec<Row>,
}

/// What is known of one row; side by side, for it is asked for together and rows in no order.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// A row of the same set nearer to the root; the root's own is itself.
    parent: u32,
    /// The next one of a ring of all rows of the set.
    next: u32,
    /// Of a root: how many rows the set has.
    size: u32,
}

impl Clusters {
    /// Every row by itself.
    #[must_use]
    pub fn singletons(rows: u32) -> Self {
        Self { rows: (0..rows).map(|row| Row { parent: row, next: row, size: 1 }).collect() }
    }

    /// The smallest row of the set that holds `row`.
    pub fn root(&mut self, row: u32) -> u32 {
        let mut at = row;
        loop {
            let parent = self.rows[at as usize].parent;
            if parent == at {
                return at;
            }
            let above = self.rows[parent as usize].parent;
            self.rows[at as usize].parent = above;
            at = above;
        }
    }

    /// Joins two sets, given by their roots; the smaller root stays.
    pub fn union(&mut self, a: u32, b: u32) {
        if a == b {
            return;
        }
        let (root, child) = (a.min(b), a.max(b));
        let Row { next, size, .. } = self.rows[child as usize];
        let of_root = &mut self.rows[root as usize];
        // Two rings become one when two of their members exchange successors.
        let after = std::mem::replace(&mut of_root.next, next);
        of_root.size += size;
        let of_child = &mut self.rows[child as usize];
        (of_child.parent, of_child.next) = (root, after);
    }

    /// How many rows the set of a root has.
    #[must_use]
    pub fn size(&self, root: u32) -> u32 {
        self.rows[root as usize].size
    }

    /// The rows of the set that holds `row`, in no particular order.
    pub fn members(&self, row: u32) -> impl Iterator<Item = u32> {
        let mut at = Some(row);
        std::iter::from_fn(move || {
            let here = at?;
            let next = self.rows[here as usize].next;
            at = (next != row).then_some(next);
            Some(here)
        })
    }

    /// The set of every row, numbered from 0 in the order of their smallest rows.
    #[must_use]
    pub fn numbers(&mut self) -> Vec<u32> {
        let mut next = 0;
        let mut numbers = vec![0; self.rows.len()];
        for row in (0_u32..).take(self.rows.len()) {
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
        let roots = (0_u32..).zip(&self.rows).filter(|(number, row)| row.parent == *number).map(|(number, _)| number);
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
