package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Failure is how a command ended that did not go well: a stage, the library's own words, and its name or number for them.
type Failure struct {
	Stage string  `json:"stage"`
	Text  string  `json:"text"`
	Code  *string `json:"code"`
}

func (failure *Failure) Error() string { return failure.Text }

func malformed(format string, values ...any) error {
	return &Failure{Stage: "protocol", Text: fmt.Sprintf(format, values...)}
}

// Unimplemented is a command or value that the adapter does not know how to carry out. It is returned before anything
// has changed.
type Unimplemented string

func (what Unimplemented) Error() string { return string(what) }

// Fields are those of one JSON object of the protocol.
type Fields struct {
	values map[string]json.RawMessage
	path   string
}

// readFields refuses what is not known and not null: a setting that is ignored would be a lie.
func readFields(text []byte, path string, known ...string) (Fields, error) {
	fields := Fields{path: path}
	if err := json.Unmarshal(text, &fields.values); err != nil || fields.values == nil {
		return fields, malformed("%s is not a JSON object", path)
	}
	for name, value := range fields.values {
		if string(value) == "null" {
			delete(fields.values, name)
		} else if !contains(known, name) {
			return fields, Unimplemented(path + "." + name)
		}
	}
	return fields, nil
}

func contains(names []string, name string) bool {
	for _, one := range names {
		if one == name {
			return true
		}
	}
	return false
}

// find is nil for a field that is not there or null.
func find[T any](fields Fields, name string) (*T, error) {
	text, there := fields.values[name]
	if !there {
		return nil, nil
	}
	value := new(T)
	if err := json.Unmarshal(text, value); err != nil {
		return nil, malformed("%s.%s has the wrong type: %s", fields.path, name, text)
	}
	return value, nil
}

// reader reads many fields and keeps the first error.
type reader struct {
	Fields
	err error
}

func optional[T any](from *reader, name string) *T {
	value, err := find[T](from.Fields, name)
	from.err = first(from.err, err)
	return value
}

func required[T any](from *reader, name string) T {
	value := optional[T](from, name)
	if value == nil {
		from.err = first(from.err, malformed("%s.%s is missing", from.path, name))
		value = new(T)
	}
	return *value
}

func positive(from *reader, name string, limit int) int {
	value := required[int](from, name)
	if value < 1 || value > limit {
		from.err = first(from.err, malformed("%s.%s is out of range: %d", from.path, name, value))
	}
	return value
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func asFailure(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	return &Failure{Stage: "protocol", Text: err.Error()}
}
