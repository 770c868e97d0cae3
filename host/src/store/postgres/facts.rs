//! What a server says of itself: which one it is, since when, and how durable its commits are.

use tokio_postgres::Row;

use super::failure::Failure;
use super::session::Session;
use crate::store::Durability;

/// What a server says. The timeline is that of what it writes now:
/// the one in its control file is of its last checkpoint.
pub(super) const FACTS: &str = "SELECT pg_postmaster_start_time()::text, pg_is_in_recovery(), \
     CASE WHEN pg_is_in_recovery() THEN 0 \
          ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END, \
     current_setting('synchronous_standby_names', true), current_setting('synchronous_commit', true), \
     current_setting('fsync', true), current_setting('full_page_writes', true)";

const VERSION: &str = "SELECT version()";
/// How databases that speak PostgreSQL's protocol and are none call themselves. They have no standbys to wait for.
const OTHERS: [&str; 2] = ["CockroachDB", "-YB-"];

/// One server, from its start to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// When it was started: no other run of any server has the same.
    pub(super) incarnation: String,
    /// Grows with each promotion.
    pub(super) timeline: i64,
    pub(super) is_standby: bool,
    /// Whether it is PostgreSQL, and so can show that it still is the primary.
    pub(super) can_fence: bool,
    /// The names of standbys to wait for; nothing where they may not be seen.
    pub(super) standbys: Option<String>,
    commit: String,
    /// Whether it waits for its own disk.
    is_synced: bool,
}

impl Facts {
    /// Asks a server.
    pub(super) async fn read(session: &Session) -> Result<Self, Failure> {
        let version = session.query(VERSION, &[]).await?;
        let version: &str = version
            .first()
            .map_or(Ok(""), |row| row.try_get(0))
            .map_err(Failure::of)?;
        if OTHERS.iter().any(|other| version.contains(other)) {
            return Ok(Self {
                is_synced: true,
                ..Self::default()
            });
        }
        let rows = session.query(FACTS, &[]).await?;
        rows.first()
            .ok_or_else(|| Failure::Lost("the server says nothing of itself".into()))
            .and_then(|row| Self::of(row).map_err(Failure::of))
    }

