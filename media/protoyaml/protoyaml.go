// Package protoyaml stands in for the package of this name (see replace in go.mod), of which livekit/protocol calls two
// functions for configurations that nothing here has. The original brings a whole language of rules (CEL) into every
// program: four megabytes, and as much memory from the start.
//
// It translates by way of JSON, and knows no rules and no places of errors.
package protoyaml

import (
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// MarshalOptions say how a message is written.
type MarshalOptions struct {
	UseProtoNames bool // names of fields as in the .proto file, not as in JSON
}

// Marshal writes a message as YAML.
func (o MarshalOptions) Marshal(m proto.Message) ([]byte, error) {
	data, err := protojson.MarshalOptions{UseProtoNames: o.UseProtoNames}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encoding a message: %w", err)
	}
	var fields any
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("reading an encoded message: %w", err)
	}
	return yaml.Marshal(fields)
}

// Unmarshal reads a message from YAML.
func Unmarshal(data []byte, m proto.Message) error {
	var fields any
	if err := yaml.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("reading YAML: %w", err)
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("translating YAML: %w", err)
	}
	return protojson.Unmarshal(data, m)
}
