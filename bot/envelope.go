package bot

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/voting"
)

// settingTest is that somebody wants to see what the bot seals, sealed: first that they said so,
// then the envelope that waits to be cast or opened.
const settingTest = "test"

// testCase is what is kept of it.
type testCase struct {
	Choice voting.Choice `json:"choice"`
	Trial  *voting.Trial `json:"trial,omitempty"` // nil until there was an answer
}

// tested is what is kept for somebody, nil if nothing is.
func (b *Bot) tested(ctx context.Context, id voting.ID, member string) (*testCase, error) {
	value, err := b.Store.Setting(ctx, inPoll(id, member), settingTest)
	if err != nil || value == "" {
		return nil, err
	}
	sealed, err := base64.RawStdEncoding.DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("reading a test of poll %s: %w", id, err)
	}
	plain, err := b.Polls.Unseal(ctx, id, settingTest+"/"+member, sealed)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	var t testCase
	if err := json.Unmarshal(plain, &t); err != nil {
		return nil, fmt.Errorf("reading a test of poll %s: %w", id, err)
	}
	return &t, nil
}

// putTest keeps it, or drops it if t is nil.
func (b *Bot) putTest(ctx context.Context, id voting.ID, member string, t *testCase) error {
	value := ""
	if t != nil {
		sealed, err := b.seal(ctx, id, settingTest+"/"+member, t)
		if err != nil {
			return err
		}
		value = base64.RawStdEncoding.EncodeToString(sealed)
	}
	return b.Store.PutSetting(ctx, inPoll(id, member), settingTest, value)
}

// testable says whether the bot seals the answers to a poll, so that somebody can see how.
func testable(p *voting.Poll) bool { return p.Level() != voting.Open && !p.Terms.OnlySealed }

// onTest deals with whoever wants to see what the bot seals (Benaloh's challenge): "test", an
// answer, of which the sealed envelope is named, and then OK to cast that envelope or "open" to look
// into it. Until then the bot does not know which it will be. It says whether a message was about
// that.
func (b *Bot) onTest(ctx context.Context, m, said chat.Message, p *voting.Poll) (bool, error) {
	if m.Kind != chat.Text || !testable(p) {
		return false, nil
	}
	choice, found := b.read(said, p)
	if found != answer.Clear && b.words.is(wordsTest, said.Body) {
		return true, b.Store.Tx(ctx, func(ctx context.Context) error {
			if err := b.putTest(ctx, p.ID, m.Sender, &testCase{}); err != nil {
				return err
			}
			asked, err := b.sayAbout(ctx, m.Sender, p, say{Key: "ballot.test.ask", Room: string(p.Place)}, true)
			if err != nil {
				return err
			}
			return b.answer(ctx, m, asked)
		})
	}
	t, err := b.tested(ctx, p.ID, m.Sender)
	if err != nil || t == nil {
		return false, err
	}
	opens := b.words.is(wordsOpen, said.Body)
	switch {
	case t.Trial == nil && found == answer.Clear:
		return true, b.sealTest(ctx, m, p, choice)
	case t.Trial != nil && opens:
		return true, b.openTest(ctx, m, p, t)
	case t.Trial != nil && b.words.is(wordsOK, said.Body):
		return true, b.castTest(ctx, m, p, t)
	}
	return false, nil
}

// sealTest seals an answer and names the envelope.
func (b *Bot) sealTest(ctx context.Context, m chat.Message, p *voting.Poll, choice voting.Choice) error {
	if err := b.mayAnswer(ctx, m, p); err != nil {
		return err
	}
	trial, err := b.Polls.FoldTest(ctx, p.ID, voting.Member(m.Sender), choice)
	if err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.putTest(ctx, p.ID, m.Sender, &testCase{Choice: choice, Trial: trial}); err != nil {
			return err
		}
		named, err := b.ofTest(ctx, p, m, kindTest, receipt{Tracker: trial.Tracker})
		if err != nil {
			return err
		}
		if err := b.Line.Burn(ctx, m); err != nil {
			return err
		}
		return b.done(ctx, m, named)
	})
}

// ofTest is a delivery about a test, sealed until it is sent.
func (b *Bot) ofTest(ctx context.Context, p *voting.Poll, m chat.Message, kind string, says any) (chat.Delivery, error) {
	member := voting.Member(m.Sender)
	return b.secret(ctx, inDirect(p, member, key(p.ID, kind+"/"+m.ID), kind), chat.Receipt, says)
}

// openTest shows what is in an envelope, which is void from then on.
func (b *Bot) openTest(ctx context.Context, m chat.Message, p *voting.Poll, t *testCase) error {
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.putTest(ctx, p.ID, m.Sender, nil); err != nil {
			return err
		}
		opened, err := b.ofTest(ctx, p, m, kindTestOpened, receipt{Choice: t.Choice, Tracker: t.Trial.Tracker})
		if err != nil {
			return err
		}
		file, err := b.ofTest(ctx, p, m, kindTestFile, t.Trial)
		if err != nil {
			return err
		}
		return b.done(ctx, m, opened, file)
	})
}

// castTest casts the very envelope that was named.
func (b *Bot) castTest(ctx context.Context, m chat.Message, p *voting.Poll, t *testCase) error {
	if err := b.mayAnswer(ctx, m, p); err != nil {
		return err
	}
	envelope, err := b.Polls.Refold(ctx, p.ID, voting.Member(m.Sender), t.Choice, t.Trial.Ballot)
	if err != nil {
		return err
	}
	return b.lay(ctx, m, p, envelope)
}

// composeTest says what a test has come to.
func (b *Bot) composeTest(ctx context.Context, t *page, d chat.Delivery, a about, p *voting.Poll) (chat.Content, error) {
	if d.Kind == kindTestFile {
		var trial voting.Trial
		if err := b.unseal(ctx, d, a, &trial); err != nil {
			return chat.Content{}, err
		}
		name := "test-" + string(p.ID) + ".json"
		return chat.Content{Plain: name, Notice: true, File: &chat.File{Name: name, Type: "application/json", Data: trial.Envelope}}, nil
	}
	var r receipt
	if err := b.unseal(ctx, d, a, &r); err != nil {
		return chat.Content{}, err
	}
	words := strings.Join(voting.Words(r.Tracker, t.texts.Language()), "-")
	c, err := b.called(ctx, d.Person, p)
	if err != nil {
		return chat.Content{}, err
	}
	t.addCalled(c)
	if d.Kind == kindTest {
		t.add("ballot.test.sealed", "words", words, "letter", c.front())
		return t.content(false), nil
	}
	t.add("ballot.test.opened", "answer", choiceIn(t.texts, p.Asked, r.Choice), "words", words, "fingerprint", p.Fingerprint)
	return t.content(false), nil
}
