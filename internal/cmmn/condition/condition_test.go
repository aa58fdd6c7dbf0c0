package condition

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/cmmn"
)

// givenValues are values in the form in which the case file decodes them.
type givenValues map[string]any

// Value implements [cmmn.Values].
func (g givenValues) Value(name string) (any, bool) {
	v, known := g[name]
	return v, known
}

var file = givenValues{
	"yes": true, "no": false, "n": int64(3), "big": int64(1<<53 + 1), "f": 2.5, "s": "lab", "none": nil,
	"l": []any{int64(1), int64(2), "x"}, "o": map[string]any{"name": "lab", "deep": map[string]any{"n": int64(1)}},
	"many": slices.Repeat([]any{int64(1)}, 2000),
}

func compiler(t testing.TB) *Compiler {
	t.Helper()
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHolds(t *testing.T) {
	c := compiler(t)
	for _, one := range []struct {
		text  string
		holds bool
		fails string // a part of the reason; empty: it can be evaluated
		reads string
	}{
		{"true", true, "", ""},
		{"yes", true, "", "yes"},
		{"no || yes", true, "", "no yes"},
		{"yes && !no", true, "", "no yes"},
		{"n == 3", true, "", "n"},
		{"n == 3.0", true, "", "n"},
		{"n > 2.5 && f < 3", true, "", "f n"},
		{"big == 9007199254740993", true, "", "big"},
		{"big == 9007199254740992", false, "", "big"},
		{"s == 'lab' && s.startsWith('l')", true, "", "s"},
		{"s in ['home', 'lab']", true, "", "s"},
		{"none == null", true, "", "none"},
		{"n > 2 ? yes : no", true, "", "n no yes"},
		{"l[0] == 1 && size(l) == 3", true, "", "l"},
		{"l[9] == 1", false, "index", "l"},
		{"o.name == 'lab' && o.deep.n == 1", true, "", "o"},
		{"o['name'] == 'lab'", true, "", "o"},
		{"o.other == 1", false, "no such key", "o"},
		{"has(o.name) && !has(o.other)", true, "", "o"},
		{"type(n) == int", true, "", "n"},
		// Macros bind names of their own, which are not values.
		{"l.exists(e, e == n - 1)", true, "", "l n"},
		{"l.all(e, e == 1)", false, "", "l"},
		{"l.filter(e, type(e) == int).map(e, e * 2) == [2, 4]", true, "", "l"},
		{"l.exists_one(n, n == 1)", true, "", "l"},
		{"l.exists(s, s == 1) && s == 'lab'", true, "", "l s"},
		// A missing value satisfies nothing.
		{"missing", false, "missing has no value", "missing"},
		{"!missing", false, "missing has no value", "missing"},
		{"yes || missing", false, "missing has no value", "missing yes"},
		{"missing == null", false, "missing has no value", "missing"},
		{"has(missing.name)", false, "missing has no value", "missing"},
		// Types are known only now.
		{"s > 3", false, "no such overload", "s"},
		{"n && yes", false, "no such overload", "n yes"},
		{"n", false, "neither true nor false", "n"},
		{"s", false, "neither true nor false", "s"},
		{"n / 0 == 1", false, "divi", "n"},
		{"n + 9223372036854775807 > 0", false, "overflow", "n"},
		// A bomb must not cost more than the limit.
		{"many.all(a, many.all(b, many.all(c, a + b + c > 0)))", false, "cost", "many"},
	} {
		compiled, err := c.Compile(cmmn.Expression{Text: one.text})
		if err != nil {
			t.Errorf("%s: %v", one.text, err)
			continue
		}
		if got := strings.Join(compiled.Reads(), " "); got != one.reads {
			t.Errorf("%s reads %q, want %q", one.text, got, one.reads)
		}
		holds, err := compiled.Holds(file)
		if holds != one.holds || (err != nil) != (one.fails != "") || err != nil && !strings.Contains(err.Error(), one.fails) {
			t.Errorf("%s: %v, %v; want %v, %q", one.text, holds, err, one.holds, one.fails)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	c := compiler(t)
	for _, one := range []struct {
		e      cmmn.Expression
		reason string
	}{
		{cmmn.Expression{Text: "a &&"}, "at column 5: "},
		{cmmn.Expression{Text: "a b"}, "at column 3: "},
		{cmmn.Expression{Text: "a = b"}, "at column 3: "},
		{cmmn.Expression{Text: "'open"}, "at column 1: "},
		{cmmn.Expression{Text: "1 + 1"}, "a condition must be true or false; this one is of type int"},
		{cmmn.Expression{Text: "'true'"}, "this one is of type string"},
		{cmmn.Expression{Text: "nothing(a)"}, "undeclared reference to 'nothing'"},
		{cmmn.Expression{Text: "1 == 'a'"}, "no matching overload"},
		{cmmn.Expression{Text: "a", Language: "http://www.w3.org/1999/XPath"}, "write the condition in CEL"},
		{cmmn.Expression{Text: strings.Repeat("a", maxText+1)}, "is too long"},
		{cmmn.Expression{Text: strings.Repeat("(", 500) + "a" + strings.Repeat(")", 500)}, "recursion"},
		{cmmn.Expression{Text: strings.Repeat("!", 900) + "a"}, ""},
		{cmmn.Expression{Text: strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + " == a"}, "recursion"},
	} {
		_, err := c.Compile(one.e)
		if one.reason == "" {
			continue // it only has to come back
		}
		if err == nil || !strings.Contains(err.Error(), one.reason) {
			t.Errorf("%.40s: %v, want %q", one.e.Text, err, one.reason)
		}
	}
}

func TestUnmet(t *testing.T) {
	c := compiler(t)
	for _, one := range []struct {
		text string
		want []string
	}{
		{"yes", nil},
		{"yes && n > 2", nil},
		{"no", []string{"no"}},
		{"yes && no", []string{"no"}},
		{"no && yes && n > 5 && missing", []string{"no", "n > 5", "missing"}},
		{"(no && yes) && (n > 5)", []string{"no", "n > 5"}},
		{"no || n > 5", []string{"no || n > 5"}},
		{"yes && (no || missing)", []string{"no || missing"}},
		{"yes && l.all(e, e == 1)", []string{"l.all(e, e == 1)"}},
		{"s > 3 && yes", []string{"s > 3"}},
	} {
		compiled, err := c.Compile(cmmn.Expression{Text: one.text})
		if err != nil {
			t.Errorf("%s: %v", one.text, err)
			continue
		}
		if diff := cmp.Diff(one.want, compiled.Unmet(file)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", one.text, diff)
		}
	}
}

// FuzzCondition checks that no text and no values make conditions panic or run on.
// A condition that does not hold must have unmet parts.
func FuzzCondition(f *testing.F) {
	c := compiler(f)
	for _, text := range []string{
		"a", "a && b > 2", "l.exists(e, e == a)", "has(o.x) && o.x.y == 'z'", "a ? b : c", "type(a) == int", "l.all(x, l.all(y, l.all(z, x == y)))", "{'a': b}.a", "[a][b]",
		"a.matches('(a+)+$')", "timestamp(a) < timestamp(b)", "duration(a) > duration('1h')", "-a < +1", "b'x' == bytes(a)", "dyn(a) == 1u",
	} {
		f.Add(text, `{"a":true,"b":3,"l":[1,2.5,"x",null],"o":{"x":{"y":"z"}}}`)
	}
	f.Fuzz(func(t *testing.T, text, values string) {
		decoded := givenValues{}
		if json.Unmarshal([]byte(values), &decoded) != nil {
			return
		}
		compiled, err := c.Compile(cmmn.Expression{Text: text})
		if err != nil {
			return
		}
		holds, err := compiled.Holds(decoded)
		if holds && err != nil {
			t.Errorf("%q holds and fails: %v", text, err)
		}
		if unmet := compiled.Unmet(decoded); holds != (len(unmet) == 0) {
			t.Errorf("%q holds: %t, unmet: %q", text, holds, unmet)
		}
	})
}
