/**
 * The auditor's own check, in a language and with a library that are not ours. At most 100 lines, because it
 * is read before it is believed; what it does not check it says.
 */
export const verifyPy = String.raw`"""python3 verify.py BUNDLE.tar [CHECKPOINT OF AN EARLIER AUDIT]   (with Python's package cryptography alone)
Checks an evidence bundle of runbook; says what holds and what it did not check, exits with 1 at what is wrong."""
import base64, hashlib, json, os, re, sys, tarfile
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
spaces = {"approval": "approval", "step": "resolve", "break_glass": "review", "run": "start"}  # who signs what
place, number = "the bundle", lambda data: int.from_bytes(data, "big")
sys.excepthook = lambda kind, error, _: print(f"WRONG: {place}: {kind.__name__} {error}")
def check(holds, wrong): return holds or sys.exit(print(f"WRONG: {place}: {wrong}") or 1)
def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def b64(text): return base64.b64decode(text, validate=True)
def signer(note, vkey):  # C2SP signed-note: whether a log signed it, or when a witness did
    (name, _, key), (body, lines) = vkey.decode().strip().split("+", 2), note.split(b"\n\n", 1)
    for who, sig in (line.split(" ")[1:] for line in lines.decode().splitlines()):
        if who == name and b64(sig)[:4] == sha(name.encode(), b"\n", b64(key))[:4]:
            text, sig, time = body + b"\n", b64(sig)[4:], True
            if b64(key)[0] == 4:  # a witness's: C2SP tlog-cosignature
                text, sig, time = b"cosignature/v1\ntime %d\n" % number(sig[:8]) + text, sig[8:], number(sig[:8])
            return ed25519.Ed25519PublicKey.from_public_bytes(b64(key)[1:]).verify(sig, text) or time
def walk(at, last, old, new, proof):  # RFC 9162 2.1.3.2, 2.1.4.2: the older and newer root that a proof leads to
    for p in proof:
        left = at & 1 or at == last
        old, new = (sha(b"\1", p, old), sha(b"\1", p, new)) if left else (old, sha(b"\1", new, p))
        while left and at and not at & 1: at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else (None, None)
def had(size, root, *proof):  # whether the log had this root when it had so many entries
    zeros, (start, *proof) = (size & -size).bit_length() - 1, proof if size & (size - 1) else [root, *proof]
    return walk(size - 1 >> zeros, log_size - 1 >> zeros, start, start, proof) == (root, log_root)
def cut(data, count):  # strings of SSH's wire format, then what follows them
    end = 4 + number(data[:4])
    return (data[4:end], *cut(data[end:], count - 1)) if count else (data,)
def sshsig(sig, space, text):  # PROTOCOL.sshsig, PROTOCOL.u2f: the key, and how it was touched (1 touch, 4 PIN)
    public, _, _, _, signed, _ = cut(b64(sig)[10:], 5)
    parts = space.encode() + b"@runbook/v1", b"", b"sha512", hashlib.sha512(text).digest()
    text = b"SSHSIG" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    (kind, rest), (form, sig, more), flags = cut(public, 1), cut(signed, 2), 0
    point, rest = cut(rest, 1) if b"ed25519" in kind else cut(rest, 2)[1:]
    if kind.startswith(b"sk-"):  # a security key signs hash(application) flags counter extensions hash(text)
        (app, rest), flags, counter, more, extra = cut(rest, 1), more[0], more[1:5], more[5:], b""
        if form.startswith(b"webauthn-"):  # a passkey signs what its browser wrote around the text
            (page, client, extra, more), asked = cut(more, 3), base64.urlsafe_b64encode(text).rstrip(b"=")
            text, asked = client, b'{"type":"webauthn.get","challenge":"%s","origin":"%s"' % (asked, page)
            check(client.startswith(asked) and b'"crossOrigin":true' not in client and re.fullmatch(
                rb"https://([^/@:]+\.)?%s(:\d+)?" % re.escape(app), page), "another page asked for it")
        text = sha(app) + bytes([flags]) + counter + extra + sha(text)
    check(not rest + more and form in (kind, b"webauthn-" + kind), "a signature of another form")
    if b"ed25519" in kind: ed25519.Ed25519PublicKey.from_public_bytes(point).verify(sig, text)
    elif check(b"ecdsa-sha2-nistp256" in kind, f"{kind.decode()} is for ssh-keygen to check"):
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        key.verify(utils.encode_dss_signature(*map(number, cut(sig, 2)[:2])), text, ec.ECDSA(hashes.SHA256()))
    return base64.b64encode(public).decode(), flags
with tarfile.open(sys.argv[1], "r:") as tar: files = {m.name: tar.extractfile(m).read() for m in tar}
check(os.path.getsize(sys.argv[1]) == tar.offset + 1024, "it is damaged or cut short, or more follows its end")
listed = dict(line.split("  ")[::-1] for line in files.pop("MANIFEST").decode().splitlines())
for place in {*files, *listed}: check(listed.get(place) == sha(files[place]).hex(), "not as in MANIFEST")
place, note, scope = "checkpoint", files["checkpoint"], json.loads(files["bundle.json"])["scope"]
check(signer(note, files["log.vkey"]), "the log's key did not sign it")
log_size, log_root = (of(line) for of, line in zip((int, b64), note.decode().split("\n")[1:]))
roots = {int(name[6:]): [*map(b64, files[name].split())] for name in files if name.startswith("roots/")}
for place, path in roots.items(): check(had(place, *path), "the log never had this root at this size")
roots[log_size], asked, votes, behind, gated, signed = [log_root], {}, {}, {}, {}, 0
for place in (name for name in files if name + ".salt" in files):
    check(sha(files[place + ".salt"], files[place]).hex() == place[6:], "not what entries name")
seqs = sorted(int(name[8:-11]) for name in files if name.endswith(".tlog-proof"))
check({*range(scope.get("from", 0), scope.get("to", 0))} <= {*seqs}, "an entry of the range is missing")
for seq in seqs:
    place, content, proof = f"entry {seq}", files.get(f"entries/{seq}.json"), files[f"entries/{seq}.tlog-proof"]
    leaf = sha(b"\0", content) if content else bytes.fromhex(files[f"entries/{seq}.pruned"].decode())
    path = map(b64, proof.split(b"\n\n")[0].split()[3:])  # behind c2sp.org/tlog-proof@v1 and its index
    check(walk(seq, log_size - 1, leaf, leaf, path)[1] == log_root, "it does not stand there in the log")
    kind, data, run = map(json.loads(content or b'{"data":{}}').get, ("type", "data", "run"))
    text, sig = map((data.get("signed") or data).get, ("statement", "signature"))
    said, flags, space = json.loads(text or "{}"), 5, spaces.get((kind or "").split(".")[0])
    if kind == "config.set": people = re.sub(r"(?m)(^|\s)#.*", "", files["blobs/" + data["people"]].decode())
    if space and sig:
        (key, flags), at, signed = sshsig(sig, space, text.encode()), f"decisions/{sha(text.encode()).hex()}", signed + 1
        check(files[at + ".statement"].decode() + files[at + ".sig"].decode().replace("\n", "")[29:-27] == text + sig, at)
        whose = rf"\bname: *[\"']?{re.escape(said['person'])}(?![\w.-])((?!\bname:).)*{re.escape(key)}"  # names come first
        check(re.search(whose, people, re.S), f"the key is not {said['person']}'s by people.yaml then in force")
        check(roots[said["log"]["size"]][0] == b64(said["log"]["root"]), "its signer saw another log")
    if kind == "run.started": gated[run], behind[run] = {s["id"] for s in data["steps"] if s["privileged"]}, set()
    for link in data.get("links") or data.get("initiator", {}).get("chain", []): behind[run].add(link["person"])
    if kind == "approval.requested": asked[data["id"]] = data, leaf.hex(), run, [c["digest"] for c in data["commands"]]
    if kind == "approval.decided": votes[data["request"], said["person"]] = said, flags
    permit = data.get("permit", {"kind": None})
    check(permit["kind"] != "policy" or data["step"] not in gated[run], "privileged, and nobody was asked")
    if permit["kind"] == "grant":
        ask, request, lender, commands = asked[permit["request"]]
        check(data["digest"] in commands or any("holes" in c for c in ask["commands"]), "another command was asked")
        check(any((said["decision"], said["request"], said["commands"]) == ("approve", request, commands) and
                  not (slot["presence"] + 4 * slot.get("verified", 0)) & ~flags and  # touched as was demanded
                  (who not in behind[run] | behind[lender] or {"own", "supervised"} & {*slot})
                  for (of, who), (said, flags) in votes.items() if of == ask["id"]
                  for slot in ask["policy"]["slots"]), "nobody else approved it")
for size, root in (open(name).read().split("\n")[1:3] for name in sys.argv[2:]):
    check(roots[int(size)][0] == b64(root), "the log does not go on from the earlier checkpoint")
print(f"HOLDS: {len(seqs)} entries of a log of {log_size}, {signed} signatures; key", files["log.vkey"].decode(), end="")
for name in files: print("HOLDS:", name, signer(note, files[name])) if name.startswith("witnesses/") else None
print("NOT CHECKED: decisions without a signature, quorums, expiry, rules, timestamps, and whose the keys are")
`;
