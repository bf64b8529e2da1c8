/**
 * The auditor's own check, in a language and with a library that are not ours. At most 100 lines, because it
 * is read before it is believed; what it does not check it says.
 */
export const verifyPy = String.raw`"""python3 verify.py BUNDLE.tar [CHECKPOINT OF AN EARLIER AUDIT]   (formats.py, people.py, logins.py beside it)
Checks a bundle of runbook: says what holds and what it did not check, exits with 1 at what is wrong."""
import json, os, re, sys, tarfile
sys.dont_write_bytecode = True
from formats import b64, grew, plain, sha, signer, walk
from people import follow, heard, stands
beside = (r"README\.md|(verify|formats|people|logins)\.py|check\.go|(findings|bundle)\.json|allowed_signers|"
          r"(keys|witnesses)/[\w-]+\.vkey|timestamps/[\w.-]+\.(pem|tst)|(controls|decisions|withheld)\.csv")
place, length = "the bundle", os.path.getsize(sys.argv[1])
sys.excepthook = lambda kind, error, _: print(f"WRONG: {place}: {kind.__name__} {error}")
def check(holds, wrong): return holds or sys.exit(print(f"WRONG: {place}: {wrong}") or 1)
def digest(command): return sha(b"runbook.command.v1\0", command).hex()
def probe_of(command):  # the check that stands in a command, as it is written to be hashed
    probe = plain(command)["check"]
    return digest(json.dumps(probe, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
def started(data, run):  # what began: nobody had to be asked, or somebody else approved exactly this
    permit, step = data["permit"], data["step"].removesuffix("/check")
    if permit["kind"] != "grant":
        probed = ran.get((run, step, permit.get("of")))
        bound = probed and probe_of(files["blobs/" + probed]) == data["digest"]
        return check(bound or not gated[run][step], "privileged, and nobody was asked")
    ask, request, lender = asked[permit["request"]]
    given, shown = votes.get(ask["id"], []), files.get(f"blobs/{data['command']}")
    undone = {vote["person"]: vote["seq"] for vote in given if vote["decision"] == "revoke"}
    commands, filled = [c["digest"] for c in ask["commands"]], any("holes" in c for c in ask["commands"])
    check(data["digest"] in commands or filled, "another command was asked")
    check(shown is None or digest(shown) == data["digest"], "another command is shown")
    check(all(vote["decision"] != "reject" for vote in given), "somebody had rejected it")
    check(any((vote["decision"], vote["request"], vote["commands"]) == ("approve", request, commands) and
              vote["log"]["size"] > undone.get(who, -1) and stands(vote) and vote["worth"] >= slot["assurance"]
              and not (slot["presence"] + 4 * slot.get("verified", 0)) & ~vote["touch"] and
              (who not in behind[run] | behind[lender] or {"own", "supervised"} & {*slot})
              for vote in given for who in [vote["person"]] for slot in ask["policy"]["slots"]),
          "nobody else approved it, as was demanded and with what is still theirs")
    ran[run, step, data["digest"]] = data["command"]
with tarfile.open(sys.argv[1], "r:") as tar:
    check(length < 2 ** 31, "it is larger than a bundle can be")
    members = [m for m in tar if check(m.type == b"0" and not m.pax_headers, f"{m.name} is no plain file")]
    files = {m.name: tar.extractfile(m).read() for m in members}
check(length == tar.offset + 1024, "it is damaged or cut short, or more follows its end")
check([m.name for m in members] == sorted(files), "a name stands in it twice, or out of order")
listed = dict(line.split("  ")[::-1] for line in files.pop("MANIFEST").decode().splitlines())
for place in {*files, *listed}: check(listed.get(place) == sha(files[place]).hex(), "not as in MANIFEST")
place, note, scope = "checkpoint", files["checkpoint"], plain(files["bundle.json"])["scope"]
check(signer(note, files["log.vkey"]), "the log's key did not sign it")
origin, *lines = note.decode().split("\n")
head = size, root = int(lines[0]), b64(lines[1])
roots = {int(name[6:]): [*map(b64, files[name].split())] for name in files if name.startswith("roots/")}
for place, (old, *path) in roots.items(): check(grew((place, old), head, path), "the log never had this root")
rest = {*files} - {f"roots/{place}" for place in roots} - {"checkpoint", "log.vkey"}
roots[size], asked, votes, behind, gated, ran, gone, signed, fresh = [root], {}, {}, {}, {}, {}, [], 0, 0
seqs = sorted(int(name[8:-11]) for name in files if name.endswith(".tlog-proof"))
bare = {seq for seq in seqs if f"entries/{seq}.json" not in files}
check({*range(scope.get("from", 0), scope.get("to", 0))} <= {*seqs}, "an entry of the range is missing")
for seq in seqs:
    place = f"entries/{seq}"
    content, proof = files.get(place + ".json"), files[place + ".tlog-proof"]
    rest -= {place + ".tlog-proof", place + (".pruned" if seq in bare else ".json")}
    leaf = bytes.fromhex(files[place + ".pruned"].decode()) if seq in bare else sha(b"\0", content)
    place, path = f"entry {seq}", map(b64, proof.split(b"\n\n")[0].split()[3:])  # C2SP tlog-proof
    check(walk(seq, size - 1, leaf, leaf, path)[1] == root, "it does not stand there in the log")
    for id in re.findall(r'"([0-9a-f]{64})"', (content or b"").decode()):
        place, salt = f"blobs/{id}", files.get(f"blobs/{id}.salt")
        check(place not in files or sha(salt, files[place]).hex() == id, "not what entries name")
        rest -= {place, place + ".salt", f"openings/{id}"}
    place, entry = f"entry {seq}", plain(content or b'{"type": "", "run": null, "data": {}}')
    kind, run, data = entry["type"], entry["run"], entry["data"]
    check(not content or (entry["origin"], entry["seq"]) == (origin, seq), "it was made for another place")
    text, sig = map((data.get("signed") or data).get, ("statement", "signature"))
    if kind == "log.pruned": gone += [(a, min(b, seq)) for each in data["runs"] for a, b in each["ranges"]]
    follow(entry, files)
    if sig:
        name, signed = f"decisions/{sha(text.encode()).hex()}", signed + 1
        kept = files[name + ".sig"].decode().replace("\n", "")[29:-27]
        check(kept == sig and files[name + ".statement"].decode() == text, name)
        rest -= {name + ".statement", name + ".sig"}
    vote = heard(entry, text, sig, roots)
    fresh += vote["worth"] == "A2"
    if kind == "run.started":
        check(run not in gated, "it had started before")
        gated[run], behind[run] = {step["id"]: step["privileged"] for step in data["steps"]}, set()
    for link in data.get("links") or data.get("initiator", {}).get("chain", []): behind[run].add(link["person"])
    if kind == "approval.requested": asked[data["id"]] = data, leaf.hex(), run
    if kind == "approval.decided": votes.setdefault(data["request"], []).append(vote)
    if kind == "step.started": started(data, run)
for place in bare: check(any(a <= place < b for a, b in gone), "its hash alone is here, and no entry says why")
for place in rest: check(re.fullmatch(beside, place), "nothing that belongs into a bundle")
for at, seen in (open(name).read().split("\n")[1:3] for name in sys.argv[2:]):
    check(roots[int(at)][0] == b64(seen), "the log does not go on from the earlier checkpoint")
part = f"of run {scope['run']}" if "run" in scope else f"all from {scope['from']} to {scope['to'] - 1}"
print(f"HOLDS: {len(seqs)} entries of a log of {size}, {part}; {signed} signatures, {fresh} fresh logins")
print("HOLDS: checkpoint by", files["log.vkey"].decode(), end="")
for place in sorted(name for name in rest if name.startswith("witnesses/")):
    print("HOLDS:", place, check(signer(note, files[place]), "it did not sign the checkpoint"))
print("SHA-256", sha(open(sys.argv[1], "rb").read()).hex(), "of this file, as evidence.exported must say")
print("NOT PROVEN, because no entry speaks for them, nor for MANIFEST:", *sorted(rest))
print(f"NOT CHECKED: {len(bare)} entries of which only the hash is left, decisions on a receiver's word,",
      "tokens, quorums, who may fill a slot, invite, settle, review, rules, plan, order, values, uses,",
      "expiry, clocks, timestamps, copies, changes of the log's key, whose keys these and the issuers' are"
      + ", if the run has others" * ("run" in scope))
`;
