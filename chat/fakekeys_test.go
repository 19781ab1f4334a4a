package chat

import "maps"

func (hs *homeserver) keyRoutes(on func(string, func(call) any)) {
	on("POST /keys/upload", func(c call) any {
		if keys, ok := c.body["device_keys"].(object); ok {
			if hs.keys[c.user] == nil {
				hs.keys[c.user] = map[string]map[string]any{}
			}
			hs.keys[c.user][c.device] = keys
			hs.devicesChanged(c.user)
		}
		own := hs.oneTime[c.user+" "+c.device]
		if own == nil {
			own = object{}
			hs.oneTime[c.user+" "+c.device] = own
		}
		if keys, ok := c.body["one_time_keys"].(object); ok {
			maps.Copy(own, keys)
		}
		return object{"one_time_key_counts": object{"signed_curve25519": len(own)}}
	})
	on("POST /keys/query", func(c call) any {
		answer := object{"device_keys": object{}, "master_keys": object{}, "self_signing_keys": object{}, "user_signing_keys": object{}}
		for user := range c.body["device_keys"].(object) {
			answer["device_keys"].(object)[user] = hs.keys[user]
			for _, kind := range []string{"master", "self_signing", "user_signing"} {
				if key := hs.cross[kind+" "+user]; key != nil {
					answer[kind+"_keys"].(object)[user] = key
				}
			}
		}
		return answer
	})
	on("POST /keys/device_signing/upload", func(c call) any {
		for _, kind := range []string{"master", "self_signing", "user_signing"} {
			hs.cross[kind+" "+c.user] = c.body[kind+"_key"].(object)
		}
		return object{}
	})
	on("POST /keys/signatures/upload", func(c call) any {
		hs.devicesChanged(c.user)
		for user, things := range c.body {
			for thing, signed := range things.(object) {
				target := hs.keys[user][thing]
				if target == nil {
					target = hs.cross["master "+user]
				}
				for signer, signatures := range signed.(object)["signatures"].(object) {
					all := target["signatures"].(object)
					if all[signer] == nil {
						all[signer] = object{}
					}
					maps.Copy(all[signer].(object), signatures.(object))
				}
			}
		}
		return object{"failures": object{}}
	})
	on("POST /keys/claim", func(c call) any {
		claimed := object{}
		for user, devices := range c.body["one_time_keys"].(object) {
			found := object{}
			for device := range devices.(object) {
				for id, key := range hs.oneTime[user+" "+device] {
					found[device] = object{id: key}
					delete(hs.oneTime[user+" "+device], id)
					break
				}
			}
			claimed[user] = found
		}
		return object{"one_time_keys": claimed}
	})
	on("PUT /sendToDevice/{type}/{txn}", func(c call) any {
		if hs.lose {
			hs.lose = false
			return object{}
		}
		hs.stream++
		for user, devices := range c.body["messages"].(object) {
			for device, content := range devices.(object) {
				box := user + " " + device
				hs.inboxes[box] = append(hs.inboxes[box], object{
					"pos": hs.stream, "type": c.PathValue("type"), "sender": c.user, "content": content,
				})
			}
		}
		hs.happened()
		return object{}
	})
}

// devicesChanged lets everybody know that somebody has other devices now, or other signatures on them.
func (hs *homeserver) devicesChanged(user string) {
	hs.stream++
	hs.renewed[user] = hs.stream
	hs.happened()
}
