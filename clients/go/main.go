// Go's crypto/tls. `adapter cache` leaves sessions to the cache that crypto/tls comes with, `adapter export` gives it a
// cache of its own that writes and reads each session, as an application does that keeps sessions over a restart.
package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"os"
)

// counting counts what is put into a cache, and with blind shows nothing of what it holds.
type counting struct {
	tls.ClientSessionCache
	received int
	blind    bool
}

func (cache *counting) Get(key string) (*tls.ClientSessionState, bool) {
	if cache.blind {
		return nil, false
	}
	return cache.ClientSessionCache.Get(key)
}

func (cache *counting) Put(key string, session *tls.ClientSessionState) {
	if session != nil {
		cache.received++
	}
	cache.ClientSessionCache.Put(key, session)
}

// configured is what both front doors do with a configuration; export then puts a slot in the cache's place.
type configured struct {
	config *tls.Config
}

func (adapter *configured) Configure(settings Settings) error {
	config, err := makeConfig(settings)
	if err != nil {
		return err
	}
	closeKeyLog(adapter.config)
	config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	adapter.config = config
	return nil
}

// lru is the front door tls.NewLRUClientSessionCache.
type lru struct {
	configured
}

func (*lru) Carry() string { return "cache" }

func (adapter *lru) Connect(order Order, result *Result) error {
	config := adapter.config.Clone()
	cache := &counting{ClientSessionCache: config.ClientSessionCache, blind: order.Fresh}
	config.ClientSessionCache, result.TicketsReceived = cache, &cache.received
	return connect(config, order, result)
}

// stored is how a session is written.
type stored struct {
	Ticket, State []byte
}

// slot is a cache of one session, in and out as bytes.
type slot struct {
	offered  *tls.ClientSessionState
	exported []byte
	err      error
}

func (slot *slot) Get(string) (*tls.ClientSessionState, bool) {
	return slot.offered, slot.offered != nil
}

func (slot *slot) Put(_ string, session *tls.ClientSessionState) {
	if session == nil {
		return
	}
	ticket, state, err := session.ResumptionState()
	if err == nil {
		var bytes []byte
		bytes, err = state.Bytes()
		slot.exported, _ = json.Marshal(stored{ticket, bytes})
	}
	slot.err = first(slot.err, err)
}

func load(session []byte) (*tls.ClientSessionState, error) {
	if session == nil {
		return nil, nil
	}
	var written stored
	if err := json.Unmarshal(session, &written); err != nil {
		return nil, err
	}
	state, err := tls.ParseSessionState(written.State)
	if err != nil {
		return nil, err
	}
	return tls.NewResumptionState(written.Ticket, state)
}

// export is the front door ClientSessionState.ResumptionState and NewResumptionState.
type export struct {
	configured
}

func (*export) Carry() string { return "export" }

func (adapter *export) Connect(order Order, result *Result) error {
	offered, err := load(order.Session)
	if err != nil {
		return failureOf("connect", fmt.Errorf("the session cannot be loaded: %w", err))
	}
	slot := &slot{offered: offered}
	cache := &counting{ClientSessionCache: slot}
	config := adapter.config.Clone()
	config.ClientSessionCache, result.TicketsReceived = cache, &cache.received
	err = connect(config, order, result)
	result.Session = slot.exported
	if slot.err != nil {
		return failureOf("close", fmt.Errorf("the session cannot be written: %w", slot.err))
	}
	return err
}

func closeKeyLog(config *tls.Config) {
	if config == nil {
		return
	}
	if file, open := config.KeyLogWriter.(*os.File); open {
		file.Close()
	}
}

func main() {
	doors := map[string]Adapter{"cache": &lru{}, "export": &export{}}
	if len(os.Args) != 2 || doors[os.Args[1]] == nil {
		os.Exit(89)
	}
	if err := serve(doors[os.Args[1]], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
