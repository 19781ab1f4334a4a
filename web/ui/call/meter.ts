// The microphone's meter before the call: it shows that the microphone hears something, and keeps nothing of it.

const steps = 20;

/** Meter shows how loud a track is. */
export class Meter {
  private context?: AudioContext;
  private timer = 0;

  constructor(private readonly bar: HTMLMeterElement) {}

  /** Listens to a track, or to none. */
  listen(track?: MediaStreamTrack): void {
    clearInterval(this.timer);
    void this.context?.close();
    this.context = undefined;
    this.bar.value = 0;
    this.bar.hidden = !track;
    if (!track) return;
    this.context = new AudioContext();
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 512;
    this.context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    this.timer = window.setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      const loud = Math.sqrt(wave.reduce((sum, v) => sum + v * v, 0) / wave.length);
      // From a whisper to a shout in equal steps, as ears hear it.
      this.bar.value = loud > 0 ? Math.max(0, Math.round((1 + Math.log10(loud) / 3) * steps)) : 0;
    }, 100);
  }
}
