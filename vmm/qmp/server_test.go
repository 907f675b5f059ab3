package qmp

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestNothingIsPossibleBeforeTheNegotiation(t *testing.T) {
	f := newFake()
	c := connect(t, f.server)
	c.says(`{"execute": "stop"}`)
	c.fails("CommandNotFound", "Expecting capabilities negotiation")
	f.server.Emit(Event{Name: "RESET"})
	c.says(`{"execute": "qmp_capabilities", "arguments": {"enable": ["oob", "x"]}}`)
	c.fails("GenericError", "Parameter 'null' does not accept value 'x'")
	c.says(`{"execute": "qmp_capabilities", "arguments": {"enable": []}}`)
	c.expect(`{"return": {}}`)
	c.says(`{"execute": "qmp_capabilities"}`)
	c.fails("CommandNotFound", "already complete")
	if len(f.asked) != 0 {
		t.Errorf("the machine was asked to %v", f.asked)
	}
}

func TestABadRequestIsAnErrorAndTheNextOneWorks(t *testing.T) {
	for _, c := range []struct{ name, says, class, words string }{
		{"no JSON", `bogus`, "GenericError", "JSON parse error"},
		{"a bracket that was not opened", `]`, "GenericError", "JSON parse error"},
		{"a bracket of the other kind", `{"execute": ["stop"}]`, "GenericError", "JSON parse error"},
		{"brackets that match around what is no JSON", `{execute}`, "GenericError", "JSON parse error"},
		{"a list", `[1]`, "GenericError", "must be a JSON object"},
		{"a word", `nul`, "GenericError", "JSON parse error, invalid keyword 'nul'"},
		{"a value that is no object", `5`, "GenericError", "QMP input must be a JSON object"},
		{"nothing at all", `null`, "GenericError", "QMP input must be a JSON object"},
		{"a character that is in no JSON", `{"execute": #}`, "GenericError", "JSON parse error, stray '#'"},
		{"a member too few", `{"execute": "cont",}`, "GenericError", "JSON parse error, expecting value"},
		{"no colon", `{"execute" "cont"}`, "GenericError", "JSON parse error, missing : in object pair"},
		{"no comma in an object", `{"execute": "cont"]`, "GenericError", "JSON parse error, expected separator in dict"},
		{"no comma in a list", `[1 2]`, "GenericError", "JSON parse error, expected separator in list"},
		{"a key that is no string", `{1: 2}`, "GenericError", "JSON parse error, key is not a string in object"},
		{"a key twice", `{"execute": "cont", "id": 1, 'id': 2}`, "GenericError", "JSON parse error, duplicate key"},
		{"an escape that is none", `{"execute": "\a"}`, "GenericError", "JSON parse error, invalid escape sequence in string"},
		{"half a pair", `{"execute": "\ud800x"}`, "GenericError", `JSON parse error, \ud800 is not a valid Unicode character`},
		{"bytes that are no UTF-8", "{\"execute\": \"\xff\"}", "GenericError", "JSON parse error, invalid UTF-8 sequence in string"},
		{"no command", `{"arguments": {}}`, "GenericError", "lacks member 'execute'"},
		{"a command that is no string", `{"execute": 5}`, "GenericError", "'execute' must be a string"},
		{"a command that is null", `{"execute": null}`, "GenericError", "'execute' must be a string"},
		{"haste that was not agreed on", `{"exec-oob": "stop"}`, "GenericError", "'exec-oob' is unexpected"},
		{"an argument that is null", `{"execute": "device_del", "arguments": {"id": null}}`, "GenericError", "'id', expected: string"},
		{"arguments that are no object", `{"execute": "stop", "arguments": 5}`, "GenericError", "'arguments' must be an object"},
		{"a member that is not", `{"execute": "stop", "bogus": 1}`, "GenericError", "'bogus' is unexpected"},
		{"a command that is not", `{"execute": "bogus"}`, "CommandNotFound", "The command bogus has not been found"},
		{"an argument that is not", `{"execute": "stop", "arguments": {"x": 1}}`, "GenericError", "Parameter 'x' is unexpected"},
		{"an argument too few", `{"execute": "device_del"}`, "GenericError", "Parameter 'id' is missing"},
		{"an argument of the wrong type", `{"execute": "block_resize", "arguments": {"size": "x"}}`, "GenericError", "'size', expected: integer"},
		{"a switch that is none", `{"execute": "set_link", "arguments": {"name": "n", "up": 1}}`, "GenericError", "'up', expected: boolean"},
		{"a size with a fraction", `{"execute": "block_resize", "arguments": {"size": 1.5}}`, "GenericError", "'size', expected: integer"},
		{"a queue that no device can have", `{"execute": "x-query-virtio-queue-status", "arguments": {"path": "p", "queue": 70000}}`, "GenericError", "Parameter 'queue' expects uint16_t"},
		{"device_add without a driver", `{"execute": "device_add", "arguments": {"id": "x"}}`, "GenericError", "Parameter 'driver' is missing"},
		{"netdev_add without an id", `{"execute": "netdev_add", "arguments": {"type": "user"}}`, "GenericError", "Parameter 'id' is missing"},
		{"a port of no hub", `{"execute": "netdev_add", "arguments": {"type": "hubport", "id": "n"}}`, "GenericError", "Parameter 'hubid' is missing"},
		{"a list where there is none", `{"execute": "device_add", "arguments": {"driver": [1]}}`, "GenericError", "'driver'"},
		{"a list of objects without their string", `{"execute": "netdev_add", "arguments": {"hostfwd": [{"x": "y"}]}}`, "GenericError", "'hostfwd.str'"},
		{"nesting without end", strings.Repeat("[", maxDepth+1), "GenericError", "JSON nesting depth limit exceeded"},
		{"a request without end", `{"execute": "` + strings.Repeat("x", maxRequest) + `"}`, "GenericError", "JSON token size limit exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := negotiated(t, newFake().server)
			client.says(c.says)
			client.fails(c.class, c.words)
			client.says(`{"execute": "cont"}`)
			client.expect(`{"return": {}}`)
		})
	}
}

