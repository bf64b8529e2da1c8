import type { RunId } from '../../base/ids.ts';
import type { Recorded } from '../../run/events.ts';
import { driveRun, type Left } from '../drive-run.ts';
import type { Engine } from '../engine.ts';
import type { Figures } from '../office.ts';
import type { DriveOptions } from '../service.ts';
import { backOffMs } from './back-off.ts';
import type { JournalFeed } from './feed.ts';
import { leftRuns } from './left-runs.ts';

/** How often it is looked for runs that go on by themselves: expired requests, delays that are over. */
const tickMs = 200;

export interface AttendantOptions {
  readonly feed: JournalFeed;
  /** How many runs are worked on at the same time. */
  readonly workers: number;
  /** How long steps that run may go on once it stops. */
  readonly graceMs: number;
  /** A run that cannot be driven just now; it is tried again. */
  readonly onTrouble: (run: RunId, error: unknown) => void;
}

/** A run in the office's care. One that waits is this and nothing more. */
interface Ward {
  readonly run: RunId;
  readonly secrets: Map<string, string>;
  /** `stranded`: its secrets went with an earlier process; driven without them, its next step would fail. */
  standing: 'queued' | 'driven' | 'waiting' | 'stranded';
  /** Names of those secrets; none where it is not stranded. */
  lost: readonly string[];
  /** Somebody did something while it was driven: what the drive decided may be out of date. */
  stirred: boolean;
  /** It goes on by itself from here on; null where only somebody can move it. */
  wakeMs: number | null;
  /** Drives in a row that ended in an error. */
  failures: number;
}

/**
 * Drives every run that was started, resumed or cancelled through the API, a few at a time, and none while it waits: the feed
 * tells what was decided, cancelled or resumed. What it knows can be made again from the journal, but for
 * secrets. Nothing that one run does to it stops the others.
 */
export class Attendant {
  readonly #engine: Engine;
  readonly #options: AttendantOptions;
  readonly #wards = new Map<RunId, Ward>();
  readonly #queue = new Set<Ward>();
  readonly #drives = new Set<Promise<void>>();
  /** One for each drive: what listens to it goes with it. */
  readonly #interrupts = new Set<AbortController>();
  /** Aborts where nothing new is to begin; null while nobody attends. */
  #leave: AbortSignal | null = null;

  constructor(engine: Engine, options: AttendantOptions) {
    // Cards and prompts are the office's own affair, once for all runs.
    this.#engine = { ...engine, channels: [], receptions: [] };
    this.#options = options;
  }

  /** Drives this run from here on, with these secrets beside those it has. */
  take(run: RunId, secrets: ReadonlyMap<string, string>): void {
    const ward = this.#wards.get(run) ?? this.#admit(run);
    for (const [name, value] of secrets) {
      ward.secrets.set(name, value);
    }
    this.#wake(ward);
  }

  /** It is in the office's care, and goes on as soon as it can. */
  tends(run: RunId): boolean {
    return this.#wards.has(run) && !this.isStranded(run);
  }

  isStranded(run: RunId): boolean {
    return this.lostBy(run).length > 0;
  }

  /** The secrets a stranded run waits for, by name; none where it goes on by itself. */
  lostBy(run: RunId): readonly string[] {
    const ward = this.#wards.get(run);
    return ward?.standing === 'stranded' ? ward.lost : [];
  }

  counts(): Pick<Figures, 'open' | 'active' | 'stranded'> {
    const stranded = [...this.#wards.values()].filter(({ standing }) => standing === 'stranded');
    return { open: this.#wards.size, active: this.#drives.size, stranded: stranded.length };
  }

  /**
   * Takes up what an earlier process left, and drives until `signal` aborts. Then nothing new begins;
   * steps that run may end within `graceMs`, and are interrupted after that.
   */
  async attend(signal: AbortSignal): Promise<void> {
    this.#leave = signal;
    const unfollow = this.#options.feed.follow({
      recorded: (entry) => {
        this.#notice(entry);
      },
    });
    const timer = setInterval(() => {
      this.#wakeDue();
    }, tickMs);
    try {
      await this.#takeUpAll();
      await aborted(signal);
    } finally {
      clearInterval(timer);
      unfollow();
      await this.#close();
    }
  }

