import { formatCheckpoint } from '../journal/checkpoint.ts';
import { verifyCosignatures } from '../journal/cosignature.ts';
import { parseVerifierKey } from '../journal/verifier-key.ts';
import type { Asked } from '../policy/policy.ts';
import { type CountingSink, countingSinks, demandsCopies } from '../policy/remote.ts';
import type { Recorded, StepFinished, StepStarted } from '../run/events.ts';
import type { RemoteCopy } from '../run/remote-copy.ts';
import type { Docket, Replay } from './docket.ts';
import { replayVerdict } from './judge-unasked.ts';

/** The copies that privileged starts had to reach before anything was spawned, over the whole log. */
export interface Remotes {
  /** What is wrong with the copies of a start that has ended, in words; null where nothing is. */
  judge(entry: Recorded, bench: Bench): string | null;
  /** Starts that copies were demanded for, and those of them that rest on the journal's own word. */
  figures(): { readonly demanded: number; readonly onWord: number };
}

interface Bench {
  readonly docket: Docket;
  readonly replay: Replay;
}

/** A start that owes copies, by what was in force when it was recorded. */
interface Owed {
  readonly seq: number;
  readonly required: number;
  readonly sinks: readonly CountingSink[];
}

export function openRemotes(): Remotes {
  const owing = new Map<string, Owed>();
  let demanded = 0;
  let onWord = 0;
  return {
    judge(entry, bench) {
      const { event, run } = entry;
      if (event.type === 'step.started') {
        const owed = owedBy(entry, event.data, bench);
        if (owed !== null) {
          owing.set(nameOf(run, event.data), owed);
        }
        return null;
      }
      if (event.type !== 'step.finished' && event.type !== 'step.late') {
        return null;
      }
      const name = nameOf(run, event.data);
      const owed = owing.get(name);
      owing.delete(name);
      if (owed === undefined || nothingRan(event.data)) {
        return null;
      }
      const copies = copiesOf(event.data, owed, bench.docket);
      demanded += 1;
      onWord += copies.filter(({ proven }) => proven).length < owed.required ? 1 : 0;
      return copies.length >= owed.required
        ? null
        : `policy then in force demands ${owed.required} copies elsewhere of its start, and it names ${copies.length}`;
    },
    figures: () => ({ demanded, onWord }),
  };
}

function nameOf(run: string | null, { step, attempt }: StepStarted | StepFinished): string {
  return `${run ?? ''} ${step} ${attempt}`;
}

function nothingRan({ outcome, failure }: StepFinished): boolean {
  return outcome === 'failed' && failure === 'start';
}

/** Most policies demand nothing, and then nothing is replayed for it. */
function owedBy(entry: Recorded, data: StepStarted, { docket, replay }: Bench): Owed | null {
  const { permit } = data;
  if (permit.kind !== 'grant' || !demandsCopies(docket.rules.policy)) {
    return null;
  }
  const { evaluation } = permit;
  const asked = askedOf(data, docket);
  const of = { entry, data, evaluation, ...(asked === null ? {} : { asked }) };
  const replayed = replayVerdict(of, { docket, replay });
  const verdict = replayed.kind === 'verdict' ? replayed.verdict : null;
  const demand = verdict?.kind === 'ask' ? verdict.remote : null;
  const { required } = demand ?? {};
  return required === undefined
    ? null
    : { seq: entry.seq, required, sinks: countingSinks(docket.config.sinks) };
}

/** A lent approval was judged by the rule that lent it; every other as the run was asked for. */
function askedOf({ permit }: StepStarted, docket: Docket): Asked | null {
  if (permit.kind !== 'grant' || permit.lent_by === undefined) {
    return null;
  }
  const reuse = docket.loanOf(permit.request)?.request.content.grant.reuse?.rule ?? null;
  return { breakGlass: null, overrides: [], reuse };
}

/** Those of different sinks that counted, over heads of this very log that cover the start. */
function copiesOf(
  { remote = [] }: StepFinished,
  { seq, sinks }: Owed,
  { origin, rootAt }: Docket,
): readonly { readonly proven: boolean }[] {
  return sinks.flatMap((sink) => {
    const copy = remote.find((each) => each.sink === sink.name);
    const isOurs = copy !== undefined && copy.size > seq && rootAt(copy.size) === copy.root;
    if (!isOurs) {
      return [];
    }
    const proof = proofOf(copy, sink.key, origin);
    return proof === 'wrong' ? [] : { proven: proof === 'proven' };
  });
}

/** A cosignature proves itself under the key that the configuration then in force names. */
function proofOf(
  { kind, evidence, size, root }: RemoteCopy,
  key: string | null,
  origin: string,
): 'proven' | 'word' | 'wrong' {
  if (kind !== 'cosignature' || evidence === null || key === null) {
    return 'word';
  }
  try {
    const body = formatCheckpoint({ origin, size, root: Buffer.from(root, 'base64') });
    const keys = [parseVerifierKey(key, 'cosignature')];
    return verifyCosignatures(`${body}\n${evidence}`, keys).length > 0 ? 'proven' : 'wrong';
  } catch {
    return 'wrong';
  }
}
