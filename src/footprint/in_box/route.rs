//! The one route of the box: every address is this machine, so that whoever is spoken to, the packets stay and are seen.

use std::io;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, send, socket};

/// The number of the loopback interface, the first of every network namespace.
const LOOPBACK: u32 = 1;

/// Families of addresses with the numbers of linux/socket.h.
const FAMILIES: [u8; 2] = [2, 10];

// From linux/netlink.h and linux/rtnetlink.h.
const RTM_NEWROUTE: u16 = 24;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 0x1;
const NLM_F_ACK: u16 = 0x4;
const NLM_F_CREATE: u16 = 0x400;
const NLM_F_REPLACE: u16 = 0x100;
const RT_TABLE_LOCAL: u8 = 255;
const RTPROT_STATIC: u8 = 4;
const RT_SCOPE_HOST: u8 = 254;
const RTN_LOCAL: u8 = 2;
const RTA_OIF: u16 = 4;

/// Adds the routes `local 0.0.0.0/0` and `local ::/0` over the loopback interface.
///
/// # Errors
/// What the kernel answers; a kernel without IPv6 is none.
pub(super) fn make_every_address_local() -> io::Result<()> {
    let kernel = socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
    for family in FAMILIES {
        send(&kernel, &route(family), SendFlags::empty())?;
        let mut answer = [0_u8; 4096];
        let (read, _) = recv(&kernel, &mut answer, RecvFlags::empty())?;
        match errno(answer.get(..read).unwrap_or_default()) {
            Some(0) => {}
            // EAFNOSUPPORT, EOPNOTSUPP: there is no IPv6 here.
            Some(97 | 95) if family != FAMILIES[0] => {}
            Some(number) => return Err(io::Error::from_raw_os_error(number)),
            None => return Err(io::Error::other("the kernel did not say whether the route stands")),
        }
    }
    Ok(())
}

/// The message that asks for the route: struct nlmsghdr, struct rtmsg and one struct rtattr.
fn route(family: u8) -> Vec<u8> {
    let mut message = Vec::with_capacity(36);
    message.extend(36_u32.to_ne_bytes());
    message.extend(RTM_NEWROUTE.to_ne_bytes());
    message.extend((NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE).to_ne_bytes());
    message.extend(1_u32.to_ne_bytes()); // sequence
    message.extend(0_u32.to_ne_bytes()); // to the kernel
    message.extend([family, 0, 0, 0, RT_TABLE_LOCAL, RTPROT_STATIC, RT_SCOPE_HOST, RTN_LOCAL]);
    message.extend(0_u32.to_ne_bytes()); // flags
    message.extend(8_u16.to_ne_bytes());
    message.extend(RTA_OIF.to_ne_bytes());
    message.extend(LOOPBACK.to_ne_bytes());
    message
}

/// The error number in an acknowledgement: 0 is none.
fn errno(answer: &[u8]) -> Option<i32> {
    let kind = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
    let number = i32::from_ne_bytes(answer.get(16..20)?.try_into().ok()?);
    (kind == NLMSG_ERROR).then(|| number.saturating_neg())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_the_length_that_it_states_and_an_acknowledgement_is_read() {
        let message = route(2);
        assert_eq!(u32::from_ne_bytes(message[..4].try_into().unwrap()) as usize, message.len());
        let mut answer = vec![0; 36];
        answer[4..6].copy_from_slice(&NLMSG_ERROR.to_ne_bytes());
        assert_eq!(errno(&answer), Some(0));
        answer[16..20].copy_from_slice(&(-1_i32).to_ne_bytes());
        assert_eq!(errno(&answer), Some(1));
        assert_eq!(errno(&answer[..10]), None);
    }
}
