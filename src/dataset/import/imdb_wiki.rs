//! IMDB-WIKI: pictures in a hundred folders, and a MATLAB file with dates of birth, years of photos and scores of faces.

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};

use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::{Tree, name_of};
use super::{Flag, ImportError, Importer, Source, matlab};
use crate::dataset::{LabelKind, LeapBirthday, Precision, Sampling, age_between};

pub(super) static IMPORTER: Importer = Importer {
    name: "imdb-wiki",
    title: "IMDB-WIKI",
    layout: "imdb.mat or wiki.mat (level 5: dob, photo_taken, full_path, gender, face_score, second_face_score) beside or above 00/ to 99/",
    label_kind: LabelKind::Chronological,
    precision: Precision::Band,
    sampling: Sampling::Convenience,
    has: &["subject"],
    groups: &["sex"],
    further: &[],
    splits: "",
    licence: "academic research only",
    source: "IMDB-WIKI",
    defects: "wrong persons, and stills from films that were made earlier; only the year of a photo is known, so ages are bands of a year; \
              pictures without one clear face (score below 1, or a second face) are left out; boxes belong to the whole pictures and \
              are not carried",
    flags: &[Flag::Images, Flag::Ages],
    is_general: false,
    fits,
    read,
};

const FILES: [(&str, &str); 2] = [("imdb.mat", "imdb"), ("wiki.mat", "wiki")];

fn fits(tree: &Tree) -> Option<String> {
    let (found, _) = FILES.iter().find(|(file, _)| tree.has(file))?;
    tree.chosen().is_none().then(|| format!("the MATLAB file `{found}`"))
}

/// The day of a MATLAB date number: day 367 is 1 January of year 1.
fn birthday(number: f64) -> Option<Date> {
    if !number.is_finite() || !(367.0..4_000_000.0).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "looked at above")]
    let days: Span = (number.floor() as i64 - 367).days();
    date(1, 1, 1).checked_add(days).ok()
}

/// The age at some time of the year of the photo: from that on its first day to that on the first day of the next.
fn band(birth: Date, taken: i16) -> Option<Known> {
    let leap = LeapBirthday::FirstOfMarch;
    let at = |year: i16| Date::new(year, 1, 1).ok();
    let high = age_between(birth, at(taken.checked_add(1)?)?, leap)?;
    let low = age_between(birth, at(taken)?, leap).unwrap_or(0.0);
    Some(Known::Band(low, high))
}

/// The single year that publications use: as if the photo was taken in the middle of the year.
fn published(birth: Date, taken: i16) -> f64 {
    let years = f64::from(taken) - f64::from(birth.year());
    if birth.month() < 7 { years } else { years - 1.0 }
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let is_published = source.options.is_published(&IMPORTER)?;
    if is_published {
        gathered.card.age_precision = Some(Precision::Year);
        gathered.remarks.push("Ages as published: as if every photo was taken in the middle of its year.".to_owned());
    }
    let mut begin: Vec<String> = Vec::new();
    for (file, variable) in FILES.iter().filter(|(file, _)| tree.has(file)) {
        let columns = ["dob", "photo_taken", "gender", "face_score", "second_face_score"];
        let (texts, found) = matlab::table(tree, file, variable, "full_path", columns)?;
        let first: Vec<String> = texts.iter().take(20).cloned().collect();
        let before = tree.locate_any(file, &first, source.options)?;
        begin.push(before.clone());
        for (place, name) in texts.iter().enumerate() {
            let at = Origin { file, row: Some(place as u64 + 1) };
            let path = format!("{before}{name}");
            let [dob, taken, gender, score, second] =
                found.each_ref().map(|values| values.get(place).copied().unwrap_or(f64::NAN));
            // A score that is not known is none that is high enough.
            if score.is_nan() || score < 1.0 {
                let found = score.to_string();
                gathered.leave_out(at, &path, "no clear face: its score is below 1, or there is none", &found);
                continue;
            }
            if second > 0.0 {
                gathered.leave_out(at, &path, "a second face: nothing says whose the age is", &second.to_string());
                continue;
            }
            let Some(birth) = birthday(dob) else {
                gathered.leave_out(at, &path, "its date of birth is none", &dob.to_string());
                continue;
            };
            if !(1.0..=9998.0).contains(&taken) {
                gathered.leave_out(at, &path, "the year of its photo is none", &taken.to_string());
                continue;
            }
            #[expect(clippy::cast_possible_truncation, reason = "looked at above")]
            let year = taken as i16;
            let known = if is_published { Some(Known::Years(published(birth, year))) } else { band(birth, year) };
            let Some(age) = known else {
                gathered.leave_out(at, &path, "the photo was taken before the birth", &format!("{birth}, {taken}"));
                continue;
            };
            let sex = gathered.sex(file, &gender.to_string(), ["0", "1"]);
            let subject = name_of(name).split('_').next().unwrap_or_default();
            gathered.add(tree, at, &Sample { subject, further: &[sex], ..Sample::of(&path, age) });
        }
    }
    let is_ours = |path: &&str| begin.iter().any(|begin| path.starts_with(begin.as_str()));
    gathered.leave_out_unused(tree.pictures().filter(is_ours));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_number_is_the_day_that_matlab_and_python_say() {
        // Python: date.fromordinal(723671 - 366) is 1981-05-05, and date.fromordinal(1) is day 367.
        assert_eq!(birthday(723_671.0), Some(date(1981, 5, 5)));
        assert_eq!(birthday(367.0), Some(date(1, 1, 1)));
        for number in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(birthday(number), None, "{number}");
        }
    }

    #[test]
    fn a_year_of_a_photo_leaves_a_band_in_which_the_published_age_lies() {
        for (birth, taken, expected) in [(date(1981, 5, 4), 2009, 28.0), (date(1981, 7, 1), 2009, 27.0)] {
            assert_eq!(published(birth, taken), expected);
            let Some(Known::Band(low, high)) = band(birth, taken) else { panic!("no band") };
            assert!(low < expected + 1.0 && expected < high && (high - low - 1.0).abs() < 0.01, "{low} {high}");
        }
        assert_eq!(band(date(1981, 5, 4), 1980), None);
        assert!(matches!(band(date(1981, 5, 4), 1981), Some(Known::Band(0.0, high)) if high < 1.0));
    }
}
