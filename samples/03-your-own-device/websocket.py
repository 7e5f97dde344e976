"""A client of WebSocket, as little of it as the link protocol needs: text messages, none of them split by us."""

import base64
import json
import os
import select
import socket
import struct
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Closed(ConnectionError):
    def __init__(self, code, why):
        super().__init__(f"closed with {code} {why}")
        self.code = code


class WebSocket:
    def __init__(self, url, protocol, silence):
        to = urlsplit(url)
        self._socket = socket.create_connection((to.hostname, to.port or 80), timeout=10)
        self._socket.settimeout(silence)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {to.path} HTTP/1.1\r\nHost: {to.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._read(1)
        status, *headers = head.lower().split(b"\r\n")
        if b" 101 " not in status or f"sec-websocket-protocol: {protocol}".encode() not in headers:
            raise ConnectionError(f"{url} does not speak {protocol}")

    def send(self, text):
        self._send(TEXT, text.encode())

    def has_news(self, seconds):
        """Whether something arrives within so many seconds."""
        return bool(select.select([self._socket], [], [], seconds)[0])

    def receive(self):
        """The next text; ConnectionError when the connection is over, TimeoutError after the silence."""
        text = b""
        while True:
            first, second = self._read(2)
            length = second & 127
            if length > 125:
                length = int.from_bytes(self._read(2 if length == 126 else 8), "big")
            last, kind, payload = first & 128, first & 15, self._read(length)
            if kind == PING:
                self._send(PONG, payload)
            elif kind == CLOSE:
                raise Closed(int.from_bytes(payload[:2], "big"), payload[2:].decode())
            elif kind != PONG:
                text += payload
                if last:
                    return text.decode()

    def receive_json(self):
        """The next text, read as JSON. One that is none ends the connection with 4002."""
        try:
            return json.loads(self.receive())
        except ValueError as problem:
            self.close(4002, "This is no JSON.")
            raise ConnectionError("no JSON came") from problem

    def close(self, code, why):
        self._send(CLOSE, struct.pack(">H", code) + why.encode())
        self._socket.close()

    def _send(self, kind, payload):
        mask, length = os.urandom(4), len(payload)
        size = bytes([128 | length]) if length < 126 else bytes([128 | 126]) + struct.pack(">H", length)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._socket.sendall(bytes([128 | kind]) + size + mask + masked)

    def _read(self, length):
        data = b""
        while len(data) < length:
            part = self._socket.recv(length - len(data))
            if not part:
                raise ConnectionError("closed without a word")
            data += part
        return data
