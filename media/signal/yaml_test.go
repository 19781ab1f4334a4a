package signal

import (
	"testing"

	"buf.build/go/protoyaml"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// What stands in for protoyaml writes and reads what livekit/protocol writes and reads by it.
func TestConfigurationsAsYAML(t *testing.T) {
	room := &livekit.RoomConfiguration{Name: "a room", EmptyTimeout: 300, Agents: []*livekit.RoomAgentDispatch{{AgentName: "nobody"}}}
	fields, err := room.MarshalYAML()
	if err != nil || fields.(map[string]any)["empty_timeout"] != 300 {
		t.Fatalf("%v, %v", fields, err)
	}
	text, err := protoyaml.MarshalOptions{UseProtoNames: true}.Marshal(room)
	if err != nil {
		t.Fatal(err)
	}
	read := &livekit.RoomConfiguration{}
	if err := protoyaml.Unmarshal(text, read); err != nil || !proto.Equal(read, room) {
		t.Errorf("%s comes back as %v, %v", text, read, err)
	}
	if err := protoyaml.Unmarshal([]byte("empty_timeout: [never]"), read); err == nil {
		t.Error("nonsense is read")
	}
}
