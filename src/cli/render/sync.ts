import type { Service } from '../../engine/service.ts';
import { formatDistance } from './span.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

type SyncReport = Awaited<ReturnType<Service['syncSinks']>>;
type SinkReport = SyncReport['sinks'][number];

/** A line a sink: how far it is, where it lies, and what is wrong with it. */
export function renderSync({ sinks }: SyncReport, style: Style, nowMs: number): string {
  const { paint, columns } = style;
  if (sinks.length === 0) {
    return 'no sinks: `config.yaml` names none\n';
  }
  return renderTable(
    sinks.map((sink) => [
      markOf(sink, style),
      { text: sink.sink, paint: paint.strong },
      { text: `${sink.acknowledged} of ${sink.of}` },
      { text: standingOf(sink, nowMs) },
    ]),
    columns,
  );
}

function markOf({ trouble }: SinkReport, { paint }: Style) {
  if (trouble === null) {
    return { text: 'ok', paint: paint.good };
  }
  return { text: isAlarm(trouble.code) ? 'conflict' : 'behind', paint: paint.bad };
}

function standingOf({ sink, address, trouble, failing_since }: SinkReport, nowMs: number): string {
  if (trouble === null) {
    return address;
  }
  const since = failing_since === null ? '' : ` (since ${formatDistance(failing_since, nowMs)})`;
  const code = isAlarm(trouble.code) ? `${trouble.code}: ` : '';
  const hint = trouble.hint === null ? '' : `\nhint: ${trouble.hint}`;
  return `${address}\n${code}${withoutName(trouble.message, sink)}${since}${hint}`;
}

/** The row begins with it. */
function withoutName(message: string, sink: string): string {
  const name = `sink \`${sink}\``;
  return message.startsWith(name) ? message.slice(name.length).replace(/^:? /, '') : message;
}

function isAlarm(code: string): boolean {
  return code === 'E_ROLLBACK' || code === 'E_FORK';
}
