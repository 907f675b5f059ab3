// Package runproto is what drydock run and the guest's init say to each other over a byte stream, and both ends' pumps: a
// command goes in, its output and exit status come out. It never knows what carries the stream, and trusts neither side:
// lengths are bounded, and a message out of place ends the conversation with an error.
//
// A conversation:
//
//	guest                                host
//	Ready (its release)        ->
//	                           <-        Start (what to run, the network)
//	Warning ...                ->
//	Credit (bytes of stdin)    ->
//	Stdout, Stderr ...         ->
//	                           <-        Stdin ..., StdinEOF, Signal, Resize
//	Exit, or Fail              ->
//	                           <-        Bye: the guest may power off, nothing of it is lost
//
// The host sends no more stdin than the guest has granted. Without that, a command that does not read would fill the
// stream, and a signal would never come through.
package runproto
