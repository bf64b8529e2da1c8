/**
 * The schema, step by step. A migration is never edited once released; the next one is appended.
 *
 * Truth: `log`, `entries`, `pruned`, `openings`. `holds` says who drives a run just now, `notes` what channels have
 * told, `anchors` what others said of our heads. All else (`head`, `nodes`, `events`, `runs`, `requests`, `decisions`, `starts`, `seen`, `tokens`, `erased`)
 * is an index, made again from the entries by `rebuild`.
 */
export const migrations: readonly string[] = [
  `
  create table log (
    id integer primary key check (id = 1),
    origin text not null
  ) strict;

  -- A commit's last entry carries the signature over the tree head that ends with it.
  create table entries (
    seq integer primary key,
    bytes blob not null,
    key_id text,
    signature blob,
    check ((key_id is null) = (signature is null))
  ) strict;

  -- Against accidents, not against the file's owner: evidence is the signed tree.
  create trigger entries_follow before insert on entries
  when new.seq is not (select coalesce(max(seq) + 1, 0) from entries)
  begin select raise(abort, 'an entry can only be appended'); end;

  create trigger entries_stay before update on entries
  when new.seq is not old.seq or new.bytes is not old.bytes or old.signature is not null
  begin select raise(abort, 'an entry cannot be changed'); end;

  create trigger entries_remain before delete on entries
  begin select raise(abort, 'an entry cannot be deleted'); end;

  create table head (
    id integer primary key check (id = 1),
    size integer not null,
    peaks blob not null,
    time text not null
  ) strict;

  create table nodes (
    level integer not null,
    position integer not null,
    hash blob not null,
    primary key (level, position)
  ) strict, without rowid;

  create table events (
    seq integer primary key,
    run text,
    cmd text not null,
    type text not null
  ) strict;
  create unique index events_command on events (ifnull(run, ''), cmd);
  create index events_run on events (run, seq);
  create index events_config on events (seq) where type = 'config.set';

  create table runs (
    run text primary key,
    runbook text not null,
    environment text not null,
    started text not null,
    caller text not null,
    status text not null,
    first integer not null
  ) strict, without rowid;
  create index runs_first on runs (first);

  create table requests (
    request text primary key,
    run text not null,
    runbook text not null,
    step text not null,
    environment text not null,
    words text not null,
    hash text not null unique,
    seq integer not null,
    created text not null,
    pending_until text not null,
    open integer not null
  ) strict, without rowid;
  create index requests_seq on requests (seq);
  create index requests_run on requests (run);

  create table decisions (
    id text primary key,
    request text not null,
    seq integer not null
  ) strict, without rowid;

  create table starts (
    run text not null,
    step text not null,
    attempt integer not null,
    seq integer not null,
    granted integer not null,
    primary key (run, step, attempt)
  ) strict, without rowid;
  create index starts_step on starts (step, seq);

  create table seen (
    person text primary key,
    size integer not null
  ) strict, without rowid;

  create table openings (
    commitment text primary key,
    salt blob not null
  ) strict, without rowid;

  create table holds (
    run text primary key,
    host text not null,
    pid integer not null,
    boot text not null,
    start_time text not null,
    since text not null
  ) strict, without rowid;
  `,
  `
  alter table runs add column via text not null default 'cli';
  create index runs_served on runs (first)
    where via = 'api' and status not in ('succeeded', 'failed', 'rejected', 'denied', 'cancelled');
  create index requests_words on requests (words);

  create table tokens (
    token text primary key,
    hash text not null unique,
    holder_kind text not null,
    holder_id text not null,
    scopes text not null,
    label text,
    expires_at text not null,
    issued_by text not null,
    issued text not null,
    revoked text,
    seq integer not null
  ) strict, without rowid;
  create index tokens_seq on tokens (seq);

  create table notes (
    area text not null,
    key text not null,
    value text not null,
    primary key (area, key)
  ) strict, without rowid;
  `,
  `
  create table reusable (
    request text primary key,
    run text not null,
    runbook text not null,
    source text not null,
    step text not null,
    environment text not null,
    rule text not null,
    max_uses integer not null,
    for_ms integer not null,
    created text not null,
    revoked text,
    seq integer not null
  ) strict, without rowid;
  create index reusable_content on reusable (source, step, environment, seq);

  create table reuses (
    request text not null,
    use integer not null,
    seq integer not null,
    primary key (request, use)
  ) strict, without rowid;

  create table debts (
    request text primary key,
    run text not null,
    scope text not null,
    step text not null,
    within_ms integer not null,
    started text,
    reviewed text,
    seq integer not null
  ) strict, without rowid;
  create index debts_scope on debts (scope);
  `,
  `
  -- What others said of our heads. Not the log's own, and not made again from it.
  create table anchors (
    by text not null,
    kind text not null,
    size integer not null,
    root text not null,
    evidence text not null,
    at text not null,
    primary key (size, by, evidence)
  ) strict, without rowid;

  create index events_keys on events (seq) where type in ('key.recovery', 'key.rotated');
  `,
  `
  -- Entries of which the leaf hash is kept, and what proofs of later ones need; their bytes are gone.
  create table pruned (
    seq integer primary key,
    hash blob not null,
    run text,
    time text not null,
    key_id text,
    signature blob,
    check ((key_id is null) = (signature is null))
  ) strict;
  create index pruned_run on pruned (run);

  create trigger pruned_stay before update on pruned
  begin select raise(abort, 'a pruned entry cannot be changed'); end;

  create trigger pruned_remain before delete on pruned
  begin select raise(abort, 'a pruned entry cannot be forgotten'); end;

  drop trigger entries_remain;
  create trigger entries_remain before delete on entries
  when not exists (select 1 from pruned where pruned.seq = old.seq)
  begin select raise(abort, 'an entry cannot be deleted'); end;

  -- Blobs and commitments that a \`content.erased\` entry names.
  create table erased (
    id text primary key,
    seq integer not null
  ) strict, without rowid;
  `,
  `
  -- Who is who: read at every decision, and few.
  create index events_identities on events (seq)
    where type in ('config.set', 'passkey.invited', 'passkey.enrolled', 'passkey.removed', 'issuer.keys');
  `,
];
