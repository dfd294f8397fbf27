//! Work on many rows, made on all cores and taken in order.

use std::ops::Range;

use rayon::prelude::*;

/// Gives ranges of `chunk` of the places below `count` to `make`, on all cores and in any order, and what it made to
/// `take`, in order and while the next are made.
///
/// # Errors
/// The first error of `take`.
pub fn in_order<T: Send, E: Send>(
    count: usize,
    chunk: usize,
    make: impl Fn(Range<usize>) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E> + Send,
) -> Result<(), E> {
    let at_once = chunk * rayon::current_num_threads() * 2;
    let mut made: Vec<T> = Vec::new();
    let mut first = 0;
    while first < count {
        let batch = first..(first + at_once).min(count);
        let ranges = || -> Vec<T> {
            let starts = batch.clone().into_par_iter().step_by(chunk);
            starts.map(|start| make(start..(start + chunk).min(batch.end))).collect()
        };
        let (next, taken) = rayon::join(ranges, || made.drain(..).try_for_each(&mut take));
        taken?;
        made = next;
        first = batch.end;
    }
    made.into_iter().try_for_each(take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_is_taken_once_and_in_order() {
        for (count, chunk) in [(0, 3), (1, 3), (3, 3), (100, 7), (5, 100)] {
            let mut taken = Vec::new();
            in_order(
                count,
                chunk,
                |range| range,
                |range| {
                    taken.extend(range);
                    Ok::<(), ()>(())
                },
            )
            .unwrap();
            assert_eq!(taken, (0..count).collect::<Vec<_>>());
        }
        assert_eq!(in_order(9, 2, |range| range.start, |start| if start < 4 { Ok(()) } else { Err(start) }), Err(4));
    }
}
