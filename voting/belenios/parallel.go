package belenios

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel does n independent pieces of work on all cores. The error is that of the first piece that has one, so what
// is reported does not depend on chance.
func parallel[T any](n int, work func(i int) (T, error)) ([]T, error) {
	results, errs := make([]T, n), make([]error, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if results[i], errs[i] = work(i); errs[i] != nil {
					next.Store(int64(n)) // later pieces are not needed, earlier ones were taken before
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}
