package keyholder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"stimmbote/chat"
	"stimmbote/keyholder/policy"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// kindSaid is the only kind of delivery.
const kindSaid = "keyholder"

// said is the payload of a delivery: the words, and the record beside them.
type said struct {
	Key    string          `json:"key"`
	Args   []any           `json:"args,omitempty"`
	More   string          `json:"more,omitempty"` // a sentence behind that, with the same arguments
	Rule   policy.Rule     `json:"rule,omitempty"` // its sentence is the argument "why"
	Record json.RawMessage `json:"record,omitempty"`
	File   []byte          `json:"file,omitempty"` // the rest of the record
}

// say is a delivery about a vote, which is sent once.
func say(v *vote, what, key string, r parley.Record, args ...any) (chat.Delivery, error) {
	r.Poll = voting.ID(v.Poll)
	number := "" // as it stands behind a command
	if v.seen.Number > 0 {
		number = " " + strconv.Itoa(v.seen.Number)
	}
	args = append(args, "question", v.seen.Question.Asked.Text, "number", number, "page", v.seen.Forged)
	d, err := delivery(saidKey(v, what), v.at(), said{Key: key, Args: args, Rule: policy.Rule(r.Rule)}, r)
	d.Lasting = true
	return d, err
}

// saidKey is the key of what is said about a vote, by which it is found in the room.
func saidKey(v *vote, what string) string { return "teller/" + v.Poll + "/" + what }

func delivery(key, room string, s said, r parley.Record) (chat.Delivery, error) {
	var err error
	if r.Kind != "" {
		if s.Record, s.File, err = parley.Encode(r); err != nil {
			return chat.Delivery{}, err
		}
	}
	payload, err := json.Marshal(s)
	if err != nil {
		return chat.Delivery{}, fmt.Errorf("writing what to say: %w", err)
	}
	return chat.Delivery{Key: key, Room: room, Kind: kindSaid, Payload: payload}, nil
}

// Compose makes the words of a delivery.
func (k *Keyholder) Compose(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	if d.Kind == chat.RefusalKind {
		return chat.Content{Plain: k.Texts.Text("keyholder.not-invited")}, nil
	}
	var s said
	if err := json.Unmarshal(d.Payload, &s); err != nil {
		return chat.Content{}, fmt.Errorf("reading what to say: %w", err)
	}
	encrypted, err := k.Line.Encrypted(ctx, d.Room)
	if err != nil {
		return chat.Content{}, fmt.Errorf("asking whether %s is encrypted: %w", d.Room, err)
	}
	if !encrypted { // nobody could be sure who said it
		plain, html := k.Texts.Both("keyholder.unencrypted")
		return chat.Content{Notice: true, Plain: plain, HTML: html}, nil
	}
	if s.Rule != "" {
		s.Args = append(s.Args, "why", k.Texts.Text("keyholder.rule."+string(s.Rule), s.Args...))
	}
	plain, html := k.Texts.Both(s.Key, s.Args...)
	if s.More != "" {
		more, marked := k.Texts.Both(s.More, s.Args...)
		plain, html = plain+"\n"+more, html+"<br>"+marked
	}
	c := chat.Content{Notice: true, Plain: plain, HTML: html, Record: s.Record}
	if s.File != nil {
		c.File = &chat.File{Name: strings.ReplaceAll(d.Key, "/", "-") + ".json", Type: "application/json", Data: s.File}
	}
	return c, nil
}

// introduce says in a group whose machine this is, and where it serves the ballot page.
func (k *Keyholder) introduce(ctx context.Context, room, cause string) error {
	s := said{Key: "keyholder.here", Args: []any{"owner", k.Config.Owner, "page", k.Booth}}
	if k.Booth != "" {
		s.More = "keyholder.here.page"
	}
	d, err := delivery("here/"+cause, room, s,
		parley.Record{Kind: parley.Here, Owner: voting.Member(k.Config.Owner), Booth: k.Booth})
	if err != nil {
		return err
	}
	return k.Line.Queue(ctx, d)
}

// refuse ends what the machine does for a vote, and says which rule forbids it: as an alarm before the
// close, and afterwards as the reason why it keeps its part. If that was given before, nothing needs its
// key any more: whoever brings a wrong result must not make it stay.
func (k *Keyholder) refuse(ctx context.Context, v *vote, kind parley.Kind, why error) error {
	rule, ok := errors.AsType[policy.Rule](why)
	if !ok {
		return why
	}
	key := "keyholder." + string(kind)
	if v.Step == stepConfirmed && kind == parley.Alarm {
		key = "keyholder.alarm.final" // ballots are out
	}
	v.Step, v.seen.Setup = stepRefused, nil
	given := v.Share != nil
	if given {
		v.Secret = nil
	}
	d, err := say(v, "refused/"+string(rule), key, parley.Record{Kind: kind, Fingerprint: v.seen.Fingerprint, Rule: string(rule), Final: true})
	if err != nil {
		return err
	}
	err = k.Store.Tx(ctx, func(ctx context.Context) error {
		return errors.Join(k.put(ctx, v), k.Line.Queue(ctx, d))
	})
	if err != nil || !given {
		return err
	}
	return k.Vault.Remove(keyName(v.Poll))
}
