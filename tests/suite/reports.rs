//! The three forms of the report: what they say, and what they never do.

pub mod rows;

use agebench::report::{self, Options};
use agebench::table::{Row, RowStatus, Table};
use rows::{Case, table};

const AT_18: Case = Case { limits: &[18], ..Case::GOOD };

fn options() -> Options {
    Options {
        notices: vec!["Drawn faces prove the tool and nothing about any person.".into()],
        width: Some(120),
        ..Options::default()
    }
}

fn terminal(table: &Table) -> String {
    report::terminal(table, &options())
}

fn markdown(table: &Table) -> String {
    report::markdown(table, &options())
}

fn html(table: &Table) -> String {
    report::html(table, &options()).unwrap()
}

/// Runs of white space as one blank: what a sentence says, however it was broken into lines.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_terminal_tables_of_two_methods() {
    insta::assert_snapshot!(terminal(&table(&[
        AT_18,
        Case { method: "drawn-young", bias: -3.5, spread: 4.5, ..AT_18 }
    ])));
}

#[test]
fn the_terminal_tables_where_evidence_is_short_or_nobody_is_an_event() {
    let few = Case { method: "few", people: 4, levels: &[], ..AT_18 };
    let zero = Case { method: "zero", bias: -20.0, levels: &[], ..AT_18 };
    let adults = Case { method: "adults only", from: 18, people: 20, levels: &[], ..AT_18 };
    insta::assert_snapshot!(terminal(&table(&[few, zero, adults])));
}

#[test]
fn the_safe_challenge_age_has_a_table_that_says_whether_it_was_confirmed_or_why_there_is_none() {
    let [far, few] = ["far", "few"].map(|method| Case { method, ..AT_18 });
    let mut table = table(&[AT_18, far, few]);
    assert!(!terminal(&table).contains("The safe challenge age"), "no row, no table");
    let short = "everyone at age:17: 58 subjects, n* 58.0, 59 needed";
    table.rows.extend(rows::safe(&AT_18, false, Ok(24.5), "selected"));
    table.rows.extend(rows::safe(&far, false, Err((RowStatus::NotAchievable, "at most 0.0812 at 33")), ""));
    table.rows.extend(rows::safe(&few, false, Err((RowStatus::InsufficientEvidence, short)), ""));
    let lines = |text: &str| text.lines().map(flat).collect::<Vec<String>>();
    let told = lines(&terminal(&table));
    for line in [
        "The safe challenge age",
        "method limit safe challenge age years above the limit",
        "drawn-near 18 24.5 6.5",
        "far 18 not achievable (at most 0.0812 at 33)",
        "few 18 n/a (everyone at age:17: 58 subjects, n* 58.0, 59 needed)",
    ] {
        assert!(told.iter().any(|told| told == line), "{line}: {told:#?}");
    }
    table.rows.extend(rows::safe(&AT_18, true, Ok(25.0), "confirmed"));
    table.rows.extend(rows::safe(&far, true, Ok(26.0), "not_confirmed"));
    let told = lines(&terminal(&table));
    assert!(told.contains(&"drawn-near 18 24.5 6.5 25, confirmed".to_owned()), "{told:#?}");
    assert!(told.iter().any(|line| line.ends_with("26, not confirmed")), "{told:#?}");
    assert!(markdown(&table).contains("| drawn-near | 18 | 24.5 | 6.5 | 25, confirmed |"));
    assert!(html(&table).contains("<h2 id=\"safe\">The safe challenge age</h2>"));
    // Of methods without ages there is nothing to say.
    let mut table = self::table(&[AT_18]);
    table.rows.extend(rows::safe(&AT_18, false, Err((RowStatus::NotApplicable, "no answer is an age")), ""));
    assert!(!terminal(&table).contains("The safe challenge age"));
}

#[test]
fn the_markdown_of_one_method() {
    insta::assert_snapshot!(markdown(&table(&[AT_18])));
}

/// `text` without what stands between the first `from` and the next `to`.
fn without(text: &str, from: &str, to: &str) -> String {
    let (before, rest) = text.split_once(from).unwrap();
    let (_, after) = rest.split_once(to).unwrap();
    format!("{before}{from}{to}{after}")
}

#[test]
fn the_page_of_one_method_with_few_people() {
    let page = html(&table(&[Case { people: 12, from: 15, limits: &[18], ..Case::GOOD }]));
    // Style and script are files of their own, and the digest is the script's.
    let page = without(&without(&page, "<style>", "</style>"), "<script>", "</script>");
    insta::assert_snapshot!(without(&page, "sha256-", "'"));
}

