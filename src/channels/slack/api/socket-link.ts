import type { Socket } from 'node:net';
import type * as socketMode from '@slack/socket-mode';
import type * as webApi from '@slack/web-api';
import type * as undici from 'undici';
import * as v from 'valibot';

/** One WebSocket to Slack, from `apps.connections.open` until it is over. */
export interface SocketLink {
  /** Resolves when it is over, or should be replaced; says why. Never rejects. */
  readonly over: Promise<string>;
  /** Sends the close frame and lets go of the connection, without waiting for Slack. */
  readonly end: () => void;
}

export interface SocketLinkOptions {
  readonly appToken: string;
  /** Base of the Web API, with a slash at its end. */
  readonly api: string;
  /** How long Slack may leave a ping unanswered. */
  readonly pingTimeoutMs: number;
  /** How long after the start Slack must have said hello. */
  readonly helloMs: number;
  /** Slack says how many connections the app has, this one included. */
  readonly onHello: (connections: number) => void;
  readonly onEnvelope: (envelope: Envelope) => void;
}

/** What Slack delivers. Three seconds later, the person is told that nobody answered. */
export interface Envelope {
  readonly id: string;
  readonly payload: unknown;
  /** Throws where the connection is gone. */
  ack(reply: object | null): Promise<void>;
}

/** Loaded when a socket is first wanted: together they take a tenth of a second. */
export interface SocketLibraries {
  readonly socketMode: typeof socketMode;
  readonly webApi: typeof webApi;
  readonly undici: typeof undici;
}

export async function loadSocketLibraries(): Promise<SocketLibraries> {
  const [socketMode, webApi, undici] = await Promise.all([
    import('@slack/socket-mode'),
    import('@slack/web-api'),
    import('undici'),
  ]);
  return { socketMode, webApi, undici };
}

/**
 * Connects once. `SocketModeClient` would connect again by itself, but where Slack is down just then it
 * leaves a rejected promise that nobody can catch; whoever wants another link opens one.
 */
export function openSocketLink(libraries: SocketLibraries, options: SocketLinkOptions): SocketLink {
  const wires = new Set<Socket>();
  let settle: (why: string) => void = () => undefined;
  const over = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const silence = setTimeout(() => settle('Slack did not say hello'), options.helloMs);
  const client = openClient(libraries, { options, wires }, (message) => {
    if (message.type === 'hello') {
      clearTimeout(silence);
      options.onHello(message.num_connections);
    }
    if (message.type === 'disconnect') {
      settle(`Slack wants a new connection (\`${message.reason}\`)`);
    }
  });
  client.on('interactive', (event: unknown) => {
    const { envelope_id: id, body: payload, ack } = v.parse(interactive, event);
    options.onEnvelope({ id, payload, ack: async (reply) => ack(reply ?? undefined) });
  });
  client.on('disconnected', () => settle('the connection was lost'));
  client.start().catch((error: unknown) => settle(reasonOf(libraries, error)));
  return {
    over: over.finally(() => clearTimeout(silence)),
    end() {
      settle('we let go');
      // Not awaited: Slack keeps TCP open after its close frame, and the client would wait 6.67 s for it.
      void client.disconnect();
      wires.forEach((wire) => wire.destroySoon());
    },
  };
}

/** What we take from the socket: anything else is dropped before the client sees it. */
const message = v.variant('type', [
  v.object({ type: v.literal('hello'), num_connections: v.optional(v.number(), 1) }),
  v.object({ type: v.literal('disconnect'), reason: v.optional(v.string(), 'unknown') }),
  v.object({
    type: v.literal('interactive'),
    envelope_id: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
    payload: v.unknown(),
  }),
]);

type Message = v.InferOutput<typeof message>;

/** The client's own event for such a message. */
const interactive = v.object({
  envelope_id: v.string(),
  body: v.unknown(),
  ack: v.custom<(reply?: object) => Promise<void>>((value) => typeof value === 'function'),
});

function openClient(
  { socketMode, undici }: SocketLibraries,
  { options, wires }: { options: SocketLinkOptions; wires: Set<Socket> },
  hear: (message: Message) => void,
): socketMode.SocketModeClient {
  /** The client takes apart whatever comes, and what it stumbles over ends the process. */
  class CarefulClient extends socketMode.SocketModeClient {
    protected override async onWebSocketMessage(
      data: string | ArrayBuffer,
      isBinary: boolean,
    ): Promise<void> {
      const heard = typeof data === 'string' ? parseMessage(data) : null;
      if (heard !== null) {
        hear(heard);
        await super.onWebSocketMessage(data, isBinary);
      }
    }
  }
  return new CarefulClient({
    appToken: options.appToken,
    autoReconnectEnabled: false,
    clientPingTimeout: options.pingTimeoutMs,
    logger: silent(socketMode),
    dispatcher: new undici.Agent({ connect: remembering(undici, wires) }),
    clientOptions: {
      slackApiUrl: options.api,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: options.helloMs,
    },
  });
}

function parseMessage(text: string): Message | null {
  try {
    const read = v.safeParse(message, JSON.parse(text));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}

/** Connects as undici does, and keeps hold of the connections: a WebSocket hides its own. */
function remembering(
  { buildConnector }: typeof undici,
  wires: Set<Socket>,
): undici.buildConnector.connector {
  const connect = buildConnector({ allowH2: false });
  return (to, callback) =>
    connect(to, (...result) => {
      const [error, wire] = result;
      if (error === null) {
        wires.add(wire);
        wire.once('close', () => wires.delete(wire));
      }
      callback(...result);
    });
}

/** What goes wrong shows in the state; the client's own lines would go to the console, envelopes and all. */
function silent({ LogLevel }: typeof socketMode): socketMode.Logger {
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    setLevel: nothing,
    setName: nothing,
    getLevel: () => LogLevel.ERROR,
  };
}

function reasonOf({ webApi }: SocketLibraries, error: unknown): string {
  if (error instanceof webApi.WebAPIPlatformError) {
    return `Slack answers \`${error.data.error}\``;
  }
  if (error instanceof webApi.WebAPIRateLimitedError) {
    return 'Slack answers that it is asked too often';
  }
  if (error instanceof webApi.WebAPIHTTPError) {
    return `Slack answers ${error.statusCode}`;
  }
  return error === undefined ? 'the connection was lost' : 'Slack cannot be reached';
}
