package voting

import (
	"cmp"
	"slices"
)

// elect fills the seats, those with more votes first, and says what to do where seats are left.
func (v *Verdict) elect(q Question, r Rule) Outcome {
	order := make([]int, len(v.Judged))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v.Judged[b].For, v.Judged[a].For) })

	var passed, others []int
	for _, i := range order {
		if v.Judged[i].Reached {
			passed = append(passed, i)
		} else {
			others = append(others, i)
		}
	}
	seats := r.Seats
	if seats == 0 { // ballots on each candidate: all who have the majority, and one at least
		seats = max(len(passed), 1)
	}
	v.Winners, v.Again = v.best(passed, seats)
	v.Open = seats - len(v.Winners)
	v.Tie = len(v.Again) > 0
	if v.Open == 0 {
		return Elected
	}
	if !v.Tie && q.Kind != KindSingly { // there, those who are left were voted down
		v.retry(v.voted(others), r.RunOff)
	}
	switch {
	case len(v.Again) == 0:
		return Vacant
	case r.RunOff:
		return Lot
	default:
		return RunOff
	}
}

// retry names those who may still get the seats that are left, though none of them has the
// majority: in a run-off or, after it, by lot. The lot decides between equals and does not lift
// anybody over another.
func (v *Verdict) retry(order []int, last bool) {
	if !last {
		v.Again = v.next(order)
		return
	}
	if better, tied := v.best(order, v.Open); len(better) == 0 {
		v.Again, v.Tie = tied, len(tied) > 0
	}
}

// voted are those of order who have a vote at all.
func (v *Verdict) voted(order []int) []int {
	return slices.DeleteFunc(slices.Clone(order), func(i int) bool { return v.Judged[i].For == 0 })
}

// best are the first of order, at most n, and those of the last equal ones between whom the
// votes do not decide.
func (v *Verdict) best(order []int, n int) (best, tied []int) {
	if len(order) <= n {
		return append([]int{}, order...), nil
	}
	last := v.Judged[order[n-1]].For
	if v.Judged[order[n]].For < last {
		return append([]int{}, order[:n]...), nil
	}
	best = []int{}
	for _, i := range order {
		switch n := v.Judged[i].For; {
		case n > last:
			best = append(best, i)
		case n == last:
			tied = append(tied, i)
		}
	}
	return best, tied
}

// next are those between whom to choose again: twice as many as seats are left, those with the
// most votes and all who have as many as the last of them.
func (v *Verdict) next(order []int) []int {
	places := min(2*v.Open, len(order))
	for places > 0 && places < len(order) && v.Judged[order[places]].For == v.Judged[order[places-1]].For {
		places++
	}
	return order[:places]
}

// Next is the run-off that a verdict proposes: between those whom it names, for the seats that
// are left, by the most votes. With one candidate left it is a ballot for or against, whose
// words the question has only if it was such a ballot before.
func (v *Verdict) Next(q Question) (Question, Rule) {
	next := Question{Kind: KindChoice, Text: q.Text, Invalid: q.Invalid}
	for _, i := range v.Again {
		next.Options = append(next.Options, q.Options[i])
	}
	switch {
	case len(v.Again) == 1:
		next.Kind, next.Answers = KindSingly, q.Answers
	case v.Open > 1:
		next.Kind, next.Most = KindSeveral, v.Open
	case q.Kind == KindChoice && q.Abstain:
		next.Abstain, next.Options = true, append(next.Options, q.Options[len(q.Options)-1])
	}
	return next, Rule{Majority: MajorityRelative, Base: v.Base, Quorum: v.Rule.Quorum, Seats: v.Open, RunOff: true}
}
