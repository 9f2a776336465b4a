package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var versions = map[string]uint16{
	"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

// opensslName is OpenSSL's name of a suite of TLS 1.2 and below; those of TLS 1.3 have the same name everywhere.
func opensslName(suite string) string {
	exchange, bulk, old := strings.Cut(strings.TrimPrefix(suite, "TLS_"), "_WITH_")
	if !old {
		return suite
	}
	bulk = strings.NewReplacer("3DES_EDE_CBC", "DES-CBC3", "AES_128", "AES128", "AES_256", "AES256", "_CBC", "", "_", "-",
		"CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305").Replace(bulk)
	if exchange == "RSA" {
		return bulk
	}
	return strings.ReplaceAll(exchange, "_", "-") + "-" + bulk
}

// chooseCiphers gives the suites of these names, or with nil all there are, the old and weak ones too.
func chooseCiphers(names []string) ([]uint16, error) {
	known := map[string]uint16{}
	all := []uint16{}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		known[opensslName(suite.Name)] = suite.ID
		all = append(all, suite.ID)
	}
	if names == nil {
		return all, nil
	}
	chosen := []uint16{}
	for _, name := range names {
		id, there := known[name]
		if !there {
			return nil, Unimplemented("configure.ciphers " + name)
		}
		chosen = append(chosen, id)
	}
	return chosen, nil
}

func readRoots(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, failureOf("protocol", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, malformed("no certificate in %s", file)
	}
	return roots, nil
}

// makeConfig opens the key log too, which the config then owns.
func makeConfig(settings Settings) (*tls.Config, error) {
	version, there := versions[settings.TLS]
	if !there {
		return nil, Unimplemented("configure.tls " + settings.TLS)
	}
	ciphers, err := chooseCiphers(settings.Ciphers)
	if err != nil {
		return nil, err
	}
	roots, err := readRoots(settings.CA)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: version, MaxVersion: version, CipherSuites: ciphers, RootCAs: roots,
		ServerName: settings.ServerName}
	if settings.Cert != "" {
		certificate, err := tls.LoadX509KeyPair(settings.Cert, settings.Key)
		if err != nil {
			return nil, failureOf("protocol", err)
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	if settings.KeyLog != "" {
		config.KeyLogWriter, err = os.OpenFile(settings.KeyLog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, failureOf("protocol", err)
		}
	}
	return config, nil
}

func failureOf(stage string, err error) *Failure {
	failure := &Failure{Stage: stage, Text: err.Error()}
	var refused *tls.CertificateVerificationError
	var number syscall.Errno
	if errors.As(err, &refused) {
		code := fmt.Sprintf("%T", refused.Err)
		failure.Stage, failure.Code = "verify", &code
	} else if errors.As(err, &number) {
		code := strconv.Itoa(int(number))
		failure.Code = &code
	}
	return failure
}

// connect makes one whole connection. The sessions are the business of config.ClientSessionCache.
func connect(config *tls.Config, order Order, result *Result) error {
	config = config.Clone()
	config.Time = func() time.Time { return time.Now().Add(order.ClockOffset) }
	tcp, err := net.Dial("tcp", net.JoinHostPort(order.Host, strconv.Itoa(order.Port)))
	if err != nil {
		return failureOf("connect", err)
	}
	defer tcp.Close()
	connection := tls.Client(tcp, config)
	if err := connection.Handshake(); err != nil {
		return failureOf("handshake", err)
	}
	tell(connection.ConnectionState(), result)
	if _, err := io.WriteString(connection, order.Request); err != nil {
		return failureOf("write", err)
	}
	if !order.ReadResponse {
		return closeAtOnce(connection)
	}
	bytes, err := io.Copy(io.Discard, connection)
	result.ResponseBytes = &bytes
	if err != nil {
		return failureOf("read", err)
	}
	connection.Close() // the peer has closed, and may be gone
	return nil
}

func closeAtOnce(connection *tls.Conn) error {
	if err := connection.Close(); err != nil {
		return failureOf("close", err)
	}
	return nil
}

func tell(state tls.ConnectionState, result *Result) {
	cipher := opensslName(tls.CipherSuiteName(state.CipherSuite))
	version := strings.TrimPrefix(tls.VersionName(state.Version), "TLS ")
	result.Resumed, result.Version, result.Cipher = &state.DidResume, &version, &cipher
}
