import { describe, expect, test } from 'vitest';
import { invite } from '../server/web/ceremonies.ts';
import { acceptedByOpenSsh } from '../signers/ssh-tools.ts';
import { findBarriers } from '../support/barriers.ts';
import { desk, hasBrowser, phone } from '../support/browser.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { arriveAt, openLink, openReviewer, openReviewing, passIssuer } from './reviewing.ts';

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

  test('somebody who was invited makes a passkey, logs in with it, and signs with it', async () => {
    const reviewing = await openReviewing();
    const { origin, request } = reviewing;
    const secret = await invite(reviewing, 'robin');
    const reviewer = await openReviewer(reviewing);
    const { page } = reviewer;
    await page.goto(`${origin}/passkeys/new#${secret}`);
    // Whoever looks over a shoulder, or into the history, finds no secret.
    expect(page.url()).toBe(`${origin}/passkeys/new`);
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await arriveAt(page, `${origin}/passkeys/enrolled`);

    await page.goto(`${origin}/requests/${request}`);
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await arriveAt(page, `${origin}/requests/${request}`);
    await page.getByRole('button', { name: /Approve with passkey/ }).click();
    await reviewing.settled('succeeded');
    const [decided] = await reviewing.entries('approval.decided');
    expect(decided).toMatchObject({ assurance: 'A3', person: 'robin' });
    const issued = await reviewing.entries('token.issued');
    expect(issued.at(-1)?.by).toMatch(/^passkey:/);
    expect(await reviewing.verify()).toEqual([]);
  });

  test('an invitation is used once: the second browser is told so', async () => {
    const reviewing = await openReviewing();
    const secret = await invite(reviewing, 'robin');
    for (const said of [null, /Refused: this invitation/]) {
      const { page } = await openReviewer(reviewing);
      await page.goto(`${reviewing.origin}/passkeys/new#${secret}`);
      await page.getByRole('button', { name: 'Make a passkey' }).click();
      await (said === null
        ? arriveAt(page, `${reviewing.origin}/passkeys/enrolled`)
        : expect.poll(() => page.getByRole('alert').innerText()).toMatch(said));
    }
    expect(await reviewing.entries('passkey.enrolled')).toHaveLength(1);
  });

  test('a second link, opened in the window of the first, is the one that counts', async () => {
    const reviewing = await openReviewing();
    const { page } = await openReviewer(reviewing);
    const secrets = [`rbi_${'x'.repeat(43)}`, await invite(reviewing, 'robin')];
    for (const secret of secrets) {
      await page.goto(`${reviewing.origin}/passkeys/new#${secret}`);
      await expect.poll(() => page.url()).toBe(`${reviewing.origin}/passkeys/new`);
    }
    await page.getByRole('link', { name: 'Skip to content' }).press('Enter');
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await arriveAt(page, `${reviewing.origin}/passkeys/enrolled`);
  });

  test('says at its field what a signature waits for, and keeps what was written', async () => {
    const reviewing = await openReviewing({
      config: 'environments: { prod: { protected: true } }',
      trusted: true,
      start: { environment: 'prod' },
    });
    const { page } = await openReviewer(reviewing);
    await page.goto(`${reviewing.origin}/passkeys/new#${await invite(reviewing, 'robin')}`);
    await page.getByText('It will be the passkey of robin').waitFor();
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await arriveAt(page, `${reviewing.origin}/passkeys/enrolled`);
    await page.getByText('as the passkey of robin').waitFor();
    await page.goto(`${reviewing.origin}/requests/${reviewing.request}`);
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await page.getByLabel('Reason').fill('looks right');
    const approve = page.getByRole('button', { name: /Approve with passkey/ });
    await approve.click();
    const typed = page.getByLabel(/Type the environment/);
    const alert = page.getByRole('alert');
    await expect.poll(async () => typed.getAttribute('aria-describedby')).toContain('problem');
    expect(await typed.getAttribute('aria-describedby')).toContain(await alert.getAttribute('id'));
    expect(await typed.and(page.locator(':focus')).count()).toBe(1);
    expect(await alert.innerText()).not.toContain('`');
    expect(await alert.locator('code').first().innerText()).toBe('prod');
    expect(await page.getByLabel('Reason').inputValue()).toBe('looks right');
    await typed.fill('prod');
    await approve.click();
    await reviewing.settled('succeeded');
  });

  test('says in words why a passkey did not sign, and lets people try again', async () => {
    const reviewing = await openReviewing();
    const reviewer = await openReviewer(reviewing);
    const { page, key } = reviewer;
    await page.goto(`${reviewing.origin}/passkeys/new#${await invite(reviewing, 'robin')}`);
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await arriveAt(page, `${reviewing.origin}/passkeys/enrolled`);
    await page.goto(`${reviewing.origin}/requests/${reviewing.request}`);
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    const approve = page.getByRole('button', { name: /Approve with passkey/ });
    await approve.waitFor();
    // No fingerprint, no PIN: the browser itself refuses.
    await key.verifies(false);
    await approve.click();
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('Nothing was done');
    expect(await approve.isEnabled()).toBe(true);
    expect(await reviewing.entries('approval.decided')).toEqual([]);
    await key.verifies(true);
    await approve.click();
    await reviewing.settled('succeeded');
  });

  test.each([
    ['a phone, in the dark', { viewport: phone, colorScheme: 'dark' }],
    ['a desk, in the light', { viewport: desk, colorScheme: 'light' }],
  ] as const)('the pages of passkeys are fit for %s', async (_where, options) => {
    const reviewing = await openReviewing();
    const reviewer = await openReviewer(reviewing, options);
    const { page, key } = reviewer;
    const look = async (name: string): Promise<void> => {
      expect.soft(await findBarriers(page), name).toEqual([]);
    };
    await page.goto(`${reviewing.origin}/passkeys/new#${await invite(reviewing, 'robin')}`);
    await look('invited');
    await key.verifies(false);
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await page.getByRole('alert').waitFor();
    await look('invited, and refused');
    await key.verifies(true);
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await arriveAt(page, `${reviewing.origin}/passkeys/enrolled`);
    await look('enrolled');
    await openLink(reviewer, { reviewing, path: '/account', name: 'robin' });
    await look('account');
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('removed', { exact: true }).waitFor();
    await look('account, with a passkey that was removed');
  });
});
