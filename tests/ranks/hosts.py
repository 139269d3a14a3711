"""Two hosts: network namespaces of this machine joined by a cable, with names of their own. Ranks on both have the bits of one
process, late messages or not."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launching import END, Failures, all_are_gone, launch
from trainings import SMALL, Trainings

ADDRESSES = {"one": "10.231.7.1", "two": "10.231.7.2"}
NETWORK = "10.231.7.0/24"

# What a launcher takes for ssh: [OPTIONS] HOST COMMAND...
AGENT = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
case $1 in %s) name=one;; *) name=two;; esac
shift
exec ip netns exec %s-$name unshare --uts sh -c "hostname $name; $*"
""".replace("%s", ADDRESSES["one"], 1)


class TwoHosts:
    def __init__(self, folder: Path):
        self.names = f"ranks-{os.getpid()}"
        self.agent = folder / "agent"
        self.agent.write_text(AGENT.replace("%s", self.names))
        self.agent.chmod(0o755)

    def ip(self, *words: str) -> str:
        return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout

    def space(self, host: str) -> str:
        return f"{self.names}-{host}"

    def join(self) -> None:
        for host in ADDRESSES:
            self.ip("netns", "add", self.space(host))
        self.ip("link", "add", "cable", "netns", self.space("one"), "type", "veth", "peer", "name", "cable", "netns",
                self.space("two"))
        for host, address in ADDRESSES.items():
            self.ip("-n", self.space(host), "address", "add", f"{address}/24", "dev", "cable")
            for link in ("lo", "cable"):
                self.ip("-n", self.space(host), "link", "set", link, "up")
        until = time.monotonic() + 10
        while not all(self.is_up(host) for host in ADDRESSES) and time.monotonic() < until:
            time.sleep(0.05)

    def is_up(self, host: str) -> bool:
        return json.loads(self.ip("-n", self.space(host), "-json", "link", "show", "cable"))[0]["operstate"] == "UP"

    def part(self) -> None:
        for host in ADDRESSES:
            subprocess.run(["ip", "netns", "delete", self.space(host)], capture_output=True)

    def delays(self) -> bool:
        """Whether the cable is late from here on, by random times."""
        return all(subprocess.run(["ip", "netns", "exec", self.space(host), "tc", "qdisc", "add", "dev", "cable", "root", "netem",
                                   "delay", "1ms", "1ms"], capture_output=True).returncode == 0 for host in ADDRESSES)

    def sent(self) -> int:
        """Bytes, over the cable from the first host."""
        return json.loads(self.ip("-n", self.space("one"), "-json", "-s", "link", "show", "cable"))[0]["stats64"]["tx"]["bytes"]

    def launch(self, flavour: str, ranks: int, command: list, timeout: float):
        """From the first host, the first two ranks on it."""
        places = ",".join(f"{address}:2" for address in ADDRESSES.values())
        flags = {"openmpi": ["--host", places, "--mca", "plm", "rsh", "--mca", "plm_rsh_agent", self.agent, "--mca", "btl",
                             "tcp,self", "--mca", "btl_tcp_if_include", NETWORK, "--mca", "oob_tcp_if_include", NETWORK],
                 "mpich": ["-hosts", places, "-launcher", "ssh", "-launcher-exec", self.agent, "-iface", "cable", "-genv",
                           "UCX_TLS", "tcp,self"]}  # it sees that it is one machine
        first = ["ip", "netns", "exec", self.space("one"), "unshare", "--uts", "sh", "-c", 'hostname one; exec "$@"', "sh"]
        return launch(flavour, ranks, command, timeout, first, flags[flavour])


@contextmanager
def two_hosts(folder: Path) -> Iterator[TwoHosts | None]:
    """None where namespaces are not permitted, or their tools are missing."""
    if os.getuid() != 0 or not all(map(shutil.which, ("ip", "unshare", "hostname"))):
        yield None
        return
    hosts = TwoHosts(folder)
    try:
        try:
            hosts.join()
        except subprocess.CalledProcessError:
            yield None
            return
        yield hosts
    finally:
        hosts.part()


def same_steps(failures: Failures, hosts: TwoHosts, flavour: str, program: Path, ranks: int, *flags) -> None:
    before = hosts.sent()
    outcome = hosts.launch(flavour, ranks, [program, *flags], 300)
    right = outcome.code == 0 and f"{ranks} ranks: the same bits" in outcome.said and hosts.sent() - before > 1_000_000
    failures.expect(right, f"{flavour} on two hosts, {ranks} ranks {flags}: code {outcome.code}, {hosts.sent() - before} bytes sent",
                    outcome.said)
    print(f"{flavour} on two hosts: {ranks} ranks {' '.join(map(str, flags))}, {outcome.seconds:.1f} s", flush=True)


def on_two_hosts(trainings: Trainings, flavour: str, build: Path, hosts: TwoHosts, long: bool) -> None:
    failures, program = trainings.failures, build / "thalweg_rank_steps"
    same_steps(failures, hosts, flavour, program, 3)
    same_steps(failures, hosts, flavour, program, 4 if long else 3, "--delay", 5000 if long else 500)
    alone, name = trainings.alone(f"{flavour}-near", SMALL), f"{flavour}-far"
    trainings.expect_same(name, alone, hosts.launch(flavour, 4, trainings.command(name, SMALL), 300))
    gone = hosts.launch(flavour, 3, [program, "--kill", 30, "--rank", 2], END + 5)
    named = re.search(f"(on node|RUNNING AT) {re.escape(ADDRESSES['two'])}", gone.said)
    failures.expect(gone.code not in (0, -1) and gone.seconds < END and named is not None, f"{flavour}, killed on two: code {gone.code}",
                    gone.said)
    failures.expect(all_are_gone(program), f"{flavour}, killed on two: a rank was left over", gone.said)


def late_cable(trainings: Trainings, flavours: list[str], build: Path, hosts: TwoHosts) -> None:
    if not hosts.delays():
        print("ranks: the kernel delays no cable (netem); the program delays its messages alone")
        return
    for flavour in flavours:
        same_steps(trainings.failures, hosts, flavour, build / "thalweg_rank_steps", 3)
