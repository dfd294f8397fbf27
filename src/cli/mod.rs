//! The command line: flags become a request, events and rows become text. The only room that prints or exits.
