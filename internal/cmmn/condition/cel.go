// Package condition compiles the conditions of a case from CEL, the Common
// Expression Language. Evaluation is limited in cost, has no side effects and
// never panics.
package condition

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"

	"cairn/internal/cmmn"
)

const (
	// maxText is the longest condition, in bytes.
	maxText = 4 << 10
	// maxCost is the most that one evaluation may cost, in CEL's units. Reading or
	// comparing a value costs about one unit.
	maxCost = 100_000
	// maxNesting limits the depth of the recursive parser's stack.
	maxNesting = 64
)

// Compiler compiles CEL. Several goroutines may use it at the same time.
type Compiler struct {
	env *cel.Env
}

// New returns a compiler.
func New() (*Compiler, error) {
	env, err := cel.NewEnv(
		cel.CrossTypeNumericComparisons(true),
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserExpressionSizeLimit(maxText),
		cel.EnableMacroCallTracking(), // lets Unparse write parts with macros
	)
	if err != nil {
		return nil, fmt.Errorf("cannot set up conditions: %w", err)
	}
	return &Compiler{env}, nil
}

var _ cmmn.Conditions = (*Compiler)(nil)

// Compile implements [cmmn.Conditions]. It checks the syntax and that the
// result can be true or false. Types of values are checked only on evaluation,
// because the case file declares none.
func (c *Compiler) Compile(e cmmn.Expression) (cmmn.Condition, error) {
	if e.Language != "" && e.Language != cmmn.CEL {
		return nil, fmt.Errorf("the language %q is unknown; write the condition in CEL", e.Language)
	}
	if len(e.Text) > maxText {
		return nil, fmt.Errorf("a condition of %d bytes is too long; the limit is %d", len(e.Text), maxText)
	}
	parsed, issues := c.env.Parse(e.Text)
	if issues.Err() != nil {
		return nil, syntaxError(issues)
	}
	parts, err := operands(parsed.NativeRep())
	if err != nil {
		return nil, err
	}
	names := freeNames(parsed.NativeRep().Expr())
	program, err := c.program(e.Text, names)
	if err != nil {
		return nil, err
	}
	return &condition{compiler: c, text: e.Text, names: names, program: program, parts: parts}, nil
}

func syntaxError(issues *cel.Issues) error {
	first := issues.Errors()[0]
	return fmt.Errorf("at column %d: %s", first.Location.Column()+1, strings.ToLower(first.Message[:1])+first.Message[1:])
}

// program compiles the text with all names it reads declared.
func (c *Compiler) program(text string, names []string) (cel.Program, error) {
	declared := make([]cel.EnvOption, 0, len(names))
	for _, name := range names {
		declared = append(declared, cel.Variable(name, cel.DynType))
	}
	env, err := c.env.Extend(declared...)
	if err != nil {
		return nil, err
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, syntaxError(issues)
	}
	if out := checked.OutputType(); !out.IsExactType(cel.BoolType) && !out.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("a condition must be true or false; this one is of type %s", out)
	}
	return env.Program(checked, cel.CostLimit(maxCost))
}

// operands returns the texts of the operands if the condition is a conjunction,
// and nothing otherwise.
func operands(parsed *ast.AST) ([]string, error) {
	all := conjuncts(parsed.Expr())
	if len(all) < 2 {
		return nil, nil
	}
	texts := make([]string, len(all))
	for i, operand := range all {
		text, err := parser.Unparse(operand, parsed.SourceInfo())
		if err != nil {
			return nil, fmt.Errorf("cannot split the condition: %w", err)
		}
		texts[i] = text
	}
	return texts, nil
}

func conjuncts(e ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.LogicalAnd {
		return []ast.Expr{e}
	}
	var all []ast.Expr
	for _, operand := range e.AsCall().Args() {
		all = append(all, conjuncts(operand)...)
	}
	return all
}

// freeNames returns the names that an expression reads from outside, without
// those that a macro such as all() binds.
func freeNames(e ast.Expr) []string {
	free := map[string]bool{}
	collect(e, map[string]int{}, free)
	names := make([]string, 0, len(free))
	for name := range free {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func collect(e ast.Expr, bound map[string]int, free map[string]bool) {
	switch e.Kind() {
	case ast.IdentKind:
		if name := e.AsIdent(); bound[name] == 0 && !isTypeName(name) {
			free[name] = true
		}
	case ast.SelectKind:
		collect(e.AsSelect().Operand(), bound, free)
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			collect(call.Target(), bound, free)
		}
		for _, argument := range call.Args() {
			collect(argument, bound, free)
		}
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			collect(element, bound, free)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			collect(entry.AsMapEntry().Key(), bound, free)
			collect(entry.AsMapEntry().Value(), bound, free)
		}
	case ast.StructKind:
		for _, field := range e.AsStruct().Fields() {
			collect(field.AsStructField().Value(), bound, free)
		}
	case ast.ComprehensionKind:
		collectComprehension(e.AsComprehension(), bound, free)
	}
}

func collectComprehension(c ast.ComprehensionExpr, bound map[string]int, free map[string]bool) {
	collect(c.IterRange(), bound, free)
	collect(c.AccuInit(), bound, free)
	own := []string{c.IterVar(), c.IterVar2(), c.AccuVar()}
	for _, name := range own {
		bound[name]++
	}
	collect(c.LoopCondition(), bound, free)
	collect(c.LoopStep(), bound, free)
	collect(c.Result(), bound, free)
	for _, name := range own {
		bound[name]--
	}
}

// isTypeName recognises CEL's own names of types, as in type(x) == int. They
// are not values of the case file.
func isTypeName(name string) bool {
	return slices.Contains([]string{"bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"}, name)
}

// condition is a compiled CEL expression.
type condition struct {
	compiler *Compiler
	text     string
	names    []string
	program  cel.Program
	parts    []string
}

// Reads implements [cmmn.Condition].
func (c *condition) Reads() []string { return c.names }

// Holds implements [cmmn.Condition].
func (c *condition) Holds(values cmmn.Values) (bool, error) {
	for _, name := range c.names {
		if _, known := values.Value(name); !known {
			return false, fmt.Errorf("%s has no value", name)
		}
	}
	out, _, err := c.program.Eval(activation{values})
	if err != nil {
		return false, err
	}
	holds, isBool := out.(types.Bool)
	if !isBool {
		return false, errors.New("it is neither true nor false")
	}
	return bool(holds), nil
}

// Unmet implements [cmmn.Condition]. It serves explanations to people and is
// rare, so the parts are compiled only here.
func (c *condition) Unmet(values cmmn.Values) []string {
	if holds, _ := c.Holds(values); holds {
		return nil
	}
	var unmet []string
	for _, text := range c.parts {
		part, err := c.compiler.Compile(cmmn.Expression{Text: text})
		if err != nil {
			return []string{c.text}
		}
		if holds, _ := part.Holds(values); !holds {
			unmet = append(unmet, text)
		}
	}
	if len(unmet) == 0 {
		return []string{c.text}
	}
	return unmet
}

// activation gives CEL access to the values.
type activation struct{ values cmmn.Values }

// ResolveName implements cel's Activation.
func (a activation) ResolveName(name string) (any, bool) { return a.values.Value(name) }

// Parent implements cel's Activation.
func (activation) Parent() cel.Activation { return nil }
