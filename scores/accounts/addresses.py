"""Whom an address counts as."""

from __future__ import annotations

import ipaddress

_ONE_CUSTOMER = 64  # bits: a provider gives an IPv6 customer that much or more, to draw addresses from at will


def counted_as(address: str) -> str:
    """What attempts from this address are counted under; what is no address is all counted together.

    >>> counted_as("192.0.2.7")
    '192.0.2.7'
    >>> counted_as("2001:db8:1:2:3:4:5:6")
    '2001:db8:1:2::/64'
    >>> counted_as("::ffff:192.0.2.7")
    '192.0.2.7'
    >>> counted_as("")
    'unknown'
    """
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, _ONE_CUSTOMER), strict=False))
