"""Sends signed leads to a gateway: connections kept open, one request under way on each.

    python -m benchmarks.gateway_load '{"port": …, "secret": …, "path": …, "seconds": …, "connections": …, "batch": …, "rate": …}'

`rate` 0: as fast as answers come. Else so many requests a second, each due at its time: what the gateway or this process is
late with counts as latency. Prints {"leads": acknowledged, "seconds": …, "ms": [latencies], "others": {status: count}}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from connectors.gateway.signature import SIGNATURE, TIMESTAMP, signed


class Load:
    """What one order asks for."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.number = 0
        self.leads = 0
        self.ms: list[float] = []
        self.others: dict[int, int] = {}

    def request(self) -> bytes:
        """The next request's bytes, signed now."""
        order, leads = self.order, []
        for _ in range(order["batch"]):
            self.number += 1
            leads.append(
                {
                    "source_lead_id": f"{order['run']}-{self.number}",
                    "phone": f"138{self.number:08d}",
                    "store": "S1",
                    "name": "王小明",
                    "series": "A6L",
                    "campaign": "spring",
                    "remark": "please call in the afternoon",
                }
            )
        body = json.dumps(leads if len(leads) > 1 else leads[0], ensure_ascii=False).encode()
        now = int(time.time())
        head = (
            f"POST {order['path']} HTTP/1.1\r\nHost: gateway\r\nContent-Length: {len(body)}\r\n"
            f"{TIMESTAMP}: {now}\r\n{SIGNATURE}: {signed(order['secret'], now, order['path'], body)}\r\n\r\n"
        )
        return head.encode() + body

    async def connection(self, due: asyncio.Queue[float] | None, end: float) -> None:
        """One connection until the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.order["port"])
        while True:
            if due is None:
                since = time.perf_counter()
                if since >= end:
                    break
            else:
                since = await due.get()
                if since < 0:
                    break
            writer.write(self.request())
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
            )
            await reader.readexactly(length)
            status = int(head.split(b" ", 2)[1])
            if status == 202:
                self.leads += self.order["batch"]
                self.ms.append((time.perf_counter() - since) * 1000)
            else:
                self.others[status] = self.others.get(status, 0) + 1
        writer.close()

    async def run(self) -> float:
        """All connections; the seconds it took."""
        order = self.order
        began = time.perf_counter()
        end = began + order["seconds"]
        due: asyncio.Queue[float] | None = asyncio.Queue() if order["rate"] else None
        senders = [asyncio.create_task(self.connection(due, end)) for _ in range(order["connections"])]
        if due is not None:
            for number in range(int(order["rate"] * order["seconds"])):
                at = began + number / order["rate"]
                await asyncio.sleep(max(0.0, at - time.perf_counter()))
                due.put_nowait(at)
            for _ in senders:
                due.put_nowait(-1.0)
        await asyncio.gather(*senders)
        return time.perf_counter() - began


def main() -> None:
    """Send what the argument asks for."""
    load = Load(json.loads(sys.argv[1]))
    took = asyncio.run(load.run())
    print(json.dumps({"leads": load.leads, "seconds": took, "ms": load.ms, "others": load.others}))


if __name__ == "__main__":
    main()
