import { resolveInitiator } from '../approval/people/initiator.ts';
import { DeniedError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import type { RunState } from '../run/state.ts';
import type { Engine } from './engine.ts';
import type { InForce } from './ensure-config.ts';
import { findDriver, isSelf, isServed, runHeld } from './hold.ts';

/**
 * A server's run is the server's to drive, while it lives: in anybody else's process a click would be that
 * one's word. Throws HeldError `run_held`.
 */
export async function refuseServed(engine: Engine, run: RunId): Promise<void> {
  const served = await isServed(engine, run);
  const driver = served ? await findDriver(engine, { run, served }) : null;
  if (driver !== null && !isSelf(engine, driver)) {
    throw runHeld(run, driver);
  }
}

/**
 * Who drives a run stands in its chain, with everything they are, or could approve what they start. A
 * cancelled run asks for nothing any more: anybody may bring it to its end. Throws DeniedError `not_resumed`.
 */
export function refuseOutsider(engine: Engine, { rules }: InForce, state: RunState): void {
  const chain = new Set(state.initiator.chain.map(({ identity }) => identity));
  const outside = resolveInitiator(rules.people, engine.caller).chain.find(
    ({ identity }) => !chain.has(identity),
  );
  if (outside !== undefined && state.cancel === null) {
    throw new DeniedError({
      code: 'not_resumed',
      message: `\`${outside.identity}\` is not in the chain of run \`${state.run}\``,
      hint: `\`runbook resume ${state.run}\` takes it on`,
    });
  }
}
