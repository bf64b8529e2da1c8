import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ReceptionHealth } from '../channels/channel.ts';
import type { Office } from '../engine/office.ts';

/** What Prometheus reads. A registry of its own: two servers in one process share nothing. */
export interface Metrics {
  /** One answered call; `route` is its pattern, never its path. */
  answered(call: { method: string; route: string; status: number; seconds: number }): void;
  /** Counts a stream for as long as it lasts. */
  streaming(stream: Promise<void>): Promise<void>;
  render(): Promise<{ readonly type: string; readonly text: string }>;
}

export function openMetrics(office: Office): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'runbook_http_requests_total',
    help: 'Calls answered, by route and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'runbook_http_request_duration_seconds',
    help: 'How long calls took to answer; of a stream, to begin.',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const streams = new Gauge({
    name: 'runbook_streams',
    help: 'Streams of runs that are read just now.',
    registers,
  });
  addFigures(office, registers);
  addSinks(office, registers);
  return {
    answered: ({ method, route, status, seconds }) => {
      requests.inc({ method, route, status });
      durations.observe({ method, route }, seconds);
    },
    streaming: async (stream) => {
      streams.inc();
      await stream;
      streams.dec();
    },
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}

/** Read when they are asked for. */
function addFigures(office: Office, registers: Registry[]): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    const made = new Gauge({
      name,
      help,
      registers,
      collect: () => {
        made.set(read());
      },
    });
  };
  gauge(
    'runbook_runs_open',
    'Runs of this server that have not ended.',
    () => office.figures().open,
  );
  gauge('runbook_runs_active', 'Runs it works on right now.', () => office.figures().active);
  gauge(
    'runbook_runs_stranded',
    'Runs that wait for their secrets to be given again.',
    () => office.figures().stranded,
  );
  gauge('runbook_journal_entries', 'Entries of the journal.', () => office.figures().entries);
  gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss());
  const byReception = (
    name: string,
    help: string,
    read: (health: ReceptionHealth) => number,
  ): void => {
    const made = new Gauge({
      name,
      help,
      labelNames: ['reception'],
      registers,
      collect: () => {
        for (const reception of office.receptions) {
          made.set({ reception: reception.name }, read(reception.health()));
        }
      },
    });
  };
  byReception('runbook_reception_up', '1 where a way to reach reviewers works.', ({ ok }) =>
    ok ? 1 : 0,
  );
  byReception(
    'runbook_reception_backlog',
    'What is still to be delivered.',
    ({ backlog }) => backlog,
  );
}

function addSinks(office: Office, registers: Registry[]): void {
  const made = new Gauge({
    name: 'runbook_sink_entries_behind',
    help: 'Entries of the journal that a copy elsewhere lacks.',
    labelNames: ['sink'],
    registers,
    collect: () => {
      for (const [sink, behind] of Object.entries(office.figures().behind)) {
        made.set({ sink }, behind);
      }
    },
  });
}
