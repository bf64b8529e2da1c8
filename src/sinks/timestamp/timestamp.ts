import { openSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { ConfigError, IntegrityError, JournalError } from '../../base/errors.ts';
import { readJudged } from '../../base/files.ts';
import { newSalt } from '../../base/ids.ts';
import { lazy } from '../../base/lazy.ts';
import { object } from '../../base/yaml-collections.ts';
import { oneOf, text } from '../../base/yaml-scalars.ts';
import { checkDocument, invalid, refine } from '../../base/yaml-schema.ts';
import type { AnchorKey } from '../../journal/anchor.ts';
import { parseCertificates } from '../../journal/authority.ts';
import { formatCheckpoint } from '../../journal/checkpoint.ts';
import { verifyTimestamp } from '../../journal/timestamp.ts';
import { callHttp } from '../http.ts';
import type { SinkReader } from '../open-sinks.ts';
import { type Acknowledged, type Delivery, saysHead } from '../sink.ts';
import { nonceInteger, timestampRequest, tokenOf } from './exchange.ts';

/** A timestamp authority (RFC 3161), as `{kind: timestamp, url, ca}` under `sinks` names it. */
interface Authority {
  readonly name: string;
  readonly url: URL;
  /** The certificates that its own must lead to, as they are in the file now. */
  readonly certificates: () => string;
}

/** Nothing but a hash is sent, so there is no bound but one that adds up exactly. */
const everything = 2 ** 40;

const maxReplyBytes = 256 * 1024;

/**
 * Somebody says when a head was there, and that is all: they keep nothing, so that an acknowledgement is no
 * copy and never counts towards what policy demands. Asked at the end of runs, and on demand.
 */
export const timestampSink: SinkReader = ({ name, section }) => {
  const { url, ca } = checkDocument(sectionSchema(), section);
  const authority = { name, url, certificates: lazy(() => loadCertificates(ca)) };
  return () => ({
    name,
    kind: 'timestamp',
    counts: false,
    wants: 'run_end',
    batch: everything,
    address: `timestamp authority ${url.origin}`,
    anchorKey: (): AnchorKey => ({
      kind: 'timestamp',
      certificates: authority.certificates(),
    }),
    head: async () => saysHead(null),
    deliver: async (delivery, signal) => askForToken(authority, delivery, signal),
  });
};

/** Verified before it counts as an answer: a token that proves nothing must not look like one that does. */
async function askForToken(
  { name, url, certificates }: Authority,
  { head, log }: Delivery,
  signal: AbortSignal,
): Promise<Acknowledged> {
  const { size, root } = head;
  const message = Buffer.from(formatCheckpoint({ origin: log.origin, size, root }));
  const nonce = newSalt();
  const answer = await callHttp({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/timestamp-query' },
    body: timestampRequest(message, nonce),
    maxBytes: maxReplyBytes,
    signal,
  });
  if (answer.status !== 200) {
    throw new JournalError({
      code: 'sink_refused',
      message: `sink \`${name}\`: \`${url.origin}\` answered ${answer.status}`,
    });
  }
  const token = tokenOf(answer.body);
  const said = verifyTimestamp(token, { message, certificates: certificates() });
  if (said.nonce?.equals(nonceInteger(nonce)) !== true) {
    throw new IntegrityError({
      code: 'E_TIMESTAMP',
      message: `sink \`${name}\`: the timestamp was made for another request`,
    });
  }
  return { size, root, anchor: { kind: 'timestamp', evidence: token.toString('base64') } };
}

const sectionSchema = lazy(() =>
  object({
    kind: oneOf('timestamp'),
    url: refine(text({ example: 'https://tsa.example.com' }), (written, node, place) => {
      const url = URL.canParse(written) ? new URL(written) : null;
      if (url !== null && /^https?:$/.test(url.protocol) && url.username === '') {
        return url;
      }
      place.report(node.at, `\`${written}\` is no address of a timestamp authority`);
      return invalid;
    }),
    ca: refine(text({ example: '/etc/runbook/tsa-ca.pem' }), (path, node, place) => {
      if (isAbsolute(path) && normalize(path) === path) {
        return path;
      }
      place.report(node.at, `\`${place.name}\` is an absolute path without \`..\``);
      return invalid;
    }),
  }),
);

/** Whoever writes this file says who may tell the time, so that nobody else may. */
function loadCertificates(path: string): string {
  try {
    const pem = readJudged(openSync(path, 'r'), (stats) => {
      const owned = stats.uid === 0 || stats.uid === process.geteuid?.();
      if (!stats.isFile() || !owned || (stats.mode & 0o022) !== 0) {
        throw new Error('others may write it');
      }
    });
    parseCertificates(pem);
    return pem;
  } catch (cause) {
    throw new ConfigError({
      code: 'certificates_unusable',
      message: `\`${path}\` holds no certificates that could be trusted`,
      hint: 'it must hold certificates in PEM form, and only its owner, root or this account, may write it',
      cause,
    });
  }
}