func TestAnAnswerCarriesTheRequestsID(t *testing.T) {
	c := negotiated(t, newFake().server)
	c.says(`{"execute": "cont", "id": {"n": [1, "a,b:\""]}}`)
	c.expect(`{"return": {}, "id": {"n": [1, "a,b:\""]}}`)
	c.says(`{"execute": "bogus", "id": 7}`)
	c.expect(`{"error": {"class": "CommandNotFound", "desc": "The command bogus has not been found"}, "id": 7}`)
}

func TestNoCommandOvertakesAnother(t *testing.T) {
	c := connect(t, newFake().server)
	c.says(`{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}`)
	c.expect(`{"return": {}}`)
	c.says(`{"exec-oob": "stop", "id": 1}`)
	c.expect(`{"error": {"class": "GenericError", "desc": "The command stop does not support OOB"}, "id": 1}`)
	c.says(`{"exec-oob": "stop", "execute": "stop"}`)
	c.fails("GenericError", "'execute' clashes with 'exec-oob'")
	c.says(`{"exec-oob": "bogus"}`)
	c.fails("CommandNotFound", "The command bogus has not been found")
}

func TestARequestMayBeInTheDialectOfQEMU(t *testing.T) {
	c := negotiated(t, newFake().server)
	c.says(`{'execute': "co\u006et", "id": '\'<a>\/"\ud83d\ude00'}`)
	c.expect(`{"return": {}, "id": "'<a>/\"` + "\U0001f600" + `"}`)
}

