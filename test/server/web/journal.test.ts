import { expect, test } from 'vitest';
import { ana, openServed, startGated } from '../served.ts';
import { browse } from './visiting.ts';

async function openJournal() {
  const served = await openServed();
  const started = await startGated(served, await served.token(ana, ['start', 'read']));
  return { served, session: await browse(served, 'robin'), ...started };
}

const entriesIn = (text: string) =>
  [...text.matchAll(/<a class="row" href="\/journal\/(\d+)">/g)].map(([, index]) => Number(index));

test('the journal’s newest entries stand first, each with its place, time, type and words', async () => {
  const { served, session } = await openJournal();
  const { text } = await session.get('/journal');
  const { size } = await served.scene.engine().store.head();
  expect(entriesIn(text)).toEqual(Array.from({ length: size }, (_, at) => size - 1 - at));
  expect(text).toContain('approval.requested');
  expect(text).toMatch(/<time datetime="\d{4}-/);
});

test('the head stands over them as the journal signed it', async () => {
  const { served, session } = await openJournal();
  const { note } = await served.scene.engine().store.head();
  const [origin = '', size, root = ''] = note.split('\n');
  const { text } = await session.get('/journal');
  expect(text).toContain(`<dd class="mono">${origin}</dd>`);
  expect(text).toContain(`<dt>entries</dt><dd>${size}</dd>`);
  expect(text).toContain(root);
});

test('entries are looked for by type, run and person', async () => {
  const { served, session, run } = await openJournal();
  const { text } = await session.get('/journal?type=step.*&run=&person=');
  expect(entriesIn(text).length).toBe(2);
  const ofRun = await session.get(`/journal?run=${run}`);
  const events = await served.scene.service().events(run as never, 0);
  expect(entriesIn(ofRun.text)).toEqual(events.map(({ seq }) => seq).toReversed());
  expect(entriesIn((await session.get('/journal?person=kim')).text)).toEqual([]);
});

test('a type that there is none of is answered with the one that was meant', async () => {
  const { session } = await openJournal();
  const answer = await session.get('/journal?type=step.startet');
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('name="type" value="step.startet"');
  expect(answer.text).toContain('Did you mean <code>step.started</code>?');
});

test('what somebody looks for stays text in the form, whatever it looks like', async () => {
  const { session } = await openJournal();
  const { text } = await session.get('/journal?person=%22%3E%3Cscript%3Ealert(1)%3C/script%3E');
  expect(text).not.toContain('<script>alert');
  expect(text).toContain('&lt;script&gt;');
});

test('an entry is shown whole, with its proof under the signed head', async () => {
  const { served, session } = await openJournal();
  const { text } = await session.get('/journal/3');
  const shown = (await served.scene.service().auditShow(3)) as {
    hash: string;
    inclusion: string[];
  };
  expect(text).toContain(shown.hash);
  for (const hash of shown.inclusion) {
    expect(text).toContain(`<li>${hash}</li>`);
  }
  expect((await session.get('/journal/99999')).status).toBe(404);
  expect((await session.get('/journal/last')).status).toBe(400);
});

test('the button verifies the journal, and names each verdict with what it rests on', async () => {
  const { session } = await openJournal();
  const { status, text } = await session.post('/journal/verify');
  expect(status).toBe(200);
  for (const name of ['integrity', 'completeness', 'authorization', 'time', 'replicas']) {
    expect(text).toContain(`<th scope="row">${name}</th>`);
  }
  expect(text).toContain('self-consistent only');
  expect(text).toContain('<div class="notice warn" role="status"><p><strong>SELF-CONSISTENT ONLY');
  const words = [...text.matchAll(/<td><span class="badge [a-z]*">([^<]+)</g)].map(
    ([, word]) => word,
  );
  expect(words).toEqual(['ok', 'ok', 'ok', 'ok', 'open']);
});
