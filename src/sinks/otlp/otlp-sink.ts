import { gzipSync } from 'node:zlib';
import { formatDuration } from '../../base/duration.ts';
import { JournalError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { callHttp } from '../http.ts';
import type { SinkDeps, SinkReader } from '../open-sinks.ts';
import { type Delivery, saysHead } from '../sink.ts';
import { judgeAnswer } from './answer.ts';
import { exportRequest, logRecord } from './log-records.ts';
import { loadHeaders, type OtlpSettings, parseOtlp } from './settings.ts';

/** Receivers take 4 MiB and more; a request ends before the entry that would make it longer than this. */
const maxRequestBytes = 1024 * 1024;

const maxAnswerBytes = 64 * 1024;

/** Entries that are read from the journal at a time. */
const pageSize = 256;

/**
 * Entries as logs for a SIEM, by OTLP/HTTP in JSON. A receiver keeps no order, can be told anything by
 * anybody, and never says what it has: to search in, and no evidence. Whatever it does not take whole is
 * sent again whole, so that entries may come twice.
 */
export const otlpSink: SinkReader = ({ name, section }) => {
  const settings = parseOtlp(section);
  return (deps) => {
    const send = patiently(sender({ name, settings, deps }), { name, deps });
    return {
      name,
      kind: 'otlp',
      counts: false,
      wants: 'head',
      batch: settings.batch,
      address: `otlp ${settings.url.href}`,
      head: async () => saysHead(null),
      deliver: async (delivery, signal) => {
        for await (const records of requests(delivery)) {
          await send(records, signal);
        }
        const { size, root } = delivery.head;
        return { size, root, anchor: null };
      },
    };
  };
};

type Send = (
  records: readonly JsonObject[],
  signal: AbortSignal,
) => Promise<ReturnType<typeof judgeAnswer>>;

function sender(of: {
  readonly name: string;
  readonly settings: OtlpSettings;
  readonly deps: SinkDeps;
}): Send {
  const { url, headers, gzip } = of.settings;
  return async (records, signal) => {
    const text = Buffer.from(JSON.stringify(exportRequest(records)));
    const answer = await callHttp({
      method: 'POST',
      url,
      headers: {
        ...loadHeaders(headers, of.deps.env),
        'content-type': 'application/json',
        ...(gzip ? { 'content-encoding': 'gzip' } : {}),
      },
      body: gzip ? gzipSync(text) : text,
      maxBytes: maxAnswerBytes,
      signal,
    });
    return judgeAnswer(answer, of.deps.clock.now().wallMs);
  };
}

/** A receiver that asks for time gets it, from this process: until then nothing is sent. */
function patiently(
  send: Send,
  { name, deps }: { readonly name: string; readonly deps: SinkDeps },
): (...call: Parameters<Send>) => Promise<void> {
  let notBeforeMs = 0;
  return async (records, signal) => {
    const waitMs = notBeforeMs - deps.clock.now().wallMs;
    if (waitMs > 0) {
      throw refused(name, `it asked to be left alone for ${formatDuration(waitMs)} more`);
    }
    const answer = await send(records, signal);
    if (answer.kind === 'refused') {
      notBeforeMs = deps.clock.now().wallMs + (answer.retryAfterMs ?? 0);
      throw refused(name, answer.why);
    }
    if (answer.warning !== null) {
      deps.log({ event: 'sink_warning', sink: name, message: answer.warning });
    }
  };
}

/** The entries of a delivery as requests of bounded size. */
async function* requests({
  from,
  head,
  log,
}: Delivery): AsyncGenerator<readonly JsonObject[], void, undefined> {
  let records: JsonObject[] = [];
  let size = 0;
  for (let at = from; at < head.size; at += pageSize) {
    for (const { bytes } of await log.entries(at, Math.min(at + pageSize, head.size))) {
      const record = logRecord(bytes);
      const length = Buffer.byteLength(JSON.stringify(record));
      if (records.length > 0 && size + length > maxRequestBytes) {
        yield records;
        records = [];
        size = 0;
      }
      records.push(record);
      size += length;
    }
  }
  if (records.length > 0) {
    yield records;
  }
}

function refused(name: string, why: string): JournalError {
  return new JournalError({
    code: 'sink_refused',
    message: `sink \`${name}\`: ${why}`,
    hint: 'it is sent again later; what it answers is told by its own log',
  });
}
