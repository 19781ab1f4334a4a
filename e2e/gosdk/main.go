// Command gosdk joins a meeting twice with LiveKit's Go SDK, as a program of somebody else would, and says what came
// across: sound, data, and who is there. It is a module of its own, because the SDK needs an older protocol package.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

func main() {
	url := flag.String("url", "ws://127.0.0.1:7880", "the server")
	key := flag.String("key", "dev", "name of the key")
	secret := flag.String("secret", "", "its secret")
	flag.Parse()
	if err := meet(*url, *key, *secret); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("met")
}

// patience is how long each step may take.
const patience = 15 * time.Second

// meet lets two join, one send and the other receive.
func meet(url, key, secret string) error {
	info := func(identity string) lksdk.ConnectInfo {
		return lksdk.ConnectInfo{APIKey: key, APISecret: secret, RoomName: "gosdk", ParticipantIdentity: identity}
	}
	var packets, data atomic.Int64
	gone := make(chan string, 8)
	anna, err := lksdk.ConnectToRoom(url, info("anna"), &lksdk.RoomCallback{})
	if err != nil {
		return fmt.Errorf("anna joins: %w", err)
	}
	bernd, err := lksdk.ConnectToRoom(url, info("bernd"), &lksdk.RoomCallback{
		OnParticipantDisconnected: func(p *lksdk.RemoteParticipant) { gone <- p.Identity() },
		ParticipantCallback: lksdk.ParticipantCallback{
			OnTrackSubscribed: func(t *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
				for {
					if _, _, err := t.ReadRTP(); err != nil {
						return
					}
					packets.Add(1)
				}
			},
			OnDataPacket: func(_ lksdk.DataPacket, from lksdk.DataReceiveParams) {
				if from.SenderIdentity == "anna" {
					data.Add(1)
				}
			},
		},
	})
	if err != nil {
		return fmt.Errorf("bernd joins: %w", err)
	}
	defer bernd.Disconnect()

	track, err := lksdk.NewLocalSampleTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2})
	if err != nil {
		return err
	}
	if _, err := anna.LocalParticipant.PublishTrack(track, &lksdk.TrackPublicationOptions{Name: "mic", Source: livekit.TrackSource_MICROPHONE}); err != nil {
		return fmt.Errorf("anna publishes: %w", err)
	}
	clock := time.NewTicker(20 * time.Millisecond)
	defer clock.Stop()
	for end := time.Now().Add(patience); packets.Load() < 50 || data.Load() < 5; <-clock.C {
		if time.Now().After(end) {
			return fmt.Errorf("%d packets and %d messages came", packets.Load(), data.Load())
		}
		if err := track.WriteSample(media.Sample{Data: []byte{0xf8, 0xff, 0xfe}, Duration: 20 * time.Millisecond}, nil); err != nil {
			return fmt.Errorf("anna sends: %w", err)
		}
		if err := anna.LocalParticipant.PublishDataPacket(lksdk.UserData([]byte("hello")), lksdk.WithDataPublishReliable(true)); err != nil {
			return fmt.Errorf("anna sends data: %w", err)
		}
	}
	anna.Disconnect()
	select {
	case who := <-gone:
		if who != "anna" {
			return fmt.Errorf("%s left, not anna", who)
		}
		return nil
	case <-time.After(patience):
		return errors.New("nobody was told that anna left")
	}
}