    /// Takes the row that [`FACTS`] asks for.
    pub(super) fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let is_on = |column| {
            Ok::<_, tokio_postgres::Error>(row.try_get::<_, Option<String>>(column)?.is_none_or(|it| it != "off"))
        };
        Ok(Self {
            incarnation: row.try_get(0)?,
            is_standby: row.try_get(1)?,
            timeline: row.try_get(2)?,
            can_fence: true,
            standbys: row.try_get(3)?,
            commit: row.try_get::<_, Option<String>>(4)?.unwrap_or_default(),
            is_synced: is_on(5)? && is_on(6)?,
        })
    }

    /// Whether it is the same run of the same server, set up as before.
    pub(super) fn is_as(&self, before: &Self) -> bool {
        self.is_run_of(before)
            && (&self.standbys, self.is_synced, self.is_standby)
                == (&before.standbys, before.is_synced, before.is_standby)
    }

    /// Whether it is the same run of the same server.
    pub(super) fn is_run_of(&self, before: &Self) -> bool {
        (&self.incarnation, self.timeline) == (&before.incarnation, before.timeline)
    }

    /// Whether another server has taken over from the one before, or the same one was started anew.
    pub(super) fn follows(&self, before: &Self) -> bool {
        self.timeline > before.timeline || (self.timeline == before.timeline && self.incarnation != before.incarnation)
    }

    /// How durable a commit on it is.
    pub(super) fn durability(&self) -> Durability {
        match self.standbys.as_deref() {
            _ if !self.is_synced => Durability::Volatile,
            None => Durability::Unknown,
            Some("") => Durability::ThisNode,
            Some(_) => Durability::Synchronous,
        }
    }

    /// Whether it waits for standbys.
    pub(super) fn has_standbys(&self) -> bool {
        self.standbys.as_ref().is_some_and(|names| !names.is_empty())
    }

    /// Whether commits of this session wait for the standbys as they should.
    pub(super) fn waits(&self) -> bool {
        !self.has_standbys() || ["on", "remote_apply"].contains(&self.commit.as_str())
    }

    /// What is wrong with the standbys that it waits for; nothing where two primaries could never both have a quorum.
    pub(super) fn doubt(&self) -> Option<&'static str> {
        let names = self.standbys.as_deref().unwrap_or_default();
        if names.is_empty() {
            return None;
        }
        let Some((head, list)) = names.trim().trim_end_matches(')').split_once('(') else {
            return Some("it waits for the first of a list of standbys, and not for `ANY` of them");
        };
        let members = list.split(',').map(str::trim);
        if members.clone().any(|member| member == "*") {
            return Some("it waits for any standby, whatever its name");
        }
        let words: Vec<&str> = head.split_whitespace().collect();
        match words.as_slice() {
            [any, quorum] if any.eq_ignore_ascii_case("any") => {
                let is_quorum = quorum.parse().is_ok_and(|quorum: usize| quorum >= members.count() / 2);
                (!is_quorum).then_some("it waits for fewer than half of the members")
            }
            _ => Some("it waits for the first of a list of standbys, and not for `ANY` of them"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(standbys: Option<&str>) -> Facts {
        Facts {
            standbys: standbys.map(str::to_owned),
            commit: "on".to_owned(),
            is_synced: true,
            ..Facts::default()
        }
    }

    #[test]
    fn durability_is_told_from_the_settings() {
        for (standbys, durability) in [
            (None, Durability::Unknown),
            (Some(""), Durability::ThisNode),
            (Some("ANY 1 (a, b, c)"), Durability::Synchronous),
        ] {
            assert_eq!(facts(standbys).durability(), durability);
            let unsynced = Facts {
                is_synced: false,
                ..facts(standbys)
            };
            assert_eq!(unsynced.durability(), Durability::Volatile);
        }
        for (commit, waits) in [
            ("on", true),
            ("remote_apply", true),
            ("remote_write", false),
            ("local", false),
            ("off", false),
        ] {
            let mut facts = facts(Some("ANY 1 (a, b, c)"));
            facts.commit = commit.to_owned();
            assert_eq!(facts.waits(), waits, "{commit}");
            facts.standbys = Some(String::new());
            assert!(facts.waits(), "{commit}");
        }
    }

    #[test]
    fn a_server_that_is_set_up_otherwise_is_not_as_before() {
        let before = facts(Some("ANY 1 (a, b, c)"));
        assert!(before.is_as(&before.clone()));
        for other in [
            facts(None),
            facts(Some("")),
            facts(Some("FIRST 1 (a, b, c)")),
            Facts {
                is_synced: false,
                ..before.clone()
            },
            Facts {
                is_standby: true,
                ..before.clone()
            },
            Facts {
                timeline: 2,
                ..before.clone()
            },
            Facts {
                incarnation: "later".to_owned(),
                ..before.clone()
            },
        ] {
            assert!(!other.is_as(&before), "{other:?}");
        }
    }

    #[test]
    fn a_server_of_an_older_timeline_takes_nothing_over() {
        let at = |timeline, incarnation: &str| Facts {
            timeline,
            incarnation: incarnation.to_owned(),
            ..facts(None)
        };
        let before = at(5, "noon");
        for (found, follows) in [
            (at(6, "dawn"), true),
            (at(5, "dusk"), true),
            (at(5, "noon"), false),
            (at(4, "dusk"), false),
        ] {
            assert_eq!(found.follows(&before), follows, "{found:?}");
        }
    }

    #[test]
    fn a_list_that_is_no_quorum_is_doubted() {
        for (names, is_doubted) in [
            ("", false),
            ("ANY 1 (a, b, c)", false),
            ("any 2 (\"a\", b, c, d, e)", false),
            ("ANY 1 (a, b, c, d)", true),
            ("ANY 1 (*)", true),
            ("*", true),
            ("FIRST 1 (a, b, c)", true),
            ("1 (a, b, c)", true),
            ("a, b", true),
        ] {
            assert_eq!(facts(Some(names)).doubt().is_some(), is_doubted, "{names}");
        }
    }
}
