// Checks what enterprise-credentials seals, with Go's own packages for transparency logs and not a line of ours: the log, its
// checkpoint, proofs of lines, and proofs that the log only grew. Then alters all of it, and fails if anything goes unnoticed.
//
//	seal DIRECTORY
//
// The directory holds log.jsonl, key.vkey, SIZE.checkpoint, POSITION.line and SIZE.growth, as ci/seal.sh makes them.
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A checkpoint: three lines, of which tlog.ParseTree expects the first to be that of Go's own database.
type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

// open verifies a note and reads the checkpoint in it.
func open(msg []byte, key note.Verifier) (checkpoint, error) {
	var c checkpoint
	n, err := note.Open(msg, note.VerifierList(key))
	if err != nil {
		return c, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return c, fmt.Errorf("a checkpoint of %d lines", len(lines)-1)
	}
	if c.origin = lines[0]; c.origin != key.Name() {
		return c, fmt.Errorf("of the log %q, signed by %q", c.origin, key.Name())
	}
	if c.size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return c, err
	}
	c.root, err = tlog.ParseHash(lines[2])
	return c, err
}

// A proof file, of either kind: what stands before its empty line, and the checkpoint behind it.
type proof struct {
	line   []byte
	number int64 // the line's index, or the older size
	hashes []tlog.Hash
	note   []byte
}

func parse(file []byte, headers ...string) (proof, error) {
	var p proof
	head, rest, found := bytes.Cut(file, []byte("\n\n"))
	if !found {
		return p, fmt.Errorf("no checkpoint")
	}
	p.note = rest
	lines := strings.Split(string(head), "\n")
	if len(lines) < len(headers) {
		return p, fmt.Errorf("only %d lines", len(lines))
	}
	var err error
	for i, header := range headers {
		name, value, _ := strings.Cut(lines[i], " ")
		if name != header {
			return p, fmt.Errorf("%q, not %q", name, header)
		}
		switch name {
		case "extra":
			p.line, err = base64.StdEncoding.DecodeString(value)
		case "index", "old":
			p.number, err = strconv.ParseInt(value, 10, 64)
		}
		if err != nil {
			return p, err
		}
	}
	for _, line := range lines[len(headers):] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return p, err
		}
		p.hashes = append(p.hashes, hash)
	}
	return p, nil
}

// All hashes of a tree, as tlog stores them.
type tree []tlog.Hash

func (t tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = t[index]
	}
	return hashes, nil
}

func build(lines [][]byte) tree {
	var t tree
	for i, line := range lines {
		hashes, err := tlog.StoredHashesForRecordHash(int64(i), tlog.RecordHash(line), t)
		must(err)
		t = append(t, hashes...)
	}
	return t
}

