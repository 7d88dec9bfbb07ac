//! Pages of lists.

use uuid::Uuid;

use super::error::Error;
use super::ports::Page;

/// What a caller asks of a list: where to begin and how many entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The id of the last entry seen.
    pub after: Option<Uuid>,
    /// 1 to 200.
    pub limit: u16,
}

impl Paging {
    /// What to ask the repository for: one row more than the page holds, which tells whether there is another page.
    #[must_use]
    pub fn probe(self) -> Page {
        Page {
            after: self.after,
            limit: i64::from(self.limit) + 1,
        }
    }

    /// The page out of what the repository returned for [`Self::probe`].
    #[must_use]
    pub fn cut<T>(self, mut rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> Slice<T> {
        let limit = usize::from(self.limit);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(id) } else { None };
        Slice { rows, next }
    }
}

/// One page of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    pub rows: Vec<T>,
    /// The id after which the list goes on; absent on the last page.
    pub next: Option<Uuid>,
}

/// Reads rows until the page is full of rows that match now, or none are left.
pub fn fill_page<T>(
    paging: Paging,
    mut read: impl FnMut(Page) -> Result<Vec<T>, Error>,
    id: impl Fn(&T) -> Uuid,
    matches: impl Fn(&T) -> bool,
) -> Result<Slice<T>, Error> {
    let mut page = paging.probe();
    let wanted = usize::from(paging.limit) + 1;
    let mut found = Vec::new();
    loop {
        let rows = read(page)?;
        let full = rows.len() >= wanted;
        page.after = rows.last().map(&id).or(page.after);
        found.extend(rows.into_iter().filter(|row| matches(row)));
        if !full || found.len() >= wanted {
            break;
        }
    }
    Ok(paging.cut(found, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_beyond_the_page_only_says_that_there_is_more() {
        let paging = Paging {
            after: None,
            limit: 2,
        };
        assert_eq!(paging.probe().limit, 3);
        let id = |number: &u128| Uuid::from_u128(*number);
        let slice = paging.cut(vec![1, 2, 3], id);
        assert_eq!((slice.rows, slice.next), (vec![1, 2], Some(id(&2))));
        let slice = paging.cut(vec![1, 2], id);
        assert_eq!((slice.rows, slice.next), (vec![1, 2], None));
        assert_eq!(paging.cut(vec![], id).next, None);
    }
}