#[test]
fn a_table_without_rows_is_a_report_that_says_why() {
    let empty = Table::default();
    for text in [terminal(&empty), markdown(&empty), html(&empty)] {
        let said = flat(&text);
        assert!(said.contains("The table holds no rows: no method was scored"), "{said}");
        assert!(said.contains("No results"), "{said}");
    }
}

#[test]
fn zero_events_show_the_upper_bound_and_never_a_bare_zero() {
    let text = terminal(&table(&[Case { method: "zero", bias: -20.0, ..AT_18 }]));
    // 1 - 0.05^(1/300), the one-sided Clopper-Pearson bound at no event.
    assert!(text.contains("0 % (at most 0.99 %)"), "{text}");
    assert!(!text.contains(" 0 %  ") && !text.contains(" 0.0 % ["), "{text}");
}

#[test]
fn insufficient_evidence_shows_its_reason_and_counts_but_no_rate() {
    let table = table(&[Case { people: 4, levels: &[], ..AT_18 }]);
    let text = terminal(&table);
    let line = text.lines().find(|line| line.starts_with("18 ")).unwrap();
    assert!(line.contains("n/a (20 < 30 subjects)") && line.contains("5 of 20"), "{line}");
    assert!(flat(&text).contains("there is too little evidence to say how many were let through as 18"), "{text}");
    // On the page the single years keep their greyed values, with the words beside them.
    let page = html(&table);
    assert!(page.contains("class=\"under weak\"") && page.contains("(4 &#60; 30 subjects)"));
}

#[test]
fn a_limit_with_nobody_under_it_says_so() {
    let text = terminal(&table(&[Case { from: 18, people: 20, ..AT_18 }]));
    assert!(flat(&text).contains("there was nobody aged 13 to 17 to count"), "{text}");
    assert!(text.contains("nobody to count"), "{text}");
}

#[test]
fn a_window_without_somebody_of_every_age_gives_way_to_everyone_on_its_side() {
    // From 16 on: nobody aged 13 to 15, so the rows of the window have no value.
    let mut table = table(&[Case { from: 16, ..AT_18 }]);
    for row in &mut table.rows {
        if row.population == agebench::table::Population::Window(13, 17) {
            row.value = None;
            row.status = agebench::table::RowStatus::InsufficientEvidence;
            row.evidence = Some(agebench::table::Evidence::Short(vec!["no subject aged 13 14 15".into()]));
        }
    }
    let text = flat(&terminal(&table));
    assert!(text.contains("people of any age under 18 (near the limit, some years of age have nobody"), "{text}");
    assert!(text.contains("of people of any age under 18, 40.0 %"), "{text}");
    assert!(text.contains("(no subject aged 13 14 15)"), "{text}");
}

#[test]
fn pooled_windows_and_shares_of_attempts_are_shown_where_there_is_nothing_else_and_named() {
    use agebench::table::{Population, Variant, Weighting};
    let usual = "Rates are shares of people, each year of age weighing the same";
    assert!(flat(&terminal(&table(&[AT_18]))).contains(usual));
    // As of a package with protected counts in which everybody has one photo: a pooled window, and no single years.
    let mut pooled = table(&[AT_18]);
    pooled.rows.retain(|row| !matches!(row.population, Population::Age(_) | Population::AgeFrom(_)));
    for row in pooled.rows.iter_mut().filter(|row| matches!(row.population, Population::Window(..))) {
        row.variant = Variant::of("window", "pooled");
    }
    let text = flat(&terminal(&pooled));
    assert!(text.contains("Rates are shares of people, the years of a window pooled"), "{text}");
    assert!(text.contains("of people aged 13 to 17 (years pooled), "), "{text}");
    assert!(!text.contains("weighing the same") && !text.contains("have nobody in the data"), "{text}");
    // As of one in which people have several.
    let mut attempts = pooled.clone();
    for row in &mut attempts.rows {
        row.weighting = row.weighting.map(|_| Weighting::Attempt);
        row.n_subjects = None;
        row.method = "drawn-young".into();
        row.method_digest = "young".into();
    }
    let text = flat(&terminal(&attempts));
    assert!(text.contains("Rates are shares of attempts, the years of a window pooled"), "{text}");
    assert!(text.contains("of attempts of people aged 13 to 17 (years pooled), "), "{text}");
    assert!(!text.contains("counts unknown") && !text.contains("not in the results"), "{text}");
    // Beside others, each says which it is.
    let mut both = table(&[AT_18]);
    both.rows.extend(attempts.rows);
    let text = flat(&terminal(&both));
    let said = "of drawn-near are shares of people, each year of age weighing the same, of drawn-young are shares of attempts, \
                the years of a window pooled";
    assert!(text.contains(said), "{text}");
    // A window of which only everyone on its side is known, because its rows are withheld or were never there.
    let mut withheld = pooled.clone();
    for row in withheld.rows.iter_mut().filter(|row| row.population == Population::Window(13, 17)) {
        (row.value, row.status) = (None, RowStatus::Suppressed);
    }
    let text = flat(&terminal(&withheld));
    assert!(text.contains("people of any age under 18 (near the limit, rates are withheld)"), "{text}");
    assert!(!text.contains("have nobody in the data"), "{text}");
}

