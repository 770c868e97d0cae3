//! What `serve` allows its clients, and how it tells them apart.

use std::net::IpAddr;
use std::num::NonZeroU32;

use clap::{Args, ValueEnum};
use enterprise_credentials_host::http::{HttpOptions, Proxies, ProxyHeader};
use ipnet::IpNet;

use crate::cli::file_limit::make_room;

/// The options about clients.
#[derive(Debug, Args)]
pub(super) struct Clients {
    /// How many connections to keep at once.
    ///
    /// If one more comes, the one that has been idle for the longest is closed. Those whose token was valid are closed
    /// last. A connection whose request may be recorded is never closed. The limit on open files is raised as needed.
    #[arg(
        long,
        value_name = "CONNECTIONS",
        default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    connections_max: u32,
    /// The address or the network of a proxy in front of the host. May be given again.
    ///
    /// The connections of a proxy count as those of many clients.
    #[arg(long = "trusted-proxy", value_name = "CIDR", value_parser = network)]
    trusted_proxies: Vec<IpNet>,
    /// The header in which the trusted proxies name the client.
    ///
    /// The client's address is the rightmost one in the header that is not a trusted proxy's. It is logged, and
    /// limited. The proxies must set this header, or add to it.
    #[arg(long, value_name = "HEADER", value_enum, requires = "trusted_proxies")]
    proxy_header: Option<HeaderName>,
    /// How many requests of one client address may fail to authenticate in a second.
    ///
    /// Those beyond it get 429 instead of 401. A valid token is never limited.
    #[arg(long, value_name = "REQUESTS", default_value_t = HttpOptions::FAILURES_DEFAULT, value_parser = failures)]
    failures_max: NonZeroU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HeaderName {
    /// As RFC 7239 has it.
    #[value(name = "Forwarded")]
    Forwarded,
    /// A list of addresses.
    #[value(name = "X-Forwarded-For")]
    XForwardedFor,
}

/// An address stands for itself alone.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let alone = || text.parse().map(|address: IpAddr| IpNet::from(address));
    text.parse()
        .or_else(|_| alone())
        .map_err(|_| "write an IP address or a network, as in `10.0.0.1`, `10.0.0.0/8` or `fd00::/8`")
}

fn failures(text: &str) -> Result<NonZeroU32, String> {
    text.parse()
        .map_err(|_| format!("write a number of requests, from 1 to {}", u32::MAX))
}

impl Clients {
    pub(super) fn apply_to(&self, options: &mut HttpOptions) -> anyhow::Result<()> {
        options.connections_max = usize::try_from(make_room(self.connections_max))?;
        options.failures_max = self.failures_max;
        options.proxies = Proxies {
            trusted: self.trusted_proxies.clone(),
            header: self.proxy_header.map(|header| match header {
                HeaderName::Forwarded => ProxyHeader::Forwarded,
                HeaderName::XForwardedFor => ProxyHeader::XForwardedFor,
            }),
        };
        Ok(())
    }
}
