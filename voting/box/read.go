package box

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Read is the ballot of each credential in an archive as the group has it: the last one counts.
// The archive is one that was verified; Read judges nothing but its form.
func Read(archive []byte) (map[string][]byte, error) {
	records := make(map[string][]byte)
	var ballots []string
	for tr := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the archive: %w", err)
		}
		content, err := io.ReadAll(tr)
		if err != nil {
			return nil, fmt.Errorf("reading the archive: %w", err)
		}
		if hash, ok := strings.CutSuffix(header.Name, ".data.json"); ok {
			records[hash] = content
			continue
		}
		if !strings.HasSuffix(header.Name, ".event.json") {
			continue
		}
		var event struct{ Type, Payload string }
		if err := json.Unmarshal(content, &event); err != nil {
			return nil, fmt.Errorf("reading an event of the archive: %w", err)
		}
		if event.Type == "Ballot" {
			ballots = append(ballots, event.Payload)
		}
	}
	found := make(map[string][]byte, len(ballots))
	for _, hash := range ballots {
		var ballot struct{ Credential string }
		if err := json.Unmarshal(records[hash], &ballot); err != nil {
			return nil, fmt.Errorf("reading a ballot of the archive: %w", err)
		}
		found[ballot.Credential] = records[hash]
	}
	return found, nil
}
