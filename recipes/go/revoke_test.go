// Whatever is asked of the service is asked of the oracle, and the answers must be the same. `go test`
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const histories, steps = 300, 30

var start = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

var beginning = []string{
	`{"type":"CreateEnterprise","slug":"octo-corp","kind":"managed_users"}`,
	`{"type":"AddOrganization","organization":1,"login":"octo-org"}`,
	`{"type":"AddMember","member":1,"login":"mona","role":"owner"}`,
}

// What is tried: %[1]d and %[2]d are small ids, %[3]t is either, %[4]s a kind of credential, and %[5]d
// the position of an event that may be a revocation.
var shapes = []string{
	`{"type":"AddMember","member":%[1]d,"login":"user-%[1]d","role":"guest_collaborator"}`,
	`{"type":"RemoveMember","member":%[1]d}`,
	`{"type":"IssueCredential","credential":%[2]d,"owner":%[1]d,"kind":"%[4]s"}`,
	`{"type":"AuthorizeCredential","credential":%[2]d,"organization":1}`,
	`{"type":"RevokeAll","caller":{"person":1},"revoke_credentials":%[3]t}`,
	`{"type":"Revoke","caller":{"person":1},"person":%[1]d,"revoke_credentials":%[3]t}`,
	`{"type":"ContinueRevocation","revocation":%[5]d,"limit":1}`,
}

func history(random *rand.Rand) []string {
	commands := make([]string, steps)
	for i := range commands {
		kind := []string{"classic_pat", "ssh_key"}[random.Intn(2)]
		commands[i] = fmt.Sprintf(shapes[random.Intn(len(shapes))],
			1+random.Intn(3), 1+random.Intn(3), random.Intn(2) == 0, kind, 4+random.Intn(8))
	}
	return commands
}

// The service under test: here a process that speaks for one of the wrong cores. Write this for yours.
type service struct {
	requests io.Writer
	answers  *bufio.Reader
}

func (s service) Call(request []byte) []byte {
	fmt.Fprintf(s.requests, "%s\n", request)
	answer, _ := s.answers.ReadBytes('\n')
	return []byte(strings.TrimSuffix(string(answer), "\n"))
}

// The answers to a history, each with who may do what right after it.
func told(who interface{ Call([]byte) []byte }, commands []string) []string {
	var begun struct{ Result struct{ Handle int } }
	if err := json.Unmarshal(who.Call([]byte(`{"call":"begin"}`)), &begun); err != nil {
		panic(err)
	}
	var answers []string
	for i, command := range append(append([]string{}, beginning...), commands...) {
		at := start.Add(time.Duration(i) * time.Second).Format("2006-01-02T15:04:05.000Z")
		rest := fmt.Sprintf(`"handle":%d,"at":%q`, begun.Result.Handle, at)
		answer := who.Call([]byte(`{"call":"carry_out",` + rest + `,"command":` + command + `}`))
		access := who.Call([]byte(`{"call":"access_all",` + rest + `}`))
		answers = append(answers, string(answer)+"\n  and then "+string(access))
	}
	who.Call([]byte(fmt.Sprintf(`{"call":"end","handle":%d}`, begun.Result.Handle)))
	return answers
}

// The first answer that differs, or nothing.
func difference(due, found []string) string {
	for i := range due {
		if due[i] != found[i] {
			return fmt.Sprintf("due:   %s\nfound: %s", due[i], found[i])
		}
	}
	return ""
}

// Leaves out what is not needed to fail.
func shrunk(commands []string, fails func([]string) string) []string {
	for i := len(commands) - 1; i >= 0; i-- {
		without := append(append([]string{}, commands[:i]...), commands[i+1:]...)
		if fails(without) != "" {
			commands = without
		}
	}
	return commands
}

func TestTheServiceAnswersAsTheOracleDoes(t *testing.T) {
	words := strings.Fields(os.Getenv("SERVICE"))
	if len(words) == 0 {
		t.Fatal("SERVICE is the command of the service, such as `enterprise-credentials oracle --wrong WaitsForTheJob`")
	}
	process := exec.Command(words[0], words[1:]...)
	requests, _ := process.StdinPipe()
	answers, _ := process.StdoutPipe()
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	defer process.Wait()
	defer requests.Close()
	oracle, asked := newOracle(), service{requests, bufio.NewReader(answers)}
	defer oracle.Free()
	fails := func(commands []string) string { return difference(told(oracle, commands), told(asked, commands)) }
	for seed := int64(1); seed <= histories; seed++ {
		commands := history(rand.New(rand.NewSource(seed)))
		if fails(commands) != "" {
			commands = shrunk(commands, fails)
			t.Fatalf("history %d:\n%s\n%s", seed, strings.Join(commands, "\n"), fails(commands))
		}
	}
}
