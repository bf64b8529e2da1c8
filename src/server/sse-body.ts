import { openWake } from './wake.ts';

export interface SseEvent {
  readonly event: string;
  readonly id?: number;
  readonly data: unknown;
}

/** One event as the HTML standard has them; JSON never holds a line break. */
export function formatEvent({ event, id, data }: SseEvent): string {
  const number = id === undefined ? '' : `id: ${id}\n`;
  return `event: ${event}\n${number}data: ${JSON.stringify(data)}\n\n`;
}

/** What may lie unread: beyond it whoever writes must wait. */
const bufferBytes = 64 * 1024;

/** The body of a stream of server-sent events, written no faster than it is read. */
export class SseBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #room = openWake();
  readonly #stallMs: number;
  /** Null once nobody reads any more. */
  #reader: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(options: { readonly stallMs: number; readonly onGone: () => void }) {
    this.#stallMs = options.stallMs;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (reader) => {
          this.#reader = reader;
        },
        pull: () => {
          this.#room.ring();
        },
        cancel: () => {
          this.#reader = null;
          this.#room.ring();
          options.onGone();
        },
      },
      { highWaterMark: bufferBytes, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  /** Somebody reads, as far as is known. */
  get isRead(): boolean {
    return this.#reader !== null;
  }

  /**
   * Waits for room. False where nobody reads any more, or has taken nothing for as long as they may: the
   * stream is then closed, and a reader that is still there comes back for the rest.
   */
  async write(text: string): Promise<boolean> {
    while (this.#reader !== null && (this.#reader.desiredSize ?? 0) <= 0) {
      if (!(await this.#room.rest(this.#stallMs))) {
        this.close();
      }
    }
    this.#reader?.enqueue(Buffer.from(text));
    return this.#reader !== null;
  }

  close(): void {
    this.#reader?.close();
    this.#reader = null;
  }
}
