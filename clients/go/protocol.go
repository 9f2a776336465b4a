package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"
)

// Settings are the configure command. Ciphers are OpenSSL's names, nil for all there are; KeyLog may be empty.
type Settings struct {
	TLS, ServerName, CA, Cert, Key, KeyLog string
	Ciphers                                []string
}

// Order is the connect command. Session is what to load, nil for nothing; only an adapter that exports is given one.
type Order struct {
	Host         string
	Port         int
	Fresh        bool
	Session      []byte
	Request      string
	ReadResponse bool
	ClockOffset  time.Duration
}

// Result is what the library told; what it does not tell stays nil.
type Result struct {
	OK              bool     `json:"ok"`
	Error           *Failure `json:"error,omitempty"`
	Resumed         *bool    `json:"resumed"`
	Version         *string  `json:"version"`
	Cipher          *string  `json:"cipher"`
	SessionID       *string  `json:"session_id"`
	TicketsReceived *int     `json:"tickets_received"`
	ResponseBytes   *int64   `json:"response_bytes"`
	Session         []byte   `json:"session"`
}

// Adapter is crypto/tls through one front door. Its methods return a *Failure or an Unimplemented.
type Adapter interface {
	Carry() string
	Configure(settings Settings) error
	Connect(order Order, result *Result) error
}

func readSettings(line []byte) (Settings, error) {
	fields, err := readFields(line, "configure", "do", "tls", "server_name", "ca", "certificate", "ciphers", "keylog")
	if err != nil {
		return Settings{}, err
	}
	from := &reader{Fields: fields}
	settings := Settings{
		TLS:        required[string](from, "tls"),
		ServerName: required[string](from, "server_name"),
		CA:         required[string](from, "ca"),
	}
	if keylog := optional[string](from, "keylog"); keylog != nil {
		settings.KeyLog = *keylog
	}
	if names := optional[[]string](from, "ciphers"); names != nil {
		settings.Ciphers = *names
		if len(*names) == 0 {
			from.err = first(from.err, malformed("configure.ciphers is empty"))
		}
	}
	if text, there := fields.values["certificate"]; there && from.err == nil {
		certificate, err := readFields(text, "configure.certificate", "cert", "key")
		inner := &reader{Fields: certificate, err: err}
		settings.Cert, settings.Key = required[string](inner, "cert"), required[string](inner, "key")
		from.err = inner.err
	}
	return settings, from.err
}

func readOrder(line []byte, carry string) (Order, error) {
	known := []string{"do", "connection", "host", "port", "offer", "request", "read", "clock_offset_s"}
	if carry == "export" {
		known = append(known, "session")
	}
	fields, err := readFields(line, "connect", known...)
	if err != nil {
		return Order{}, err
	}
	from := &reader{Fields: fields}
	positive(from, "connection", math.MaxInt32)
	order := Order{
		Host:         required[string](from, "host"),
		Port:         positive(from, "port", math.MaxUint16),
		ReadResponse: true,
	}
	order.Fresh, err = readOffer(from, carry)
	from.err = first(from.err, err)
	if session := optional[[]byte](from, "session"); session != nil && !order.Fresh {
		order.Session = *session
	}
	if request := optional[string](from, "request"); request != nil {
		order.Request = *request
	}
	if read := optional[string](from, "read"); read != nil {
		order.ReadResponse = *read == "all"
		if *read != "all" && *read != "none" {
			from.err = first(from.err, Unimplemented("connect.read "+*read))
		}
	}
	if offset := optional[float64](from, "clock_offset_s"); offset != nil {
		order.ClockOffset = time.Duration(*offset * float64(time.Second))
	}
	return order, from.err
}

// readOffer says whether to offer nothing. A numbered session can be offered only if it comes with the order.
func readOffer(from *reader, carry string) (bool, error) {
	offer := required[any](from, "offer")
	if _, numbered := offer.(float64); numbered && carry == "export" {
		positive(from, "offer", math.MaxInt32)
		return false, nil
	}
	if offer != "latest" && offer != "none" && from.err == nil {
		return false, Unimplemented(fmt.Sprintf("connect.offer %v", offer))
	}
	return offer == "none", nil
}

// Conversation answers one line at a time.
type Conversation struct {
	adapter    Adapter
	configured bool
}

func (conversation *Conversation) hello(line []byte) (any, error) {
	fields, err := readFields(line, "hello", "do", "protocol")
	from := &reader{Fields: fields, err: err}
	if protocol := required[int](from, "protocol"); from.err == nil && protocol != 1 {
		return nil, Unimplemented(fmt.Sprintf("hello.protocol %d", protocol))
	}
	return map[string]any{"ok": true, "protocol": 1, "library": "Go crypto/tls", "version": runtime.Version(),
		"carry": conversation.adapter.Carry()}, from.err
}

func (conversation *Conversation) configure(line []byte) (any, error) {
	settings, err := readSettings(line)
	if err == nil {
		err = conversation.adapter.Configure(settings)
	}
	conversation.configured = conversation.configured || err == nil
	return map[string]any{"ok": true}, err
}

func (conversation *Conversation) connect(line []byte) (any, error) {
	if !conversation.configured {
		return nil, malformed("connect before configure")
	}
	order, err := readOrder(line, conversation.adapter.Carry())
	if err != nil {
		return nil, err
	}
	result := &Result{}
	if err := conversation.adapter.Connect(order, result); err != nil {
		result.Error = asFailure(err)
	}
	result.OK = result.Error == nil
	return result, nil
}

func (conversation *Conversation) respond(line []byte) (any, error) {
	if !json.Valid(line) {
		return nil, malformed("the line is not JSON")
	}
	var command map[string]json.RawMessage
	if json.Unmarshal(line, &command) != nil || command == nil {
		return nil, malformed("the line is not a JSON object")
	}
	do, err := find[string](Fields{values: command, path: "command"}, "do")
	if err != nil || do == nil {
		return nil, malformed("the object does not say what to do")
	}
	switch *do {
	case "hello":
		return conversation.hello(line)
	case "configure":
		return conversation.configure(line)
	case "connect":
		return conversation.connect(line)
	}
	return nil, Unimplemented(*do)
}

func (conversation *Conversation) answer(line []byte) any {
	answer, err := conversation.respond(line)
	var unimplemented Unimplemented
	if errors.As(err, &unimplemented) {
		return map[string]any{"ok": false, "unimplemented": unimplemented}
	}
	if err != nil {
		return map[string]any{"ok": false, "error": asFailure(err)}
	}
	return answer
}

// serve answers each line of commands with one line, until their end.
func serve(adapter Adapter, commands io.Reader, answers io.Writer) error {
	conversation := Conversation{adapter: adapter}
	lines := bufio.NewReader(commands)
	encoder := json.NewEncoder(answers)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = encoder.Encode(conversation.answer(line))
		}
		if err != nil {
			return err
		}
	}
}
