"""This machine: which hosts are it, so that what is sent to them needs no TLS."""

import ipaddress


def is_this_machine(host: str) -> bool:
    """Whether a host, a name or an address, can only be the machine that asks."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
