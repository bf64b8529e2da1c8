import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { onTestFinished } from 'vitest';

/**
 * `ExportLogsServiceRequest` of opentelemetry-proto 1.5.0 (logs_service.proto, logs.proto, common.proto,
 * resource.proto) in its JSON mapping, cut to the fields that a journal needs: names in camelCase, fixed64
 * and int64 as decimal text, enumerations as numbers, and nothing else.
 */
const decimal = v.pipe(v.string(), v.regex(/^\d{1,19}$/));
const anyValue = v.union([
  v.strictObject({ stringValue: v.string() }),
  v.strictObject({ intValue: decimal }),
]);
const keyValue = v.strictObject({ key: v.pipe(v.string(), v.minLength(1)), value: anyValue });

const logRecord = v.strictObject({
  timeUnixNano: decimal,
  observedTimeUnixNano: decimal,
  severityNumber: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(24)),
  severityText: v.string(),
  eventName: v.pipe(v.string(), v.minLength(1)),
  body: v.strictObject({ stringValue: v.string() }),
  attributes: v.array(keyValue),
});

const scopeLogs = v.strictObject({
  scope: v.strictObject({ name: v.literal('runbook.journal'), version: v.string() }),
  logRecords: v.pipe(v.array(logRecord), v.minLength(1)),
});

const resourceLogs = v.strictObject({
  resource: v.strictObject({ attributes: v.array(keyValue) }),
  scopeLogs: v.array(scopeLogs),
});

const exportLogs = v.strictObject({ resourceLogs: v.array(resourceLogs) });

export type LogRecord = v.InferOutput<typeof logRecord>;

/** A receiver of logs that takes nothing which the protocol does not know. */
export interface OtlpReceiver {
  readonly url: string;
  /** Of each request that was well formed. */
  readonly requests: {
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly bytes: number;
    readonly records: readonly LogRecord[];
  }[];
  /** What it answers; 200 and `{}` unless a test says otherwise. */
  answer: (response: ServerResponse) => void;
}

export async function serveOtlp(): Promise<OtlpReceiver> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      const read = v.safeParse(exportLogs, JSON.parse(text.toString('utf8')));
      if (!read.success || request.headers['content-type'] !== 'application/json') {
        response.writeHead(400).end(JSON.stringify(read.issues));
        return;
      }
      const records = read.output.resourceLogs.flatMap((it) =>
        it.scopeLogs.flatMap((scope) => scope.logRecords),
      );
      receiver.requests.push({ headers: request.headers, bytes: text.length, records });
      receiver.answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`,
    requests: [],
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    },
  };
  return receiver;
}
