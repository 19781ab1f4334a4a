// Two notes to hear whether the loudspeaker works, before the call.
const notes = [523, 659]; // hertz
const length = 0.35; // seconds of each
const loud = 0.2;

/** Plays the notes, one after the other. */
export function playTone(): void {
  const context = new AudioContext();
  notes.forEach((hertz, i) => {
    const from = context.currentTime + i * length;
    const volume = context.createGain();
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(loud, from + 0.05); // without a crack
    volume.gain.linearRampToValueAtTime(0, from + length);
    const voice = context.createOscillator();
    voice.frequency.value = hertz;
    voice.connect(volume).connect(context.destination);
    voice.start(from);
    voice.stop(from + length);
    if (i === notes.length - 1) voice.addEventListener("ended", () => void context.close());
  });
}
