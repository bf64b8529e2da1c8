import type { Evidence, EvidenceScope, ProvenEntry } from '../../audit/bundle/evidence.ts';
import { seenIn, signedTextOf } from '../../audit/bundle/signed-texts.ts';
import { UsageError } from '../../base/errors.ts';
import type { Anchor } from '../../journal/anchor.ts';
import { leafHash } from '../../journal/leaf.ts';
import { formatVerifierKey } from '../../journal/verifier-key.ts';
import type { Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { RemoteCopy } from '../../run/remote-copy.ts';
import type { Head, Store } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import { findRun } from '../find.ts';
import { neighbours } from '../proof/neighbours.ts';
import { ownSource } from '../proof/own-source.ts';
import { openKept } from '../proof/read-since.ts';
import { reportOf, verifyLog } from '../proof/verify-log.ts';
import type { NamedText } from '../verify.ts';
import { collectContent } from './collect-content.ts';
import type { ExportInput } from './export-evidence.ts';
import { readRange } from './read-range.ts';
import { namesIn, restsOn } from './rests-on.ts';
import { type LogMap, scanLog } from './scan-log.ts';
import { configsOf, selectEntries } from './select-entries.ts';

/** Everything a bundle is composed from. Reads; writes nothing. Throws as `exportEvidence`. */
export async function collectEvidence(engine: Engine, input: ExportInput): Promise<Evidence> {
  const { store } = engine;
  const map = await scanLog(store, input.progress);
  const scope = await scopeOf(engine, map, input);
  const found = await readChosen(store, map, selectEntries(map, scope));
  const last = found.at(-1)?.seq ?? 0;
  const { head, anchors } = await bestHead(store, { from: last + 1, to: map.size });
  const entries = await Promise.all(found.map((entry) => prove(store, entry, head)));
  const readable = found.flatMap(({ recorded }) => recorded ?? []);
  const since = input.since === null ? [] : [await sizeSince(store, input.since, head)];
  const keys = await store.keys();
  return {
    scope,
    origin: store.origin,
    keys: keys.keys
      .filter(({ from }) => from <= head.size)
      .map(({ name, publicKey }) => formatVerifierKey(name, publicKey)),
    head,
    entries,
    roots: await proveRoots(store, [...since, ...(await sizesSeen(store, readable))], head),
    ...(await collectContent(store, readable, input.disclosed)),
    disclosed: [...input.disclosed].sort(),
    anchors,
    anchorKeys: anchorKeysOf(engine, anchors),
    findings: await ownFindings(store, head),
  };
}

/** The size of the head that an auditor kept, which the bundle's has to go on from. */
async function sizeSince(store: Store, kept: NamedText, head: Head): Promise<number> {
  const { size } = await openKept(store, kept, (await store.head()).size);
  if (size > head.size) {
    throw new UsageError({
      code: 'since_too_new',
      message: `\`${kept.file}\` is of ${size} entries, and the bundle would end at ${head.size}`,
      hint: 'export with a later end',
    });
  }
  return size;
}

interface Found {
  readonly seq: number;
  readonly bytes: Buffer | null;
  readonly hash: Buffer;
  readonly recorded: Recorded | null;
}

async function scopeOf(engine: Engine, map: LogMap, input: ExportInput): Promise<EvidenceScope> {
  return input.range === null
    ? { kind: 'run', run: await findRun(engine, input.run) }
    : readRange(map, input.range);
}

/** Far more than anybody reads; all of it is held in memory while the bundle is made. */
const mostEntries = 100_000;

async function readChosen(
  store: Store,
  map: LogMap,
  chosen: ReadonlySet<number>,
): Promise<readonly Found[]> {
  refuseMany(chosen.size);
  const found = await readEntries(store, chosen);
  const names = found.flatMap(({ recorded, bytes }) =>
    recorded === null || bytes === null ? [] : namesIn(recorded, bytes),
  );
  const within = map.who.filter(({ seq }) => chosen.has(seq)).flatMap(({ rests }) => rests);
  const who = restsOn(map.who, [...names, ...within]);
  const all = new Set([...chosen, ...who]);
  const more = [...who, ...configsOf(map, all)].filter((seq) => !chosen.has(seq));
  refuseMany(all.size);
  return [...found, ...(await readEntries(store, new Set(more)))].sort(
    (one, other) => one.seq - other.seq,
  );
}

function refuseMany(count: number): void {
  if (count > mostEntries) {
    throw new UsageError({
      code: 'range_too_large',
      message: `${count} entries belong to this bundle, and at most ${mostEntries} fit`,
      hint: 'export a shorter range, and the next one with `--since` the checkpoint of the one before',
    });
  }
}

async function readEntries(store: Store, chosen: ReadonlySet<number>): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const { from, to } of neighbours([...chosen].sort((one, other) => one - other))) {
    for (const { seq, bytes } of await store.entries(from, to)) {
      found.push({ seq, bytes, hash: leafHash(bytes), recorded: recordedOf({ seq, bytes }) });
    }
    for (const { seq, hash } of await store.pruned(from, to)) {
      found.push({ seq, bytes: null, hash: Buffer.from(hash, 'hex'), recorded: null });
    }
  }
  return found.sort((one, other) => one.seq - other.seq);
}

