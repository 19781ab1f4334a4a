// Command sfuload puts synthetic WebRTC load on a selective forwarding server
// and reports what arrived, how late, and what it cost the server.
//
// Every publisher sends VP8 (and Opus) at a fixed rate with the send time in
// the payload; sender and receiver share one clock, so a packet's age at the
// receiver is the one-way latency. -server direct connects publishers and
// subscribers without a server: subtract it to get what the server adds.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

type load struct {
	api     *webrtc.API
	senders map[flowKey]*Sender
	burst   bool
	foreign counter // packets without a stamp: padding, probes, silence
}

func (l *load) sender(s stamp) *Sender { return l.senders[flowKey{pub: s.pub, kind: s.kind}] }

type result struct {
	Server       string  `json:"server"`
	Scenario     string  `json:"scenario"`
	Seconds      float64 `json:"seconds"`
	Expected     uint64  `json:"expected_packets"`
	Delivered    uint64  `json:"delivered_packets"`
	LossPct      float64 `json:"loss_pct"`
	Dups         uint64  `json:"duplicates"`
	Foreign      uint64  `json:"unstamped"`
	Mbps         float64 `json:"delivered_mbit_s"`
	P50us        float64 `json:"latency_p50_us"`
	P99us        float64 `json:"latency_p99_us"`
	MaxUs        int64   `json:"latency_max_us"`
	CPUUser      float64 `json:"server_cpu_user_s"`
	CPUSys       float64 `json:"server_cpu_sys_s"`
	CPUPerGbit   float64 `json:"server_cpu_s_per_gbit"`
	CPUPerPkt    float64 `json:"server_cpu_us_per_packet"`
	RSSIdle      float64 `json:"server_rss_idle_mib"`
	RSS          float64 `json:"server_rss_mib"`
	RSSPer       float64 `json:"server_rss_per_participant_mib"`
	JoinVideoP50 float64 `json:"join_to_video_p50_ms"`
	JoinVideoMax float64 `json:"join_to_video_max_ms"`
	JoinAudioP50 float64 `json:"join_to_audio_p50_ms"`
	NoMedia      int     `json:"subscribers_without_video"`
	Silent       int     `json:"flows_without_packets"`
	LoadCPU      float64 `json:"loadgen_cpu_s"`
	OtherCPU     float64 `json:"other_cpu_s"`
}

