//! The kinds of findings, each with a word that stays the same from version to version, and what `--fix` does about it.

/// What `check --fix` does with the rows of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fix {
    /// Nothing: the rows stay.
    Stays,
    /// The row goes.
    Row,
    /// The row goes, if one that shows the same is kept.
    Copy,
    /// Both rows go: nothing tells which is right.
    Both,
}

/// A kind of finding. docs/check.md says of each why it moves results, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A key of the card that cannot be read, or is unknown.
    CardValue,
    /// Something that `publish` will ask for.
    CardGap,
    /// Ages that nobody knows from documents.
    LabelKind,
    /// Attacks that would count as people.
    SpeciesNotNamed,
    /// Columns that could be groups.
    GroupsNotNamed,
    /// A cell, a row or a header that cannot be read.
    ManifestValue,
    /// Two rows with one id.
    SampleTwice,
    /// An age that no person has.
    AgeOutOfRange,
    /// Rows without an age.
    AgeMissing,
    /// No row from which a rate could be made.
    NobodyEligible,
    /// Rows without a person.
    SubjectMissing,
    /// Unknown levels of a group.
    GroupUnknown,
    /// Levels of a group that differ only by case or outer spaces.
    GroupSpelling,
    /// One person, two levels of a group.
    SubjectAttributeChanges,
    /// One person, two dates of birth.
    SubjectBirthChanges,
    /// One person whose ages and days of photos cannot all be true.
    SubjectAgesDisagree,
    /// One person in several splits.
    SubjectInSplits,
    /// Ages that end in 0 or 5 too often.
    AgesHeap,
    /// One year of age with far more people than its neighbours.
    AgeSpike,
    /// Whole years, said to be known to the day or month.
    PrecisionOverstated,
    /// Bands whose upper end seems to belong to them.
    BandsLeaveGaps,
    /// Too many ages that may lie on either side of a limit.
    LimitStraddled,
    /// Nobody on one side of a limit.
    LimitOneSided,
    /// How many samples there are on both sides of a limit.
    LimitCounts,
    /// Too few people for a rate to be shown.
    FewSubjects,
    /// How many people a population has, and the least rate that they could show.
    Subjects,
    /// A row whose file is not there.
    FileMissing,
    /// A file without a row.
    FileWithoutRow,
    /// Rows that name no file, where others do.
    RowWithoutFile,
    /// No row that names a file.
    NoFiles,
    /// A file with other content than the manifest says.
    ContentDiffers,
    /// A file that is no picture, or a broken one.
    PictureUnreadable,
    /// A picture or a face of few pixels.
    PictureTiny,
    /// A face box beside the picture.
    BoxOutside,
    /// Files that were not decoded.
    NotDecoded,
    /// The same content twice.
    Duplicate,
    /// The same content with two ages.
    DuplicateAge,
    /// The same content with ages on both sides of a limit.
    DuplicateLimit,
    /// The same content in two splits.
    DuplicateSplit,
    /// The same content of two people.
    DuplicateSubject,
    /// Two pictures that look alike.
    NearDuplicate,
    /// Two pictures that look alike, with two ages.
    NearDuplicateAge,
    /// Two pictures that look alike, with ages on both sides of a limit.
    NearDuplicateLimit,
    /// Two pictures that look alike, in two splits.
    NearDuplicateSplit,
    /// Two pictures that look alike, of two people.
    NearDuplicateSubject,
}

impl Code {
    const WORDS: [(&'static str, Self); 45] = [
        ("card_value", Self::CardValue),
        ("card_gap", Self::CardGap),
        ("label_kind", Self::LabelKind),
        ("species_not_named", Self::SpeciesNotNamed),
        ("groups_not_named", Self::GroupsNotNamed),
        ("manifest_value", Self::ManifestValue),
        ("sample_twice", Self::SampleTwice),
        ("age_out_of_range", Self::AgeOutOfRange),
        ("age_missing", Self::AgeMissing),
        ("nobody_eligible", Self::NobodyEligible),
        ("subject_missing", Self::SubjectMissing),
        ("group_unknown", Self::GroupUnknown),
        ("group_spelling", Self::GroupSpelling),
        ("subject_attribute_changes", Self::SubjectAttributeChanges),
        ("subject_birth_changes", Self::SubjectBirthChanges),
        ("subject_ages_disagree", Self::SubjectAgesDisagree),
        ("subject_in_splits", Self::SubjectInSplits),
        ("ages_heap", Self::AgesHeap),
        ("age_spike", Self::AgeSpike),
        ("precision_overstated", Self::PrecisionOverstated),
        ("bands_leave_gaps", Self::BandsLeaveGaps),
        ("limit_straddled", Self::LimitStraddled),
        ("limit_one_sided", Self::LimitOneSided),
        ("limit_counts", Self::LimitCounts),
        ("few_subjects", Self::FewSubjects),
        ("subjects", Self::Subjects),
        ("file_missing", Self::FileMissing),
        ("file_without_row", Self::FileWithoutRow),
        ("row_without_file", Self::RowWithoutFile),
        ("no_files", Self::NoFiles),
        ("content_differs", Self::ContentDiffers),
        ("picture_unreadable", Self::PictureUnreadable),
        ("picture_tiny", Self::PictureTiny),
        ("box_outside", Self::BoxOutside),
        ("not_decoded", Self::NotDecoded),
        ("duplicate", Self::Duplicate),
        ("duplicate_age", Self::DuplicateAge),
        ("duplicate_limit", Self::DuplicateLimit),
        ("duplicate_split", Self::DuplicateSplit),
        ("duplicate_subject", Self::DuplicateSubject),
        ("near_duplicate", Self::NearDuplicate),
        ("near_duplicate_age", Self::NearDuplicateAge),
        ("near_duplicate_limit", Self::NearDuplicateLimit),
        ("near_duplicate_split", Self::NearDuplicateSplit),
        ("near_duplicate_subject", Self::NearDuplicateSubject),
    ];

    /// The word in CSV, JSON and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, code)| *code == self).map_or("", |(word, _)| word)
    }

    /// The kind that `word` names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(name, _)| *name == word).map(|(_, code)| *code)
    }

    /// All words, in the order in which docs/check.md explains them.
    pub fn words() -> impl Iterator<Item = &'static str> {
        Self::WORDS.iter().map(|(word, _)| *word)
    }

    /// Whether `run` refuses a dataset with such an error, whatever anybody thinks of it.
    #[must_use]
    pub fn is_refused(self) -> bool {
        matches!(
            self,
            Self::CardValue | Self::ManifestValue | Self::SampleTwice | Self::AgeOutOfRange | Self::NobodyEligible
        )
    }

    /// What `check --fix` does about it. Only what is certain: that two pictures look alike is for a person to judge.
    #[must_use]
    pub fn fix(self) -> Fix {
        match self {
            Self::ManifestValue
            | Self::AgeOutOfRange
            | Self::FileMissing
            | Self::ContentDiffers
            | Self::PictureUnreadable
            | Self::BoxOutside => Fix::Row,
            Self::Duplicate | Self::DuplicateSplit => Fix::Copy,
            Self::SampleTwice | Self::DuplicateAge | Self::DuplicateLimit | Self::DuplicateSubject => Fix::Both,
            _ => Fix::Stays,
        }
    }
}
