import type { ChatEvent } from './chat-event.ts';

/** What every part of a chat's channel is made of. */
export interface Chat<Settings, Api, Standing> {
  readonly settings: Settings;
  /** What answers at our address is mounted in this process. */
  readonly served: boolean;
  /** Throws ConfigError where the secret is not to be had. */
  readonly api: () => Api;
  readonly report: (part: Partial<Standing>) => void;
  readonly onEvent: (event: ChatEvent) => void;
  /** After which a secret that is not there is looked for again. */
  readonly retryMs: number;
  /** Clicks that are being decided. */
  readonly working: Set<Promise<unknown>>;
}
