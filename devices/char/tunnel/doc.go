// Package tunnel carries the connections of a socket over one byte stream, from where the socket is to where somebody listens: from a
// host to an emulated host on it. Each connection waits for its own reader and for no other's.
//
// A Caller, which is where the socket is, calls; a Listener answers. A Listener may be made anew on the same stream after another ended
// in the middle of something: both sides then forget what was, however much of it is still on its way. Neither side trusts the other:
// what comes is bounded, and what cannot be ends the tunnel.
//
// It never knows what the bytes mean, and opens no sockets.
//
// A conversation:
//
//	listener                     caller
//	hello (a random word)     ->
//	                          <-   welcome (the same word): all before it is void
//	                          <-   open (a connection)
//	data, credit ...          <->  data, credit ...
//	end: no more data         <->  end
//	closed: and none is read  <->  closed
//	bye: call no more         ->
package tunnel
