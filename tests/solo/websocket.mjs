// A client of WebSocket, as little of it as the link protocol needs, with the members of the browser's. Node 18 and 20
// have none.

import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

export const text = 1, close = 8, ping = 9, pong = 10;
const noCode = 1005, lost = 1006;

export class WebSocketClient {
  bufferedAmount = 0;
  protocol = '';
  #socket = null;
  #received = Buffer.alloc(0);
  #parts = [];
  #closed = false;
  #end = { code: lost, reason: '' };

  /** @param {string} url `ws://…` */
  constructor(url, protocol) {
    const ask = request(url.replace(/^ws/, 'http'), {
      headers: {
        connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'), 'sec-websocket-protocol': protocol,
      },
    });
    ask.on('upgrade', (answer, socket, head) => this.#open(answer, socket, head));
    ask.on('response', answer => {
      answer.resume();
      this.#finish();
    });
    ask.on('error', () => this.#finish());
    ask.end();
    this.abort = () => ask.destroy();
  }

  send(message) {
    this.#write(text, Buffer.from(message));
  }

  close(code = 1000, reason = '') {
    if (!this.#socket) return this.abort();
    const body = Buffer.alloc(2);
    body.writeUInt16BE(code);
    this.#write(close, Buffer.concat([body, Buffer.from(reason)]));
    this.#socket.end();
  }

  #open(answer, socket, head) {
    this.#socket = socket;
    this.protocol = answer.headers['sec-websocket-protocol'] ?? '';
    socket.setNoDelay(true);
    socket.on('data', data => this.#take(data));
    socket.on('error', () => {});
    socket.on('close', () => this.#finish());
    this.onopen?.();
    if (head.length) this.#take(head);
  }

  #finish() {
    if (this.#closed) return;
    this.#closed = true;
    this.onclose?.(this.#end);
  }

  #take(data) {
    this.#received = Buffer.concat([this.#received, data]);
    for (let frame = readFrame(this.#received); frame; frame = readFrame(this.#received)) {
      this.#received = this.#received.subarray(frame.length);
      this.#obey(frame);
    }
  }

  #obey({ last, kind, body }) {
    if (kind === ping) return this.#write(pong, body);
    if (kind === pong) return undefined;
    if (kind === close) {
      this.#end = body.length < 2 ? { code: noCode, reason: '' }
        : { code: body.readUInt16BE(0), reason: body.subarray(2).toString() };
      return this.#socket.end();
    }
    this.#parts.push(body);
    if (last) this.onmessage?.({ data: Buffer.concat(this.#parts.splice(0)).toString() });
    return undefined;
  }

  #write(kind, body) {
    this.#socket?.write(writeFrame(kind, body, randomBytes(4)));
  }
}

/** The first frame of what was received; null when it has not arrived whole. */
export function readFrame(received) {
  if (received.length < 2) return null;
  const short = received[1] & 127;
  const masked = received[1] & 128 ? 4 : 0;
  const start = (short === 126 ? 4 : short === 127 ? 10 : 2) + masked;
  if (received.length < start) return null;
  const size = short === 126 ? received.readUInt16BE(2) : short === 127 ? Number(received.readBigUInt64BE(2)) : short;
  if (received.length < start + size) return null;
  const mask = masked ? received.subarray(start - masked, start) : Buffer.alloc(4);
  const body = received.subarray(start, start + size).map((byte, index) => byte ^ mask[index % 4]);
  return { last: Boolean(received[0] & 128), kind: received[0] & 15, body, length: start + size };
}

/** A frame as bytes; a client masks it, a server does not. */
export function writeFrame(kind, body, mask = null) {
  const flag = mask ? 128 : 0;
  const size = body.length < 126 ? [flag | body.length] : [flag | 126, body.length >> 8, body.length & 255];
  const content = mask ? body.map((byte, index) => byte ^ mask[index % 4]) : body;
  return Buffer.concat([Buffer.from([128 | kind, ...size]), mask ?? Buffer.alloc(0), content]);
}
