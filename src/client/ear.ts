import type { RunId } from '../base/ids.ts';
import type { Listener } from '../engine/service.ts';
import type { EventType } from '../run/events.ts';
import type { Connection } from './connection.ts';
import { streamRun } from './run-stream.ts';
import { stepOutput } from './step-output.ts';

export interface Heard {
  readonly run: RunId;
  /** How many of its entries the listener need not be told. */
  readonly from: number;
  readonly listener: Listener;
}

/** Listens to a run's stream in the background, and tells a listener what it hears. Close it. */
export class Ear {
  readonly #connection: Connection;
  readonly #left = new AbortController();
  readonly #pumped: Promise<void>;
  /** Entries told, and the last of them that may have changed who must act. */
  #told: number;
  #turned: number;
  #ended: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;

  constructor(connection: Connection, heard: Heard) {
    this.#connection = connection;
    this.#told = heard.from;
    this.#turned = heard.from;
    this.#pumped = this.#pump(heard);
  }

  /** Resolves when entry number `version` was told, or after a while without it. Throws what ended the stream. */
  async reach(version: number): Promise<void> {
    await this.#until(() => this.#told >= version, reachMs, this.#left.signal);
  }

  /** Something after entry number `version` was told that may have changed who must act. */
  isPast(version: number): boolean {
    return this.#turned > version;
  }

  /**
   * Resolves when something after entry number `version` may have changed who must act, when `ms` passed,
   * or when `signal` aborts. Throws what ended the stream.
   */
  async turn(version: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#ended === null) {
      await this.#until(() => this.isPast(version), ms, signal);
    } else {
      await this.#connection.pace.pause(Math.min(ms, lookMs), signal);
    }
  }

  async close(): Promise<void> {
    this.#left.abort();
    await this.#pumped;
  }

  async #pump({ run, from, listener }: Heard): Promise<void> {
    const { signal } = this.#left;
    const output = stepOutput(this.#connection, run, listener);
    try {
      for await (const item of streamRun(this.#connection, run, { from, signal })) {
        if (item.kind === 'output') {
          output.live(item);
          continue;
        }
        await output.beforeEntry(item.entry);
        listener.recorded(item.entry);
        this.#told = item.version;
        this.#turned = turning.has(item.entry.event.type) ? item.version : this.#turned;
        this.#wake();
      }
      this.#ended = { error: null };
    } catch (error) {
      this.#ended = { error };
    }
    this.#wake();
  }

  async #until(isDone: () => boolean, ms: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    this.#wake = () => {
      if (this.#ended !== null || isDone()) {
        stop.abort();
      }
    };
    this.#wake();
    await this.#connection.pace.pause(ms, AbortSignal.any([stop.signal, signal]));
    const error = this.#ended?.error;
    if (error instanceof Error) {
      throw error;
    }
  }
}

/** What was committed is streamed at once; where it is not, the report is ahead of what was told. */
const reachMs = 5000;
const lookMs = 1000;

/** Entries after which somebody else may have to act. */
const turning: ReadonlySet<EventType> = new Set<EventType>([
  'approval.requested',
  'approval.decided',
  'approval.expired',
  'approval.superseded',
  'run.finished',
  'run.cancel_requested',
  'step.denied',
  'step.unknown',
]);
