import { createHash, randomInt, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Slack's side of Socket Mode, as mean as the real one: every envelope goes to one connection, chosen by
 * chance; it may come twice; sockets end with a word, with a frame, or without either.
 */
export interface SlackSocketServer {
  /** For `slackApiUrl`. */
  readonly apiUrl: string;
  /** What `apps.connections.open` answers instead of an address; null while all is well. */
  broken: { readonly status: number; readonly body: object } | null;
  /** What `hello` says beyond the connections there are: other receivers of the same app. */
  others: number;
  /** Accepts connections and says nothing. */
  mute: boolean;
  /** Answers nothing any more: a line that is dead without anybody knowing. */
  deaf: boolean;
  /** Answers a close frame, and keeps the TCP connection. */
  lingering: boolean;
  readonly connections: number;
  /** How often an address was asked for, and how often somebody connected. */
  readonly asked: number;
  readonly opened: number;
  /** Delivers to one connection, `times` times; answers the envelope's id. Throws where nobody listens. */
  deliver(payload: object, options?: { readonly times?: number; readonly id?: string }): string;
  /** What was acknowledged, in order. */
  readonly acks: readonly { readonly envelope_id: string; readonly payload: unknown }[];
  /** Tells every connection that it will be closed. */
  say(message: object): void;
  /** Text that is no JSON at all. */
  babble(text: string): void;
  /** Cuts every connection without a frame. */
  cut(): void;
  /** The same, once what was delivered is out: no acknowledgement can come back. */
  cutAfterWriting(): void;
  close(): Promise<void>;
}

export async function openSlackSocket(): Promise<SlackSocketServer> {
  const sockets = new Set<Duplex>();
  const acks: { envelope_id: string; payload: unknown }[] = [];
  const count = { asked: 0, opened: 0 };
  const http = createServer((_request, response) => {
    count.asked += 1;
    const { port } = http.address() as AddressInfo;
    const { status, body } = server.broken ?? {
      status: 200,
      body: { ok: true, url: `ws://127.0.0.1:${port}/link?ticket=${randomUUID()}` },
    };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  http.on('upgrade', (request, socket) => {
    accept(request, socket);
    count.opened += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    // A client that is gone: whoever answers an upgrade keeps its own half open until it says otherwise.
    socket.on('end', () => {
      sockets.delete(socket);
      socket.end();
    });
    socket.on('close', () => sockets.delete(socket));
    readFrames(socket, (opcode, data) => {
      if (server.deaf) {
        return;
      }
      if (opcode === opcodes.ping) {
        socket.write(frame(opcodes.pong, data));
      } else if (opcode === opcodes.close) {
        // Closed to us from now on, whatever TCP says.
        sockets.delete(socket);
        socket.write(frame(opcodes.close, data));
        if (!server.lingering) {
          socket.end();
        }
      } else if (opcode === opcodes.text) {
        acks.push(JSON.parse(data.toString('utf8')) as (typeof acks)[number]);
      }
    });
    if (!server.mute) {
      const connections = sockets.size + server.others;
      write(socket, { type: 'hello', num_connections: connections, debug_info: { host: 'here' } });
      socket.write(frame(opcodes.ping, Buffer.from('ping from here')));
    }
  });
  const all = new Set<Duplex>();
  http.on('connection', (socket) => {
    all.add(socket);
    socket.on('close', () => all.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: SlackSocketServer = {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    broken: null,
    others: 0,
    mute: false,
    deaf: false,
    lingering: false,
    get connections() {
      return sockets.size;
    },
    get asked() {
      return count.asked;
    },
    get opened() {
      return count.opened;
    },
    acks,
    deliver(payload, { times = 1, id = randomUUID() } = {}) {
      for (let time = 0; time < times; time += 1) {
        const chosen = [...sockets][randomInt(Math.max(1, sockets.size))];
        if (chosen === undefined) {
          throw new Error('nobody listens');
        }
        const envelope = { envelope_id: id, type: 'interactive', accepts_response_payload: true };
        write(chosen, { ...envelope, payload });
      }
      return id;
    },
    say(message) {
      sockets.forEach((socket) => write(socket, message));
    },
    babble(text) {
      sockets.forEach((socket) => socket.write(frame(opcodes.text, Buffer.from(text))));
    },
    cutAfterWriting() {
      sockets.forEach((socket) => socket.write('', () => socket.destroy()));
    },
    cut() {
      sockets.forEach((socket) => socket.destroy());
    },
    async close() {
      all.forEach((socket) => socket.destroy());
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** RFC 6455, 4.2.2. */
function accept(request: IncomingMessage, socket: Duplex): void {
  const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
      '\r\n',
    ].join('\r\n'),
  );
}

function write(socket: Duplex, message: object): void {
  socket.write(frame(opcodes.text, Buffer.from(JSON.stringify(message))));
}

/** One final frame, unmasked as a server's are (RFC 6455, 5.2). */
function frame(opcode: number, data: Buffer): Buffer {
  const head = Buffer.alloc(data.length < 126 ? 2 : data.length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (head.length === 2) {
    head[1] = data.length;
  } else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(data.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(data.length), 2);
  }
  return Buffer.concat([head, data]);
}

/** Clients' frames are masked; none of ours is longer than 65,535 bytes or in pieces. */
function readFrames(socket: Duplex, take: (opcode: number, data: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let read = readFrame(rest); read !== null; read = readFrame(rest)) {
      rest = rest.subarray(read.end);
      take(read.opcode, read.data);
    }
  });
}

function readFrame(bytes: Buffer): { opcode: number; data: Buffer; end: number } | null {
  if (bytes.length < 2) {
    return null;
  }
  const short = bytes.readUInt8(1) & 0x7f;
  const maskAt = short === 126 ? 4 : 2;
  if (bytes.length < maskAt + 4) {
    return null;
  }
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const end = maskAt + 4 + length;
  if (bytes.length < end) {
    return null;
  }
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const data = Buffer.from(bytes.subarray(maskAt + 4, end)).map(
    (byte, at) => byte ^ (mask[at % 4] ?? 0),
  );
  return { opcode: bytes.readUInt8(0) & 0x0f, data: Buffer.from(data), end };
}
