"""Connections to the open internet only: a name that points into our own network is not called."""

import ipaddress
import socket

NAT64 = ipaddress.ip_network("64:ff9b::/96")


def connect_public(address: tuple[str, int], timeout: float) -> socket.socket:
    """A connection to this host and port.

    The name is looked up once, every address that it has is checked, and one of those is called. A second look-up could
    have another answer than the one that was checked (DNS rebinding), so there is none. Raises OSError where one of
    them is not public, or none answers.
    """
    host, port = address
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(is_public, addresses)):
        raise OSError("the name points into a network that is not public")
    return _connect_first(addresses, port, timeout)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet's, also where it holds an IPv4 address within."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        within = [inner for inner in (parsed.ipv4_mapped, parsed.sixtofour) if inner is not None]
        if parsed in NAT64:
            within.append(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF))
        if within:
            return all(inner.is_global and not inner.is_multicast for inner in within)
    return parsed.is_global and not parsed.is_multicast


def _connect_first(addresses: list[str], port: int, timeout: float | None) -> socket.socket:
    """A connection to the first address that takes one: a host may have an IPv6 address that nothing routes to."""
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), timeout)
