package cmmn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// decodeValue reads one JSON value. Whole numbers become int64, so that large
// ones keep all their digits.
func decodeValue(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("a value that is not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("a value is followed by something else")
	}
	return plainNumbers(v)
}

func plainNumbers(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("the number %s is out of range", v)
		}
		return f, nil
	case []any:
		for i := range v {
			var err error
			if v[i], err = plainNumbers(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			var err error
			if v[name], err = plainNumbers(v[name]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// canonical returns the JSON form of a value in the journal: no spaces, keys in
// order.
func canonical(v any) (json.RawMessage, error) { return json.Marshal(v) }
