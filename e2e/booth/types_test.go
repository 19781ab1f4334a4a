package booth

import (
	"path/filepath"
	"testing"

	"stimmbote/e2e/node"

	"stimmbote/e2e/eyes"
)

// TestTypes has TypeScript's own compiler look at what esbuild builds without looking.
func TestTypes(t *testing.T) {
	t.Parallel()
	repo := eyes.Must(filepath.Abs("../.."))(t)
	if said, err := node.Run(t.Context(), repo, "node_modules/typescript/lib/tsc.js", "--project", filepath.Join(repo, "web", "ui")); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}
