import type { Clock } from '../../base/clock.ts';
import type { ParsedYaml } from '../../base/yaml.ts';
import type { Check, Reception } from '../channel.ts';
import { pause } from '../pause.ts';
import { type CourierTools, openCourier, type Standing } from './courier.ts';
import { pingOf } from './payload.ts';
import { type Outcome, openPost } from './post.ts';
import { sendSigned } from './send-signed.ts';
import { type Endpoint, parseWebhooks } from './settings.ts';

export interface WebhookDeps {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In a server an endpoint that is not served yet is not well. */
  readonly served?: boolean;
  /** For tests: how to wait between attempts. */
  readonly pause?: CourierTools['pause'];
  /** Of one attempt; 10 s unless said. */
  readonly timeoutMs?: number;
}

/**
 * Tells endpoints of the journal's entries, signed as Standard Webhooks 1.0 has it: for each endpoint in
 * order and at least once, from wherever it stood. It receives nothing, so that it can decide nothing.
 *
 * Reads `channels.webhooks`; throws InvalidFileError `config_invalid`. Secrets are looked up when there is
 * something to sign: whoever cannot read them can still open the section.
 */
export function openWebhooks(section: ParsedYaml, deps: WebhookDeps): Reception {
  const tools: CourierTools = { pause, timeoutMs: 10_000, ...deps };
  const well = new Set<Standing['state']['kind']>(
    deps.served === true ? ['serving'] : ['idle', 'serving'],
  );
  const couriers = parseWebhooks(section).map((endpoint) => openCourier(endpoint, tools));
  return {
    name: 'webhooks',
    http: null,
    async attend(front, signal) {
      await Promise.all(couriers.map((courier) => courier.serve(front, signal)));
    },
    async tell(front, signal) {
      await Promise.all(couriers.map((courier) => courier.serve(front, signal, 'once')));
    },
    health: () => ({
      ok: couriers.every((it) => well.has(it.standing().state.kind)),
      message: couriers.map((it) => describe(it.endpoint.name, it.standing())).join('; '),
      backlog: couriers.reduce((sum, it) => sum + it.standing().backlog, 0),
    }),
    examine: (signal) =>
      Promise.all(couriers.map(({ endpoint }) => ping(endpoint, { ...deps, tools, signal }))),
  };
}

function describe(name: string, { state, backlog }: Standing): string {
  switch (state.kind) {
    case 'idle':
      return `${name}: not served yet`;
    case 'serving':
      return `${name}: ${backlog === 0 ? 'up to date' : `${backlog} entries to go`}`;
    case 'failing':
      return `${name}: ${backlog} entries wait since ${state.since}: ${state.message}`;
    case 'gone':
      return `${name}: it answered 410 and is left alone until its settings change`;
    case 'rolled_back':
      return `${name}: the journal no longer holds what was delivered, so that nothing more is; under another name it begins anew`;
  }
}

interface Examination {
  readonly clock: Clock;
  readonly tools: CourierTools;
  readonly signal: AbortSignal;
}

/** A signed event that tells of nothing: name, address, certificate and secret in one answer. */
async function ping(endpoint: Endpoint, examination: Examination): Promise<Check> {
  const outcome = await sendPing(endpoint, examination);
  const name = `webhook ${endpoint.name}`;
  switch (outcome.kind) {
    case 'delivered':
      return { name, ok: true, message: 'it took a signed ping', hint: null };
    case 'gone':
      return { name, ok: false, message: 'it answered 410: it wants no more', hint: null };
    case 'failed':
      return {
        name,
        ok: false,
        message: outcome.message,
        hint: 'docs/webhooks.md tells what a receiver must do',
      };
  }
}

async function sendPing(
  endpoint: Endpoint,
  { clock, tools, signal }: Examination,
): Promise<Outcome> {
  const post = await openPost(endpoint, tools.timeoutMs);
  const nowMs = clock.now().wallMs;
  try {
    return await sendSigned(pingOf(endpoint.name, nowMs), { endpoint, tools, post, nowMs, signal });
  } finally {
    await post.close();
  }
}
