//! The command line: flags become a request, events and rows become text. The only room that prints.
//!
//! One file a verb. Results go to the output stream, everything else to the error stream. Every verb ends by naming
//! the files it wrote and the next useful command.

mod agree;
mod buffer;
mod check;
mod compare;
mod conformance;
mod decoders;
mod demo;
mod engines;
mod environment;
mod exit;
mod findings;
mod footprint;
mod gate;
mod guard;
mod import;
mod in_box;
mod init;
mod isolate;
mod job;
mod latency;
mod list;
mod manual;
mod measured;
mod merge;
mod methods;
mod output;
mod packages;
mod plan;
mod pool;
mod probe;
mod progress;
mod publish;
mod report;
mod results;
mod run;
mod score;
mod spared;
mod study;
mod verify;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::{EXIT_CODES, Exit, Failure};

use environment::Environment;

/// Measures age-assurance methods: accuracy at age thresholds, latency, and the personal data they take.
#[derive(Debug, Parser)]
#[command(name = "agebench", version, max_term_width = 100, after_help = "Begin with `agebench demo`.", after_long_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,

    /// End when the process that started this one ends
    #[arg(long, global = true, hide = true)]
    with_parent: bool,
}

// The verbs. Their lines are given as `about`: a docstring here would take the place of the paragraphs that stand on their arguments.
#[derive(Debug, Subcommand)]
enum Verb {
    #[command(about = "Run the bundled methods over the bundled drawn faces")]
    Demo(demo::Arguments),
    #[command(about = "Put every sample of a dataset to one or more methods, then score and report")]
    Run(run::Arguments),
    #[command(about = "Time a method: loading, first answer, steady state, offered load, all workers at once")]
    Latency(latency::Arguments),
    #[command(about = "Measure what a method is given, sends, returns and leaves behind")]
    Footprint(footprint::Arguments),
    #[command(about = "Score a CSV that holds truth and answers, or score a run folder anew")]
    Score(score::Arguments),
    #[command(about = "Show results as tables, Markdown or one HTML page")]
    Report(report::Arguments),
    #[command(about = "Join the shards of a run, then score and report")]
    Merge(merge::Arguments),
    #[command(about = "Hold two or more methods against each other: paired differences and ranks")]
    Compare(compare::Arguments),
    #[command(about = "Hold a policy against a run, and against a baseline: pass, fail or inconclusive")]
    Gate(gate::Arguments),
    #[command(about = "Run, compare and report all methods of a study on all its datasets")]
    Study(study::Arguments),
    #[command(about = "Find the challenge age that a method which only passes or denies really keeps")]
    Probe(probe::Arguments),
    #[command(about = "Make a release package: protected counts, and nothing about a single person")]
    Publish(publish::Arguments),
    #[command(about = "How many people a claim needs, and what an existing dataset can show")]
    Plan(plan::Arguments),
    #[command(about = "Put the published rows of several data holders together")]
    Pool(pool::Arguments),
    #[command(about = "Compute every row of a run folder again, or hold a release package against itself")]
    Verify(verify::Arguments),
    #[command(about = "Look for all that is wrong with a dataset, method, protocol, policy, study or package")]
    Check(check::Arguments),
    #[command(about = "Make a card and a manifest for a public dataset's own layout, or for any table")]
    Import(import::Arguments),
    #[command(about = "Write a card (from a model file too), a protocol, a policy or a pipeline")]
    Init(init::Arguments),
    #[command(about = "List methods, models, datasets, protocols, policies, metrics and more")]
    List(list::Arguments),
    #[command(about = "Print completions for a shell")]
    Completions(manual::CompletionArguments),
    #[command(about = "Write the man pages, one a verb")]
    Man(manual::ManArguments),
    #[command(hide = true)]
    Guard(guard::Arguments),
    #[command(hide = true)]
    InBox(in_box::Arguments),
    #[command(hide = true)]
    EngineProcess(isolate::Arguments),
}

/// Runs the program with the arguments of the process and gives its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return answered(&error),
    };
    // Before anything else: a guard listens to other signals, and must be quick.
    if let Verb::Guard(arguments) = &arguments.verb {
        return ExitCode::from(guard::run(arguments));
    }
    if let Verb::InBox(arguments) = arguments.verb {
        return ExitCode::from(in_box::run(arguments));
    }
    if let Verb::EngineProcess(arguments) = &arguments.verb {
        return ExitCode::from(isolate::run(arguments));
    }
    if cfg!(feature = "onnxruntime") {
        environment::without_telemetry();
    }
    if arguments.with_parent {
        environment::end_with_parent();
    }
    // A panic is a defect of agebench, and has its own exit code instead of Rust's 101.
    match catch_unwind(AssertUnwindSafe(|| dispatch(arguments))) {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(failure)) => failed(failure),
        Err(_) => {
            output::tell("error: a defect of agebench: please report the lines above with the command\n");
            Exit::Internal.into()
        }
    }
}

/// Prints what clap answers in place of a verb, and gives the exit code: help and version go to the output stream with 0, mistakes,
/// which hold words of the command line, to the error stream with 2.
fn answered(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() {
        output::tell(&text);
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Unusable.code()));
    }
    output::print(&text).map_or_else(failed, |()| Exit::Done.into())
}

/// Tells a failure, and gives its exit code. A reader that went away is none.
fn failed(failure: Failure) -> ExitCode {
    if exit::is_broken_pipe(&*failure.error) {
        return Exit::Done.into();
    }
    output::tell(&failure.text());
    failure.exit.into()
}

fn dispatch(arguments: Arguments) -> Result<Exit, Failure> {
    let environment = Environment::read().map_err(Failure::unusable)?;
    match arguments.verb {
        Verb::Demo(arguments) => demo::run(&arguments, &environment),
        Verb::Run(arguments) => run::run(&arguments, &environment),
        Verb::Latency(arguments) => latency::run(&arguments, &environment),
        Verb::Footprint(arguments) => footprint::run(&arguments, &environment),
        Verb::Score(arguments) => score::run(&arguments, &environment),
        Verb::Report(arguments) => report::run(&arguments, &environment),
        Verb::Merge(arguments) => merge::run(&arguments, &environment),
        Verb::Compare(arguments) => compare::run(&arguments, &environment),
        Verb::Gate(arguments) => gate::run(&arguments, &environment),
        Verb::Study(arguments) => study::run(&arguments, &environment),
        Verb::Probe(arguments) => probe::run(&arguments, &environment),
        Verb::Publish(arguments) => publish::run(&arguments),
        Verb::Plan(arguments) => plan::run(&arguments, &environment),
        Verb::Pool(arguments) => pool::run(&arguments, &environment),
        Verb::Verify(arguments) => verify::run(&arguments),
        Verb::Check(arguments) => check::run(&arguments, &environment),
        Verb::Import(arguments) => import::run(&arguments),
        Verb::Init(arguments) => init::run(&arguments, &environment),
        Verb::Completions(arguments) => manual::completions(&arguments),
        Verb::Man(arguments) => manual::man(&arguments),
        Verb::List(arguments) => list::run(&arguments, &environment),
        Verb::Guard(_) | Verb::InBox(_) | Verb::EngineProcess(_) => Ok(Exit::Internal), // answered above
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
