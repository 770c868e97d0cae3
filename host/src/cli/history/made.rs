//! Histories that were made of an inventory.

use anyhow::Result;
use enterprise_credentials::log::Until;
use enterprise_credentials::{CorruptHistory, Enterprise, Event, Position, RecordedEvent, Role};
use enterprise_credentials_report::made::{MadeFrom, is_role_unknown};

use super::{Extent, HistoryPlace, blame};

/// What a made history says of itself, and where it leads if everybody whose role is not known is a member.
pub(in crate::cli) struct Made {
    pub(in crate::cli) from: MadeFrom,
    /// Nothing where all roles are known.
    pub(in crate::cli) with_members: Option<Enterprise>,
}

impl HistoryPlace {
    /// What the first line says of what the history was made from. The log is opened for it: it can be read again.
    pub(in crate::cli) fn made_from(&self) -> Result<Option<MadeFrom>> {
        let mut history = self.open()?;
        let is_line = history.next_line()?;
        Ok(if is_line {
            MadeFrom::of_line(history.line())
        } else {
            None
        })
    }

    /// Replays the log as [`replay`](Self::replay) does, in one reading with what a made history says of itself.
    pub(in crate::cli) fn replay_made(&self, until: Option<Until>) -> Result<(Enterprise, Option<Made>)> {
        let (mut enterprise, mut made) = (Enterprise::new(), None);
        let mut history = self.open()?;
        let mut extent = Extent::new(until);
        while !extent.is_reached()
            && let Some(recorded) = history.next()?
            && extent.takes(&recorded)
        {
            let blame = |corrupt| blame(&self.to_string(), corrupt);
            enterprise.apply(&recorded).map_err(blame)?;
            if recorded.position == Position::START.next() {
                made = MadeFrom::of_line(history.line()).map(Made::from);
            }
            if let Some(Made {
                with_members: Some(with_members),
                ..
            }) = &mut made
            {
                apply_as_member(with_members, recorded, history.line()).map_err(blame)?;
            }
        }
        if self.is_stream() {
            history.sha256()?;
        }
        extent.check_end(self)?;
        Ok((enterprise, made))
    }
}

impl Made {
    fn from(from: MadeFrom) -> Self {
        let with_members = (from.unknown_roles > 0).then(Enterprise::new);
        Self { from, with_members }
    }
}

fn apply_as_member(
    enterprise: &mut Enterprise,
    mut recorded: RecordedEvent,
    line: &[u8],
) -> Result<(), CorruptHistory> {
    if let Event::MemberAdded { role, .. } = &mut recorded.event
        && is_role_unknown(line)
    {
        *role = Role::Member;
    }
    enterprise.apply(&recorded)
}
