import { describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { arriveAt, openLoggedIn, openReviewing, passIssuer } from './reviewing.ts';

const protectedProd = {
  config: 'environments: { prod: { protected: true } }',
  trusted: true,
  start: { environment: 'prod' },
};

describe.skipIf(!hasBrowser)('a decision on the page', () => {
  test('by the session alone is attested, and takes no script', async () => {
    const reviewing = await openReviewing();
    const page = await openLoggedIn(reviewing, { scripts: false });
    await page.getByLabel('Reason').fill('looks right');
    await page.getByRole('button', { name: /Approve as robin/ }).click();
    await arriveAt(page, `${reviewing.origin}/requests/${reviewing.request}`);
    await reviewing.settled('succeeded');
    const [decided] = await reviewing.entries('approval.decided');
    expect(decided).toMatchObject({ assurance: 'A1', person: 'robin', signature: null });
  });

  test('by a fresh login is bound to the statement, and takes no script', async () => {
    const reviewing = await openReviewing({ policy: 'floor: { assurance: A2 }' });
    const page = await openLoggedIn(reviewing, { scripts: false });
    await page.getByRole('button', { name: /Approve with a fresh login/ }).click();
    await passIssuer(page, reviewing, 'robin');
    await arriveAt(page, `${reviewing.origin}/requests/${reviewing.request}`);
    await reviewing.settled('succeeded');
    const [decided] = await reviewing.entries('approval.decided');
    expect(decided).toMatchObject({ assurance: 'A2', person: 'robin', signature: null });
  });

  test('of somebody else than who was logged in is none', async () => {
    const reviewing = await openReviewing({ policy: 'floor: { assurance: A2 }' });
    const page = await openLoggedIn(reviewing);
    await page.getByRole('button', { name: /Approve with a fresh login/ }).click();
    await passIssuer(page, reviewing, 'kim');
    await page.waitForURL(`${reviewing.origin}/**`);
    expect(await page.getByRole('alert').innerText()).toMatch(/robin/);
    expect(await reviewing.entries('approval.decided')).toEqual([]);
  });

  test('that says no ends the run, with its reason', async () => {
    const reviewing = await openReviewing({ policy: 'floor: { assurance: A3 }' });
    const page = await openLoggedIn(reviewing, { scripts: false });
    await page.getByLabel('Reason').fill('not on a Friday');
    await page.getByRole('button', { name: 'Reject' }).click();
    await reviewing.settled('rejected');
    expect(await page.getByRole('main').innerText()).toContain('not on a Friday');
  });

  test('in a protected environment takes its name, typed out', async () => {
    const reviewing = await openReviewing(protectedProd);
    const page = await openLoggedIn(reviewing, { scripts: false });
    await page.getByLabel('Reason').fill('the cluster needs it');
    await page.getByRole('button', { name: /Approve as robin/ }).click();
    expect(await page.getByRole('alert').innerText()).toContain('prod is protected');
    expect(await reviewing.entries('approval.decided')).toEqual([]);
    expect(await page.getByLabel('Reason').inputValue()).toBe('the cluster needs it');
    await page.getByLabel(/Type the environment/).fill('prod');
    await page.getByRole('button', { name: /Approve as robin/ }).click();
    await reviewing.settled('succeeded');
  });
});
