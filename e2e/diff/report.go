package main

import (
	"fmt"
	"slices"
	"time"
)

// nextSeed is the seed of the run that follows (an increment of Weyl's sequence, so that runs have no stream in common).
func nextSeed(seed uint64) uint64 { return seed + 0x9e3779b97f4a7c15 }

// all is every run of every configuration, with a row for each and the device that it is.
func (c *comparison) all(o *options) error {
	var sum result
	seed := o.seed
	for n := range o.runs {
		fmt.Printf("seed %d (run %d of %d)\n%-26s %9s %9s %12s %8s\n", seed, n+1, o.runs, "configuration", "accesses", "scenarios", "differences", "seconds")
		for _, conf := range ofRun(o, seed) {
			c.row(&sum, seed, &conf)
		}
		seed = nextSeed(seed)
	}
	return c.conclude(sum)
}

// ofRun are the configurations of one run: all of the table and some drawn ones, as far as their names were asked for.
func ofRun(o *options, seed uint64) (out []configuration) {
	all := slices.Clone(configurations)
	for n := range o.drawn {
		all = append(all, drawn(seed, n))
	}
	for _, conf := range all {
		if o.only.MatchString(conf.name) && (o.taps || conf.tap == 0) {
			out = append(out, conf)
		}
	}
	return out
}

func (c *comparison) row(sum *result, seed uint64, conf *configuration) {
	began := time.Now()
	r, err := c.configuration(seed, conf)
	if err != nil {
		fmt.Printf("  %s: %v\n", conf.name, err)
		r.failures++
	}
	fmt.Printf("%-26s %9d %9d %12d %8.1f\n", conf.name, r.accesses, r.scenarios, r.differences, time.Since(began).Seconds())
	for _, line := range conf.lines() {
		fmt.Printf("    -device %s\n", line)
	}
	if conf.tap > 0 {
		fmt.Printf("    over a tap, queues %d\n", conf.tap)
	}
	sum.accesses += r.accesses
	sum.scenarios += r.scenarios
	sum.differences += r.differences
	sum.failures += r.failures
	sum.refused += r.refused
}

// conclude prints the deliberate differences that were met, and the last line.
func (c *comparison) conclude(sum result) error {
	fmt.Println("deliberate differences")
	for _, d := range differences {
		fmt.Printf("%9d  %s\n", c.told.times[d], d.what)
	}
	fmt.Printf("%d accesses, %d scenarios, %d configurations that both refuse, %d unexplained differences\n",
		sum.accesses, sum.scenarios, sum.refused, sum.differences)
	if sum.failures > 0 {
		return fmt.Errorf("%d configurations could not be compared to the end", sum.failures)
	}
	if sum.differences > 0 {
		return errDifferent
	}
	return nil
}
