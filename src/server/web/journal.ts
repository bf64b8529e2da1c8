import * as v from 'valibot';
import { InternalError, UsageError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import type { Service } from '../../engine/service.ts';
import {
  type HeadView,
  type JournalFilter,
  type JournalView,
  journalLimits,
  layoutEntry,
  layoutJournal,
} from '../../pages/journal.ts';
import { layoutVerdicts } from '../../pages/verdicts.ts';
import { readIndex } from '../audit.ts';
import type { WebRoute, WebVisit } from './web-route.ts';

/** The journal's newest entries, each of them whole, and a button that verifies it. */
export const journalRoutes: readonly WebRoute[] = [
  {
    method: 'GET',
    path: '/journal',
    access: 'person',
    handle: async (visit, { service, csrf }) => {
      const filter = readFilter(visit);
      const [found, head] = await Promise.all([findEntries(service, filter), headOf(service)]);
      return visit.page({
        title: 'Journal',
        main: layoutJournal({ head, ...found, filter, csrf }),
        status: found.problem === undefined ? 200 : 400,
      });
    },
  },
  {
    method: 'GET',
    path: '/journal/:index',
    access: 'person',
    handle: async (visit, { service }) => {
      const index = readIndex(visit.context.req.param('index') ?? '');
      const shown = readEntry(await service.auditShow(index));
      const head = await headOf(service, shown.checkpoint);
      return visit.page({
        title: `Entry ${index}`,
        main: layoutEntry({ ...shown, run: runOf(shown.leaf), head }),
      });
    },
  },
  {
    method: 'POST',
    path: '/journal/verify',
    access: 'person',
    handle: async (visit, { service, csrf }) => {
      const { verifying } = visit.web.site;
      const progress = (): void => undefined;
      const report = await verifying(() => service.verify({ receipts: [], pins: [], progress }));
      return visit.page({ title: 'Verification', main: layoutVerdicts(report, csrf) });
    },
  },
];

function readFilter({ context }: WebVisit): JournalFilter {
  const { req } = context;
  const given = (name: string): string => req.query(name)?.trim() ?? '';
  const limit = journalLimits.find((count) => String(count) === given('limit'));
  return {
    type: given('type'),
    run: given('run'),
    person: given('person'),
    limit: limit ?? journalLimits[0],
  };
}

/** What was asked for, or why that cannot be looked for: the form is there again either way. */
async function findEntries(
  service: Service,
  { type, run, person, limit }: JournalFilter,
): Promise<Pick<JournalView, 'lines' | 'problem'>> {
  try {
    const lines = await service.auditLog({
      limit,
      run: run === '' ? null : run,
      ...(type === '' ? {} : { type }),
      ...(person === '' ? {} : { person }),
    });
    return { lines: lines.toReversed() };
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    const { message, hint } = error;
    return { lines: [], problem: hint === undefined ? [message] : [message, hint] };
  }
}

/** The head as it stands, or the one that a proof leads to. */
async function headOf(service: Service, checkpoint?: string): Promise<HeadView> {
  const note = checkpoint ?? (await newestCheckpoint(service));
  const { keys } = await service.keys();
  const [origin = '', size = '', root = ''] = note.split('\n');
  return { origin, size, root, note, verifierKey: keys.at(-1)?.verifier_key ?? '' };
}

async function newestCheckpoint(service: Service): Promise<string> {
  const [newest] = await service.auditLog({ run: null, limit: 1 });
  if (newest === undefined) {
    throw new InternalError({ code: 'journal_empty', message: 'a journal begins with an entry' });
  }
  return readEntry(await service.auditShow(newest.index)).checkpoint;
}

/** As `Service.auditShow` answers. */
const shownEntry = v.object({
  index: v.number(),
  hash: v.string(),
  leaf: v.custom<Json>(() => true),
  inclusion: v.array(v.string()),
  checkpoint: v.string(),
});

function readEntry(answer: Json): v.InferOutput<typeof shownEntry> {
  return v.parse(shownEntry, answer);
}

function runOf(leaf: Json): string | null {
  const parsed = v.safeParse(v.object({ run: v.string() }), leaf);
  return parsed.success ? parsed.output.run : null;
}
