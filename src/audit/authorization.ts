import type { ChainLink } from '../approval/people/people.ts';
import { decisionId } from '../approval/statement/statement.ts';
import type { Scope } from '../approval/token.ts';
import type { BlobId, RunId } from '../base/ids.ts';
import type {
  BreakGlassReviewed,
  Decided,
  Recorded,
  RunStarted,
  StepResolved,
  StepStarted,
} from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import type { Plan } from '../runbook/plan.ts';
import type { Docket, Replay } from './docket.ts';
import type { Blob } from './exhibit.ts';
import type { FindingCode, Flaw } from './finding.ts';
import { type OwedEntry, openBreakGlass } from './judge-break-glass.ts';
import { judgeCourse } from './judge-course.ts';
import { judgeDecided } from './judge-decided.ts';
import { type InForce, judgePlan } from './judge-plan.ts';
import { openRemotes, type Remotes } from './judge-remote.ts';
import { judgeResolved } from './judge-resolved.ts';
import { judgeResumed } from './judge-resumed.ts';
import { judgeStarted } from './judge-started.ts';
import { openLoans } from './loans.ts';
import { readCommands, type Shown } from './read-commands.ts';
import { openPlans } from './read-plans.ts';
import type { Redactions } from './redactions.ts';
import { beginReplay, goOn } from './replay.ts';
import { openSignedStarts } from './signed-starts.ts';
import { countStart, noStarts } from './start-counts.ts';
import { whyOtherDoor } from './tokens.ts';
import { openWhoIsWho, type WhoIsWho } from './who-is-who.ts';

/**
 * Replays who was allowed to do what: policy and people as they were in force, over every decision and
 * every spawn, with the very functions that the engine decided by.
 */
export class Authorization {
  readonly decisions = new Set<string>();
  starts = noStarts;
  /** Decisions that rest on a receiver's word. */
  attested = 0;
  /** Decisions that rest on a fresh login: an issuer's word. */
  loggedIn = 0;
  readonly #origin: string;
  readonly #rootAt: Docket['rootAt'];
  readonly #report: Redactions['judge'];
  readonly #runs = new Map<RunId, Replay>();
  readonly #who: WhoIsWho;
  readonly #starts = openSignedStarts((id) => this.decisions.add(id));
  readonly #loans = openLoans();
  readonly #breakGlass = openBreakGlass();
  readonly #remotes = openRemotes();
  readonly #readPlan = openPlans();

  constructor(of: {
    readonly origin: string;
    readonly rootAt: Docket['rootAt'];
    readonly report: Redactions['judge'];
  }) {
    this.#origin = of.origin;
    this.#rootAt = of.rootAt;
    this.#report = of.report;
    this.#who = openWhoIsWho(of);
  }

