// Package nets holds tests of meetings on networks as they are: rough, narrow, forbidding, and changing.
package nets
