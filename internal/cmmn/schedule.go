package cmmn

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// schedule is when a timer occurs: at a time, or a duration after something, once
// or repeatedly.
type schedule struct {
	at    time.Time // zero: after the duration
	every span
	times int // how often in all; unlimited when negative
	start *gate
}

// unlimited repetitions, as in "R/PT1H".
const unlimited = -1

// first returns when the timer first occurs, counted from a start.
func (s *schedule) first(start time.Time) time.Time {
	if !s.at.IsZero() {
		return s.at
	}
	return s.every.after(start)
}

// again returns when the timer occurs after its nth occurrence, and whether it
// does.
func (s *schedule) again(n int, last time.Time) (time.Time, bool) {
	if s.every == (span{}) || s.times != unlimited && n >= s.times {
		return time.Time{}, false
	}
	return s.every.after(last), true
}

// span is an ISO 8601 duration. It is added to a date by the calendar, so P1M
// is a month and not thirty days.
type span struct {
	years, months, days int
	clock               time.Duration
}

func (s span) after(t time.Time) time.Time { return t.AddDate(s.years, s.months, s.days).Add(s.clock) }

// parseSchedule reads an ISO 8601 date-time ("2027-01-31T06:00:00Z"), duration
// ("PT3H") or repeated interval ("R3/PT1H", "R/2027-01-31T06:00:00Z/P1D"). A time
// without a zone is UTC.
func parseSchedule(text string) (*schedule, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "R") {
		return parseOnce(text)
	}
	count, rest, found := strings.Cut(text[1:], "/")
	if !found {
		return nil, errors.New("a repeated interval is written R3/PT1H")
	}
	times := unlimited
	if count != "" && count != "-1" {
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number of repetitions", count)
		}
		times = n
	}
	s := &schedule{times: times}
	if start, every, both := strings.Cut(rest, "/"); both {
		at, err := parseTime(start)
		if err != nil {
			return nil, err
		}
		s.at, rest = at, every
	}
	every, err := ParseSpan(rest)
	if err != nil {
		return nil, err
	}
	s.every = span(every)
	return s, nil
}

func parseOnce(text string) (*schedule, error) {
	if strings.HasPrefix(text, "P") {
		every, err := ParseSpan(text)
		return &schedule{every: span(every), times: 1}, err
	}
	at, err := parseTime(text)
	return &schedule{at: at, times: 1}, err
}

func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no ISO 8601 time or duration, such as 2027-01-31T06:00:00Z or PT3H", text)
}

// Span is an ISO 8601 duration.
type Span span

// After returns the time that lies the span after t.
func (s Span) After(t time.Time) time.Time { return span(s).after(t) }

// spanPattern has weeks alone, or the other designators in order.
var spanPattern = regexp.MustCompile(`^P(?:(\d{1,6})W|(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:[.,](\d{1,9}))?S)?)?)$`)

// ParseSpan reads an ISO 8601 duration greater than zero, such as "PT3H" or
// "P1DT30M".
func ParseSpan(text string) (Span, error) {
	m := spanPattern.FindStringSubmatch(text)
	if m == nil || strings.HasSuffix(text, "T") {
		return Span{}, fmt.Errorf("%q is no ISO 8601 duration, such as PT3H or P1DT30M", text)
	}
	number := func(i int) int { n, _ := strconv.Atoi(m[i]); return n } // absent is 0; the pattern bounds the digits
	fraction, _ := strconv.Atoi((m[8] + "000000000")[:9])
	s := Span{years: number(2), months: number(3), days: number(4) + 7*number(1)}
	s.clock = time.Duration(number(5))*time.Hour + time.Duration(number(6))*time.Minute + time.Duration(number(7))*time.Second + time.Duration(fraction)
	if s == (Span{}) {
		return Span{}, fmt.Errorf("the duration %q is zero", text)
	}
	return s, nil
}

// timers reads the timers' expressions and resolves what starts them.
func (c *compiler) timers() {
	for _, n := range c.program.nodes[1:] {
		if n.def.Timer == nil || n.def.Kind != TimerEvent {
			continue
		}
		s, err := parseSchedule(n.def.Timer.Expression)
		if err != nil {
			c.fault(describe(n), "%v", err)
			continue
		}
		n.timer = s
		if on := n.def.Timer.Start; on != nil {
			start := &Sentry{ID: n.id + " start", On: []OnPart{*on}}
			if p, ok := c.part(n, start, on); ok {
				s.start = &gate{owner: n, kind: timerGate, id: start.ID, sentry: start, parts: []part{p}, anchor: p.common}
				c.program.gates[start.ID] = s.start
			}
		}
	}
}
