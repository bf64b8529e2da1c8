import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { onTestFinished } from 'vitest';

/** What a receiver got, verified with the package that other people's receivers use. */
export interface Got {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body; null where the signature does not hold. */
  readonly event: Event | null;
}

export interface Event {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly seq: number };
}

export interface Receiver {
  readonly url: string;
  readonly got: Got[];
  /** Sequence numbers as they were accepted. */
  readonly taken: number[];
  /** Changes what is answered from now on. */
  answer: Answering;
}

/** Answers itself, or the status to answer. 200 takes the event. */
export type Answering = (got: Got, response: ServerResponse) => number | null;

/** A real HTTP server on this host that checks every signature and does as told. */
export async function openReceiver(
  secret: string,
  answer: Answering = () => 200,
): Promise<Receiver> {
  const receiver = { url: '', got: [] as Got[], taken: [] as number[], answer };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const got = open(Buffer.concat(chunks).toString('utf8'), request.headers, secret);
      receiver.got.push(got);
      const status = receiver.answer(got, response);
      if (status === 200 && got.event !== null) {
        receiver.taken.push(got.event.data.seq);
      }
      if (status !== null) {
        response.writeHead(status).end('ok');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  receiver.url = `http://127.0.0.1:${port}/hook`;
  return receiver;
}

function open(body: string, headers: IncomingHttpHeaders, secret: string): Got {
  const id = String(headers['webhook-id']);
  try {
    const flat: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      flat[name] = String(value);
    }
    const event = new Webhook(secret).verify(body, flat) as Event;
    return { id, headers, event };
  } catch {
    return { id, headers, event: null };
  }
}
