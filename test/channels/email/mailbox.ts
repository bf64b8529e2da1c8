import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';

/** One mail as it arrived, over real SMTP. */
export interface Got {
  /** The envelope's. */
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | null;
  /** In lower case; several of one name in a list. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly text: string;
  readonly html: string;
  readonly raw: string;
}

export interface Mailbox {
  readonly port: number;
  readonly got: Got[];
  header(index: number, name: string): string;
  /** What it answers to a recipient or to a message instead of taking it; null takes it. */
  refuse: ((to: string) => SmtpRefusal | null) | null;
  close(): Promise<void>;
}

export interface SmtpRefusal {
  readonly code: number;
  readonly message: string;
}

/** A mail server on a port of this machine; `port` where one comes back at its old place. */
export async function openMailbox(options: SMTPServerOptions = {}, port = 0): Promise<Mailbox> {
  const got: Got[] = [];
  const refusalOf = (to: string) => mailbox.refuse?.(to) ?? null;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) => {
      const refusal = refusalOf(address);
      done(
        refusal === null
          ? null
          : Object.assign(new Error(refusal.message), { responseCode: refusal.code }),
      );
    },
    onData: (stream, session, done) => {
      void text(stream).then((raw) => {
        got.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : null,
          ...readMail(raw),
        });
        done();
      });
    },
    ...options,
  });
  // A client that lets go of its connection is no fault of the server.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.server.address();
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  onTestFinished(close);
  const mailbox: Mailbox = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    got,
    header: (index, name) => got[index]?.headers.get(name)?.join(', ') ?? '',
    refuse: null,
    close,
  };
  return mailbox;
}

/** As far as our own mails need it: RFC 5322 headers, one `multipart/alternative`. */
function readMail(raw: string): Pick<Got, 'headers' | 'text' | 'html' | 'raw'> {
  const { headers, body } = splitPart(raw);
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type')?.[0] ?? '')?.[1] ?? '';
  const parts = body
    .split(new RegExp(`\\r\\n--${boundary}(?:--)?(?:\\r\\n|$)`))
    .concat(body.split(`--${boundary}\r\n`).slice(1, 2))
    .map(splitPart);
  const ofType = (type: string) => {
    const part = parts.find((it) => it.headers.get('content-type')?.[0]?.startsWith(type));
    return part === undefined ? '' : decode(part).replaceAll('\r\n', '\n');
  };
  return { headers, text: ofType('text/plain'), html: ofType('text/html'), raw };
}

interface Part {
  readonly headers: Got['headers'];
  readonly body: string;
}

function splitPart(raw: string): Part {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(name.length + 1).trim()]);
  }
  return { headers, body: raw.slice(end + 4) };
}

function decode({ headers, body }: Part): string {
  const encoding = headers.get('content-transfer-encoding')?.[0];
  if (encoding === 'base64') {
    return Buffer.from(body, 'base64').toString('utf8');
  }
  if (encoding !== 'quoted-printable') {
    return body;
  }
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
