import { readFileSync } from 'node:fs';
import type { NodemailerError, SMTPTransportOptions } from 'nodemailer';
import { ConfigError } from '../../base/errors.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import { loadSecret } from '../../base/secret-source.ts';
import type { Mail } from './mail.ts';
import type { EmailSettings, SmtpSettings } from './settings.ts';

/** What became of one mail. No message holds a password. */
export type Sent =
  | { readonly kind: 'sent' }
  /** The server will never take this one: a mailbox that does not exist. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The server does not take this one now: others may go. */
  | { readonly kind: 'deferred'; readonly message: string }
  /** The server takes none. */
  | { readonly kind: 'failed'; readonly message: string };

/** A mail server; every mail has a connection of its own. */
export interface Post {
  /** Never throws for what the server does. Once begun it goes on to its end: a mail cut off may have been taken. */
  send(mail: Mail): Promise<Sent>;
  /** Connects, makes it TLS and logs in; null where that went well, else what went wrong. */
  verify(): Promise<string | null>;
}

const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };

/** Connects to nothing yet. Throws ConfigError where the password or the authorities are not to be had. */
export async function openPost(
  { from, smtp }: EmailSettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Post> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(transportOf(smtp, env));
  return {
    send: async ({ to, inReplyTo, id, subject, text, html }) => {
      try {
        await transport.sendMail({
          // An address as an object is taken as it is: nothing in it is read as a name or a second address.
          from: { name: 'runbook', address: from },
          to: { name: '', address: to },
          subject,
          text,
          html,
          messageId: id,
          ...(inReplyTo === null ? {} : { inReplyTo, references: inReplyTo }),
          // RFC 3834: no absence note answers it.
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          xMailer: false,
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        return { kind: 'sent' };
      } catch (error) {
        return failureOf(error);
      }
    },
    verify: async () => {
      try {
        await transport.verify();
        return null;
      } catch (error) {
        return wordsOf(error);
      }
    },
  };
}

/** TLS cannot be talked out of: a server that offers none gets neither the password nor a mail. */
function transportOf(
  { host, port, tls, ca, login }: SmtpSettings,
  env: Readonly<Record<string, string | undefined>>,
): SMTPTransportOptions {
  const authorities = ca === null ? {} : { ca: readAuthorities(ca) };
  return {
    ...patience,
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    tls: { minVersion: 'TLSv1.2', ...authorities },
    ...(login === null
      ? {}
      : { auth: { user: login.user, pass: loadSecret(login.password, env) }, forceAuth: true }),
  };
}

function readAuthorities(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ConfigError({
      code: 'mail_ca_unreadable',
      message: `\`${path}\` cannot be read`,
      hint: '`channels.email.smtp.ca` names a file of certificates (PEM)',
      cause,
    });
  }
}

/** Of the envelope and the message is this mail; all else would meet the next one, too. */
function failureOf(error: unknown): Sent {
  const { code, responseCode } = error as Partial<NodemailerError>;
  const message = wordsOf(error);
  if ((code !== 'EENVELOPE' && code !== 'EMESSAGE') || responseCode === undefined) {
    return { kind: 'failed', message };
  }
  return { kind: responseCode >= 500 ? 'refused' : 'deferred', message };
}

function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return sanitizeLine(message).slice(0, 300);
}