#[test]
fn the_first_screen_says_how_many_had_no_answer_where_anybody_had_none() {
    // Of 200 people a year two get no decision, of 60 nobody.
    let first_screen = |people: u64| {
        let text = terminal(&table(&[Case { people, ..AT_18 }]));
        flat(text.split_once("Limit 18\n").unwrap().0)
    };
    let told = first_screen(200);
    assert!(["no answer", "<18", "18+", "10 of 1,000 26 of 2,600"].iter().all(|part| told.contains(part)), "{told}");
    assert!(told.matches("10 of 1,000 26 of 2,600").count() == 2, "{told}");
    assert!(!first_screen(60).contains("no answer"));
    for width in [80, 120] {
        let wide = Options { width: Some(width), ..options() };
        let text = report::terminal(&table(&[Case { people: 200, ..AT_18 }]), &wide);
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(width)), "{text}");
    }
}

#[test]
fn rows_that_are_not_there_are_named_and_not_guessed() {
    let mut table = table(&[AT_18]);
    table.rows.retain(|row| row.metric != "adult_denial_rate" && row.metric != "mae");
    for text in [terminal(&table), markdown(&table), html(&table)] {
        assert!(text.contains("not in the results"), "{text}");
    }
    table.rows.retain(|row| row.limit.is_none());
    assert!(terminal(&table).contains("No method was held against an age limit."));
    assert!(html(&table).contains("No method was held against an age limit."));
}

#[test]
fn both_errors_stand_in_every_line_with_counts() {
    for text in [terminal(&table(&[AT_18])), markdown(&table(&[AT_18]))] {
        let is_head = |line: &&str| line.contains("under-age passes  ") || line.contains("under-age passes |");
        assert!(text.lines().any(|line| is_head(&line)), "{text}");
        for head in text.lines().filter(is_head) {
            assert!(head.contains("adult denials") && head.matches("k of n").count() == 2, "{head}");
        }
    }
}

#[test]
fn notices_stand_before_the_first_number_in_every_form() {
    for text in [terminal(&table(&[AT_18])), markdown(&table(&[AT_18])), html(&table(&[AT_18]))] {
        assert!(text.find("Drawn faces prove the tool").unwrap() < text.find("k of n").unwrap());
    }
}

#[test]
fn foreign_words_cannot_become_markup_or_escape_sequences() {
    let method = "<script>alert(1)</script>|@team#1 **b**\u{1b}[31m\u{202e}";
    let table = table(&[Case { method, levels: &["<img src=x onerror=1>", "a|b"], ..AT_18 }]);
    for text in [terminal(&table), markdown(&table), html(&table)] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
    }
    let page = html(&table);
    // The rows and the page's own script, which the policy names by its digest.
    assert!(page.matches("<script").count() == 2 && !page.contains("<img"), "{page}");
    let text = markdown(&table);
    assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("@team") && !text.contains("**b"));
    // Lines of one table have one number of cells.
    let lines: Vec<_> = text.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair.iter().all(|line| line.starts_with("| "))) {
        assert_eq!(pair[0].matches('|').count(), pair[1].matches('|').count(), "{}", pair[1]);
    }
}

#[test]
fn a_comment_on_a_pull_request_holds_two_methods_at_four_limits() {
    // GitHub takes 65,536 characters.
    let text = markdown(&table(&[Case::GOOD, Case::YOUNG]));
    assert!(text.chars().count() < 60_000, "{}", text.chars().count());
}

#[test]
fn the_page_needs_no_network_and_stays_small() {
    let page = html(&table(&[Case::GOOD, Case::YOUNG]));
    assert!(page.len() < 1_000_000, "{}", page.len());
    let without_namespaces = page.replace("http://www.w3.org/2000/svg", "");
    for forbidden in ["<script src", "http:", "https:", "<link", "@import", "url(", "javascript:", " onload"] {
        assert!(!without_namespaces.contains(forbidden), "{forbidden}");
    }
    assert_eq!(page.matches("<table>").count(), page.matches("<caption").count());
    // By age, both errors against each other twice, and by sex, at each of four limits: each with its words and its numbers.
    let pictures = page.matches("role=\"img\"").count();
    assert_eq!(pictures, 16);
    assert_eq!(page.matches("<desc ").count(), pictures);
    assert_eq!(page.matches("<summary>The numbers of this picture</summary>").count(), pictures);
}

