import { requestUrl } from '../../approval/request-url.ts';
import { HeldError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import { isProcessAlive } from '../../base/process.ts';
import { cancelRun } from '../cancel-run.ts';
import type { Engine } from '../engine.ts';
import { findRun } from '../find.ts';
import { describeSelf } from '../hold.ts';
import { openLoginDesk } from '../login/open-login-desk.ts';
import type { Office } from '../office.ts';
import type { RunReport } from '../reports.ts';
import { type Resumed, resumeRun } from '../resume-run.ts';
import type { Service } from '../service.ts';
import { startRun } from '../start-run.ts';
import { authenticate } from '../token/tokens.ts';
import { waitRun } from '../wait-run.ts';
import { attendReceptions } from './attend-receptions.ts';
import { Attendant } from './attend-runs.ts';
import { attendSinks } from './attend-sinks.ts';
import { JournalFeed } from './feed.ts';
import { followRun } from './follow-run.ts';
import { openNotes } from './notes.ts';
import { noteServedAt } from './served-at.ts';
import { watchFeed } from './watch-feed.ts';

export interface OfficeOptions {
  /** The service over an engine, as a process without an office has it. */
  readonly serviceFor: (engine: Engine) => Service;
  /**
   * Where people reach this server from wherever they read a card; null where nobody said. A name that is known
   * to this machine alone leads nobody there who reads a chat or a mail elsewhere.
   */
  readonly url: string | null;
  /** How many runs are worked on at the same time. */
  readonly workers?: number;
  /** How long steps that run may go on once it stops; as long as a step that is ended unless said. */
  readonly graceMs?: number;
  /** For the log: a run or a reception that gave trouble, and is tried again. */
  readonly onTrouble?: (place: string, error: unknown) => void;
}

/** An office over this engine. It attends to nothing before `work`. */
export function openOffice(engine: Engine, options: OfficeOptions): Office {
  const { url, workers = 16, graceMs = engine.graceMs, onTrouble = () => undefined } = options;
  const feed = new JournalFeed(engine.store);
  const behind = new Map<string, number>();
  let page = url;
  const attendant = new Attendant(engine, { feed, workers, graceMs, onTrouble });
  return {
    feed,
    receptions: engine.receptions,
    notes: (area) => openNotes(engine.store, area),
    login: openLoginDesk(engine),
    authenticate: (secret) => authenticate(engine, secret),
    serviceFor: (caller) => {
      const theirs: Engine = { ...engine, caller };
      const desk: Desk = { engine: theirs, feed, attendant, page: () => page };
      return attended(desk, options.serviceFor(theirs));
    },
    figures: () => ({
      ...attendant.counts(),
      entries: feed.size,
      behind: Object.fromEntries(behind),
    }),
    work: async (signal, door) => {
      // Nobody is let in under rules that cannot be read; it would only show when somebody needs them.
      engine.trusted();
      const holder = describeSelf(engine);
      await takeServe(engine, holder);
      try {
        page = door?.page ?? url;
        await noteServedAt(engine.store, page);
        door?.ready();
        await Promise.all([
          attendant.attend(signal),
          attendReceptions(engine, { feed, url, signal, onTrouble }),
          attendSinks(engine, {
            feed,
            signal,
            onTrouble,
            onStanding: (sink, entries) => behind.set(sink, entries),
          }),
        ]);
      } finally {
        feed.close();
        await noteServedAt(engine.store, null);
        await engine.store.releaseHold('serve', holder);
      }
    },
  };
}

async function takeServe(engine: Engine, holder: ReturnType<typeof describeSelf>): Promise<void> {
  const other = await engine.store.takeHold('serve', holder, isProcessAlive);
  if (other !== null) {
    throw new HeldError({
      code: 'serve_held',
      message: `process ${other.pid} on ${other.host} serves this journal since ${other.since}`,
      hint: 'one server serves a journal: stop that one first',
    });
  }
}

interface Desk {
  readonly engine: Engine;
  readonly feed: JournalFeed;
  readonly attendant: Attendant;
  /** Where its pages are just now. */
  readonly page: () => string | null;
}

/** What only the office knows of a run: where its requests are read whole, and that it lost its secrets. */
function completed({ attendant, page }: Desk, report: RunReport): RunReport {
  const at = page();
  const requests = report.requests.map((request) =>
    at === null ? request : { ...request, url: requestUrl(at, request.request) },
  );
  const lost = attendant.lostBy(report.run);
  if (lost.length === 0) {
    return { ...report, requests };
  }
  const names = lost.map((name) => name.slice(name.indexOf('.') + 1));
  return {
    ...report,
    requests,
    reason: `waits for its secrets again, which went with an earlier process of the server: ${names.join(', ')}`,
    next: { command: `runbook resume ${report.run} --params-file -` },
  };
}

/** The service of one caller: what it records is noticed at once, and where it would drive, the office does. */
function attended(desk: Desk, service: Service): Service {
  const { feed } = desk;
  const noticed = async <Result>(done: Promise<Result>): Promise<Result> => {
    const result = await done;
    feed.nudge();
    return result;
  };
  return {
    ...service,
    ...running(desk),
    decide: (signed, channel) => noticed(service.decide(signed, channel)),
    decideByLogin: (said, channel) => noticed(service.decideByLogin(said, channel)),
    decideAsMyself: (input) => noticed(service.decideAsMyself(input)),
    resolve: (input) => noticed(service.resolve(input)).then((it) => completed(desk, it)),
    status: async (run) => completed(desk, await service.status(run)),
    // The store is the office's, and outlives every caller.
    close: () => Promise.resolve(),
  };
}

function running(desk: Desk): Pick<Service, 'start' | 'resume' | 'drive' | 'wait' | 'cancel'> {
  const { engine, feed, attendant } = desk;
  const wait = async (run: RunId, timeoutMs: number | null, signal: AbortSignal) => {
    const watch = watchFeed(feed, (entry) => entry.run === run);
    const report = await waitRun(engine, run, {
      timeoutMs,
      signal,
      isLost: () => attendant.isStranded(run),
      isTended: () => attendant.tends(run),
      pause: (over, atMostMs) => watch.changed(over, Math.min(atMostMs, pauseMs)),
    }).finally(watch.close);
    return completed(desk, report);
  };
  const attend = ({ run, secrets }: Resumed): RunId => {
    attendant.take(run, secrets);
    feed.nudge();
    return run;
  };
  return {
    start: async (input) => attend(await startRun(engine, input)),
    resume: async (input) => attend(await resumeRun(engine, input)),
    drive: async (run, options) => completed(desk, await followRun(engine, { run, feed }, options)),
    wait: async (name, timeoutMs, signal) => wait(await findRun(engine, name), timeoutMs, signal),
    cancel: async (name, reason, { signal }) => {
      const { run, held } = await cancelRun(engine, name, reason);
      if (!held) {
        attendant.take(run, new Map());
      }
      feed.nudge();
      return wait(run, cancelMs, signal);
    },
  };
}

/** A request expires without an entry: it is looked again by then. */
const pauseMs = 2000;
const cancelMs = 60_000;
