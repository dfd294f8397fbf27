//! The flags of the safe buffer: they change the protocol, so that every row stays a function of records and protocol.

use clap::Args;

use super::{Failure, results};
use crate::folder::{RunFolder, names};
use crate::protocol::{Protocol, Settled};

/// What is asked of the safe buffer beyond the protocol.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Safe buffer")]
pub(super) struct SafeBuffer {
    /// Choose the safe buffer on one half of the subjects and test it once on the other
    #[arg(long)]
    confirm: bool,

    /// Another target than the protocol's, such as 0.01: the rows are flagged post_hoc
    #[arg(long, value_name = "SHARE")]
    buffer_target: Option<f64>,
}

impl SafeBuffer {
    /// `protocol` with what was asked for.
    pub fn apply(self, mut protocol: Protocol) -> Result<Protocol, Failure> {
        protocol.buffer.confirm |= self.confirm;
        if let Some(target) = self.buffer_target {
            if !(target > 0.0 && target < 1.0) {
                return Err(Failure::unusable(format!("--buffer-target {target} is not a share above 0 and below 1")));
            }
            protocol.buffer.target = target;
            if !protocol.buffer.post_hoc.contains(&Settled::Target) {
                protocol.buffer.post_hoc.push(Settled::Target);
            }
        }
        Ok(protocol)
    }

    /// The protocol that a folder is scored with: the one given, or with flags the folder's own and these; none where
    /// the folder's own is used as it is.
    pub fn of_folder(self, given: Option<Protocol>, folder: &RunFolder) -> Result<Option<Protocol>, Failure> {
        if !self.confirm && self.buffer_target.is_none() {
            return Ok(given);
        }
        let protocol = match given {
            Some(protocol) => protocol,
            None => results::protocol(Some(&folder.file(names::PROTOCOL)))?,
        };
        self.apply(protocol).map(Some)
    }
}