func main() {
	var (
		server  = flag.String("server", "slots", "adapter: livekit, galene, slots, whip, direct")
		url     = flag.String("url", "", "server address, e.g. ws://127.0.0.1:7880")
		key     = flag.String("key", "", "API key (livekit) or password (galene)")
		secret  = flag.String("secret", "", "API secret (livekit)")
		room    = flag.String("room", "bench", "room")
		pubs    = flag.Int("pubs", 1, "participants that publish")
		subs    = flag.Int("subs", 50, "participants that only watch")
		all     = flag.Bool("all", false, "publishers also subscribe to each other")
		vbps    = flag.Int("video", 1_500_000, "video bit/s per publisher, 0 for none")
		abps    = flag.Int("audio", 32_000, "audio bit/s per publisher, 0 for none")
		simul   = flag.Bool("simulcast", false, "send three layers (1/12, 1/4 and all of -video)")
		burst   = flag.Bool("burst", false, "send a frame's packets back to back instead of paced")
		warm    = flag.Duration("warm", 4*time.Second, "settle time before measuring")
		dur     = flag.Duration("dur", 20*time.Second, "measured time")
		stagger = flag.Duration("stagger", 40*time.Millisecond, "time between joins")
		pid     = flag.Int("pid", 0, "server process to measure")
		idle    = flag.Float64("idle", 0, "server RSS in MiB before load; 0: read it now")
		asJSON  = flag.Bool("json", false, "print JSON")
		debug   = flag.Bool("debug", false, "pion warnings")
	)
	flag.Parse()
	ad, err := newAdapter(*server, adapterConfig{*url, *key, *secret})
	if err != nil {
		log.Fatal(err)
	}
	api, err := newAPI(*debug)
	if err != nil {
		log.Fatal(err)
	}
	l := &load{api: api, senders: map[flowKey]*Sender{}}
	srv := proc{*pid}
	res := result{Server: *server, RSSIdle: *idle}
	l.burst = *burst
	res.Scenario = fmt.Sprintf("%dp+%ds all=%v video=%d audio=%d simulcast=%v burst=%v", *pubs, *subs, *all, *vbps, *abps, *simul, *burst)
	if *pid != 0 && res.RSSIdle == 0 {
		res.RSSIdle = srv.memMiB("VmRSS")
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	var people []*Participant
	names := []string{}
	for i := range *pubs {
		names = append(names, fmt.Sprintf("pub%d", i))
	}
	for i := range *pubs + *subs {
		p := &Participant{
			Room: *room, Publishers: names, Subscribe: *all || i >= *pubs, load: l,
			firstMedia: map[string]time.Duration{}, flows: map[flowKey]*flow{},
		}
		p.Name = fmt.Sprintf("sub%d", i)
		if i < *pubs {
			p.Name = names[i]
			if *vbps > 0 {
				rates := []int{*vbps}
				if *simul {
					rates = []int{*vbps / 12, *vbps / 4, *vbps}
				}
				if err := l.addSender(p, i, webrtc.RTPCodecTypeVideo, rates); err != nil {
					log.Fatal(err)
				}
			}
			if *abps > 0 {
				if err := l.addSender(p, i, webrtc.RTPCodecTypeAudio, []int{*abps}); err != nil {
					log.Fatal(err)
				}
			}
		}
		people = append(people, p)
	}

	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		left closers
	)
	join := func(p *Participant) {
		defer wg.Done()
		p.begin = time.Now()
		jctx, stop := context.WithTimeout(ctx, 30*time.Second)
		defer stop()
		c, err := ad.Join(jctx, p)
		if err != nil {
			log.Printf("%s: %v", p.Name, err)
			return
		}
		mu.Lock()
		left = append(left, c)
		mu.Unlock()
		for _, s := range p.Senders {
			go s.run(ctx, l.burst)
		}
	}
	for i, p := range people {
		if i == *pubs {
			time.Sleep(time.Second) // watchers come to a running room
		}
		wg.Add(1)
		go join(p)
		time.Sleep(*stagger)
	}
	wg.Wait()
	time.Sleep(*warm)
	runtime.GC()

	self := proc{}
	u0, s0 := srv.cpu()
	lu0, ls0 := self.cpu()
	b0 := machineBusy()
	rss := samples(srv, 500*time.Millisecond)
	t0 := time.Now()
	for _, s := range l.senders {
		for i := range s.layers {
			n := s.seq[i].Load()
			s.to[i].Store(^uint32(0))
			s.from[i].Store(n)
		}
	}
	time.Sleep(*dur)
	for _, s := range l.senders {
		for i := range s.layers {
			s.to[i].Store(s.seq[i].Load())
		}
	}
	res.Seconds = time.Since(t0).Seconds()
	u1, s1 := srv.cpu()
	lu1, ls1 := self.cpu()
	res.OtherCPU = machineBusy() - b0 - (lu1 - lu0) - (ls1 - ls0)
	res.LoadCPU = lu1 - lu0 + ls1 - ls0
	if *pid != 0 {
		res.CPUUser, res.CPUSys = u1-u0, s1-s0
		res.OtherCPU -= res.CPUUser + res.CPUSys
		res.RSS = rss()
		res.RSSPer = (res.RSS - res.RSSIdle) / float64(len(people))
	}
	time.Sleep(time.Second) // let retransmissions in

	l.collect(people, &res)
	cancel()
	if *asJSON {
		_ = json.NewEncoder(os.Stdout).Encode(res)
	} else {
		res.print(os.Stdout)
	}
	for _, c := range left {
		go c.Close()
	}
	time.Sleep(500 * time.Millisecond)
}

func (l *load) addSender(p *Participant, pub int, kind webrtc.RTPCodecType, rates []int) error {
	s, err := newSender(p.Name, pub, kind, rates)
	if err != nil {
		return err
	}
	k := flowKey{pub: uint16(pub)}
	if kind == webrtc.RTPCodecTypeAudio {
		k.kind = 1
	}
	l.senders[k] = s
	p.Senders = append(p.Senders, s)
	return nil
}

