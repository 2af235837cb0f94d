//! Lists by number: many short lists of numbers in two pieces of memory.

/// What belongs to each of so many numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    ends: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// The lists of `count` numbers; pairs are a number below `count` and an item of it, whose items keep their order.
    #[must_use]
    pub fn new(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut ends = vec![0_u32; count + 1];
        for (number, _) in pairs.clone() {
            ends[number as usize + 1] += 1;
        }
        for at in 1..=count {
            ends[at] += ends[at - 1];
        }
        // Each list grows from its beginning to its end, which is the beginning of the next.
        let mut items = vec![0; ends[count] as usize];
        for (number, item) in pairs {
            let place = &mut ends[number as usize];
            items[*place as usize] = item;
            *place += 1;
        }
        ends.pop();
        Self { ends, items }
    }

    /// The list of a number.
    #[must_use]
    pub fn of(&self, number: u32) -> &[u32] {
        let at = number as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.items[start as usize..self.ends[at] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_the_order_of_their_items() {
        let pairs = [(2, 9), (0, 4), (2, 1), (3, 7), (0, 5)];
        let lists = Lists::new(5, pairs.iter().copied());
        let all: Vec<&[u32]> = (0..5).map(|number| lists.of(number)).collect();
        assert_eq!(all, [&[4, 5][..], &[], &[9, 1], &[7], &[]]);
        assert_eq!(Lists::new(0, std::iter::empty()), Lists::default());
    }
}
