/** What `verify.py` imports beside `formats.py`: who is who by the entries. As short, for the same reason. */
export const peoplePy = String.raw`"""Who is who, for verify.py: people and passkeys as entries name them, and whose word an entry rests on."""
import re
from formats import b64, must, plain, sshsig
from logins import account_of, seconds
people, passkeys, invites, issuers = {}, {}, {}, {}
spaces = {"approval": "approval", "step": "resolve", "break_glass": "review", "run": "start"}

def keys_of(text):
    """people.yaml as it is mostly written: a list, people behind dashes in one column. Keys and accounts."""
    text, found = re.sub(r"(?m)(^|\s)#.*", "", text), {}
    dash = re.match(r"\s*people:\s*?\n( *-\s)", text)
    for one in re.split(f"(?m)^{dash[1]}", text)[1:] if dash else []:
        names = re.findall(r"(?<![\w.-])name[\"']?\s*:\s*[\"']?([\w.-]+)", one)
        must(len(names) == 1, "people.yaml is written as only audit verify reads it")
        found[names[0]] = {*re.findall(r"\bAAAA[\w+/]+=*|https?://[^\s\"',\]}]+#[^\s\"',\]}]+", one)}
    return found

def follow(entry, files):
    """Takes in what an entry says of who is who; most say nothing."""
    kind, data = entry["type"], entry["data"]
    if kind == "config.set":
        people.clear()
        people.update(keys_of(files["blobs/" + data["people"]].decode()))
    if kind == "passkey.invited":
        must(data["invite"] not in invites, "this invitation was given before")
        must(data["by"].startswith("os:"), "only the journal's own account invites")
        life = seconds(data["expires_at"]) - seconds(entry["time"])
        must(life <= 7 * 86400, "the invitation holds longer than any may")
        invites[data["invite"]] = entry
    if kind == "passkey.enrolled": enrol(data, entry)
    if kind == "issuer.keys":
        must(re.fullmatch(r"https?://[^\s#]+", data["issuer"]), "an issuer has another kind of name")
        issuers.setdefault((data["issuer"], data["client"]), []).extend(data["keys"])
    for own in passkeys.values():  # what is removed stays known, as nobody's
        if kind == "passkey.removed" and own["passkey"] == data["passkey"]: own["person"] = None

def owners(mark):
    """Whose key or account this is now; where it is two people's, it speaks for nobody."""
    enrolled = passkeys.get(mark, {}).get("person")
    return [who for who, marks in people.items() if mark in marks or who == enrolled]

def enrol(data, entry):
    """The new key itself signed the text on its page, and an invitation or a fresh login says whose it is."""
    said, when = plain(data["statement"]), entry["time"]
    key, flags, page = sshsig(data["signature"], "passkey@runbook/v1", data["statement"].encode())
    told = ("person", "public", "credential", "origin", "label", "invite")
    must(all(said[name] == data[name] for name in told), "it enrols something else than was signed")
    must(said["act"] == "enrol" and said["public"].split()[1] == key, "another key signed the enrolment")
    must(page == said["origin"] and flags & 5 == 5, "it was enrolled on another page, or nobody was there")
    must(abs(seconds(when) - seconds(said["time"])) <= 900, "it was enrolled at another time")
    used = {own[name] for own in passkeys.values() for name in ("passkey", "credential")}
    must(key not in passkeys and not used & {data["passkey"], data["credential"]}, "it was enrolled before")
    must(said["person"] in people and not owners(key), "the passkey is somebody else's")
    if said["invite"] is None:
        logged_in(data["login"], data["statement"], when)
    else:
        invite, invites[said["invite"]] = invites.get(said["invite"]), None
        theirs = invite and data["login"] is None and invite["data"]["person"] == said["person"]
        must(theirs, "no invitation of theirs was left")
        must(seconds(when) < seconds(invite["data"]["expires_at"]), "the invitation had expired")
        must(said["log"]["size"] > invite["seq"], "it was made before the invitation")
    passkeys[key] = dict(data)

def logged_in(login, text, when):
    """The account of whom the text names, which logged in anew for it."""
    account = account_of(login, issuers.get((login["issuer"], login["client"]), ()), text, when)
    must(owners(account), "the account that logged in is nobody's by people.yaml then in force")
    must(owners(account) == [plain(text)["person"]], "somebody else logged in for it")
    return account

def signed_by(who, signature, namespace, text):
    """By which key, and how touched (1; 4 by PIN). A passkey counts on its page, used by somebody it knew."""
    key, flags, page = sshsig(signature, namespace, text.encode())
    own = passkeys.get(key)
    must(owners(key) == [who], f"the key is not {who}'s by people.yaml and the entries before it")
    must(own is None or page == own["origin"], "another page asked for it than the one it was enrolled on")
    must(page is None or flags & 5 == 5, "nobody was there whom the passkey knew")
    return key, flags

def heard(entry, text, sig, roots):
    """What somebody said in an entry; by which key or account, touched how, and what that is worth."""
    kind, data, said = entry["type"], entry["data"], plain(text or "{}")
    space, login = spaces.get(kind.split(".")[0]), kind == "approval.decided" and data.get("login")
    mark, touch, worth = None, 0, min(data.get("assurance") or "A0", "A1")  # a receiver's word
    if login: mark, worth = logged_in(login, text, entry["time"]), "A2"
    if sig and space: (mark, touch), worth = signed_by(said["person"], sig, space + "@runbook/v1", text), "A3"
    if sig or kind == "approval.decided":
        at, root = said["log"]["size"], b64(said["log"]["root"])
        ours = said["log"]["origin"] == entry["origin"] and at <= entry["seq"]
        must(ours and roots.get(at, [None])[0] == root, "its signer saw another log")
    if kind == "approval.decided":
        told = data["decision"], data["person"], data["assurance"], data["presence"]
        is_so = told == (said["decision"], said["person"], worth, touch & 1 == 1) and not (sig and login)
        must(is_so, "the entry says other than what it rests on")
    return {**said, "seq": entry.get("seq"), "mark": mark, "touch": touch, "worth": worth}

def stands(vote):
    """Whether the key or account is still theirs; what a receiver said has neither."""
    return vote["mark"] is None or owners(vote["mark"]) == [vote["person"]]
`;
