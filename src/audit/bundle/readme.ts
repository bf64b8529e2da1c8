/** What the auditor reads first. Its commands are run by our tests, block by block, as they stand here. */
export const readme = `# Evidence

Entries of a runbook journal, each with the proof that it stands in the log that the checkpoint signs, and what is
needed to check them without runbook. Nothing here is to be believed because it is written here: take the
log's key (\`log.vkey\`), the witnesses' keys and people's public keys from whom you trust for them, and compare.

| file | holds |
| --- | --- |
| \`checkpoint\`, \`log.vkey\` | the signed head (C2SP signed-note), with the lines of witnesses; the key that signed it. \`keys/\`: the log's earlier keys |
| \`witnesses/\`, \`timestamps/\` | verifier keys of the witnesses that the configuration names; RFC 3161 tokens over the head, and the certificates of their authorities |
| \`entries/N.json\`, \`N.tlog-proof\` | entry N, byte for byte as it is hashed, and its proof (C2SP tlog-proof). \`N.pruned\`: the hash alone, where the log says that the rest was deleted |
| \`roots/N\` | the root that the log had at N entries, and the proof that it goes on from there |
| \`blobs/\` | content that entries name: ID is SHA-256(\`ID.salt\`, then \`ID\`) |
| \`decisions/\`, \`decisions.csv\` | what people signed, passkeys for their own enrolment too, and their signatures; by which entry, person, namespace and time |
| \`allowed_signers\` | whose key was whose, and when, by the \`people.yaml\` then in force, and whose passkey by the entries that enrolled it |
| \`openings/\` | salts of private values, where they were disclosed |
| \`withheld.csv\` | what entries name and this bundle does not hold, and why |
| \`controls.csv\` | which controls of SOC 2, ISO 27001 and NIST 800-53 all this is evidence for |
| \`findings.json\` | what the journal's own verification, up to this head, said when this was made |
| \`bundle.json\` | what the bundle is about |
| \`MANIFEST\` | SHA-256 of every other file |

## Check it

\`evidence.tar\` is the file that you were given. Its own SHA-256 stands in the log, in the entry
\`evidence.exported\` that followed.

\`\`\`sh
mkdir evidence
tar -xf evidence.tar -C evidence
cd evidence
sha256sum --quiet -c MANIFEST
\`\`\`

**Everything at once**, with Python 3 and its package cryptography (Debian: \`python3-cryptography\`). Read its
hundred lines first, and those of \`formats.py\` (SSH signatures, proofs of logs), \`people.py\` (who is who) and \`logins.py\`
(what issuers say) beside it, or compare them with a release's. With the checkpoint of an earlier audit behind it, it also checks that the log goes on from there.

\`\`\`sh
python3 verify.py ../evidence.tar
\`\`\`

**What people signed**, with OpenSSH. The files say whose key is whose by \`people.yaml\` and the
log's own entries alone: compare.

\`\`\`sh
tail -n +2 decisions.csv | while IFS=, read -r id entry namespace person time; do
  ssh-keygen -Y verify -f allowed_signers -I "$person" -n "$namespace" -O verify-time="$time" \\
    -s "decisions/$id.sig" < "decisions/$id.statement" || exit 1
done
\`\`\`

OpenSSH does not look at a passkey's page, nor whether a security key was touched, nor at how a passkey became
somebody's; \`verify.py\` does.

**The checkpoint**, with OpenSSL:

\`\`\`sh
work=$(mktemp -d)
sed '/^$/,$d' checkpoint > "$work/body"
sed -n 's/^— .* //p' checkpoint | head -n 1 | openssl base64 -d -A | tail -c 64 > "$work/signature"
{ printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'
  cut -d+ -f3- log.vkey | openssl base64 -d -A | tail -c 32; } > "$work/key.der"
openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/body" -sigfile "$work/signature"
\`\`\`

**When it was there**, by each timestamp authority: \`NAME.pem\` holds the certificates that you must trust.

\`\`\`sh
for token in timestamps/*.tst; do
  [ -e "$token" ] || continue
  name=$(basename "$token" .tst)
  openssl ts -verify -data "$work/body" -in "$token" -token_in -CAfile "timestamps/\${name##*.}.pem" || exit 1
done
\`\`\`

**Every entry, and every older head**, with Go (Debian: \`golang-go\`, \`golang-golang-x-mod-dev\`):

\`\`\`sh
GO111MODULE=off GOPATH=/usr/share/gocode go run check.go
\`\`\`

## What it proves, and what it does not

* Every entry stands in the log at its number, byte for byte, since the head was signed; the log's key signed it.
  Where witnesses or timestamps are here, it was so when they say.
* \`"kind": "range"\` in \`bundle.json\`: every entry from \`from\` up to \`to\` is here. No number can hold two entries.
* \`"kind": "run"\`: these entries are the run's. That the run has no others, this bundle cannot show: ask for the
  range, or verify the whole journal.
* Each person's signature is over exactly this request and these commands. A passkey (\`passkey.enrolled\`) signed the
  text that makes it theirs; that it is theirs, an invitation of whoever keeps the journal says, or a login.
* A decision with a \`login\` in its entry rests on the word of an OpenID issuer: somebody logged in anew for exactly this
  statement. The keys that the issuer signs with stand in \`issuer.keys\`, as the journal fetched them: compare them
  with those that the issuer published then.
* A decision with neither (\`attested\` in its entry) is a receiver's word.
* \`MANIFEST\` is signed by nobody. Entries, blobs, older heads and \`decisions/\` are proven by the log, and
  \`verify.py\` names the files that no entry speaks for: they are there for convenience. The log speaks for the file
  as a whole: ask its owner for the entry \`evidence.exported\` with its SHA-256, and that it stands in the log.
* Of a pruned entry only the hash is left, where an entry \`log.pruned\` names it. What it said, nobody can tell.
* \`verify.py\` holds one approval against each start: of somebody outside the run, by a key or an account that was
  theirs when they decided and still when it started, at the level and with the touch that a slot asks for. It does not
  replay policy: quorums, groups, who may fill a slot, invite, settle a step or review, rules, how often and how long an
  approval holds. Nor does it hold starts against the plan, its order and the values filled in, or check what a receiver says
  of whom it heard, tokens, clocks, timestamps, copies elsewhere, and changes of the log's key. \`runbook audit
  verify evidence.tar\` does, with the functions that decided.
* Nothing shows that what was not run through runbook did not happen.
`;
