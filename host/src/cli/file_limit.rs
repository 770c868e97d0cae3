//! The limit on open files, of which each connection is one.

/// What the process opens besides its connections: the store's files, the log, what is about to be closed.
const FILES_BESIDES: u64 = 128;

/// Raises the process's limit so that this many connections can be open, as far as it may, and gives how many can.
#[cfg(unix)]
pub(super) fn make_room(connections_max: u32) -> u32 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let needed = u64::from(connections_max) + FILES_BESIDES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    if enough(current) {
        return connections_max;
    }
    let raised = if enough(maximum) { Some(needed) } else { maximum };
    let limit = Rlimit {
        current: raised,
        maximum,
    };
    let files = match setrlimit(Resource::Nofile, limit) {
        Ok(()) => raised,
        Err(_) => current,
    };
    let files = files.unwrap_or(needed);
    let room = u32::try_from(files.saturating_sub(FILES_BESIDES)).unwrap_or(u32::MAX);
    // Fewer than none besides the rest, and still the host must be able to answer somebody.
    let room = room.clamp(1, connections_max);
    if room < connections_max {
        tracing::warn!(
            connections_max = room,
            asked = connections_max,
            files,
            "fewer connections than asked for: the limit on open files cannot be raised"
        );
    }
    room
}

/// Elsewhere there is no such limit to raise.
#[cfg(not(unix))]
pub(super) fn make_room(connections_max: u32) -> u32 {
    connections_max
}
