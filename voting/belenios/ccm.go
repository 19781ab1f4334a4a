package belenios

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// ccmTag is how many bytes the tag of AES-CCM (RFC 3610) has here.
const ccmTag = 8

// openCCM decrypts what tools before version 3.1 sealed with AES-CCM, without associated data. It is only read, never
// written. The nonce is cut to what the length of the message leaves room for.
func openCCM(block cipher.Block, iv, data []byte) ([]byte, error) {
	if len(data) < ccmTag || len(data)-ccmTag >= 1<<24 {
		return nil, ErrSealed
	}
	sealed, tag := data[:len(data)-ccmTag], data[len(data)-ccmTag:]
	length := 2 // bytes of the message's length
	if len(sealed) >= 1<<16 {
		length = 3
	}
	nonce := iv[:15-length]

	var counter, mask [aes.BlockSize]byte
	counter[0] = byte(length - 1)
	copy(counter[1:], nonce)
	stream := cipher.NewCTR(block, counter[:])
	stream.XORKeyStream(mask[:], mask[:])
	plain := make([]byte, len(sealed))
	stream.XORKeyStream(plain, sealed)

	mac := ccmMAC(block, nonce, length, plain)
	subtle.XORBytes(mac, mac, mask[:])
	if subtle.ConstantTimeCompare(mac[:ccmTag], tag) != 1 {
		clear(plain)
		return nil, ErrSealed
	}
	return plain, nil
}

// ccmMAC chains the message's blocks behind a first one that names its length.
func ccmMAC(block cipher.Block, nonce []byte, length int, plain []byte) []byte {
	first := make([]byte, aes.BlockSize)
	first[0] = (ccmTag-2)/2<<3 | byte(length-1)
	copy(first[1:], nonce)
	for i, n := aes.BlockSize-1, len(plain); n > 0; i, n = i-1, n>>8 {
		first[i] |= byte(n)
	}
	mac := make([]byte, aes.BlockSize)
	block.Encrypt(mac, first)
	for len(plain) > 0 {
		n := subtle.XORBytes(mac, mac, plain)
		block.Encrypt(mac, mac)
		plain = plain[n:]
	}
	return mac
}
