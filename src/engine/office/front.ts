import { ConfigError, JournalError, RunbookError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import type { JsonObject } from '../../base/json.ts';
import { InvalidFileError } from '../../base/problem.ts';
import type { Answer, Front, JournalEntry, Reception } from '../../channels/channel.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Store, StoredEntry } from '../../store/store.ts';
import { attestDecision } from '../decision/attest-decision.ts';
import { exportRequestFrom } from '../decision/export-request.ts';
import { recordDecision } from '../decision/record-decision.ts';
import type { Engine } from '../engine.ts';
import { summaryOf } from '../report/describe-entry.ts';
import { describeRequest } from '../report/describe-request.ts';
import type { DecisionReport } from '../reports.ts';
import type { JournalFeed } from './feed.ts';
import { openNotes } from './notes.ts';

export interface FrontOptions {
  readonly feed: JournalFeed;
  /** This process has the hold `reception`. */
  readonly receives: boolean;
  readonly url: string | null;
}

/** The store as one reception sees it. */
export function openFront(
  engine: Engine,
  { name }: Pick<Reception, 'name'>,
  { feed, receives, url }: FrontOptions,
): Front {
  const { store } = engine;
  return {
    clock: engine.clock,
    origin: store.origin,
    receives,
    url,
    people: () => engine.trusted().people.value,
    open: async () => {
      const rows = await store.listRequests({ open: true, limit: Number.MAX_SAFE_INTEGER });
      return rows.map(({ request }) => request).reverse();
    },
    owed: async () => (await store.listDebts(true)).map(({ request }) => request).reverse(),
    requestsOf: async (run) =>
      (await store.loadRun(run))
        .map((entry) => recordedOf(entry).event)
        .flatMap((event) => (event.type === 'approval.requested' ? [event.data.id] : [])),
    look: (request) => describeRequest(engine, request),
    find: async (hash) => (await store.requestByHash(hash))?.request ?? null,
    entries: (from, limit) => tellEntries(store, from, limit),
    grown: (size, signal) => feed.grown(size, signal),
    export: (request, seen) => exportRequestFrom(engine, request, seen),
    submit: async (signed) => {
      const answer = await answered(() => recordDecision(engine, signed, name));
      feed.nudge();
      return answer;
    },
    attest: async (decision) => {
      const heard = { ...decision, channel: name };
      const answer = await answered(() => attestDecision(engine, heard));
      feed.nudge();
      return answer;
    },
    notes: openNotes(store, name),
  };
}

async function tellEntries(
  store: Store,
  from: number,
  limit: number,
): Promise<readonly JournalEntry[]> {
  const places = new Map<RunId, Promise<Place>>();
  const tell = async (stored: Awaited<ReturnType<Store['entries']>>[number]) => {
    const entry = recordedOf(stored);
    const { seq, time, run, event, hash } = entry;
    if (run !== null && !places.has(run)) {
      places.set(run, placeOf(store, run));
    }
    const place = await (run === null ? undefined : places.get(run));
    return {
      seq,
      time,
      type: event.type,
      run,
      runbook: place?.runbook ?? null,
      environment: place?.environment ?? null,
      summary: summaryOf(entry),
      hash,
      data: event.data as unknown as JsonObject,
    };
  };
  return Promise.all((await nextEntries(store, from, limit)).map(tell));
}

/** As many as are asked for while there are any: what was pruned in between is passed over. */
async function nextEntries(
  store: Store,
  from: number,
  limit: number,
): Promise<readonly StoredEntry[]> {
  const found: StoredEntry[] = [];
  const { size } = await store.head();
  for (let at = from; at < size && found.length < limit; at += limit) {
    found.push(...(await store.entries(at, Math.min(at + limit, size))));
  }
  return found.slice(0, limit);
}

interface Place {
  readonly runbook: string | null;
  readonly environment: string | null;
}

async function placeOf(store: Store, run: RunId): Promise<Place> {
  const [first] = await store.loadRun(run);
  const event = first === undefined ? null : recordedOf(first).event;
  return event?.type === 'run.started'
    ? { runbook: event.data.runbook.name, environment: event.data.environment }
    : { runbook: null, environment: null };
}

/** The journal, or the trusted files as somebody is just changing them. */
const notTheirs = [JournalError, ConfigError, InvalidFileError];

async function answered(record: () => Promise<DecisionReport>): Promise<Answer> {
  try {
    const report = await record();
    const { person, assurance, missing } = report;
    return {
      accepted: true,
      message: tellReport(report),
      hint: null,
      code: report.duplicate ? 'duplicate' : 'recorded',
      decided: { person, assurance, missing },
    };
  } catch (error) {
    if (error instanceof RunbookError) {
      const { message, hint = null, code } = error;
      const later = notTheirs.some((kind) => error instanceof kind);
      return { accepted: false, message, hint, code, ...(later ? { later } : {}) };
    }
    throw error;
  }
}

function tellReport({ decision, person, assurance, missing }: DecisionReport): string {
  const recorded = `${decision} by ${person} recorded (${assurance})`;
  const lacking = missing.map(({ slot, count }) => `${count} for \`${slot}\``);
  return decision === 'approve' && lacking.length > 0
    ? `${recorded}; still missing: ${lacking.join(', ')}`
    : recorded;
}
