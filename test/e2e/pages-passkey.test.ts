import { describe, expect, test } from 'vitest';
import { acceptedByOpenSsh } from '../signers/ssh-tools.ts';
import { hasBrowser } from '../support/browser.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { openLink, openReviewer, openReviewing, passIssuer } from './reviewing.ts';

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('a reviewer logs in, reads, enrols a passkey and signs with it; the run goes on, and OpenSSH accepts the evidence', async () => {
    const reviewing = await openReviewing({ policy: 'floor: { assurance: A3 }' });
    const { origin, request } = reviewing;
    const reviewer = await openReviewer(reviewing);
    const { page } = reviewer;
    await openLink(reviewer, { reviewing, path: `/requests/${request}`, name: 'robin' });
    expect(await page.getByRole('main').innerText()).toContain('hello');
    await page.getByRole('link', { name: 'enrol a passkey' }).click();
    await page.getByLabel('What you call it').fill('blue key');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await passIssuer(page, reviewing, 'robin');
    await page.waitForURL(`${origin}/account`);
    expect(await page.getByRole('main').innerText()).toContain('blue key');

    await page.goto(`${origin}/requests/${request}`);
    await page.getByLabel('Reason').fill('looks right');
    await page.getByRole('button', { name: /Approve with passkey/ }).click();
    await reviewing.settled('succeeded');
    await page.waitForURL(`${origin}/requests/${request}`);

    const [enrolled] = await reviewing.entries('passkey.enrolled');
    const [decided] = await reviewing.entries('approval.decided');
    expect(enrolled).toMatchObject({ person: 'robin', label: 'blue key', origin, invite: null });
    expect(decided).toMatchObject({ decision: 'approve', assurance: 'A3', person: 'robin' });
    expect(
      acceptedByOpenSsh({
        folder: tempFolder(),
        publicKey: enrolled?.public ?? '',
        namespace: 'approval@runbook/v1',
        message: Buffer.from(decided?.statement ?? ''),
        signature: decided?.signature ?? '',
      }),
    ).toBe(true);
    expect(await reviewing.verify()).toEqual([]);
  });
});