  async #takeUpAll(): Promise<void> {
    for (const { run, lost } of await leftRuns(this.#engine)) {
      if (!this.#wards.has(run)) {
        const ward = this.#admit(run);
        if (lost.length > 0) {
          ward.standing = 'stranded';
          ward.lost = lost;
        } else {
          this.#wake(ward);
        }
      }
    }
  }

  #admit(run: RunId): Ward {
    const ward: Ward = {
      run,
      secrets: new Map(),
      standing: 'waiting',
      lost: [],
      stirred: false,
      wakeMs: null,
      failures: 0,
    };
    this.#wards.set(run, ward);
    return ward;
  }

  /** What the feed tells: only what people do moves a run on, the rest is our own. */
  #notice({ run, event }: Recorded): void {
    const ward = run === null ? undefined : this.#wards.get(run);
    if (ward === undefined) {
      return;
    }
    const isNo =
      event.type === 'run.cancel_requested' ||
      (event.type === 'approval.decided' && event.data.decision === 'reject');
    // A no needs no secrets: the run ends, and only what is unprivileged of `finally` runs.
    if (isNo || (stirring.has(event.type) && ward.standing !== 'stranded')) {
      this.#wake(ward);
    }
  }

  #wakeDue(): void {
    const nowMs = this.#engine.clock.now().wallMs;
    for (const ward of this.#wards.values()) {
      if (ward.standing === 'waiting' && ward.wakeMs !== null && ward.wakeMs <= nowMs) {
        this.#wake(ward);
      }
    }
    this.#work();
  }

  #wake(ward: Ward): void {
    if (ward.standing === 'driven') {
      ward.stirred = true;
      return;
    }
    ward.standing = 'queued';
    this.#queue.add(ward);
    this.#work();
  }

  #work(): void {
    for (const ward of this.#queue) {
      if (this.#leave?.aborted !== false || this.#drives.size >= this.#options.workers) {
        return;
      }
      this.#queue.delete(ward);
      const drive = this.#drive(ward, this.#leave).finally(() => {
        this.#drives.delete(drive);
        this.#work();
      });
      this.#drives.add(drive);
    }
  }

  async #drive(ward: Ward, leave: AbortSignal): Promise<void> {
    const { run, secrets } = ward;
    ward.standing = 'driven';
    ward.stirred = false;
    const interrupt = new AbortController();
    this.#interrupts.add(interrupt);
    const course = this.#course(run, interrupt.signal);
    let left: Left;
    try {
      left = await driveRun(this.#engine, { run, secrets, office: { leave } }, course);
      ward.failures = 0;
    } catch (error) {
      ward.failures += 1;
      const untilMs = this.#engine.clock.now().wallMs + backOffMs(ward.failures);
      left = { kind: 'waiting', untilMs };
      this.#options.onTrouble(run, error);
    } finally {
      this.#interrupts.delete(interrupt);
    }
    if (left.kind === 'ended') {
      this.#wards.delete(run);
      return;
    }
    ward.standing = 'waiting';
    ward.wakeMs = left.untilMs;
    if (ward.stirred) {
      this.#wake(ward);
    }
  }

  #course(run: RunId, signal: AbortSignal): DriveOptions {
    const { feed } = this.#options;
    return {
      wait: 'stop',
      signal,
      hurry: new AbortController().signal,
      listener: {
        recorded: () => {
          feed.nudge();
        },
        output: (step, stream, chunk) => {
          feed.publish(run, { step, stream, chunk });
        },
        waiting: () => undefined,
        delayed: () => undefined,
      },
    };
  }

  async #close(): Promise<void> {
    const grace = setTimeout(() => {
      for (const interrupt of this.#interrupts) {
        interrupt.abort();
      }
    }, this.#options.graceMs);
    await Promise.allSettled(this.#drives);
    clearTimeout(grace);
  }
}

/** What somebody else may have done: after each of these the run may have somewhere to go. */
const stirring: ReadonlySet<Recorded['event']['type']> = new Set([
  'approval.decided',
  'run.resumed',
  'run.cancel_requested',
  'step.resolved',
  'manual.done',
]);

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
