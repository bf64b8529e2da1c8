import { JournalError } from '../../base/errors.ts';
import type { HttpAnswer } from '../http.ts';
import { childText, parseXml } from './xml.ts';

/** What helps, by the code of S3's answer. */
const hints: Readonly<Record<string, string>> = {
  AccessDenied: 'the key lacks a permission: docs/sinks.md lists those that it needs',
  ExpiredToken: 'the session token is too old: put a new one in its place',
  InvalidAccessKeyId: 'the access key is not known there',
  InvalidRequest: 'the bucket must have been made with Object Lock',
  InvalidToken: 'the session token does not belong to this access key',
  NoSuchBucket: 'make the bucket, with Object Lock: docs/sinks.md says how',
  NotImplemented: 'this store cannot hold objects: use one with Object Lock',
  PermanentRedirect: 'the bucket is in another region than `region` and `endpoint` say',
  RequestTimeTooSkewed: "set this host's clock",
  SignatureDoesNotMatch: 'the secret key or `region` is wrong',
  SlowDown: 'it asks for fewer requests; it is tried again later',
};

/**
 * An answer that is none of those hoped for. Only S3's code is told: its text repeats what was sent, the
 * access key among it.
 */
export function explainRefusal(sink: string, { status, body }: HttpAnswer): JournalError {
  const answer = parseXml(body.toString('utf8'));
  const code = answer?.name === 'Error' ? childText(answer, 'Code') : null;
  const word = code !== null && /^[A-Za-z]{1,60}$/.test(code) ? code : null;
  return new JournalError({
    code: 'sink_refused',
    message: `sink \`${sink}\`: S3 answered ${status}${word === null ? '' : ` \`${word}\``}`,
    hint: word !== null && Object.hasOwn(hints, word) ? hints[word] : undefined,
  });
}
