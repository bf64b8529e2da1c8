/** The checkpoint, every entry and every older head, checked by Go's own transparency log packages. */
export const checkGo = String.raw`// Checks a bundle with Go's golang.org/x/mod/sumdb: the checkpoint's signature, that every entry stands in
// the log, and that every older head is its beginning. Run it in the folder of the bundle.
package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	verifier, err := note.NewVerifier(strings.TrimSpace(read("log.vkey")))
	must("log.vkey", err)
	opened, err := note.Open([]byte(read("checkpoint")), note.VerifierList(verifier))
	must("checkpoint", err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must("checkpoint", err)
	root := hash(lines[2])

	proofs := find("entries/*.tlog-proof")
	for _, file := range proofs {
		head := strings.Split(strings.SplitN(read(file), "\n\n", 2)[0], "\n")
		index, err := strconv.ParseInt(strings.TrimPrefix(head[1], "index "), 10, 64)
		must(file, err)
		must(file, tlog.CheckRecord(hashes(head[2:]), size, root, index, leaf(file)))
	}
	roots := find("roots/*")
	for _, file := range roots {
		older, err := strconv.ParseInt(filepath.Base(file), 10, 64)
		must(file, err)
		all := hashes(strings.Fields(read(file)))
		must(file, tlog.CheckTree(all[1:], size, root, older, all[0]))
	}
	fmt.Printf("%d entries and %d older heads hold under the checkpoint of %d entries\n", len(proofs), len(roots), size)
}

func leaf(proof string) tlog.Hash {
	entry := strings.TrimSuffix(proof, ".tlog-proof")
	if bytes, err := os.ReadFile(entry + ".json"); err == nil {
		return tlog.RecordHash(bytes)
	}
	bytes, err := hex.DecodeString(strings.TrimSpace(read(entry + ".pruned")))
	must(entry, err)
	var leaf tlog.Hash
	copy(leaf[:], bytes)
	return leaf
}

func hashes(lines []string) []tlog.Hash {
	made := []tlog.Hash{}
	for _, line := range lines {
		made = append(made, hash(line))
	}
	return made
}

func hash(line string) tlog.Hash {
	bytes, err := base64.StdEncoding.DecodeString(line)
	must(line, err)
	var made tlog.Hash
	copy(made[:], bytes)
	return made
}

func find(pattern string) []string {
	files, err := filepath.Glob(pattern)
	must(pattern, err)
	return files
}

func read(file string) string {
	bytes, err := os.ReadFile(file)
	must(file, err)
	return string(bytes)
}

func must(what string, err error) {
	if err != nil {
		log.Fatalf("WRONG: %s: %v", what, err)
	}
}
`;
