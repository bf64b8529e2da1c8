/**
 * The auditor's own check, in a language and with a library that are not ours. At most 100 lines, because it
 * is read before it is believed; what it does not check it says.
 */
export const verifyPy = String.raw`"""python3 verify.py BUNDLE.tar [CHECKPOINT OF AN EARLIER AUDIT]: checks an evidence bundle with Python and its package
cryptography and nothing of runbook. Says what holds and what it did not check; exits with 1 at what is wrong."""
import base64, hashlib, json, os, re, sys, tarfile
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
spaces = {"approval.decided": "approval", "step.resolved": "resolve", "break_glass.reviewed": "review",
          "run.started": "start", "run.resumed": "start"}
place, b64 = "the bundle", lambda text: base64.b64decode(text, validate=True)
sys.excepthook = lambda kind, error, _: print(f"WRONG: {place}: {kind.__name__} {error}")
def check(holds, wrong): return holds or sys.exit(print(f"WRONG: {place}: {wrong}") or 1)
def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def number(data): return int.from_bytes(data, "big")
def signer(note, vkey):  # C2SP signed-note: whether a log signed it, or when a witness did
    (name, _, key), (body, lines) = vkey.decode().strip().split("+", 2), note.split(b"\n\n", 1)
    for who, sig in (line.split(" ")[1:] for line in lines.decode().splitlines()):
        if who == name and b64(sig)[:4] == sha(name.encode(), b"\n", b64(key))[:4]:
            text, sig, time = body + b"\n", b64(sig)[4:], True
            if b64(key)[0] == 4:  # a witness's: C2SP tlog-cosignature
                time, sig = number(sig[:8]), sig[8:]
                text = b"cosignature/v1\ntime %d\n" % time + text
            return ed25519.Ed25519PublicKey.from_public_bytes(b64(key)[1:]).verify(sig, text) or time
def walk(at, last, old, new, proof):  # RFC 9162 2.1.3.2, 2.1.4.2: the roots that a proof leads to
    for p in proof:
        left = at & 1 or at == last
        old, new = (sha(b"\1", p, old), sha(b"\1", p, new)) if left else (old, sha(b"\1", new, p))
        while left and at and not at & 1: at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else (None, None)
def had(size, root, *proof):  # whether the log had this root at this size
    at, last, (start, *proof) = size - 1, log_size - 1, proof if size & (size - 1) else [root, *proof]
    while at & 1: at, last = at >> 1, last >> 1
    return walk(at, last, start, start, proof) == (root, log_root)
def cut(data, count):  # strings of SSH's wire format, then what follows them
    end = 4 + number(data[:4])
    return (data[4:end], *cut(data[end:], count - 1)) if count else (data,)
def sshsig(sig, space, text):  # PROTOCOL.sshsig, PROTOCOL.u2f: the key, and flags (1 touch, 4 PIN)
    magic, public, said, spare, how, signed, rest = b64(sig)[:10], *cut(b64(sig)[10:], 5)
    wanted = b"SSHSIG\0\0\0\1", space.encode() + b"@runbook/v1", b"", b"sha512", b""
    check((magic, said, spare, how, rest) == wanted, "it was signed for something else")
    parts = said, spare, how, hashlib.sha512(text).digest()
    text = b"SSHSIG" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    (kind, rest), (form, sig, more), flags = cut(public, 1), cut(signed, 2), 0
    point, rest = cut(rest, 1) if b"ed25519" in kind else cut(rest, 2)[1:]
    if kind.startswith(b"sk-"):  # SHA-256(application) flags counter extensions SHA-256(text)
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
        sig = utils.encode_dss_signature(*map(number, cut(sig, 2)[:2]))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        key.verify(sig, text, ec.ECDSA(hashes.SHA256()))
    return base64.b64encode(public).decode(), flags
with tarfile.open(sys.argv[1], "r:") as tar: files = {m.name: tar.extractfile(m).read() for m in tar}
size = 1024 + sum(512 + -(-len(content) // 512) * 512 for content in files.values())
check(os.path.getsize(sys.argv[1]) == size, "it is damaged or cut short, or more follows its end")
listed = dict(line.split("  ")[::-1] for line in files.pop("MANIFEST").decode().splitlines())
for place in {*files, *listed}: check(listed.get(place) == sha(files[place]).hex(), "not as in MANIFEST")
place, note, scope = "checkpoint", files["checkpoint"], json.loads(files["bundle.json"])["scope"]
check(signer(note, files["log.vkey"]), "the log's key did not sign it")
log_size, log_root = (of(line) for of, line in zip((int, b64), note.decode().split("\n")[1:]))
roots, asked, votes, behind, gated, signed = {log_size: log_root}, {}, {}, {}, {}, 0
for place in (name for name in files if name.startswith("roots/")):
    size, (roots[size], *proof) = int(place[6:]), map(b64, files[place].split())
    check(had(size, roots[size], *proof), "the log never had this root")
for place in (name for name in files if name + ".salt" in files):
    check(sha(files[place + ".salt"], files[place]).hex() == place[6:], "not what entries name")
seqs = sorted(int(name[8:-11]) for name in files if name.endswith(".tlog-proof"))
place, wanted = "entries", range(scope.get("from", 0), scope.get("to", 0))
check({*wanted} <= {*seqs} and len([n for n in files if n.startswith(place)]) == 2 * len(seqs), "not all are there, or not all are proven")
for seq in seqs:
    place, content, proof = f"entry {seq}", files.get(f"entries/{seq}.json"), files[f"entries/{seq}.tlog-proof"]
    leaf = sha(b"\0", content) if content else bytes.fromhex(files[f"entries/{seq}.pruned"].decode())
    (_, _, index, *path), below = proof.split(b"\n\n")[0].split(), proof.split(b"\n\n", 1)[1]
    check(walk(seq, log_size - 1, leaf, leaf, map(b64, path))[1] == log_root and note.startswith(below)
          and index == b"%d" % seq, "it does not stand there in the log")
    kind, data, run = map(json.loads(content or b'{"data":{}}').get, ("type", "data", "run"))
    text, sig = map((data.get("signed") or data).get, ("statement", "signature"))
    said, flags, space = json.loads(text or "{}"), 5, spaces.get(kind)
    if kind == "config.set": people = re.sub(r"(?m)(^|\s)#.*", "", files["blobs/" + data["people"]].decode())
    if space and sig:
        (key, flags), name, signed = sshsig(sig, space, text.encode()), sha(text.encode()).hex(), signed + 1
        kept = files[f"decisions/{name}.statement"], files[f"decisions/{name}.sig"].split(b"\n")[1:-2]
        check((kept[0], b"".join(kept[1])) == (text.encode(), sig.encode()), "decisions/ has another one")
        whose = rf"\bname: *[\"']?{said['person']}\b((?!\bname:).)*{re.escape(key)}"
        check(re.search(whose, people, re.S), f"the key is not {said['person']}'s, by people.yaml")
        check(roots[said["log"]["size"]] == b64(said["log"]["root"]), "its signer saw another log")
    if kind == "run.started": gated[run], behind[run] = {s["id"] for s in data["steps"] if s["privileged"]}, set()
    chain = data.get("links") or data.get("initiator", {}).get("chain", [])
    behind.get(run, set()).update(link["person"] for link in chain)
    if kind == "approval.requested": asked[data["id"]] = data, leaf.hex(), run
    if kind == "approval.decided": votes[data["request"], said["person"]] = said, flags
    permit = data["permit"] if kind == "step.started" else {"kind": None}
    check(permit["kind"] != "policy" or data["step"] not in gated[run], "privileged, and nobody was asked")
    if permit["kind"] == "grant":
        (ask, request, lender), terms = asked[permit["request"]], [c["digest"] for c in asked[permit["request"]][0]["commands"]]
        check(data["digest"] in terms or any("holes" in c for c in ask["commands"]), "not the command that was asked for")
        needs = [slot["presence"] + 4 * slot.get("verified", 0) for slot in ask["policy"]["slots"]]
        check(any((said["decision"], said["request"], said["commands"]) == ("approve", request, terms)
                  and (who not in behind[run] | behind[lender] or ask["break_glass"]) and any(flags & n == n for n in needs)
                  for (of, who), (said, flags) in votes.items() if of == ask["id"]), "nobody else approved it")
for place in sys.argv[2:]:
    _, size, root = open(place).read().split("\n")[:3]
    check(roots.get(int(size)) == b64(root), "the log does not go on from it, or the bundle was not made for it")
print(f"HOLDS: {len(seqs)} entries in the log of {log_size}; {signed} signatures; key {files['log.vkey'].decode()}", end="")
for name in (n for n in files if n.startswith("witnesses/")): print(f"HOLDS: {name[10:-5]}: {signer(note, files[name])}")
`;