/** The newest head that others have signed, where one covers everything; else the newest. */
async function bestHead(
  store: Store,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<{ readonly head: Head; readonly anchors: readonly Anchor[] }> {
  const anchors = (await store.anchors(from, to + 1)).filter(({ kind }) => kind !== 'copy');
  for (const size of [...new Set(anchors.map((anchor) => anchor.size))].reverse()) {
    const head = await store.headAt(size);
    const root = head?.root.toString('base64');
    const own = anchors.filter((anchor) => anchor.size === size && anchor.root === root);
    if (head !== null && own.length > 0) {
      return { head, anchors: own };
    }
  }
  return { head: await store.head(), anchors: [] };
}

async function prove(
  store: Store,
  { seq, bytes, hash }: Found,
  { size }: Head,
): Promise<ProvenEntry> {
  return { seq, bytes, hash, proof: await store.inclusionProof(seq, size) };
}

/**
 * Heads that decisions and other signed texts name, the ones under which the entries of what was signed were
 * recorded, since receipts know those, and the ones that were copied elsewhere before a step ran.
 */
async function sizesSeen(store: Store, entries: readonly Recorded[]): Promise<readonly number[]> {
  const sizes: number[] = [];
  for (const entry of entries) {
    const signed = signedTextOf(entry);
    const { event } = entry;
    const text = event.type === 'approval.decided' ? event.data.statement : signed?.statement;
    sizes.push(text === undefined ? 0 : (seenIn(text)?.size ?? 0));
    if (signed !== null) {
      sizes.push((await store.headAt(entry.seq + 1))?.size ?? 0);
    }
    sizes.push(...copiesIn(entry).map(({ size }) => size));
  }
  return sizes;
}

function copiesIn({ event }: Recorded): readonly RemoteCopy[] {
  const hasEnded = event.type === 'step.finished' || event.type === 'step.late';
  return (hasEnded ? event.data.remote : undefined) ?? [];
}

async function proveRoots(store: Store, sizes: readonly number[], head: Head) {
  const older = [...new Set(sizes)].filter((size) => size > 0 && size < head.size);
  const roots: Evidence['roots'][number][] = [];
  for (const size of older.sort((one, other) => one - other)) {
    const root = (await store.headAt(size))?.root;
    const proof = await store.consistencyProof(size, head.size);
    if (root !== undefined) {
      roots.push({ size, root, proof });
    }
  }
  return roots;
}

/** By what the evidence of the others is verified, as the configuration in force has it. */
function anchorKeysOf(engine: Engine, anchors: readonly Anchor[]): Evidence['anchorKeys'] {
  const names = new Set(anchors.map(({ by }) => by));
  return engine.sinks.flatMap(({ name, anchorKey }) =>
    names.has(name) && anchorKey !== undefined ? [{ name, key: anchorKey() }] : [],
  );
}

/**
 * Of the journal up to this very head, by its entries and content alone: what came later, who vouches from
 * outside and what the clock says would make other bytes of the same evidence. The head covers every entry
 * that erases or prunes, so nothing of that is missing unsaid.
 */
async function ownFindings(store: Store, { size }: Head): Promise<Evidence['findings']> {
  const source = await ownSource(store);
  const nothing = (): void => undefined;
  const trust = { receipts: [], pins: [] };
  const audit = await verifyLog({ source, size, trust, follow: nothing, progress: nothing });
  const { verdicts, findings } = reportOf(audit);
  return {
    verdicts: verdicts.map((verdict) => ({ ...verdict })),
    findings: findings.map((finding) => ({ ...finding })),
  };
}