  get #inForce(): InForce | null {
    return this.#who.inForce();
  }

  /** Reviews that break-glass owes at that time. */
  owed(nowMs: number): readonly OwedEntry[] {
    return this.#breakGlass.owed(nowMs);
  }

  /** Starts that copies elsewhere were demanded for. */
  remote(): ReturnType<Remotes['figures']> {
    return this.#remotes.figures();
  }

  add(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void {
    try {
      this.#add(entry, blobs);
    } catch {
      // Hostile shapes under a stolen key: whatever cannot be followed did not happen by the rules.
      this.#complain(entry, 'E_RUN', 'the entry cannot be followed');
    }
  }

  #add(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void {
    const { event, run } = entry;
    const flaws = this.#who.follow(entry, blobs);
    if (flaws !== null) {
      for (const flaw of flaws) {
        this.#complain(entry, ...flaw);
      }
      return;
    }
    if (run === null) {
      this.#loans.follow(entry, null);
      return;
    }
    if (event.type === 'run.started') {
      this.#begin(entry, event.data, this.#readPlan(event.data, blobs));
      return;
    }
    if (event.type === 'break_glass.reviewed') {
      this.#judgeReviewed(entry, event.data);
      return;
    }
    const replay = this.#runs.get(run);
    if (replay === undefined || replay.state.finished !== null) {
      // A late result says how something ended; it allows nothing, also after the run's own end.
      if (event.type !== 'step.late') {
        this.#complain(entry, 'E_RUN', `run ${run} is not open here`);
      }
      return;
    }
    const shown = this.#readShown(entry, blobs);
    this.#judge(entry, replay, blobs);
    const after = goOn(replay, entry, { shown, blobs });
    this.#loans.follow(entry, after);
    this.#breakGlass.follow(entry, after.state);
    if (event.type === 'run.finished') {
      this.#runs.delete(run);
    } else {
      this.#runs.set(run, after);
    }
  }

  #begin(entry: Recorded, data: RunStarted, plan: Plan | null): void {
    const { run } = entry;
    if (run === null || this.#runs.has(run)) {
      this.#complain(
        entry,
        'E_RUN',
        `run ${run ?? ''} starts a second time: what was said in it still holds`,
      );
      return;
    }
    this.#judgeStarter(entry, data);
    this.#judgeSigner(entry, { state: null, plan });
    if (plan === null) {
      const message = `the plan of run ${run} is gone or no longer what the entry says`;
      this.#complain(entry, 'E_NO_PLAN', message, data.plan);
    } else if (this.#docket(entry) !== null && this.#inForce !== null) {
      for (const flaw of judgePlan(plan, data, this.#inForce)) {
        this.#complain(entry, 'E_PLAN', flaw);
      }
    }
    this.#runs.set(run, beginReplay(entry, plan));
  }

  #judgeStarter(entry: Recorded, { initiator, via }: RunStarted): void {
    const links = initiator.chain;
    this.#note(entry, 'E_TOKEN', whyOtherDoor(links, via));
    this.#judgeEntering(entry, links, ['start']);
  }

  #judgeSigner(entry: Recorded, of: { state: RunState | null; plan: Plan | null }): void {
    const rules = this.#inForce?.rules;
    const bench = { origin: this.#origin, rootAt: this.#rootAt, plan: of.plan };
    const wrong =
      rules === undefined ? null : this.#starts.judge(entry, of.state, { ...bench, rules });
    this.#note(entry, 'E_START', wrong);
  }

  #judgeEntering(entry: Recorded, links: readonly ChainLink[], scopes: readonly Scope[]): void {
    const people = this.#inForce?.rules.people;
    if (people !== undefined) {
      const nowMs = Date.parse(entry.time);
      this.#note(entry, 'E_TOKEN', this.#who.tokens.admit({ links, scopes, nowMs, people }));
    }
  }

  /** Commands that reviewers were shown or that ran, which must be the ones that the entry names; with their probes. */
  #readShown(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): Shown {
    const shown = readCommands(entry.event, blobs);
    for (const digest of shown.other) {
      const message = `it shows another command than the one it names, ${digest.slice(0, 12)}…`;
      this.#complain(entry, 'E_COMMAND_CHANGED', message);
    }
    return shown;
  }

  #judge(entry: Recorded, replay: Replay, blobs: ReadonlyMap<BlobId, Blob>): void {
    const { event } = entry;
    const people = this.#inForce?.rules.people;
    const misplaced = people === undefined ? null : judgeCourse(entry, { replay, people, blobs });
    this.#note(entry, 'E_RUN', misplaced);
    if (event.type === 'manual.done') {
      this.#judgeEntering(entry, [event.data.by], ['start']);
    }
    this.#judgeRemote(entry, replay);
    if (event.type === 'approval.decided') {
      this.#judgeDecided(entry, event.data, replay);
    } else if (event.type === 'step.started') {
      this.#judgeStarted(entry, event.data, replay);
    } else if (event.type === 'step.resolved') {
      this.#judgeResolved(entry, event.data, replay);
    } else if (event.type === 'run.resumed') {
      const docket = this.#inForce === null ? null : this.#docket(entry);
      for (const flaw of judgeResumed(event.data, replay.state, docket)) {
        this.#complain(entry, ...flaw);
      }
      this.#judgeEntering(entry, event.data.links, ['start', 'admin']);
      this.#judgeSigner(entry, replay);
    }
  }

  #judgeDecided(entry: Recorded, data: Decided, { state }: Replay): void {
    this.decisions.add(decisionId(data));
    this.attested += data.attested === undefined ? 0 : 1;
    this.loggedIn += data.login === undefined ? 0 : 1;
    const docket = this.#docket(entry);
    if (docket === null) {
      return;
    }
    for (const [code, message] of judgeDecided({ entry, data, state }, docket)) {
      this.#complain(entry, code, message);
    }
    const use = { person: data.person, nowMs: Date.parse(entry.time), people: docket.rules.people };
    const identity = data.attested?.identity ?? '';
    this.#note(entry, 'E_TOKEN', this.#who.tokens.judge({ identity, ...use }));
  }

  #judgeStarted(entry: Recorded, data: StepStarted, replay: Replay): void {
    this.starts = countStart(this.starts, data, replay);
    const docket = this.#docket(entry);
    if (docket === null) {
      return;
    }
    const findings = [
      ...judgeStarted({ entry, data }, { docket, replay }),
      ...this.#breakGlass.judgeStart({ entry, data }, { docket, replay }),
    ];
    for (const [code, message, ...wants] of findings) {
      this.#complain(entry, code, `${data.step} attempt ${data.attempt}: ${message}`, ...wants);
    }
  }

  #judgeRemote(entry: Recorded, replay: Replay): void {
    const docket = this.#inForce === null ? null : this.#docket(entry);
    const wrong = docket === null ? null : this.#remotes.judge(entry, { docket, replay });
    this.#note(entry, 'E_REMOTE', wrong);
  }

  #judgeResolved(entry: Recorded, data: StepResolved, replay: Replay): void {
    const { statement, signature } = data;
    if (statement !== null && signature !== null) {
      this.decisions.add(decisionId({ statement }));
    }
    const docket = this.#docket(entry);
    const event = { type: 'step.resolved', data } as const;
    const wrong = docket === null ? null : judgeResolved({ ...entry, event }, { docket, replay });
    this.#note(entry, 'E_RESOLUTION', wrong);
  }

  /** Also of a run that has ended. */
  #judgeReviewed(entry: Recorded, data: BreakGlassReviewed): void {
    this.decisions.add(decisionId(data));
    const findings = this.#breakGlass.judgeReviewed({ entry, data }, this.#docket(entry));
    for (const [code, message] of findings) {
      this.#complain(entry, code, message);
    }
  }

  #docket(entry: Recorded): Docket | null {
    if (this.#inForce === null) {
      this.#complain(entry, 'E_NO_CONFIG', 'no policy was in force that could be read');
      return null;
    }
    return {
      origin: this.#origin,
      rootAt: this.#rootAt,
      rules: this.#inForce.rules,
      config: this.#inForce.config,
      dealings: (request) => this.#loans.dealings(request),
      passkeyOf: (said) => this.#who.passkeyOf(said),
      loanOf: (request) => this.#loans.find(request, (run) => this.#runs.get(run)?.state ?? null),
    };
  }

  #note(entry: Recorded, code: FindingCode, wrong: string | null): void {
    if (wrong !== null) {
      this.#complain(entry, code, wrong);
    }
  }

  #complain(entry: Recorded, ...[code, message, ...wants]: Flaw): void {
    this.#report({ verdict: 'authorization', code, index: entry.seq, message }, ...wants);
  }
}