func TestWhatACommandHasDoneIsToldAfterItsAnswer(t *testing.T) {
	c := negotiated(t, newFake().server)
	c.says(`{"execute": "device_del", "arguments": {"id": "p"}}{"execute": "query-status"}`)
	c.expect(`{"return": {}}`)
	if event := c.read(); !strings.Contains(event, "DEVICE_DELETED") {
		t.Errorf("the next is %s", event)
	}
	c.expect(`{"return": {"status": "running", "singlestep": false, "running": true}}`)
}

func TestRequestsNeedNoLines(t *testing.T) {
	c := negotiated(t, newFake().server)
	c.says("{\"execute\":\n\"cont\"}  {\"execute\": \"cont\",\"id\":\"}{\\\"\"}")
	c.expect(`{"return": {}}`)
	c.expect(`{"return": {}, "id": "}{\""}`)
}

func TestEventsReachEveryClient(t *testing.T) {
	f := newFake()
	first, second := negotiated(t, f.server), negotiated(t, f.server)
	f.server.Emit(Event{Name: "RESET", Data: map[string]bool{"guest": true}})
	const reset = `{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "RESET", "data": {"guest": true}}`
	first.expect(reset)
	second.expect(reset)
	first.says(`{"execute": "stop"}`)
	const stop = `{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"}`
	first.expect(stop)
	first.expect(`{"return": {}}`)
	second.expect(stop)
}

func TestACloseLetsTheLastWordsOut(t *testing.T) {
	f := newFake()
	ours, theirs := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- f.server.Serve(ours) }()
	var said strings.Builder
	read := make(chan struct{})
	go func() { defer close(read); _, _ = io.Copy(&said, theirs) }()
	if _, err := io.WriteString(theirs, `{"execute": "qmp_capabilities"}{"execute": "quit"}`+"\n"); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, func() bool { f.server.mu.Lock(); defer f.server.mu.Unlock(); return len(f.asked) == 1 })
	f.server.Emit(Event{Name: "SHUTDOWN"})
	f.server.Close()
	<-read
	if err := <-done; err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	if strings.Count(said.String(), `{"return": {}}`) != 2 || !strings.Contains(said.String(), "SHUTDOWN") {
		t.Errorf("the server said\n%s", &said)
	}
	if err := f.server.Serve(ours); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a client who comes too late: %v", err)
	}
}

func TestACloseDoesNotWaitForAClientWhoDoesNotRead(t *testing.T) {
	f := newFake()
	ours, theirs := net.Pipe()
	defer theirs.Close()
	done := make(chan error, 1)
	go func() { done <- f.server.Serve(ours) }()
	waitUntil(t, func() bool {
		f.server.clients.Lock()
		defer f.server.clients.Unlock()
		return len(f.server.clients.all) == 1
	})
	f.server.Close()
	<-done
}

func waitUntil(t *testing.T, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !true(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
	}
}

func FuzzRequests(f *testing.F) {
	fake := newFake()
	for name := range fake.server.commands {
		f.Add([]byte(`{"execute": "` + name + `", "arguments": {"id": "x", "size": 1, "path": "p", "queue": 1, "name": "n", "up": true}}`))
	}
	f.Add([]byte(`{"execute": "device_add", "arguments": {"driver": "d", "a": {"b": {"c": 1}}}} [[[ } "\"`))
	f.Fuzz(func(t *testing.T, says []byte) {
		fake := newFake()
		c := &once{Reader: strings.NewReader(`{"execute": "qmp_capabilities"}` + string(says) + "\n" + `{"execute": "cont"}`)}
		if err := fake.server.Serve(c); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(c.Builder.String()) {
			if !strings.HasPrefix(line, `{"`) || !strings.HasSuffix(line, "}\n") {
				t.Errorf("the server says %q", line)
			}
		}
	})
}

// once is a client who says all at once.
type once struct {
	*strings.Reader
	strings.Builder
}

func (o *once) Read(p []byte) (int, error)  { return o.Reader.Read(p) }
func (o *once) Write(p []byte) (int, error) { return o.Builder.Write(p) }
func (o *once) Close() error                { return nil }