#[test]
fn what_a_hundred_people_would_meet_is_within_the_rows_that_the_sentence_names() {
    let table = table(&[AT_18, Case { method: "drawn-young", bias: -3.5, spread: 4.5, ..AT_18 }]);
    let page = html(&table);
    let mut seen = 0;
    for sentence in page.split("<li data-rows=\"").skip(1).filter(|part| part.contains("of 100 seventeen-year-olds")) {
        let (keys, rest) = sentence.split_once("\">").unwrap();
        let text = rest.split("</li>").next().unwrap();
        let halves: Vec<&str> = text.split("of 100 ").skip(1).collect();
        for (key, half) in keys.split(" &#38; ").zip(halves) {
            let rows = || {
                table.rows.iter().filter(|row| {
                    let cells = row.cells();
                    key.split(';').filter(|pair| pair.contains('=')).all(|pair| {
                        let (name, cell) = pair.split_once('=').unwrap();
                        let at = agebench::table::COLUMNS.iter().position(|column| *column == name).unwrap();
                        cells[at] == cell
                    }) && text.starts_with(&row.method)
                })
            };
            assert_eq!(rows().count(), 1, "{key}");
            let row = rows().next().unwrap();
            let numbers: Vec<f64> = half.split([' ', ';', '.']).filter_map(|word| word.parse().ok()).collect();
            let (low, high) = (row.low.unwrap() * 100.0, row.high.unwrap() * 100.0);
            match half {
                half if half.contains("between") => {
                    assert_eq!(numbers[..2], [low.floor(), high.ceil()], "{half}");
                }
                half if half.contains("at most") => assert_eq!(numbers[0], (row.claim_high.unwrap() * 100.0).ceil()),
                half => assert!(half.contains("at least") && numbers[0] == (row.claim_low.unwrap() * 100.0).floor()),
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 8, "two methods at two challenge ages, and two errors");
}

#[test]
fn the_policy_of_the_page_names_the_digest_of_its_script_and_of_nothing_else() {
    use sha2::{Digest as _, Sha256};
    let page = html(&table(&[AT_18]));
    let script = page.rsplit_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    let digest = agebench::base64::base64(&Sha256::digest(script));
    assert!(
        page.contains(&format!("script-src &#39;sha256-{digest}&#39;"))
            || page.contains(&format!("script-src 'sha256-{digest}'"))
    );
}

#[test]
fn all_challenge_ages_are_shown_when_asked_for_and_the_usual_ones_otherwise() {
    let all = Options { all_challenges: true, ..options() };
    let table = table(&[AT_18]);
    assert!(terminal(&table).lines().all(|line| !line.starts_with("19 ")));
    let text = report::terminal(&table, &all);
    for challenge in 18..=30 {
        assert!(text.lines().any(|line| line.starts_with(&format!("{challenge} "))), "{challenge}");
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let table = table(&[Case::GOOD, Case::YOUNG]);
    for width in [80, 100, 140] {
        let text = report::terminal(&table, &Options { width: Some(width), ..options() });
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= usize::from(width), "{widest} > {width}");
    }
}

#[test]
fn caveats_are_sentences_and_name_the_methods_they_hold_for() {
    let mut table = table(&[AT_18, Case { method: "drawn-young", ..AT_18 }]);
    let flag = |row: Row| if row.method == "drawn-young" { row.flagged("few_distinct_answers") } else { row };
    table.rows = table.rows.into_iter().map(flag).collect();
    let text = flat(&terminal(&table));
    assert!(text.contains("drawn-young: The method gave fewer than five distinct answers"), "{text}");
    assert!(text.contains("The people were not drawn at random"), "{text}");
}

#[test]
fn that_nobody_cheated_is_said_only_where_the_results_know_it() {
    let mut table = table(&[AT_18]);
    assert!(flat(&terminal(&table)).contains("people who cheat: nobody in the data did."));
    // As of a release package, in which the stages of the flow are left out.
    table.rows.retain(|row| row.metric != "flow_attacks");
    let text = flat(&terminal(&table));
    assert!(text.contains("people who cheat: these results hold nothing about attacks."), "{text}");
}

#[test]
fn methods_measured_on_different_data_are_said_to_be_incomparable() {
    let mut table = table(&[AT_18, Case { method: "drawn-young", ..AT_18 }]);
    for row in table.rows.iter_mut().filter(|row| row.method == "drawn-young") {
        row.manifest_digest = "ffffffffffffffff".into();
    }
    assert!(flat(&terminal(&table)).contains("not measured on the same data and cannot be compared"));
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let table = table(&[Case::GOOD, Case::YOUNG]);
    assert_eq!(terminal(&table), terminal(&table));
    assert_eq!(markdown(&table), markdown(&table));
    assert_eq!(html(&table), html(&table));
}