func (l *load) collect(people []*Participant, res *result) {
	var (
		lat          histogram
		bytes        uint64
		video, audio []float64
	)
	for pi, p := range people {
		if !p.Subscribe {
			continue
		}
		p.mu.Lock()
		if d, ok := p.firstMedia["video"]; ok {
			video = append(video, d.Seconds()*1000)
		} else if len(p.Publishers) > 0 {
			res.NoMedia++
		}
		if d, ok := p.firstMedia["audio"]; ok {
			audio = append(audio, d.Seconds()*1000)
		}
		for k, s := range l.senders {
			if int(k.pub) == pi { // one's own media does not come back
				continue
			}
			got := false
			for i := range s.layers {
				got = got || p.flows[flowKey{k.pub, k.kind, uint8(i)}] != nil
			}
			if !got {
				if res.Silent++; res.Silent <= 10 {
					log.Printf("nothing of %s's %s at %s", s.layers[0].StreamID(), s.kind, p.Name)
				}
			}
			if len(s.layers) == 1 {
				res.Expected += uint64(s.to[0].Load() - s.from[0].Load())
			}
			for i := range s.layers {
				if f := p.flows[flowKey{k.pub, k.kind, uint8(i)}]; f != nil {
					n := f.unique()
					res.Delivered += n
					if len(s.layers) > 1 {
						res.Expected += n // which layer is right is the server's choice
					}
					res.Dups += f.dups
					bytes += f.bytes
					lat.merge(&f.lat)
				}
			}
		}
		p.mu.Unlock()
	}
	res.Foreign = l.foreign.Load()
	if res.Expected > 0 {
		res.LossPct = 100 * (1 - float64(res.Delivered)/float64(res.Expected))
	}
	res.Mbps = float64(bytes) * 8 / 1e6 / res.Seconds
	res.P50us, res.P99us, res.MaxUs = lat.quantile(.5), lat.quantile(.99), lat.largest
	cpu := res.CPUUser + res.CPUSys
	if bytes > 0 {
		res.CPUPerGbit = cpu / (float64(bytes) * 8 / 1e9)
		res.CPUPerPkt = cpu * 1e6 / float64(res.Delivered)
	}
	mid := func(v []float64) (m, top float64) {
		if len(v) == 0 {
			return 0, 0
		}
		slices.Sort(v)
		return v[len(v)/2], v[len(v)-1]
	}
	res.JoinVideoP50, res.JoinVideoMax = mid(video)
	res.JoinAudioP50, _ = mid(audio)
}

func (r *result) print(w io.Writer) {
	fmt.Fprintf(w, `%s  %s
  delivered  %d of %d packets (loss %.3f %%, %d duplicates, %d unstamped), %.1f Mbit/s
  latency    p50 %.0f us   p99 %.0f us   max %d us
  server     %.2f s user + %.2f s sys in %.1f s = %.2f CPU s/Gbit, %.1f us/packet
  memory     %.1f MiB idle, %.1f MiB loaded, %.2f MiB/participant
  join       video p50 %.0f ms max %.0f ms, audio p50 %.0f ms, %d without video, %d flows silent
  context    load generator %.1f CPU s, rest of machine %.1f CPU s
`, r.Server, r.Scenario, r.Delivered, r.Expected, r.LossPct, r.Dups, r.Foreign, r.Mbps,
		r.P50us, r.P99us, r.MaxUs, r.CPUUser, r.CPUSys, r.Seconds, r.CPUPerGbit, r.CPUPerPkt,
		r.RSSIdle, r.RSS, r.RSSPer, r.JoinVideoP50, r.JoinVideoMax, r.JoinAudioP50, r.NoMedia, r.Silent,
		r.LoadCPU, r.OtherCPU)
}

// newAPI offers VP8 and Opus only, with the usual feedback, on 127.0.0.1.
func newAPI(debug bool) (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	fb := []webrtc.RTCPFeedback{{Type: "goog-remb"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	for _, c := range []struct {
		kind webrtc.RTPCodecType
		p    webrtc.RTPCodecParameters
	}{
		{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		}}},
		{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecParameters{PayloadType: 96, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: fb,
		}}},
		{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecParameters{PayloadType: 97, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96",
		}}},
	} {
		if err := m.RegisterCodec(c.p, c.kind); err != nil {
			return nil, err
		}
	}
	ir := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(m, ir); err != nil {
		return nil, err
	}
	var se webrtc.SettingEngine
	se.SetIncludeLoopbackCandidate(true)
	se.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetSRTPReplayProtectionWindow(1024)
	lf := logging.NewDefaultLoggerFactory()
	lf.DefaultLogLevel = logging.LogLevelDisabled
	if debug {
		lf.DefaultLogLevel = logging.LogLevelWarn
	}
	se.LoggerFactory = lf
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(ir), webrtc.WithSettingEngine(se)), nil
}
