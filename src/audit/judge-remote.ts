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
  /**
   * Starts that copies were demanded for, those of them that rest on the journal's own word, and those of
   * which a part of the log cannot say whether the heads that were copied are its own.
   */
  figures(): { readonly demanded: number; readonly onWord: number; readonly unjudged: number };
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
  let unjudged = 0;
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
      const named = copiesOf({ ended: event.data, seq: entry.seq, owed }, bench.docket);
      const copies = named.filter(({ isKnown }) => isKnown);
      demanded += 1;
      if (copies.length < owed.required && named.length >= owed.required) {
        unjudged += 1;
        return null;
      }
      onWord += copies.filter(({ proven }) => proven).length < owed.required ? 1 : 0;
      return copies.length >= owed.required
        ? null
        : `policy then in force demands ${counted(owed.required)} elsewhere of its start, and it names ${copies.length}`;
    },
    figures: () => ({ demanded, onWord, unjudged }),
  };
}

function counted(copies: number): string {
  return copies === 1 ? '1 copy' : `${copies} copies`;
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

/**
 * Those of different sinks that counted, over heads of this very log that cover the start. Part of a log
 * may not know the root of one; heads from after the step ended are known to nobody.
 */
function copiesOf(
  { ended, seq, owed }: { readonly ended: StepFinished; readonly seq: number; readonly owed: Owed },
  { origin, rootAt }: Docket,
): readonly { readonly proven: boolean; readonly isKnown: boolean }[] {
  const { remote = [] } = ended;
  return owed.sinks.flatMap((sink) => {
    const copy = remote.find((each) => each.sink === sink.name);
    if (copy === undefined || copy.size <= owed.seq || copy.size > seq) {
      return [];
    }
    const root = rootAt(copy.size);
    const proof = proofOf(copy, sink.key, origin);
    return proof === 'wrong' || (root ?? copy.root) !== copy.root
      ? []
      : { proven: proof === 'proven', isKnown: root !== null };
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
