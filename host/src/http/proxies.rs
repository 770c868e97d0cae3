//! The address of a request, if proxies stand between the client and the host.

mod forwarded;

use std::net::{IpAddr, SocketAddr};

use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies in front of a host, and how they say whose request they pass on.
///
/// A header proves nothing by itself: whoever connects may send any. What a trusted proxy has added at its end is
/// believed, and what a trusted proxy before that one has, up to the first address that is not trusted.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Whose headers are believed.
    pub trusted: Vec<IpNet>,
    /// The one header that they keep. None: they say nothing.
    pub header: Option<ProxyHeader>,
}

/// A header in which proxies say whose request they pass on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `Forwarded`, as RFC 7239 has it.
    Forwarded,
    /// `X-Forwarded-For`, a list of addresses.
    XForwardedFor,
}

impl Proxies {
    /// Whether a peer is one of the proxies.
    pub(super) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// The rightmost address of the header that is no proxy's, else the peer's. What cannot be read ends the search:
    /// what is left of it may be anyone's words.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        let Some(header) = self.header.filter(|_| self.trust(peer)) else {
            return peer;
        };
        let hops = header.hops(headers).into_iter().rev();
        let mut hops = hops.map_while(|hop| hop).skip_while(|hop| self.trust(*hop));
        hops.next().unwrap_or(peer)
    }
}

impl ProxyHeader {
    /// The addresses that the header lists, from the client to the last proxy; nothing for what is none.
    fn hops(self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let name = match self {
            Self::Forwarded => FORWARDED,
            Self::XForwardedFor => X_FORWARDED_FOR,
        };
        let mut hops = Vec::new();
        for value in headers.get_all(name) {
            match (self, value.to_str()) {
                (Self::Forwarded, Ok(value)) => hops.extend(forwarded::nodes(value).map(|node| address(&node?))),
                (Self::XForwardedFor, Ok(value)) => hops.extend(value.split(',').map(address)),
                (_, Err(_)) => hops.push(None),
            }
        }
        hops
    }
}

/// An address alone or with a port, IPv6 also in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let alone = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let with_port = || text.parse().map(|address: SocketAddr| address.ip());
    let address = alone.parse().or_else(|_| with_port()).ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ProxyHeader, peer: &str, values: &[&str]) -> String {
        let proxies = Proxies {
            trusted: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()],
            header: Some(header),
        };
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("forwarded", value.parse().unwrap());
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_is_the_client() {
        for (values, expected) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.1, 10.0.0.2, 10.0.0.3"], "192.0.2.1"),
            (&["198.51.100.9", "192.0.2.1,10.0.0.2"], "192.0.2.1"),
            (&["192.0.2.1:4711"], "192.0.2.1"),
            (&["2001:db8::7, [2001:db8:ffff::1]:443"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
            (&[], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&["10.0.0.2, 10.0.0.3"], "10.0.0.1"),
            (&["192.0.2.1, unknown"], "10.0.0.1"),
            (&["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.1"),
        ] {
            assert_eq!(
                client(ProxyHeader::XForwardedFor, "10.0.0.1", values),
                expected,
                "{values:?}"
            );
        }
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(
            client(ProxyHeader::XForwardedFor, "192.0.2.66", &["10.0.0.9"]),
            "192.0.2.66"
        );
        assert_eq!(
            client(ProxyHeader::XForwardedFor, "::ffff:10.0.0.1", &["192.0.2.1"]),
            "192.0.2.1"
        );
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_has_it() {
        for (values, expected) in [
            (&["for=192.0.2.1"][..], "192.0.2.1"),
            (&["For=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
            (&["for=192.0.2.43;proto=http;by=203.0.113.43"], "192.0.2.43"),
            (
                &["proto=https; host=\"a,for=198.51.100.9;b\" ;for=192.0.2.1"],
                "192.0.2.1",
            ),
            (
                &["for=198.51.100.9, for=192.0.2.1", "for=10.0.0.2;by=10.0.0.1"],
                "192.0.2.1",
            ),
            (&["for=\"192.0.2.1:80\""], "192.0.2.1"),
            (&["for=\"19\\2.0.2.1\""], "192.0.2.1"),
            (&["for=192.0.2.1, for=unknown"], "10.0.0.1"),
            (&["for=192.0.2.1, for=_hidden"], "10.0.0.1"),
            (&["for=192.0.2.1, proto=http"], "10.0.0.1"),
            (&["for=192.0.2.1, for=192.0.2.2;for=192.0.2.3"], "10.0.0.1"),
            (&["for=192.0.2.1, for=\"192.0.2.2"], "10.0.0.1"),
            (&["192.0.2.1"], "10.0.0.1"),
        ] {
            assert_eq!(
                client(ProxyHeader::Forwarded, "10.0.0.1", values),
                expected,
                "{values:?}"
            );
        }
    }
}