func root(lines [][]byte) tlog.Hash {
	hash, err := tlog.TreeHash(int64(len(lines)), build(lines))
	must(err)
	return hash
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func ensure(holds bool, format string, values ...any) {
	if !holds {
		log.Fatalf(format, values...)
	}
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("seal: ")
	s := verify(os.Args[1])
	s.alter(rand.New(rand.NewSource(1)), 1000)
}

// What was verified.
type sealed struct {
	lines   [][]byte
	tree    tree
	key     note.Verifier
	vkey    string
	msg     []byte
	head    checkpoint
	older   map[int64]checkpoint
	records []proof
	growths []proof
}

func read(path string) []byte {
	content, err := os.ReadFile(path)
	must(err)
	return content
}

func files(directory, suffix string) []string {
	paths, err := filepath.Glob(filepath.Join(directory, "*."+suffix))
	must(err)
	ensure(len(paths) > 0, "no file *.%s", suffix)
	sort.Strings(paths)
	return paths
}

func verify(directory string) sealed {
	var s sealed
	var err error
	content := read(filepath.Join(directory, "log.jsonl"))
	s.lines = bytes.Split(bytes.TrimSuffix(content, []byte("\n")), []byte("\n"))
	s.tree = build(s.lines)
	s.vkey = strings.TrimSpace(string(read(filepath.Join(directory, "key.vkey"))))
	s.key, err = note.NewVerifier(s.vkey)
	must(err)

	s.older = map[int64]checkpoint{}
	for _, path := range files(directory, "checkpoint") {
		msg := read(path)
		c, err := open(msg, s.key)
		must(err)
		hash, err := tlog.TreeHash(c.size, s.tree)
		must(err)
		ensure(hash == c.root, "%s: the log has the root %v", path, hash)
		s.older[c.size] = c
		if c.size > s.head.size {
			s.msg, s.head = msg, c
		}
	}
	ensure(s.head.size == int64(len(s.lines)), "the log has %d lines, its checkpoint %d", len(s.lines), s.head.size)
	fmt.Printf("verified: a log of %d lines, %d checkpoints of `%s`\n", s.head.size, len(s.older), s.head.origin)

	for _, path := range files(directory, "line") {
		p, err := parse(read(path), "c2sp.org/tlog-proof@v1", "extra", "index")
		must(err)
		must(s.checkRecord(p))
		ensure(bytes.Equal(p.line, s.lines[p.number]), "%s: another line", path)
		ours, err := tlog.ProveRecord(s.head.size, p.number, s.tree)
		must(err)
		ensure(fmt.Sprint(ours) == fmt.Sprint(tlog.RecordProof(p.hashes)), "%s: not the proof that Go makes", path)
		s.records = append(s.records, p)
	}
	for _, path := range files(directory, "growth") {
		p, err := parse(read(path), "old")
		must(err)
		must(s.checkGrowth(p))
		ours, err := tlog.ProveTree(s.head.size, p.number, s.tree)
		must(err)
		ensure(fmt.Sprint(ours) == fmt.Sprint(tlog.TreeProof(p.hashes)), "%s: not the proof that Go makes", path)
		s.growths = append(s.growths, p)
	}
	fmt.Printf("verified: %d proofs of lines, %d proofs of growth, each the one that Go makes\n", len(s.records), len(s.growths))
	return s
}

func (s *sealed) checkRecord(p proof) error {
	c, err := open(p.note, s.key)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(p.hashes, c.size, c.root, p.number, tlog.RecordHash(p.line))
}

func (s *sealed) checkGrowth(p proof) error {
	c, err := open(p.note, s.key)
	if err != nil {
		return err
	}
	old := s.older[p.number]
	return tlog.CheckTree(p.hashes, c.size, c.root, p.number, old.root)
}

// alter tries so many alterations, of each kind in turn.
func (s *sealed) alter(r *rand.Rand, count int) {
	kinds := []struct {
		name    string
		share   int // of a thousand
		noticed func() bool
	}{
		{"a line of the log", 40, func() bool { return s.logDiffers(s.withLine(r)) }},
		{"the order of the log", 40, func() bool { return s.logDiffers(s.reordered(r)) }},
		{"a line gone, another twice", 40, func() bool { return s.logDiffers(s.replaced(r)) }},
		{"the text of the checkpoint", 200, func() bool { return s.noteFails(r, 0) }},
		{"the signature", 200, func() bool { return s.noteFails(r, 1) }},
		{"the key", 100, func() bool { return s.keyFails(r) }},
		{"the proof of a line", 200, func() bool { return s.recordFails(r) }},
		{"the proof of growth", 180, func() bool { return s.growthFails(r) }},
	}
	tried, unnoticed := 0, 0
	for _, kind := range kinds {
		missed := 0
		for i := 0; i < kind.share*count/1000; i++ {
			tried++
			if !kind.noticed() {
				missed++
			}
		}
		fmt.Printf("altered: %-27s %4d times, %d unnoticed\n", kind.name, kind.share*count/1000, missed)
		unnoticed += missed
	}
	ensure(unnoticed == 0, "%d of %d alterations went unnoticed", unnoticed, tried)
	fmt.Printf("refused: all of %d alterations\n", tried)
}

// flipped gives the bytes with one bit altered.
func flipped(r *rand.Rand, content []byte) []byte {
	altered := append([]byte(nil), content...)
	altered[r.Intn(len(altered))] ^= 1 << r.Intn(8)
	return altered
}

func (s *sealed) logDiffers(lines [][]byte) bool {
	return int64(len(lines)) != s.head.size || root(lines) != s.head.root
}

func (s *sealed) copied() [][]byte {
	return append([][]byte(nil), s.lines...)
}

func (s *sealed) withLine(r *rand.Rand) [][]byte {
	lines := s.copied()
	i := r.Intn(len(lines))
	lines[i] = flipped(r, lines[i])
	return lines
}

func (s *sealed) reordered(r *rand.Rand) [][]byte {
	lines := s.copied()
	for {
		i, j := r.Intn(len(lines)), r.Intn(len(lines))
		if !bytes.Equal(lines[i], lines[j]) {
			lines[i], lines[j] = lines[j], lines[i]
			return lines
		}
	}
}

// replaced has one line less and another twice: as long as the log was.
func (s *sealed) replaced(r *rand.Rand) [][]byte {
	lines := s.copied()
	i := r.Intn(len(lines) - 1)
	lines = append(lines[:i], lines[i+1:]...)
	return append(lines, s.lines[r.Intn(len(s.lines)-1)])
}

// noteFails alters the text of the checkpoint, or a byte of the signature behind the id of the key.
func (s *sealed) noteFails(r *rand.Rand, part int) bool {
	text, signature, _ := bytes.Cut(s.msg, []byte("\n\n"))
	if part == 0 {
		text = flipped(r, text)
	} else {
		fields := strings.Fields(string(signature))
		content, err := base64.StdEncoding.DecodeString(fields[2])
		must(err)
		fields[2] = base64.StdEncoding.EncodeToString(flipped(r, content))
		signature = []byte(strings.Join(fields, " ") + "\n")
	}
	_, err := open(bytes.Join([][]byte{text, signature}, []byte("\n\n")), s.key)
	return err != nil
}

func (s *sealed) keyFails(r *rand.Rand) bool {
	altered := string(flipped(r, []byte(s.vkey)))
	name, rest, _ := strings.Cut(s.vkey, "+")
	id, _, _ := strings.Cut(rest, "+")
	start, end := len(name)+1, len(name)+1+len(id)
	if altered[:start] == s.vkey[:start] && altered[end:] == s.vkey[end:] && strings.EqualFold(altered[start:end], id) {
		// Go reads the id in capitals too: it is the same key.
		return s.keyFails(r)
	}
	key, err := note.NewVerifier(altered)
	if err != nil {
		return true
	}
	_, err = open(s.msg, key)
	return err != nil
}

func (s *sealed) recordFails(r *rand.Rand) bool {
	p := s.records[r.Intn(len(s.records))]
	p.hashes = append([]tlog.Hash(nil), p.hashes...)
	switch r.Intn(4) {
	case 0:
		p.line = flipped(r, p.line)
	case 1:
		p.number ^= 1 << r.Intn(16)
	case 2:
		i := r.Intn(len(p.hashes))
		copy(p.hashes[i][:], flipped(r, p.hashes[i][:]))
	case 3:
		p.hashes = p.hashes[:r.Intn(len(p.hashes))]
	}
	return s.checkRecord(p) != nil
}

func (s *sealed) growthFails(r *rand.Rand) bool {
	p := s.growths[r.Intn(len(s.growths))]
	p.hashes = append([]tlog.Hash(nil), p.hashes...)
	switch r.Intn(3) {
	case 0:
		// From another of the sealed sizes.
		other := s.growths[r.Intn(len(s.growths))].number
		if other == p.number {
			return s.growthFails(r)
		}
		p.number = other
	case 1:
		i := r.Intn(len(p.hashes))
		copy(p.hashes[i][:], flipped(r, p.hashes[i][:]))
	case 2:
		p.hashes = p.hashes[:r.Intn(len(p.hashes))]
	}
	return s.checkGrowth(p) != nil
}
