package bot

import (
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	good := Config{Ignore: []string{"@bridge:x"}, Admin: "@admin:x", Contact: "Mr Lenz, 0171 1234", Du: true}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := Config{Ignore: []string{"bridge"}, Admin: "admin@x", Contact: strings.Repeat("x", mostContact+1)}
	err := bad.Validate()
	for _, key := range []string{"ignore: ", "admin: ", "contact: "} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
}
