import type { Permit } from '../../approval/permit.ts';
import { tellReceptions } from '../office/attend-receptions.ts';
import type { Session } from '../session.ts';

/**
 * Tells whoever is to know that the glass is being broken, while the step already runs: it waited at no
 * gate where anybody would have heard of it. A bounded time, whatever becomes of it: no chat that hangs
 * may hold up what could not wait. A server tells by itself, and needs no call.
 */
export async function tellAtOnce(session: Session, { basis }: Permit): Promise<void> {
  const { engine, state } = session;
  const request = basis.kind === 'grant' ? state.requests.get(basis.request) : undefined;
  const breaks = (request?.content.break_glass ?? null) !== null;
  if (breaks && state.started.via !== 'api') {
    await tellReceptions(engine).catch(() => undefined);
  }
}
